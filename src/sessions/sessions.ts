import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { OidcCliError } from '../errors.js';
import { type StillHeld, withLock } from '../lock.js';
import { type ClientSecrets, createClientSecrets } from './client-secrets.js';
import { createEncryptedFileStore } from './encrypted-file.js';
import { createKeychainStore, type KeychainStore, withKeychainProcess } from './keychain.js';
import { probeKeychain } from './keychain-probe.js';
import { createMemoryStore, createTurns } from './memory.js';
import { createPendingSignIns, type PendingSignIns } from './pending-sign-ins.js';
import { describeSession, rebuildIndex, type StoreValues } from './rebuild-index.js';
import { createSessionIndex, type IndexContent, type SessionEntry, type StoredValue } from './session-index.js';
import { parseSession } from './session-record.js';
import { type Session, type SessionStore, type StoreKind, sameSignIn } from './session-store.js';
import type { SessionsOptions } from './sessions-options.js';
import { replaceStored, sameOwner, storedSession, updateStored } from './update-session.js';
import { valueNames } from './value-names.js';

export type { SessionEntry } from './session-index.js';

/** Milliseconds. Longer than the requests of a refresh may take together. */
const EXCLUSIVE_TIMEOUT_MS = 90_000;
/** Milliseconds for a user who chose the keychain and has to type its password first. */
const UNLOCK_TIMEOUT_MS = 30_000;

/** Selects a session. Without any member the newest. */
export interface SessionSelection {
  readonly profile?: string;
  readonly issuer?: string;
}

/** A session and the entry it was read from. */
export interface OpenedSession {
  readonly entry: SessionEntry;
  readonly session: Session;
}

/**
 * Everything that is saved between commands. All methods throw `OidcCliError` with
 * a `store_*` code, or the signal's reason.
 */
export interface Sessions extends PendingSignIns, ClientSecrets {
  /**
   * Chooses the store, before the browser opens. `auto` is the keychain if it
   * responds within 3 s, else the encrypted file with a warning that states the
   * reason. Throws `store_unavailable` or `store_locked` for a requested keychain
   * that cannot be used, `store_failed` if nothing can be written, and
   * `store_key_invalid` when the session to replace is encrypted with a different
   * key.
   */
  choose(
    kind: 'auto' | StoreKind,
    replacing?: { profile: string; issuer: string },
  ): Promise<{ store: SessionStore; warning?: string }>;
  /** Saves a new sign-in and replaces the one of the same profile and issuer, in whichever store. */
  save(session: Session, store: SessionStore): Promise<void>;
  /** All sessions, the newest sign-in first. Opens no store. */
  list(): Promise<SessionEntry[]>;
  /** The newest sign-in that matches. Opens no store. */
  find(selection: SessionSelection): Promise<SessionEntry | undefined>;
  /**
   * The session itself; undefined when it has been removed or its store has lost it.
   * If another sign-in has meanwhile saved one of the same profile and issuer in
   * another store, that one.
   */
  read(entry: SessionEntry): Promise<Session | undefined>;
  /** Like `read`, with the session's current entry. */
  open(entry: SessionEntry): Promise<OpenedSession | undefined>;
  /** Verifies, before a refresh token is spent, that the session can be saved in its store, as far as possible. */
  ready(entry: SessionEntry): Promise<void>;
  /**
   * Saves a refreshed session in its store. Throws `not_signed_in` when it has been
   * removed since; does nothing when a newer sign-in has replaced it. If its store
   * fails, the other store takes it, with a notice; else this object holds it, and
   * throws as `updateStored` does.
   */
  update(session: Session, entry: SessionEntry): Promise<void>;
  /**
   * Removes a session from its store and the index; true when there was one. A newer
   * sign-in that has replaced it meanwhile stays. When the store throws, the session
   * is removed from the index all the same, and its value as soon as the store can
   * be used again.
   */
  forget(entry: SessionEntry): Promise<boolean>;
  /**
   * Runs `work` for one caller at a time per session, across processes (a refresh
   * token may be good for one use). Read the session inside, and await `stillHeld`
   * directly before a token is spent: if it throws, `work` runs again (see
   * `withLock`). Throws `store_timeout` after 90 s.
   */
  exclusively<T>(entry: SessionEntry, work: (stillHeld: StillHeld) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

const isSameValue = (a: StoredValue, b: StoredValue) => a.store === b.store && a.key === b.key;

/** Makes the store of sessions: one index, one memory, other stores opened at their first use. */
export function createSessions(options: SessionsOptions): Sessions {
  const { dataFolder, env, platform, clock, signal, onHang } = options;
  const names = valueNames(dataFolder);
  const memory = createMemoryStore();
  let inMemory: SessionEntry[] = [];
  const inTurn = createTurns();
  const file = createEncryptedFileStore({
    dataFolder,
    env,
    platform,
    onSetAside: (facts) => options.onNotice?.('entry_set_aside', facts),
  });
  /** The session of the current keychain call. */
  let current: SessionEntry | undefined;
  /** The session that was read last. */
  let lastRead: Session | undefined;
  let openedKeychain: KeychainStore | undefined;
  const keychain = () => {
    openedKeychain ??= createKeychainStore({
      platform,
      ...(options.keytar ? { keytar: options.keytar } : {}),
      ...(onHang ? { onHang: (error: OidcCliError) => onHang(error, current) } : {}),
    });
    return openedKeychain;
  };
  /** A keychain whose process hung and was killed: it refuses at once every call that would hang this process. */
  let hungKeychain: SessionStore | undefined;
  const storeOf = (kind: StoreKind): SessionStore => {
    if (kind === 'memory') return memory;
    return kind === 'file' ? file : (hungKeychain ?? keychain());
  };
  const probe = (promptMs?: number) =>
    options.keytar ? { available: true as const } : probeKeychain({ env, platform, promptMs, signal });
  /** The keychain's state in this process; probed at most once. */
  let known: ReturnType<typeof probe> | undefined;
  const keychainCanBeUsed = async () => {
    if (hungKeychain) return false;
    known ??= probe();
    return (await known).available;
  };

  let keychainRead = false;
  const index = createSessionIndex({
    dataFolder,
    lock: options.lock,
    async rebuild() {
      const stores: StoreValues[] = [{ kind: 'file', values: await file.values() }];
      keychainRead = await keychainCanBeUsed();
      if (keychainRead) stores.push({ kind: 'keychain', values: await keychain().values() });
      return rebuildIndex(stores, names);
    },
    onRebuilt: (facts) => options.onNotice?.('index_rebuilt', { ...facts, keychainRead }),
  });

  /** Removes the remains of killed saves from the stores in use. */
  const settle = async (content: IndexContent, using: StoreKind): Promise<IndexContent> => {
    const unsettled: StoredValue[] = [];
    for (const value of content.unsettled) {
      if (content.sessions.some((entry) => isSameValue(entry, value))) continue;
      const reachable = value.store === 'file' || value.store === using;
      const removed =
        reachable &&
        (await storeOf(value.store)
          .delete(value.key)
          .then(
            () => true,
            () => false,
          ));
      if (!removed) unsettled.push(value);
    }
    return { ...content, unsettled };
  };

  const list = async () => [...inMemory, ...(await index.read()).sessions];

  const open = async (asked: SessionEntry): Promise<OpenedSession | undefined> => {
    // A refreshed session that no store could save.
    let entry = inMemory.find((held) => sameOwner(held, asked) && held.savedAt >= asked.savedAt) ?? asked;
    for (;;) {
      current = entry;
      let failure: unknown;
      const value = await storeOf(entry.store)
        .get(entry.key)
        .catch((error) => {
          failure = error;
          return undefined;
        });
      if (value !== undefined) return readAs(entry, value);
      // A sign-in that saves its session in another store removes this one once the index has the new place.
      const now = (await list()).find((other) => sameOwner(other, entry));
      if (!now || (now.store === entry.store && now.key === entry.key)) {
        if (failure) throw failure;
        return undefined;
      }
      entry = now;
    }
  };

  const readAs = async (entry: SessionEntry, value: string): Promise<OpenedSession> => {
    const session = parseSession(value);
    if (session?.profile !== entry.profile || session.issuer !== entry.issuer) {
      throw new OidcCliError('store_corrupt', { store: entry.store, key: entry.key });
    }
    lastRead = session;
    const seen = describeSession(session, entry.store, entry.key);
    if (entry.store !== 'memory' && !isDeepStrictEqual(seen, entry)) await correct(entry);
    return { entry: seen, session };
  };

  const sessions: Omit<Sessions, keyof PendingSignIns | keyof ClientSecrets> = {
    async choose(kind, replacing) {
      if (kind === 'memory') return { store: memory };
      await index.ready();
      // A list that cannot be read cannot be written either. The user must learn that before the sign-in, not after it.
      await index.read();
      let warning: string | undefined;
      if (kind !== 'file') {
        known = probe(kind === 'keychain' ? UNLOCK_TIMEOUT_MS : undefined);
        const found = await known;
        if (found.available) return { store: keychain() };
        if (kind === 'keychain') {
          throw new OidcCliError(found.locked ? 'store_locked' : 'store_unavailable', { reason: found.reason });
        }
        warning = `The keychain cannot be used (${found.reason}), so the session is kept in ${file.description}.`;
      }
      await file.ready();
      if (replacing) await replaceable(names.session('file', replacing.profile, replacing.issuer));
      return warning === undefined ? { store: file } : { store: file, warning };
    },

    async save(session, store) {
      const kind = store.kind;
      const key = names.session(kind, session.profile, session.issuer);
      const entry = describeSession(session, kind, key);
      if (kind === 'memory') {
        await store.set(key, JSON.stringify(session));
        inMemory = [entry, ...inMemory.filter((other) => !sameOwner(other, entry))];
        return;
      }
      await index.change(async (found, save) => {
        let content = await settle(found, kind);
        const saved: SessionEntry & StoredValue = { ...entry, store: kind };
        const old = content.sessions.find((other) => sameOwner(other, saved));
        if (!old || !isSameValue(old, saved)) {
          // Recorded first, so that a killed process leaves no token in a store without an entry.
          content = { ...content, unsettled: [...content.unsettled, { store: kind, key }] };
          await save(content);
        }
        await store.set(key, JSON.stringify(session));
        const moved = old && !isSameValue(old, saved) ? [{ store: old.store, key: old.key }] : [];
        content = {
          ...content,
          sessions: [saved, ...content.sessions.filter((other) => other !== old)],
          unsettled: [...content.unsettled.filter((value) => !isSameValue(value, saved)), ...moved],
        };
        await save(content);
        if (!old || moved.length === 0) return;
        if (old.store === 'keychain' && !(await keychainCanBeUsed().catch(() => false))) {
          // The call might hang and end the process, which has saved the session but not reported it yet.
          options.onNotice?.('old_session_left', { store: old.store, reason: 'store_unavailable' });
          return;
        }
        try {
          await storeOf(old.store).delete(old.key);
        } catch (error) {
          // The new session is complete; the old one is removed at the next use of its store.
          options.onNotice?.('old_session_left', { store: old.store, reason: errorCode(error) });
          return;
        }
        await save({ ...content, unsettled: content.unsettled.filter((value) => !isSameValue(value, old)) });
      });
    },

    list,

    async find({ profile, issuer }) {
      const entries = await list();
      return entries.find(
        (entry) =>
          (profile === undefined || entry.profile === profile) && (issuer === undefined || entry.issuer === issuer),
      );
    },

    read: async (entry) => (await open(entry))?.session,

    open,

    async ready(entry) {
      if (entry.store !== 'memory') await index.ready();
      if (entry.store === 'file') await file.ready();
    },

    async update(session, entry) {
      if (entry.store === 'memory') {
        const current = await replaceStored({ session, entry }, inMemory, memory);
        const refreshed = describeSession(session, 'memory', entry.key);
        if (current) inMemory = inMemory.map((other) => (other === current ? refreshed : other));
        return;
      }
      const update = (store: SessionStore) =>
        updateStored(
          { session, entry, previous: lastRead },
          {
            ...{ index, store, storeOf, keychainCanBeUsed, save: sessions.save },
            onHang: () => {
              hungKeychain = store;
            },
            onMoved: (facts) => options.onNotice?.('session_moved', facts),
          },
        );
      if (entry.store !== 'keychain' || options.keytar) return update(storeOf(entry.store));
      // No store has the new refresh token yet, so a keychain that hangs must not end this process now.
      await withKeychainProcess({ env, platform }, update);
    },

    async forget(entry) {
      current = entry;
      if (entry.store === 'memory') {
        inMemory = inMemory.filter((other) => other.key !== entry.key);
        return memory.delete(entry.key);
      }
      const gone: StoredValue = { store: entry.store, key: entry.key };
      return index.change(async (found, save) => {
        // The caller has not read it and so not revoked it at the provider: removing it would lose its tokens
        // unrevoked.
        const listed = found.sessions.find((other) => isSameValue(other, gone));
        if (listed && !sameSignIn(listed, entry)) {
          const stored = await storedSession(storeOf(gone.store), gone.key);
          if (!stored || !sameSignIn(stored, entry)) return false;
        }
        const sessions = found.sessions.filter((other) => !isSameValue(other, gone));
        // The index first, since the store may be unavailable, perhaps for ever, or hang and end this process: the user
        // must be signed out all the same. The value is removed when the store is available again. If the index cannot
        // be written, on a full disk, the value is removed all the same, which frees space for it.
        await save({ ...found, sessions, unsettled: [...found.unsettled, gone] }).catch(() => {});
        const there = await storeOf(gone.store).delete(gone.key);
        const unsettled = found.unsettled.filter((value) => !isSameValue(value, gone));
        await save(await settle({ ...found, sessions, unsettled }, gone.store));
        return there || sessions.length < found.sessions.length;
      });
    },

    async exclusively(entry, work, callSignal) {
      const ends = callSignal ?? signal;
      if (entry.store !== 'memory') {
        // One lock for all stores: a sign-in may move the session while a caller waits for it.
        const lock = join(dataFolder, 'locks', names.session('file', entry.profile, entry.issuer));
        return withLock(lock, work, { timeoutMs: EXCLUSIVE_TIMEOUT_MS, signal: ends, ...options.lock });
      }
      return inTurn(entry.key, () => work(async () => {}), ends);
    },
  };

  /**
   * Updates the index with a session whose save was killed between the store and the
   * index. A failure, such as a full disk, does not matter: the session itself is
   * complete.
   */
  async function correct(entry: SessionEntry): Promise<void> {
    const change = index.change(async (content, save) => {
      const current = content.sessions.find((other) => other.key === entry.key && other.store === entry.store);
      const session = current && (await storedSession(storeOf(current.store), current.key));
      if (!session) return;
      const saved: SessionEntry & StoredValue = {
        ...describeSession(session, current.store, current.key),
        store: current.store,
      };
      if (isDeepStrictEqual(saved, current)) return;
      await save({ ...content, sessions: content.sessions.map((other) => (other === current ? saved : other)) });
    });
    await change.catch((error) => {
      if (!(error instanceof OidcCliError)) throw error;
    });
  }

  /** Whether the session to replace is encrypted with a key that is not available, and must not be overwritten. */
  async function replaceable(key: string): Promise<void> {
    try {
      await file.get(key);
    } catch (error) {
      if (!(error instanceof OidcCliError) || error.code !== 'store_corrupt') throw error;
    }
  }

  return {
    ...sessions,
    ...createPendingSignIns({ index, storeOf, clock }),
    ...createClientSecrets({ index, storeOf, names }),
  };
}

function errorCode(error: unknown): string {
  return error instanceof OidcCliError ? error.code : 'store_failed';
}
