import type { Facts } from '../errors.js';
import type { Given } from './explanation.js';

type Fact = Facts[string];

/** Whether two addresses differ by the slash at the end and by nothing else. */
function differsBySlash(expected: Fact, actual: Fact): boolean {
  const [left, right] = [String(expected), String(actual)];
  return left !== right && left.replace(/\/$/, '') === right.replace(/\/$/, '');
}

/** Whether https was expected and http found: the mark of a provider behind a proxy that it knows nothing of. */
export function differsByScheme(expected: Fact, actual: Fact): boolean {
  return String(expected).startsWith('https:') && String(actual).startsWith('http:');
}

/** The host of an address, or the whole text where it is none. */
export function addressHost(address: Fact): string {
  return typeof address === 'string' && URL.canParse(address) ? new URL(address).host : String(address);
}

/** Why an issuer was found that is almost the expected one; undefined where the two have little in common. */
export function issuerDifference(expected: Fact, actual: Fact): string | undefined {
  if (differsByScheme(expected, actual)) {
    return addressHost(expected) === addressHost(actual)
      ? 'The provider runs behind a proxy and does not know that it is reached by https (X-Forwarded-Proto).'
      : `The provider runs behind a proxy and does not know by which address it is reached: it writes its own, ${actual}.`;
  }
  const by = difference(String(expected), String(actual));
  return by && `They differ only ${by}: the comparison is exact.`;
}

/** How an address that was found differs from the one that was sent, in words; undefined where they have little in common. */
function difference(sent: string, actual: string): string | undefined {
  if (sent === actual || !URL.canParse(sent) || !URL.canParse(actual)) return undefined;
  if (differsBySlash(sent, actual)) return 'by the slash at the end';
  const [one, other] = [new URL(sent), new URL(actual)];
  const same = (...parts: readonly ('protocol' | 'hostname' | 'port' | 'pathname')[]) =>
    parts.every((part) => one[part] === other[part]);
  if (same('hostname', 'pathname') && !same('protocol')) return 'by http and https';
  if (same('protocol', 'hostname', 'pathname')) return 'by the port';
  if (same('protocol', 'port', 'pathname')) {
    const names = ['localhost', '127.0.0.1', '[::1]'];
    if (names.includes(one.hostname) && names.includes(other.hostname)) {
      return `by ${one.hostname} and ${other.hostname}, which are two names to a provider`;
    }
    return undefined;
  }
  return same('protocol', 'hostname', 'port') && one.pathname.toLowerCase() === other.pathname.toLowerCase()
    ? 'by upper and lower case'
    : undefined;
}

/**
 * What a provider's words say about the redirect URI: where they name another
 * address that is almost the one that was sent, that is the reason.
 */
export function redirectUriCause(facts: Given<'redirectUri' | 'description' | 'words'>): string | undefined {
  const { redirectUri } = facts;
  if (typeof redirectUri !== 'string') return undefined;
  const words = `${facts.description ?? ''} ${facts.words ?? ''}`;
  for (const [text] of words.matchAll(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>,;)]+/gi)) {
    for (const actual of [text, text.replace(/[.:]$/, '')]) {
      const by = difference(redirectUri, actual);
      if (by !== undefined) {
        return `The redirect URI that was sent is ${redirectUri}, and the provider names ${actual}: they differ ${by}.`;
      }
    }
  }
  return undefined;
}
