import { maskSecrets } from '../masking/mask.js';
import { redirectUrl } from '../network/redirect.js';
import { sentSecrets } from '../trace/exchange-secrets.js';
import type { Exchange } from '../trace/recorder.js';
import { innermostMessage, libraryCode } from './original-error.js';

/** The media type of a response without its parameters, or undefined. */
export function mediaType(exchange: Exchange | undefined): string | undefined {
  return exchange?.responseHeaders?.['content-type']?.split(';')[0]?.trim() || undefined;
}

/**
 * The address that a response redirects to, without credentials, query and
 * fragment, and without path segments that may be secret. Undefined if it is not a
 * redirect.
 */
export function locationHeader(exchange: Exchange | undefined): string | undefined {
  if (exchange === undefined) return undefined;
  const { status, responseHeaders, url } = exchange;
  const target = redirectUrl({ status, location: responseHeaders?.location }, new URL(url));
  if (target === undefined || target === 'invalid' || target.origin === 'null') return undefined;
  const { origin, pathname } = target;
  return origin + withoutIds(withoutSecrets(pathname, exchange) ?? '');
}

/** A path without the segments that are made for one sign-in or one user. */
export function withoutIds(pathname: string): string {
  return pathname.replaceAll(/[^/]{20,}/g, (segment) => (/[\d_]|[a-z][A-Z]/.test(segment) ? '…' : segment));
}

/** Characters shown of a title. */
const TITLE = 80;

/** The title of an HTML page received in place of the expected response; undefined if it is not a page. */
export function pageTitle(exchange: Exchange | undefined): string | undefined {
  if (mediaType(exchange) !== 'text/html') return undefined;
  const title = /<title[^>]*>([^<]{1,400})</i
    .exec(exchange?.responseBody ?? '')?.[1]
    ?.replace(/\s+/g, ' ')
    .trim();
  return withoutSecrets(title, exchange)?.slice(0, TITLE) || undefined;
}

/** Seconds that a response has spent in a cache (RFC 9111 §5.1), if the cache states them. */
export function cacheAge(exchange: Exchange | undefined): number | undefined {
  const age = Number(exchange?.responseHeaders?.age ?? Number.NaN);
  return Number.isInteger(age) && age > 0 ? age : undefined;
}

/**
 * Milliseconds that a Date header may lag behind a correct clock: it has no
 * fractions, and servers renew it once a second.
 */
const LATE_DATE_MS = 2_000;

/**
 * The provider's clock minus ours in whole seconds, by the Date header of its
 * response (RFC 9110 §6.6.1): 0 if that may be a time between the request and the
 * end of the response, undefined without the header.
 */
export function measureClockSkew(exchange: Exchange | undefined): number | undefined {
  const date = Date.parse(exchange?.responseHeaders?.date ?? '');
  if (!exchange || Number.isNaN(date)) return undefined;
  const { startedAt, durationMs = 0 } = exchange;
  const received = startedAt + durationMs;
  if (date <= received && date + LATE_DATE_MS > startedAt) return 0;
  const skew = Math.round((date + 500 - received) / 1000);
  return skew === 0 ? 0 : skew;
}

/**
 * The reason that openid-client rejected a response, in words that fit after "the
 * answer is not what the standard asks for:". `exchange` is the recorded response.
 */
export function failureReason(error: unknown, exchange: Exchange | undefined): string {
  const contentType = mediaType(exchange);
  switch (libraryCode(error)) {
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
    case 'OAUTH_PARSE_ERROR':
      if (exchange?.responseBody === '') return 'it is empty';
      return contentType === undefined || /[/+]json$/.test(contentType)
        ? 'it is not JSON'
        : `it is ${contentType}, not JSON`;
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return `it has the status ${exchange?.status ?? 'of an error'}`;
    default:
      return plainReason(innermostMessage(error));
  }
}

/** Turns `"response" body "x" property` of oauth4webapi into "its x". */
function plainReason(message: string): string {
  if (/unsupported `token_type` value/.test(message)) return 'its token_type is not "Bearer"';
  if (/^"response" body must be a top level object$/.test(message)) return 'it must be a JSON object';
  return message.replace(/^"response" body "(\w+)" property /, 'its $1 ');
}

/** Shorter values are hardly secrets, and masking them would cut plain words. */
const MIN_SECRET_LENGTH = 4;

/**
 * A provider's words without the secrets that the request sent: some providers
 * repeat the code, token or secret that they refuse.
 */
export function withoutSecrets(words: string | undefined, exchange: Exchange | undefined): string | undefined {
  if (words === undefined || exchange === undefined) return words;
  return maskSecrets(
    words,
    sentSecrets(exchange).filter((secret) => secret.length >= MIN_SECRET_LENGTH),
  );
}
