import type { CompactJWSHeaderParameters, JWK as Key } from 'jose';
import type { JWK } from 'oidc-provider';

/** An ID token taken apart, so that a fault can change it before it is signed again. */
export interface IdTokenDraft {
  /** `alg` and `kid`, as the provider chose them. */
  readonly header: CompactJWSHeaderParameters;
  readonly claims: Record<string, unknown>;
  /** When the provider made it: seconds since the epoch. */
  readonly issuedAt: number;
  /** Whose key signs: the provider's own, or one that stands in no key set. */
  signer: 'provider' | 'stranger';
}

/**
 * Lets `change` work on an ID token that the provider signed, and signs the
 * outcome: a relying party that checks all but what was changed is content.
 * `keys` are the provider's private keys, one an algorithm.
 */
export async function redraftIdToken(
  signed: string,
  keys: readonly JWK[],
  change: (draft: IdTokenDraft) => void,
): Promise<string> {
  const { CompactSign, decodeJwt, decodeProtectedHeader, generateKeyPair, importJWK } = await import('jose');
  const header = decodeProtectedHeader(signed) as CompactJWSHeaderParameters;
  const { alg } = header;
  const claims: Record<string, unknown> = decodeJwt(signed);
  const draft: IdTokenDraft = { header, claims, issuedAt: Number(claims.iat), signer: 'provider' };
  change(draft);
  const own = keys.find((key) => key.alg === alg);
  if (own === undefined) throw new Error(`no key of the provider's signs with ${alg}`);
  const key = draft.signer === 'provider' ? await importJWK(own as Key, alg) : (await generateKeyPair(alg)).privateKey;
  const payload = new TextEncoder().encode(JSON.stringify(draft.claims));
  return new CompactSign(payload).setProtectedHeader(draft.header).sign(key);
}
