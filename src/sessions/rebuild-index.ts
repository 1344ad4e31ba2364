import { parseClientSecret } from './client-secrets.js';
import { parsePending } from './pending-sign-ins.js';
import type { ClientSecretEntry, IndexContent, PendingEntry, SessionEntry, StoredValue } from './session-index.js';
import { parseSession } from './session-record.js';
import type { Session, StoreKind } from './session-store.js';
import { pendingId, pendingName, type ValueNames } from './value-names.js';

/** The values of a store that can list them. */
export interface StoreValues {
  readonly kind: StoredValue['store'];
  readonly values: readonly { readonly key: string; readonly value: string }[];
}

/**
 * Rebuilds the index from the values in the stores. Each value proves by its own
 * content which key it belongs to. Values of other kinds are left out.
 */
export function rebuildIndex(
  stores: readonly StoreValues[],
  names: ValueNames,
): Omit<IndexContent, 'version' | 'unsettled'> {
  const sessions: (SessionEntry & StoredValue)[] = [];
  const pending: PendingEntry[] = [];
  const clientSecrets: ClientSecretEntry[] = [];
  for (const { kind, values } of stores) {
    for (const { key, value } of values) {
      const session = parseSession(value);
      if (session && names.session(kind, session.profile, session.issuer) === key) {
        sessions.push({ ...describeSession(session, kind, key), store: kind });
        continue;
      }
      const signIn = parsePending(value);
      if (signIn && pendingName(pendingId(signIn.state)) === key) {
        pending.push({ id: pendingId(signIn.state), store: kind, key, expiresAt: signIn.expiresAt });
        continue;
      }
      const saved = parseClientSecret(value);
      if (saved && names.clientSecret(kind, saved.profile, saved.issuer) === key) {
        clientSecrets.push({ profile: saved.profile, issuer: saved.issuer, store: kind, key });
      }
    }
  }
  sessions.sort((a, b) => b.signedInAt - a.signedInAt);
  return { sessions, pending, clientSecrets };
}

/** A session's entry in the index, without secrets. */
export function describeSession(session: Session, store: StoreKind, key: string): SessionEntry {
  const { name, preferred_username: userName, email } = { ...session.userinfo, ...session.claims };
  const shown = [name, userName, email].find((claim) => typeof claim === 'string' && claim !== '') as
    | string
    | undefined;
  return {
    profile: session.profile,
    issuer: session.issuer,
    clientId: session.clientId,
    subject: session.subject,
    ...(shown === undefined ? {} : { name: shown }),
    store,
    key,
    signedInAt: session.signedInAt,
    ...(session.signInId === undefined ? {} : { signInId: session.signInId }),
    savedAt: session.refreshedAt ?? session.signedInAt,
    ...(session.expiresAt === undefined ? {} : { expiresAt: session.expiresAt }),
    refreshable: session.refreshToken !== undefined,
  };
}
