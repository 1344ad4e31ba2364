import { randomUUID } from 'node:crypto';
import { parseJson } from '../json.js';
import type { NetworkFetch } from '../network/fetch.js';
import { shownUrl } from '../network/network-error.js';
import { keepsMethod, redirectUrl } from '../network/redirect.js';
import type { Recorder } from '../trace/recorder.js';
import type { ConnectorConfig } from './connector/schema.js';
import { isNetworkFailure, refusedByLogto } from './refusals.js';
import { snakeCaseParameters } from './snake-case.js';

/** Milliseconds after which Logto's HTTP client gives up; it does not retry. */
const TIME_LIMIT_MS = 10_000;

/** Redirects that Logto's HTTP client follows before it gives up (Fetch §4.4). */
const MAX_REDIRECTS = 20;

/** Maximum characters of a provider's own words in an explanation. */
export const MAX_WORDS = 300;

/** The members of a token response that Logto reads, with their types. `expires_in` is in seconds; `code` is used for nothing. */
const MEMBERS = {
  id_token: 'string',
  access_token: 'string',
  token_type: 'string',
  expires_in: 'number',
  refresh_token: 'string',
  scope: 'string',
  code: 'string',
} as const;

/** A token response that Logto accepts: no member may be null. */
export type ConnectorTokens = { readonly id_token: string } & {
  readonly [Name in keyof typeof MEMBERS]?: (typeof MEMBERS)[Name] extends 'number' ? number : string;
};

/** Dependencies of Logto's requests. */
export interface ConnectorDeps {
  readonly fetch: NetworkFetch;
  readonly clock: { now(): number };
  readonly recorder: Recorder;
}

/** The part of a configuration that makes the token request. A refresh reads it before defaults are filled in. */
type TokenSettings = Pick<ConnectorConfig, 'tokenEndpoint' | 'clientId' | 'clientSecret' | 'customConfig'> &
  Partial<Pick<ConnectorConfig, 'tokenEndpointAuthMethod' | 'clientSecretJwtSigningAlgorithm'>>;

/**
 * Exchanges a code as Logto does: credentials by method (Basic with the raw id and
 * secret), no code verifier, all of `customConfig` in the form, where it may
 * override everything. Throws `connector_*` codes with Logto's own response in the
 * facts.
 */
export async function exchangeCodeAsLogto(
  config: ConnectorConfig,
  response: { readonly code: string; readonly redirectUri: string },
  deps: ConnectorDeps,
): Promise<ConnectorTokens> {
  const { grantType } = config;
  const form = { grantType, code: response.code, redirectUri: response.redirectUri, ...credentials(config) };
  return parseTokens(await request(config, form, 'token request', deps), deps);
}

/**
 * Spends a refresh token as Logto does, with the configuration as saved: without
 * defaults, so that it fails unless the configuration states the authentication
 * method (for client_secret_jwt the algorithm too). Throws the errors of
 * `exchangeCodeAsLogto`.
 */
export async function refreshAsLogto(
  saved: TokenSettings,
  refreshToken: string,
  deps: ConnectorDeps,
): Promise<ConnectorTokens> {
  if (saved.tokenEndpointAuthMethod === undefined) {
    throw refusedByLogto('server_error', 'connector_refresh_unsupported', { key: 'tokenEndpointAuthMethod' });
  }
  const form = { grantType: 'refresh_token', refreshToken, ...credentials(saved) };
  return parseTokens(await request(saved, form, 'refresh request', deps), deps);
}

type Form = Readonly<Record<string, string | undefined>>;

function credentials({ clientId, clientSecret, customConfig }: TokenSettings): Form {
  return { clientId, clientSecret, ...customConfig };
}

/** Parameters that anybody may see. What `customConfig` adds may be anything, and is not shown. */
const PUBLIC_PARAMETERS: readonly string[] = [
  'grant_type',
  'redirect_uri',
  'client_id',
  'client_assertion_type',
  'response_type',
  'scope',
  'resource',
  'audience',
];

/** Shorter values are no secrets worth the name, and would tear holes into plain words. */
const MIN_SECRET_LENGTH = 4;

/** Values of a form that a provider may repeat, and that are not shown then. */
function confidentialValues(form: URLSearchParams): string[] {
  const values = [...form].filter(([name]) => !PUBLIC_PARAMETERS.includes(name)).map(([, value]) => value);
  return values.filter(({ length }) => length >= MIN_SECRET_LENGTH);
}

async function request(settings: TokenSettings, form: Form, step: string, deps: ConnectorDeps): Promise<Response> {
  const { clientId = '', clientSecret = '', ...rest } = form;
  const send = (sent: Form, headers: Readonly<Record<string, string>> = {}) => {
    const body = snakeCaseParameters(sent);
    deps.recorder.maskInWords(clientSecret, `${clientId}:${clientSecret}`, ...confidentialValues(body));
    return post(settings.tokenEndpoint, { body: body.toString(), headers, step }, deps);
  };
  switch (settings.tokenEndpointAuthMethod) {
    case 'client_secret_basic': {
      // Unencoded, as Logto does it: RFC 6749 §2.3.1 requires form-encoding of both.
      const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
      return send(rest, { authorization: `Basic ${basic}` });
    }
    case 'client_secret_jwt': {
      const clientAssertion = await createClientAssertion(settings, clientId, clientSecret, deps);
      const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      return send({ ...rest, clientId, clientAssertion, clientAssertionType });
    }
    default:
      return send(form);
  }
}

/** RFC 7523 §2.2, signed with the secret. The audience is the token endpoint exactly as configured. */
async function createClientAssertion(
  { tokenEndpoint, clientSecretJwtSigningAlgorithm: alg }: TokenSettings,
  clientId: string,
  clientSecret: string,
  deps: ConnectorDeps,
): Promise<string> {
  const { SignJWT } = await import('jose/jwt/sign');
  const now = Math.floor(deps.clock.now() / 1000);
  const claims = { iss: clientId, sub: clientId, aud: tokenEndpoint, jti: randomUUID(), exp: now + 600, iat: now };
  try {
    // The library refuses a missing algorithm, as in Logto.
    return await new SignJWT(claims).setProtectedHeader({ alg: alg as string }).sign(Buffer.from(clientSecret));
  } catch (cause) {
    const reason = alg === undefined ? 'no signing algorithm is written out' : 'the client secret cannot sign';
    throw refusedByLogto('general', 'connector_client_assertion_failed', { alg, reason }, { cause });
  }
}

async function post(
  endpoint: string,
  request: { readonly body: string; readonly headers: Readonly<Record<string, string>>; readonly step: string },
  deps: ConnectorDeps,
): Promise<Response> {
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const { body, headers, step } = request;
  let url = requestableUrl(endpoint, 'tokenEndpoint');
  let init: { method: string; headers: Record<string, string>; body?: string } = {
    method: 'POST',
    headers: { accept: '*/*', 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', ...headers },
    body,
  };
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(url, { ...init, step, signal }, deps);
    const { status, headers } = response;
    const next = redirectUrl({ status, location: headers.get('location') }, url);
    if (next === undefined) return requireSuccess(response, deps);
    if (next === 'invalid' || !isRequestable(next) || redirects === MAX_REDIRECTS) {
      const reason = `it redirects ${redirects === MAX_REDIRECTS ? 'without end' : 'to no web address'}`;
      const facts = { url: deps.recorder.maskWords(shownUrl(url)), reason };
      throw refusedByLogto('server_error', 'connector_token_unreachable', facts);
    }
    init = redirectedInit(init, status, next.origin === url.origin);
    url = next;
  }
}

/**
 * The request after a redirect of a POST (Fetch §4.4): a GET, unless 307 or 308;
 * no credentials go to another origin.
 */
function redirectedInit<T extends { method: string; headers: Record<string, string>; body?: string }>(
  init: T,
  status: number,
  sameOrigin: boolean,
): { method: string; headers: Record<string, string>; body?: string } {
  const { authorization, 'content-type': contentType, ...others } = init.headers;
  const keeps = keepsMethod(status) || init.method === 'GET';
  return {
    method: keeps ? init.method : 'GET',
    headers: {
      ...others,
      ...(sameOrigin && authorization !== undefined ? { authorization } : {}),
      ...(keeps && contentType !== undefined ? { 'content-type': contentType } : {}),
    },
    ...(keeps && init.body !== undefined ? { body: init.body } : {}),
  };
}

async function send(url: URL, init: Parameters<NetworkFetch>[1], deps: ConnectorDeps): Promise<Response> {
  try {
    return await deps.fetch(url, init);
  } catch (cause) {
    if (!isNetworkFailure(cause)) throw cause;
    const facts = { ...cause.facts, url: deps.recorder.maskWords(shownUrl(url)), why: cause.code };
    throw refusedByLogto('server_error', 'connector_token_unreachable', facts, { cause, exitCode: cause.exitCode });
  }
}

/** Refuses any status but 2xx. Logto loses the provider's words and shows `{}` instead. */
async function requireSuccess(response: Response, { recorder }: ConnectorDeps): Promise<Response> {
  if (response.ok) return response;
  const words = (text: unknown) =>
    typeof text === 'string' ? recorder.maskWords(text).slice(0, MAX_WORDS) : undefined;
  const text = await response.text();
  const parsed = json(text);
  const members = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  const error = words(members.error);
  throw refusedByLogto('general', 'connector_token_refused', {
    status: response.status,
    error,
    description: words(members.error_description),
    // JSON is serialized again, since it has several spellings for a character.
    ...(error === undefined ? { body: words(parsed === undefined ? text : JSON.stringify(parsed)) } : {}),
    authenticate: words(response.headers.get('www-authenticate')),
  });
}

function json(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Reads the answer by Logto's rules. Throws `connector_token_response_invalid`. */
async function parseTokens(response: Response, { recorder }: ConnectorDeps): Promise<ConnectorTokens> {
  const body = json(await response.text());
  const contentType = response.headers.get('content-type');
  const invalid = (reason: string, member?: string) =>
    refusedByLogto('invalid_response', 'connector_token_response_invalid', {
      reason,
      member,
      contentType: contentType === null ? undefined : recorder.maskWords(contentType),
    });
  if (body === undefined) throw invalid('it is not JSON');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('it is not a JSON object');
  const members = body as Record<string, unknown>;
  if (members.id_token === undefined) throw invalid('it has no id_token', 'id_token');
  for (const [name, type] of Object.entries(MEMBERS)) {
    const value = members[name];
    if (value === undefined || typeof value === type) continue;
    throw invalid(`${name} is ${value === null ? 'null' : `a ${typeof value}`} and not a ${type}`, name);
  }
  const known = Object.keys(MEMBERS).filter((name) => members[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, members[name]])) as unknown as ConnectorTokens;
}

/** An endpoint as a URL for a request. Throws `connector_endpoint_invalid`; Logto does not check before its request. */
export function requestableUrl(endpoint: string, key: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url && isRequestable(url)) return url;
  const reason = url
    ? url.username || url.password
      ? 'it has a user name or password in it'
      : `${url.protocol.slice(0, -1)} is no scheme that can be requested`
    : 'it is not an absolute URL';
  throw refusedByLogto('server_error', 'connector_endpoint_invalid', { key, reason });
}

function isRequestable(url: URL): boolean {
  return (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password;
}
