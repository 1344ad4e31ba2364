import type { JSONWebKeySet, JWK } from 'jose';

/** The signatures with a public key that jose verifies on every Node this tool runs on (RFC 7518 §3.1, RFC 8037, RFC 9864). */
export const PUBLIC_KEY_SIGNATURES: readonly string[] =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** A public key in a few words: `RSA RS256`, `P-256 ES256`, `RSA RSA-OAEP for enc`. */
export function describeKey({ kty, crv, alg, use }: JWK): string {
  return [crv ?? kty, alg, use === undefined || use === 'sig' ? undefined : `for ${use}`].filter(Boolean).join(' ');
}

/** Whether a key may be meant for signatures (RFC 7517 §4.2). */
export function isForSignatures({ use }: JWK): boolean {
  return use === undefined || use === 'sig';
}

/** Keys for signatures that an ID token cannot tell apart: of one kind, with the same kid or both without one. */
export function indistinguishableKeys(keys: readonly JWK[]): JWK[] {
  const signing = keys.filter(isForSignatures);
  const kind = ({ kty, crv, alg }: JWK) => `${kty} ${crv ?? ''} ${alg ?? ''}`;
  const alike = (one: JWK, other: JWK) => one !== other && kind(one) === kind(other) && one.kid === other.kid;
  return signing.filter((key) => signing.some((other) => alike(key, other)));
}

/** Of these algorithms, those for which the set has a key that can be used: jose decides. */
export async function servedAlgorithms(set: JSONWebKeySet, algorithms: readonly string[]): Promise<string[]> {
  const { createLocalJWKSet } = await import('jose/jwks/local');
  const served: string[] = [];
  for (const alg of algorithms) {
    for (const { kid } of set.keys) {
      const usable = await createLocalJWKSet(set)({ alg, ...(kid === undefined ? {} : { kid }) }).then(
        (key) => !isShortRsa(key),
        // Several keys that fit and cannot be told apart are a finding of their own.
        (error: { code?: unknown }) => error.code === 'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
      );
      if (usable && !served.includes(alg)) served.push(alg);
    }
  }
  return served;
}

/** RFC 7518 §3.3: jose refuses to verify with less than 2048 bits. */
function isShortRsa(key: { readonly algorithm?: unknown }): boolean {
  const { modulusLength } = (key.algorithm ?? {}) as { modulusLength?: number };
  return modulusLength !== undefined && modulusLength < 2048;
}
