import type { JSONWebKeySet } from 'jose';
import type { Clock } from '../context.js';
import { OidcCliError } from '../errors.js';
import { isObject } from '../json.js';
import type { NetworkFetch } from '../network/fetch.js';
import { truncatedJson } from '../safe-text.js';
import { withEndpointOrigin } from './endpoint-origin.js';
import { objectMembers } from './json-values.js';
import { MAX_KEYS } from './key-facts.js';

/**
 * openid-client ignores a cached key set older than 300 s. Ours is renewed before
 * that age, so that both use the same one.
 */
const MAX_AGE_SECONDS = 240;

/**
 * The provider's key set (RFC 7517 §5), fetched once and shared by both readers of
 * an ID token: openid-client and our report.
 */
export interface KeySet {
  /** Starts the fetch while the user signs in. `forKey` throws its failure. */
  warm(): void;
  /**
   * The key set. It is fetched again once if `kid` is not in it, however young it
   * is: the provider may have rotated its keys during the sign-in. Throws
   * `key_set_unavailable`, or the network's own error.
   */
  forKey(kid: string | undefined): Promise<CachedKeySet>;
  /** The key set as last fetched; undefined before that. */
  cached(): CachedKeySet | undefined;
}

/** A fetched key set and the time of the fetch, in seconds since the epoch. */
export interface CachedKeySet {
  readonly jwks: JSONWebKeySet;
  readonly fetchedAt: number;
}

/** Makes the key set of one `jwks_uri`, which an issuer may have named; fetches nothing yet. */
export function createKeySet(jwksUri: string, deps: { fetch: NetworkFetch; clock: Clock }, issuer?: string): KeySet {
  let current: CachedKeySet | undefined;
  let running: Promise<CachedKeySet> | undefined;

  const load = (): Promise<CachedKeySet> => {
    running ??= fetchKeySet(jwksUri, deps)
      .catch((error: unknown) => {
        throw issuer === undefined ? error : withEndpointOrigin(error, 'key set', issuer);
      })
      .then((loaded) => {
        current = loaded;
        return loaded;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  return {
    warm: () => {
      load().catch(() => {
        // The failure is not lost: `forKey` fetches again, and its error ends the sign-in.
      });
    },
    forKey: async (kid) => {
      if (running) await running.catch(() => undefined);
      const now = Math.floor(deps.clock.now() / 1000);
      if (!current || now - current.fetchedAt > MAX_AGE_SECONDS) return load();
      const { keys } = current.jwks;
      const known = kid === undefined ? keys.length > 0 : keys.some((key) => key.kid === kid);
      return known ? current : load();
    },
    cached: () => current,
  };
}

async function fetchKeySet(jwksUri: string, deps: { fetch: NetworkFetch; clock: Clock }): Promise<CachedKeySet> {
  const response = await deps.fetch(jwksUri, {
    step: 'key set',
    headers: { accept: 'application/json, application/jwk-set+json' },
  });
  const unavailable = (reason: string) =>
    new OidcCliError('key_set_unavailable', { url: jwksUri, status: response.status, reason });
  if (response.status !== 200) throw unavailable(`it answered ${response.status}`);
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    throw unavailable('its answer is not JSON');
  }
  const { keys } = objectMembers(body);
  if (!Array.isArray(keys)) throw unavailable('its answer is not a key set: it has no list "keys"');
  if (keys.length > MAX_KEYS) throw unavailable(`it has ${keys.length} keys, and no more than ${MAX_KEYS} are read`);
  const odd = keys.findIndex((key) => !isObject(key));
  if (odd >= 0)
    throw unavailable(`its answer is not a key set: keys[${odd}] is ${truncatedJson(keys[odd], 40)}, not an object`);
  return { jwks: { ...objectMembers(body), keys }, fetchedAt: Math.floor(deps.clock.now() / 1000) };
}
