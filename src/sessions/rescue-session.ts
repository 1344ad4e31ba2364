import type { OidcCliError } from '../errors.js';
import type { SessionEntry } from './session-index.js';
import { parseSession } from './session-record.js';
import type { Session, SessionStore, StoreKind } from './session-store.js';

/** A refreshed session, where it was to be saved, and why it could not be. */
export interface UnsavedSession {
  readonly session: Session;
  readonly entry: SessionEntry;
  readonly failure: OidcCliError;
}

/** The parts of the stores that `rescueSession` uses. */
export interface RescueDeps {
  readonly storeOf: (kind: StoreKind) => SessionStore;
  readonly keychainCanBeUsed: () => Promise<boolean>;
  readonly save: (session: Session, store: SessionStore) => Promise<void>;
  /** Called when the session is in another store from now on. */
  readonly onMoved: (facts: { readonly to: StoreKind; readonly reason: string }) => void;
}

/**
 * Finds another place for a refreshed session that its store did not take,
 * since the provider may have replaced the refresh token and will not give
 * the new one again: the other store, else the memory of this process.
 *
 * Throws what the store said unless the other store took it, with the fact
 * `lost` where a new refresh token ends with this process, and `sessionSaved`
 * where the session itself is safe and only the list of sessions is not.
 */
export async function rescueSession({ session, entry, failure }: UnsavedSession, deps: RescueDeps): Promise<void> {
  const failing = (facts: Readonly<Record<string, string | boolean>>) => failure.with({ facts });
  const value = await deps
    .storeOf(entry.store)
    .get(entry.key)
    .catch(() => undefined);
  const saved = value === undefined ? undefined : parseSession(value);
  if (saved?.accessToken === session.accessToken && saved.refreshToken === session.refreshToken) {
    throw failing({ sessionSaved: true });
  }
  try {
    const other = entry.store === 'keychain' ? 'file' : 'keychain';
    if (other === 'file' || (await deps.keychainCanBeUsed())) {
      await deps.save(session, deps.storeOf(other));
      deps.onMoved({ to: other, reason: String(failure.facts.reason ?? failure.code) });
      return;
    }
  } catch {
    // Neither store takes it.
  }
  await deps.save(session, deps.storeOf('memory'));
  if (session.refreshToken === undefined || saved?.refreshToken === session.refreshToken) throw failure;
  throw failing({ lost: 'refresh token', profile: session.profile });
}
