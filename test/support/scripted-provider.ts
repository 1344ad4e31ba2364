import { createHash, createHmac, randomBytes } from 'node:crypto';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK, SignJWT } from 'jose';

/*
 * The suite's provider is oidc-provider, wherever an honest one will do. This
 * one is for what oidc-provider refuses to do: wrong metadata, broken answers,
 * ID tokens that are signed and false, keys that change at the worst moment.
 * Left alone it is an honest provider of the authorization code flow that
 * checks PKCE, the redirect URI and the client; a test plays a script to it,
 * and what the script does not name stays honest.
 */

/** A JSON object. Members that are undefined are left out of what is sent. */
export type Json = Record<string, unknown>;

/** One HTTP answer; a body that is no text is sent as JSON. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

/** A request as it came in. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}

/** What is done otherwise than an honest provider does it. */
export interface Script {
  /** Laid over the metadata. */
  readonly metadata?: Json;
  /** In place of the whole discovery answer. */
  readonly discovery?: (honest: Json) => Reply;
  /** In place of the key set's answer; `fetch` counts from 1. */
  readonly keySet?: (honest: JSONWebKeySet, fetch: number) => Reply | Promise<Reply>;
  /** Laid over the parameters of the authorization response. */
  readonly authorization?: Readonly<Record<string, string | undefined>>;
  /** A parameter of the authorization response that is there twice, the second time with another value. */
  readonly repeated?: string;
  /** In place of the authorization endpoint's redirect. */
  readonly page?: Reply;
  /** In place of the revocation endpoint's response. */
  readonly revocation?: (request: SeenRequest) => Reply;
  /** Algorithm of the ID token's signature; RS256 unless told. */
  readonly alg?: string;
  /** Signs with this key instead of the published one. */
  readonly signWith?: CryptoKey | Uint8Array;
  /** Laid over the ID token's header. */
  readonly header?: Json;
  /** Laid over the ID token's claims. */
  readonly claims?: Json;
  /** The ID token as it is sent. */
  readonly idToken?: (honest: string) => string | undefined;
  /** Laid over the token response. */
  readonly tokens?: Json;
  /** In place of the token endpoint's answer. */
  readonly token?: (honest: Json, request: SeenRequest) => Reply | Promise<Reply>;
  /** In place of the pushed authorization request's answer. */
  readonly pushed?: Reply;
  /** In place of the userinfo answer. */
  readonly userinfo?: (honest: Json, request: SeenRequest) => Reply | Promise<Reply>;
  /** The token answer's Date header: seconds off the true time, or none. */
  readonly date?: number | 'none';
  /** The client it knows; without one it takes anybody. */
  readonly client?: { readonly id: string; readonly secret?: string; readonly methods?: readonly string[] };
}

/** A running provider and all that was asked of it since the last `play`. */
export interface ScriptedProvider {
  readonly issuer: string;
  readonly port: number;
  /** Replaces the script and forgets earlier requests. */
  play(script: Script): void;
  /** The requests to one path, oldest first: `/token`, `/authorize`, … */
  requests(path: string): readonly SeenRequest[];
  /** Every code, token, verifier, assertion and secret it has seen or handed out: what a client must not show. */
  readonly secrets: ReadonlySet<string>;
  close(): Promise<void>;
}

interface Grant {
  readonly asked: URLSearchParams;
  used: boolean;
}

/** Who signs in. */
export const SUBJECT = { sub: 'user-1', name: 'Alice Example', email: 'alice@example.com' };

/** A published key of the provider: one for each algorithm, made once in a test file. */
export async function providerKey(alg = 'RS256'): Promise<{ privateKey: CryptoKey; jwk: JWK }> {
  const made = keys.get(alg) ?? makeKey(alg);
  keys.set(alg, made);
  return made;
}

const keys = new Map<string, Promise<{ privateKey: CryptoKey; jwk: JWK }>>();

/** A fresh key that nobody publishes, with the JWK as a key set would hold it. */
export async function makeKey(alg = 'RS256', kid = `${alg}-key`): Promise<{ privateKey: CryptoKey; jwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/**
 * Starts a provider on a free loopback port; with `tls` it speaks https. It is a proxy to itself too, so that `issuer` may
 * be any other http address.
 */
export async function startScriptedProvider(
  options: {
    readonly tls?: { readonly cert: string; readonly key: string };
    readonly path?: string;
    readonly issuer?: string;
  } = {},
): Promise<ScriptedProvider> {
  let script: Script = {};
  let seen: SeenRequest[] = [];
  const secrets = new Set<string>();
  const grants = new Map<string, Grant>();
  const pushes = new Map<string, URLSearchParams>();
  const secret = (prefix: string) => {
    const value = `${prefix}~${randomBytes(24).toString('base64url')}`;
    secrets.add(value);
    return value;
  };

  const metadata = (): Json => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    revocation_endpoint: `${issuer}/revoke`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [script.alg ?? 'RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    ...script.metadata,
  });

  const keySet = async (): Promise<Reply> => {
    const honest = { keys: [(await providerKey(script.alg)).jwk] };
    const fetches = seen.filter(({ path }) => path === '/keys').length;
    return script.keySet ? script.keySet(honest, fetches) : { body: honest };
  };

  const authorize = (query: URLSearchParams): Reply => {
    const asked = pushes.get(query.get('request_uri') ?? '') ?? query;
    if (script.page) return script.page;
    const code = secret('code');
    grants.set(code, { asked, used: false });
    const honest = { code, state: asked.get('state') ?? undefined, iss: issuer };
    const response = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...honest, ...script.authorization })) {
      if (value !== undefined) response.append(name, value);
    }
    if (script.repeated !== undefined) response.append(script.repeated, 'a-second-value');
    const back = asked.get('redirect_uri') ?? '';
    if (asked.get('response_mode') === 'form_post') {
      const fields = [...response].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
      const form = `<form method="post" action="${back}">${fields.join('')}</form>`;
      return { headers: { 'content-type': 'text/html' }, body: `<!doctype html><title>Back</title>${form}` };
    }
    return { status: 302, headers: { location: `${back}${back.includes('?') ? '&' : '?'}${response}` } };
  };

  const idToken = async (claims: Json): Promise<string | undefined> => {
    const alg = script.alg ?? 'RS256';
    const { privateKey, jwk } = await providerKey(alg);
    const header = { alg, kid: jwk.kid, ...script.header };
    const key = script.signWith ?? privateKey;
    const honest = await new SignJWT(JSON.parse(JSON.stringify(claims)))
      .setProtectedHeader(JSON.parse(JSON.stringify(header)))
      .sign(key);
    return script.idToken ? script.idToken(honest) : honest;
  };

  const token = async (request: SeenRequest): Promise<Reply> => {
    const { form } = request;
    for (const name of ['code_verifier', 'client_secret', 'client_assertion']) {
      const value = form.get(name);
      if (value) secrets.add(value);
    }
    const refusal = refusedClient(request, script.client);
    if (refusal) return refusal;
    const refreshing = form.get('grant_type') === 'refresh_token';
    const grant = grants.get(form.get('code') ?? '');
    if (!refreshing) {
      const problem = grantProblem(grant, form);
      if (problem || !grant) return oauthError(400, 'invalid_grant', problem);
      grant.used = true;
    }
    const now = Math.floor(Date.now() / 1000);
    const clientId = grant?.asked.get('client_id') ?? form.get('client_id') ?? basicId(request);
    const nonce = grant?.asked.get('nonce') ?? undefined;
    const body: Json = {
      access_token: secret('at'),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: secret('rt'),
      id_token: await idToken({
        ...{ iss: issuer, aud: clientId, iat: now, exp: now + 300, nonce, ...SUBJECT },
        ...script.claims,
      }),
      scope: grant?.asked.get('scope') ?? undefined,
      ...script.tokens,
    };
    if (typeof body.id_token === 'string') secrets.add(body.id_token);
    return script.token ? script.token(body, request) : { body };
  };

  const received = async (request: SeenRequest): Promise<Reply> => {
    switch (request.path) {
      case '/.well-known/openid-configuration':
        return script.discovery ? script.discovery(metadata()) : { body: metadata() };
      case '/keys':
        return keySet();
      case '/authorize':
        return authorize(request.query);
      case '/par': {
        if (script.pushed) return script.pushed;
        const requestUri = `urn:ietf:params:oauth:request_uri:${randomBytes(8).toString('hex')}`;
        pushes.set(requestUri, request.form);
        return { status: 201, body: { request_uri: requestUri, expires_in: 60 } };
      }
      case '/token':
        return token(request);
      case '/userinfo':
        return script.userinfo ? script.userinfo(SUBJECT, request) : { body: SUBJECT };
      case '/revoke':
        return script.revocation ? script.revocation(request) : { body: '' };
      default:
        return { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>Not found</h1>' };
    }
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', issuer);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', headers } = request;
    const path = url.pathname.slice((options.path ?? '').length);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const come: SeenRequest = { method, path, query: url.searchParams, headers, form };
    seen.push(come);
    const { status = 200, headers: extra = {}, body = '' } = await received(come);
    if (script.date === 'none') response.sendDate = false;
    else if (script.date) response.setHeader('date', new Date(Date.now() + script.date * 1000).toUTCString());
    const type = typeof body === 'string' ? {} : { 'content-type': 'application/json' };
    response.writeHead(status, { ...type, ...extra });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void handle(request, response).catch((error) => response.destroy(error));
  const server = options.tls ? https.createServer(options.tls, listener) : http.createServer(listener);
  // A client that does not trust the certificate ends the handshake: that is the point of such a test.
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = options.issuer ?? `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}${options.path ?? ''}`;
  return {
    issuer,
    port,
    secrets,
    play: (next) => {
      script = next;
      seen = [];
    },
    requests: (path) => seen.filter((request) => request.path === path),
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

/** An OAuth error answer (RFC 6749 §5.2). */
export function oauthError(
  status: number,
  error: string,
  description?: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers, body: { error, error_description: description } };
}

function grantProblem(grant: Grant | undefined, form: URLSearchParams): string | undefined {
  if (!grant || grant.used) return 'the code is not known or was used before';
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  // PKCE is for those who begin it (RFC 7636 §4.6).
  if (grant.asked.has('code_challenge') && challenge !== grant.asked.get('code_challenge'))
    return 'the code verifier does not match';
  if (form.get('redirect_uri') !== grant.asked.get('redirect_uri')) return 'the redirect URI differs';
  return undefined;
}

/** Client id and secret of a Basic header, form-decoded (RFC 6749 §2.3.1), or undefined where there is none. */
function basicCredentials(request: SeenRequest): { id: string; secret: string } | undefined {
  const encoded = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  const decoded = (value: string) => new URLSearchParams(`v=${value}`).get('v') ?? '';
  return { id: decoded(id), secret: decoded(secret) };
}

function basicId(request: SeenRequest): string | undefined {
  return basicCredentials(request)?.id;
}

/** Authenticates the client as its registration has it, and says with which methods it could have. */
function refusedClient(request: SeenRequest, client: Script['client']): Reply | undefined {
  if (!client) return undefined;
  const { form } = request;
  const basic = basicCredentials(request);
  const assertion = form.get('client_assertion');
  const method = basic
    ? 'client_secret_basic'
    : assertion
      ? 'client_secret_jwt'
      : form.has('client_secret')
        ? 'client_secret_post'
        : 'none';
  const headers: Record<string, string> = basic ? { 'www-authenticate': 'Basic realm="token endpoint"' } : {};
  const known = basic ? basic.id === client.id : assertion !== null || form.get('client_id') === client.id;
  const proven =
    method === 'client_secret_jwt'
      ? signedWith(assertion ?? '', client.secret ?? '')
      : (basic?.secret ?? form.get('client_secret') ?? undefined) === client.secret;
  const allowed = client.methods === undefined || client.methods.includes(method);
  return known && proven && allowed
    ? undefined
    : oauthError(401, 'invalid_client', 'client authentication failed', headers);
}

/** Whether an HS256 assertion verifies with the client secret (OIDC Core §9). */
function signedWith(assertion: string, secret: string): boolean {
  const [header = '', payload = '', signature] = assertion.split('.');
  return createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url') === signature;
}
