import type { Session } from '../sessions/session-store.js';

/** How a session stands, without asking anybody. */
export type SessionState = 'valid' | 'refreshable' | 'expired';

/** Reads a session's state at a time given in seconds since the epoch. A token without expiry counts as valid. */
export function sessionState(session: Pick<Session, 'expiresAt' | 'refreshToken'>, now: number): SessionState {
  if (session.expiresAt === undefined || session.expiresAt > now) return 'valid';
  return session.refreshToken === undefined ? 'expired' : 'refreshable';
}
