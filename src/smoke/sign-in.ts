import { randomBytes } from 'node:crypto';
import { withUnusedPort } from '../browser/loopback-redirect-uri.js';
import { withCredentialsSent } from '../browser/sent-credentials.js';
import type { PageAnswer, PageSignIn, SignInDriver } from '../browser/sign-in-driver.js';
import { stateMatches, stateMismatch } from '../browser/state-parameter.js';
import { refreshTokens, type VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import { noteAuthorizationRequest, noteAuthorizationResponse } from '../flow/browser-steps.js';
import { secretsOf } from '../flow/driven-answer.js';
import { completeSignIn, prepareSignIn } from '../flow/sign-in.js';
import { checkAuthorizationEndpoint, secretParameters } from '../logto/authorization-address.js';
import { authorizationUri } from '../logto/authorization-uri.js';
import { refuseOverrides } from '../logto/connector.js';
import { connectorIssuer, finishAsLogto } from '../logto/connector-login.js';
import { DEFAULTS } from '../profiles/settings.js';
import { randomState } from '../protocol/authorization-request.js';
import { chooseClientAuthentication } from '../protocol/client-authentication.js';
import { requestClientTokens } from '../protocol/client-credentials.js';
import type { DriverNetwork, Drivers } from './drivers.js';
import type { Phases } from './phases.js';
import type { PlannedWay } from './planned-check.js';
import { type JobDeps, type MetProvider, type Providers, unlessAborted } from './providers.js';
import { discoveryOfConnector, type ReadyCheck } from './ready-check.js';
import type { UsedWay } from './result.js';
import type { KeptTokens, Party, SignedIn } from './signed-in.js';

/** Milliseconds by which the time on the pages ends before the try's: a picture of a page that hangs takes its time. */
const HEAD_START_MS = 4_000;

/** What one try of a sign-in works with. */
export interface SignInTools {
  readonly providers: Providers;
  readonly drivers: Drivers;
  readonly phases: Phases;
  /** Ends the try: Ctrl-C, or a time limit. */
  readonly signal: AbortSignal;
  /** Milliseconds that the try has left. */
  readonly timeLeft: () => number;
  /** Where a failed sign-in leaves its picture and text. */
  readonly evidenceFolder: string | undefined;
  /** Shares cookies with what the expectations do afterwards. */
  readonly session: object | undefined;
  /** Spends the kept session's refresh token and keeps what comes back; of a profile without a session it throws. */
  readonly refreshKept: (profile: string, issuer: string, deps: JobDeps) => Promise<KeptTokens>;
  /** Told as soon as they are known, so that a failed try says them too. */
  readonly onWay: (way: UsedWay) => void;
  readonly onJob: (deps: JobDeps) => void;
  readonly onProvider: (met: MetProvider) => void;
  readonly onDriver: (driver: SignInDriver) => void;
}

/**
 * Gets the tokens of a check by its way. Throws the code of the step that
 * failed, or the signal's reason.
 */
export async function signIn(check: ReadyCheck, tools: SignInTools): Promise<SignedIn> {
  if (check.failure) throw check.failure;
  const { with: way, connector } = check.planned;
  if (connector !== undefined) return signInAsLogto(check, tools);
  if (way === 'refresh') return refresh(check, tools);
  const at = await meet(check, tools);
  return way === 'client_credentials' ? clientCredentials(at, tools) : signInOnPages(check, at, tools);
}

type Met = Party & { readonly deps: JobDeps };

/** Discovery and client authentication, on the connections and metadata that the run shares. */
async function meet(check: ReadyCheck, { providers, phases, signal, onJob, onProvider }: SignInTools): Promise<Met> {
  const request = await check.request();
  const { ca, insecure, clientAuth, clientSecret, clientId, clockTolerance, strict } = request;
  const deps = providers.job({ ca, insecure }, signal, check.planned.name);
  onJob(deps);
  deps.recorder.hideCredentials(clientSecret);
  const met = await phases.measure('discovery', () => providers.meet(request, deps));
  onProvider(met);
  const { metadata } = met.provider;
  const authentication = chooseClientAuthentication({ method: clientAuth, secret: clientSecret }, metadata);
  return { met, request, deps, party: { clientId, authentication, clockTolerance, strict } };
}

async function signInOnPages(check: ReadyCheck, at: Met, tools: SignInTools): Promise<SignedIn> {
  const { phases } = tools;
  const { deps, request, party, met } = at;
  const redirectUri = await withUnusedPort(request.redirectUri);
  const state = randomState();
  const prepare = () => prepareSignIn(request, { provider: met.provider, party }, redirectUri, state);
  let prepared = await phases.measure('authorization request', prepare);
  const again = async () => {
    prepared = await prepare();
    noteAuthorizationRequest(deps, prepared.sent.url);
    return prepared.sent.url;
  };
  // One set for the whole run: it is fetched again when a key is not in it.
  if (!met.provider.keySet.kept()) met.provider.keySet.warm();
  const asked = { url: prepared.sent.url, redirectUri, state, again };
  const askedAt = deps.clock.now();
  const { answer, way, visit } = await onPages(asked, check, deps, tools);
  refuseOtherState(answer, state, redirectUri);
  const came = { by: 'driver' as const, seconds: Math.round((deps.clock.now() - askedAt) / 1000) };
  // An error in place of a code comes from the pages: no token is asked for.
  if (!answer.parameters.has('error')) phases.current = 'token request';
  const result = await completeSignIn(request, prepared, answer.parameters, deps, came)
    .catch((error: unknown) => {
      throw afterPages(error, answer);
    })
    .finally(() => addRequestTimes(phases, deps));
  const { session, report, scope, userinfo } = result;
  const { startedAt = 0, durationMs = 0 } = deps.recorder.last('token request') ?? {};
  return {
    way,
    deps,
    at,
    visit,
    subject: session.subject,
    idToken: { raw: session.idToken, claims: report.claims, header: report.header },
    accessToken: session.accessToken,
    accessTokenLife:
      session.expiresAt === undefined ? undefined : session.expiresAt - Math.floor((startedAt + durationMs) / 1000),
    refreshToken: session.refreshToken,
    scopes: scope.granted,
    userinfo,
    logtoProfile: undefined,
  };
}

/** As Logto's connector does it: its URL, its token request, its verdict. */
async function signInAsLogto(check: ReadyCheck, tools: SignInTools): Promise<SignedIn> {
  const { phases, providers, signal, onJob, onProvider } = tools;
  const connector = await check.connector();
  refuseOverrides(connector);
  const { config } = connector;
  checkAuthorizationEndpoint(config);
  const redirectUri = await withUnusedPort(check.planned.redirectUri ?? DEFAULTS.redirectUri);
  const [state, nonce] = [randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')];
  const deps = providers.job({ ca: undefined, insecure: false }, signal, check.planned.name);
  onJob(deps);
  const issuer = connectorIssuer(connector, undefined);
  // A connector needs no discovery: it is for our own reading and for explanations, and its failure ends nothing.
  const met =
    issuer === undefined
      ? undefined
      : await phases.measure('discovery', () =>
          providers.meet(discoveryOfConnector(issuer), deps).catch((error: unknown) => {
            signal.throwIfAborted();
            if (error instanceof OidcCliError) return undefined;
            throw error;
          }),
        );
  if (met) onProvider(met);
  const url = authorizationUri(config, { redirectUri, state, nonce });
  const secrets = secretParameters(config).map(({ value }) => value);
  deps.recorder.hideCredentials(config.clientSecret, ...secrets);
  const { answer, way } = await onPages({ url, redirectUri, state }, check, deps, tools);
  refuseOtherState(answer, state, redirectUri);
  if (!answer.parameters.has('error')) phases.current = 'token request';
  const result = await finishAsLogto(
    { connector, clockTolerance: 30, strict: false },
    answer.parameters,
    { redirectUri, nonce, issuer },
    met?.provider,
    deps,
  )
    .catch((error: unknown) => {
      throw afterPages(error, answer);
    })
    .finally(() => addRequestTimes(phases, deps));
  const { report } = result;
  return {
    way,
    deps,
    at: undefined,
    visit: undefined,
    subject: typeof report.claims.sub === 'string' ? report.claims.sub : undefined,
    idToken: { raw: result.idToken, claims: report.claims, header: report.header },
    accessToken: undefined,
    accessTokenLife: undefined,
    refreshToken: undefined,
    scopes: result.grantedScope?.split(' ').filter(Boolean),
    userinfo: undefined,
    logtoProfile: result.profile,
  };
}

async function refresh(check: ReadyCheck, tools: SignInTools): Promise<SignedIn> {
  const { phases, onWay } = tools;
  onWay('refresh');
  const given = await check.refreshToken();
  const at = await meet(check, tools);
  const { deps, request, party, met } = at;
  phases.current = 'token request';
  if (given === undefined) {
    const refreshKept = () =>
      tools.refreshKept(request.profile, request.issuer, deps).catch((error: unknown) => {
        // `oidc-cli login NAME` knows no profile that stands in the plan alone.
        if (typeof check.planned.profile !== 'object' || !(error instanceof OidcCliError)) throw error;
        throw error.with({ facts: { issuer: request.issuer, unnamedClient: request.clientId } });
      });
    const kept = await refreshKept().finally(() => addRequestTimes(phases, deps));
    return {
      ...nobody('refresh', at),
      subject: kept.subject,
      accessToken: kept.accessToken,
      accessTokenLife: kept.expiresIn,
      refreshToken: kept.refreshToken,
      refreshKept,
      scopes: kept.scopes,
    };
  }
  // Before it is spent: an ID token that could not be verified would lose the rotated one.
  await met.provider.keySet.forKey(undefined);
  const resource = request.kind === 'logto' ? undefined : request.authorization.resource;
  const tokens = await refreshTokens(met.provider, party, given, { resource }, deps).finally(() =>
    addRequestTimes(phases, deps),
  );
  return { ...nobody('refresh', at), ...ofTokens(tokens, deps), refreshToken: tokens.refreshToken ?? given };
}

async function clientCredentials(at: Met, { phases, onWay }: SignInTools): Promise<SignedIn> {
  onWay('client_credentials');
  const { deps, request, party, met } = at;
  // The scopes of a person's sign-in mean nothing for the client itself.
  const personal = ['openid', 'offline_access', 'profile', 'email', 'phone', 'address'];
  const scope = request.authorization.scope.split(' ').filter((one) => one && !personal.includes(one));
  phases.current = 'token request';
  const asked = { scope: scope.join(' '), resource: request.authorization.resource };
  const tokens = await requestClientTokens(met.provider, party, asked, deps).finally(() =>
    addRequestTimes(phases, deps),
  );
  return {
    ...nobody('client_credentials', at),
    accessToken: tokens.accessToken,
    accessTokenLife: tokens.expiresIn,
    scopes: tokens.scope ?? scope,
  };
}

/** What there is where nobody signed in, before the tokens. */
function nobody(way: UsedWay, at: Met): SignedIn {
  return {
    way,
    deps: at.deps,
    at,
    visit: undefined,
    subject: undefined,
    idToken: undefined,
    accessToken: undefined,
    accessTokenLife: undefined,
    refreshToken: undefined,
    scopes: undefined,
    userinfo: undefined,
    logtoProfile: undefined,
  };
}

function ofTokens(tokens: VerifiedTokens, { clock }: JobDeps) {
  const { report, idToken, expiresAt } = tokens;
  return {
    subject: typeof report?.claims.sub === 'string' ? report.claims.sub : undefined,
    idToken:
      report && idToken !== undefined ? { raw: idToken, claims: report.claims, header: report.header } : undefined,
    accessToken: tokens.accessToken,
    accessTokenLife: expiresAt === undefined ? undefined : expiresAt - Math.floor(clock.now() / 1000),
    scopes: tokens.scope,
  };
}

interface OnPages {
  readonly answer: PageAnswer;
  readonly way: UsedWay;
  readonly visit: SignedIn['visit'];
}

/** What is asked of the provider's pages. */
type Asked = Pick<PageSignIn, 'url' | 'redirectUri' | 'state' | 'again' | 'steps'>;

/** Signs in on the provider's pages: by http, by a browser, by whichever of them the page needs, or by a command. */
async function onPages(asked: Asked, check: ReadyCheck, deps: JobDeps, tools: SignInTools): Promise<OnPages> {
  const { drivers, providers, phases, signal, evidenceFolder, onWay, session } = tools;
  phases.current = 'sign-in pages';
  const settings = { ca: check.profile?.ca, insecure: check.profile?.insecure === true };
  // The driver knows the page that it is stuck at, so its time is over first.
  const timeoutMs = tools.timeLeft() - Math.min(HEAD_START_MS, tools.timeLeft() / 5);
  const { with: way, command } = check.planned;
  const [credentials, steps] = await Promise.all([check.credentials(), check.steps()]);
  const credentialPolicy = {
    issuerOrigin: URL.canParse(check.issuer) ? new URL(check.issuer).origin : undefined,
    allowHttp: check.profile?.allowHttp,
    allowedHosts: check.planned.allowCredentialsTo,
  };
  const masking = deps.recorder;
  const job = {
    credentials,
    credentialPolicy,
    timeoutMs,
    signal,
    evidenceFolder,
    session,
    masking,
    fetch: deps.fetch.ask,
  };
  deps.recorder.hideInWords(asked.state);
  deps.recorder.hideCredentials(...secretsOf({ credentials, steps }));
  return phases.measure('sign-in pages', async () => {
    const network = { settings, fetch: providers.fetchFor(settings) };
    const driver = await driverOf(way, command, network, drivers);
    tools.onDriver(driver);
    onWay(driver.name === 'auto' ? 'http' : driver.name);
    // A driver that does not listen to the signal holds nothing up.
    noteAuthorizationRequest(deps, asked.url);
    const answer = await unlessAborted(driver.signIn({ ...job, ...asked, steps }), signal);
    noteAuthorizationResponse(deps, { redirectUri: asked.redirectUri, ...answer });
    onWay(answer.way);
    // Steps are for the sign-in; what comes after it has other pages.
    const visit = (next: Asked) => unlessAborted(driver.signIn({ ...job, evidenceFolder: undefined, ...next }), signal);
    return { answer, way: answer.way, visit: answer.way === 'command' ? undefined : visit };
  });
}

function driverOf(
  way: PlannedWay,
  command: string | undefined,
  network: DriverNetwork,
  drivers: Drivers,
): Promise<SignInDriver> {
  if (way === 'command') return drivers.command(command ?? '');
  return drivers.get(way === 'http' || way === 'browser' ? way : 'auto', network);
}

/** The state comes before anything else in an answer (RFC 6749 §10.12). */
function refuseOtherState(answer: PageAnswer, state: string, redirectUri: string): void {
  if (stateMatches(answer.parameters, state)) return;
  throw afterPages(stateMismatch(answer.parameters, redirectUri), answer);
}

/** An error after the sign-in pages, which says what was sent on them. */
function afterPages(error: unknown, { credentialsSent }: PageAnswer): unknown {
  return withCredentialsSent(error, credentialsSent);
}

/** The times of the requests that the protocol has made. */
function addRequestTimes(phases: Phases, { recorder }: JobDeps): void {
  const steps = [
    ['token request', 'token request'],
    ['userinfo', 'userinfo request'],
  ] as const;
  for (const [phase, step] of steps) {
    const exchange = recorder.exchanges.find((one) => one.step === step);
    if (exchange?.durationMs !== undefined) phases.add(phase, exchange.durationMs);
  }
}
