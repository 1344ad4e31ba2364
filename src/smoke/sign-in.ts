import { refreshTokens, type VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import { LogtoConnector } from '../logto/application.js';
import { requestClientTokens } from '../oidc/client-credentials.js';
import { DEFAULTS } from '../profiles/settings.js';
import { Automated } from '../sign-in/automated.js';
import { connect, OidcClient } from '../sign-in/client.js';
import { signIn } from '../sign-in/sign-in.js';
import type { Drivers } from './drivers.js';
import type { JobDeps, Providers } from './providers.js';
import type { ResolvedCheck } from './resolve.js';
import type { ProviderConnection, SavedTokens, SignedIn } from './signed-in.js';

/** Milliseconds before the try's end at which the pages' time ends: a screenshot of a hanging page takes time. */
const HEAD_START_MS = 4_000;

/** Dependencies of one try of a sign-in. */
export interface SignInTools {
  readonly providers: Providers;
  readonly drivers: Drivers;
  /** The try's own recorder, over the run's connections. Its signal ends the try: Ctrl-C, or a time limit. */
  readonly deps: JobDeps;
  /** Milliseconds that the try has left. */
  readonly timeLeft: () => number;
  /** Folder for the screenshot and text of a failed sign-in. */
  readonly evidenceFolder: string | undefined;
  /** Shares cookies with later expectations. */
  readonly session: object | undefined;
  /** Spends the saved session's refresh token and saves the new tokens; throws for a profile without a session. */
  readonly refreshKept: (profile: string, issuer: string, deps: JobDeps) => Promise<SavedTokens>;
}

/**
 * Gets the tokens of a check with the plan's driver. Throws the code of the step
 * that failed, or the signal's reason.
 */
export async function getTokens(check: ResolvedCheck, tools: SignInTools): Promise<SignedIn> {
  if (check.failure) throw check.failure;
  const { with: driver, connector } = check.planned;
  if (connector !== undefined) return signInAsLogto(check, tools);
  if (driver === 'refresh') return refresh(check, tools);
  return driver === 'client_credentials' ? clientCredentials(check, tools) : signInOnPages(check, tools);
}

async function signInOnPages(check: ResolvedCheck, tools: SignInTools): Promise<SignedIn> {
  const { deps } = tools;
  const request = await check.request();
  const client = new OidcClient(request, deps);
  const userAgent = await userAgentOf(check, tools);
  const { connection, signedIn } = await signIn(client, userAgent, deps);
  const { session, report, scope, userinfo } = signedIn;
  const { startedAt = 0, durationMs = 0 } = deps.recorder.last('token request') ?? {};
  const answeredAt = Math.floor((startedAt + durationMs) / 1000);
  return {
    deps,
    at: { ...connection, request },
    visit: userAgent.visit,
    subject: session.subject,
    idToken: { raw: session.idToken, claims: report.claims, header: report.header },
    accessToken: session.accessToken,
    accessTokenLife: session.expiresAt === undefined ? undefined : session.expiresAt - answeredAt,
    refreshToken: session.refreshToken,
    scopes: scope.granted,
    userinfo,
    logtoProfile: undefined,
  };
}

/** A sign-in as Logto's connector makes it: its URL, its token request, its verdict. */
async function signInAsLogto(check: ResolvedCheck, tools: SignInTools): Promise<SignedIn> {
  const { deps } = tools;
  const redirectUri = check.planned.redirectUri ?? DEFAULTS.redirectUri;
  // Logto has no setting that would weaken our own reading.
  const request = {
    connector: await check.connector(),
    redirectUri,
    clockTolerance: 30,
    strict: false,
    allowHttp: false,
  };
  const connector = new LogtoConnector(request, deps);
  const { signedIn } = await signIn(connector, await userAgentOf(check, tools), deps);
  const { report, idToken, grantedScope, profile } = signedIn;
  return {
    ...signedInWithoutUser(deps, undefined),
    subject: typeof report.claims.sub === 'string' ? report.claims.sub : undefined,
    idToken: { raw: idToken, claims: report.claims, header: report.header },
    scopes: grantedScope?.split(' ').filter(Boolean),
    logtoProfile: profile,
  };
}

/** The user agent for the provider's pages: http, a browser, the one of them that the page needs, or a command. */
async function userAgentOf(check: ResolvedCheck, tools: SignInTools): Promise<Automated> {
  const { drivers, providers, deps, evidenceFolder, session } = tools;
  const settings = { ca: check.profile?.ca, insecure: check.profile?.insecure === true };
  const { with: driverName, command = '', allowCredentialsTo } = check.planned;
  const [credentials, steps] = await deps.recorder.stage('sign-in pages', () =>
    Promise.all([check.credentials(), check.steps()]),
  );
  const credentialPolicy = {
    issuerOrigin: URL.canParse(check.issuer) ? new URL(check.issuer).origin : undefined,
    allowHttp: check.profile?.allowHttp,
    allowedHosts: allowCredentialsTo,
  };
  const network = { settings, fetch: providers.fetchFor(settings) };
  const driver =
    driverName === 'command'
      ? await drivers.command(command)
      : await drivers.get(driverName === 'http' || driverName === 'browser' ? driverName : 'auto', network);
  // The driver knows the page that it is stuck at, so its time ends first.
  const timeLeft = () => tools.timeLeft() - Math.min(HEAD_START_MS, tools.timeLeft() / 5);
  const job = { driver, credentials, credentialPolicy, steps, evidenceFolder, session };
  return new Automated({ ...job, fetch: deps.fetch.ask, timeLeft }, deps);
}

/** Discovery and client authentication, with the run's connections and metadata. */
async function connectFor(check: ResolvedCheck, { deps }: SignInTools): Promise<ProviderConnection> {
  const request = await check.request();
  return { ...(await deps.recorder.stage('discovery', () => connect(request, deps))), request };
}

async function refresh(check: ResolvedCheck, tools: SignInTools): Promise<SignedIn> {
  const { deps } = tools;
  const given = await check.refreshToken();
  const at = await connectFor(check, tools);
  const { request, client, provider } = at;
  const tokenRequest = <T>(work: () => Promise<T>) => deps.recorder.stage('token request', work);
  if (given === undefined) {
    const refreshKept = () =>
      tools.refreshKept(request.profile, request.issuer, deps).catch((error: unknown) => {
        // A profile within the plan is not available to `oidc-cli login NAME`.
        if (typeof check.planned.profile !== 'object' || !(error instanceof OidcCliError)) throw error;
        throw error.with({ facts: { issuer: request.issuer, unnamedClient: request.clientId } });
      });
    const saved = await tokenRequest(refreshKept);
    return {
      ...signedInWithoutUser(deps, at),
      subject: saved.subject,
      accessToken: saved.accessToken,
      accessTokenLife: saved.expiresIn,
      refreshToken: saved.refreshToken,
      refreshKept,
      scopes: saved.scopes,
    };
  }
  const resource = request.kind === 'logto' ? undefined : request.authorization.resource;
  const tokens = await tokenRequest(async () => {
    // Fetched before the refresh token is spent: an ID token that cannot be verified would lose the rotated one.
    await provider.keySet.forKey(undefined);
    return refreshTokens(provider, client, given, { resource }, deps);
  });
  return {
    ...signedInWithoutUser(deps, at),
    ...tokenMembers(tokens, deps),
    refreshToken: tokens.refreshToken ?? given,
  };
}

async function clientCredentials(check: ResolvedCheck, tools: SignInTools): Promise<SignedIn> {
  const { deps } = tools;
  const at = await connectFor(check, tools);
  const { request, client, provider } = at;
  // The scopes of a user's sign-in mean nothing for the client itself.
  const personal = ['openid', 'offline_access', 'profile', 'email', 'phone', 'address'];
  const scope = request.authorization.scope.split(' ').filter((one) => one && !personal.includes(one));
  const asked = { scope: scope.join(' '), resource: request.authorization.resource };
  const tokens = await deps.recorder.stage('token request', () => requestClientTokens(provider, client, asked, deps));
  return {
    ...signedInWithoutUser(deps, at),
    accessToken: tokens.accessToken,
    accessTokenLife: tokens.expiresIn,
    scopes: tokens.scope ?? scope,
  };
}

/** The result of a grant without a user, before the tokens. */
function signedInWithoutUser(deps: JobDeps, at: ProviderConnection | undefined): SignedIn {
  return {
    deps,
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

function tokenMembers(tokens: VerifiedTokens, { clock }: JobDeps) {
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
