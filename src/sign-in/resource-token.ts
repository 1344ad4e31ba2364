import { type FactsOf, OidcCliError } from '../errors.js';
import { ORGANIZATIONS_SCOPE } from '../profiles/logto-kind.js';
import type { SavedAccessToken, Session, TokenTarget } from '../sessions/session-store.js';
import { type CurrentSessionDeps, discoverForSession } from './current-session.js';
import { type RefreshDeps, refreshGrant } from './refresh.js';
import { isUnexpired } from './session-status.js';

/** An access token ready for use, and the session that holds it. */
export interface ResourceToken {
  readonly session: Session;
  readonly token: SavedAccessToken;
  readonly refreshed: boolean;
}

/** OAuth errors by which providers refuse this user a token for an organization. */
const ORGANIZATION_REFUSALS: readonly string[] = ['access_denied', 'insufficient_scope'];

/**
 * An access token for a resource or an organization that does not expire soon: the
 * one saved with the session, or else, and always with `force`, a new one by a
 * refresh grant with `resource` (RFC 8707 §2.2) or Logto's `organization_id`. The
 * ordinary access token and those of other targets stay unchanged. Two processes
 * at once with the same target spend one refresh token.
 *
 * Throws `invalid_target` and `organization_refused` (without a request if the
 * sign-in did not request the resource, or organizations), `not_signed_in`,
 * `no_refresh_token`, `refresh_refused`, and for an ID token in the response the
 * errors of `refreshTokens`; saves nothing of a refused response.
 */
export async function resourceToken(
  request: { readonly session: Session; readonly target: TokenTarget; readonly force: boolean },
  deps: CurrentSessionDeps,
): Promise<ResourceToken> {
  const { session, target, force } = request;
  const now = () => Math.floor(deps.clock.now() / 1000);
  const cached = cachedAccessToken(session, target);
  if (!force && cached && isUnexpired(cached, now())) return { session, token: cached, refreshed: false };
  // A refresh covers only granted resources (RFC 8707 §2.2). Providers refuse any other resource only after rotating
  // the refresh token, and the new one never arrives: the request would end the session.
  if (target.resource !== undefined && !session.resource?.includes(target.resource)) {
    throw new OidcCliError('invalid_target', facts(session, target));
  }
  // Likewise. A provider without organizations would issue its ordinary token.
  if (target.organization !== undefined && !session.scope.requested.includes(ORGANIZATIONS_SCOPE)) {
    throw new OidcCliError('organization_refused', facts(session, target));
  }
  if (session.refreshToken === undefined) {
    // The token expires soon but is still valid. Without a refresh token its last seconds are used.
    if (!force && cached?.expiresAt !== undefined && cached.expiresAt > now()) {
      return { session, token: cached, refreshed: false };
    }
    throw new OidcCliError('no_refresh_token', facts(session, target));
  }
  return deps.exclusively(async (stillHeld) => {
    const newest = await deps.read();
    if (!newest) throw new OidcCliError('not_signed_in', { profile: session.profile, issuer: session.issuer });
    const other = cachedAccessToken(newest, target);
    // Another process has got the same token meanwhile.
    if (other && other.accessToken !== cached?.accessToken && isUnexpired(other, now())) {
      return { session: newest, token: other, refreshed: true };
    }
    await deps.ready();
    const { token, renewed } = await requestToken(newest, target, { ...deps, stillHeld });
    const others = (newest.accessTokens ?? []).filter(
      (member) => member !== other && (member.expiresAt === undefined || member.expiresAt > now()),
    );
    const saved = { ...renewed, accessTokens: [...others, token] };
    // Saved before the token is returned: losing a rotated refresh token ends the session.
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
  const parameters: Record<string, string> = organization === undefined ? {} : { organization_id: organization };
  const request = { resource: resource === undefined ? [] : [resource], parameters };
  try {
    const { tokens, renewed } = await refreshGrant(session, connection, request, deps);
    const token: SavedAccessToken = {
      ...(resource === undefined ? {} : { resource }),
      ...(organization === undefined ? {} : { organization }),
      accessToken: tokens.accessToken,
      tokenType: tokens.tokenType,
      ...(tokens.expiresAt === undefined ? {} : { expiresAt: tokens.expiresAt }),
      // An absent scope means the scope of the sign-in (RFC 6749 §6).
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

/** Adds the target to a refusal, and turns it into the more specific code if there is one. */
function withTarget(error: unknown, session: Session, target: TokenTarget): unknown {
  if (!(error instanceof OidcCliError)) return error;
  const known = facts(session, target);
  const refusal = typeof error.facts.error === 'string' ? error.facts.error : '';
  if (target.organization !== undefined && ORGANIZATION_REFUSALS.includes(refusal)) {
    return error.with({ code: 'organization_refused', facts: known });
  }
  // The explanation of access_denied is about a user who cancelled, so this refusal needs a different code.
  const code = error.code === 'access_denied' ? 'token_request_refused' : error.code;
  return error.with({ code, facts: known });
}

function facts(session: Session, { resource, organization }: TokenTarget): FactsOf<'no_refresh_token'> {
  const { profile, issuer, scope } = session;
  return {
    profile,
    issuer,
    scope: scope.requested.join(' '),
    ...(resource === undefined ? {} : { resource, askedResources: session.resource ?? [] }),
    ...(organization === undefined ? {} : { organization, granted: scope.granted.join(' ') }),
  };
}
