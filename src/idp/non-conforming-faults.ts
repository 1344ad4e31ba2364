import { createHash } from 'node:crypto';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Fault } from './fault.js';

/*
 * What a sound provider refuses, and this one then does not: one switch for
 * each thing that `oidc-cli probe` looks at. A sound client asks for none of
 * it, and sees nothing.
 */

/** Every unsound switch, by its name on the command line. */
export const NON_CONFORMING_FAULTS = {
  'prompt-none-page': {
    does: 'prompt=none is not heard: nobody signed in brings the sign-in page.',
    clause: 'against OIDC Core §3.1.2.1',
    client: 'signs in',
    extend: (provider) =>
      onAuthorization(provider, ({ query }) => (query.prompt === 'none' ? withoutParameter(query, 'prompt') : query)),
  },
  'prompt-none-denied': {
    does: 'prompt=none where nobody is signed in brings access_denied, not login_required.',
    clause: 'against OIDC Core §3.1.2.6',
    client: 'signs in',
    authorizationResponse: (response) => {
      if (response.error === 'login_required') response.error = 'access_denied';
    },
  },
  'redirect-uri-any-host': {
    does: 'A redirect URI counts as registered where its path is: its host is not compared.',
    clause: 'against RFC 6749 §3.1.2.3',
    client: 'signs in',
    extend: ({ Client: { prototype } }) => {
      const { redirectUriAllowed } = prototype;
      prototype.redirectUriAllowed = function (uri) {
        const same = (registered: string) => uriPath(registered) === uriPath(uri);
        return redirectUriAllowed.call(this, uri) || (this.redirectUris ?? []).some(same);
      };
    },
  },
  'redirect-uri-prefix': {
    does: 'A redirect URI counts as registered where it begins with one that is.',
    clause: 'against OIDC Core §3.1.2.1 and RFC 9700 §2.1',
    client: 'signs in',
    extend: ({ Client: { prototype } }) => {
      const { redirectUriAllowed } = prototype;
      prototype.redirectUriAllowed = function (uri) {
        const begins = (registered: string) => uri.startsWith(registered);
        return redirectUriAllowed.call(this, uri) || (this.redirectUris ?? []).some(begins);
      };
    },
  },
  'implicit-flow': {
    does: 'Every client may use the implicit flow (response_type=id_token token).',
    clause: 'against RFC 9700 §2.1.2',
    client: 'signs in',
    configure: (configuration) => {
      configuration.responseTypes = ['code', 'id_token token'];
      for (const client of configuration.clients ?? []) {
        client.response_types = ['code', 'id_token token'];
        client.grant_types = [...(client.grant_types ?? []), 'implicit'];
        // Of others oidc-provider wants https.
        client.application_type = 'native';
      }
    },
  },
  'unsigned-request-object': {
    does: 'A request object with alg none is believed before the address it stands in.',
    clause: 'against RFC 9101 §4',
    client: 'signs in',
    extend: (provider) => onAuthorization(provider, ({ query }) => ({ ...query, ...unsignedRequest(query.request) })),
  },
  'plain-accepted': {
    does: 'code_challenge_method=plain is taken, though only S256 is announced.',
    clause: 'against RFC 7636 §4.4.1',
    client: 'signs in',
    extend: (provider) =>
      onAuthorization(provider, ({ query }) => {
        const { code_challenge: challenge, code_challenge_method: method } = query;
        if (method !== 'plain' || typeof challenge !== 'string') return query;
        return { ...query, code_challenge: s256(challenge), code_challenge_method: 'S256' };
      }),
  },
  'state-decoded-twice': {
    does: 'The state is decoded once too often: a + comes back as a space, %20 too.',
    clause: 'against RFC 6749 §4.1.2',
    client: 'signs in',
    authorizationResponse: (response) => {
      if (typeof response.state === 'string') response.state = decodeTwice(response.state);
    },
  },

  'verifier-ignored': {
    does: 'Any code_verifier will do; one has to be there.',
    clause: 'against RFC 7636 §4.6',
    client: 'signs in',
    extend: (provider) =>
      onCode(provider, (code, { code_verifier: verifier }) => {
        // The challenge itself is left to the next fault.
        if (typeof verifier === 'string' && verifier !== code.codeChallenge) code.codeChallenge = s256(verifier);
      }),
  },
  'verifier-optional': {
    does: 'A code with a code_challenge is exchanged without a code_verifier too.',
    clause: 'against RFC 7636 §4.6',
    client: 'signs in',
    extend: (provider) =>
      onCode(provider, (code, { code_verifier: verifier }) => {
        if (verifier === undefined) delete code.codeChallenge;
      }),
  },
  'challenge-as-verifier': {
    does: 'The S256 code_challenge does as its own code_verifier.',
    clause: 'against RFC 7636 §4.6',
    client: 'signs in',
    extend: (provider) =>
      onCode(provider, (code, { code_verifier: verifier }) => {
        if (typeof verifier === 'string' && verifier === code.codeChallenge) code.codeChallenge = s256(verifier);
      }),
  },
  'token-redirect-uri-ignored': {
    does: 'The token endpoint does not compare redirect_uri with that of the authorization request.',
    clause: 'against RFC 6749 §4.1.3',
    client: 'signs in',
    extend: (provider) =>
      onCode(provider, (code, { redirect_uri: redirectUri }) => {
        if (typeof redirectUri === 'string') code.redirectUri = redirectUri;
      }),
  },
  'client-secret-ignored': {
    does: 'Any client secret will do.',
    clause: 'against RFC 6749 §3.2.1',
    client: 'signs in',
    extend: ({ Client: { prototype } }) => {
      prototype.compareClientSecret = () => true;
    },
  },
  'code-reusable': {
    does: 'A code can be used until it expires.',
    clause: 'against RFC 6749 §4.1.2',
    client: 'signs in',
    extend: ({ AuthorizationCode: { prototype } }) => {
      prototype.consume = async () => undefined;
    },
  },
  'code-reuse-unnoticed': {
    does: 'A code that comes a second time is refused, and the tokens it got live on.',
    clause: 'against RFC 6749 §4.1.2, which recommends to revoke them',
    client: 'signs in',
    extend: ({ AuthorizationCode }) => forgetConsumed(AuthorizationCode),
  },

  'nonce-decoded-twice': {
    does: 'The nonce is decoded once too often: a + stands as a space in the ID token, %20 too.',
    clause: 'against OIDC Core §2',
    client: 'signs in',
    idToken: ({ claims }) => {
      if (typeof claims.nonce === 'string') claims.nonce = decodeTwice(claims.nonce);
    },
  },
  'max-age-ignored': {
    does: 'max_age does not make anybody sign in again; auth_time tells.',
    clause: 'against OIDC Core §3.1.2.1',
    client: 'signs in',
    // It still is what auth_time is put into the ID token for.
    extend: (provider) =>
      onAuthorization(provider, ({ query }) =>
        query.max_age === undefined ? query : { ...query, max_age: String(Number.MAX_SAFE_INTEGER) },
      ),
  },

  'refresh-any-client': {
    does: 'A refresh token works for every client.',
    clause: 'against RFC 6749 §6',
    client: 'signs in',
    extend: (provider) => {
      const toAsking = (actual: { clientId?: string } | undefined, ctx: KoaContextWithOIDC) => {
        const { client, params } = ctx.oidc;
        if (actual && params?.grant_type === 'refresh_token') actual.clientId = client?.clientId;
      };
      afterFind(provider, provider.RefreshToken, toAsking);
      afterFind(provider, provider.Grant, toAsking);
    },
  },
  'refresh-token-reusable': {
    does: 'A refresh token works after its rotation as before.',
    clause: 'against RFC 9700 §4.14.2',
    client: 'signs in',
    extend: ({ RefreshToken: { prototype } }) => {
      prototype.consume = async () => undefined;
    },
  },
  'refresh-reuse-unnoticed': {
    does: 'A rotated refresh token that comes again is refused, and the newest lives on.',
    clause: 'against RFC 9700 §4.14.2',
    client: 'signs in',
    extend: ({ RefreshToken }) => forgetConsumed(RefreshToken),
  },
  'access-token-irrevocable': {
    does: 'An access token that is revoked works as before.',
    clause: 'against RFC 7009 §2.1',
    client: 'signs in',
    configure: (configuration) => revokeAllBut(configuration, 'AccessToken'),
  },
  'refresh-token-irrevocable': {
    does: 'A refresh token that is revoked works as before.',
    clause: 'against RFC 7009 §2.1',
    client: 'signs in',
    configure: (configuration) => revokeAllBut(configuration, 'RefreshToken'),
  },

  'userinfo-without-token': {
    does: 'Userinfo answers without an access token.',
    clause: 'against OIDC Core §5.3.1',
    client: 'signs in',
    answer: {
      userinfo: (ctx) => {
        if (ctx.status === 200 || ctx.get('authorization') !== '') return;
        ctx.status = 200;
        ctx.body = { sub: 'anybody' };
      },
    },
  },
  'userinfo-unverified-token': {
    does: 'Userinfo believes every JWT that comes as an access token, whoever signed it.',
    clause: 'against RFC 6750 §3.1',
    client: 'signs in',
    answer: {
      userinfo: (ctx) => {
        const [, payload] = /^bearer [\w-]+\.([\w-]+)\.[\w-]+$/i.exec(ctx.get('authorization')) ?? [];
        const claims = payload === undefined ? undefined : decodeJson(payload);
        if (ctx.status === 200 || claims?.sub === undefined) return;
        ctx.status = 200;
        ctx.body = { sub: claims.sub };
      },
    },
  },
  'post-logout-redirect-any': {
    does: 'A sign-out comes back to every post_logout_redirect_uri.',
    clause: 'against OIDC RP-Initiated Logout §3',
    client: 'signs in',
    extend: ({ Client: { prototype } }) => {
      prototype.postLogoutRedirectUriAllowed = () => true;
    },
  },
} as const satisfies Readonly<Record<string, Fault>>;

type Query = Readonly<Record<string, string | string[] | undefined>>;

/** Lets `rewrite` change an authorization request before the provider reads it. */
function onAuthorization(provider: Provider, rewrite: (ctx: { readonly query: Query }) => Query): void {
  const path = new URL(provider.urlFor('authorization')).pathname;
  provider.use(async (ctx, next) => {
    if (ctx.path === path && ctx.method === 'GET') {
      const query = rewrite({ query: ctx.query });
      ctx.query = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
    }
    await next();
  });
}

/** What a stored entry is found by. */
interface Model<T> {
  find(id: string, options?: object): Promise<T | undefined>;
}

/** Lets `alter` change what a model finds, in the light of the request that asks. */
function afterFind<T>(
  provider: Provider,
  model: Model<T>,
  alter: (actual: T | undefined, ctx: KoaContextWithOIDC) => void,
): void {
  const find = model.find.bind(model);
  model.find = async (id, options) => {
    const actual = await find(id, options);
    const { ctx } = provider.constructor as typeof Provider;
    if (ctx?.oidc) alter(actual, ctx);
    return actual;
  };
}

/** Lets `alter` change a code that the token endpoint is asked to exchange, in the light of the request's parameters. */
function onCode(
  provider: Provider,
  alter: (
    code: { codeChallenge?: string; redirectUri?: string },
    parameters: Readonly<Record<string, unknown>>,
  ) => void,
): void {
  afterFind(provider, provider.AuthorizationCode, (code, ctx) => {
    if (code && ctx.oidc.params?.grant_type === 'authorization_code') alter(code, ctx.oidc.params);
  });
}

/** Has a model find nothing where an entry was used up: nobody then notices that it came again. */
function forgetConsumed<T extends { consumed?: unknown }>(model: Model<T>): void {
  const find = model.find.bind(model);
  model.find = async (id, options) => {
    const actual = await find(id, options);
    return actual?.consumed ? undefined : actual;
  };
}

function revokeAllBut({ features }: Configuration, kind: string): void {
  const { revocation } = features ?? {};
  const allowed = revocation?.allowedPolicy;
  if (revocation) {
    revocation.allowedPolicy = async (ctx, client, token) =>
      token.kind !== kind && (await allowed?.(ctx, client, token)) !== false;
  }
}

/** The claims of an unsigned request object, as parameters. */
function unsignedRequest(request: Query[string]): Query {
  if (typeof request !== 'string') return {};
  const [header = '', payload = '', signature] = request.split('.');
  if (decodeJson(header)?.alg !== 'none' || signature !== '') return {};
  const claims = Object.entries(decodeJson(payload) ?? {}).filter(([, value]) => typeof value === 'string');
  return { ...(Object.fromEntries(claims) as Record<string, string>), request: undefined };
}

function decodeJson(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function withoutParameter(query: Query, name: string): Query {
  return { ...query, [name]: undefined };
}

function decodeTwice(value: string): string {
  return new URLSearchParams(`value=${value.replaceAll('&', '%26')}`).get('value') ?? '';
}

function s256(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function uriPath(uri: string): string | undefined {
  return URL.canParse(uri) ? new URL(uri).pathname : undefined;
}
