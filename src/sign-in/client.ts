import { randomUUID } from 'node:crypto';
import { firstRefusal, type IdTokenReport, withCheck } from '../checks/id-token-report.js';
import { exchangeCode, type VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import {
  type AuthorizationParameters,
  type AuthorizationRequest,
  createAuthorizationRequest,
} from '../oidc/authorization-request.js';
import { chooseClientAuthentication } from '../oidc/client-authentication.js';
import { type ConfiguredEndpoints, discoverProvider, type Provider, type ProviderDeps } from '../oidc/provider.js';
import type { TokenClient } from '../oidc/token-requests.js';
import { requestUserinfo } from '../oidc/userinfo.js';
import { isResourceScope } from '../profiles/logto-kind.js';
import type { ClientAuthMethod } from '../profiles/profile.js';
import type { SecretSource, Session } from '../sessions/session-store.js';
import type { Application, AuthorizationUrl, Greeting } from './application.js';
import { noteStep } from './steps.js';
import type { AuthorizationResponse } from './user-agent.js';

/** The settings of one sign-in of a profile, with the secret resolved. */
export interface SignInRequest {
  readonly profile: string;
  /** `logto`: a Logto application. Absent: an ordinary sign-in. */
  readonly kind?: 'logto';
  readonly issuer: string;
  /** Endpoints that the profile names itself. */
  readonly endpoints?: ConfiguredEndpoints;
  readonly allowHttp: boolean;
  readonly clientId: string;
  /** As in the profile: port 0 means any free port. */
  readonly redirectUri: string;
  readonly clientSecret?: string;
  /** The source that a session reads the secret from again. */
  readonly clientSecretSource?: SecretSource;
  readonly clientAuth?: ClientAuthMethod;
  readonly authorization: Omit<AuthorizationParameters, 'redirectUri'>;
  /** Seconds. */
  readonly clockTolerance: number;
  readonly strict: boolean;
  /** Whether the userinfo endpoint is requested, if there is one. */
  readonly userinfo: boolean;
  readonly ca?: string;
  readonly insecure: boolean;
  /** Saved with the session for a later sign-out. */
  readonly postLogoutRedirectUri?: string;
}

/** A provider and the client's registration there. */
export interface Connection {
  readonly provider: Provider;
  readonly client: TokenClient;
}

/** An authorization request of an OIDC client, with the secrets that its response is checked against. */
export interface ClientRequest extends AuthorizationRequest, AuthorizationUrl {
  readonly redirectUri: string;
}

/** The result of the userinfo request. */
export type UserinfoOutcome =
  | { readonly asked: false; readonly reason: 'not asked for' | 'no endpoint' }
  | { readonly asked: true; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly asked: true; readonly error: OidcCliError };

/** A completed sign-in. */
export interface SignInResult {
  readonly session: Session;
  readonly report: IdTokenReport;
  readonly scope: { readonly requested: string[]; readonly granted: string[]; readonly missing: string[] };
  readonly userinfo: UserinfoOutcome;
  readonly clientAuth: TokenClient['authentication'];
}

/** Dependencies of an OIDC client's sign-in. */
export interface ClientDeps extends ProviderDeps {
  /** Discovery that several sign-ins share; `discoverProvider` otherwise. */
  readonly discoverProvider?: typeof discoverProvider;
}

/** Discovery and the choice of client authentication, which every flow with a provider begins with. */
export async function connect(
  request: Pick<
    SignInRequest,
    | 'issuer'
    | 'endpoints'
    | 'allowHttp'
    | 'clientId'
    | 'clientSecret'
    | 'clientAuth'
    | 'clockTolerance'
    | 'strict'
    | 'ca'
    | 'insecure'
  >,
  deps: ClientDeps,
): Promise<Connection> {
  deps.recorder.hideCredentials(request.clientSecret);
  const provider = await (deps.discoverProvider ?? discoverProvider)(request, deps);
  const authentication = chooseClientAuthentication(
    { method: request.clientAuth, secret: request.clientSecret },
    provider.metadata,
  );
  const { clientId, clockTolerance, strict } = request;
  return { provider, client: { clientId, authentication, clockTolerance, strict } };
}

/**
 * Builds the authorization request for a redirect URI that already accepts the
 * response. Throws the errors of `createAuthorizationRequest`.
 */
export async function createClientRequest(
  request: SignInRequest,
  { provider, client }: Connection,
  redirectUri: string,
  state: string,
): Promise<ClientRequest> {
  provider.endpoint('token_endpoint');
  const oneTimeToken = request.authorization.parameters?.one_time_token;
  provider.recorder.hideInWords(state, oneTimeToken);
  const sent = await createAuthorizationRequest(provider, client, { ...request.authorization, redirectUri }, state);
  return { ...sent, redirectUri, repeatable: !sent.pushed && oneTimeToken === undefined };
}

/** The authorization request of an earlier command, and its state. */
interface SavedRequest {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** An OIDC client that signs a user in (OIDC Core §3.1). */
export class OidcClient implements Application<Connection, ClientRequest, IdentifiedTokens, SignInResult> {
  readonly redirectUri: string;
  readonly responseMode: string | undefined;
  readonly secretUrl: boolean;
  readonly state: string | undefined;
  /** Whether the authorization request was made. */
  private requested = false;

  /** `saved`: an earlier command sent the request, and only its response remains to be processed. */
  constructor(
    private readonly request: SignInRequest,
    private readonly deps: ClientDeps,
    private readonly saved?: SavedRequest,
  ) {
    this.redirectUri = request.redirectUri;
    this.responseMode = request.authorization.responseMode;
    // Logto's one-time token signs in anyone who holds it.
    this.secretUrl = request.authorization.parameters?.one_time_token !== undefined;
    this.state = saved?.state;
  }

  /** Throws the errors of `discoverProvider` and `chooseClientAuthentication`. */
  async discover(): Promise<Connection> {
    return connect(this.request, this.deps);
  }

  async authorizationRequest(connection: Connection, redirectUri: string, state: string): Promise<ClientRequest> {
    if (this.saved) return { ...this.saved, url: '', pushed: false, repeatable: false, redirectUri };
    if (!this.requested) this.noteAuthentication(connection);
    this.requested = true;
    const request = await createClientRequest(this.request, connection, redirectUri, state);
    // Fetched while the user signs in. Several sign-ins share one key set.
    if (!connection.provider.keySet.cached()) connection.provider.keySet.warm();
    return request;
  }

  private noteAuthentication({ provider, client }: Connection): void {
    const { method, reason } = client.authentication;
    const facts = { method, reason, issuer: provider.issuer, requestedIssuer: this.request.issuer };
    noteStep(this.deps, 'client authentication chosen', facts, { note: `${method} (${reason})` });
  }

  /** Throws the errors of `exchangeCode`, and `no_id_token`. */
  async exchange(
    { provider, client }: Connection,
    sent: ClientRequest,
    { parameters, delivery }: AuthorizationResponse,
  ): Promise<IdentifiedTokens> {
    const { request, deps } = this;
    const { kind, authorization } = request;
    deps.recorder.hideInWords(sent.nonce);
    deps.recorder.hide(sent.codeVerifier, parameters.get('code') ?? undefined);
    const tokens = await exchangeCode(
      provider,
      client,
      parameters,
      {
        redirectUri: sent.redirectUri,
        state: sent.state,
        nonce: sent.nonce,
        codeVerifier: sent.codeVerifier,
        maxAge: authorization.maxAge,
        acrValues: authorization.acrValues,
        // Logto takes the resource at each refresh instead: its first token is the one for userinfo.
        resource: kind === 'logto' ? undefined : authorization.resource,
        prompt: authorization.prompt,
        scope: authorization.scope,
        delivery,
      },
      deps,
    );
    const { report, idToken } = tokens;
    if (!report || !idToken) throw new OidcCliError('no_id_token', { issuer: provider.issuer });
    return { ...tokens, report, idToken };
  }

  /**
   * Compares userinfo and scopes, and makes the session. Throws the errors of
   * `requestUserinfo`. A plain refusal of the userinfo endpoint is only reported,
   * unless strict.
   */
  complete(connection: Connection, _sent: ClientRequest, tokens: IdentifiedTokens): Promise<SignInResult> {
    return completeSignIn(this.request, connection, tokens, this.deps);
  }

  greeting({ provider }: Connection, { session }: SignInResult): Greeting {
    return { name: personName(session), issuer: provider.issuer };
  }
}

/** Tokens with an accepted ID token. */
type IdentifiedTokens = VerifiedTokens & Required<Pick<VerifiedTokens, 'idToken' | 'report'>>;

async function completeSignIn(
  request: SignInRequest,
  { provider, client }: Connection,
  tokens: IdentifiedTokens,
  deps: ProviderDeps,
): Promise<SignInResult> {
  const subject = String(tokens.report.claims.sub);
  const userinfo = await askUserinfo(request, { provider, client }, tokens, subject, deps);
  const report = withUserinfo(tokens.report, userinfo, subject);
  noteUserinfo(report, deps);
  const refusal = firstRefusal(report, client.strict);
  if (refusal) {
    // The ID token is already accepted, so a strict sign-in refuses userinfo here, for a reason of its own.
    const facts =
      'error' in userinfo
        ? { ...userinfo.error.facts, resource: request.authorization.resource, strict: true }
        : { strict: true };
    const cause = 'error' in userinfo ? userinfo.error : undefined;
    throw new OidcCliError(refusal.code ?? 'userinfo_invalid', facts, { cause, details: { checks: report.checks } });
  }

  const compared = compareScopes(request.authorization.scope, tokens.scope, tokens.refreshToken !== undefined);
  const { missing } = compared;
  const scope = { ...compared, missing: missing.filter((one) => request.kind !== 'logto' || !isResourceScope(one)) };
  const session: Session = {
    version: 1,
    ...(request.kind === undefined ? {} : { kind: request.kind }),
    profile: request.profile,
    issuer: request.issuer,
    ...(request.endpoints === undefined ? {} : { endpoints: request.endpoints }),
    clientId: request.clientId,
    clientAuth: client.authentication.method,
    ...(request.clientSecretSource ? { clientSecret: request.clientSecretSource } : {}),
    redirectUri: request.redirectUri,
    ...(request.postLogoutRedirectUri === undefined ? {} : { postLogoutRedirectUri: request.postLogoutRedirectUri }),
    subject,
    claims: report.claims,
    ...('claims' in userinfo ? { userinfo: userinfo.claims } : {}),
    idToken: tokens.idToken,
    accessToken: tokens.accessToken,
    tokenType: tokens.tokenType,
    ...(tokens.expiresAt === undefined ? {} : { expiresAt: tokens.expiresAt }),
    ...(tokens.refreshToken === undefined ? {} : { refreshToken: tokens.refreshToken }),
    scope: { requested: scope.requested, granted: scope.granted },
    ...(request.authorization.resource?.length ? { resource: request.authorization.resource } : {}),
    clockTolerance: request.clockTolerance,
    strict: request.strict,
    ...(request.allowHttp ? { allowHttp: true } : {}),
    ...(request.ca === undefined ? {} : { ca: request.ca }),
    ...(request.insecure ? { insecure: true } : {}),
    signedInAt: Math.floor(deps.clock.now() / 1000),
    signInId: randomUUID(),
  };
  return { session, report, scope, userinfo, clientAuth: client.authentication };
}

async function askUserinfo(
  request: SignInRequest,
  { provider, client }: Connection,
  { accessToken, report }: IdentifiedTokens,
  subject: string,
  deps: ProviderDeps,
): Promise<UserinfoOutcome> {
  if (!request.userinfo) return { asked: false, reason: 'not asked for' };
  if (!provider.metadata.userinfo_endpoint) return { asked: false, reason: 'no endpoint' };
  try {
    return { asked: true, claims: await requestUserinfo(provider, client, accessToken, subject, deps) };
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    if (error.code !== 'userinfo_subject_mismatch') return { asked: true, error };
    // These are the claims of a different person (OIDC Core §5.3.2): the sign-in fails with the whole report.
    const compared = withUserinfo(report, { asked: true, error }, subject);
    noteUserinfo(compared, deps);
    throw error.with({ details: { checks: compared.checks } });
  }
}

/** Records the one check that needs userinfo. The other checks were recorded with the ID token. */
function noteUserinfo({ checks }: IdTokenReport, { recorder, clock }: ProviderDeps): void {
  const compared = checks.filter(({ name }) => name === 'userinfo sub');
  recorder.note({ step: 'userinfo compared', from: 'cli', to: 'cli', at: clock.now(), checks: compared });
}

function withUserinfo(report: IdTokenReport, userinfo: UserinfoOutcome, subject: string): IdTokenReport {
  const name = 'userinfo sub';
  if ('claims' in userinfo) {
    return withCheck(report, { name, verdict: 'pass', expected: subject, actual: String(userinfo.claims.sub) });
  }
  if ('error' in userinfo) {
    const { code, facts } = userinfo.error;
    const mismatch = code === 'userinfo_subject_mismatch';
    const actual = mismatch ? String(facts.actual) : `no answer to compare (${code})`;
    return withCheck(report, { name, verdict: mismatch ? 'fail' : 'warn', expected: subject, actual, code });
  }
  return withCheck(report, { name, verdict: 'skip', expected: subject, actual: userinfo.reason });
}

/**
 * Compares requested with granted scopes. A token response without `scope` grants
 * the requested ones (RFC 6749 §5.1). Some providers leave `openid` or
 * `offline_access` out of `scope` but act on them, so the tokens themselves count
 * as evidence.
 */
function compareScopes(asked: string, stated: readonly string[] | undefined, refreshable: boolean) {
  const requested = [...new Set(asked.split(' ').filter(Boolean))];
  const granted = new Set(stated ?? requested);
  if (requested.includes('openid')) granted.add('openid');
  if (requested.includes('offline_access')) {
    if (refreshable) granted.add('offline_access');
    else if (!stated) granted.delete('offline_access');
  }
  return { requested, granted: [...granted], missing: requested.filter((scope) => !granted.has(scope)) };
}

/** Name, e-mail address or subject, in this order of preference. */
function personName({ claims, userinfo, subject }: Session): string {
  for (const source of [claims, userinfo ?? {}]) {
    for (const claim of ['name', 'preferred_username', 'email']) {
      const value = source[claim];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return subject;
}
