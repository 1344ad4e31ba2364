import type { Check } from '../../check.js';
import { parseJson } from '../../json.js';
import { objectMembers, valueText } from '../../oidc/json-values.js';
import type { Expectations } from '../plan.js';
import type { SignedIn } from '../signed-in.js';
import { displayValue, expectationResult, joinWords, skippedResult } from './outcome.js';

/** Checks the ID token's algorithm and lifetime. */
export function checkIdToken(expected: NonNullable<Expectations['idToken']>, signedIn: SignedIn): Check[] {
  const { idToken } = signedIn;
  const results: Check[] = [];
  if (expected.alg !== undefined) {
    const wanted = [expected.alg].flat();
    const words = joinWords(wanted, 'or');
    const actual = idToken?.header.alg;
    results.push(
      idToken
        ? expectationResult(
            typeof actual === 'string' && wanted.includes(actual),
            'idToken.alg',
            words,
            valueText(actual),
          )
        : skippedResult('idToken.alg', words, 'there is no ID token'),
    );
  }
  if (expected.lifetime !== undefined) {
    const { exp, iat } = idToken?.claims ?? {};
    const life = typeof exp === 'number' && typeof iat === 'number' ? exp - iat : undefined;
    results.push(checkLifetime('idToken.lifetime', expected.lifetime, life, 'the ID token has no iat or exp'));
  }
  return results;
}

/** Checks that these scopes were granted. */
export function checkScopes(expected: readonly string[], { scopes }: SignedIn): Check {
  const missing = expected.filter((scope) => !scopes?.includes(scope));
  const actual =
    scopes === undefined
      ? 'the provider does not say, and it is not known what was asked'
      : `${joinWords(scopes, 'and')}${missing.length > 0 ? `; missing: ${missing.join(', ')}` : ''}`;
  return expectationResult(missing.length === 0, 'scopes', joinWords(expected, 'and'), actual);
}

/** Checks the access token's form. The claims of a JWT are read but not verified, which is the API's task. */
export function checkAccessToken(expected: NonNullable<Expectations['accessToken']>, signedIn: SignedIn): Check[] {
  const { accessToken } = signedIn;
  const results: Check[] = [];
  const claims = accessToken === undefined ? undefined : decodeClaims(accessToken);
  const found = accessToken === undefined ? 'there is none' : claims ? 'jwt' : 'opaque';
  if (expected.format !== undefined) {
    results.push(expectationResult(found === expected.format, 'accessToken.format', expected.format, found));
  }
  if (expected.audience !== undefined) {
    const wanted = [expected.audience].flat();
    const audience = [claims?.aud].flat();
    const holds = wanted.every((one) => audience.includes(one));
    const actual = claims ? displayValue(claims.aud) : `the access token is ${found}, and names no audience`;
    results.push(expectationResult(holds, 'accessToken.audience', joinWords(wanted, 'and'), actual));
  }
  if (expected.lifetime !== undefined) {
    const why = 'the provider does not say (expires_in)';
    results.push(checkLifetime('accessToken.lifetime', expected.lifetime, signedIn.accessTokenLife, why));
  }
  return results;
}

function checkLifetime(
  name: string,
  { atLeast, atMost }: { atLeast?: number; atMost?: number },
  life: number | undefined,
  unknown: string,
): Check {
  const words = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast} s`]),
    ...(atMost === undefined ? [] : [`at most ${atMost} s`]),
  ];
  const holds = life !== undefined && life >= (atLeast ?? 0) && life <= (atMost ?? Number.POSITIVE_INFINITY);
  return expectationResult(
    holds,
    name,
    words.length > 0 ? joinWords(words, 'and') : 'known',
    life === undefined ? unknown : `${life} s`,
  );
}

/** The claims of a JWT (RFC 7519), or undefined for any other token. */
function decodeClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const [header, claims] = parts.slice(0, 2).map((part) => parseJson(Buffer.from(part, 'base64url').toString()));
    return typeof objectMembers(header).alg === 'string' ? objectMembers(claims) : undefined;
  } catch {
    return undefined;
  }
}
