import { CheckList, type DoctorCheck, type Explain, listSome, type Side } from '../checks/check-list.js';
import { OidcCliError } from '../errors.js';
import { type AdvertisedMetadata, jsonDocument, type MistypedMember, readMetadata } from '../oidc/metadata.js';
import { discoverProvider, type Provider, type ProviderDeps } from '../oidc/provider.js';
import { locationHeader, measureClockSkew, mediaType } from '../oidc/response-facts.js';
import { duration } from '../trace/phases.js';
import type { Exchange } from '../trace/recorder.js';
import { failureSide } from './connection-checks.js';

/** The result of discovery: both readings, openid-client's verdict and the document itself. */
export interface Discovered {
  /** Present if openid-client and our own rules accept the document. */
  readonly provider?: Provider;
  /** Present if there is a document, accepted or not. */
  readonly metadata?: AdvertisedMetadata;
  /** Members whose type is not that of the standard; they are not used. */
  readonly mistyped?: readonly MistypedMember[];
  readonly fault?: OidcCliError;
  readonly exchange?: Exchange;
}

/** Requests the provider's metadata once, as a sign-in does. Rejects only when aborted. */
export async function discover(
  request: Parameters<typeof discoverProvider>[0],
  deps: ProviderDeps,
): Promise<Discovered> {
  try {
    const provider = await discoverProvider(request, deps);
    const exchange = deps.recorder.last('discovery');
    if (exchange?.status !== 200) return { provider, metadata: configuredMetadata(provider), exchange };
    const { metadata, mistyped } = readMetadata(provider.document);
    return { provider, metadata, mistyped, exchange };
  } catch (fault) {
    if (!(fault instanceof OidcCliError) || fault.code === 'interrupted') throw fault;
    const exchange = deps.recorder.last('discovery');
    const document = jsonDocument(exchange);
    if (document === undefined) return { fault, exchange };
    const { metadata: advertised, mistyped } = readMetadata(document);
    return { fault, exchange, metadata: advertised, mistyped };
  }
}

/**
 * The metadata for a profile that names the endpoints itself, which needs no
 * document: the other members are not advertised and are left out.
 */
function configuredMetadata({ metadata }: Provider): AdvertisedMetadata {
  const { issuer, authorization_endpoint, token_endpoint, jwks_uri } = metadata;
  return Object.fromEntries(Object.entries({ issuer, authorization_endpoint, token_endpoint, jwks_uri }));
}

/** Bytes. A larger document is read, with a warning. */
const LARGE = 64 * 1024;

/** OIDC Discovery §3: the endpoints that every sign-in needs. They are required there, as are other members. */
const REQUIRED_ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;
const REQUIRED = ['response_types_supported', 'subject_types_supported', 'id_token_signing_alg_values_supported'];
/** The same section's recommendations, except `registration_endpoint`, since nothing here registers a client. */
const RECOMMENDED = ['userinfo_endpoint', 'scopes_supported', 'claims_supported'];

/** The checks that need a document. */
const DOCUMENT_CHECKS = ['issuer', 'required members', 'recommended members'];

/** Checks the discovery response: status, content type, size, issuer and members (OIDC Discovery §4.2, §4.3). */
export function discoveryChecks(issuer: string, discovered: Discovered, explain: Explain): DoctorCheck[] {
  const checks = new CheckList('discovery', { explain });
  const { fault, exchange, metadata, mistyped = [] } = discovered;
  if (exchange?.status === undefined || fault?.code === 'response_too_deep') {
    failDiscovery(checks, fault);
    return checks.all;
  }
  const { status, url } = exchange;
  if (fault && (fault.code === 'discovery_not_found' || fault.code === 'discovery_http_error')) {
    checks.failWith('status', fault, responseSide(fault, exchange));
    checks.notMade(['content type', 'size', ...DOCUMENT_CHECKS], { name: 'status' });
    return checks.all;
  }
  if (fault === undefined && status !== 200) {
    checks.pass('status', `${status} from ${url}: no document, and the profile names its endpoints itself`);
    for (const name of ['content type', 'size', ...DOCUMENT_CHECKS]) checks.skip(name, 'there is no document');
    return checks.all;
  }
  checks.pass('status', `${status} from ${url}`);
  const type = mediaType(exchange) ?? 'none';
  if (fault?.code === 'discovery_not_json') {
    const name = /json/.test(type) ? 'document' : 'content type';
    if (name === 'document') checks.pass('content type', type);
    checks.failWith(name, fault, responseSide(fault, exchange));
    size(checks, exchange);
    checks.notMade(DOCUMENT_CHECKS, { name });
    return checks.all;
  }
  checks.pass('content type', type);
  size(checks, exchange);
  if (metadata === undefined) {
    if (fault) checks.failWith('document', fault, 'provider');
    checks.notMade(DOCUMENT_CHECKS, { name: 'document' });
    return checks.all;
  }
  spelling(checks, issuer, metadata, fault);
  requiredMembers(checks, metadata, mistyped, fault);
  recommendedMembers(checks, metadata, mistyped);
  types(
    checks,
    mistyped.filter(({ name }) => !REQUIRED.includes(name)),
  );
  return checks.all;
}

/** Records a failure without a response to look at. */
function failDiscovery(checks: CheckList, fault: OidcCliError | undefined): void {
  if (fault === undefined) return;
  const name = { response_too_large: 'size', response_too_deep: 'document' }[fault.code as string] ?? 'status';
  checks.failWith(name, fault, fault.code.startsWith('issuer_') ? 'configuration' : failureSide(fault));
  const others = ['status', 'content type', 'size', ...DOCUMENT_CHECKS].filter((other) => other !== name);
  checks.notMade(others, { name });
}

/** The side that sent a response which is not a discovery document. */
function responseSide({ code }: OidcCliError, exchange: Exchange): Side {
  const { status = 0 } = exchange;
  const location = locationHeader(exchange);
  // RFC 6585 §6; and a gateway that requires a sign-in first redirects everyone to its own page.
  if (status === 511) return 'network';
  if (location !== undefined)
    return new URL(location).host === new URL(exchange.url).host ? 'configuration' : 'network';
  if (code === 'discovery_not_json') return mediaType(exchange)?.includes('json') ? 'provider' : 'configuration';
  return status >= 500 ? 'provider' : 'configuration';
}

function size(checks: CheckList, { responseBody = '' }: Exchange): void {
  const bytes = Buffer.byteLength(responseBody);
  if (bytes <= LARGE) {
    checks.pass('size', `${bytes} bytes`);
    return;
  }
  checks.warn('size', {
    actual: `${bytes} bytes`,
    expected: `at most ${LARGE}`,
    why: 'Some clients read no more, and every sign-in of every app fetches it.',
    repair: 'Ask the provider’s operators what is in it.',
    side: 'provider',
  });
}

function spelling(
  checks: CheckList,
  issuer: string,
  metadata: AdvertisedMetadata,
  fault: OidcCliError | undefined,
): void {
  if (fault?.code === 'discovery_issuer_mismatch') checks.failWith('issuer', fault, 'configuration');
  else if (metadata.issuer === issuer) checks.pass('issuer', `${issuer}, to the letter`);
  else if (metadata.issuer?.includes('{')) checks.pass('issuer', `${metadata.issuer}, which stands for ${issuer}`);
  else {
    checks.warn('issuer', {
      actual: String(metadata.issuer),
      expected: `${issuer}, to the letter`,
      why: 'It is the same address and is taken here; a client that compares to the letter refuses it (OIDC Discovery §4.3).',
      repair: `Use --issuer ${metadata.issuer}`,
      side: 'configuration',
    });
  }
}

function requiredMembers(
  checks: CheckList,
  metadata: AdvertisedMetadata,
  mistyped: readonly MistypedMember[],
  fault: OidcCliError | undefined,
): void {
  const name = 'required members';
  const odd = REQUIRED.filter((member) => includesMember(mistyped, member));
  const absent = (members: readonly string[]) =>
    members.filter((member) => metadata[member] === undefined && !includesMember(mistyped, member));
  const needed = absent(REQUIRED_ENDPOINTS);
  if (needed.length > 0) {
    checks.fail(name, {
      actual: `no ${needed.join(', no ')}`,
      why: 'No sign-in by the authorization code flow is possible without (OIDC Discovery §3).',
      repair: "Ask the provider's operators: it may be an OAuth server without OpenID Connect.",
      side: 'provider',
      code: 'endpoint_missing',
    });
  } else if (fault?.code === 'discovery_invalid') {
    checks.failWith(name, fault, 'provider');
  } else if (absent(REQUIRED).length > 0 || odd.length > 0) {
    const actual = [
      ...absent(REQUIRED).map((member) => `no ${member}`),
      ...odd.map((member) => `${member} is no list of names`),
    ];
    checks.warn(name, {
      actual: actual.join(', '),
      why: 'The standard requires them (OIDC Discovery §3), and some clients refuse a document without.',
      repair: "Ask the provider's operators to add them.",
      side: 'provider',
    });
  } else checks.pass(name, `all ${REQUIRED_ENDPOINTS.length + REQUIRED.length + 1} are there`);
}

function recommendedMembers(
  checks: CheckList,
  metadata: AdvertisedMetadata,
  mistyped: readonly MistypedMember[],
): void {
  const absent = RECOMMENDED.filter((member) => metadata[member] === undefined && !includesMember(mistyped, member));
  if (absent.length === 0) {
    checks.pass('recommended members', `${RECOMMENDED.join(', ')}`);
    return;
  }
  checks.warn('recommended members', {
    actual: `no ${absent.join(', no ')}`,
    why: 'The standard recommends them (OIDC Discovery §3): what they would say cannot be compared here.',
    repair: 'Nothing has to be changed for a sign-in; the provider’s operators can add them.',
    side: 'provider',
  });
}

/** Records members whose type is not that of the standard; without any there is no check. */
function types(checks: CheckList, mistyped: readonly MistypedMember[]): void {
  if (mistyped.length === 0) return;
  checks.warn('member types', {
    actual: listSome(mistyped.map(({ name, actual }) => `${name}: ${actual}`)),
    expected: listSome(mistyped.map(({ name, expected }) => `${name}: ${expected}`)),
    why: 'What has another type is not used here, and some clients refuse the whole document (OIDC Discovery §3).',
    repair: "Ask the provider's operators to correct them.",
    side: 'provider',
  });
}

function includesMember(mistyped: readonly MistypedMember[], member: string): boolean {
  return mistyped.some(({ name }) => name === member);
}

/** Seconds of difference that a user would not notice. */
const SMALL_SKEW = 5;

/** Compares the provider's clock with this machine's, by the Date header of a fresh response (RFC 9110 §6.6.1). */
export function clockCheck(exchanges: readonly Exchange[], tolerance: number, explain: Explain): DoctorCheck[] {
  const checks = new CheckList('connection', { explain });
  const name = 'clock skew';
  // A cached response has the time of its caching (RFC 9111 §5.1).
  const fresh = exchanges.filter(
    ({ status, responseHeaders }) => status !== undefined && !Number(responseHeaders?.age),
  );
  const skew = fresh.map(measureClockSkew).find((seconds) => seconds !== undefined);
  if (skew === undefined) {
    checks.skip(name, 'no answer said the time (Date header)');
    return checks.all;
  }
  const seconds = Math.abs(skew);
  if (seconds <= SMALL_SKEW) {
    checks.pass(name, `${skew} s`);
    return checks.all;
  }
  const details = {
    actual: `the provider's clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's`,
    expected: `at most ${tolerance} s`,
    repair: 'Set this machine’s clock by a time server (NTP); if it is right, tell the provider’s operators.',
    side: 'machine' as const,
  };
  if (seconds > tolerance) {
    const why = 'ID tokens will be refused: they are from the future, or expired when they come.';
    checks.fail(name, { ...details, why, code: 'clock_skew' });
  } else checks.warn(name, { ...details, why: 'Programs with a smaller tolerance refuse its tokens.' });
  return checks.all;
}

/** Milliseconds. Programs wait 5 to 30 s for a response. More than half of the shortest time leaves little margin. */
const SLOW_MS = 3_000;

/** Checks the provider's time for each response, connection included. */
export function responseTimesCheck(exchanges: readonly Exchange[], explain: Explain): DoctorCheck[] {
  const checks = new CheckList('connection', { explain });
  const name = 'answer times';
  const answered = exchanges.flatMap(({ step, status, durationMs }) =>
    status === undefined || durationMs === undefined ? [] : [{ step, durationMs }],
  );
  const slow = answered.filter(({ durationMs }) => durationMs > SLOW_MS);
  if (answered.length === 0) checks.skip(name, 'no answer came');
  else if (slow.length === 0) checks.pass(name, `each within ${duration(SLOW_MS)}`);
  else {
    checks.warn(name, {
      actual: listSome(slow.map(({ step, durationMs }) => `${step}: ${duration(durationMs)}`)),
      expected: `at most ${duration(SLOW_MS)}`,
      why: 'Apps give up on an answer that comes late, many after 5 s (Logto’s connector on the key set): sign-ins then fail now and then.',
      repair:
        'Look at what the provider and whatever stands before it do in that time; from elsewhere, at the way there.',
      side: 'provider',
    });
  }
  return checks.all;
}
