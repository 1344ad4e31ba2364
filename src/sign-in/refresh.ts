import { refreshTokens, type VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import type { ProviderDeps } from '../oidc/provider.js';
import type { Session } from '../sessions/session-store.js';
import type { Connection } from './client.js';

/** What a refresh asks for beyond new tokens of the old kind. */
export interface RefreshRequest {
  /** Resource indicators (RFC 8707 §2.2). */
  readonly resource?: readonly string[] | undefined;
  /** Anything else the provider understands. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Dependencies of the refresh grant. */
export interface RefreshDeps extends ProviderDeps {
  /** Throws where another process may be spending the same token by now. */
  readonly stillHeld: () => Promise<void>;
}

/**
 * Spends a session's refresh token once. `renewed` is the session with the
 * newest refresh token and ID token, to be saved before any token is handed
 * out; its access token is the old one, since only the caller knows whom the
 * new one is for. To be called with the session's lock held.
 *
 * Throws `no_refresh_token`, `refresh_refused`, and what `refreshTokens` throws.
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
  // Before the refresh token is spent: an ID token that could not be verified would lose the rotated one.
  await connection.provider.keySet.forKey(undefined);
  await deps.stillHeld();
  try {
    const asked = { ...request, previous: session.claims };
    const tokens = await refreshTokens(connection.provider, connection.client, refreshToken, asked, deps);
    const renewed: Session = {
      ...session,
      // No new refresh token in the answer: the old one goes on (RFC 6749 §6).
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
