/**
 * JWS algorithms that verify with a public key and that openid-client and jose
 * support (RFC 7518 §3.1, RFC 8037, RFC 9864, ML-DSA of FIPS 204). HS* is not
 * among them, because its key is the client secret; `none` proves nothing.
 */
const PUBLIC_KEY_SIGNATURES: readonly string[] =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 ML-DSA-44 ML-DSA-65 ML-DSA-87'.split(' ');

/** The public-key signatures that every supported Node verifies: ML-DSA needs Node 24.7. */
export const PORTABLE_SIGNATURES: readonly string[] = PUBLIC_KEY_SIGNATURES.filter((alg) => !alg.startsWith('ML-DSA'));

/** Whether a value is the name of a signature that verifies with a public key. */
export function isPublicKeySignature(alg: unknown): boolean {
  return (PUBLIC_KEY_SIGNATURES as readonly unknown[]).includes(alg);
}
