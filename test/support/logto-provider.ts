/*
 * A provider with the shape of Logto, for the tests of Logto applications.
 *
 * It imitates, on oidc-provider: the issuer under /oidc; ES384 alone; `iss` in callbacks (RFC 9207); pushed
 * authorization requests, introspection, revocation, end session; redirect URIs that match to the letter, loopback
 * ports too; PKCE required of the single-page application alone; no prompt `select_account`; a refresh token only for
 * `offline_access` with the prompt `consent`, a new one at each refresh; unknown scopes ignored, unknown resources
 * refused; a JWT a resource and an opaque token without one; organization tokens by a refresh grant with
 * `organization_id`; sign-in parameters of which one bad value drops all.
 *
 * It does not imitate: Logto's own sign-in pages (those of the built-in provider stand in for them, and do nothing
 * with the sign-in parameters), first-party applications that need no consent page, roles and permissions of an
 * organization (its tokens have no scope), the always-issue switch for refresh tokens, the conditions under which
 * Logto leaves a refresh token unrotated or takes a spent one, the Management API, connectors, or whatever else the
 * tokens of the hosted service hold.
 */
import { generateKeyPair } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { promisify } from 'node:util';
import type { Configuration, JWK, KoaContextWithOIDC, Provider, TokenEndpointGrantContext } from 'oidc-provider';
import { Accounts, CLAIMS_BY_SCOPE, DEFAULT_USERS, type TestUser } from '../../src/idp/accounts.js';
import type { ClientRegistration } from '../../src/idp/clients.js';
import { loadOidcProvider, type OidcProviderModule } from '../../src/idp/load-oidc-provider.js';
import { addPageRoutes } from '../../src/idp/page-routes.js';
import { providerConfiguration } from '../../src/idp/provider-configuration.js';
import { listenOnLoopback } from '../../src/network/loopback-server.js';
import {
  SIGN_IN_PARAMETERS,
  type SignInParameters,
  sentSignInParameters,
  takenSignInParameters,
} from './logto-sign-in-parameters.js';

/** An API resource: its indicator is the audience of its tokens. */
export interface LogtoResource {
  readonly indicator: string;
  readonly scopes: readonly string[];
}

/** An organization, with its members by user name. */
export interface LogtoOrganization {
  readonly id: string;
  readonly members: readonly string[];
}

/** An application as its console shows it. */
export interface LogtoApplication {
  readonly id: string;
  /** Absent for the single-page application, which is a public client. */
  readonly secret: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
}

/** One authorization request, with what a person would have seen of its sign-in parameters. */
export interface AuthorizationRecord {
  /** The query as it came. */
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly sent: SignInParameters;
  readonly taken: SignInParameters;
  readonly error?: string;
}

/** One token request. */
export interface TokenRecord {
  /** The form as it came, secrets and all. */
  readonly form: Readonly<Record<string, unknown>>;
  /** The `error` of a refused one. */
  readonly error?: string;
}

/** Everything that was asked so far, in order; the lists go on growing. */
export interface LogtoRequests {
  readonly all: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  readonly authorization: readonly AuthorizationRecord[];
  readonly token: readonly TokenRecord[];
}

export interface LogtoProviderOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Besides `http://localhost:3000/callback`, for both applications. */
  readonly redirectUris?: readonly string[];
  /** Besides `http://localhost:3000/`, for both applications. */
  readonly postLogoutRedirectUris?: readonly string[];
  /** In place of the two that are there by default. */
  readonly resources?: readonly LogtoResource[];
  /** In place of the two that are there by default: one of Alice's and one of Bob's. */
  readonly organizations?: readonly LogtoOrganization[];
  /** Besides Alice and Bob. */
  readonly users?: readonly TestUser[];
}

export interface LogtoProvider {
  /** What an application is configured with: `http://127.0.0.1:port`. */
  readonly endpoint: string;
  /** `<endpoint>/oidc`. */
  readonly issuer: string;
  /** The traditional web application. */
  readonly app: LogtoApplication;
  readonly spaApp: Omit<LogtoApplication, 'secret'>;
  readonly resources: readonly LogtoResource[];
  readonly organizations: readonly LogtoOrganization[];
  readonly requests: LogtoRequests;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

/** The scope without which there are no organization tokens. */
const ORGANIZATIONS_SCOPE = 'urn:logto:scope:organizations';

/** What Logto's SDKs ask for beside that scope. It has tokens like any resource. */
const ORGANIZATIONS_RESOURCE: LogtoResource = { indicator: 'urn:logto:resource:organizations', scopes: [] };

/** What stands before an organization's id in the audience of its tokens. */
const ORGANIZATION_AUDIENCE = 'urn:logto:organization:';

const RESOURCES: readonly LogtoResource[] = [
  { indicator: 'https://orders.example.com/api', scopes: ['read:orders', 'write:orders'] },
  { indicator: 'https://stock.example.com/api', scopes: ['read:stock'] },
];

const ORGANIZATIONS: readonly LogtoOrganization[] = [
  { id: 'org-of-alice', members: ['alice'] },
  { id: 'org-of-bob', members: ['bob'] },
];

/** Starts the provider on loopback, with new keys and an empty memory. Alice and Bob can sign in. */
export async function startLogtoProvider(options: LogtoProviderOptions = {}): Promise<LogtoProvider> {
  const module = await loadOidcProvider();
  const accounts = new Accounts([...DEFAULT_USERS, ...(options.users ?? [])]);
  const resources = options.resources ?? RESOURCES;
  const organizations = options.organizations ?? ORGANIZATIONS;
  const redirectUris = ['http://localhost:3000/callback', ...(options.redirectUris ?? [])];
  const postLogoutRedirectUris = ['http://localhost:3000/', ...(options.postLogoutRedirectUris ?? [])];
  const app = { id: 'logto-web-app', secret: 'logto-web-app-secret', redirectUris, postLogoutRedirectUris };
  const spaApp = { id: 'logto-spa', redirectUris, postLogoutRedirectUris };
  const parts = { module, accounts, resources, organizations };

  let response: RequestListener = (_request, response) => response.writeHead(503).end();
  const { port, close } = await listenOnLoopback(['127.0.0.1'], options.port ?? 0, (req, res) => response(req, res), {
    serves: 'provider',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const issuer = `${endpoint}/oidc`;
  const configuration = await logtoConfiguration(parts, [
    { clientId: app.id, clientSecret: app.secret, redirectUris, postLogoutRedirectUris },
    { clientId: spaApp.id, redirectUris, postLogoutRedirectUris },
  ]);
  const provider = new (withOrganizationTokens(parts))(issuer, configuration);
  // Koa would write unexpected failures to stderr.
  provider.silent = true;
  takeOrganizationAudiences(provider);
  const { requests, mounted } = recorded(provider);
  addPageRoutes(provider, accounts, () => new module.errors.SessionNotFound('interaction session not found'));
  response = mounted(provider.callback());
  return { endpoint, issuer, app, spaApp, resources, organizations, requests, close };
}

interface Parts {
  readonly module: OidcProviderModule;
  readonly accounts: Accounts;
  readonly resources: readonly LogtoResource[];
  readonly organizations: readonly LogtoOrganization[];
}

/** The built-in provider's configuration, changed to Logto's where the two differ. */
async function logtoConfiguration(parts: Parts, clients: readonly ClientRegistration[]): Promise<Configuration> {
  const { module, accounts, organizations } = parts;
  const policy = module.interactionPolicy;
  // Its key is laid over.
  const base = providerConfiguration({ accounts, clients, policy, askedPort: 0, keys: [] });
  const claims = {
    ...CLAIMS_BY_SCOPE,
    custom_data: ['custom_data'],
    identities: ['identities'],
    roles: ['roles'],
    [ORGANIZATIONS_SCOPE]: ['organizations'],
    'urn:logto:scope:organization_roles': ['organization_roles'],
  };
  const standard: readonly string[] = ['login_hint', 'ui_locales'];
  return {
    ...base,
    acrValues: [],
    claims: { ...claims, acr: null, amr: null, auth_time: null, iss: null, sid: null },
    clientDefaults: { id_token_signed_response_alg: 'ES384' },
    enabledJWA: { idTokenSigningAlgValues: ['ES384'] },
    // What is named here is kept; login_hint and ui_locales are the standard's.
    extraParams: SIGN_IN_PARAMETERS.filter((name) => !standard.includes(name)),
    extraTokenClaims: (ctx) => {
      const id = ctx.oidc.params?.organization_id;
      return typeof id === 'string' && ctx.oidc.route === 'token' ? { organization_id: id } : undefined;
    },
    features: {
      ...base.features,
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // Several may be asked for; a token without a resource is for userinfo.
        defaultResource: () => '',
        useGrantedResource: () => false,
        getResourceServerInfo: (ctx, indicator) => resourceServer(ctx, indicator, parts),
      },
    },
    findAccount: (_ctx, sub) => {
      const user = accounts.bySubject(sub);
      const own = organizations.filter(({ members }) => members.includes(user?.username ?? '')).map(({ id }) => id);
      return user && { accountId: sub, claims: () => ({ ...user.claims, sub, organizations: own }) };
    },
    // Without the prompt select_account, which the built-in provider adds.
    interactions: { ...base.interactions, policy: module.interactionPolicy.base() },
    jwks: { keys: [await signingKey()] },
    pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
    scopes: [...Object.keys(claims), 'offline_access'],
  };
}

async function signingKey(): Promise<JWK> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-384' });
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), use: 'sig', alg: 'ES384' };
}

function resourceServer(ctx: KoaContextWithOIDC, indicator: string, { resources, module }: Parts) {
  const resource = [...resources, ORGANIZATIONS_RESOURCE].find((known) => known.indicator === indicator);
  const forOrganization = indicator === organizationAudience(ctx);
  if (!resource && !forOrganization) throw new module.errors.InvalidTarget('resource indicator is not registered');
  return {
    audience: indicator,
    scope: resource?.scopes.join(' ') ?? '',
    accessTokenFormat: 'jwt' as const,
    jwt: { sign: { alg: 'ES384' as const } },
  };
}

/** The audience of the organization token that a token request asks for. */
function organizationAudience(ctx: KoaContextWithOIDC): string | undefined {
  const id = ctx.oidc.route === 'token' ? ctx.oidc.params?.organization_id : undefined;
  return typeof id === 'string' ? ORGANIZATION_AUDIENCE + id : undefined;
}

/**
 * oidc-provider whose refresh grant takes `organization_id`: it is registered
 * while the provider is made, so that is where it is wrapped.
 */
function withOrganizationTokens({ module, accounts, organizations }: Parts): typeof Provider {
  const { AccessDenied, InsufficientScope } = module.errors;
  return class extends module.Provider {
    override registerGrantType<Params extends object>(
      name: string,
      handler: (ctx: TokenEndpointGrantContext<Params>) => void | Promise<void>,
      params?: string | readonly string[] | ReadonlySet<string>,
      duplicates?: string | readonly string[] | ReadonlySet<string>,
    ): void {
      if (name !== 'refresh_token') {
        super.registerGrantType(name, handler, params, duplicates);
        return;
      }
      const forOrganizations = async (ctx: TokenEndpointGrantContext<Params>) => {
        const asked = ctx.oidc.params as Record<string, unknown>;
        const audience = organizationAudience(ctx);
        if (audience !== undefined) {
          const refreshToken = await this.RefreshToken.find(String(asked.refresh_token));
          // An unknown refresh token is refused by the grant itself.
          if (refreshToken) {
            if (!refreshToken.scopes.has(ORGANIZATIONS_SCOPE)) {
              throw new InsufficientScope('refresh token missing required scope', ORGANIZATIONS_SCOPE);
            }
            const user = accounts.bySubject(refreshToken.accountId);
            const organization = organizations.find(({ id }) => id === asked.organization_id);
            if (!user || !organization?.members.includes(user.username)) {
              throw new AccessDenied('user is not a member of the organization');
            }
          }
          asked.resource ??= audience;
        }
        await handler(ctx);
      };
      super.registerGrantType(name, forOrganizations, [...(params ?? []), 'organization_id'], duplicates);
    }
  };
}

/** Nobody asks for an organization's audience at sign-in, so the refresh token must not be held against it. */
function takeOrganizationAudiences(provider: Provider): void {
  const { prototype } = provider.RefreshToken;
  Object.defineProperty(prototype, 'resourceIndicators', {
    get(this: { resource?: string | readonly string[] }) {
      const granted = [this.resource ?? []].flat();
      return { has: (resource: string) => granted.includes(resource) || resource.startsWith(ORGANIZATION_AUDIENCE) };
    },
  });
}

/** Keeps what is asked of the provider, and serves it under /oidc with its pages beside that. */
function recorded(provider: Provider) {
  const all: LogtoRequests['all'][number][] = [];
  const authorization: AuthorizationRecord[] = [];
  const token: TokenRecord[] = [];
  const refused = new WeakMap<object, string>();
  provider.on('authorization.error', (ctx, { error }) => refused.set(ctx.req, error));
  provider.on('grant.success', (ctx) => token.push({ form: { ...ctx.oidc.body } }));
  provider.on('grant.error', (ctx, { error }) => token.push({ form: { ...ctx.oidc.body }, error }));
  provider.use(async (context, next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    await next();
    if (ctx.path !== '/auth') return;
    const error = refused.get(ctx.req);
    const sent = sentSignInParameters(ctx.oidc?.params ?? ctx.query);
    const taken = takenSignInParameters(sent);
    authorization.push({ query: { ...ctx.query }, sent, taken, ...(error === undefined ? {} : { error }) });
  });
  const mounted =
    (serve: (...args: Parameters<RequestListener>) => unknown): RequestListener =>
    (request, response) => {
      const url = request.url ?? '/';
      const path = url.split('?')[0] ?? '';
      response.once('close', () => all.push({ method: request.method ?? '', path, status: response.statusCode }));
      if (path.startsWith('/oidc/')) {
        // From the two of them oidc-provider learns where it is mounted.
        Object.assign(request, { originalUrl: url, url: url.slice('/oidc'.length) });
      } else if (!path.startsWith('/interaction/')) {
        response.writeHead(404).end();
        return;
      }
      void serve(request, response);
    };
  return { requests: { all, authorization, token }, mounted };
}
