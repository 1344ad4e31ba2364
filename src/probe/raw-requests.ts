import { randomBytes } from 'node:crypto';
import { isAbort } from '../errors.js';
import { parseJson } from '../json.js';
import { redirectUrl } from '../network/redirect.js';
import type { ClientAuthentication } from '../oidc/client-authentication.js';
import type { Provider, ProviderDeps } from '../oidc/provider.js';
import type { TokenClient } from '../oidc/token-requests.js';

/*
 * The requests that openid-client rightly refuses to make: wrong ones, and those
 * whose response is validated here instead. They use the run's own fetch, so
 * that a trace has them as well.
 */

/** The destination and the client of a request. */
export interface RawClient {
  readonly provider: Provider;
  readonly client: TokenClient;
  readonly deps: ProviderDeps;
}

/** The result of a request at an endpoint. */
export type RawOutcome =
  /** The endpoint accepted the request. `body` is its JSON. */
  | { readonly kind: 'done'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly status: number; readonly error: string | undefined }
  /** The result proves nothing: the endpoint was busy, down or not reachable. */
  | { readonly kind: 'unclear'; readonly reason: string };

/** Maximum of redirects to a response. */
const MAX_REDIRECTS = 10;

/** The response of an authorization endpoint to a browser without a signed-in user. */
export type AuthorizationOutcome =
  /** A redirect to a redirect URI: the requested one, or the registered one instead. */
  | { readonly kind: 'answered'; readonly asAsked: boolean; readonly parameters: URLSearchParams }
  /** A page, or the refusal of a pushed request. */
  | { readonly kind: 'page'; readonly status: number; readonly error?: string }
  | { readonly kind: 'unclear'; readonly reason: string };

/** A random value that cannot exist at the provider. */
export function randomText(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Posts a form to an endpoint with client authentication. Without `authentication`
 * it uses the client's own. Throws only when aborted.
 */
export async function postForm(
  { provider, client, deps }: RawClient,
  endpoint: 'token_endpoint' | 'pushed_authorization_request_endpoint',
  parameters: Iterable<readonly [string, string]>,
  as: { readonly clientId: string; readonly authentication: ClientAuthentication } = client,
): Promise<RawOutcome> {
  const body = new URLSearchParams();
  for (const [name, value] of parameters) body.append(name, value);
  const headers = new Headers({ accept: 'application/json' });
  await as.authentication.apply(provider.metadata, { client_id: as.clientId }, body, headers);
  const step = endpoint === 'token_endpoint' ? 'token request' : 'pushed authorization request';
  return sendRequest(deps, provider.endpoint(endpoint), { method: 'POST', headers, body, step });
}

/** Requests userinfo with this token, or with none. */
export async function requestRawUserinfo(
  { provider, deps }: RawClient,
  token: string | undefined,
): Promise<RawOutcome> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { accept: 'application/json', ...authorization };
  return sendRequest(deps, provider.endpoint('userinfo_endpoint'), {
    method: 'GET',
    headers,
    step: 'userinfo request',
  });
}

/**
 * Opens an authorization request in a browser without cookies, and follows it up
 * to a redirect URI, which it does not request. Pushes the request first if the
 * provider requires that (RFC 9126). Throws only when aborted.
 */
export async function openAuthorizationRequest(
  at: RawClient,
  parameters: URLSearchParams,
  registeredRedirectUri: string,
): Promise<AuthorizationOutcome> {
  const { provider, deps } = at;
  const asked = parameters.get('redirect_uri') ?? '';
  let url = new URL(provider.endpoint('authorization_endpoint'));
  if (provider.metadata.require_pushed_authorization_requests === true) {
    const pushed = await postForm(at, 'pushed_authorization_request_endpoint', parameters);
    if (pushed.kind === 'unclear') return pushed;
    if (pushed.kind === 'refused') return { kind: 'page', status: pushed.status, error: pushed.error };
    url.searchParams.set('client_id', at.client.clientId);
    url.searchParams.set('request_uri', String(pushed.body.request_uri));
  } else {
    for (const [name, value] of parameters) url.searchParams.append(name, value);
  }
  const { CookieJar } = await import('tough-cookie');
  const jar = new CookieJar();
  try {
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const cookie = await jar.getCookieString(url.href);
      const response = await deps.fetch(url, {
        headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) },
        step: redirects === 0 ? 'authorization request' : 'page of the provider',
      });
      for (const each of response.headers.getSetCookie()) await jar.setCookie(each, url.href, { ignoreError: true });
      const { status, headers } = response;
      const target = redirectUrl({ status, location: headers.get('location') }, url);
      if (target === undefined || target === 'invalid') return pageOutcome(status, await response.text());
      url = target;
      const asAsked = isRedirectUri(url, asked);
      if (asAsked || isRedirectUri(url, registeredRedirectUri)) {
        return { kind: 'answered', asAsked, parameters: responseParameters(url) };
      }
    }
    return { kind: 'unclear', reason: `more than ${MAX_REDIRECTS} redirects` };
  } catch (error) {
    return { kind: 'unclear', reason: failureReason(error) };
  }
}

/** Whether an address is the redirect URI, or on the reserved host, which is never requested, whatever the path. */
function isRedirectUri(url: URL, redirectUri: string): boolean {
  const { protocol, host, hostname, pathname } = new URL(redirectUri);
  if (url.protocol !== protocol || url.host !== host) return false;
  return url.pathname === pathname || hostname.endsWith('.invalid');
}

function pageOutcome(status: number, text: string): AuthorizationOutcome {
  if (status < 400 && /\b(login|interaction)_required\b/.test(text)) {
    return { kind: 'unclear', reason: 'a page that leads on by a script, which is not run here' };
  }
  return isBusy(status) ? { kind: 'unclear', reason: `the status ${status}` } : { kind: 'page', status };
}

/** The parameters of the query, or of the fragment, which the implicit flow uses. */
function responseParameters({ searchParams, hash }: URL): URLSearchParams {
  return new URLSearchParams([...searchParams, ...new URLSearchParams(hash.slice(1))]);
}

async function sendRequest(
  { fetch }: ProviderDeps,
  url: string,
  init: Parameters<ProviderDeps['fetch']>[1],
): Promise<RawOutcome> {
  try {
    const response = await fetch(url, init);
    const { status } = response;
    const text = await response.text();
    const body = jsonObject(text);
    const error = typeof body?.error === 'string' ? body.error : undefined;
    if (status >= 200 && status < 300 && error === undefined) {
      // A signed response of userinfo is a success.
      const jwt = /^[\w-]+\.[\w-]*\.[\w-]*(\.[\w-]*\.[\w-]*)?$/.test(text.trim());
      if (body !== undefined || jwt) return { kind: 'done', body: body ?? {} };
      return { kind: 'unclear', reason: `the status ${status} without what belongs to it` };
    }
    if (isBusy(status)) return { kind: 'unclear', reason: `the status ${status}` };
    return { kind: 'refused', status, error: error ?? challengeError(response.headers.get('www-authenticate')) };
  } catch (error) {
    return { kind: 'unclear', reason: failureReason(error) };
  }
}

/** Whether a status is about the provider's state rather than the request. */
function isBusy(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function challengeError(challenge: string | null): string | undefined {
  return /\berror="([\x20-\x21\x23-\x5b\x5d-\x7e]+)"/.exec(challenge ?? '')?.[1];
}

/** A body that is a JSON object, or undefined. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = parseJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The reason for a missing response; rethrows Ctrl-C. */
function failureReason(error: unknown): string {
  if (isAbort(error)) throw error;
  return error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
}
