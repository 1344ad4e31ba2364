import { OidcCliError } from '../errors.js';

/** A redirect URI on this machine, taken apart (RFC 8252 §7.3). */
export interface LoopbackRedirectUri {
  /** The addresses to listen on; two for `localhost`, which browsers may look up as either. */
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

const AUTHORITY_WITH_PORT_ZERO = /^(http:\/\/(?:\[[^\]]*\]|[^/?#:]*):)0+(?=[/?#]|$)/i;

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
  const addresses = addressesOf(url.hostname);
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
    withPort: (port) => redirectUri.replace(AUTHORITY_WITH_PORT_ZERO, `$1${port}`),
    hostHeaders: (port) => [`${url.hostname}:${port}`, ...(port === 80 ? [url.hostname] : [])],
  };
}

function addressesOf(hostname: string): LoopbackRedirectUri['addresses'] | undefined {
  switch (hostname) {
    case 'localhost':
      return ['127.0.0.1', '::1'];
    case '127.0.0.1':
      return ['127.0.0.1'];
    case '[::1]':
      return ['::1'];
    default:
      return undefined;
  }
}
