import type { Check } from '../check.js';
import type { CheckName, IdTokenCheck, IdTokenReport } from '../checks/id-token-report.js';
import type { OidcCliError } from '../errors.js';
import type { ConnectorConfig } from './connector-config.js';

/** What Logto does about one thing that the standard has checked. */
export interface LogtoReading {
  /** `ignored`: Logto does not look at it. `not reached`: it had refused the sign-in before. */
  readonly verdict: 'pass' | 'fail' | 'ignored' | 'not reached';
  /** In words: what it compares with, or why not. */
  readonly note: string;
}

/** One line of the two columns: what the standard says, and what Logto does. */
export interface TwoReadings extends Omit<IdTokenCheck, 'name'> {
  /** The last two are checks of Logto's alone. */
  readonly name: CheckName | 'typ' | 'claim types';
  readonly logto: LogtoReading;
}

/** Logto's way with a check; `undefined` where it does not look at all. */
type Rule = (config: ConnectorConfig) => string | undefined;

/** In which order Logto looks: what comes before a refusal has passed. */
const ORDER: readonly TwoReadings['name'][] = [
  'format',
  'alg',
  'signature',
  'typ',
  'iss',
  'sub',
  'aud',
  'nbf',
  'exp',
  'iat',
  'claim types',
  'nonce',
];

const list = (value: string | readonly string[]) => (typeof value === 'string' ? value : value.join(' or '));

/** A time check with what the configuration tolerates. */
function withTolerance(what: string): Rule {
  return ({ idTokenVerificationConfig: { clockTolerance } }) =>
    `${what}${clockTolerance === undefined ? ', to the second' : `, tolerance ${clockTolerance}${typeof clockTolerance === 'number' ? ' s' : ''}`}`;
}

const RULES: Readonly<Partial<Record<TwoReadings['name'], Rule>>> = {
  format: () => 'a signed JWT',
  alg: ({ idTokenVerificationConfig: { algorithms } }) =>
    algorithms ? `one of ${algorithms.join(', ')}` : 'any that the key set has a key for',
  signature: () => 'with the key set of jwksUri',
  iss: ({ idTokenVerificationConfig: { issuer } }) => issuer && list(issuer),
  aud: ({ clientId }) => clientId,
  exp: withTolerance('in the future'),
  nbf: withTolerance('in the past'),
  typ: ({ idTokenVerificationConfig: { typ } }) => typ,
  iat: ({ idTokenVerificationConfig: { maxTokenAge } }) =>
    maxTokenAge === undefined ? undefined : `at most ${maxTokenAge}${typeof maxTokenAge === 'number' ? ' s' : ''} old`,
  nonce: () => 'the one it sent',
  sub: ({ idTokenVerificationConfig: { subject } }) => subject ?? 'any text',
  'claim types': () => 'of the claims it reads',
};

/** Why a check that Logto leaves out is left out, where there is more to say than that. */
const LEFT_OUT: Readonly<Partial<Record<TwoReadings['name'], string>>> = {
  iss: 'not checked: idTokenVerificationConfig.issuer is not set',
  iat: 'not checked without maxTokenAge',
  'userinfo sub': 'userinfo is never asked',
};

/** What Logto compares only where the token has it; an empty nonce is none to it. */
const ONLY_IF_THERE: readonly TwoReadings['name'][] = ['exp', 'nbf'];

/**
 * Our report of an ID token beside what Logto does with each thing in it.
 * `refusal` is the error with which Logto's own verification ended, if it did.
 */
export function twoReadings(
  { checks, claims }: IdTokenReport,
  config: ConnectorConfig,
  refusal: OidcCliError | undefined,
): TwoReadings[] {
  const refused = refusal && refusedCheck(refusal);
  // A claim that must be there is looked for before any claim is compared.
  const reached = refusal?.facts.missing === true ? ORDER.indexOf('iss') : refused ? ORDER.indexOf(refused) : 0;
  const readingOf = (name: TwoReadings['name']): LogtoReading => {
    const note = RULES[name]?.(config);
    if (name === refused) return { verdict: 'fail', note: note ?? 'as the configuration says' };
    if (note === undefined) return { verdict: 'ignored', note: LEFT_OUT[name] ?? 'not checked' };
    if (name === 'nonce' ? !claims.nonce : ONLY_IF_THERE.includes(name) && claims[name] === undefined) {
      return { verdict: 'ignored', note: 'not checked: the token has none' };
    }
    return { verdict: refusal && ORDER.indexOf(name) >= reached ? 'not reached' : 'pass', note };
  };
  const own = (name: 'typ' | 'claim types'): TwoReadings => ({
    ...{ name, verdict: 'skip', expected: "a check of Logto's alone", actual: '' },
    logto: readingOf(name),
  });
  const { typ } = config.idTokenVerificationConfig;
  return [
    ...checks.map((check) => ({ ...check, logto: readingOf(check.name) })),
    ...(typ === undefined ? [] : [own('typ')]),
    own('claim types'),
  ];
}

/** Logto's side of a line as a check of its own, for a trace. */
export function asLogtoCheck({ name, actual, logto }: TwoReadings): Check {
  const looked = logto.verdict === 'pass' || logto.verdict === 'fail';
  return {
    name,
    verdict: looked ? logto.verdict : 'skip',
    expected: logto.note,
    actual: looked ? actual : logto.verdict,
  };
}

/** The check that a refusal of Logto belongs to. */
function refusedCheck({ code, facts }: OidcCliError): TwoReadings['name'] | undefined {
  if (code === 'connector_claims_refused') return 'claim types';
  if (code === 'connector_nonce_mismatch') return 'nonce';
  if (code === 'connector_key_set_unavailable') return 'signature';
  if (code !== 'connector_id_token_refused') return undefined;
  switch (facts.kind) {
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return 'alg';
    case 'ERR_JWKS_NO_MATCHING_KEY':
    case 'ERR_JWKS_MULTIPLE_MATCHING_KEYS':
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'signature';
    case undefined:
      return ORDER.find((name) => name === facts.claim);
    default:
      return 'format';
  }
}
