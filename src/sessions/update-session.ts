import { OidcCliError } from '../errors.js';
import type { StillHeld } from '../lock.js';
import { describeSession } from './rebuild-index.js';
import type { SessionEntry, SessionIndex, StoredValue } from './session-index.js';
import { parseSession } from './session-record.js';
import { type Session, type SessionStore, type StoreKind, sameSignIn } from './session-store.js';

/** A refreshed session, and its entry before the refresh. */
export interface RefreshedSession {
  readonly session: Session;
  readonly entry: SessionEntry;
}

/** Dependencies of `updateStored`. */
export interface UpdateDeps {
  readonly index: SessionIndex;
  /** The store of the entry. */
  readonly store: SessionStore;
  readonly storeOf: (kind: StoreKind) => SessionStore;
  readonly keychainCanBeUsed: () => Promise<boolean>;
  readonly save: (session: Session, store: SessionStore) => Promise<void>;
  /** Called when the store did not respond in time, before any alternative. */
  readonly onHang: () => void;
  /** Called when another store now has the session. */
  readonly onMoved: (facts: { readonly to: StoreKind; readonly reason: string }) => void;
}

type Owner = { readonly profile: string; readonly issuer: string };

/** Whether both have the same profile and issuer, which have one session. */
export function sameOwner(a: Owner, b: Owner): boolean {
  return a.profile === b.profile && a.issuer === b.issuer;
}

/** The session in the store, if it is readable: after a save killed between the two, the index is out of date. */
export async function storedSession(store: SessionStore, key: string): Promise<Session | undefined> {
  const value = await store.get(key).catch(() => undefined);
  return value === undefined ? undefined : parseSession(value);
}

/**
 * Puts a refreshed session in its store, and replaces the one of `entries` that it
 * returns. Returns undefined and does nothing if a newer sign-in has replaced it.
 * Throws `not_signed_in` if it has been removed.
 */
export async function replaceStored<T extends SessionEntry>(
  { session, entry }: RefreshedSession,
  entries: readonly T[],
  store: SessionStore,
  stillHeld?: StillHeld,
): Promise<T | undefined> {
  const current = entries.find((other) => sameOwner(other, entry));
  if (!current) throw new OidcCliError('not_signed_in', { profile: entry.profile, issuer: entry.issuer });
  const moved = current.store !== entry.store || current.key !== entry.key;
  const stored = await storedSession(store, entry.key);
  if (moved || (stored && !sameSignIn(stored, session))) return undefined;
  await stillHeld?.();
  await store.set(entry.key, JSON.stringify(session));
  return current;
}

/**
 * Saves a refreshed session in the store and the index. `previous` is the session
 * as it was read last. If its store fails, another place takes it, since the
 * provider may have replaced the refresh token and will not issue the new one
 * again: the other store, else the memory of this process.
 *
 * Throws `not_signed_in` if the session has been removed, and the store's error
 * unless the other store took it, with the fact `lost` if a new refresh token ends
 * with this process, and `sessionSaved` if the session itself is saved and only
 * the list of sessions is not.
 */
export async function updateStored(
  refreshed: RefreshedSession & { readonly previous: Session | undefined },
  deps: UpdateDeps,
): Promise<void> {
  const { session, entry } = refreshed;
  const { index, store } = deps;
  try {
    await index.change(async (content, save, stillHeld) => {
      const current = await replaceStored(refreshed, content.sessions, store, stillHeld);
      if (!current) return;
      const saved: SessionEntry & StoredValue = {
        ...describeSession(session, current.store, entry.key),
        store: current.store,
      };
      await save({ ...content, sessions: content.sessions.map((other) => (other === current ? saved : other)) });
    });
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code === 'not_signed_in') throw error;
    await rescue({ ...refreshed, failure: error }, deps);
  }
}

async function rescue(
  unsaved: RefreshedSession & { readonly previous: Session | undefined; readonly failure: OidcCliError },
  { store, storeOf, keychainCanBeUsed, save, onHang, onMoved }: UpdateDeps,
): Promise<void> {
  const { session, entry, previous, failure } = unsaved;
  if (failure.code === 'store_timeout' && failure.facts.store === store.kind) onHang();
  const saved = await store.get(entry.key).then(
    (value) => (value === undefined ? undefined : parseSession(value)),
    // The store is not available, so its content counts as unchanged.
    () => previous,
  );
  if (saved?.accessToken === session.accessToken && saved.refreshToken === session.refreshToken) {
    throw failure.with({ facts: { sessionSaved: true } });
  }
  try {
    const other = entry.store === 'keychain' ? 'file' : 'keychain';
    if (other === 'file' || (await keychainCanBeUsed())) {
      await save(session, storeOf(other));
      onMoved({ to: other, reason: String(failure.facts.reason ?? failure.code) });
      return;
    }
  } catch {
    // Both stores have failed.
  }
  await save(session, storeOf('memory'));
  if (session.refreshToken === undefined || saved?.refreshToken === session.refreshToken) throw failure;
  throw failure.with({ facts: { lost: 'refresh token', profile: session.profile } });
}
