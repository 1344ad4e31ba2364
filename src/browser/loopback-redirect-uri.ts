import { OidcCliError } from '../errors.js';
import { listenOnLoopback, loopbackAddresses } from '../network/loopback-server.js';

/** A redirect URI on this machine, taken apart (RFC 8252 §7.3). */
export interface LoopbackRedirectUri {
  /** The addresses to listen on. */
  readonly addresses: readonly ('127.0.0.1' | '::1')[];
  /** 0 asks for any free port. */
  readonly port: number;
  readonly pathname: string;
  /** Parameters that the registered URI has of its own (RFC 6749 §3.1.2 lets it). */
  readonly ownParameters: readonly (readonly [string, string])[];
  /** The URI, exactly as it was given, with the port that was found in place of 0. */
  withPort(port: number): string;
  /** What an honest browser's `Host` header holds. */
  hostHeaders(port: number): readonly string[];
}

const AUTHORITY_WITH_PORT_ZERO = /^(https?:\/\/(?:\[[^\]]*\]|[^/?#:]*):)0+(?=[/?#]|$)/i;

/**
 * Reads a redirect URI that a listener on this machine can serve.
 *
 * @throws OidcCliError `redirect_uri_invalid` (no http URL, or with a fragment
 *   or credentials; facts `redirectUri`, `reason`) or `redirect_uri_not_loopback`
 *   (another host than localhost, 127.0.0.1 or [::1])
 */
export function parseLoopbackRedirectUri(redirectUri: string): LoopbackRedirectUri {
  const invalid = (reason: string) => new OidcCliError('redirect_uri_invalid', { redirectUri, reason });
  if (!URL.canParse(redirectUri)) throw invalid('it is not an absolute URL');
  const url = new URL(redirectUri);
  if (url.username || url.password) {
    const withoutSecrets = `${url.protocol}//${url.host}${url.pathname}`;
    throw new OidcCliError('redirect_uri_invalid', { redirectUri: withoutSecrets, reason: 'it holds a user name' });
  }
  const addresses = loopbackAddresses(url.hostname);
  if (url.protocol !== 'http:' && addresses !== undefined) {
    throw invalid(`the listener speaks http, not ${url.protocol.slice(0, -1)}`);
  }
  if (addresses === undefined) throw new OidcCliError('redirect_uri_not_loopback', { redirectUri, host: url.hostname });
  if (redirectUri.includes('#')) throw invalid('it has a fragment');
  return {
    addresses,
    port: url.port === '' ? 80 : Number(url.port),
    pathname: url.pathname,
    ownParameters: [...url.searchParams],
    withPort: (port) => withPort(redirectUri, port),
    hostHeaders: (port) => [`${url.hostname}:${port}`, ...(port === 80 ? [url.hostname] : [])],
  };
}

/**
 * The redirect URI of a sign-in without a listener. Port 0 stands for any
 * port, but the provider and the browser want a number: it becomes a port
 * where nobody listens. Any other URI stays as it is.
 *
 * @throws OidcCliError `redirect_uri_not_loopback` for port 0 of another
 *   machine, and what `listenOnLoopback` throws
 */
export async function withUnusedPort(redirectUri: string): Promise<string> {
  if (!AUTHORITY_WITH_PORT_ZERO.test(redirectUri)) return redirectUri;
  const { hostname } = new URL(redirectUri);
  const addresses = loopbackAddresses(hostname);
  if (addresses === undefined) throw new OidcCliError('redirect_uri_not_loopback', { redirectUri, host: hostname });
  const server = await listenOnLoopback(addresses, 0, () => {});
  await server.close();
  return withPort(redirectUri, server.port);
}

function withPort(redirectUri: string, port: number): string {
  return redirectUri.replace(AUTHORITY_WITH_PORT_ZERO, `$1${port}`);
}
