import { refreshTokens, type VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import type { ProviderDeps } from '../oidc/provider.js';
import type { Session } from '../sessions/session-store.js';
import type { Connection } from './client.js';

/** Additions to a plain refresh request. */
export interface RefreshRequest {
  /** Resource indicators (RFC 8707 §2.2). */
  readonly resource?: readonly string[];
  /** Further parameters for the provider. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Dependencies of the refresh grant. */
export interface RefreshDeps extends ProviderDeps {
  /** Throws if another process may already spend the same token. */
  readonly stillHeld: () => Promise<void>;
}

/**
 * Spends a session's refresh token once. The caller saves `renewed`, the session
 * with the newest refresh token and ID token, before it hands out any token.
 * `renewed` has the old access token, since only the caller knows the new one's
 * target. The caller holds the session's lock.
 *
 * Throws `no_refresh_token`, `refresh_refused`, and the errors of `refreshTokens`.
 */
export async function refreshGrant(
  session: Session,
  connection: Connection,
  request: RefreshRequest,
  deps: RefreshDeps,
): Promise<{ tokens: VerifiedTokens; renewed: Session }> {
  const { profile, issuer, refreshToken } = session;
  const facts = { profile, issuer, scope: session.scope.requested.join(' ') };
  if (refreshToken === undefined) throw new OidcCliError('no_refresh_token', facts);
  // Fetched before the refresh token is spent: an ID token that cannot be verified would lose the rotated one.
  await connection.provider.keySet.forKey(undefined);
  await deps.stillHeld();
  try {
    const asked = { ...request, previous: session.claims };
    const tokens = await refreshTokens(connection.provider, connection.client, refreshToken, asked, deps);
    const renewed: Session = {
      ...session,
      // Without a new refresh token in the response the old one stays valid (RFC 6749 §6).
      refreshToken: tokens.refreshToken ?? refreshToken,
      ...(tokens.idToken && tokens.report ? { idToken: tokens.idToken, claims: tokens.report.claims } : {}),
      refreshedAt: Math.floor(deps.clock.now() / 1000),
    };
    return { tokens, renewed };
  } catch (error) {
    if (error instanceof OidcCliError && error.code === 'invalid_grant') {
      throw error.with({ code: 'refresh_refused', facts });
    }
    throw error;
  }
}
