import { OidcCliError } from '../errors.js';
import { CLIENT_AUTH_METHODS } from '../oidc/client-authentication.js';
import type { ProviderDeps } from '../oidc/provider.js';
import { requestUserinfo } from '../oidc/userinfo.js';
import type { Session } from '../sessions/session-store.js';
import { type Connection, connect } from './client.js';
import { type RefreshDeps, refreshGrant } from './refresh.js';
import { isUnexpired, sessionStatus } from './session-status.js';

/** What this flow needs of the world: the provider, and the one session in its store. */
export interface CurrentSessionDeps extends ProviderDeps {
  /** Reads the session anew: another process may have refreshed it. */
  readonly read: () => Promise<Session | undefined>;
  /** Shows that a session could be saved. Throws `store_*`. */
  readonly ready: () => Promise<void>;
  readonly save: (session: Session) => Promise<void>;
  /**
   * Runs alone among all processes for this session. `stillHeld` is awaited
   * right before what must not happen twice; where another process has taken
   * over meanwhile, it throws and the work is run again.
   */
  readonly exclusively: <T>(work: (stillHeld: () => Promise<void>) => Promise<T>) => Promise<T>;
  /** The client secret, from where the session says it is. */
  readonly clientSecret: (session: Session) => Promise<string | undefined>;
}

/** A session ready for use. */
export interface CurrentSession {
  readonly session: Session;
  readonly refreshed: boolean;
}

/**
 * The session with an access token that is good for a while: refreshed first
 * when it is about to expire, or always with `force`. Two processes at once
 * spend the refresh token once: the second finds what the first has saved.
 * Throws `session_expired`, `no_refresh_token`, `refresh_refused`, and for a
 * refreshed ID token what `refreshTokens` throws; nothing of a refused answer is saved.
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
    // Not yet over, only soon: the last seconds of a token that cannot be renewed are still good.
    if (sessionStatus(session, now()) === 'valid') return { session, refreshed: false };
    throw new OidcCliError('session_expired', facts(session));
  }
  return deps.exclusively(async (stillHeld) => {
    const newest = await deps.read();
    if (!newest) throw new OidcCliError('not_signed_in', facts(session));
    if (newest.accessToken !== session.accessToken && isUnexpired(newest, now()))
      return { session: newest, refreshed: true };
    // Before the refresh token is spent: on a full disk the rotated one would be lost.
    await deps.ready();
    const refreshed = await refresh(newest, { ...deps, stillHeld });
    // Saved before the token is handed out: a rotated refresh token that nobody kept ends the session.
    await deps.save(refreshed);
    return { session: refreshed, refreshed: true };
  });
}

function facts(session: Session) {
  return { profile: session.profile, issuer: session.issuer, scope: session.scope.requested.join(' ') };
}

/** The provider and client of a kept session, as at its sign-in. */
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
  // Logto gives one token a resource, and the one for userinfo to who names none.
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

/** As `discoverForSession`, for what needs no client authentication: the secret is not asked for. */
export async function discoverUnauthenticated(session: Session, deps: ProviderDeps): Promise<Connection> {
  return discoverForSession({ ...session, clientAuth: 'none' }, { ...deps, clientSecret: async () => undefined });
}

/** Asks the userinfo endpoint about a kept session and compares `sub`. Throws as `requestUserinfo` does. */
export async function requestSessionUserinfo(
  session: Session,
  deps: ProviderDeps,
): Promise<Readonly<Record<string, unknown>>> {
  const { provider, client } = await discoverUnauthenticated(session, deps);
  return requestUserinfo(provider, client, session.accessToken, session.subject, deps);
}
