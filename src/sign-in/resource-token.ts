import { type Facts, OidcCliError } from '../errors.js';
import { ORGANIZATIONS_SCOPE } from '../profiles/logto-kind.js';
import type { SavedAccessToken, Session, TokenTarget } from '../sessions/session-store.js';
import { type CurrentSessionDeps, discoverForSession } from './current-session.js';
import { type RefreshDeps, refreshGrant } from './refresh.js';
import { isUnexpired } from './session-status.js';

/** An access token ready for use, and the session that keeps it. */
export interface ResourceToken {
  readonly session: Session;
  readonly token: SavedAccessToken;
  readonly refreshed: boolean;
}

/** How providers word that they give this person no token for an organization. */
const ORGANIZATION_REFUSALS: readonly string[] = ['access_denied', 'insufficient_scope'];

/**
 * An access token for a resource or an organization, good for a while: the one
 * kept with the session, else, or always with `force`, a new one by a refresh
 * grant with `resource` (RFC 8707 §2.2) or Logto's `organization_id`. The
 * ordinary access token and those of other targets stay as they are. Two
 * processes at once that ask for the same spend one refresh token.
 *
 * Throws `invalid_target` and `organization_refused` (without a request where
 * the sign-in did not ask for the resource, or for organizations),
 * `not_signed_in`, `no_refresh_token`, `refresh_refused`, and for an ID token in
 * the answer what `refreshTokens` throws; nothing of a refused answer is saved.
 */
export async function resourceToken(
  request: { readonly session: Session; readonly target: TokenTarget; readonly force: boolean },
  deps: CurrentSessionDeps,
): Promise<ResourceToken> {
  const { session, target, force } = request;
  const now = () => Math.floor(deps.clock.now() / 1000);
  const cached = cachedAccessToken(session, target);
  if (!force && cached && isUnexpired(cached, now())) return { session, token: cached, refreshed: false };
  // A refresh is for what was granted (RFC 8707 §2.2). Providers refuse another resource only after they have
  // rotated the refresh token, and the new one never arrives: asking would end the session.
  if (target.resource !== undefined && !session.resource?.includes(target.resource)) {
    throw new OidcCliError('invalid_target', facts(session, target));
  }
  // Likewise; and a provider that knows no organizations would hand out its ordinary token.
  if (target.organization !== undefined && !session.scope.requested.includes(ORGANIZATIONS_SCOPE)) {
    throw new OidcCliError('organization_refused', facts(session, target));
  }
  if (session.refreshToken === undefined) {
    // Not yet over, only soon: the last seconds of a token that cannot be renewed are still good.
    if (!force && cached?.expiresAt !== undefined && cached.expiresAt > now()) {
      return { session, token: cached, refreshed: false };
    }
    throw new OidcCliError('no_refresh_token', facts(session, target));
  }
  return deps.exclusively(async (stillHeld) => {
    const newest = await deps.read();
    if (!newest) throw new OidcCliError('not_signed_in', { profile: session.profile, issuer: session.issuer });
    const other = cachedAccessToken(newest, target);
    // Another process asked for the same meanwhile.
    if (other && other.accessToken !== cached?.accessToken && isUnexpired(other, now())) {
      return { session: newest, token: other, refreshed: true };
    }
    await deps.ready();
    const { token, renewed } = await requestToken(newest, target, { ...deps, stillHeld });
    const others = (newest.accessTokens ?? []).filter(
      (member) => member !== other && (member.expiresAt === undefined || member.expiresAt > now()),
    );
    const saved = { ...renewed, accessTokens: [...others, token] };
    // Saved before the token is handed out: a rotated refresh token that nobody kept ends the session.
    await deps.save(saved);
    return { session: saved, token, refreshed: true };
  });
}

async function requestToken(
  session: Session,
  target: TokenTarget,
  deps: CurrentSessionDeps & RefreshDeps,
): Promise<{ token: SavedAccessToken; renewed: Session }> {
  const { resource, organization } = target;
  const connection = await discoverForSession(session, deps);
  const request = {
    resource: resource === undefined ? [] : [resource],
    parameters: organization === undefined ? {} : { organization_id: organization },
  };
  try {
    const { tokens, renewed } = await refreshGrant(session, connection, request, deps);
    const token: SavedAccessToken = {
      ...(resource === undefined ? {} : { resource }),
      ...(organization === undefined ? {} : { organization }),
      accessToken: tokens.accessToken,
      tokenType: tokens.tokenType,
      ...(tokens.expiresAt === undefined ? {} : { expiresAt: tokens.expiresAt }),
      // Not stated means: as granted at sign-in (RFC 6749 §6).
      scope: tokens.scope ?? session.scope.granted,
    };
    return { token, renewed };
  } catch (error) {
    throw withTarget(error, session, target);
  }
}

function cachedAccessToken(session: Session, target: TokenTarget): SavedAccessToken | undefined {
  return session.accessTokens?.find(
    (saved) => saved.resource === target.resource && saved.organization === target.organization,
  );
}

/** A refusal with what the token was to be for; what another code says better gets that. */
function withTarget(error: unknown, session: Session, target: TokenTarget): unknown {
  if (!(error instanceof OidcCliError)) return error;
  const known = facts(session, target);
  const refusal = typeof error.facts.error === 'string' ? error.facts.error : '';
  if (target.organization !== undefined && ORGANIZATION_REFUSALS.includes(refusal)) {
    return error.with({ code: 'organization_refused', facts: known });
  }
  // The words of access_denied are those of a person who pressed "cancel".
  const code = error.code === 'access_denied' ? 'token_request_refused' : error.code;
  return error.with({ code, facts: known });
}

function facts(session: Session, { resource, organization }: TokenTarget): Facts {
  const { profile, issuer, scope } = session;
  return {
    profile,
    issuer,
    scope: scope.requested.join(' '),
    ...(resource === undefined ? {} : { resource, askedResources: session.resource ?? [] }),
    ...(organization === undefined ? {} : { organization, granted: scope.granted.join(' ') }),
  };
}
