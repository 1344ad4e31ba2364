/** Statuses that user agents follow (Fetch §2.2.3); 300, 304 and 305 are not among them. */
const REDIRECT_STATUSES: readonly unknown[] = [301, 302, 303, 307, 308];

/** Whether user agents follow a response of this status to the address in its Location header. */
export function isRedirect(status: number | undefined): boolean {
  return REDIRECT_STATUSES.includes(status);
}

/**
 * The address that a response redirects to (Fetch §2.2.6, RFC 9110 §10.2.2):
 * relative to the address requested, whose fragment it inherits. Bytes beyond
 * ASCII are UTF-8. `invalid` if the Location header is no URL, undefined if the
 * response is no redirect; a Location header alone makes none.
 */
export function redirectUrl(
  { status, location }: { readonly status: number | undefined; readonly location: string | null | undefined },
  requested: URL,
): URL | 'invalid' | undefined {
  if (!isRedirect(status) || location === null || location === undefined) return undefined;
  // Node reads a header as Latin-1.
  const text = Buffer.from(location, 'latin1').toString();
  if (!URL.canParse(text, requested.href)) return 'invalid';
  const url = new URL(text, requested);
  if (url.hash === '') url.hash = requested.hash;
  return url;
}

/** Whether a redirect of this status repeats the request's method and body (Fetch §4.4); any other turns a POST into a GET. */
export function keepsMethod(status: number): boolean {
  return status === 307 || status === 308;
}
