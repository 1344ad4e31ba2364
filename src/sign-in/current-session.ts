import { OidcCliError } from '../errors.js';
import { CLIENT_AUTH_METHODS } from '../oidc/client-authentication.js';
import type { ProviderDeps } from '../oidc/provider.js';
import { requestUserinfo } from '../oidc/userinfo.js';
import type { Session } from '../sessions/session-store.js';
import { type Connection, connect } from './client.js';
import { type RefreshDeps, refreshGrant } from './refresh.js';
import { isUnexpired, sessionStatus } from './session-status.js';

/** Dependencies of this flow: the provider, and the one session in its store. */
export interface CurrentSessionDeps extends ProviderDeps {
  /** Reads the session again, since another process may have refreshed it. */
  readonly read: () => Promise<Session | undefined>;
  /** Verifies that a session can be saved. Throws `store_*`. */
  readonly ready: () => Promise<void>;
  readonly save: (session: Session) => Promise<void>;
  /**
   * Runs `work` alone among all processes for this session. `work` awaits
   * `stillHeld` directly before an action that must not happen twice. If another
   * process has taken the lock over, `stillHeld` throws and `work` runs again.
   */
  readonly exclusively: <T>(work: (stillHeld: () => Promise<void>) => Promise<T>) => Promise<T>;
  /** Reads the client secret from the source that the session names. */
  readonly clientSecret: (session: Session) => Promise<string | undefined>;
}

/** A session ready for use. */
export interface CurrentSession {
  readonly session: Session;
  readonly refreshed: boolean;
}

/**
 * Returns the session with an access token that does not expire soon: it refreshes
 * the session when the token is about to expire, or always with `force`. Of two
 * processes at once only one spends the refresh token: the second finds the
 * session that the first has saved. Throws `session_expired`, `no_refresh_token`,
 * `refresh_refused`, and for a refreshed ID token the errors of `refreshTokens`;
 * saves nothing of a refused response.
 */
export async function currentSession(
  request: { readonly session: Session; readonly force: boolean },
  deps: CurrentSessionDeps,
): Promise<CurrentSession> {
  const { session, force } = request;
  const now = () => Math.floor(deps.clock.now() / 1000);
  if (!force && isUnexpired(session, now())) return { session, refreshed: false };
  if (session.refreshToken === undefined) {
    if (force) throw new OidcCliError('no_refresh_token', facts(session));
    // The token expires soon but is still valid. Without a refresh token its last seconds are used.
    if (sessionStatus(session, now()) === 'valid') return { session, refreshed: false };
    throw new OidcCliError('session_expired', facts(session));
  }
  return deps.exclusively(async (stillHeld) => {
    const newest = await deps.read();
    if (!newest) throw new OidcCliError('not_signed_in', facts(session));
    if (newest.accessToken !== session.accessToken && isUnexpired(newest, now()))
      return { session: newest, refreshed: true };
    // Verified before the refresh token is spent: on a full disk the rotated one would be lost.
    await deps.ready();
    const refreshed = await refresh(newest, { ...deps, stillHeld });
    // Saved before the token is returned: losing a rotated refresh token ends the session.
    await deps.save(refreshed);
    return { session: refreshed, refreshed: true };
  });
}

function facts(session: Session) {
  return { profile: session.profile, issuer: session.issuer, scope: session.scope.requested.join(' ') };
}

/** The provider and client of a saved session, as at its sign-in. */
export async function discoverForSession(
  session: Session,
  deps: ProviderDeps & Pick<CurrentSessionDeps, 'clientSecret'>,
): Promise<Connection> {
  const method = CLIENT_AUTH_METHODS.find((known) => known === session.clientAuth);
  return connect(
    {
      issuer: session.issuer,
      endpoints: session.endpoints,
      allowHttp: session.allowHttp === true,
      clientId: session.clientId,
      clientSecret: await deps.clientSecret(session),
      clientAuth: method,
      ca: session.ca,
      insecure: session.insecure === true,
      clockTolerance: session.clockTolerance,
      strict: session.strict,
    },
    deps,
  );
}

async function refresh(session: Session, deps: CurrentSessionDeps & RefreshDeps): Promise<Session> {
  // A Logto token has one resource. Only a request without a resource returns the token for userinfo.
  const resource = session.kind === 'logto' ? undefined : session.resource;
  const connection = await discoverForSession(session, deps);
  const { tokens, renewed } = await refreshGrant(session, connection, { resource }, deps);
  const { expiresAt: _old, ...saved } = renewed;
  return {
    ...saved,
    accessToken: tokens.accessToken,
    tokenType: tokens.tokenType,
    ...(tokens.expiresAt === undefined ? {} : { expiresAt: tokens.expiresAt }),
    ...(tokens.scope ? { scope: { ...session.scope, granted: tokens.scope } } : {}),
  };
}

/** Like `discoverForSession`, for requests without client authentication: does not read the secret. */
export async function discoverUnauthenticated(session: Session, deps: ProviderDeps): Promise<Connection> {
  return discoverForSession({ ...session, clientAuth: 'none' }, { ...deps, clientSecret: async () => undefined });
}

/** Requests userinfo for a saved session and compares `sub`. Throws the errors of `requestUserinfo`. */
export async function requestSessionUserinfo(
  session: Session,
  deps: ProviderDeps,
): Promise<Readonly<Record<string, unknown>>> {
  const { provider, client } = await discoverUnauthenticated(session, deps);
  return requestUserinfo(provider, client, session.accessToken, session.subject, deps);
}
