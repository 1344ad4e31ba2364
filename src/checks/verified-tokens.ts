import type * as client from 'openid-client';
import type { Check } from '../check.js';
import { type FactsOf, OidcCliError } from '../errors.js';
import { isObject, parseJson } from '../json.js';
import { authenticationFacts } from '../oidc/client-authentication.js';
import { innermostMessage, originalError } from '../oidc/original-error.js';
import type { Provider, ProviderDeps } from '../oidc/provider.js';
import { cacheAge, measureClockSkew } from '../oidc/response-facts.js';
import { refusedByTokenEndpoint } from '../oidc/token-errors.js';
import {
  type RefreshRequest,
  requestRefreshedTokens,
  requestTokensForCode,
  type SentRequest,
  type TokenClient,
  type TokenRequestOutcome,
} from '../oidc/token-requests.js';
import type { Exchange } from '../trace/recorder.js';
import { firstRefusal, type IdTokenReport, isShared, reportIdToken } from './id-token-report.js';

/** Tokens that both readers accepted. */
export interface VerifiedTokens {
  readonly accessToken: string;
  readonly tokenType: string;
  /** Seconds since the epoch; absent if the response does not state it. */
  readonly expiresAt?: number;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** As the provider states them; absent if it states none, which means the requested ones (RFC 6749 §5.1). */
  readonly scope?: readonly string[];
  readonly report?: IdTokenReport;
}

/**
 * Exchanges the code of an authorization response for tokens (RFC 6749 §4.1.3,
 * RFC 7636 §4.5) and has the ID token verified by openid-client and by our
 * report. Throws the code of the authorization error, of the token endpoint's
 * refusal, or of the first check that refuses the ID token, with all checks in
 * the error's details.
 */
export async function exchangeCode(
  provider: Provider,
  clientSettings: TokenClient,
  response: URLSearchParams,
  sent: SentRequest,
  deps: ProviderDeps,
): Promise<VerifiedTokens> {
  const outcome = await requestTokensForCode(provider, clientSettings, response, sent, deps);
  return verify(outcome, provider, clientSettings, deps, { sent, code: response.get('code') ?? undefined });
}

/**
 * Spends a refresh token (RFC 6749 §6, OIDC Core §12). An ID token that comes
 * with the response is verified like a first one and must keep iss, sub and aud
 * of `previous`. Throws as `exchangeCode` does; the caller saves nothing then.
 */
export async function refreshTokens(
  provider: Provider,
  clientSettings: TokenClient,
  refreshToken: string,
  request: RefreshRequest & { readonly previous?: Readonly<Record<string, unknown>> },
  deps: ProviderDeps,
): Promise<VerifiedTokens> {
  const outcome = await requestRefreshedTokens(provider, clientSettings, refreshToken, request, deps);
  return verify(outcome, provider, clientSettings, deps, { previous: request.previous });
}

/** The request that the response is compared with: `sent` with a code, `previous` with a refresh token. */
interface Expected {
  readonly sent?: SentRequest;
  readonly code?: string;
  readonly previous?: Readonly<Record<string, unknown>>;
}

async function verify(
  { verdict, exchange }: TokenRequestOutcome,
  provider: Provider,
  clientSettings: TokenClient,
  deps: ProviderDeps,
  { sent, code, previous }: Expected,
): Promise<VerifiedTokens> {
  const body = exchange?.status !== undefined && exchange.status < 300 ? jsonObject(exchange.responseBody) : undefined;
  const idToken = typeof body?.id_token === 'string' ? body.id_token : undefined;
  const accessToken = typeof body?.access_token === 'string' ? body.access_token : undefined;
  const clockSkew = measureClockSkew(exchange);
  const report =
    idToken === undefined
      ? undefined
      : await reportIdToken(idToken, {
          issuer: provider.issuer,
          clientId: clientSettings.clientId,
          algorithms: provider.metadata.id_token_signing_alg_values_supported,
          jwks: provider.keySet.cached()?.jwks,
          now: Math.floor(deps.clock.now() / 1000),
          tolerance: clientSettings.clockTolerance,
          clockSkew,
          nonce: sent?.nonce,
          accessToken,
          code,
          maxAge: sent?.maxAge,
          acrValues: sent?.acrValues,
          previous,
        });
  const details = report ? { checks: report.checks } : {};
  const keySetAge = cacheAge(deps.recorder.last('key set'));
  const known = { clockSkew, method: clientSettings.authentication.method, keySetAge };
  if (report) {
    const { checks } = report;
    deps.recorder.note({ step: 'ID token checks', from: 'cli', to: 'cli', at: deps.clock.now(), checks });
  }

  if (!verdict.accepted) {
    const original = originalError(verdict.error);
    if (original) throw original instanceof OidcCliError ? original.with({ details }) : original;
    const facts = {
      endpoint: 'token_endpoint',
      ...authenticationFacts(clientSettings.authentication),
      clientId: clientSettings.clientId,
      clockSkew,
      grantType: sent ? undefined : 'refresh_token',
      redirectUri: sent?.redirectUri,
      cameBy: sent?.delivery?.via,
      cameAfter: sent?.delivery?.afterSeconds,
      challengeMethods: provider.metadata.code_challenge_methods_supported,
    };
    if (!body) throw refusedByTokenEndpoint(verdict.error, facts, exchange);
    const none = body.id_token === undefined || body.id_token === null;
    if (none && sent && accessToken !== undefined) {
      throw new OidcCliError(
        'no_id_token',
        {
          issuer: provider.issuer,
          scope: sent.scope,
          granted: typeof body.scope === 'string' ? body.scope : undefined,
        },
        { cause: verdict.error },
      );
    }
    const refusal = report && firstRefusal(report, false);
    if (refusal) throw refusedIdToken(refusal, details, known, verdict.error);
    if (!report || isAboutTheResponse(verdict.error)) throw refusedByTokenEndpoint(verdict.error, facts, exchange);
    throw disagreement('openid-client refuses it', innermostMessage(verdict.error), details, verdict.error);
  }

  // An ID token without a report would skip half of the checks.
  if (!exchange || (verdict.tokens.id_token !== undefined && !report)) {
    throw disagreement('the report did not get to see it', 'the token response was not recorded', details);
  }
  const unusable = unusableToken(verdict.tokens);
  if (unusable) {
    const reason = `"${unusable}" holds characters that no token may have`;
    throw new OidcCliError('token_response_invalid', { endpoint: 'token_endpoint', reason });
  }
  const refusal = report && firstRefusal(report, clientSettings.strict);
  if (refusal) {
    if (isShared(refusal.name)) {
      throw disagreement('the report refuses it', `${refusal.name}: ${refusal.actual}`, details);
    }
    throw refusedIdToken(refusal, details, known);
  }
  return verifiedTokens(verdict.tokens, report, exchange);
}

/** The token with characters that RFC 6749 (appendix A.12 and A.17) forbids: it could not be sent in a header. */
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
    refreshToken: tokens.refresh_token,
    idToken: tokens.id_token,
    ...(tokens.scope === undefined ? {} : { scope: tokens.scope.split(' ').filter(Boolean) }),
    report,
  };
}

/** The error for an ID token that a check of the report refuses. */
function refusedIdToken(
  refusal: Check,
  details: Readonly<Record<string, unknown>>,
  known: FactsOf<'id_token_expired'>,
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

/**
 * oauth4webapi attaches the response's body to errors about the response, and the
 * claims to errors about the ID token.
 */
function isAboutTheResponse(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if (typeof current.cause === 'object' && current.cause !== null && 'body' in current.cause) return true;
  }
  return false;
}

function jsonObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = parseJson(text ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
