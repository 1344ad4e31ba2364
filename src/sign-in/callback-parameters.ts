/** The parameters of a pasted callback URL; undefined unless the text is a URL of this redirect URI with a state. */
export function callbackParameters(text: string, redirectUri: string): URLSearchParams | undefined {
  const parameters = parametersAt(text, redirectUri);
  return parameters?.has('state') ? parameters : undefined;
}

/** The parameters of a pasted URL beside the redirect URI's own; undefined unless it is a URL at this redirect URI. */
export function parametersAt(text: string, redirectUri: string): URLSearchParams | undefined {
  try {
    const url = new URL(text.trim());
    const expected = new URL(redirectUri);
    // Origins cannot be compared: a URL with the scheme of an app has none.
    if (url.protocol !== expected.protocol || url.host !== expected.host) return undefined;
    if (url.pathname !== expected.pathname) return undefined;
    for (const name of new Set(expected.searchParams.keys())) url.searchParams.delete(name);
    return url.searchParams;
  } catch {
    return undefined;
  }
}

/**
 * Whether the address that the browser ends at holds the response. A form_post
 * response is in the request body instead.
 */
export function isPastable(responseMode: string | undefined): boolean {
  return responseMode !== 'form_post';
}
