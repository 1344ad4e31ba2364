import { OidcCliError } from '../errors.js';
import { describeValue } from './describe-value.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The redirect URI with another port (RFC 8252 section 7.3), 0 being any free
 * one. Throws `config_value_invalid` for what is no port, and where the URI's
 * host is not loopback: there a port of our choice reaches nobody.
 */
export function redirectUriWithPort(redirectUri: string, port: string | number): string {
  const text = String(port);
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new OidcCliError('config_value_invalid', {
      where: '--port',
      found: describeValue(port, 'port'),
      allowed: 'a port from 1 to 65535, or 0 for any free one',
    });
  }
  const url = new URL(redirectUri);
  if (!LOOPBACK.test(url.hostname)) {
    throw new OidcCliError('config_value_invalid', {
      where: '--port',
      found: `the redirect URI ${redirectUri}`,
      allowed: 'a redirect URI on localhost, 127.0.0.1 or [::1]',
    });
  }
  url.port = text;
  return url.href;
}

/** Where the browser goes after a sign-out when nobody chose: for Logto the address that its guide registers. */
export function defaultPostLogoutRedirectUri(kind: 'logto' | undefined): string {
  return kind === 'logto' ? 'http://localhost:3000/' : 'http://localhost:8484/signed-out';
}
