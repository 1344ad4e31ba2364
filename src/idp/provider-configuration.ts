import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Configuration, interactionPolicy, JWK, KoaContextWithOIDC } from 'oidc-provider';
import { type Accounts, CLAIMS_BY_SCOPE } from './accounts.js';
import { type ClientRegistration, clientMetadata, isLoopbackUri } from './clients.js';
import { memoryAdapter } from './memory-adapter.js';
import { renderError, renderLogout, renderSignedOut } from './provider-pages.js';

/** The authentication context classes that the provider can answer `acr_values` with, the weakest first. */
export const ACR_VALUES = ['urn:oidc-cli:acr:1', 'urn:oidc-cli:acr:2'] as const;

const DAY = 24 * 60 * 60;

/** Scopes whose meaning OpenID Connect fixes; any other belongs to a resource (RFC 8707). */
const OIDC_SCOPES: readonly string[] = [...Object.keys(CLAIMS_BY_SCOPE), 'offline_access'];

/**
 * The configuration for oidc-provider. Every function it would complain about
 * on stdout when left at its default is given here. All times in seconds.
 */
export function providerConfiguration(parts: {
  accounts: Accounts;
  clients: readonly ClientRegistration[];
  policy: typeof interactionPolicy;
  /** The port that was asked for: 0 where any would do. */
  askedPort: number;
  /** Private, one an algorithm. */
  keys: readonly JWK[];
}): Configuration {
  const { accounts, clients, policy, askedPort, keys } = parts;
  const prompts = policy.base();
  prompts.add(new policy.Prompt({ name: 'select_account', requestable: true }), 0);
  return {
    acrValues: ACR_VALUES,
    adapter: memoryAdapter(),
    allowOmittingSingleRegisteredRedirectUri: false,
    claims: { ...CLAIMS_BY_SCOPE, acr: null, amr: null, auth_time: null, iss: null, sid: null },
    clientBasedCORS: (_ctx, origin, client) => client.redirectUriAllowed(`${origin}/`) || isLoopbackUri(origin),
    clients: clients.map(clientMetadata),
    // A token is expired when it says so: what reads it has a tolerance of its own.
    clockTolerance: 0,
    // So that a newcomer sees name and e-mail address in the ID token, as from most providers.
    conformIdTokenClaims: false,
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: cookieNames(askedPort),
    },
    discovery: { ui_locales_supported: ['en', 'ja'], claims_locales_supported: undefined },
    extraParams: { offline_access: grantOfflineAccess },
    features: {
      claimsParameter: { enabled: true },
      devInteractions: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          client.clientAuthMethod !== 'none' || token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource) => ({
          audience: resource,
          scope: resourceScopes(ctx),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: { enabled: true, logoutSource: renderLogout, postLogoutSuccessSource: renderSignedOut },
    },
    findAccount: (_ctx, sub) => {
      const user = accounts.bySubject(sub);
      return user && { accountId: sub, claims: () => ({ ...user.claims, sub }) };
    },
    interactions: { policy: prompts, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys: [...keys] },
    renderError,
    responseTypes: ['code'],
    rotateRefreshToken: true,
    scopes: OIDC_SCOPES,
    ttl: {
      AccessToken: 60 * 60,
      AuthorizationCode: 60,
      ClientCredentials: 60 * 60,
      Grant: 14 * DAY,
      IdToken: 60 * 60,
      Interaction: 60 * 60,
      RefreshToken: 14 * DAY,
      Session: 14 * DAY,
    },
  };
}

/**
 * Cookies know no ports: two providers left running on one machine must not
 * sign each other's users out, so the port is in their names. A port that the
 * system chose is another on each start, and would leave a cookie more in the
 * browser each time: those share one name.
 */
function cookieNames(askedPort: number) {
  const suffix = askedPort === 0 ? '' : `_${askedPort}`;
  return { session: `idp_session${suffix}`, interaction: `idp_interaction${suffix}`, resume: `idp_resume${suffix}` };
}

/** New signing keys, one an algorithm: RS256, ES256 and EdDSA. */
export async function signingKeys(): Promise<JWK[]> {
  const [rsa, ec, ed25519] = await Promise.all([
    promisify(generateKeyPair)('rsa', { modulusLength: 2048 }),
    promisify(generateKeyPair)('ec', { namedCurve: 'P-256' }),
    promisify(generateKeyPair)('ed25519', {}),
  ]);
  const jwk = ({ privateKey }: { privateKey: KeyObject }, alg: string): JWK => {
    return { ...(privateKey.export({ format: 'jwk' }) as JWK), use: 'sig', alg };
  };
  return [jwk(rsa, 'RS256'), jwk(ec, 'ES256'), jwk(ed25519, 'EdDSA')];
}

/**
 * Puts back the `offline_access` that oidc-provider drops from a request
 * without `prompt=consent`. OIDC Core 11 lets a provider grant it under other
 * conditions, and here there is one: the consent page asks for it by name,
 * once. So a refresh token comes whenever it was asked for and allowed.
 */
async function grantOfflineAccess(ctx: KoaContextWithOIDC): Promise<void> {
  const { client, params } = ctx.oidc;
  const asked = (await requestedScope(ctx))?.split(' ') ?? [];
  const saved = typeof params?.scope === 'string' ? params.scope.split(' ') : [];
  if (params && asked.includes('offline_access') && !saved.includes('offline_access')) {
    const allowed = client?.scope === undefined || client.scope.split(' ').includes('offline_access');
    if (allowed && client?.grantTypeAllowed('refresh_token')) params.scope = [...saved, 'offline_access'].join(' ');
  }
}

/** The scope as the client sent it: pushed (RFC 9126), in the body, or in the query. */
async function requestedScope(ctx: KoaContextWithOIDC): Promise<string | undefined> {
  const pushed = ctx.oidc.entities.PushedAuthorizationRequest?.request;
  if (pushed !== undefined) {
    const { decodeJwt } = await import('jose');
    return text(decodeJwt(pushed).scope);
  }
  return text(ctx.oidc.body?.scope) ?? text(ctx.query.scope);
}

/** Every scope asked for that is not OpenID Connect's own: a test resource grants what it is asked for. */
function resourceScopes(ctx: KoaContextWithOIDC): string {
  const { params, entities } = ctx.oidc;
  const asked = [params?.scope, entities.AuthorizationCode?.scope, entities.RefreshToken?.scope];
  const scopes = asked.flatMap((scope) => text(scope)?.split(' ') ?? []);
  return [...new Set(scopes)].filter((scope) => scope !== '' && !OIDC_SCOPES.includes(scope)).join(' ');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
