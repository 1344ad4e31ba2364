import type { JSONWebKeySet } from 'jose';
import type { Check } from '../check.js';
import { type DecodedToken, LOGOUT_EVENT } from '../oidc/decode-token.js';
import { valueText } from '../oidc/json-values.js';
import { isPublicKeySignature } from '../oidc/signature-algorithms.js';
import { checkRule, type IdTokenFacts } from './id-token-rules.js';
import { verifySignature } from './signature.js';

/** The values that a token is compared with. An absent one is not known, and its checks are skipped. */
export interface TokenExpectations {
  readonly issuer?: string;
  readonly clientId?: string;
  /** The provider's keys; absent without a provider. */
  readonly jwks?: JSONWebKeySet;
  /** `id_token_signing_alg_values_supported`. */
  readonly algorithms?: readonly string[];
  /** The access token that came with this ID token. */
  readonly accessToken?: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds. */
  readonly tolerance: number;
  /** The provider's clock minus ours in seconds; absent without a provider. */
  readonly clockSkew?: number;
}

/** Signatures that verify with the client secret (RFC 7518 §3.1). */
const SHARED_SECRET = /^HS(256|384|512)$/;

/** Times above this, in seconds, are in the year 5138, or in milliseconds. */
const MILLISECONDS = 100_000_000_000;

/** The tokens that the standards define as JWTs; others may be opaque. */
export const MUST_BE_JWT: readonly DecodedToken['kind'][] = [
  'ID token',
  'logout token',
  'authorization response',
  'client assertion',
];

const TIMES = ['exp', 'nbf', 'iat', 'auth_time'] as const;

/**
 * Every check that applies to a token of its kind, in the order of the ID-token
 * report: OIDC Core §3.1.3.7 for ID tokens, RFC 9068 §4 for access tokens,
 * OIDC Back-Channel Logout §2.6 for logout tokens, RFC 7519 for any other JWT.
 * Never throws.
 */
export async function checkToken(token: DecodedToken, expected: TokenExpectations): Promise<Check[]> {
  const format: Check[] = token.faults.map((fault) => ({
    name: 'format',
    verdict: 'fail',
    expected: 'a token as the standards write it',
    actual: fault,
  }));
  if (token.form === 'opaque' && MUST_BE_JWT.includes(token.kind)) {
    return [{ name: 'format', verdict: 'fail', expected: 'a signed JWT', actual: 'no JWT' }];
  }
  if (token.form !== 'signed' && token.form !== 'unsigned') return format;
  const { claims } = token;
  const first = [...format, ...checkHeader(token), ...(await checkSigner(token, expected))];
  // No claim was read, so each would be reported as absent.
  if (token.nested || (token.faults.length > 0 && Object.keys(claims).length === 0)) return first;
  const checks = [...first, ...kindChecks(token, expected), ...checkUnits(claims), ...checkClocks(token, expected)];
  return token.kind === 'ID token' ? checks : checks.map(withoutCode);
}

/** The codes are about ID tokens, and would be wrong for a different token. */
function withoutCode({ code, ...check }: Check): Check {
  return code === undefined || code.startsWith('id_token_') ? check : { ...check, code };
}

/** Refuses a header with unknown extensions, and warns of one that brings or names its own key. */
function checkHeader({ header, kind }: DecodedToken): Check[] {
  const checks: Check[] = [];
  if (header.crit !== undefined) {
    const names = Array.isArray(header.crit) ? header.crit.map(String) : ['(no list)'];
    const known = names.length > 0 && names.every((name) => name === 'b64');
    checks.push({
      name: 'crit',
      verdict: known ? 'pass' : 'fail',
      expected: 'absent, or extensions that are known (RFC 7515 §4.1.11)',
      actual: names.join(', ') || 'an empty list',
    });
  }
  const brought = ['jwk', 'jku', 'x5c', 'x5u'].filter((name) => header[name] !== undefined);
  if (brought.length > 0 && kind !== 'DPoP proof') {
    checks.push({
      name: 'key in header',
      verdict: 'warn',
      expected: "absent: only the provider's key set may say which key is good",
      actual: `it brings or names its own key (${brought.join(', ')})`,
    });
  }
  return checks;
}

/** Tokens that the client or the browser signs, not the provider. */
const CLIENT_SIGNED_KINDS: readonly DecodedToken['kind'][] = ['client assertion', 'request object', 'DPoP proof'];

async function checkSigner(token: DecodedToken, expected: TokenExpectations): Promise<Check[]> {
  const { header } = token;
  const alg = typeof header.alg === 'string' ? header.alg : undefined;
  const isProviderSigned = !CLIENT_SIGNED_KINDS.includes(token.kind);
  const metadata = expected.algorithms ?? (expected.jwks && ['RS256']);
  const algorithm: Check =
    isProviderSigned && token.kind === 'ID token' && metadata && alg !== undefined && alg !== 'none'
      ? checkRule('alg', factsOf(token, { ...expected, algorithms: metadata }))
      : checkAlgorithmAlone(alg);
  if (!isProviderSigned) {
    const actual = 'not verified: the client signs this, with a key of its own';
    return [algorithm, { name: 'signature', verdict: 'skip', expected: 'valid', actual }];
  }
  if (expected.jwks === undefined || token.compact === undefined || header.b64 === false) {
    const actual = `not verified: ${expected.jwks === undefined ? 'no provider was asked for its keys' : 'its payload is not encoded'}`;
    return [algorithm, { name: 'signature', verdict: 'skip', expected: 'valid', actual }];
  }
  const signature = await verifySignature(token.compact, header, expected.jwks);
  return [algorithm, checkRule('signature', { ...factsOf(token, expected), signature })];
}

/** A token as the rules read it. A rule is checked only where its expectations are known. */
function factsOf({ header, claims }: DecodedToken, expected: TokenExpectations): IdTokenFacts {
  const { issuer = '', clientId = '', algorithms, jwks } = expected;
  const unverified = { actual: 'not verified' };
  return { ...expected, issuer, clientId, algorithms, jwks, header, claims, signature: unverified };
}

function checkAlgorithmAlone(alg: unknown): Check {
  const name = 'alg';
  const expected = 'one that verifies with a public key, such as RS256 or ES256';
  if (typeof alg !== 'string') return { name, verdict: 'fail', expected, actual: valueText(alg) };
  if (/^none$/i.test(alg)) {
    return { name, verdict: 'fail', expected, actual: `${alg}: it is not signed, and anybody could have written it` };
  }
  if (SHARED_SECRET.test(alg)) {
    const actual = `${alg}: it verifies with the client secret alone, and whoever knows that can write one`;
    return { name, verdict: 'warn', expected, actual };
  }
  return isPublicKeySignature(alg)
    ? { name, verdict: 'pass', expected, actual: alg }
    : { name, verdict: 'fail', expected, actual: `${alg}: an algorithm that is not known here` };
}

function kindChecks(token: DecodedToken, expected: TokenExpectations): Check[] {
  switch (token.kind) {
    case 'ID token':
      return idTokenChecks(token, expected);
    case 'access token':
      return accessTokenChecks(token, expected);
    case 'logout token':
      return logoutTokenChecks(token, expected);
    case 'authorization response':
      return [
        issuerCheck(token, expected, true),
        audienceCheck(token, expected, true),
        ...lifetimeChecks(token, expected, { exp: true, iat: false }),
      ];
    default:
      return [
        ...(CLIENT_SIGNED_KINDS.includes(token.kind) ? [] : [issuerCheck(token, expected, false)]),
        ...lifetimeChecks(token, expected, { exp: false, iat: false }),
      ];
  }
}

/** The rules of OIDC Core §3.1.3.7 that can be checked afterwards. */
function idTokenChecks(token: DecodedToken, expected: TokenExpectations): Check[] {
  const { claims } = token;
  const facts = factsOf(token, expected);
  return [
    issuerCheck(token, expected, true),
    audienceCheck(token, expected, true),
    ...(expected.clientId === undefined ? [] : [checkRule('azp', facts)]),
    ...lifetimeChecks(token, expected, { exp: true, iat: true }),
    {
      name: 'nonce',
      verdict: 'skip',
      expected: 'the one sent with the authorization request',
      actual: claims.nonce === undefined ? 'absent' : 'present, and what was sent is not known here',
    },
    checkRule('sub', facts),
    checkRule('at_hash', facts),
    checkRule('auth_time', facts),
  ];
}

/** RFC 9068 §2.2 and §4. For an access token that does not claim to follow it, only its present claims are compared. */
function accessTokenChecks(token: DecodedToken, expected: TokenExpectations): Check[] {
  const { claims, header } = token;
  const strict = /^(application\/)?at\+jwt$/i.test(valueText(header.typ));
  const typ: Check = {
    name: 'typ',
    verdict: strict ? 'pass' : 'warn',
    expected: 'at+jwt (RFC 9068 §2.1), so that nobody takes it for an ID token',
    actual: valueText(header.typ),
  };
  const checks: Check[] = [
    typ,
    issuerCheck(token, expected, strict),
    presenceCheck(claims, 'aud', 'the API that it is for', strict),
    ...lifetimeChecks(token, expected, { exp: strict, iat: strict }),
    presenceCheck(claims, 'sub', 'whom it speaks for', strict),
    presenceCheck(claims, 'jti', 'an id of its own', strict),
  ];
  const holder = claims.client_id ?? claims.cid ?? claims.azp;
  if (holder === undefined || expected.clientId === undefined) {
    checks.push(presenceCheck({ ...claims, client_id: holder }, 'client_id', 'the client it was issued to', strict));
  } else {
    const same = holder === expected.clientId;
    checks.push({
      name: 'client_id',
      verdict: same ? 'pass' : 'warn',
      expected: expected.clientId,
      actual: valueText(holder),
    });
  }
  return checks;
}

/** OIDC Back-Channel Logout §2.4 and §2.6. */
function logoutTokenChecks(token: DecodedToken, expected: TokenExpectations): Check[] {
  const { claims, header } = token;
  const { events } = claims;
  const named = typeof events === 'object' && events !== null && Object.hasOwn(events, LOGOUT_EVENT);
  const typed = /^(application\/)?logout\+jwt$/i.test(valueText(header.typ));
  const whom = ['sub', 'sid'].filter((name) => claims[name] !== undefined);
  return [
    {
      name: 'typ',
      verdict: typed ? 'pass' : 'warn',
      expected: 'logout+jwt',
      actual: valueText(header.typ),
    },
    issuerCheck(token, expected, true),
    audienceCheck(token, expected, true),
    ...lifetimeChecks(token, expected, { exp: true, iat: true }),
    presenceCheck(claims, 'jti', 'an id of its own, so that it is used once', true),
    {
      name: 'events',
      verdict: named ? 'pass' : 'fail',
      expected: `an object with ${LOGOUT_EVENT}`,
      actual: named ? 'a sign-out' : 'none such',
    },
    {
      name: 'sub or sid',
      verdict: whom.length > 0 ? 'pass' : 'fail',
      expected: 'sub, sid or both',
      actual: whom.join(' and ') || 'neither',
    },
    {
      name: 'nonce',
      verdict: claims.nonce === undefined ? 'pass' : 'fail',
      expected: 'absent, so that it cannot pass for an ID token',
      actual: claims.nonce === undefined ? 'absent' : 'present',
    },
  ];
}

function issuerCheck(token: DecodedToken, expected: TokenExpectations, required: boolean): Check {
  const { claims } = token;
  return expected.issuer === undefined || (claims.iss === undefined && !required)
    ? presenceCheck(claims, 'iss', 'the issuer', required, 'no issuer is named')
    : checkRule('iss', factsOf(token, expected));
}

function audienceCheck(token: DecodedToken, expected: TokenExpectations, required: boolean): Check {
  return expected.clientId === undefined
    ? presenceCheck(token.claims, 'aud', 'the client id', required, 'no client id is named')
    : checkRule('aud', factsOf(token, expected));
}

/** Checks only that a claim is there; `unknown` is the reason why its value is not compared. */
function presenceCheck(
  claims: DecodedToken['claims'],
  name: string,
  expected: string,
  required: boolean,
  unknown?: string,
): Check {
  const value = claims[name];
  if (value === undefined) return { name, verdict: required ? 'fail' : 'skip', expected, actual: 'absent' };
  const actual = typeof value === 'string' ? value : JSON.stringify(value);
  return unknown === undefined
    ? { name, verdict: 'pass', expected, actual }
    : { name, verdict: 'skip', expected, actual: `${actual} (not compared: ${unknown})` };
}

/** Expiry, not-before and issue. A token that is inspected later may be old. */
function lifetimeChecks(
  token: DecodedToken,
  expected: TokenExpectations,
  required: { readonly exp: boolean; readonly iat: boolean },
): Check[] {
  const { claims } = token;
  const facts = factsOf(token, expected);
  const issued: Check = checkRule('iat', facts);
  const old = issued.code === 'id_token_too_old';
  return [
    required.exp || claims.exp !== undefined
      ? checkRule('exp', facts)
      : { name: 'exp', verdict: 'warn', expected: 'a time', actual: 'absent: it never expires by itself' },
    required.iat || claims.iat !== undefined
      ? old
        ? { name: 'iat', verdict: 'pass', expected: issued.expected, actual: issued.actual }
        : issued
      : { name: 'iat', verdict: 'skip', expected: 'a time', actual: 'absent' },
    checkRule('nbf', facts),
  ];
}

/** The two clocks, if a provider was asked: they explain the checks of times. */
function checkClocks(token: DecodedToken, expected: TokenExpectations): Check[] {
  return expected.clockSkew === undefined ? [] : [checkRule('clock skew', factsOf(token, expected))];
}

/** JWT times are seconds (RFC 7519 §2); in milliseconds they are fifty thousand years away, and pass. */
function checkUnits(claims: DecodedToken['claims']): Check[] {
  const late = TIMES.filter((name) => Number(claims[name]) > MILLISECONDS);
  if (late.length === 0) return [];
  const actual = `${late.join(', ')} in milliseconds, by the looks of it`;
  return [{ name: 'units', verdict: 'warn', expected: 'times in seconds (RFC 7519 §2)', actual }];
}
