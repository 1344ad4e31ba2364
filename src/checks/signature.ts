import type { CompactVerifyGetKey, JSONWebKeySet, ProtectedHeaderParameters } from 'jose';
import type { ErrorCode } from '../errors.js';
import { valueText } from '../oidc/json-values.js';
import { keyIdText } from '../oidc/key-facts.js';
import { isPublicKeySignature } from '../oidc/signature-algorithms.js';

/** The result of verifying a signature: valid if there is no code. */
export interface SignatureResult {
  /** For people. */
  readonly actual: string;
  readonly code?: ErrorCode;
}

/** Keys of a key set that a message names. */
const MAX_KIDS = 20;

/** The keys that jose has imported from each key set: a smoke run verifies thousands of tokens with one. */
const imported = new WeakMap<JSONWebKeySet, CompactVerifyGetKey>();

/** The `kid` of a token's header in words. */
export function kidText({ kid }: ProtectedHeaderParameters): string {
  return kid === undefined ? 'no kid' : `kid ${valueText(kid)}`;
}

/** Verifies a signature with the one key of the key set that fits (OIDC Core §3.1.3.7 no. 6). Never throws. */
export async function verifySignature(
  token: string,
  header: ProtectedHeaderParameters,
  jwks: JSONWebKeySet | undefined,
): Promise<SignatureResult> {
  if (!jwks) return { actual: 'the key set could not be had', code: 'key_set_unavailable' };
  if (!isPublicKeySignature(header.alg)) {
    const actual = `not verifiable with a public key (alg ${valueText(header.alg)})`;
    return { actual, code: 'id_token_signature_invalid' };
  }
  const [{ compactVerify }, { createLocalJWKSet }, errors] = await Promise.all([
    import('jose/jws/compact/verify'),
    import('jose/jwks/local'),
    import('jose/errors'),
  ]);
  try {
    const keys = imported.get(jwks) ?? createLocalJWKSet(jwks);
    imported.set(jwks, keys);
    await compactVerify(token, keys);
    return { actual: `valid (${header.alg}, ${kidText(header)})` };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
      const kids = jwks.keys.slice(0, MAX_KIDS).map(keyIdText);
      if (jwks.keys.length > MAX_KIDS) kids.push(`${jwks.keys.length - MAX_KIDS} more`);
      const actual =
        error instanceof errors.JWKSMultipleMatchingKeys
          ? `several keys fit and the token names none (key set: ${kids.join(', ')})`
          : `no key for it in the key set (${kids.length === 0 ? 'it is empty' : kids.join(', ')})`;
      return { actual, code: 'id_token_key_not_found' };
    }
    const wrong = error instanceof errors.JWSSignatureVerificationFailed;
    const actual = wrong ? 'not valid' : 'not verifiable: token header and key do not fit each other';
    return { actual, code: 'id_token_signature_invalid' };
  }
}
