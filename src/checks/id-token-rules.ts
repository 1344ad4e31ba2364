import { createHash, timingSafeEqual } from 'node:crypto';
import type { JSONWebKeySet, JWTPayload, ProtectedHeaderParameters } from 'jose';
import type { Check } from '../check.js';
import type { ErrorCode } from '../errors.js';
import { valueText } from '../oidc/json-values.js';
import { relativeTime } from '../oidc/relative-time.js';
import { isPublicKeySignature } from '../oidc/signature-algorithms.js';
import { kidText, type SignatureResult } from './signature.js';

/** The values that an ID token is compared with. Times are seconds. */
export interface IdTokenExpectations {
  readonly issuer: string;
  readonly clientId: string;
  /** `id_token_signing_alg_values_supported` of the provider. */
  readonly algorithms: readonly string[] | undefined;
  /** Absent when the key set is not available: the signature check then fails. */
  readonly jwks: JSONWebKeySet | undefined;
  /** Absent where none was sent in this exchange (a refresh). */
  readonly nonce?: string;
  readonly accessToken?: string;
  /** The authorization code, where this exchange spent one. */
  readonly code?: string;
  readonly maxAge?: number;
  /** Space-separated, as requested. */
  readonly acrValues?: string;
  /** Seconds since the epoch, by our clock. */
  readonly now: number;
  readonly tolerance: number;
  /** The provider's clock minus ours, from the `Date` header of its response. */
  readonly clockSkew?: number;
  /** The claims of the token this one replaces (OIDC Core §12.2). */
  readonly previous?: Readonly<Record<string, unknown>>;
}

/** All that a rule may look at: the decoded token, the result for its signature, and the expectations. */
export interface IdTokenFacts extends IdTokenExpectations {
  readonly header: ProtectedHeaderParameters;
  readonly claims: JWTPayload;
  readonly signature: SignatureResult;
}

/** The settings of a Logto connector that decide which rules Logto checks. */
export interface LogtoVerification {
  readonly clientId: string;
  readonly idTokenVerificationConfig: {
    readonly issuer?: string | readonly string[];
    readonly subject?: string;
    readonly typ?: string;
    readonly algorithms?: readonly string[];
    readonly clockTolerance?: string | number;
    readonly maxTokenAge?: string | number;
  };
}

type Test = (facts: IdTokenFacts) => boolean;
type Texts = (facts: IdTokenFacts) => string;
/** The faults of a rule: the first one whose test holds gives the error code. */
type Faults = readonly (readonly [code: ErrorCode, broken: Test])[];

/** Logto's reading of a row, beside our own verdict. Absent: Logto does not check. */
export interface LogtoColumn {
  /** The value that Logto compares with, for people; undefined if its settings disable the check. */
  readonly logto?: (settings: LogtoVerification) => string | undefined;
  /** Logto checks only a token that has the claim. */
  readonly logtoOnlyIfPresent?: 'defined' | 'not empty';
  /** The reason that Logto does not check, if there is more to add. */
  readonly logtoIgnores?: string;
}

/** One rule for ID tokens. None of its texts holds a secret. */
interface IdTokenRule extends LogtoColumn {
  /** The text that the rule is in. */
  readonly section: string;
  /** openid-client makes the same check: the two readings must agree. */
  readonly shared?: true;
  /** Whether the report has a row for it. Absent: always. */
  readonly when?: Test;
  /** Whether there is nothing to compare. Absent: never. */
  readonly skip?: Test;
  readonly expected: Texts;
  /** Absent: the claim of the rule's name. */
  readonly actual?: Texts;
  /** The claim is a time: a refusal then has the claim's distance from now. */
  readonly time?: true;
  /** Faults that refuse the token. */
  readonly refuse: Faults;
  /** Faults that refuse it only with --strict. Looked at after `refuse`. */
  readonly warn?: Faults;
}

/** An ID token issued longer ago than this, in seconds, was not made for this sign-in. */
const MAX_AGE_SECONDS = 600;

/** RS256 unless another algorithm is advertised or registered (OIDC Core §3.1.3.7 no. 7). */
const DEFAULT_ALGORITHMS: readonly string[] = ['RS256'];

/** The rules that an ID token is checked by, in the order of the report. */
const RULES = {
  alg: {
    section: 'OIDC Core §3.1.3.7 no. 7',
    expected: ({ algorithms = DEFAULT_ALGORITHMS }) =>
      algorithms.length === 0 ? 'one that the provider announces (its list is empty)' : oneOf(algorithms),
    actual: ({ header }) => valueText(header.alg),
    refuse: [
      [
        'id_token_alg_mismatch',
        ({ header, algorithms = DEFAULT_ALGORITHMS }) => !algorithms.includes(valueText(header.alg)),
      ],
      ['id_token_alg_unsupported', ({ header }) => !isPublicKeySignature(header.alg)],
    ],
    logto: ({ idTokenVerificationConfig: { algorithms } }) =>
      algorithms ? `one of ${algorithms.join(', ')}` : 'any that the key set has a key for',
  },
  signature: {
    section: 'OIDC Core §3.1.3.7 no. 6',
    shared: true,
    expected: ({ header }) => `valid with a key of the provider's key set (${kidText(header)})`,
    actual: ({ signature }) => signature.actual,
    refuse: [
      ['key_set_unavailable', ({ signature }) => signature.code === 'key_set_unavailable'],
      ['id_token_key_not_found', ({ signature }) => signature.code === 'id_token_key_not_found'],
      ['id_token_signature_invalid', ({ signature }) => signature.code !== undefined],
    ],
    logto: () => 'with the key set of jwksUri',
  },
  iss: {
    section: 'OIDC Core §3.1.3.7 no. 2',
    shared: true,
    expected: issuerFor,
    refuse: [
      ['id_token_claim_missing', ({ claims }) => claims.iss === undefined],
      ['id_token_issuer_mismatch', (facts) => valueText(facts.claims.iss) !== issuerFor(facts)],
    ],
    logto: ({ idTokenVerificationConfig: { issuer } }) => (typeof issuer === 'object' ? issuer.join(' or ') : issuer),
    logtoIgnores: 'not checked: idTokenVerificationConfig.issuer is not set',
  },
  aud: {
    section: 'OIDC Core §3.1.3.7 no. 3',
    shared: true,
    expected: ({ clientId }) => clientId,
    refuse: [
      ['id_token_claim_missing', ({ claims }) => claims.aud === undefined],
      ['id_token_audience_mismatch', ({ claims, clientId }) => ![claims.aud].flat().includes(clientId)],
    ],
    logto: ({ clientId }) => clientId,
  },
  azp: {
    section: 'OIDC Core §3.1.3.7 nos. 4 and 5',
    skip: (facts) => facts.claims.azp === undefined && !hasSeveralAudiences(facts),
    expected: (facts) => (hasSeveralAudiences(facts) ? facts.clientId : `${facts.clientId}, or absent`),
    // openid-client refuses with several audiences, too; with one, errata set 2 leaves azp optional.
    refuse: [
      ['id_token_authorized_party_mismatch', (facts) => hasSeveralAudiences(facts) && !isAuthorizedParty(facts)],
    ],
    warn: [['id_token_authorized_party_mismatch', (facts) => !isAuthorizedParty(facts)]],
  },
  exp: {
    section: 'OIDC Core §3.1.3.7 no. 9',
    shared: true,
    expected: ({ now, tolerance }) => `after ${timeText(now)}${tolerance > 0 ? ` (less ${tolerance} s)` : ''}`,
    time: true,
    refuse: [
      ['id_token_claim_missing', ({ claims }) => typeof claims.exp !== 'number'],
      ['id_token_expired', ({ claims, now, tolerance }) => Number(claims.exp) <= now - tolerance],
    ],
    logto: (settings) => `in the future${logtoTolerance(settings)}`,
    logtoOnlyIfPresent: 'defined',
  },
  iat: {
    section: 'OIDC Core §3.1.3.7 no. 10',
    expected: ({ now, tolerance }) => `${timeText(now)}, at most ${tolerance} s later`,
    time: true,
    refuse: [
      ['id_token_claim_missing', ({ claims }) => typeof claims.iat !== 'number'],
      ['id_token_issued_in_future', ({ claims, now, tolerance }) => Number(claims.iat) > now + tolerance],
    ],
    warn: [
      ['id_token_too_old', ({ claims, now, tolerance }) => Number(claims.iat) < now - MAX_AGE_SECONDS - tolerance],
    ],
    logto: ({ idTokenVerificationConfig: { maxTokenAge } }) =>
      maxTokenAge === undefined ? undefined : `at most ${withUnit(maxTokenAge)} old`,
    logtoIgnores: 'not checked without maxTokenAge',
  },
  nbf: {
    section: 'RFC 7519 §4.1.5',
    shared: true,
    skip: ({ claims }) => claims.nbf === undefined,
    expected: ({ now, tolerance }) => `absent, or at most ${tolerance} s after ${timeText(now)}`,
    time: true,
    refuse: [
      [
        'id_token_not_yet_valid',
        ({ claims, now, tolerance }) => !(typeof claims.nbf === 'number' && claims.nbf <= now + tolerance),
      ],
    ],
    logto: (settings) => `in the past${logtoTolerance(settings)}`,
    logtoOnlyIfPresent: 'defined',
  },
  nonce: {
    section: 'OIDC Core §3.1.3.7 no. 11',
    shared: true,
    skip: ({ nonce }) => nonce === undefined,
    expected: ({ nonce }) => (nonce === undefined ? 'none was sent' : 'the one sent with the authorization request'),
    // The value itself is a secret of this run.
    actual: ({ claims, nonce }) => {
      if (claims.nonce === undefined) return 'absent';
      if (nonce === undefined) return 'present';
      if (isSameText(claims.nonce, nonce)) return 'the same';
      return claims.nonce === '' ? 'empty' : 'another value';
    },
    refuse: [['id_token_nonce_mismatch', ({ claims, nonce }) => !isSameText(claims.nonce, nonce)]],
    logto: () => 'the one it sent',
    logtoOnlyIfPresent: 'not empty',
  },
  sub: {
    section: 'OIDC Core §2',
    expected: () => 'a text of at most 255 characters',
    actual: ({ claims }) => subjectText(claims.sub),
    // Only the length is refused: letters beyond ASCII occur in practice and do no harm.
    refuse: [
      ['id_token_subject_invalid', ({ claims: { sub } }) => typeof sub !== 'string' || sub === '' || sub.length > 255],
    ],
    logto: ({ idTokenVerificationConfig: { subject } }) => subject ?? 'any text',
  },
  at_hash: hashRule('at_hash', 'access token', 'id_token_at_hash_mismatch', ({ accessToken }) => accessToken),
  c_hash: {
    ...hashRule('c_hash', 'code', 'id_token_c_hash_mismatch', ({ code }) => code),
    // Only the hybrid flow requires it: in the code flow its absence is not worth a row.
    when: ({ claims }) => claims.c_hash !== undefined,
  },
  auth_time: {
    section: 'OIDC Core §3.1.3.7 no. 13',
    skip: ({ claims, maxAge }) => maxAge === undefined && isTimeOrAbsent(claims.auth_time),
    expected: ({ claims, maxAge, now }) => {
      if (maxAge !== undefined) return `at most ${maxAge} s before ${timeText(now)}`;
      return isTimeOrAbsent(claims.auth_time) ? 'not asked for' : 'a time';
    },
    time: true,
    refuse: [
      [
        'id_token_auth_time_invalid',
        ({ claims: { auth_time: time }, maxAge = 0, now, tolerance }) =>
          typeof time !== 'number' || time < 0 || time + maxAge < now - tolerance,
      ],
    ],
  },
  acr: {
    section: 'OIDC Core §3.1.3.7 no. 12',
    skip: (facts) => requestedAcr(facts).length === 0,
    expected: (facts) => (requestedAcr(facts).length === 0 ? 'not asked for' : oneOf(requestedAcr(facts))),
    refuse: [],
    // acr_values is a voluntary request (OIDC Core §3.1.2.1): another value is no violation.
    warn: [['id_token_acr_mismatch', (facts) => !requestedAcr(facts).some((acr) => acr === facts.claims.acr)]],
  },
  'clock skew': {
    section: 'RFC 9110 §6.6.1',
    skip: ({ clockSkew }) => clockSkew === undefined,
    expected: ({ tolerance }) => `at most ${tolerance} s`,
    actual: ({ clockSkew }) => {
      if (clockSkew === undefined) return 'unknown: the answer has no Date header';
      const direction = clockSkew > 0 ? "the provider's clock is ahead" : "the provider's clock is behind";
      return clockSkew === 0 ? '0 s' : `${Math.abs(clockSkew)} s, ${direction}`;
    },
    refuse: [],
    // It explains the checks of times, which refuse on their own.
    warn: [['clock_skew', ({ clockSkew = 0, tolerance }) => Math.abs(clockSkew) > tolerance]],
  },
  'same iss': identityRule('iss'),
  'same sub': identityRule('sub'),
  'same aud': identityRule('aud'),
} as const satisfies Readonly<Record<string, IdTokenRule>>;

/** Logto's reading of rows that are not rules of the table: its own checks, and rows that are added elsewhere. */
const LOGTO_COLUMNS = {
  format: { logto: () => 'a signed JWT' },
  typ: { logto: ({ idTokenVerificationConfig: { typ } }) => typ },
  'claim types': { logto: () => 'of the claims it reads' },
  'userinfo sub': { logtoIgnores: 'userinfo is never asked' },
} as const satisfies Readonly<Record<string, LogtoColumn>>;

/** The names of the rules. */
export type RuleName = keyof typeof RULES;

/** The names of the rows that have a column of Logto's. */
export type LogtoRowName = RuleName | keyof typeof LOGTO_COLUMNS;

/** Logto's reading of a row. */
export function logtoColumn(name: LogtoRowName): LogtoColumn {
  return name in LOGTO_COLUMNS ? LOGTO_COLUMNS[name as keyof typeof LOGTO_COLUMNS] : ruleOf(name as RuleName);
}

/** The names of the rules in the order of the report. */
export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];

/** A rule by its name. */
export function ruleOf(name: RuleName): IdTokenRule {
  return RULES[name];
}

/** A check by a rule of the table. */
export interface RuleCheck extends Check {
  readonly name: RuleName;
}

/** Checks one rule. Never throws on a bad token. */
export function checkRule(name: RuleName, facts: IdTokenFacts): RuleCheck {
  const rule = ruleOf(name);
  const value = facts.claims[name];
  const expected = rule.expected(facts);
  const actual = rule.actual ? rule.actual(facts) : rule.time ? timeText(value) : valueText(value);
  if (rule.skip?.(facts)) return { name, verdict: 'skip', expected, actual };
  const isBroken = ([, broken]: Faults[number]) => broken(facts);
  const refused = rule.refuse.find(isBroken);
  const fault = refused ?? rule.warn?.find(isBroken);
  if (fault === undefined) return { name, verdict: 'pass', expected, actual };
  const away =
    rule.time && typeof value === 'number'
      ? { actual: `${actual}, ${relativeTime(value, facts.now)}`, secondsAway: value - facts.now }
      : { actual };
  return { name, verdict: refused ? 'fail' : 'warn', expected, ...away, code: fault[0] };
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
}

/** A time claim for people and logs; a text instead of a number keeps its quotes, so that the fault shows. */
function timeText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return valueText(value);
  const date = new Date(value * 1000);
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString().replace('.000Z', 'Z');
}

/** Microsoft's common endpoints advertise a placeholder; openid-client replaces it with the token's own tenant. */
function issuerFor({ claims, issuer }: IdTokenFacts): string {
  const microsoft = issuer.startsWith('https://login.microsoftonline.com/');
  return microsoft && typeof claims.tid === 'string' ? issuer.replace('{tenantid}', claims.tid) : issuer;
}

function hasSeveralAudiences({ claims }: IdTokenFacts): boolean {
  return Array.isArray(claims.aud) && claims.aud.length !== 1;
}

function isAuthorizedParty({ claims, clientId }: IdTokenFacts): boolean {
  return claims.azp === clientId;
}

function isTimeOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0);
}

function subjectText(subject: unknown): string {
  if (typeof subject === 'number') return `the number ${subject}`;
  return typeof subject === 'string' && subject.length > 255 ? `${subject.length} characters` : valueText(subject);
}

function requestedAcr({ acrValues = '' }: IdTokenFacts): string[] {
  return acrValues.split(' ').filter(Boolean);
}

/** `at_hash` and `c_hash`: the left half of the hash that the token's own algorithm uses. */
function hashRule(
  name: 'at_hash' | 'c_hash',
  subject: string,
  code: ErrorCode,
  hashed: (facts: IdTokenFacts) => string | undefined,
): IdTokenRule {
  const skip: Test = (facts) => facts.claims[name] === undefined || hashed(facts) === undefined;
  const matches: Test = (facts) => isSameText(facts.claims[name], leftHalf(hashed(facts) ?? '', facts.header.alg));
  return {
    section: 'OIDC Core §3.1.3.6',
    skip,
    expected: () => `absent, or the hash of the ${subject}`,
    actual: (facts) => {
      const { claims, header } = facts;
      if (skip(facts)) return valueText(claims[name]);
      if (hashOf(header.alg) === undefined) return `no hash is defined for ${valueText(header.alg)}`;
      return matches(facts) ? 'matches' : 'does not match';
    },
    refuse: [[code, (facts) => hashOf(facts.header.alg) !== undefined && !matches(facts)]],
    warn: [[code, ({ header }) => hashOf(header.alg) === undefined]],
  };
}

function leftHalf(value: string, alg: unknown): string | undefined {
  const hash = hashOf(alg);
  if (hash === undefined) return undefined;
  const digest = createHash(hash).update(value).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

function hashOf(alg: unknown): string | undefined {
  if (typeof alg !== 'string') return undefined;
  if (alg === 'EdDSA' || alg === 'Ed25519') return 'sha512';
  const bits = /(256|384|512)$/.exec(alg)?.[1];
  return bits && `sha${bits}`;
}

/** A refreshed ID token must be about the same person, from and for the same parties. */
function identityRule(claim: 'iss' | 'sub' | 'aud'): IdTokenRule {
  const text = (claims: Readonly<Record<string, unknown>> = {}) =>
    claim === 'aud' ? JSON.stringify([claims.aud].flat().sort()) : valueText(claims[claim]);
  return {
    section: 'OIDC Core §12.2',
    when: ({ previous }) => previous !== undefined,
    expected: ({ previous }) => valueText(previous?.[claim]),
    actual: ({ claims }) => valueText(claims[claim]),
    refuse: [['refreshed_identity_changed', ({ claims, previous }) => text(claims) !== text(previous)]],
  };
}

/** Compares two texts in constant time; anything else is never the same. */
function isSameText(left: unknown, right: unknown): boolean {
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function logtoTolerance({ idTokenVerificationConfig: { clockTolerance } }: LogtoVerification): string {
  return clockTolerance === undefined ? ', to the second' : `, tolerance ${withUnit(clockTolerance)}`;
}

/** A duration of Logto's configuration in words: a number is seconds. */
function withUnit(duration: string | number): string {
  return typeof duration === 'number' ? `${duration} s` : duration;
}
