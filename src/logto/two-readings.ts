import type { Check } from '../check.js';
import type { IdTokenCheck, IdTokenReport } from '../checks/id-token-report.js';
import { type LogtoRowName, logtoColumn } from '../checks/id-token-rules.js';
import type { OidcCliError } from '../errors.js';
import type { ConnectorConfig } from './connector/schema.js';

/** Logto's reading of one row of the report. */
export interface LogtoReading {
  /** `ignored`: Logto does not check it. `not reached`: Logto had already refused the sign-in. */
  readonly verdict: 'pass' | 'fail' | 'ignored' | 'not reached';
  /** For people: the value that Logto compares with, or the reason that it does not. */
  readonly note: string;
}

/** One line of the two columns: the standard's verdict, and Logto's. */
export interface TwoReadings extends Omit<IdTokenCheck, 'name'> {
  /** `typ` and `claim types` are checks of Logto's alone. */
  readonly name: LogtoRowName;
  readonly logto: LogtoReading;
}

/** The order in which Logto checks: before a refusal all have passed. */
const ORDER: readonly LogtoRowName[] = [
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

/**
 * Our report of an ID token beside Logto's verdict on each check. `refusal` is the
 * error of Logto's own verification, if it failed.
 */
export function twoReadings(
  { checks, claims }: IdTokenReport,
  config: ConnectorConfig,
  refusal: OidcCliError | undefined,
): TwoReadings[] {
  const refused = refusal && refusedCheck(refusal);
  // jose first looks for required claims, and only then compares any.
  const reached = refusal?.facts.missing === true ? ORDER.indexOf('iss') : refused ? ORDER.indexOf(refused) : 0;
  const readingOf = (name: LogtoRowName): LogtoReading => {
    const { logto, logtoIgnores = 'not checked', logtoOnlyIfPresent } = logtoColumn(name);
    const note = logto?.(config);
    if (name === refused) return { verdict: 'fail', note: note ?? 'as the configuration says' };
    if (note === undefined) return { verdict: 'ignored', note: logtoIgnores };
    const absent = logtoOnlyIfPresent === 'not empty' ? !claims[name] : claims[name] === undefined;
    if (logtoOnlyIfPresent && absent) return { verdict: 'ignored', note: 'not checked: the token has none' };
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

/** Logto's part of a line as a check of its own, for a trace. */
export function toLogtoCheck({ name, actual, logto }: TwoReadings): Check {
  const looked = logto.verdict === 'pass' || logto.verdict === 'fail';
  return {
    name,
    verdict: looked ? logto.verdict : 'skip',
    expected: logto.note,
    actual: looked ? actual : logto.verdict,
  };
}

/** The check that a refusal of Logto belongs to. */
function refusedCheck({ code, facts }: OidcCliError): LogtoRowName | undefined {
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
