import * as client from 'openid-client';
import type { Clock } from '../context.js';
import { OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';
import { isLoopback } from '../loopback.js';
import type { NetworkFetch } from '../network/fetch.js';
import { toResponse } from '../network/response.js';
import type { Recorder } from '../trace/recorder.js';
import { withEndpointOrigin } from './endpoint-origin.js';
import { type CachedKeySet, createKeySet, type KeySet } from './key-set.js';
import { checkEndpoint, checkMetadata, readMetadata } from './metadata.js';
import { libraryCode, originalError } from './original-error.js';
import { failureReason, locationHeader, mediaType } from './response-facts.js';
import { PORTABLE_SIGNATURES } from './signature-algorithms.js';

/** Dependencies of all requests to a provider. */
export interface ProviderDeps {
  readonly fetch: NetworkFetch;
  readonly recorder: Recorder;
  readonly clock: Clock;
}

/** The client, as far as a `Configuration` needs it. */
export interface Client {
  readonly clientId: string;
  readonly authentication: client.ClientAuth;
  /** Seconds by which two clocks may differ. */
  readonly clockTolerance: number;
}

/** Endpoints that replace the advertised ones. */
export interface ConfiguredEndpoints {
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly jwksUri?: string;
}

/** A provider whose metadata has been read (OpenID Connect Discovery 1.0). */
export interface Provider {
  /** The issuer exactly as the provider writes it. */
  readonly issuer: string;
  /** The metadata, without the members whose type is not that of the standard. */
  readonly metadata: Readonly<client.ServerMetadata>;
  /** The whole discovery document, with members of any type. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly keySet: KeySet;
  /** Records its responses, which explain a refusal. */
  readonly recorder: Recorder;
  /**
   * A new openid-client `Configuration` for one grant, with the signature check on.
   * It gets the shared key set the moment a token response arrives. It is new each
   * time, because openid-client caches the first key set for a minute and would
   * refuse a key rotated since. Makes no request.
   */
  configuration(clientSettings: Client): Promise<client.Configuration>;
  /** For an authorization URL, which needs no request; one for all that use this client. */
  configurationOf(clientId: string): client.Configuration;
  /**
   * The same provider, metadata and key set for another job. Its requests use that
   * job's fetch and recorder, so that no job reads the responses of another.
   */
  forJob(deps: Pick<ProviderDeps, 'fetch' | 'recorder'>): Provider;
  /**
   * The URL of an endpoint; throws `endpoint_missing` when the provider advertises
   * none, `discovery_invalid` when it is not usable.
   */
  endpoint(name: EndpointName): string;
}

/** The endpoints this tool uses, by their metadata names. */
export type EndpointName =
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'userinfo_endpoint'
  | 'revocation_endpoint'
  | 'introspection_endpoint'
  | 'end_session_endpoint'
  | 'pushed_authorization_request_endpoint'
  | 'jwks_uri';

/**
 * Reads the provider's metadata (OIDC Discovery §4) with one request. Configured
 * endpoints precede the advertised ones; with all three configured, a provider
 * without discovery (404) is accepted. Throws `issuer_invalid`,
 * `issuer_not_https`, the `discovery_*` codes, or the network's own.
 */
export async function discoverProvider(
  request: {
    readonly issuer: string;
    readonly allowHttp?: boolean;
    readonly endpoints?: ConfiguredEndpoints;
  },
  deps: ProviderDeps,
): Promise<Provider> {
  const server = parseIssuer(request.issuer, request.allowHttp === true);
  const plainHttp = server.protocol === 'http:';
  const execute = plainHttp ? [client.allowInsecureRequests] : [];
  let text: string | undefined;
  const discover = (fetch: client.CustomFetch, clientSettings?: Client) =>
    client.discovery(
      server,
      clientSettings?.clientId ?? 'not-yet-known',
      clientSettings && clientMetadata(clientSettings, deps.clock),
      clientSettings?.authentication ?? client.None(),
      { [client.customFetch]: fetch, execute },
    );

  let document: Readonly<client.ServerMetadata>;
  try {
    const configuration = await discover(async (url, init) => {
      const response = await deps.fetch(url, { ...init, step: 'discovery' });
      const named = request.endpoints && (await withConfiguredEndpoints(response, request.issuer, request.endpoints));
      text = await (named ?? response).clone().text();
      return named ?? response;
    });
    document = configuration.serverMetadata();
  } catch (error) {
    throw discoveryError(error, request.issuer, deps.recorder);
  }

  const allowed = (url: URL) =>
    url.protocol === 'https:' || (plainHttp && (request.allowHttp === true || isLoopback(url.hostname)));
  checkMetadata(document, allowed);
  const metadata: Readonly<client.ServerMetadata> = { ...readMetadata(document).metadata, issuer: document.issuer };
  if (!metadata.jwks_uri) throw new OidcCliError('endpoint_missing', { endpoint: 'jwks_uri', issuer: metadata.issuer });
  const keySet = createKeySet(metadata.jwks_uri, deps, metadata.issuer);
  const steps = new Map<string, string>();
  for (const [name, step] of Object.entries(STEPS)) {
    const url = metadata[name];
    // As openid-client will request it. The first name wins if two endpoints share an address.
    const address = typeof url === 'string' && URL.canParse(url) ? new URL(url).href : undefined;
    if (address !== undefined && !steps.has(address)) steps.set(address, step);
  }

  const extended = (configuration: client.Configuration) => {
    for (const extension of execute) extension(configuration);
    return configuration;
  };

  const configurationFor = async (clientSettings: Client): Promise<client.Configuration> => {
    // Microsoft's common endpoints advertise an issuer other than their own address: only `discovery` handles that.
    if (new URL(metadata.issuer).href !== server.href) {
      const saved = new Response(text, { headers: { 'content-type': 'application/json' } });
      return discover(async () => saved, clientSettings);
    }
    const { clientId, authentication } = clientSettings;
    return extended(
      new client.Configuration(metadata, clientId, clientMetadata(clientSettings, deps.clock), authentication),
    );
  };

  const configurations = new Map<string, client.Configuration>();

  const forJob = (job: Pick<ProviderDeps, 'fetch' | 'recorder'>): Provider => ({
    issuer: metadata.issuer,
    metadata,
    document,
    keySet,
    recorder: job.recorder,
    forJob,
    endpoint: (name) => {
      const url = document[name];
      if (!url) throw new OidcCliError('endpoint_missing', { endpoint: name, issuer: metadata.issuer });
      checkEndpoint(document, name, allowed);
      return String(url);
    },
    configurationOf: (clientId) => {
      const known = configurations.get(clientId);
      if (known) return known;
      const made = extended(new client.Configuration(metadata, clientId));
      configurations.set(clientId, made);
      return made;
    },
    configuration: async (clientSettings) => {
      const configuration = await configurationFor(clientSettings);
      client.enableNonRepudiationChecks(configuration);
      // Our fetch has its own time limit.
      configuration.timeout = 0;
      configuration[client.customFetch] = async (url, init) => {
        const step = steps.get(url) ?? 'request';
        // The response may rotate the refresh token, so an abort must not cut it off: losing the new token ends the session.
        const nonIdempotent = init.body instanceof URLSearchParams && init.body.get('grant_type') === 'refresh_token';
        const response = await job.fetch.ask(url, { ...init, step, nonIdempotent }).catch((error: unknown) => {
          throw withEndpointOrigin(error, step, metadata.issuer);
        });
        if (step === 'token request' && response.status < 300) {
          const kid = idTokenKeyId(response.body);
          if (kid.present) useKeySet(configuration, await keySet.forKey(kid.value));
        }
        return toResponse(response);
      };
      return configuration;
    },
  });
  return forJob(deps);
}

/**
 * The client's metadata for openid-client. It reads the machine's clock and ours
 * may be a test's, so it gets the difference.
 */
function clientMetadata({ clockTolerance }: Client, clock: Clock): Partial<client.ClientMetadata> {
  return {
    [client.clockTolerance]: clockTolerance,
    [client.clockSkew]: Math.round((clock.now() - Date.now()) / 1000),
  };
}

/**
 * The provider's discovery document with the configured endpoints in it; undefined
 * if there is no document and the configured endpoints are not enough.
 */
async function withConfiguredEndpoints(
  response: Response,
  issuer: string,
  named: ConfiguredEndpoints,
): Promise<Response | undefined> {
  const members = {
    ...(named.authorizationEndpoint === undefined ? {} : { authorization_endpoint: named.authorizationEndpoint }),
    ...(named.tokenEndpoint === undefined ? {} : { token_endpoint: named.tokenEndpoint }),
    ...(named.jwksUri === undefined ? {} : { jwks_uri: named.jwksUri }),
  };
  if (response.status === 404 && Object.keys(members).length === 3) {
    return Response.json({ issuer, id_token_signing_alg_values_supported: [...PORTABLE_SIGNATURES], ...members });
  }
  const { status, headers } = response;
  const metadata: unknown =
    status === 200
      ? await response
          .clone()
          .json()
          .catch(() => undefined)
      : undefined;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return undefined;
  const text = JSON.stringify({ ...metadata, ...members });
  return new Response(text, { headers: { 'content-type': headers.get('content-type') ?? '' } });
}

/**
 * The recorder's step for a request to an endpoint; the token endpoint comes
 * first, since its responses are validated.
 */
const STEPS = {
  token_endpoint: 'token request',
  userinfo_endpoint: 'userinfo request',
  revocation_endpoint: 'revocation request',
  introspection_endpoint: 'introspection request',
  pushed_authorization_request_endpoint: 'pushed authorization request',
  jwks_uri: 'key set',
};

function useKeySet(configuration: client.Configuration, keySet: CachedKeySet): void {
  // `uat` is compared with the machine's clock. The set was renewed a moment ago or is young enough.
  client.setJwksCache(configuration, { jwks: keySet.jwks, uat: Math.floor(Date.now() / 1000) });
}

/** The `kid` of the ID token in a token response. The readers validate the token. */
function idTokenKeyId(response: Buffer): { present: boolean; value?: string } {
  try {
    const body: unknown = parseJson(response.toString());
    if (typeof body !== 'object' || body === null || !('id_token' in body) || typeof body.id_token !== 'string') {
      return { present: false };
    }
    const header: unknown = parseJson(Buffer.from(body.id_token.split('.')[0] ?? '', 'base64url').toString());
    const kid = typeof header === 'object' && header !== null && 'kid' in header ? header.kid : undefined;
    return typeof kid === 'string' ? { present: true, value: kid } : { present: true };
  } catch {
    return { present: false };
  }
}

function parseIssuer(issuer: string, allowHttp: boolean): URL {
  let server: URL;
  try {
    server = new URL(issuer);
  } catch {
    throw new OidcCliError('issuer_invalid', { issuer });
  }
  if (server.protocol !== 'https:' && server.protocol !== 'http:') throw new OidcCliError('issuer_invalid', { issuer });
  if (server.username || server.password || server.search || server.hash) {
    throw new OidcCliError('issuer_invalid', { issuer: server.origin + server.pathname, extra: true });
  }
  if (server.protocol === 'http:' && !allowHttp && !isLoopback(server.hostname)) {
    throw new OidcCliError('issuer_not_https', { issuer });
  }
  return server;
}

function discoveryError(error: unknown, issuer: string, recorder: Recorder): Error {
  const original = originalError(error);
  if (original) return original;
  const exchange = recorder.last('discovery');
  const facts = {
    issuer,
    url: exchange?.url,
    status: exchange?.status,
    contentType: mediaType(exchange),
    location: locationHeader(exchange),
  };
  const options = { cause: error };
  switch (libraryCode(error)) {
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return new OidcCliError(
        exchange?.status === 404 ? 'discovery_not_found' : 'discovery_http_error',
        facts,
        options,
      );
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
    case 'OAUTH_PARSE_ERROR':
      return new OidcCliError('discovery_not_json', facts, options);
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return new OidcCliError(
        'discovery_issuer_mismatch',
        { ...facts, expected: issuer, actual: advertisedIssuer(exchange?.responseBody) },
        options,
      );
    case 'ERR_INVALID_URL':
      return new OidcCliError('discovery_invalid', { ...facts, reason: 'its issuer is not a URL' }, options);
    default:
      return new OidcCliError('discovery_invalid', { ...facts, reason: failureReason(error, exchange) }, options);
  }
}

function advertisedIssuer(document: string | undefined): string | undefined {
  try {
    const parsed: unknown = parseJson(document ?? '');
    const issuer = typeof parsed === 'object' && parsed !== null && 'issuer' in parsed ? parsed.issuer : undefined;
    return typeof issuer === 'string' ? issuer : undefined;
  } catch {
    return undefined;
  }
}
