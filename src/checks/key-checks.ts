import type { JWK } from 'jose';
import { describeKey, indistinguishableKeys, isForSignatures, keyIdText } from '../oidc/key-facts.js';
import { PORTABLE_SIGNATURES } from '../oidc/signature-algorithms.js';
import { type CheckList, countText, listSome } from './check-list.js';

/** The names of the checks that `keyChecks` makes. */
export const KEY_CHECKS = ['key ids', 'RSA key size', 'private keys', 'unsupported keys'];

/** Checks the keys of a provider's key set (RFC 7517 §4, RFC 7518 §3.3 and §6), for every user of the set. */
export function keyChecks(checks: CheckList, keys: readonly JWK[]): void {
  keyIds(checks, keys);
  rsaSize(checks, keys);
  privateKeys(checks, keys);
  unsupportedKeys(checks, keys);
}

function keyIds(checks: CheckList, keys: readonly JWK[]): void {
  const doubles = indistinguishableKeys(keys);
  const signing = keys.filter(isForSignatures);
  const bare = signing.filter(({ kid }) => kid === undefined);
  if (doubles.length > 0) {
    const named = doubles.some(({ kid }) => kid !== undefined);
    checks.fail('key ids', {
      actual: `${doubles.length} keys of one kind ${named ? 'with the same kid' : 'without a kid'}`,
      expected: 'a kid of its own for each key',
      why: 'An ID token cannot say which of them signed it, and none is taken.',
      repair: 'Have the provider give each key a kid, and name it in its ID tokens.',
      side: 'provider',
    });
  } else if (bare.length > 0 && signing.length > 1) {
    checks.warn('key ids', {
      actual: `${bare.length} of ${signing.length} keys without a kid`,
      expected: 'a kid for each key',
      why: 'With more than one key in the set an ID token has to name its own (OIDC Core §10.1).',
      repair: 'Have the provider give each key a kid.',
      side: 'provider',
    });
  } else checks.pass('key ids', bare.length > 0 ? 'one key, which needs none' : 'each has its own');
}

/** RFC 7518 §3.3. Bits. */
const MIN_RSA_BITS = 2048;

function rsaSize(checks: CheckList, keys: readonly JWK[]): void {
  const rsa = keys
    .filter(({ kty, n }) => kty === 'RSA' && typeof n === 'string')
    .map((key) => ({ key, bits: bitsOf(key.n ?? '') }));
  const short = rsa.filter(({ bits }) => bits < MIN_RSA_BITS);
  if (rsa.length === 0) {
    checks.skip('RSA key size', 'no RSA key');
    return;
  }
  if (short.length === 0) {
    checks.pass('RSA key size', [...new Set(rsa.map(({ bits }) => `${bits} bits`))].join(', '));
    return;
  }
  const details = {
    actual: short
      .map(({ key, bits }) => `${key.kid === undefined ? 'a key without kid' : keyIdText(key)}: ${bits} bits`)
      .join(', '),
    expected: `${MIN_RSA_BITS} bits or more`,
    why: 'RFC 7518 §3.3 forbids shorter ones; no signature by it is taken here, since others could make one.',
    repair: 'Have the provider replace the key.',
    side: 'provider' as const,
  };
  if (short.some(({ key }) => isForSignatures(key))) checks.fail('RSA key size', details);
  else checks.warn('RSA key size', details);
}

/** The length of a modulus, without the zeros that some write before it. */
function bitsOf(modulus: string): number {
  const hex = Buffer.from(modulus, 'base64url').toString('hex').replace(/^0+/, '');
  return hex === '' ? 0 : (hex.length - 1) * 4 + Number.parseInt(hex.charAt(0), 16).toString(2).length;
}

function privateKeys(checks: CheckList, keys: readonly JWK[]): void {
  // `k` is the whole of a symmetric key, `d` the private part of any other (RFC 7518 §6).
  const leaked = keys.filter((key) => key.d !== undefined || key.k !== undefined);
  if (leaked.length === 0) {
    checks.pass('private keys', 'none');
    return;
  }
  checks.fail('private keys', {
    actual: `${countText(leaked.length, 'key')} with ${leaked.some(({ d }) => d !== undefined) ? 'the private part' : 'a shared secret'}`,
    why: 'Whoever reads the key set, and everybody can, signs ID tokens for anybody.',
    repair: 'Have the provider take them out and replace its keys at once.',
    side: 'provider',
  });
}

function unsupportedKeys(checks: CheckList, keys: readonly JWK[]): void {
  const curves = ['P-256', 'P-384', 'P-521', 'Ed25519'];
  const strange = keys.filter(isForSignatures).filter(({ kty, crv, alg }) => {
    if (alg !== undefined) return !PORTABLE_SIGNATURES.includes(alg);
    return kty !== 'RSA' && !curves.includes(crv ?? '');
  });
  if (strange.length === 0) {
    checks.pass('unsupported keys', 'none');
    return;
  }
  checks.warn('unsupported keys', {
    actual: listSome(strange.map(describeKey)),
    expected: listSome(PORTABLE_SIGNATURES, 20),
    why: 'An ID token that is signed by one of them cannot be verified here.',
    repair: 'Have the provider sign for this client with RS256 or ES256.',
    side: 'provider',
  });
}
