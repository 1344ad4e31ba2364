import type { Facts, FactsOf } from '../errors.js';
import { MAX_JSON_DEPTH } from '../json.js';
import { causes, type ExplainTable, type Given, quote, secondsText } from './explanation.js';

function target(facts: Given<'host' | 'url'>): string {
  return String(facts.host ?? facts.url ?? 'the provider');
}

/** The same at the beginning of a sentence. */
function sentenceTarget(facts: Given<'host' | 'url'>): string {
  return target(facts).replace(/^the provider$/, 'The provider');
}

/** A name without a dot, or under an ending that the public DNS does not have (RFC 6762, RFC 8375, ICANN's "internal"). */
function isInternal(host: Facts[string]): boolean {
  const name = String(host ?? 'a.example').replace(/:\d+$/, '');
  return !name.includes('.') || /\.(local|internal|intranet|corp|lan|home|home\.arpa|test)$/i.test(name);
}

/** Whether the reason that is known may be this one; where none is known, every one may be. */
function matchesReason({ reason }: Given<'reason'>, pattern: RegExp): boolean {
  return reason === undefined || pattern.test(String(reason));
}

/** Whom a certificate is for and until when (or from when on), in brackets, as far as that is known. */
function certificateText({ reason, subject, validFrom, validTo }: FactsOf<'tls_not_trusted'>): string {
  const young = validFrom !== undefined && /not valid yet/.test(String(reason));
  const valid = young ? `valid from ${validFrom}` : validTo !== undefined && `valid to ${validTo}`;
  const known = [subject !== undefined && `it is for ${subject}`, valid];
  const words = known.filter(Boolean).join(', ');
  return words === '' ? '' : ` (${words})`;
}

/** What a request was for, as the provider's configuration names addresses. */
const NAMED: Readonly<Record<string, string>> = {
  'token request': 'token endpoint',
  'userinfo request': 'userinfo endpoint',
  'key set': 'key set',
  'revocation request': 'revocation endpoint',
  'introspection request': 'introspection endpoint',
  'pushed authorization request': 'pushed authorization requests',
};

/** What to change about a certificate that is not trusted, by the reason. */
function trustFix({ reason, names }: FactsOf<'tls_not_trusted'>): string {
  const test = 'Only for a test: --insecure.';
  if (/expired/.test(String(reason))) return `Have the certificate renewed. ${test}`;
  if (/not valid yet/.test(String(reason)))
    return `Set this machine's clock by NTP; if it is right, have the server use a certificate that is valid already. ${test}`;
  if (/another host/.test(String(reason))) {
    const known = Array.isArray(names) && names.length > 0 ? ` (${names.join(', ')})` : '';
    return `Use a name that the certificate is for${known}, or have one made for this one. ${test}`;
  }
  return `Name the CA with --ca FILE or NODE_EXTRA_CA_CERTS, or mend the certificate. ${test}`;
}

/** What to change where the provider's configuration names an address that cannot be reached. */
function otherAddress({ namedBy, step }: Given<'namedBy' | 'step'>): string | undefined {
  if (namedBy === undefined) return undefined;
  const own = step === 'token request' ? 'tokenEndpoint' : step === 'key set' ? 'jwksUri' : undefined;
  return `Have the provider name an address that can be reached from here${own === undefined ? '' : `, or give the right one in the profile (${own})`}.`;
}

/** An address on another host than the issuer's, as the likely cause: the provider is there, and names one that is not. */
function endpointOrigin({ namedBy, step }: Given<'namedBy' | 'step'>): string | false {
  return (
    namedBy !== undefined &&
    `The configuration of ${namedBy} names this address for its ${NAMED[String(step)] ?? 'endpoint'}: it is not the real one, or an internal one that this machine cannot reach.`
  );
}

function megabytes(bytes: Facts[string]): string {
  const mega = Number(bytes) / (1024 * 1024);
  return mega >= 1 ? `${Math.round(mega)} MB` : `${bytes} bytes`;
}

/** Codes of the connection itself. */
export const network = {
  network_dns: (f) => ({
    message: `The host name ${quote(f.host, 'of the provider')} cannot be resolved.`,
    causes: causes(
      endpointOrigin(f),
      f.reason === 'EAI_AGAIN' && 'This machine has no working DNS at the moment.',
      isInternal(f.host) && 'It is known only inside a company network, VPN or cluster.',
      'The name has a typo.',
      !isInternal(f.host) && 'It is known only inside a company network or VPN.',
      f.reason !== 'EAI_AGAIN' && 'This machine has no working DNS.',
    ),
    fix: otherAddress(f) ?? 'Check the name in the issuer, and whether a VPN or proxy (HTTPS_PROXY) is needed.',
  }),
  network_refused: (f) => ({
    message: `Nothing listens at ${target(f)}: the connection was refused.`,
    causes: causes(
      endpointOrigin(f),
      f.answeredBefore === true && 'The provider ended or restarts: it answered a moment ago.',
      f.answeredBefore !== true && 'The provider is not running.',
      'The port in the URL is another one.',
      'It runs in a container whose port is not published.',
    ),
    fix: otherAddress(f) ?? 'Start the provider, or correct host and port.',
  }),
  network_unreachable: (f) => ({
    message: `There is no way to ${target(f)} from this machine.`,
    causes: causes(
      endpointOrigin(f),
      'A VPN is off, or a firewall is in the way.',
      'The host has an IPv6 address only, and this network none.',
    ),
    fix: 'Check the network, and whether a proxy (HTTPS_PROXY) is needed.',
  }),
  network_closed: (f) => ({
    message: `${sentenceTarget(f)} closed the connection before its answer was complete.`,
    causes: causes(
      'The provider or a proxy in front of it crashed or restarted.',
      (f.url === undefined || String(f.url).startsWith('https:')) && 'https was spoken to a port for something else.',
    ),
    fix: "Try again; if it stays, look into the provider's and the proxy's log.",
  }),
  network_failed: (f) => ({
    message: `The request to ${target(f)} failed${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: [],
    fix: 'Check that the address can be reached from this machine, for example with curl.',
  }),
  network_timeout: (f) => ({
    message: `${sentenceTarget(f)} timed out after ${secondsText(f.seconds)}.`,
    causes: causes(
      endpointOrigin(f),
      f.answeredBefore === true &&
        'The provider is stuck or overloaded there: it answered the earlier requests of this sign-in.',
      f.answeredBefore !== true && 'A firewall drops the packets.',
      f.answeredBefore !== true && 'The provider is overloaded.',
      f.answeredBefore !== true && 'A proxy is needed and not set (HTTPS_PROXY).',
      f.answeredBefore === true &&
        'Something in front of the provider holds this one request back, such as a firewall that looks into it.',
    ),
    fix:
      f.answeredBefore === true
        ? "Look into the provider's log at that moment, or allow more time with --timeout."
        : 'Try the address with curl from this machine, and check VPN and proxy.',
  }),
  tls_not_trusted: (f) => ({
    message: `The certificate of ${target(f)} is not trusted: ${f.reason ?? 'it was not accepted'}${certificateText(f)}.`,
    causes: causes(
      // Whoever stands in between by his trade is the likeliest.
      f.proxy !== undefined &&
        matchesReason(f, /authority|self/) &&
        `The proxy ${f.proxy} opens the connection and signs with a CA of its own.`,
      matchesReason(f, /expired/) && 'It was not renewed in time.',
      matchesReason(f, /authority|self/) &&
        'It is signed by a company or development CA that this machine does not know.',
      matchesReason(f, /intermediate/) && 'The server sends its own certificate without those between it and the CA.',
      matchesReason(f, /host/) && 'It was made for another host name.',
      f.proxy === undefined &&
        matchesReason(f, /authority|self|host/) &&
        'A proxy on the way opens the connection and signs with a CA of its own.',
      matchesReason(f, /expired|not valid yet/) && "This machine's clock is wrong.",
      matchesReason(f, /not valid yet/) && 'The server was given its next certificate too early.',
    ),
    fix: trustFix(f),
  }),
  tls_failed: (f) => ({
    message: `No TLS connection could be made with ${target(f)}${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: ['The port speaks plain http, not https.', 'The two sides have no TLS version or cipher in common.'],
    fix: 'Check scheme and port of the URL.',
  }),
  proxy_failed: (f) => ({
    message: `The proxy${f.proxy === undefined ? '' : ` ${f.proxy}`} did not let the request to ${target(f)} through${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: causes(
      /407/.test(String(f.reason)) && 'The proxy wants a user name and password, or other ones.',
      /403/.test(String(f.reason)) && 'The proxy does not allow this host.',
      /REFUSED|listens|nothing answers/i.test(String(f.reason)) &&
        'The proxy is not running, or listens on another port.',
      !/407|403|REFUSED|listens|nothing answers/i.test(String(f.reason)) && 'The proxy wants a user name and password.',
      !/407|403|REFUSED|listens|nothing answers/i.test(String(f.reason)) && 'The proxy does not allow this host.',
      !/407|403|REFUSED|listens|nothing answers/i.test(String(f.reason)) && 'The proxy is not running.',
    ),
    fix: 'Check HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY.',
  }),
  response_too_large: (f) => ({
    message: `The answer of ${f.url ?? target(f)} is larger than ${f.limit === undefined ? 'is allowed' : megabytes(f.limit)} and was not read.`,
    causes: [
      'The address serves something other than what an OpenID provider has there, or that with far too much in it: such answers have a few kilobytes.',
    ],
    fix: 'Fetch the address with curl and look at the beginning of what comes.',
  }),
  response_too_deep: (f) => ({
    message: `The JSON that ${f.url ?? target(f)} answered with is nested more than ${f.limit ?? MAX_JSON_DEPTH} levels deep and was not read.`,
    causes: [
      'The provider, or something between it and this machine, sends a made-up answer: those of OpenID Connect have fewer than ten levels.',
    ],
    fix: "Fetch the address with curl, and report what comes to the provider's operators.",
  }),
} satisfies Partial<ExplainTable>;
