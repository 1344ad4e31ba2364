import { CheckList, type DoctorCheck, type Explain, type Side, some } from '../checks/check-list.js';
import { OidcCliError } from '../errors.js';
import { type Announced, documentIn, type MistypedMember, readMetadata } from '../oidc/metadata.js';
import { discoverProvider, type Provider, type ProviderDeps } from '../oidc/provider.js';
import { clockSkewOf, contentTypeOf, locationOf } from '../oidc/response-facts.js';
import { duration } from '../trace/phases.js';
import type { Exchange } from '../trace/recorder.js';
import { sideOfFailure } from './connection-checks.js';

/** What discovery came to: both readings, openid-client's verdict and the document as it is. */
export interface Discovered {
  /** Where openid-client and our own rules accept the document. */
  readonly provider?: Provider | undefined;
  /** Where there is one, accepted or not. */
  readonly announced?: Announced | undefined;
  /** Members whose type is not that of the standard; they are not used. */
  readonly mistyped?: readonly MistypedMember[] | undefined;
  readonly fault?: OidcCliError | undefined;
  readonly exchange?: Exchange | undefined;
}

/** Asks for the provider's metadata once, as a sign-in does. Aborts reject; nothing else is thrown. */
export async function discover(
  request: Parameters<typeof discoverProvider>[0],
  deps: ProviderDeps,
): Promise<Discovered> {
  try {
    const provider = await discoverProvider(request, deps);
    const exchange = deps.recorder.last('discovery');
    if (exchange?.status !== 200) return { provider, announced: namedAlone(provider), exchange };
    const { metadata: announced, mistyped } = readMetadata(provider.document);
    return { provider, announced, mistyped, exchange };
  } catch (fault) {
    if (!(fault instanceof OidcCliError) || fault.code === 'interrupted') throw fault;
    const exchange = deps.recorder.last('discovery');
    const document = documentIn(exchange);
    if (document === undefined) return { fault, exchange };
    const { metadata: announced, mistyped } = readMetadata(document);
    return { fault, exchange, announced, mistyped };
  }
}

/** Without a document a profile that names the endpoints will do: what else stands in the metadata nobody announced. */
function namedAlone({ metadata }: Provider): Announced {
  const { issuer, authorization_endpoint, token_endpoint, jwks_uri } = metadata;
  return Object.fromEntries(Object.entries({ issuer, authorization_endpoint, token_endpoint, jwks_uri }));
}

/** A larger document is read, but somebody should look why. Bytes. */
const LARGE = 64 * 1024;

/** OIDC Discovery §3: what a sign-in cannot do without, and what else is required there. */
const NEEDED = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;
const REQUIRED = ['response_types_supported', 'subject_types_supported', 'id_token_signing_alg_values_supported'];
/** The same section's recommendations. `registration_endpoint` is one too, and nothing here registers a client. */
const RECOMMENDED = ['userinfo_endpoint', 'scopes_supported', 'claims_supported'];

/** The checks that need a document to look at. */
const OF_DOCUMENT = ['issuer', 'required members', 'recommended members'];

/** The discovery answer: status, content type, size, whose it is, and what is in it (OIDC Discovery §4.2, §4.3). */
export function discoveryChecks(issuer: string, discovered: Discovered, explain: Explain): DoctorCheck[] {
  const checks = new CheckList('discovery', { explain });
  const { fault, exchange, announced, mistyped = [] } = discovered;
  if (exchange?.status === undefined || fault?.code === 'response_too_deep') {
    answerless(checks, fault);
    return checks.all;
  }
  const { status, url } = exchange;
  if (fault && (fault.code === 'discovery_not_found' || fault.code === 'discovery_http_error')) {
    checks.failWith('status', fault, sideOfAnswer(fault, exchange));
    checks.notMade(['content type', 'size', ...OF_DOCUMENT], { name: 'status' });
    return checks.all;
  }
  if (fault === undefined && status !== 200) {
    checks.pass('status', `${status} from ${url}: no document, and the profile names its endpoints itself`);
    for (const name of ['content type', 'size', ...OF_DOCUMENT]) checks.skip(name, 'there is no document');
    return checks.all;
  }
  checks.pass('status', `${status} from ${url}`);
  const type = contentTypeOf(exchange) ?? 'none';
  if (fault?.code === 'discovery_not_json') {
    const name = /json/.test(type) ? 'document' : 'content type';
    if (name === 'document') checks.pass('content type', type);
    checks.failWith(name, fault, sideOfAnswer(fault, exchange));
    size(checks, exchange);
    checks.notMade(OF_DOCUMENT, { name });
    return checks.all;
  }
  checks.pass('content type', type);
  size(checks, exchange);
  if (announced === undefined) {
    if (fault) checks.failWith('document', fault, 'provider');
    checks.notMade(OF_DOCUMENT, { name: 'document' });
    return checks.all;
  }
  spelling(checks, issuer, announced, fault);
  required(checks, announced, mistyped, fault);
  recommended(checks, announced, mistyped);
  types(
    checks,
    mistyped.filter(({ name }) => !REQUIRED.includes(name)),
  );
  return checks.all;
}

/** Nothing came that could be looked at. */
function answerless(checks: CheckList, fault: OidcCliError | undefined): void {
  if (fault === undefined) return;
  const name = { response_too_large: 'size', response_too_deep: 'document' }[fault.code as string] ?? 'status';
  checks.failWith(name, fault, fault.code.startsWith('issuer_') ? 'configuration' : sideOfFailure(fault));
  const others = ['status', 'content type', 'size', ...OF_DOCUMENT].filter((other) => other !== name);
  checks.notMade(others, { name });
}

/** Whose doing an answer is that is no discovery document. */
function sideOfAnswer({ code }: OidcCliError, exchange: Exchange): Side {
  const { status = 0 } = exchange;
  const location = locationOf(exchange);
  // RFC 6585 §6; and a gateway that wants a sign-in first sends everybody to its own page.
  if (status === 511) return 'network';
  if (location !== undefined)
    return new URL(location).host === new URL(exchange.url).host ? 'configuration' : 'network';
  if (code === 'discovery_not_json') return contentTypeOf(exchange)?.includes('json') ? 'provider' : 'configuration';
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

function spelling(checks: CheckList, issuer: string, announced: Announced, fault: OidcCliError | undefined): void {
  if (fault?.code === 'discovery_issuer_mismatch') checks.failWith('issuer', fault, 'configuration');
  else if (announced.issuer === issuer) checks.pass('issuer', `${issuer}, to the letter`);
  else if (announced.issuer?.includes('{')) checks.pass('issuer', `${announced.issuer}, which stands for ${issuer}`);
  else {
    checks.warn('issuer', {
      actual: String(announced.issuer),
      expected: `${issuer}, to the letter`,
      why: 'It is the same address and is taken here; a client that compares to the letter refuses it (OIDC Discovery §4.3).',
      repair: `Use --issuer ${announced.issuer}`,
      side: 'configuration',
    });
  }
}

function required(
  checks: CheckList,
  announced: Announced,
  mistyped: readonly MistypedMember[],
  fault: OidcCliError | undefined,
): void {
  const name = 'required members';
  const odd = REQUIRED.filter((member) => isAmong(mistyped, member));
  const absent = (members: readonly string[]) =>
    members.filter((member) => announced[member] === undefined && !isAmong(mistyped, member));
  const needed = absent(NEEDED);
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
  } else checks.pass(name, `all ${NEEDED.length + REQUIRED.length + 1} are there`);
}

function recommended(checks: CheckList, announced: Announced, mistyped: readonly MistypedMember[]): void {
  const absent = RECOMMENDED.filter((member) => announced[member] === undefined && !isAmong(mistyped, member));
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

/** Members of another type than the standard gives them; a document without any has no line for it. */
function types(checks: CheckList, mistyped: readonly MistypedMember[]): void {
  if (mistyped.length === 0) return;
  checks.warn('member types', {
    actual: some(mistyped.map(({ name, actual }) => `${name}: ${actual}`)),
    expected: some(mistyped.map(({ name, expected }) => `${name}: ${expected}`)),
    why: 'What has another type is not used here, and some clients refuse the whole document (OIDC Discovery §3).',
    repair: "Ask the provider's operators to correct them.",
    side: 'provider',
  });
}

function isAmong(mistyped: readonly MistypedMember[], member: string): boolean {
  return mistyped.some(({ name }) => name === member);
}

/** A difference that a person would not notice, in seconds. */
const SMALL_SKEW = 5;

/** The provider's clock against this machine's, by the Date header of a fresh answer (RFC 9110 §6.6.1). */
export function clockCheck(exchanges: readonly Exchange[], tolerance: number, explain: Explain): DoctorCheck[] {
  const checks = new CheckList('connection', { explain });
  const name = 'clock skew';
  // What a cache kept has the time of when it was kept (RFC 9111 §5.1).
  const fresh = exchanges.filter(
    ({ status, responseHeaders }) => status !== undefined && !Number(responseHeaders?.age),
  );
  const skew = fresh.map(clockSkewOf).find((seconds) => seconds !== undefined);
  if (skew === undefined) {
    checks.skip(name, 'no answer said the time (Date header)');
    return checks.all;
  }
  const seconds = Math.abs(skew);
  if (seconds <= SMALL_SKEW) {
    checks.pass(name, `${skew} s`);
    return checks.all;
  }
  const said = {
    actual: `the provider's clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's`,
    expected: `at most ${tolerance} s`,
    repair: 'Set this machine’s clock by a time server (NTP); if it is right, tell the provider’s operators.',
    side: 'machine' as const,
  };
  if (seconds > tolerance) {
    const why = 'ID tokens will be refused: they are from the future, or expired when they come.';
    checks.fail(name, { ...said, why, code: 'clock_skew' });
  } else checks.warn(name, { ...said, why: 'Programs with a smaller tolerance refuse its tokens.' });
  return checks.all;
}

/** Milliseconds. Programs wait 5 to 30 s for an answer: who needs more than half of the shortest has little to spare. */
const SLOW_MS = 3_000;

/** How long the provider took for each answer, connection and all. */
export function answerTimesCheck(exchanges: readonly Exchange[], explain: Explain): DoctorCheck[] {
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
      actual: some(slow.map(({ step, durationMs }) => `${step}: ${duration(durationMs)}`)),
      expected: `at most ${duration(SLOW_MS)}`,
      why: 'Apps give up on an answer that comes late, many after 5 s (Logto’s connector on the key set): sign-ins then fail now and then.',
      repair:
        'Look at what the provider and whatever stands before it do in that time; from elsewhere, at the way there.',
      side: 'provider',
    });
  }
  return checks.all;
}
