import type { JSONWebKeySet } from 'jose';
import { CheckList, countText, type DoctorCheck, type Explain, listSome } from '../checks/check-list.js';
import { KEY_CHECKS, keyChecks } from '../checks/key-checks.js';
import { OidcCliError } from '../errors.js';
import { textValues } from '../oidc/json-values.js';
import { describeKey, servedAlgorithms } from '../oidc/key-facts.js';
import { createKeySet } from '../oidc/key-set.js';
import type { AdvertisedMetadata } from '../oidc/metadata.js';
import type { ProviderDeps } from '../oidc/provider.js';
import { PORTABLE_SIGNATURES } from '../oidc/signature-algorithms.js';
import type { Exchange } from '../trace/recorder.js';
import { failureSide } from './connection-checks.js';

const KEY_SET_CHECKS = ['keys', ...KEY_CHECKS, 'caching'];

/**
 * Checks the provider's key set (RFC 7517 §5): whether it is available, and
 * whether its keys can verify the provider's signatures.
 */
export async function keySetChecks(
  metadata: AdvertisedMetadata,
  deps: ProviderDeps & { readonly explain: Explain },
): Promise<DoctorCheck[]> {
  const checks = new CheckList('key set', deps);
  const address: unknown = metadata.jwks_uri;
  if (typeof address !== 'string' || !URL.canParse(address)) {
    checks.notMade(['key set', ...KEY_SET_CHECKS], { name: 'required members' });
    return checks.all;
  }
  let set: JSONWebKeySet;
  try {
    set = (await createKeySet(address, deps).forKey(undefined)).jwks;
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    checks.failWith('key set', error, error.code === 'key_set_unavailable' ? 'provider' : failureSide(error));
    checks.notMade(KEY_SET_CHECKS, { name: 'key set' });
    return checks.all;
  }
  checks.pass('key set', `${countText(set.keys.length, 'key')} from ${address}`);
  await usable(checks, set, metadata);
  keyChecks(checks, set.keys);
  caching(checks, deps.recorder.last('key set'));
  return checks.all;
}

async function usable(checks: CheckList, set: JSONWebKeySet, metadata: AdvertisedMetadata): Promise<void> {
  const theirs = textValues(metadata.id_token_signing_alg_values_supported);
  const wanted = theirs.filter((alg) => PORTABLE_SIGNATURES.includes(alg));
  const algorithms = wanted.length > 0 ? wanted : PORTABLE_SIGNATURES;
  const served = await servedAlgorithms(set, algorithms);
  const described = listSome(set.keys.map(describeKey)) || 'no key at all';
  const without = wanted.filter((alg) => !served.includes(alg));
  if (served.length === 0) {
    checks.fail('keys', {
      actual: described,
      expected: `a key for ${listSome(algorithms)}`,
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

/** Seconds. With a longer cache time a withdrawn key stays trusted for days. */
const MAX_AGE_SECONDS = 24 * 60 * 60;

function caching(checks: CheckList, exchange: Exchange | undefined): void {
  const headers = exchange?.responseHeaders ?? {};
  const control = headers['cache-control'];
  const shown = [
    control && `Cache-Control: ${control}`,
    !control && headers.expires && `Expires: ${headers.expires}`,
    headers.etag && 'an ETag',
  ].filter(Boolean);
  const age = Number(/max-age=(\d+)/i.exec(control ?? '')?.[1] ?? 0);
  if (age > MAX_AGE_SECONDS || /immutable/i.test(control ?? '')) {
    checks.warn('caching', {
      actual: shown.join(', '),
      expected: `max-age of at most ${MAX_AGE_SECONDS}`,
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
