import type { JSONWebKeySet, JWTPayload, ProtectedHeaderParameters } from 'jose';
import type { Check } from '../check.js';
import { MAX_JSON_DEPTH } from '../json.js';
import { valueText } from '../protocol/json-values.js';
import { isJwtNestedTooDeep } from '../protocol/token-kinds.js';
import {
  checkAcr,
  checkAlgorithm,
  checkAudience,
  checkAuthorizedParty,
  checkAuthTime,
  checkClockSkew,
  checkExpiry,
  checkHash,
  checkIssuedAt,
  checkIssuer,
  checkNonce,
  checkNotBefore,
  checkSameIdentity,
  checkSignature,
  checkSubject,
} from './id-token-checks.js';

/** The checks of the report, in its order. */
export type CheckName =
  | 'format'
  | 'alg'
  | 'signature'
  | 'iss'
  | 'aud'
  | 'azp'
  | 'exp'
  | 'iat'
  | 'nbf'
  | 'nonce'
  | 'sub'
  | 'at_hash'
  | 'c_hash'
  | 'auth_time'
  | 'acr'
  | 'clock skew'
  | 'userinfo sub'
  | 'same iss'
  | 'same sub'
  | 'same aud';

/** One row of the report. */
export interface IdTokenCheck extends Check {
  readonly name: CheckName;
}

/** All that one reading of an ID token found. */
export interface IdTokenReport {
  readonly checks: readonly IdTokenCheck[];
  /** The decoded claims; empty when the token could not be decoded. Trustworthy only when no check failed. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
}

/** What an ID token is held against. Times are seconds. */
export interface IdTokenExpectations {
  readonly issuer: string;
  readonly clientId: string;
  /** `id_token_signing_alg_values_supported` of the provider. */
  readonly algorithms: readonly string[] | undefined;
  /** Absent when the key set could not be had: the signature check then fails. */
  readonly jwks: JSONWebKeySet | undefined;
  /** Absent where none was sent in this exchange (a refresh). */
  readonly nonce?: string | undefined;
  readonly accessToken?: string | undefined;
  /** The authorization code, where this exchange spent one. */
  readonly code?: string | undefined;
  readonly maxAge?: number | undefined;
  /** Space-separated, as asked for. */
  readonly acrValues?: string | undefined;
  /** Seconds since the epoch, by our clock. */
  readonly now: number;
  readonly tolerance: number;
  /** The provider's clock minus ours, from the `Date` header of its answer. */
  readonly clockSkew?: number | undefined;
  /** The claims of the token this one replaces (OIDC Core §12.2). */
  readonly previous?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads an ID token on its own, beside openid-client, and reports every check
 * by name with expected and actual (OIDC Core §3.1.3.7, §3.1.3.8 and §12.2).
 * Never throws on a bad token: what is wrong with it is in the report.
 */
export async function reportIdToken(idToken: string, expected: IdTokenExpectations): Promise<IdTokenReport> {
  // By its parts: the whole of jose is 46 files, and a sign-in needs a few of them.
  const [{ decodeProtectedHeader }, { decodeJwt }] = await Promise.all([
    import('jose/decode/protected_header'),
    import('jose/jwt/decode'),
  ]);
  let header: ProtectedHeaderParameters;
  let claims: JWTPayload;
  if (isJwtNestedTooDeep(idToken)) {
    const [expected, actual] = [`at most ${MAX_JSON_DEPTH} levels of nesting`, 'more'];
    return unreadable({ name: 'format', verdict: 'fail', expected, actual, code: 'id_token_malformed' });
  }
  try {
    header = decodeProtectedHeader(idToken);
    if (idToken.split('.').length === 5) {
      const actual = `an encrypted token (${valueText(header.alg)})`;
      return unreadable(
        { name: 'format', verdict: 'fail', expected: 'a signed JWT', actual, code: 'id_token_encrypted' },
        header,
      );
    }
    claims = decodeJwt(idToken);
  } catch {
    return unreadable({
      name: 'format',
      verdict: 'fail',
      expected: 'a signed JWT: three base64url parts, JSON within',
      actual: undecodable(idToken),
      code: 'id_token_malformed',
    });
  }

  const checks: IdTokenCheck[] = [
    checkAlgorithm(header, expected.algorithms),
    await checkSignature(idToken, header, expected.jwks),
    checkIssuer(claims, expected.issuer),
    checkAudience(claims, expected.clientId),
    checkAuthorizedParty(claims, expected.clientId),
    checkExpiry(claims, expected),
    checkIssuedAt(claims, expected),
    checkNotBefore(claims, expected),
    checkNonce(claims, expected.nonce),
    checkSubject(claims),
    checkHash('at_hash', claims.at_hash, expected.accessToken, header.alg, 'id_token_at_hash_mismatch'),
    // Of the hybrid flow; in the code flow it is seldom there, and then not worth a line.
    ...(claims.c_hash === undefined
      ? []
      : [checkHash('c_hash', claims.c_hash, expected.code, header.alg, 'id_token_c_hash_mismatch')]),
    checkAuthTime(claims, expected),
    checkAcr(claims, expected.acrValues),
    checkClockSkew(expected),
  ];
  if (expected.previous) checks.push(...checkSameIdentity(claims, expected.previous));
  return { checks, claims, header: { ...header } };
}

/** Adds what was learned after the token was read, such as userinfo's `sub` (OIDC Core §5.3.2). */
export function withCheck(report: IdTokenReport, check: IdTokenCheck): IdTokenReport {
  return { ...report, checks: [...report.checks, check] };
}

/** The first check that refuses the token: a `fail`, or with `strict` a `warn`. */
export function firstRefusal(report: IdTokenReport, strict: boolean): IdTokenCheck | undefined {
  return (
    report.checks.find((check) => check.verdict === 'fail') ??
    (strict ? report.checks.find((check) => check.verdict === 'warn') : undefined)
  );
}

function unreadable(check: IdTokenCheck, header: ProtectedHeaderParameters = {}): IdTokenReport {
  return { checks: [check], claims: {}, header: { ...header } };
}

/** Says what was found in place of a JWT without showing any of it. */
function undecodable(text: string): string {
  if (text === '') return 'an empty text';
  const parts = text.split('.').length;
  return parts === 1 ? 'one part that does not decode' : `${parts} parts that do not decode`;
}
