import type { CompactJWSHeaderParameters, CryptoKey, JWK as Key } from 'jose';
import type { JWK } from 'oidc-provider';

/** An ID token taken apart, so that a fault can change it before it is signed again. */
export interface IdTokenDraft {
  /** `alg` and `kid`, as the provider chose them. */
  readonly header: CompactJWSHeaderParameters;
  readonly claims: Record<string, unknown>;
  /** When the provider made it: seconds since the epoch. */
  readonly issuedAt: number;
  /**
   * Whose key signs: the provider's own; one that stands in no key set; nobody's
   * (`alg` none); the provider's public key taken for an HS256 secret; or this one.
   */
  signer: 'provider' | 'stranger' | 'nobody' | 'public key' | CryptoKey;
  /** Makes what is sent of what was signed. */
  send?: (signed: string) => string;
}

/**
 * Lets `change` work on an ID token that the provider signed, and signs the
 * outcome: a relying party that checks all but what was changed is content.
 * `keys` are the provider's private keys, one an algorithm.
 */
export async function redraftIdToken(
  signed: string,
  keys: readonly JWK[],
  change: (draft: IdTokenDraft) => Promise<void>,
): Promise<string> {
  const { decodeJwt, decodeProtectedHeader } = await import('jose');
  const header = decodeProtectedHeader(signed) as CompactJWSHeaderParameters;
  const { alg } = header;
  const claims: Record<string, unknown> = decodeJwt(signed);
  const draft: IdTokenDraft = { header, claims, issuedAt: Number(claims.iat), signer: 'provider' };
  await change(draft);
  const own = keys.find((key) => key.alg === alg);
  if (own === undefined) throw new Error(`no key of the provider's signs with ${alg}`);
  const redrafted = await sign(draft, own as Key);
  return draft.send?.(redrafted) ?? redrafted;
}

async function sign({ signer, header, claims }: IdTokenDraft, own: Key): Promise<string> {
  const { CompactSign, exportSPKI, generateKeyPair, importJWK } = await import('jose');
  const { alg } = header;
  if (signer === 'nobody') return `${encode({ ...header, alg: 'none', kid: undefined })}.${encode(claims)}.`;
  const payload = new TextEncoder().encode(JSON.stringify(claims));
  const signed = (key: CryptoKey | Uint8Array, changed = header) =>
    new CompactSign(payload).setProtectedHeader(changed).sign(key);
  if (signer === 'public key') {
    const { kty, n, e, crv, x, y } = own;
    const publicKey = await importJWK(JSON.parse(JSON.stringify({ kty, n, e, crv, x, y })), alg, { extractable: true });
    // As a PEM file has it: what a careless verifier has at hand as "the key".
    const pem = new TextEncoder().encode(await exportSPKI(publicKey as CryptoKey));
    return signed(pem, { ...header, alg: 'HS256' });
  }
  if (signer === 'provider') return signed(await importJWK(own, alg));
  return signed(signer === 'stranger' ? (await generateKeyPair(alg)).privateKey : signer);
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
