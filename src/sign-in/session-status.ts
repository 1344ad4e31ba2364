import type { Session } from '../sessions/session-store.js';

/** An access token with less than this left, in seconds, is refreshed before it is handed out. */
const EXPIRES_SOON_SECONDS = 30;

/** How a session stands, without asking anybody. */
export type SessionStatus = 'valid' | 'refreshable' | 'expired';

/** Reads a session's state at a time given in seconds since the epoch. A token without expiry counts as valid. */
export function sessionStatus(session: Pick<Session, 'expiresAt' | 'refreshToken'>, now: number): SessionStatus {
  if (session.expiresAt === undefined || session.expiresAt > now) return 'valid';
  return session.refreshToken === undefined ? 'expired' : 'refreshable';
}

/** Whether an access token is good for a while yet; `now` in seconds since the epoch. */
export function isUnexpired(token: { readonly expiresAt?: number }, now: number): boolean {
  return token.expiresAt === undefined || token.expiresAt > now + EXPIRES_SOON_SECONDS;
}
