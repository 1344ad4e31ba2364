import type { JSONWebKeySet, JWK } from 'jose';
import { truncatedJson } from '../safe-text.js';

/** Keys that a key set may have; those of providers have fewer than 50. */
export const MAX_KEYS = 1_000;

/** A public key in a few words: `RSA RS256`, `P-256 ES256`, `RSA RSA-OAEP for enc`. */
export function describeKey(key: JWK): string {
  const [kty, crv, alg, use] = [key.kty, key.crv, key.alg, key.use].map(memberText);
  const described = [crv ?? kty, alg, use === undefined || use === 'sig' ? undefined : `for ${use}`].filter(Boolean);
  return described.join(' ') || 'a key without a type';
}

/** The `kid` of a key, for people. */
export function keyIdText({ kid }: JWK): string {
  return memberText(kid) ?? '(no kid)';
}

/** RFC 7517 §4: a text. Any other value of a provider is shown as JSON. */
function memberText(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : truncatedJson(value, 40);
}

/** Whether a key may be meant for signatures (RFC 7517 §4.2). */
export function isForSignatures({ use }: JWK): boolean {
  return use === undefined || use === 'sig';
}

/** Keys for signatures that an ID token cannot tell apart: of the same kind, with the same kid or both without one. */
export function indistinguishableKeys(keys: readonly JWK[]): JWK[] {
  const signing = keys.filter(isForSignatures);
  const kind = ({ kty, crv, alg }: JWK) => [kty, crv, alg];
  const name = (key: JWK) => JSON.stringify([kind(key), key.kid]);
  const counts = new Map<string, number>();
  for (const key of signing) counts.set(name(key), (counts.get(name(key)) ?? 0) + 1);
  return signing.filter((key) => counts.get(name(key)) !== 1);
}

/** The given algorithms for which the set has a usable key, as jose decides. */
export async function servedAlgorithms(set: JSONWebKeySet, algorithms: readonly string[]): Promise<string[]> {
  const { createLocalJWKSet } = await import('jose/jwks/local');
  const keyOf = createLocalJWKSet(set);
  const served: string[] = [];
  const kids = new Set(set.keys.slice(0, MAX_KEYS).map(({ kid }) => kid));
  for (const alg of algorithms) {
    for (const kid of kids) {
      const usable = await keyOf({ alg, kid }).then(
        (key) => !isShortRsa(key),
        // Several fitting keys that cannot be told apart are a separate finding.
        (error: { code?: unknown }) => error.code === 'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
      );
      if (!usable) continue;
      served.push(alg);
      break;
    }
  }
  return served;
}

/** RFC 7518 §3.3: jose does not verify with less than 2048 bits. */
function isShortRsa(key: { readonly algorithm?: unknown }): boolean {
  const { modulusLength } = (key.algorithm ?? {}) as { modulusLength?: number };
  return modulusLength !== undefined && modulusLength < 2048;
}
