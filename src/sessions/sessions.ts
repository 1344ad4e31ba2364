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

/** Longer than the requests of a refresh may take together. */
const EXCLUSIVE_TIMEOUT_MS = 90_000;
/** For a person who chose the keychain and has to type its password first. */
const UNLOCK_TIMEOUT_MS = 30_000;

/** Which session is meant. Nothing given means the newest. */
export interface SessionSelection {
  readonly profile?: string | undefined;
  readonly issuer?: string | undefined;
}

/** A session as it was read, and where. */
export interface OpenedSession {
  readonly entry: SessionEntry;
  readonly session: Session;
}

/** Everything kept between commands. All methods throw `OidcCliError` with a `store_*` code, or the signal's reason. */
export interface Sessions extends PendingSignIns, ClientSecrets {
  /**
   * Decides on the store, before anybody is sent to a browser. `auto` is the
   * keychain where one answers within 3 s, else the encrypted file with a
   * warning that says why. Throws `store_unavailable` or `store_locked` for a
   * keychain that was asked for and cannot be used, `store_failed` where
   * nothing can be written, and `store_key_invalid` when the session that would
   * be replaced is locked by another key.
   */
  choose(
    kind: 'auto' | StoreKind,
    replacing?: { profile: string; issuer: string },
  ): Promise<{ store: SessionStore; warning?: string }>;
  /** Keeps a new sign-in in place of the one of the same profile and issuer, wherever that is. */
  save(session: Session, store: SessionStore): Promise<void>;
  /** Newest sign-in first. Opens no store. */
  list(): Promise<SessionEntry[]>;
  /** The newest sign-in that matches. Opens no store. */
  find(selection: SessionSelection): Promise<SessionEntry | undefined>;
  /**
   * The session itself, or undefined when it has been forgotten or its store
   * has lost it. Where another sign-in has put one of the same profile and
   * issuer elsewhere meanwhile, that one.
   */
  read(entry: SessionEntry): Promise<Session | undefined>;
  /** As `read`, with the entry under which the session is kept by now. */
  open(entry: SessionEntry): Promise<OpenedSession | undefined>;
  /** Shows, before a refresh token is spent, that the session can be saved where it is, as far as can be told. */
  ready(entry: SessionEntry): Promise<void>;
  /**
   * Keeps a refreshed session where it was. Throws `not_signed_in` when it has
   * been forgotten since; does nothing when a newer sign-in has taken its place.
   * Where its store does not take it, the other store may, with a notice; else
   * this object holds it, and throws as `updateStored` does.
   */
  update(session: Session, entry: SessionEntry): Promise<void>;
  /**
   * Removes a session from its store and the index; true when there was one.
   * A newer sign-in that has taken its place meanwhile stays. When the store
   * throws, the session is forgotten all the same, and its value is removed as
   * soon as the store can be used again.
   */
  forget(entry: SessionEntry): Promise<boolean>;
  /**
   * Runs `work` for one caller at a time per session, over processes (a refresh
   * token may be good for one use). Read the session inside, and await
   * `stillHeld` right before a token is spent: where it throws, `work` is run
   * again (see `withLock`). Throws `store_timeout` after 90 s.
   */
  exclusively<T>(entry: SessionEntry, work: (stillHeld: StillHeld) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

const isSameValue = (a: StoredValue, b: StoredValue) => a.store === b.store && a.key === b.key;

/** Makes the keeper of sessions: one index, one memory, stores opened when they are first needed. */
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
  /** The session that a keychain call is about. */
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
  /** A keychain whose process hung and is gone: it refuses at once what would hang this process. */
  let hungKeychain: SessionStore | undefined;
  const storeOf = (kind: StoreKind): SessionStore => {
    if (kind === 'memory') return memory;
    return kind === 'file' ? file : (hungKeychain ?? keychain());
  };
  const probe = (promptMs?: number) =>
    options.keytar ? { available: true as const } : probeKeychain({ env, platform, promptMs, signal });
  /** What was found of the keychain in this process; asked for at most once. */
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

  /** Removes what killed saves left in the stores that are in use anyway. */
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
    // A refreshed session that no store took.
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
      // A sign-in that keeps its session in another store removes this one, once the index says where the new one is.
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
          // Written down first, so that a kill leaves no token in a store that nothing knows of.
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
          // It might hang, and take the process with it, which has kept the session and has yet to say so.
          options.onNotice?.('old_session_left', { store: old.store, reason: 'store_unavailable' });
          return;
        }
        try {
          await storeOf(old.store).delete(old.key);
        } catch (error) {
          // The new session is whole; the old one goes when its store is used next.
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
      // The new refresh token is in no store yet: a keychain that hangs must not end this process now.
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
        // Not read by who asks this, and so not signed out at the provider: nobody would know of its tokens any more.
        const listed = found.sessions.find((other) => isSameValue(other, gone));
        if (listed && !sameSignIn(listed, entry)) {
          const stored = await storedSession(storeOf(gone.store), gone.key);
          if (!stored || !sameSignIn(stored, entry)) return false;
        }
        const sessions = found.sessions.filter((other) => !isSameValue(other, gone));
        // First, since the store may be out of reach, perhaps for ever, or hang and take this process with it: nobody is
        // to stay signed in for that. The value goes when the store is back.
        // Where the list cannot be written, on a full disk, the value goes all the same, and makes room for it.
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
        // One for all stores: a sign-in may move the session while its turn is awaited.
        const lock = join(dataFolder, 'locks', names.session('file', entry.profile, entry.issuer));
        return withLock(lock, work, { timeoutMs: EXCLUSIVE_TIMEOUT_MS, signal: ends, ...options.lock });
      }
      return inTurn(entry.key, () => work(async () => {}), ends);
    },
  };

  /**
   * Brings the index up to date with a session whose save was killed between
   * the store and the index. What keeps it from that, such as a full disk, is
   * no reason not to hand out the session, which is whole.
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

  /** Whether the session that would be replaced is locked by a key we do not have, and must not be overwritten. */
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
