import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { firstRefusal, type IdTokenCheck, type IdTokenReport, reportIdToken } from '../checks/id-token-report.js';
import { OidcCliError } from '../errors.js';
import { type BrowserAnswerDeps, throughBrowser } from '../flow/browser-answer.js';
import { clockSkewOf } from '../protocol/answer-facts.js';
import { discretionAbout } from '../protocol/confidential.js';
import { valueText } from '../protocol/json-values.js';
import { createKeySet } from '../protocol/key-set.js';
import { discoverProvider, type Provider, type ProviderDeps } from '../protocol/provider.js';
import { refuseUnusableAddress, secretParameters } from './authorization-address.js';
import { authorizationUri } from './authorization-uri.js';
import { type Connector, refuseOverrides } from './connector.js';
import { refusedByLogto } from './failures.js';
import { verifyIdTokenAsLogto } from './id-token.js';
import { KEY_SET_LIMIT_MS } from './remote-key-set.js';
import { breaksUnderRawBasic } from './secret-checks.js';
import { snakeCase, snakeCaseParameters } from './snake-case.js';
import { type ConnectorTokens, exchangeCodeAsLogto, MOST_WORDS } from './token-request.js';
import { type TokenStorage, tryTokenStorage } from './token-storage.js';
import { asLogtoCheck, type TwoReadings, twoReadings } from './two-readings.js';
import { explainProfile, type ProfileLine } from './user-profile.js';

/** A sign-in as Logto would do it. */
export interface ConnectorLoginRequest {
  readonly connector: Connector;
  /** The listener's, or Logto's own https callback: then the person pastes the answer. */
  readonly redirectUri: string;
  /** What our own reading compares `iss` with, in place of what the connector names. */
  readonly issuer?: string | undefined;
  /** Seconds, of our own reading: Logto's is in the connector. */
  readonly clockTolerance: number;
  readonly strict: boolean;
  /** Seconds for the person's part. */
  readonly timeout: number;
  readonly allowHttp: boolean;
}

/** What the flow needs of the world. */
export interface ConnectorLoginDeps extends ProviderDeps, BrowserAnswerDeps {
  /** Keeps what `--save` asked for; the browser is told of success only after it. */
  readonly keep: (result: ConnectorLoginResult) => Promise<void>;
}

/** A sign-in that Logto would accept. */
export interface ConnectorLoginResult {
  readonly redirectUri: string;
  /** The issuer that our own reading compared with; absent where nobody named one. */
  readonly issuer: string | undefined;
  readonly report: IdTokenReport;
  readonly readings: readonly TwoReadings[];
  readonly profile: readonly ProfileLine[];
  readonly storage: TokenStorage;
  readonly idToken: string;
  /** The scopes that the provider says it granted; absent where it does not say. */
  readonly grantedScope: string | undefined;
  /** Why the standard refuses what Logto accepts, if it does; with `strict` warnings count. */
  readonly refusedByStandard: IdTokenCheck | undefined;
}

/**
 * Signs in as Logto's connector would: its authorization URL (no PKCE), its
 * token request, its verification of the ID token, no userinfo. Our own report
 * of the same token goes beside it, never instead of it. Throws
 * `connector_overrides_request` and as `refuseUnusableAddress` does before the
 * browser opens, what `throughBrowser` throws, and `connector_*` for what Logto would refuse, with all that is known in the details.
 */
export async function connectorLogin(
  request: ConnectorLoginRequest,
  deps: ConnectorLoginDeps,
): Promise<ConnectorLoginResult> {
  const { connector } = request;
  refuseOverrides(connector);
  const { config } = connector;
  const [state, nonce] = [randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')];
  refuseUnusableAddress(config, { redirectUri: request.redirectUri, pasting: deps.driven === undefined });
  const { authRequestOptionalConfig, customConfig } = config;
  const sent = snakeCaseParameters({ ...authRequestOptionalConfig, ...customConfig });
  const responseMode = sent.get('response_mode') ?? undefined;
  const secrets = secretParameters(config).map(({ value }) => value);
  deps.recorder.hideInWords(state, nonce);
  deps.recorder.hideCredentials(config.clientSecret, ...secrets);
  // For our own reading and for explanations only: a connector needs no discovery, and its failure ends nothing.
  const issuer = connectorIssuer(connector, request.issuer);
  const discovery = discoverTolerantly(issuer, request, deps);
  // A sign-in may end before this does.
  discovery.catch(() => undefined);
  return throughBrowser(
    {
      redirectUri: request.redirectUri,
      responseMode,
      state,
      timeout: request.timeout,
      secretUrl: secrets.length > 0,
      // As a browser reads it, in which nothing can drive a terminal.
      ask: async (redirectUri) => {
        const { href } = new URL(authorizationUri(config, { redirectUri, state, nonce }));
        return { redirectUri, url: href };
      },
      finish: async (answer, { redirectUri }) => {
        const provider = await soon(discovery, PATIENCE_MS);
        return finishAsLogto(request, answer, { redirectUri, nonce, issuer }, provider, deps);
      },
      save: deps.keep,
      greet: ({ profile, report }) => ({
        name: profile.find(({ field, value }) => field === 'name' && value)?.value ?? valueText(report.claims.sub),
        issuer: valueText(report.claims.iss ?? config.authorizationEndpoint),
      }),
    },
    deps,
  ).catch((error: unknown) => {
    throw lostInFragment(error, responseMode);
  });
}

/** A time-out, though somebody came back: a fragment stays in the browser, and Logto gets nothing either. */
function lostInFragment(error: unknown, responseMode: string | undefined): unknown {
  if (!(error instanceof OidcCliError) || error.code !== 'login_timeout') return error;
  if (responseMode !== 'fragment' || !(Number(error.facts.strays) > 0)) return error;
  return new OidcCliError('connector_code_missing', { responseMode }, { cause: error });
}

/** What was sent with the authorization request, to hold its answer against. */
export interface SentByLogto {
  readonly redirectUri: string;
  readonly nonce: string;
  readonly issuer: string | undefined;
}

/**
 * The second half, for whoever got the answer by other means than a person's
 * browser: code to tokens, Logto's verdict and our own reading. The state has
 * been compared. Throws `connector_*` for what Logto would refuse.
 */
export async function finishAsLogto(
  request: Pick<ConnectorLoginRequest, 'connector' | 'issuer' | 'clockTolerance' | 'strict'>,
  answer: URLSearchParams,
  sent: SentByLogto,
  provider: Provider | undefined,
  deps: ProviderDeps,
): Promise<ConnectorLoginResult> {
  const { connector } = request;
  const { config } = connector;
  const known = { provider, connector };
  const code = codeOf(answer, connector);
  const tokens = await exchangeCodeAsLogto(config, { code, redirectUri: sent.redirectUri }, deps).catch(
    (error: unknown) => {
      throw withWhatIsKnown(error, known);
    },
  );
  const issuer = (await issuerOfToken(request, tokens.id_token)) ?? sent.issuer;
  // Both at once: Logto judges the token when it comes, and not after our own reading.
  const [report, verified] = await Promise.all([
    ownReport(request, tokens, code, { ...sent, issuer }, provider, deps),
    verifyIdTokenAsLogto(config, tokens.id_token, sent.nonce, deps).catch(refusal),
  ]);
  const { checks } = report;
  const inside = { from: 'cli', to: 'cli', at: deps.clock.now() } as const;
  deps.recorder.note({ step: 'ID token checks', ...inside, checks });
  const readings = twoReadings(report, config, verified instanceof OidcCliError ? verified : undefined);
  deps.recorder.note({ step: "Logto's checks", ...inside, checks: readings.map(asLogtoCheck) });
  if (verified instanceof OidcCliError) {
    const { code: refused, facts, cause, exitCode } = verified;
    const details = { checks: readings };
    throw new OidcCliError(refused, { ...facts, ...discoveredFacts(known) }, { cause, exitCode, details });
  }
  return {
    redirectUri: sent.redirectUri,
    issuer,
    report,
    readings,
    profile: explainProfile(verified, config),
    storage: await tryTokenStorage(connector, tokens, deps),
    idToken: tokens.id_token,
    grantedScope: tokens.scope,
    refusedByStandard: firstRefusal(report, request.strict),
  };
}

/** The code, as Logto takes it from the callback: RFC 9207's `iss` and everything else is ignored. */
export function codeOf(answer: URLSearchParams, { config }: Connector): string {
  const given = Object.fromEntries(answer);
  if (given.code !== undefined) return given.code;
  // Some providers repeat what they refuse.
  const discreet = discretionAbout(
    new URLSearchParams(),
    secretParameters(config).map(({ value }) => value),
  );
  const words = (text: string | undefined) => (text === undefined ? undefined : discreet(text).slice(0, MOST_WORDS));
  throw refusedByLogto('general', 'connector_code_missing', {
    error: words(given.error),
    description: words(given.error_description),
    scope: config.scope,
    responseMode: config.authRequestOptionalConfig?.responseMode,
    // Who could say no has seen a request in order.
    ...(given.error === 'access_denied' ? {} : brokenRequestFacts(config)),
    ...pkceFacts(given.error_description),
  });
}

/** What of the authorization request goes out broken, as Logto builds it. */
function brokenRequestFacts({ scope, authorizationEndpoint }: Connector['config']) {
  return {
    ...(scope.includes('+') ? { joinedScope: true } : {}),
    ...(authorizationEndpoint.includes('?') ? { secondQuery: true } : {}),
  };
}

/** Our own reading of the token that Logto judges. A key set that cannot be had fails its signature check. */
async function ownReport(
  request: Pick<ConnectorLoginRequest, 'connector' | 'clockTolerance'>,
  tokens: ConnectorTokens,
  code: string,
  { nonce, issuer }: SentByLogto,
  provider: Provider | undefined,
  deps: ProviderDeps,
): Promise<IdTokenReport> {
  const { config } = request.connector;
  const { jwksUri, algorithms } = config.idTokenVerificationConfig;
  const fetched = createKeySet(jwksUri, deps).forKey(undefined);
  const keySet = await soon(
    fetched.catch(() => undefined),
    KEY_SET_LIMIT_MS,
  );
  const { authRequestOptionalConfig: asked = {} } = config;
  const announced = provider?.metadata.id_token_signing_alg_values_supported ?? algorithms;
  const maxAge = Number(asked.maxAge);
  const expected = {
    clientId: config.clientId,
    algorithms: announced,
    jwks: keySet?.jwks,
    nonce,
    accessToken: tokens.access_token,
    code,
    ...(asked.maxAge !== undefined && Number.isInteger(maxAge) ? { maxAge } : {}),
    acrValues: asked.acrValues,
    now: Math.floor(deps.clock.now() / 1000),
    tolerance: request.clockTolerance,
    clockSkew: clockSkewOf(deps.recorder.last('token request')),
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

/** The issuer that our own reading takes for the provider's: the one that was named, else the connector's own, of several the first. */
export function connectorIssuer({ config }: Connector, named: string | undefined): string | undefined {
  const { issuer } = config.idTokenVerificationConfig;
  return named ?? (typeof issuer === 'string' ? issuer : issuer?.[0]);
}

/** Of several issuers in a connector, where none was named, the one that the ID token says it is from. */
async function issuerOfToken(
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
    // That it is no JWT is said elsewhere.
    return undefined;
  }
}

/** A refusal of Logto's as a value; what ended the run from outside is thrown on. */
function refusal(error: unknown): OidcCliError {
  if (error instanceof OidcCliError && error.facts.logtoStatus !== undefined) return error;
  throw error;
}

/** Milliseconds that the verdict is held up for what only explains it. */
const PATIENCE_MS = 2_000;

/** What comes of it within so many milliseconds; undefined where it takes longer. */
async function soon<T>(coming: Promise<T>, limit: number): Promise<T | undefined> {
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
  { allowHttp }: ConnectorLoginRequest,
  deps: ProviderDeps,
): Promise<Provider | undefined> {
  if (issuer === undefined) return undefined;
  try {
    return await discoverProvider({ issuer, allowHttp }, deps);
  } catch (error) {
    if (error instanceof OidcCliError) return undefined;
    throw error;
  }
}

interface Known {
  readonly provider: Provider | undefined;
  readonly connector: Connector;
}

/** What a token request says, where that is known beforehand; empty where it is another each time. */
function sentByLogto({ clientId, clientSecret, grantType }: Connector['config']): Readonly<Record<string, string>> {
  const eachTime = { code: '', client_assertion: '', code_verifier: '' };
  return { ...eachTime, grant_type: grantType, client_id: clientId, client_secret: clientSecret };
}

/** What is known of this run that tells why the provider refused: never a value of the secret itself. */
function withWhatIsKnown(error: unknown, known: Known): unknown {
  if (!(error instanceof OidcCliError)) return error;
  const { config } = known.connector;
  const overridden = Object.entries(config.customConfig ?? {}).flatMap(([key, value]) => {
    const own = sentByLogto(config)[snakeCase(key)];
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
  return error.with({ facts });
}

function discoveredFacts({ provider, connector }: Known) {
  if (!provider) return {};
  const { token_endpoint_auth_methods_supported: announced, jwks_uri: keySet } = provider.metadata;
  const { issuer, jwksUri } = connector.config.idTokenVerificationConfig;
  return {
    ...(announced === undefined ? {} : { announced }),
    // Where the connector says what the provider says of itself, it is not the connector that is wrong.
    issuerIsAnnounced: [issuer].flat().includes(provider.issuer),
    keySetIsAnnounced: keySet === jwksUri,
  };
}

function pkceFacts(words: unknown): { pkceRequired?: boolean } {
  return typeof words === 'string' && /pkce|code_challenge|code_verifier/i.test(words) ? { pkceRequired: true } : {};
}
