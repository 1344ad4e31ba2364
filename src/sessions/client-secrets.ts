import { isDeepStrictEqual } from 'node:util';
import { failWith, OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';
import type { ClientSecretEntry, SessionIndex } from './session-index.js';
import type { SessionStore, StoreKind } from './session-store.js';
import type { ValueNames } from './value-names.js';

/** A client secret as its store holds it, with the issuer it may be sent to. */
export interface StoredClientSecret {
  readonly profile: string;
  readonly issuer: string;
  readonly secret: string;
}

/** Client secrets that users save for a profile. Methods throw `store_*`. */
export interface ClientSecrets {
  /** Saves a secret for this profile at this issuer, and removes the profile's earlier ones. */
  saveClientSecret(profile: string, issuer: string, secret: string, store: SessionStore): Promise<void>;
  /** The secret saved for exactly this profile and issuer: a changed issuer never receives it. */
  readClientSecret(profile: string, issuer: string): Promise<string | undefined>;
  /** Removes a profile's secrets, for every issuer. */
  forgetClientSecret(profile: string): Promise<void>;
}

/** Client secrets over `index` and the stores; those in the memory store stay in this object. */
export function createClientSecrets(deps: {
  index: SessionIndex;
  storeOf: (kind: StoreKind) => SessionStore;
  names: ValueNames;
}): ClientSecrets {
  const inMemory = new Map<string, StoredClientSecret>();

  const remove = async (entries: readonly ClientSecretEntry[]) => {
    for (const { store, key } of entries) await deps.storeOf(store).delete(key);
  };

  const firstOf = async (entries: readonly ClientSecretEntry[]): Promise<string | undefined> => {
    // The newest is last. Between two saves there may be two, and the newer may not be written yet.
    for (const { profile, issuer, store, key } of entries.toReversed()) {
      const value = await deps
        .storeOf(store)
        .get(key)
        .catch(failWith({ value: 'client secret', profile, issuer }));
      if (value === undefined) continue;
      const saved = parseClientSecret(value);
      if (saved?.profile !== profile || saved.issuer !== issuer)
        throw new OidcCliError('store_corrupt', { store, key, value: 'client secret', profile, issuer });
      return saved.secret;
    }
    return undefined;
  };

  return {
    async saveClientSecret(profile, issuer, secret, store) {
      const kind = store.kind;
      const key = deps.names.clientSecret(kind, profile, issuer);
      const value: StoredClientSecret = { profile, issuer, secret };
      if (kind === 'memory') {
        inMemory.set(key, value);
        return;
      }
      await deps.index.change(async (content, save) => {
        const earlier = content.clientSecrets.filter((entry) => entry.profile === profile);
        const replaced = earlier.filter((entry) => entry.store !== kind || entry.key !== key);
        const others = content.clientSecrets.filter((entry) => entry.profile !== profile);
        const entry: ClientSecretEntry = { profile, issuer, store: kind, key };
        // Writes the index first, and removes the earlier entries from it last, so that no store ever holds a secret
        // without an entry.
        await save({ ...content, clientSecrets: [...others, ...replaced, entry] });
        await replace(store, key, JSON.stringify(value));
        await remove(replaced);
        if (replaced.length > 0) await save({ ...content, clientSecrets: [...others, entry] });
      });
    },

    async readClientSecret(profile, issuer) {
      const held = inMemory.get(deps.names.clientSecret('memory', profile, issuer));
      if (held) return held.secret;
      for (let before: readonly ClientSecretEntry[] = []; ; ) {
        const { clientSecrets } = await deps.index.read();
        const entries = clientSecrets.filter((entry) => entry.profile === profile && entry.issuer === issuer);
        // The store no longer has the secret, because another process may have moved it. Then the list has its new
        // place.
        if (isDeepStrictEqual(entries, before)) return undefined;
        const secret = await firstOf(entries);
        if (secret !== undefined) return secret;
        before = entries;
      }
    },

    async forgetClientSecret(profile) {
      for (const [key, held] of inMemory) if (held.profile === profile) inMemory.delete(key);
      const known = await deps.index.read();
      if (!known.clientSecrets.some((entry) => entry.profile === profile)) return;
      await deps.index.change(async (content, save) => {
        await remove(content.clientSecrets.filter((entry) => entry.profile === profile));
        await save({ ...content, clientSecrets: content.clientSecrets.filter((entry) => entry.profile !== profile) });
      });
    },
  };
}

/** Saves a new secret, also over one that is encrypted with a different key: the new one replaces it anyway. */
async function replace(store: SessionStore, key: string, value: string): Promise<void> {
  try {
    await store.set(key, value);
  } catch (error) {
    const lost = ['store_key_invalid', 'store_version_newer'];
    if (!(error instanceof OidcCliError) || !lost.includes(error.code) || error.facts.reason !== undefined) throw error;
    await store.delete(key);
    await store.set(key, value);
  }
}

/** A stored client secret; undefined if the text is not one. */
export function parseClientSecret(text: string): StoredClientSecret | undefined {
  try {
    const value = parseJson(text) as Partial<StoredClientSecret> | null;
    return typeof value?.profile === 'string' && typeof value.issuer === 'string' && typeof value.secret === 'string'
      ? (value as StoredClientSecret)
      : undefined;
  } catch {
    return undefined;
  }
}
