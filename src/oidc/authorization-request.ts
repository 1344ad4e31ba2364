import * as client from 'openid-client';
import { advertisedScopes } from './authorization-errors.js';
import { authenticationFacts } from './client-authentication.js';
import type { Provider } from './provider.js';
import { refusedByTokenEndpoint } from './token-errors.js';
import type { TokenClient } from './token-requests.js';

/** The parameters of a sign-in (OIDC Core §3.1.2.1). */
export interface AuthorizationParameters {
  readonly redirectUri: string;
  readonly scope: string;
  readonly prompt?: string;
  readonly loginHint?: string;
  /** Maximum seconds since the user last signed in actively. */
  readonly maxAge?: number;
  readonly uiLocales?: string;
  readonly acrValues?: string;
  readonly display?: string;
  /** The `claims` parameter as JSON text (OIDC Core §5.5). */
  readonly claims?: string;
  readonly responseMode?: string;
  /** Resource indicators (RFC 8707). */
  readonly resource?: readonly string[];
  /** Further parameters for the provider. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** An authorization request, and the secrets that its response is checked against. */
export interface AuthorizationRequest {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Whether the parameters were pushed first (RFC 9126). */
  readonly pushed: boolean;
}

/** A fresh `state` (RFC 6749 §10.12): 256 random bits. */
export function randomState(): string {
  return client.randomState();
}

/**
 * Builds the authorization request: always code flow with PKCE S256 (RFC 7636),
 * state and nonce. Pushes it (RFC 9126) if the provider requires that. The caller
 * passes `state`, since the listener that compares it starts before the redirect
 * URI is known; it passes a nonce only to send a particular one. Throws
 * `endpoint_missing`, or the refusal of a pushed request.
 */
export async function createAuthorizationRequest(
  provider: Provider,
  clientSettings: TokenClient,
  asked: AuthorizationParameters,
  state: string,
  nonce: string = client.randomNonce(),
): Promise<AuthorizationRequest> {
  provider.endpoint('authorization_endpoint');
  const pushed = provider.metadata.require_pushed_authorization_requests === true;
  if (pushed) provider.endpoint('pushed_authorization_request_endpoint');
  const codeVerifier = client.randomPKCECodeVerifier();
  provider.recorder.hide(codeVerifier);
  provider.recorder.hideInWords(nonce);
  const parameters = new URLSearchParams(asked.parameters);
  parameters.set('redirect_uri', asked.redirectUri);
  parameters.set('scope', asked.scope);
  parameters.set('state', state);
  parameters.set('nonce', nonce);
  parameters.set('code_challenge', await client.calculatePKCECodeChallenge(codeVerifier));
  parameters.set('code_challenge_method', 'S256');
  const optional = {
    prompt: asked.prompt,
    login_hint: asked.loginHint,
    max_age: asked.maxAge?.toString(),
    ui_locales: asked.uiLocales,
    acr_values: asked.acrValues,
    display: asked.display,
    claims: asked.claims,
    response_mode: asked.responseMode,
  };
  for (const [name, value] of Object.entries(optional)) if (value !== undefined) parameters.set(name, value);
  for (const resource of asked.resource ?? []) parameters.append('resource', resource);

  try {
    const { clientId, clockTolerance, authentication } = clientSettings;
    const url = pushed
      ? await client.buildAuthorizationUrlWithPAR(
          await provider.configuration({ clientId, clockTolerance, authentication: authentication.apply }),
          parameters,
        )
      : client.buildAuthorizationUrl(provider.configurationOf(clientId), parameters);
    return { url: url.href, state, nonce, codeVerifier, pushed };
  } catch (error) {
    const { redirectUri, scope, prompt } = asked;
    const clientFacts = authenticationFacts(clientSettings.authentication);
    const asAsked = { redirectUri, scope, prompt, ...advertisedScopes(scope, provider.metadata) };
    const facts = { endpoint: 'pushed_authorization_request_endpoint', ...clientFacts, ...asAsked };
    throw refusedByTokenEndpoint(error, facts, provider.recorder.last('pushed authorization request'));
  }
}
