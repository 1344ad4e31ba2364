import { randomUUID } from 'node:crypto';
import { firstRefusal, type IdTokenReport, withCheck } from '../checks/id-token-report.js';
import { exchangeCode } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import { isResourceScope } from '../profiles/logto-kind.js';
import type { ClientAuthMethod } from '../profiles/profile.js';
import {
  type AuthorizationParameters,
  type AuthorizationRequest,
  createAuthorizationRequest,
} from '../protocol/authorization-request.js';
import { chooseClientAuthentication } from '../protocol/client-authentication.js';
import { discoverProvider, type NamedEndpoints, type Provider, type ProviderDeps } from '../protocol/provider.js';
import type { CameBack, TokenClient } from '../protocol/token-requests.js';
import { requestUserinfo } from '../protocol/userinfo.js';
import type { SecretSource, Session } from '../sessions/session-store.js';

/** One sign-in as a profile asks for it, complete: the secret has been resolved. */
export interface SignInRequest {
  readonly profile: string;
  /** `logto`: a Logto application. Absent: an ordinary sign-in. */
  readonly kind?: 'logto' | undefined;
  readonly issuer: string;
  /** Endpoints that the profile names itself. */
  readonly endpoints?: NamedEndpoints | undefined;
  readonly allowHttp: boolean;
  readonly clientId: string;
  /** As the profile has it: port 0 stands for any free one. */
  readonly redirectUri: string;
  readonly clientSecret?: string | undefined;
  /** Where the secret can be had again, for the session. */
  readonly clientSecretSource?: SecretSource | undefined;
  readonly clientAuth?: ClientAuthMethod | undefined;
  readonly authorization: Omit<AuthorizationParameters, 'redirectUri'>;
  /** Seconds. */
  readonly clockTolerance: number;
  readonly strict: boolean;
  /** Whether the userinfo endpoint is asked, where there is one. */
  readonly userinfo: boolean;
  readonly ca?: string | undefined;
  readonly insecure: boolean;
  /** For the sign-out later. */
  readonly postLogoutRedirectUri?: string | undefined;
}

/** A sign-in between its two halves: sent to the browser, not yet answered. */
export interface PreparedSignIn {
  readonly provider: Provider;
  readonly party: TokenClient;
  readonly redirectUri: string;
  readonly sent: AuthorizationRequest;
}

/** How the userinfo endpoint answered. */
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

/** Discovery and the choice of client authentication: what every flow with a provider begins with. */
export async function meetProvider(
  request: Pick<
    SignInRequest,
    'issuer' | 'endpoints' | 'allowHttp' | 'clientId' | 'clientSecret' | 'clientAuth' | 'clockTolerance' | 'strict'
  >,
  deps: ProviderDeps,
): Promise<{ provider: Provider; party: TokenClient }> {
  deps.recorder.hideCredentials(request.clientSecret);
  const provider = await discoverProvider(request, deps);
  const authentication = chooseClientAuthentication(
    { method: request.clientAuth, secret: request.clientSecret },
    provider.metadata,
  );
  const { clientId, clockTolerance, strict } = request;
  return { provider, party: { clientId, authentication, clockTolerance, strict } };
}

/** Builds the authorization request for a redirect URI that is ready to be answered. */
export async function prepareSignIn(
  request: SignInRequest,
  met: { readonly provider: Provider; readonly party: TokenClient },
  redirectUri: string,
  state: string,
): Promise<PreparedSignIn> {
  met.provider.endpoint('token_endpoint');
  const asked = { ...request.authorization, redirectUri };
  met.provider.recorder.hideInWords(state, request.authorization.parameters?.one_time_token);
  const sent = await createAuthorizationRequest(met.provider, met.party, asked, state);
  return { ...met, redirectUri, sent };
}

/**
 * The second half: code to tokens, ID token judged, userinfo compared. The
 * state has been compared by whoever took the answer, and is compared again
 * by openid-client. Throws what `exchangeCode` and `requestUserinfo` throw;
 * a userinfo endpoint that merely refuses is reported, not thrown, unless strict.
 */
export async function completeSignIn(
  request: SignInRequest,
  prepared: PreparedSignIn,
  answer: URLSearchParams,
  deps: ProviderDeps,
  came?: CameBack,
): Promise<SignInResult> {
  const { provider, party, sent, redirectUri } = prepared;
  deps.recorder.hideInWords(sent.state, sent.nonce);
  deps.recorder.hide(sent.codeVerifier, answer.get('code') ?? undefined);
  const tokens = await exchangeCode(
    provider,
    party,
    answer,
    {
      redirectUri,
      state: sent.state,
      nonce: sent.nonce,
      codeVerifier: sent.codeVerifier,
      maxAge: request.authorization.maxAge,
      acrValues: request.authorization.acrValues,
      // Logto is asked for a resource at each refresh: the first token is the one for userinfo.
      resource: request.kind === 'logto' ? undefined : request.authorization.resource,
      prompt: request.authorization.prompt,
      scope: request.authorization.scope,
      came,
    },
    deps,
  );
  if (!tokens.report || !tokens.idToken) throw new OidcCliError('no_id_token', { issuer: provider.issuer });
  const subject = String(tokens.report.claims.sub);
  const userinfo = await askUserinfo(request, prepared, tokens.accessToken, subject, tokens.report, deps);
  const report = withUserinfo(tokens.report, userinfo, subject);
  noteUserinfo(report, deps);
  const refusal = firstRefusal(report, party.strict);
  if (refusal) {
    // The ID token has been accepted, so it is userinfo that a strict sign-in refuses: with its own reason.
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
    clientAuth: party.authentication.method,
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
  return { session, report, scope, userinfo, clientAuth: party.authentication };
}

async function askUserinfo(
  request: SignInRequest,
  { provider, party }: PreparedSignIn,
  accessToken: string,
  subject: string,
  report: IdTokenReport,
  deps: ProviderDeps,
): Promise<UserinfoOutcome> {
  if (!request.userinfo) return { asked: false, reason: 'not asked for' };
  if (!provider.metadata.userinfo_endpoint) return { asked: false, reason: 'no endpoint' };
  try {
    return { asked: true, claims: await requestUserinfo(provider, party, accessToken, subject, deps) };
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    if (error.code !== 'userinfo_subject_mismatch') return { asked: true, error };
    // Another person's claims (OIDC Core §5.3.2): refused, with the whole report.
    const compared = withUserinfo(report, { asked: true, error }, subject);
    noteUserinfo(compared, deps);
    throw error.with({ details: { checks: compared.checks } });
  }
}

/** Tells the recorder of the one check that needs userinfo; the others were told when the ID token came. */
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
 * Asked-for scopes against granted ones. A token response without `scope`
 * grants what was asked (RFC 6749 §5.1). Some providers leave `openid` or
 * `offline_access` out of the answer though they acted on them: what came back tells.
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
