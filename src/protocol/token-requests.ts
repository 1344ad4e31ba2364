import * as client from 'openid-client';
import { type Facts, OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';
import type { Exchange } from '../trace/recorder.js';
import { ageOf, clockSkewOf } from './answer-facts.js';
import { refusedByAuthorizationEndpoint } from './authorization-errors.js';
import { authenticationFacts, type ClientAuthentication } from './client-authentication.js';
import { type Check, type CheckName, firstRefusal, type IdTokenReport, reportIdToken } from './id-token-report.js';
import type { Provider, ProviderDeps } from './provider.js';
import { refusedByTokenEndpoint } from './token-errors.js';
import { innermostMessage, originalError } from './unwrap.js';

/** The client at the token endpoint, and how its ID tokens are judged. */
export interface TokenClient {
  readonly clientId: string;
  readonly authentication: ClientAuthentication;
  /** Seconds. */
  readonly clockTolerance: number;
  /** Refuse what the report only warns of. */
  readonly strict: boolean;
}

/** What was sent with the authorization request, to hold its answer against. */
export interface SentRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Seconds. */
  readonly maxAge?: number | undefined;
  readonly acrValues?: string | undefined;
  readonly resource?: readonly string[] | undefined;
  /** What a refusal is read by. */
  readonly prompt?: string | undefined;
  readonly scope?: string | undefined;
  readonly came?: CameBack | undefined;
}

/** How an authorization response came, and how many seconds after the request. */
export interface CameBack {
  /** `paste`: by a person's hand, so that its code may be old. */
  readonly by: 'listener' | 'driver' | 'paste';
  readonly seconds: number;
}

/** Tokens that both readers accepted. */
export interface VerifiedTokens {
  readonly accessToken: string;
  readonly tokenType: string;
  /** Seconds since the epoch; absent when the provider did not say. */
  readonly expiresAt?: number;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** As the provider stated them; absent when it did not, which means: as asked (RFC 6749 §5.1). */
  readonly scope?: readonly string[];
  readonly report?: IdTokenReport;
}

/** The checks that openid-client makes as well: here the two readers must agree. */
const SHARED_CHECKS: ReadonlySet<CheckName> = new Set(['signature', 'iss', 'aud', 'exp', 'nbf', 'nonce']);

/**
 * Exchanges the code of an authorization response for tokens (RFC 6749 §4.1.3,
 * RFC 7636 §4.5) and has the ID token judged by openid-client and by our
 * report. Throws the code of the authorization error, of the token endpoint's
 * refusal, or of the first check that refuses the ID token, with all checks in
 * the error's details.
 */
export async function exchangeCode(
  provider: Provider,
  party: TokenClient,
  answer: URLSearchParams,
  sent: SentRequest,
  deps: ProviderDeps,
): Promise<VerifiedTokens> {
  const before = deps.recorder.exchanges.length;
  const configuration = await provider.configuration({
    clientId: party.clientId,
    clockTolerance: party.clockTolerance,
    authentication: withExactRedirectUri(party.authentication.apply, sent.redirectUri),
  });
  provider.endpoint('token_endpoint');
  const currentUrl = new URL(sent.redirectUri);
  currentUrl.search = answer.toString();
  currentUrl.hash = '';
  const outcome = await settle(
    client.authorizationCodeGrant(
      configuration,
      currentUrl,
      {
        expectedState: sent.state,
        expectedNonce: sent.nonce,
        pkceCodeVerifier: sent.codeVerifier,
        idTokenExpected: true,
        ...(sent.maxAge === undefined ? {} : { maxAge: sent.maxAge }),
      },
      resourceParameters(sent.resource),
    ),
  );
  const exchange = tokenExchange(deps, before);
  // Refused before the token endpoint was asked: it is the answer itself.
  if (!exchange && !outcome.accepted) {
    throw refusedByAuthorizationEndpoint(outcome.error, answer, sent, provider);
  }
  return judge(outcome, exchange, provider, party, deps, {
    requireIdToken: true,
    redirectUri: sent.redirectUri,
    nonce: sent.nonce,
    code: answer.get('code') ?? undefined,
    maxAge: sent.maxAge,
    acrValues: sent.acrValues,
    scope: sent.scope,
    came: sent.came,
  });
}

/**
 * Spends a refresh token (RFC 6749 §6, OIDC Core §12). An ID token that comes
 * with the answer is judged like a first one and must keep iss, sub and aud of
 * `previous`. Throws as `exchangeCode` does; the caller saves nothing then.
 */
export async function refreshTokens(
  provider: Provider,
  party: TokenClient,
  refreshToken: string,
  request: {
    readonly previous?: Readonly<Record<string, unknown>>;
    readonly scope?: string;
    readonly resource?: readonly string[] | undefined;
    /** Anything else the provider understands. */
    readonly parameters?: Readonly<Record<string, string>>;
  },
  deps: ProviderDeps,
): Promise<VerifiedTokens> {
  const before = deps.recorder.exchanges.length;
  const configuration = await provider.configuration({
    clientId: party.clientId,
    clockTolerance: party.clockTolerance,
    authentication: party.authentication.apply,
  });
  provider.endpoint('token_endpoint');
  const parameters = resourceParameters(request.resource);
  if (request.scope) parameters.set('scope', request.scope);
  for (const [name, value] of Object.entries(request.parameters ?? {})) parameters.set(name, value);
  const outcome = await settle(client.refreshTokenGrant(configuration, refreshToken, parameters));
  return judge(outcome, tokenExchange(deps, before), provider, party, deps, {
    requireIdToken: false,
    grantType: 'refresh_token',
    previous: request.previous,
  });
}

type Outcome =
  | { readonly accepted: true; readonly tokens: client.TokenEndpointResponse }
  | { readonly accepted: false; readonly error: unknown };

async function settle(grant: Promise<client.TokenEndpointResponse>): Promise<Outcome> {
  try {
    return { accepted: true, tokens: await grant };
  } catch (error) {
    return { accepted: false, error };
  }
}

function resourceParameters(resources: readonly string[] | undefined): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const resource of resources ?? []) parameters.append('resource', resource);
  return parameters;
}

/** openid-client derives redirect_uri from the callback's URL, without its query and normalised; the one sent must be repeated to the letter. */
function withExactRedirectUri(apply: client.ClientAuth, redirectUri: string): client.ClientAuth {
  return (server, metadata, body, headers) => {
    body.set('redirect_uri', redirectUri);
    return apply(server, metadata, body, headers);
  };
}

function tokenExchange(deps: ProviderDeps, since: number): Exchange | undefined {
  return deps.recorder.exchanges.slice(since).find((exchange) => exchange.step === 'token request');
}

interface Judging {
  readonly requireIdToken: boolean;
  /** Where it is not the code that is spent. */
  readonly grantType?: 'refresh_token';
  /** Of the authorization request, where a code is spent. */
  readonly redirectUri?: string;
  readonly nonce?: string;
  readonly code?: string | undefined;
  readonly maxAge?: number | undefined;
  readonly acrValues?: string | undefined;
  readonly scope?: string | undefined;
  readonly came?: CameBack | undefined;
  readonly previous?: Readonly<Record<string, unknown>> | undefined;
}

async function judge(
  outcome: Outcome,
  exchange: Exchange | undefined,
  provider: Provider,
  party: TokenClient,
  deps: ProviderDeps,
  judging: Judging,
): Promise<VerifiedTokens> {
  const body = exchange?.status !== undefined && exchange.status < 300 ? jsonObject(exchange.responseBody) : undefined;
  const idToken = typeof body?.id_token === 'string' ? body.id_token : undefined;
  const accessToken = typeof body?.access_token === 'string' ? body.access_token : undefined;
  const clockSkew = clockSkewOf(exchange);
  const report =
    idToken === undefined
      ? undefined
      : await reportIdToken(idToken, {
          issuer: provider.issuer,
          clientId: party.clientId,
          algorithms: provider.metadata.id_token_signing_alg_values_supported,
          jwks: provider.keySet.kept()?.jwks,
          now: Math.floor(deps.clock.now() / 1000),
          tolerance: party.clockTolerance,
          clockSkew,
          nonce: judging.nonce,
          accessToken,
          code: judging.code,
          maxAge: judging.maxAge,
          acrValues: judging.acrValues,
          previous: judging.previous,
        });
  const details = report ? { checks: report.checks } : {};
  const keySetAge = ageOf(deps.recorder.last('key set'));
  const known = { clockSkew, method: party.authentication.method, keySetAge };
  if (report) {
    const { checks } = report;
    deps.recorder.note({ step: 'ID token checks', from: 'cli', to: 'cli', at: deps.clock.now(), checks });
  }

  if (!outcome.accepted) {
    const original = originalError(outcome.error);
    if (original instanceof OidcCliError) {
      throw new OidcCliError(original.code, original.facts, { cause: original.cause, details });
    }
    if (original) throw original;
    const facts = {
      endpoint: 'token_endpoint',
      ...authenticationFacts(party.authentication),
      clientId: party.clientId,
      clockSkew,
      grantType: judging.grantType,
      redirectUri: judging.redirectUri,
      cameBy: judging.came?.by,
      cameAfter: judging.came?.seconds,
      challengeMethods: provider.metadata.code_challenge_methods_supported,
    };
    if (!body) throw refusedByTokenEndpoint(outcome.error, facts, exchange);
    const none = body.id_token === undefined || body.id_token === null;
    if (none && judging.requireIdToken && accessToken !== undefined) {
      throw new OidcCliError(
        'no_id_token',
        {
          issuer: provider.issuer,
          scope: judging.scope,
          granted: typeof body.scope === 'string' ? body.scope : undefined,
        },
        { cause: outcome.error },
      );
    }
    const refusal = report && firstRefusal(report, false);
    if (refusal) throw refusedIdToken(refusal, details, known, outcome.error);
    if (!report || isAboutTheResponse(outcome.error)) throw refusedByTokenEndpoint(outcome.error, facts, exchange);
    throw disagreement('openid-client refuses it', innermostMessage(outcome.error), details, outcome.error);
  }

  // What was not read a second time is not believed: an ID token without its report would skip half of the checks.
  if (!exchange || (outcome.tokens.id_token !== undefined && !report)) {
    throw disagreement('the report did not get to see it', 'the token response was not recorded', details);
  }
  const unusable = unusableToken(outcome.tokens);
  if (unusable) {
    const reason = `"${unusable}" holds characters that no token may have`;
    throw new OidcCliError('token_response_invalid', { endpoint: 'token_endpoint', reason });
  }
  const refusal = report && firstRefusal(report, party.strict);
  if (refusal) {
    if (SHARED_CHECKS.has(refusal.name)) {
      throw disagreement('the report refuses it', `${refusal.name}: ${refusal.actual}`, details);
    }
    throw refusedIdToken(refusal, details, known);
  }
  return verifiedTokens(outcome.tokens, report, exchange);
}

/** The member that is no token by its characters (RFC 6749 appendix A.12 and A.17): it could not be sent in a header. */
function unusableToken(tokens: client.TokenEndpointResponse): string | undefined {
  return (['access_token', 'refresh_token'] as const).find((name) => !/^[\x20-\x7e]+$/.test(tokens[name] ?? '-'));
}

function verifiedTokens(
  tokens: client.TokenEndpointResponse,
  report: IdTokenReport | undefined,
  exchange: Exchange,
): VerifiedTokens {
  const received = exchange.startedAt + (exchange.durationMs ?? 0);
  return {
    accessToken: tokens.access_token,
    tokenType: tokens.token_type,
    ...(tokens.expires_in === undefined ? {} : { expiresAt: Math.floor(received / 1000 + tokens.expires_in) }),
    ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
    ...(tokens.id_token === undefined ? {} : { idToken: tokens.id_token }),
    ...(tokens.scope === undefined ? {} : { scope: tokens.scope.split(' ').filter(Boolean) }),
    ...(report ? { report } : {}),
  };
}

/** The error for an ID token that a check of the report refuses. */
function refusedIdToken(
  refusal: Check,
  details: Readonly<Record<string, unknown>>,
  known: Facts,
  cause?: unknown,
): OidcCliError {
  return new OidcCliError(
    refusal.code ?? 'id_token_readers_disagree',
    {
      check: refusal.name,
      expected: refusal.expected,
      actual: refusal.actual,
      ...known,
      strict: refusal.verdict === 'warn',
    },
    { cause, details },
  );
}

function disagreement(who: string, reason: string, details: Readonly<Record<string, unknown>>, cause?: unknown) {
  return new OidcCliError('id_token_readers_disagree', { who, reason }, { cause, details });
}

/** oauth4webapi hands the response's body over with errors about the response, and the claims with errors about the ID token. */
function isAboutTheResponse(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if (typeof current.cause === 'object' && current.cause !== null && 'body' in current.cause) return true;
  }
  return false;
}

function jsonObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = parseJson(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
