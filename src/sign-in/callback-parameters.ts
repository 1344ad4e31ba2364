/** The parameters of a pasted callback URL, or undefined when the text is not one of this redirect URI with a state. */
export function callbackParameters(text: string, redirectUri: string): URLSearchParams | undefined {
  const parameters = parametersAt(text, redirectUri);
  return parameters?.has('state') ? parameters : undefined;
}

/** The parameters of a pasted URL beside the redirect URI's own; undefined when it is not a URL at this redirect URI. */
export function parametersAt(text: string, redirectUri: string): URLSearchParams | undefined {
  try {
    const url = new URL(text.trim());
    const expected = new URL(redirectUri);
    // Not by their origins: a URL with the scheme of an app has none.
    if (url.protocol !== expected.protocol || url.host !== expected.host) return undefined;
    if (url.pathname !== expected.pathname) return undefined;
    for (const name of new Set(expected.searchParams.keys())) url.searchParams.delete(name);
    return url.searchParams;
  } catch {
    return undefined;
  }
}

/** Whether the address that the browser ends at holds the response: a form_post response reaches only the address itself. */
export function isPastable(responseMode: string | undefined): boolean {
  return responseMode !== 'form_post';
}
