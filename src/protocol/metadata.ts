import type { ServerMetadata } from 'openid-client';
import { OidcCliError } from '../errors.js';
import type { Exchange } from '../trace/recorder.js';
import { members } from './json-values.js';

/** What a provider announces of itself, as it wrote it: nothing in it has been judged. */
export type Announced = Readonly<Partial<ServerMetadata>>;

/** The document in a discovery answer. One that was refused as a whole still says what it says. */
export function announcedIn(exchange: Exchange | undefined): Announced | undefined {
  if (exchange?.status !== 200 || exchange.responseBody === undefined) return undefined;
  try {
    const document = members(JSON.parse(exchange.responseBody));
    return typeof document.issuer === 'string' ? (document as Announced) : undefined;
  } catch {
    return undefined;
  }
}

/** What a sign-in cannot do without: told at once when it is unusable, and not three steps later as somebody else's fault. */
const NEEDED = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;

/** Lists that are read without a further look. */
const LISTS = ['token_endpoint_auth_methods_supported', 'id_token_signing_alg_values_supported'] as const;

/**
 * Looks at the metadata a sign-in rests on (OIDC Discovery §3). Whether a
 * member is there at all is asked where it is used. Throws `discovery_invalid`.
 */
export function checkMetadata(metadata: Readonly<ServerMetadata>, allowed: (url: URL) => boolean): void {
  for (const name of NEEDED) checkEndpoint(metadata, name, allowed);
  if (metadata.require_pushed_authorization_requests === true) {
    checkEndpoint(metadata, 'pushed_authorization_request_endpoint', allowed);
  }
  for (const name of LISTS) {
    const list: unknown = metadata[name];
    if (list === undefined) continue;
    if (!Array.isArray(list) || list.some((item) => typeof item !== 'string')) {
      throw new OidcCliError('discovery_invalid', {
        issuer: metadata.issuer,
        reason: `its ${name} is no list of names`,
      });
    }
  }
}

/** Checks the URL of one endpoint, where there is one: absolute, and not plain http where others are in between. Throws `discovery_invalid`. */
export function checkEndpoint(metadata: Readonly<ServerMetadata>, name: string, allowed: (url: URL) => boolean): void {
  const value: unknown = metadata[name];
  if (value === undefined) return;
  const invalid = (fault: string) => {
    const shown = String(value).slice(0, 200);
    return new OidcCliError('discovery_invalid', { issuer: metadata.issuer, reason: `its ${name} ${fault}: ${shown}` });
  };
  if (typeof value !== 'string' || !URL.canParse(value)) throw invalid('is not an absolute URL');
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid('is no http or https URL');
  if (!allowed(url)) throw invalid('is plain http, which anybody on the way could read');
}
