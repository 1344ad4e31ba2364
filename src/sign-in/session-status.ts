import type { Session } from '../sessions/session-store.js';

/** Seconds of remaining lifetime below which an access token is refreshed before use. */
const EXPIRES_SOON_SECONDS = 30;

/** A session's status, without a request to the provider. */
export type SessionStatus = 'valid' | 'refreshable' | 'expired';

/** Reads a session's status at `now`, in seconds since the epoch. A token without expiry counts as valid. */
export function sessionStatus(session: Pick<Session, 'expiresAt' | 'refreshToken'>, now: number): SessionStatus {
  if (session.expiresAt === undefined || session.expiresAt > now) return 'valid';
  return session.refreshToken === undefined ? 'expired' : 'refreshable';
}

/** Whether an access token does not expire soon; `now` in seconds since the epoch. */
export function isUnexpired(token: { readonly expiresAt?: number }, now: number): boolean {
  return token.expiresAt === undefined || token.expiresAt > now + EXPIRES_SOON_SECONDS;
}
