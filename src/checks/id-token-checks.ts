import { createHash, timingSafeEqual } from 'node:crypto';
import type { CompactVerifyGetKey, JSONWebKeySet, JWTPayload, ProtectedHeaderParameters } from 'jose';
import type { Check } from '../check.js';
import type { ErrorCode } from '../errors.js';
import { valueText } from '../protocol/json-values.js';
import { keyIdInWords } from '../protocol/key-facts.js';
import { isPublicKeySignature } from '../protocol/signature-algorithms.js';
import { inWords } from '../protocol/time-in-words.js';
import type { IdTokenCheck, IdTokenExpectations } from './id-token-report.js';

/*
 * One function a check of the ID-token report: each takes what it compares,
 * throws nothing, and says in `actual` what a person needs to see, but no secret.
 */

/** An ID token issued longer ago than this, in seconds, was not made for this sign-in. */
const OLD_IAT_SECONDS = 600;

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
}

/** A time claim as people and logs read it; a text in its place keeps its quotes, so that it shows. */
function time(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return valueText(value);
  const date = new Date(value * 1000);
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString().replace('.000Z', 'Z');
}

/** The algorithm against what the provider announces (OIDC Core §3.1.3.7 no. 7). */
export function checkAlgorithm(
  header: ProtectedHeaderParameters,
  announced: readonly string[] | undefined,
): IdTokenCheck {
  // OIDC Core §3.1.3.7 no. 7: RS256 unless something else was announced or registered.
  const allowed = announced ?? ['RS256'];
  const expected = allowed.length === 0 ? 'one that the provider announces (its list is empty)' : oneOf(allowed);
  const actual = valueText(header.alg);
  if (!allowed.includes(actual))
    return { name: 'alg', verdict: 'fail', expected, actual, code: 'id_token_alg_mismatch' };
  if (!isPublicKeySignature(actual)) {
    return { name: 'alg', verdict: 'fail', expected, actual, code: 'id_token_alg_unsupported' };
  }
  return { name: 'alg', verdict: 'pass', expected, actual };
}

/** Keys of a key set that a message names. */
const MOST_KIDS = 20;

/** The key sets that have been used, with the keys that jose made of them: a smoke run verifies thousands of tokens with one. */
const imported = new WeakMap<JSONWebKeySet, CompactVerifyGetKey>();

/** The signature with the one key of the key set that fits (OIDC Core §3.1.3.7 no. 6). */
export async function checkSignature(
  idToken: string,
  header: ProtectedHeaderParameters,
  jwks: JSONWebKeySet | undefined,
): Promise<IdTokenCheck> {
  const name = 'signature';
  const kid = header.kid === undefined ? 'no kid' : `kid ${valueText(header.kid)}`;
  const expected = `valid with a key of the provider's key set (${kid})`;
  if (!jwks) {
    return { name, verdict: 'fail', expected, actual: 'the key set could not be had', code: 'key_set_unavailable' };
  }
  if (!isPublicKeySignature(header.alg)) {
    const actual = `not verifiable with a public key (alg ${valueText(header.alg)})`;
    return { name, verdict: 'fail', expected, actual, code: 'id_token_signature_invalid' };
  }
  const [{ compactVerify }, { createLocalJWKSet }, errors] = await Promise.all([
    import('jose/jws/compact/verify'),
    import('jose/jwks/local'),
    import('jose/errors'),
  ]);
  try {
    const keys = imported.get(jwks) ?? createLocalJWKSet(jwks);
    imported.set(jwks, keys);
    await compactVerify(idToken, keys);
    return { name, verdict: 'pass', expected, actual: `valid (${header.alg}, ${kid})` };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
      const kids = jwks.keys.slice(0, MOST_KIDS).map(keyIdInWords);
      if (jwks.keys.length > MOST_KIDS) kids.push(`${jwks.keys.length - MOST_KIDS} more`);
      const actual =
        error instanceof errors.JWKSMultipleMatchingKeys
          ? `several keys fit and the token names none (key set: ${kids.join(', ')})`
          : `no key for it in the key set (${kids.length === 0 ? 'it is empty' : kids.join(', ')})`;
      return { name, verdict: 'fail', expected, actual, code: 'id_token_key_not_found' };
    }
    const wrong = error instanceof errors.JWSSignatureVerificationFailed;
    const actual = wrong ? 'not valid' : 'not verifiable: token header and key do not fit each other';
    return { name, verdict: 'fail', expected, actual, code: 'id_token_signature_invalid' };
  }
}

/** `iss`, to the letter (OIDC Core §3.1.3.7 no. 2). */
export function checkIssuer(claims: JWTPayload, issuer: string): IdTokenCheck {
  // Microsoft's common endpoints announce a placeholder; openid-client fills it with the token's own tenant.
  const microsoft = issuer.startsWith('https://login.microsoftonline.com/');
  const tenant = microsoft && typeof claims.tid === 'string' ? claims.tid : undefined;
  const expected = tenant === undefined ? issuer : issuer.replace('{tenantid}', tenant);
  const actual = valueText(claims.iss);
  return actual === expected
    ? { name: 'iss', verdict: 'pass', expected, actual }
    : {
        name: 'iss',
        verdict: 'fail',
        expected,
        actual,
        code: claims.iss === undefined ? 'id_token_claim_missing' : 'id_token_issuer_mismatch',
      };
}

/** `aud`: a text, or a list that holds the client id (OIDC Core §3.1.3.7 no. 3). */
export function checkAudience(claims: JWTPayload, clientId: string): IdTokenCheck {
  const actual = valueText(claims.aud);
  const found = Array.isArray(claims.aud) ? claims.aud.includes(clientId) : claims.aud === clientId;
  if (found) return { name: 'aud', verdict: 'pass', expected: clientId, actual };
  const code = claims.aud === undefined ? 'id_token_claim_missing' : 'id_token_audience_mismatch';
  return { name: 'aud', verdict: 'fail', expected: clientId, actual, code };
}

/** `azp` (OIDC Core §3.1.3.7 nos. 4 and 5). */
export function checkAuthorizedParty(claims: JWTPayload, clientId: string): IdTokenCheck {
  const several = Array.isArray(claims.aud) && claims.aud.length !== 1;
  const actual = valueText(claims.azp);
  const expected = several ? clientId : `${clientId}, or absent`;
  if (claims.azp === clientId) return { name: 'azp', verdict: 'pass', expected, actual };
  if (claims.azp === undefined && !several) return { name: 'azp', verdict: 'skip', expected, actual };
  // With several audiences openid-client refuses, and so do we; with one, errata set 2 leaves azp optional.
  return {
    name: 'azp',
    verdict: several ? 'fail' : 'warn',
    expected,
    actual,
    code: 'id_token_authorized_party_mismatch',
  };
}

/** What a check of times needs to know. */
type Moment = Pick<IdTokenExpectations, 'now' | 'tolerance'>;

/** `exp` (OIDC Core §3.1.3.7 no. 9). */
export function checkExpiry(claims: JWTPayload, { now, tolerance }: Moment): IdTokenCheck {
  const expected = `after ${time(now)}${tolerance > 0 ? ` (less ${tolerance} s)` : ''}`;
  const actual = time(claims.exp);
  if (typeof claims.exp !== 'number') {
    return { name: 'exp', verdict: 'fail', expected, actual, code: 'id_token_claim_missing' };
  }
  return claims.exp > now - tolerance
    ? { name: 'exp', verdict: 'pass', expected, actual }
    : {
        name: 'exp',
        verdict: 'fail',
        expected,
        ...apart(claims.exp, now),
        code: 'id_token_expired',
      };
}

/** `iat`: not in the future, and not long ago (OIDC Core §3.1.3.7 no. 10). */
export function checkIssuedAt(claims: JWTPayload, { now, tolerance }: Moment): IdTokenCheck {
  const expected = `${time(now)}, at most ${tolerance} s later`;
  const actual = time(claims.iat);
  if (typeof claims.iat !== 'number') {
    return { name: 'iat', verdict: 'fail', expected, actual, code: 'id_token_claim_missing' };
  }
  if (claims.iat > now + tolerance) {
    return { name: 'iat', verdict: 'fail', expected, ...apart(claims.iat, now), code: 'id_token_issued_in_future' };
  }
  if (claims.iat < now - OLD_IAT_SECONDS - tolerance) {
    return { name: 'iat', verdict: 'warn', expected, ...apart(claims.iat, now), code: 'id_token_too_old' };
  }
  return { name: 'iat', verdict: 'pass', expected, actual };
}

/** `nbf` (RFC 7519 §4.1.5). */
export function checkNotBefore(claims: JWTPayload, { now, tolerance }: Moment): IdTokenCheck {
  const expected = `absent, or at most ${tolerance} s after ${time(now)}`;
  const actual = time(claims.nbf);
  if (claims.nbf === undefined) return { name: 'nbf', verdict: 'skip', expected, actual };
  return typeof claims.nbf === 'number' && claims.nbf <= now + tolerance
    ? { name: 'nbf', verdict: 'pass', expected, actual }
    : {
        name: 'nbf',
        verdict: 'fail',
        expected,
        ...apart(claims.nbf, now),
        code: 'id_token_not_yet_valid',
      };
}

/** `nonce` (OIDC Core §3.1.3.7 no. 11). */
export function checkNonce(claims: JWTPayload, nonce: string | undefined): IdTokenCheck {
  // The value itself is not shown: it belongs to this run's secrets.
  if (nonce === undefined) {
    return {
      name: 'nonce',
      verdict: 'skip',
      expected: 'none was sent',
      actual: claims.nonce === undefined ? 'absent' : 'present',
    };
  }
  const expected = 'the one sent with the authorization request';
  if (claims.nonce === undefined) {
    return { name: 'nonce', verdict: 'fail', expected, actual: 'absent', code: 'id_token_nonce_mismatch' };
  }
  if (typeof claims.nonce === 'string' && equal(claims.nonce, nonce)) {
    return { name: 'nonce', verdict: 'pass', expected, actual: 'the same' };
  }
  const actual = claims.nonce === '' ? 'empty' : 'another value';
  return { name: 'nonce', verdict: 'fail', expected, actual, code: 'id_token_nonce_mismatch' };
}

/** `sub` (OIDC Core §2). */
export function checkSubject(claims: JWTPayload): IdTokenCheck {
  // OIDC Core §2: at most 255 ASCII characters. Length is refused; other letters occur in practice and hurt nobody.
  const expected = 'a text of at most 255 characters';
  const actual = typeof claims.sub === 'number' ? `the number ${claims.sub}` : valueText(claims.sub);
  if (typeof claims.sub !== 'string' || claims.sub === '') {
    return { name: 'sub', verdict: 'fail', expected, actual, code: 'id_token_subject_invalid' };
  }
  if (claims.sub.length > 255) {
    const long = `${claims.sub.length} characters`;
    return { name: 'sub', verdict: 'fail', expected, actual: long, code: 'id_token_subject_invalid' };
  }
  return { name: 'sub', verdict: 'pass', expected, actual };
}

/** `at_hash` and `c_hash`: the left half of the hash that the token's own algorithm uses (OIDC Core §3.1.3.6). */
export function checkHash(
  name: 'at_hash' | 'c_hash',
  claim: unknown,
  value: string | undefined,
  alg: string | undefined,
  code: ErrorCode,
): IdTokenCheck {
  const expected = `absent, or the hash of the ${name === 'at_hash' ? 'access token' : 'code'}`;
  if (claim === undefined || value === undefined) return { name, verdict: 'skip', expected, actual: valueText(claim) };
  const algorithm = hashOf(alg);
  if (!algorithm) return { name, verdict: 'warn', expected, actual: `no hash is defined for ${valueText(alg)}`, code };
  const digest = createHash(algorithm).update(value).digest();
  const half = digest.subarray(0, digest.length / 2).toString('base64url');
  return typeof claim === 'string' && equal(claim, half)
    ? { name, verdict: 'pass', expected, actual: 'matches' }
    : { name, verdict: 'fail', expected, actual: 'does not match', code };
}

function hashOf(alg: string | undefined): string | undefined {
  if (alg === 'EdDSA' || alg === 'Ed25519') return 'sha512';
  const bits = /(256|384|512)$/.exec(alg ?? '')?.[1];
  return bits && `sha${bits}`;
}

/** `auth_time` against `max_age` (OIDC Core §3.1.3.7 no. 13). */
export function checkAuthTime(
  claims: JWTPayload,
  { maxAge, now, tolerance }: Moment & Pick<IdTokenExpectations, 'maxAge'>,
): IdTokenCheck {
  const actual = time(claims.auth_time);
  const code = 'id_token_auth_time_invalid';
  if (maxAge === undefined) {
    const expected = 'not asked for';
    return claims.auth_time === undefined || (typeof claims.auth_time === 'number' && claims.auth_time >= 0)
      ? { name: 'auth_time', verdict: 'skip', expected, actual }
      : { name: 'auth_time', verdict: 'fail', expected: 'a time', actual, code };
  }
  const expected = `at most ${maxAge} s before ${time(now)}`;
  return typeof claims.auth_time === 'number' && claims.auth_time + maxAge >= now - tolerance
    ? { name: 'auth_time', verdict: 'pass', expected, actual }
    : { name: 'auth_time', verdict: 'fail', expected, ...apart(claims.auth_time, now), code };
}

/** A time as shown, and how far it is from now: in words for people, in seconds for programs. */
function apart(value: unknown, now: number): Pick<Check, 'actual' | 'secondsAway'> {
  if (typeof value !== 'number') return { actual: time(value) };
  return { actual: `${time(value)}, ${inWords(value, now)}`, secondsAway: value - now };
}

/** `acr` against `acr_values` (OIDC Core §3.1.3.7 no. 12). */
export function checkAcr(claims: JWTPayload, acrValues: string | undefined): IdTokenCheck {
  const actual = valueText(claims.acr);
  const asked = acrValues?.split(' ').filter(Boolean) ?? [];
  if (asked.length === 0) return { name: 'acr', verdict: 'skip', expected: 'not asked for', actual };
  const expected = oneOf(asked);
  // acr_values is a voluntary request (OIDC Core §3.1.2.1), so another answer is no violation.
  return typeof claims.acr === 'string' && asked.includes(claims.acr)
    ? { name: 'acr', verdict: 'pass', expected, actual }
    : { name: 'acr', verdict: 'warn', expected, actual, code: 'id_token_acr_mismatch' };
}

/** The two clocks, as far as the answer's Date header tells. */
export function checkClockSkew({
  clockSkew,
  tolerance,
}: Pick<IdTokenExpectations, 'clockSkew' | 'tolerance'>): IdTokenCheck {
  const expected = `at most ${tolerance} s`;
  if (clockSkew === undefined) {
    return { name: 'clock skew', verdict: 'skip', expected, actual: 'unknown: the answer has no Date header' };
  }
  // A fact to read the time checks by, not a fault of the token: those checks refuse on their own.
  const direction = clockSkew > 0 ? "the provider's clock is ahead" : "the provider's clock is behind";
  const actual = clockSkew === 0 ? '0 s' : `${Math.abs(clockSkew)} s, ${direction}`;
  return Math.abs(clockSkew) <= tolerance
    ? { name: 'clock skew', verdict: 'pass', expected, actual }
    : { name: 'clock skew', verdict: 'warn', expected, actual, code: 'clock_skew' };
}

/** A refreshed ID token must be about the same person, from and for the same parties (OIDC Core §12.2). */
export function checkSameIdentity(claims: JWTPayload, previous: Readonly<Record<string, unknown>>): IdTokenCheck[] {
  return (['iss', 'sub', 'aud'] as const).map((claim) => {
    const expected = valueText(previous[claim]);
    const actual = valueText(claims[claim]);
    const name = `same ${claim}` as const;
    const same = claim === 'aud' ? sameAudience(claims.aud, previous.aud) : expected === actual;
    return same
      ? { name, verdict: 'pass', expected, actual }
      : { name, verdict: 'fail', expected, actual, code: 'refreshed_identity_changed' };
  });
}

function sameAudience(left: unknown, right: unknown): boolean {
  const list = (value: unknown) => JSON.stringify((Array.isArray(value) ? [...value] : [value]).sort());
  return list(left) === list(right);
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
