import type { JSONWebKeySet, JWK } from 'jose';
import { CheckList, counted, type DoctorCheck, type Explain, some } from '../checks/check-list.js';
import { OidcCliError } from '../errors.js';
import { texts } from '../protocol/json-values.js';
import {
  describeKey,
  indistinguishableKeys,
  isForSignatures,
  keyIdInWords,
  servedAlgorithms,
} from '../protocol/key-facts.js';
import { createKeySet } from '../protocol/key-set.js';
import type { Announced } from '../protocol/metadata.js';
import type { ProviderDeps } from '../protocol/provider.js';
import { PORTABLE_SIGNATURES } from '../protocol/signature-algorithms.js';
import type { Exchange } from '../trace/recorder.js';
import { sideOfFailure } from './connection-checks.js';

const OF_KEYS = ['keys', 'key ids', 'RSA key size', 'private keys', 'unsupported keys', 'caching'];

/**
 * The provider's key set (RFC 7517 §5): whether it can be had, and whether its
 * keys can verify what the provider signs with.
 */
export async function keySetChecks(
  announced: Announced,
  deps: ProviderDeps & { readonly explain: Explain },
): Promise<DoctorCheck[]> {
  const checks = new CheckList('key set', deps);
  const address: unknown = announced.jwks_uri;
  if (typeof address !== 'string' || !URL.canParse(address)) {
    checks.notMade(['key set', ...OF_KEYS], { name: 'required members' });
    return checks.all;
  }
  let set: JSONWebKeySet;
  try {
    set = (await createKeySet(address, deps).forKey(undefined)).jwks;
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    checks.failWith('key set', error, error.code === 'key_set_unavailable' ? 'provider' : sideOfFailure(error));
    checks.notMade(OF_KEYS, { name: 'key set' });
    return checks.all;
  }
  checks.pass('key set', `${counted(set.keys.length, 'key')} from ${address}`);
  await usable(checks, set, announced);
  ids(checks, set.keys);
  rsaSize(checks, set.keys);
  privateKeys(checks, set.keys);
  unsupported(checks, set.keys);
  caching(checks, deps.recorder.last('key set'));
  return checks.all;
}

async function usable(checks: CheckList, set: JSONWebKeySet, announced: Announced): Promise<void> {
  const theirs = texts(announced.id_token_signing_alg_values_supported);
  const wanted = theirs.filter((alg) => PORTABLE_SIGNATURES.includes(alg));
  const algorithms = wanted.length > 0 ? wanted : PORTABLE_SIGNATURES;
  const served = await servedAlgorithms(set, algorithms);
  const described = some(set.keys.map(describeKey)) || 'no key at all';
  const without = wanted.filter((alg) => !served.includes(alg));
  if (served.length === 0) {
    checks.fail('keys', {
      actual: described,
      expected: `a key for ${some(algorithms)}`,
      why: 'No ID token of this provider can be verified: every sign-in ends with id_token_key_not_found.',
      repair: 'Have the provider publish the key that it signs with.',
      side: 'provider',
      code: 'id_token_key_not_found',
    });
  } else if (without.length > 0) {
    checks.warn('keys', {
      actual: `for ${served.join(', ')}; none for ${without.join(', ')}`,
      why: 'The provider announces these as well: a client that is set to one of them cannot sign in.',
      repair: 'Have the provider publish a key for each algorithm that it announces, or announce fewer.',
      side: 'provider',
    });
  } else checks.pass('keys', `for ${served.join(', ')}`);
}

function ids(checks: CheckList, keys: readonly JWK[]): void {
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
const SHORTEST_RSA = 2048;

function rsaSize(checks: CheckList, keys: readonly JWK[]): void {
  const rsa = keys
    .filter(({ kty, n }) => kty === 'RSA' && typeof n === 'string')
    .map((key) => ({ key, bits: bitsOf(key.n ?? '') }));
  const short = rsa.filter(({ bits }) => bits < SHORTEST_RSA);
  if (rsa.length === 0) {
    checks.skip('RSA key size', 'no RSA key');
    return;
  }
  if (short.length === 0) {
    checks.pass('RSA key size', [...new Set(rsa.map(({ bits }) => `${bits} bits`))].join(', '));
    return;
  }
  const said = {
    actual: short
      .map(({ key, bits }) => `${key.kid === undefined ? 'a key without kid' : keyIdInWords(key)}: ${bits} bits`)
      .join(', '),
    expected: `${SHORTEST_RSA} bits or more`,
    why: 'RFC 7518 §3.3 forbids shorter ones; no signature by it is taken here, since others could make one.',
    repair: 'Have the provider replace the key.',
    side: 'provider' as const,
  };
  if (short.some(({ key }) => isForSignatures(key))) checks.fail('RSA key size', said);
  else checks.warn('RSA key size', said);
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
    actual: `${counted(leaked.length, 'key')} with ${leaked.some(({ d }) => d !== undefined) ? 'the private part' : 'a shared secret'}`,
    why: 'Whoever reads the key set, and everybody can, signs ID tokens for anybody.',
    repair: 'Have the provider take them out and replace its keys at once.',
    side: 'provider',
  });
}

function unsupported(checks: CheckList, keys: readonly JWK[]): void {
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
    actual: some(strange.map(describeKey)),
    expected: some(PORTABLE_SIGNATURES, 20),
    why: 'An ID token that is signed by one of them cannot be verified here.',
    repair: 'Have the provider sign for this client with RS256 or ES256.',
    side: 'provider',
  });
}

/** Seconds. Longer, and a key that was given up goes on being trusted for days. */
const LONGEST_AGE = 24 * 60 * 60;

function caching(checks: CheckList, exchange: Exchange | undefined): void {
  const headers = exchange?.responseHeaders ?? {};
  const control = headers['cache-control'];
  const shown = [
    control && `Cache-Control: ${control}`,
    !control && headers.expires && `Expires: ${headers.expires}`,
    headers.etag && 'an ETag',
  ].filter(Boolean);
  const age = Number(/max-age=(\d+)/i.exec(control ?? '')?.[1] ?? 0);
  if (age > LONGEST_AGE || /immutable/i.test(control ?? '')) {
    checks.warn('caching', {
      actual: shown.join(', '),
      expected: `max-age of at most ${LONGEST_AGE}`,
      why: 'Apps that keep the set that long refuse everybody after the provider has changed its keys, and trust a stolen key on.',
      repair: 'Have the provider send Cache-Control: max-age=3600, say.',
      side: 'provider',
    });
  } else
    checks.pass(
      'caching',
      shown.length === 0 ? 'nothing is said: apps decide themselves how long they keep it' : shown.join(', '),
    );
}
