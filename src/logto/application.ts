import { setTimeout as wait } from 'node:timers/promises';
import { firstRefusal, type IdTokenCheck, type IdTokenReport, reportIdToken } from '../checks/id-token-report.js';
import { OidcCliError } from '../errors.js';
import { randomState } from '../oidc/authorization-request.js';
import { valueText } from '../oidc/json-values.js';
import { createKeySet } from '../oidc/key-set.js';
import { discoverProvider, type Provider, type ProviderDeps } from '../oidc/provider.js';
import { measureClockSkew } from '../oidc/response-facts.js';
import type { Application, AuthorizationUrl, Greeting } from '../sign-in/application.js';
import type { ClientDeps } from '../sign-in/client.js';
import type { AuthorizationResponse } from '../sign-in/user-agent.js';
import type { Recorder } from '../trace/recorder.js';
import { authorizationUri } from './authorization-uri.js';
import { checkAuthorizationEndpoint, secretParameters } from './connector/authorization-endpoint.js';
import { type Connector, refuseOverrides } from './connector/connector.js';
import { breaksUnderRawBasic } from './connector/secret-checks.js';
import { verifyIdTokenAsLogto } from './id-token.js';
import { refusedByLogto } from './refusals.js';
import { KEY_SET_LIMIT_MS } from './remote-key-set.js';
import { snakeCase, snakeCaseParameters } from './snake-case.js';
import { type ConnectorTokens, exchangeCodeAsLogto, MAX_WORDS } from './token-request.js';
import { type TokenStorage, tryTokenStorage } from './token-storage.js';
import { type TwoReadings, toLogtoCheck, twoReadings } from './two-readings.js';
import { explainProfile, type ProfileLine } from './user-profile.js';

/** The settings of a sign-in as Logto would make it. */
export interface ConnectorLoginRequest {
  readonly connector: Connector;
  /** The listener's, or Logto's own https callback: then the user pastes the response. */
  readonly redirectUri: string;
  /** The issuer that our own reading compares `iss` with, instead of the connector's. */
  readonly issuer?: string;
  /** Seconds, for our own reading. The connector has Logto's. */
  readonly clockTolerance: number;
  readonly strict: boolean;
  readonly allowHttp: boolean;
}

/** A sign-in that Logto would accept. */
export interface ConnectorLoginResult {
  readonly redirectUri: string;
  /** The issuer that our own reading compared with; absent if none was named. */
  readonly issuer: string | undefined;
  readonly report: IdTokenReport;
  readonly readings: readonly TwoReadings[];
  readonly profile: readonly ProfileLine[];
  readonly storage: TokenStorage;
  readonly idToken: string;
  /** The scopes that the provider states as granted; absent if it states none. */
  readonly grantedScope: string | undefined;
  /** The check by which the standard refuses what Logto accepts, if any; with `strict` warnings count. */
  readonly refusedByStandard: IdTokenCheck | undefined;
}

/** The connector's provider, as far as it is known. */
interface ConnectorConnection {
  /** The issuer that our own reading expects; absent if none is named. */
  readonly issuer: string | undefined;
  /** Discovery, for our own reading and for explanations. A connector needs none, so its failure ends nothing. */
  readonly provider: Promise<Provider | undefined>;
}

/** An authorization request as Logto makes it. */
interface ConnectorRequest extends AuthorizationUrl {
  readonly redirectUri: string;
  readonly nonce: string;
}

/** Tokens whose ID token Logto accepts, with our own report of it. */
interface AcceptedTokens {
  readonly tokens: ConnectorTokens;
  readonly claims: Awaited<ReturnType<typeof verifyIdTokenAsLogto>>;
  readonly issuer: string | undefined;
  readonly report: IdTokenReport;
  readonly readings: readonly TwoReadings[];
}

/**
 * A connector that signs in as Logto would: its authorization URL (no PKCE), its
 * token request, its verification of the ID token, no userinfo. Our own report of
 * the same token is made beside Logto's verification and never replaces it. Throws
 * `connector_*` for what Logto would refuse, with all known facts in the details.
 */
export class LogtoConnector
  implements Application<ConnectorConnection, ConnectorRequest, AcceptedTokens, ConnectorLoginResult>
{
  readonly redirectUri: string;
  readonly responseMode: string | undefined;
  readonly secretUrl: boolean;

  /** Throws `connector_overrides_request` and `connector_endpoint_invalid`. */
  constructor(
    private readonly request: ConnectorLoginRequest,
    private readonly deps: ClientDeps,
  ) {
    const { connector, redirectUri } = request;
    const { config } = connector;
    refuseOverrides(connector);
    checkAuthorizationEndpoint(config);
    const secrets = secretParameters(config).map(({ value }) => value);
    deps.recorder.hideCredentials(config.clientSecret, ...secrets);
    this.redirectUri = redirectUri;
    this.responseMode = sentResponseMode(config);
    this.secretUrl = secrets.length > 0;
  }

  async discover(): Promise<ConnectorConnection> {
    const { connector, issuer: named, allowHttp } = this.request;
    const issuer = connectorIssuer(connector, named);
    const provider = discoverTolerantly(issuer, allowHttp, this.deps);
    // A sign-in may end before discovery does.
    provider.catch(() => undefined);
    return { issuer, provider };
  }

  async authorizationRequest(_: ConnectorConnection, redirectUri: string, state: string): Promise<ConnectorRequest> {
    const nonce = randomState();
    this.deps.recorder.hideInWords(nonce);
    // Parsed as a browser does, which escapes every control character for the terminal.
    const { href } = new URL(authorizationUri(this.request.connector.config, { redirectUri, state, nonce }));
    return { url: href, repeatable: !this.secretUrl, redirectUri, nonce };
  }

  async exchange(
    connection: ConnectorConnection,
    { redirectUri, nonce }: ConnectorRequest,
    { parameters }: AuthorizationResponse,
  ): Promise<AcceptedTokens> {
    const { request, deps } = this;
    const { connector } = request;
    const { config } = connector;
    const provider = await resolveWithin(connection.provider, TIMEOUT_MS);
    const known = { provider, connector };
    const code = readCode(parameters, connector, deps.recorder);
    const tokens = await exchangeCodeAsLogto(config, { code, redirectUri }, deps).catch((error: unknown) => {
      throw withFailureContext(error, known);
    });
    const issuer = (await tokenIssuer(request, tokens.id_token)) ?? connection.issuer;
    // Both at once: Logto verifies the token on arrival, and not after our own reading.
    const [report, verified] = await Promise.all([
      ownReport(request, tokens, code, { nonce, issuer }, provider, deps),
      verifyIdTokenAsLogto(config, tokens.id_token, nonce, deps).catch(refusal),
    ]);
    const { checks } = report;
    const inside = { from: 'cli', to: 'cli', at: deps.clock.now() } as const;
    deps.recorder.note({ step: 'ID token checks', ...inside, checks });
    const readings = twoReadings(report, config, verified instanceof OidcCliError ? verified : undefined);
    deps.recorder.note({ step: "Logto's checks", ...inside, checks: readings.map(toLogtoCheck) });
    if (verified instanceof OidcCliError) {
      throw verified.with({ code: verified.code, facts: discoveredFacts(known), details: { checks: readings } });
    }
    return { tokens, claims: verified, issuer, report, readings };
  }

  async complete(
    _connection: ConnectorConnection,
    { redirectUri }: ConnectorRequest,
    { tokens, claims, issuer, report, readings }: AcceptedTokens,
  ): Promise<ConnectorLoginResult> {
    const { connector, strict } = this.request;
    return {
      redirectUri,
      issuer,
      report,
      readings,
      profile: explainProfile(claims, connector.config),
      storage: await tryTokenStorage(connector, tokens, this.deps),
      idToken: tokens.id_token,
      grantedScope: tokens.scope,
      refusedByStandard: firstRefusal(report, strict),
    };
  }

  greeting(_: ConnectorConnection, { profile, report }: ConnectorLoginResult): Greeting {
    const name = profile.find(({ field, value }) => field === 'name' && value)?.value;
    const { authorizationEndpoint } = this.request.connector.config;
    return {
      name: name ?? valueText(report.claims.sub),
      issuer: valueText(report.claims.iss ?? authorizationEndpoint),
    };
  }
}

/** The response mode that the authorization URL asks for, if any. */
function sentResponseMode({ authRequestOptionalConfig, customConfig }: Connector['config']): string | undefined {
  const sent = snakeCaseParameters({ ...authRequestOptionalConfig, ...customConfig });
  return sent.get('response_mode') ?? undefined;
}

/**
 * Adds a hint to a time-out although the browser came back: a fragment stays in
 * the browser, so Logto would not get the response either.
 */
export function withFragmentHint(error: unknown, { config }: Connector): unknown {
  if (!(error instanceof OidcCliError) || error.code !== 'login_timeout') return error;
  const responseMode = sentResponseMode(config);
  if (responseMode !== 'fragment' || !(Number(error.facts.strays) > 0)) return error;
  return new OidcCliError('connector_code_missing', { responseMode }, { cause: error });
}

/** The code, as Logto takes it from the callback: it ignores RFC 9207's `iss` and every other parameter. */
export function readCode(
  response: URLSearchParams,
  { config }: Connector,
  recorder: Pick<Recorder, 'maskWords'>,
): string {
  const given = Object.fromEntries(response);
  if (given.code !== undefined) return given.code;
  // Some providers repeat the parameters that they refuse.
  const words = (text: string | undefined) => text && recorder.maskWords(text).slice(0, MAX_WORDS);
  throw refusedByLogto('general', 'connector_code_missing', {
    error: words(given.error),
    description: words(given.error_description),
    scope: config.scope,
    responseMode: config.authRequestOptionalConfig?.responseMode,
    // A user can only decline a request that the provider has accepted.
    ...(given.error === 'access_denied' ? {} : brokenRequestFacts(config)),
    ...pkceFacts(given.error_description),
  });
}

/** Facts about the broken parts of the authorization request, as Logto builds it. */
function brokenRequestFacts({ scope, authorizationEndpoint }: Connector['config']) {
  return {
    ...(scope.includes('+') ? { joinedScope: true } : {}),
    ...(authorizationEndpoint.includes('?') ? { secondQuery: true } : {}),
  };
}

/** Our own reading of the token that Logto verifies. Without a key set its signature check fails. */
async function ownReport(
  request: Pick<ConnectorLoginRequest, 'connector' | 'clockTolerance'>,
  tokens: ConnectorTokens,
  code: string,
  { nonce, issuer }: { readonly nonce: string; readonly issuer: string | undefined },
  provider: Provider | undefined,
  deps: ProviderDeps,
): Promise<IdTokenReport> {
  const { config } = request.connector;
  const { jwksUri, algorithms } = config.idTokenVerificationConfig;
  const fetched = createKeySet(jwksUri, deps).forKey(undefined);
  const keySet = await resolveWithin(
    fetched.catch(() => undefined),
    KEY_SET_LIMIT_MS,
  );
  const { authRequestOptionalConfig: asked = {} } = config;
  const metadata = provider?.metadata.id_token_signing_alg_values_supported ?? algorithms;
  const maxAge = Number(asked.maxAge);
  const expected = {
    clientId: config.clientId,
    algorithms: metadata,
    jwks: keySet?.jwks,
    nonce,
    accessToken: tokens.access_token,
    code,
    ...(asked.maxAge !== undefined && Number.isInteger(maxAge) ? { maxAge } : {}),
    acrValues: asked.acrValues,
    now: Math.floor(deps.clock.now() / 1000),
    tolerance: request.clockTolerance,
    clockSkew: measureClockSkew(deps.recorder.last('token request')),
  };
  if (issuer !== undefined) return reportIdToken(tokens.id_token, { ...expected, issuer });
  const report = await reportIdToken(tokens.id_token, { ...expected, issuer: '' });
  const unknown = (check: IdTokenCheck): IdTokenCheck =>
    check.name === 'iss'
      ? {
          name: 'iss',
          verdict: 'warn',
          expected: 'not known: the connector names no issuer',
          actual: check.actual,
          code: 'id_token_issuer_mismatch',
        }
      : check;
  return { ...report, checks: report.checks.map(unknown) };
}

/** The issuer that our own reading expects: the named one, else the connector's own; of several the first. */
function connectorIssuer({ config }: Connector, named: string | undefined): string | undefined {
  const { issuer } = config.idTokenVerificationConfig;
  return named ?? (typeof issuer === 'string' ? issuer : issuer?.[0]);
}

/** If none is named and the connector has several issuers, the one in the ID token. */
async function tokenIssuer(
  { connector, issuer: named }: Pick<ConnectorLoginRequest, 'connector' | 'issuer'>,
  idToken: string,
): Promise<string | undefined> {
  const { issuer } = connector.config.idTokenVerificationConfig;
  if (named !== undefined || !Array.isArray(issuer)) return undefined;
  const { decodeJwt } = await import('jose/jwt/decode');
  try {
    const { iss } = decodeJwt(idToken);
    return issuer.find((one) => one === iss);
  } catch {
    // Another check reports a token that is not a JWT.
    return undefined;
  }
}

/** Returns a refusal of Logto's as a value; rethrows an error that ended the run from outside. */
function refusal(error: unknown): OidcCliError {
  if (error instanceof OidcCliError && error.facts.logtoStatus !== undefined) return error;
  throw error;
}

/** Milliseconds that the result may wait for facts that only explain it. */
const TIMEOUT_MS = 2_000;

/** The promise's value within this many milliseconds; undefined if it takes longer. */
async function resolveWithin<T>(coming: Promise<T>, limit: number): Promise<T | undefined> {
  const over = new AbortController();
  const late = wait(limit, undefined, { signal: over.signal }).catch(() => undefined);
  try {
    return await Promise.race([coming, late]);
  } finally {
    over.abort();
  }
}

async function discoverTolerantly(
  issuer: string | undefined,
  allowHttp: boolean,
  deps: ClientDeps,
): Promise<Provider | undefined> {
  if (issuer === undefined) return undefined;
  try {
    return await (deps.discoverProvider ?? discoverProvider)({ issuer, allowHttp }, deps);
  } catch (error) {
    if (error instanceof OidcCliError) return undefined;
    throw error;
  }
}

interface FailureContext {
  readonly provider: Provider | undefined;
  readonly connector: Connector;
}

/** The content of Logto's client authentication, if it is the same each time; empty otherwise. */
function logtoAuthentication({
  clientId,
  clientSecret,
  grantType,
}: Connector['config']): Readonly<Record<string, string>> {
  const eachTime = { code: '', client_assertion: '', code_verifier: '' };
  return { ...eachTime, grant_type: grantType, client_id: clientId, client_secret: clientSecret };
}

/** Adds facts of this run that explain the provider's refusal; never the value of the secret. */
function withFailureContext(error: unknown, known: FailureContext): unknown {
  if (!(error instanceof OidcCliError)) return error;
  const { config } = known.connector;
  const overridden = Object.entries(config.customConfig ?? {}).flatMap(([key, value]) => {
    const own = logtoAuthentication(config)[snakeCase(key)];
    return own === undefined || own === value ? [] : [key];
  });
  const facts = {
    ...discoveredFacts(known),
    method: config.tokenEndpointAuthMethod,
    rawBasicDiffers: breaksUnderRawBasic(config.clientSecret) || breaksUnderRawBasic(config.clientId),
    secretHasWhitespace: config.clientSecret !== config.clientSecret.trim(),
    ...(overridden.length === 0 ? {} : { overridden }),
    ...pkceFacts(error.facts.description ?? error.facts.body),
  };
  return error.with({ code: error.code, facts });
}

function discoveredFacts({ provider, connector }: FailureContext) {
  if (!provider) return {};
  const { token_endpoint_auth_methods_supported: metadata, jwks_uri: keySet } = provider.metadata;
  const { issuer, jwksUri } = connector.config.idTokenVerificationConfig;
  return {
    announced: metadata,
    // If the connector agrees with the provider's own metadata, the connector is not the cause.
    issuerIsAnnounced: [issuer].flat().includes(provider.issuer),
    keySetIsAnnounced: keySet === jwksUri,
  };
}

function pkceFacts(words: unknown): { pkceRequired?: boolean } {
  return typeof words === 'string' && /pkce|code_challenge|code_verifier/i.test(words) ? { pkceRequired: true } : {};
}
