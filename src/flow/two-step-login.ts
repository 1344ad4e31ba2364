import { stateMatches, stateMismatch } from '../browser/state-parameter.js';
import { OidcCliError } from '../errors.js';
import { randomState } from '../protocol/authorization-request.js';
import type { ProviderDeps } from '../protocol/provider.js';
import { callbackParameters } from './browser-answer.js';
import { noteAuthorizationResponse } from './browser-steps.js';
import { completeSignIn, meetProvider, prepareSignIn, type SignInRequest, type SignInResult } from './sign-in.js';

/** How long a pending sign-in can be finished, in seconds. */
const PENDING_SECONDS = 600;

/** A sign-in kept between `login --start` and `login --callback-url`. It holds the code verifier: a secret, for the session store alone. */
export interface PendingSignIn {
  readonly state: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly request: Omit<SignInRequest, 'clientSecret'>;
  /** Which kind of store the session goes to. */
  readonly store: string;
  readonly [key: string]: unknown;
}

/** First half: discovery and the authorization request, without a listener. Makes no browser appear. */
export async function startTwoStepLogin(
  request: SignInRequest,
  store: string,
  deps: ProviderDeps,
): Promise<{ readonly url: string; readonly pending: PendingSignIn }> {
  const met = await meetProvider(request, deps);
  const { sent } = await prepareSignIn(request, met, request.redirectUri, randomState());
  const { clientSecret: _secret, ...kept } = request;
  return {
    url: sent.url,
    pending: {
      state: sent.state,
      expiresAt: Math.floor(deps.clock.now() / 1000) + PENDING_SECONDS,
      nonce: sent.nonce,
      codeVerifier: sent.codeVerifier,
      redirectUri: request.redirectUri,
      request: kept,
      store,
    },
  };
}

/** The state of a pasted callback URL. Throws `callback_invalid` when the text is no URL with a state. */
export function stateOfCallback(text: string): string {
  let state: string | null = null;
  try {
    state = new URL(text.trim()).searchParams.get('state');
  } catch {
    throw new OidcCliError('callback_invalid', { reason: text.trim() === '' ? 'it is empty' : 'it is not a URL' });
  }
  if (!state) throw new OidcCliError('callback_invalid', { reason: 'it has no "state"' });
  return state;
}

/**
 * Second half: state, nonce and verifier are checked as in a sign-in with a
 * listener. Throws `callback_state_mismatch`, `callback_invalid` and what
 * `completeSignIn` throws.
 */
export async function finishTwoStepLogin(
  pending: PendingSignIn,
  callbackUrl: string,
  clientSecret: string | undefined,
  deps: ProviderDeps,
): Promise<SignInResult> {
  const parameters = callbackParameters(callbackUrl, pending.redirectUri);
  if (!parameters) {
    const reason = 'it is not an answer to the redirect URI of this sign-in';
    throw new OidcCliError('callback_invalid', { reason, redirectUri: pending.redirectUri });
  }
  noteAuthorizationResponse(deps, { redirectUri: pending.redirectUri, parameters, via: 'pasted' });
  if (!stateMatches(parameters, pending.state)) throw stateMismatch(parameters, pending.redirectUri);
  const request = { ...pending.request, clientSecret };
  const met = await meetProvider(request, deps);
  const { state, nonce, codeVerifier, redirectUri } = pending;
  const sent = { url: '', state, nonce, codeVerifier, pushed: false };
  const seconds = Math.max(0, Math.floor(deps.clock.now() / 1000) - (pending.expiresAt - PENDING_SECONDS));
  return completeSignIn(request, { ...met, redirectUri, sent }, parameters, deps, { by: 'paste', seconds });
}
