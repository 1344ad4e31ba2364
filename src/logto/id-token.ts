import { type FactsOf, OidcCliError } from '../errors.js';
import { MAX_JSON_DEPTH } from '../json.js';
import { shownUrl } from '../network/network-error.js';
import { isJwtNestedTooDeep } from '../oidc/decode-token.js';
import type { ConnectorConfig } from './connector/schema.js';
import { isNetworkFailure, refusedByLogto } from './refusals.js';
import { KEY_SET_LIMIT_MS, type RemoteKeySet, remoteKeySet } from './remote-key-set.js';
import type { ConnectorDeps } from './token-request.js';

/** The claims whose wrong type fails a sign-in, in Logto's order of reading. */
const CLAIM_TYPES = {
  sub: 'text',
  name: 'text',
  email: 'text',
  email_verified: 'boolean',
  phone: 'text',
  phone_verified: 'boolean',
  picture: 'text',
  profile: 'text',
  nonce: 'text',
} as const;

/** The claims that Logto reads, as it understood them. */
export type ConnectorClaims = { readonly sub: string } & {
  readonly [Name in keyof typeof CLAIM_TYPES]?:
    | ((typeof CLAIM_TYPES)[Name] extends 'boolean' ? boolean : string)
    | null;
};

/** An ID token that Logto accepted. */
export interface AcceptedIdToken {
  readonly claims: ConnectorClaims;
  /** Every claim, as in the token. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The strings that Logto reads as true with `acceptStringTypedBooleanClaims`, in any case. */
const TRUE_STRINGS = ['1', 'true', 'y', 'yes', 'yep', 'yeah'];

/**
 * Verifies an ID token as Logto does: jose, the key set fetched again, the options
 * of `idTokenVerificationConfig` with the audience always the client id; then the
 * types of the claims it reads; then the nonce, if the token has one. It does not
 * check what only the standard requires (no exp, no nonce, azp, at_hash). Throws
 * `connector_*` codes with Logto's response in the facts.
 */
export async function verifyIdTokenAsLogto(
  config: ConnectorConfig,
  idToken: string,
  nonce: string,
  deps: ConnectorDeps,
): Promise<AcceptedIdToken> {
  if (idToken === '') {
    const facts = { reason: 'id_token is empty', member: 'id_token' };
    throw refusedByLogto('social_invalid_id_token', 'connector_token_response_invalid', facts);
  }
  // Logto's behaviour for such a token is not known, and it could be neither saved nor shown here.
  if (isJwtNestedTooDeep(idToken)) {
    throw new OidcCliError('id_token_malformed', {
      expected: `at most ${MAX_JSON_DEPTH} levels of nesting`,
      actual: 'more',
    });
  }
  const payload = await verifiedPayload(config, idToken, deps);
  const claims = readClaims(payload, config.acceptStringTypedBooleanClaims);
  const given = payload.nonce;
  if (given && given !== nonce) throw refusedByLogto('social_invalid_id_token', 'connector_nonce_mismatch');
  return { claims, payload };
}

async function verifiedPayload(
  config: ConnectorConfig,
  idToken: string,
  deps: ConnectorDeps,
): Promise<Readonly<Record<string, unknown>>> {
  const { jwksUri, currentDate: _none, ...rules } = config.idTokenVerificationConfig;
  const [{ jwtVerify }, { keySet, asked }] = await Promise.all([
    import('jose/jwt/verify'),
    remoteKeySet(jwksUri, deps),
  ]);
  // jose treats an undefined option differently from an absent one.
  const given = Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
  try {
    const options = { ...given, audience: config.clientId, currentDate: new Date(deps.clock.now()) };
    const { payload } = await jwtVerify(idToken, keySet, options);
    return payload;
  } catch (error) {
    const now = new Date(deps.clock.now()).toISOString();
    throw await verificationError(error, { config, idToken, now, asked });
  }
}

/** Turns an error of jose into our codes. Logto shows all of them as one "Internal server error". */
async function verificationError(
  error: unknown,
  known: {
    readonly config: ConnectorConfig;
    readonly idToken: string;
    readonly now: string;
    readonly asked: RemoteKeySet['asked'];
  },
): Promise<unknown> {
  const { config, idToken, now, asked } = known;
  const url = shownUrl(new URL(config.idTokenVerificationConfig.jwksUri));
  const refused = (reason: string, facts: FactsOf<'connector_id_token_refused'> = {}) =>
    refusedByLogto('server_error', 'connector_id_token_refused', { reason, ...facts }, { cause: error });
  if (isNetworkFailure(error)) {
    const facts = { ...error.facts, url, why: error.code };
    const options = { cause: error, exitCode: error.exitCode };
    return refusedByLogto('server_error', 'connector_key_set_unavailable', facts, options);
  }
  // The request was ended from outside, which is no verdict on the ID token.
  if (error === asked.failure) return error;
  const errors = await import('jose/errors');
  if (error instanceof errors.JWKSTimeout) {
    const facts = { url, why: 'network_timeout', seconds: KEY_SET_LIMIT_MS / 1000 };
    return refusedByLogto('server_error', 'connector_key_set_unavailable', facts, { cause: error, exitCode: 6 });
  }
  if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason, message, payload } = error;
    // The signature is valid, so these are the provider's own words.
    const actual =
      claim === 'typ' ? (await import('jose/decode/protected_header')).decodeProtectedHeader(idToken) : payload;
    const facts = {
      claim,
      missing: reason === 'missing',
      ...expectedText(claim, config, now),
      actual: shortText(actual[claim], claim),
    };
    return refused(message, facts);
  }
  if (error instanceof errors.JWKSInvalid || (error as { code?: unknown }).code === 'ERR_JOSE_GENERIC') {
    const reason = asked.status === 200 ? 'its answer is no key set' : `it answered ${asked.status}`;
    const facts = { url, status: asked.status, reason };
    return refusedByLogto('server_error', 'connector_key_set_unavailable', facts, { cause: error });
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    const { alg } = (await import('jose/decode/protected_header')).decodeProtectedHeader(idToken);
    return refused(error.message, { kind: error.code, alg: alg === undefined ? undefined : cutText(alg) });
  }
  if (error instanceof errors.JOSEError) return refused(error.message, { kind: error.code });
  // The remaining causes are options that jose cannot use, and keys that fit the algorithm by name only.
  const option = unusableOption(error, config);
  if (option) return refusedByLogto('server_error', 'connector_verification_config_invalid', option, { cause: error });
  return refused(error instanceof Error ? error.message : 'it could not be verified');
}

/** Claims that are times: seconds since 1970. */
const TIME_CLAIMS = ['exp', 'nbf', 'iat'];

/** A claim as short text, for the explanation. */
function shortText(value: unknown, claim: string): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string' && value !== '') return cutText(value);
  if (typeof value === 'number' && TIME_CLAIMS.includes(claim)) {
    const date = new Date(value * 1000);
    return Number.isNaN(date.getTime()) ? String(value) : date.toISOString();
  }
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && item !== '')) {
    return cutText(value.join(', '));
  }
  return cutText(JSON.stringify(value) ?? 'nothing');
}

function cutText(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** The value that the configuration requires of a claim, for the explanation. */
function expectedText(claim: string, config: ConnectorConfig, now: string): Record<string, string | undefined> {
  const { issuer, subject, typ, maxTokenAge, clockTolerance } = config.idTokenVerificationConfig;
  const expected: Record<string, string | undefined> = {
    iss: Array.isArray(issuer) ? issuer.join(', ') : issuer,
    aud: config.clientId,
    sub: subject,
    typ,
    exp: `after ${now}`,
    nbf: `${now} or before`,
    iat: maxTokenAge === undefined ? 'a number' : `at most ${withUnit(maxTokenAge)} before ${now}`,
  };
  return { expected: expected[claim], tolerance: withUnit(clockTolerance ?? 0) };
}

/** A duration of the configuration in words: a number is seconds. */
function withUnit(duration: string | number): string {
  return typeof duration === 'number' ? `${duration} s` : duration;
}

function unusableOption(error: unknown, config: ConnectorConfig): { key: string; reason: string } | undefined {
  if (!(error instanceof TypeError)) return undefined;
  const { clockTolerance, maxTokenAge, algorithms } = config.idTokenVerificationConfig;
  const { message } = error;
  if (/time period|clockTolerance|maxTokenAge/.test(message)) {
    const key = typeof clockTolerance === 'string' && !isDuration(clockTolerance) ? 'clockTolerance' : undefined;
    const named = /clockTolerance|maxTokenAge/.exec(message)?.[0];
    const which = key ?? named ?? (maxTokenAge === undefined ? 'clockTolerance' : 'maxTokenAge');
    return {
      key: `idTokenVerificationConfig.${which}`,
      reason: 'a text needs a unit ("5 s"), and a number must not be negative',
    };
  }
  if (/algorithms/.test(message) && algorithms) {
    return { key: 'idTokenVerificationConfig.algorithms', reason: 'it is not a list of names' };
  }
  return undefined;
}

/** Whether jose parses a text as a duration: a number and a unit, perhaps `ago` or `from now`. */
export function isDuration(text: string): boolean {
  const unit = 'seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y';
  const match = new RegExp(`^([+-])? ?\\d+(?:\\.\\d+)? ?(?:${unit})(?: (ago|from now))?$`, 'i').exec(text);
  return match !== null && !(match[1] && match[2]);
}

function readClaims(payload: Readonly<Record<string, unknown>>, acceptStrings: boolean): ConnectorClaims {
  const claims: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(CLAIM_TYPES)) {
    const value = payload[name];
    if (value === undefined || (value === null && name !== 'sub')) {
      if (name === 'sub') throw wrongType(name, value, type);
      claims[name] = value;
    } else if (type === 'boolean' && acceptStrings && typeof value === 'string') {
      claims[name] = TRUE_STRINGS.includes(value.toLowerCase());
    } else if (typeof value === (type === 'text' ? 'string' : 'boolean')) {
      claims[name] = value;
    } else {
      throw wrongType(name, value, type);
    }
  }
  return claims as unknown as ConnectorClaims;
}

function wrongType(claim: string, value: unknown, type: 'text' | 'boolean') {
  const actual =
    value === undefined ? 'absent' : value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  const stringBoolean = type === 'boolean' && typeof value === 'string';
  return refusedByLogto('social_invalid_id_token', 'connector_claims_refused', {
    claim,
    expected: type === 'text' ? 'a text' : 'true or false',
    actual,
    ...(stringBoolean ? { stringBoolean } : {}),
  });
}
