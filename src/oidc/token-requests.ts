import * as client from 'openid-client';
import type { Exchange } from '../trace/recorder.js';
import { refusedByAuthorizationEndpoint } from './authorization-errors.js';
import type { ClientAuthentication } from './client-authentication.js';
import type { Provider, ProviderDeps } from './provider.js';

/** The client at the token endpoint, and the settings for verifying its ID tokens. */
export interface TokenClient {
  readonly clientId: string;
  readonly authentication: ClientAuthentication;
  /** Seconds. */
  readonly clockTolerance: number;
  /** Refuse also what the report only warns of. */
  readonly strict: boolean;
}

/** The values of the authorization request that its response is compared with. */
export interface SentRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Seconds. */
  readonly maxAge?: number;
  readonly acrValues?: string;
  readonly resource?: readonly string[];
  /** A fact for the explanation of a refusal. */
  readonly prompt?: string;
  readonly scope?: string;
  readonly delivery?: Delivery;
}

/** How an authorization response was delivered, and how many seconds after the request. */
export interface Delivery {
  /** `paste`: by hand, so that its code may be old. */
  readonly via: 'listener' | 'driver' | 'paste';
  readonly afterSeconds: number;
}

/** The parameters of a refresh request beside the refresh token. */
export interface RefreshRequest {
  readonly scope?: string;
  readonly resource?: readonly string[];
  /** Extension parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A token request with openid-client's verdict on the response, ID token included. */
export interface TokenRequestOutcome {
  readonly verdict:
    | { readonly accepted: true; readonly tokens: client.TokenEndpointResponse }
    | { readonly accepted: false; readonly error: unknown };
  /**
   * The raw response, since openid-client does not return an ID token that it
   * refuses. Absent when nothing was recorded.
   */
  readonly exchange: Exchange | undefined;
}

/**
 * Sends the code of an authorization response to the token endpoint (RFC 6749
 * §4.1.3, RFC 7636 §4.5). Throws the authorization error if the response is
 * refused before the token request; every other failure is in the outcome.
 */
export async function requestTokensForCode(
  provider: Provider,
  clientSettings: TokenClient,
  response: URLSearchParams,
  sent: SentRequest,
  deps: ProviderDeps,
): Promise<TokenRequestOutcome> {
  const before = deps.recorder.exchanges.length;
  const configuration = await provider.configuration({
    clientId: clientSettings.clientId,
    clockTolerance: clientSettings.clockTolerance,
    authentication: withExactRedirectUri(clientSettings.authentication.apply, sent.redirectUri),
  });
  provider.endpoint('token_endpoint');
  const currentUrl = new URL(sent.redirectUri);
  currentUrl.search = response.toString();
  currentUrl.hash = '';
  const verdict = await settleGrant(
    client.authorizationCodeGrant(
      configuration,
      currentUrl,
      {
        expectedState: sent.state,
        expectedNonce: sent.nonce,
        pkceCodeVerifier: sent.codeVerifier,
        idTokenExpected: true,
        maxAge: sent.maxAge,
      },
      resourceParameters(sent.resource),
    ),
  );
  const exchange = tokenExchange(deps, before);
  if (!exchange && !verdict.accepted) throw refusedByAuthorizationEndpoint(verdict.error, response, sent, provider);
  return { verdict, exchange };
}

/** Sends a refresh token to the token endpoint (RFC 6749 §6, OIDC Core §12). A refusal is in the outcome. */
export async function requestRefreshedTokens(
  provider: Provider,
  clientSettings: TokenClient,
  refreshToken: string,
  request: RefreshRequest,
  deps: ProviderDeps,
): Promise<TokenRequestOutcome> {
  const before = deps.recorder.exchanges.length;
  const configuration = await provider.configuration({
    clientId: clientSettings.clientId,
    clockTolerance: clientSettings.clockTolerance,
    authentication: clientSettings.authentication.apply,
  });
  provider.endpoint('token_endpoint');
  const parameters = resourceParameters(request.resource);
  if (request.scope) parameters.set('scope', request.scope);
  for (const [name, value] of Object.entries(request.parameters ?? {})) parameters.set(name, value);
  const verdict = await settleGrant(client.refreshTokenGrant(configuration, refreshToken, parameters));
  return { verdict, exchange: tokenExchange(deps, before) };
}

async function settleGrant(grant: Promise<client.TokenEndpointResponse>): Promise<TokenRequestOutcome['verdict']> {
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

/**
 * openid-client derives redirect_uri from the callback's URL, without its query
 * and normalised, but the token request must repeat the exact one that was sent.
 */
function withExactRedirectUri(apply: client.ClientAuth, redirectUri: string): client.ClientAuth {
  return (server, metadata, body, headers) => {
    body.set('redirect_uri', redirectUri);
    return apply(server, metadata, body, headers);
  };
}

function tokenExchange(deps: ProviderDeps, since: number): Exchange | undefined {
  return deps.recorder.exchanges.slice(since).find((exchange) => exchange.step === 'token request');
}
