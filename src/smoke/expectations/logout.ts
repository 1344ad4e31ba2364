import { withUnusedPort } from '../../browser/loopback-redirect-uri.js';
import { stateMatches, stateMismatch } from '../../browser/state-parameter.js';
import type { Check } from '../../check.js';
import { INTERACTION_ERRORS } from '../../oidc/authorization-errors.js';
import { randomState } from '../../oidc/authorization-request.js';
import { createEndSessionRequest } from '../../oidc/end-session.js';
import { defaultPostLogoutRedirectUri } from '../../profiles/redirect-uri.js';
import { createClientRequest } from '../../sign-in/client.js';
import { signOutOnPages } from '../../sign-in/sign-out-pages.js';
import type { SignedIn } from '../signed-in.js';
import { attemptResult, expectationResult, skippedResult } from './outcome.js';

/**
 * Checks that the sign-out at the provider returns to the application (OIDC
 * RP-Initiated Logout 1.0 §3), and that no user is signed in there afterwards:
 * `prompt=none` is refused.
 */
export async function checkLogout(signedIn: SignedIn): Promise<readonly Check[]> {
  const { at, idToken, visit, deps } = signedIn;
  const [returns, silent] = ['logout.returns', 'logout.silentRefused'];
  const refused = 'prompt=none refused with login_required';
  if (!at || !idToken || !visit)
    return [skippedResult(returns, 'back at the application', 'no browser of ours signed in')];
  const { provider } = at;
  const postLogoutRedirectUri = await withUnusedPort(
    at.request.postLogoutRedirectUri ?? defaultPostLogoutRedirectUri(at.request.kind),
  );
  const back = `back at ${postLogoutRedirectUri} with our state`;
  const returnResult = await attemptResult(returns, back, deps.signal, async () => {
    const state = randomState();
    const url = await createEndSessionRequest(provider, at.client, {
      idToken: idToken.raw,
      postLogoutRedirectUri,
      state,
    });
    const { parameters } = await signOutOnPages({ url, redirectUri: postLogoutRedirectUri, state }, visit);
    const ours = stateMatches(parameters, state);
    return [expectationResult(ours, returns, back, ours ? 'back' : 'back, with another state or none')];
  });
  if (returnResult.some(({ verdict }) => verdict === 'fail')) {
    return [...returnResult, skippedResult(silent, refused, 'the sign-out did not come back')];
  }
  const silentResult = await attemptResult(silent, refused, deps.signal, async () => {
    const state = randomState();
    const redirectUri = await withUnusedPort(at.request.redirectUri);
    const authorization = { ...at.request.authorization, prompt: 'none' };
    const { url } = await createClientRequest({ ...at.request, authorization }, at, redirectUri, state);
    const { parameters } = await visit({ url, redirectUri, state });
    if (!stateMatches(parameters, state)) throw stateMismatch(parameters, redirectUri);
    const error = parameters.get('error');
    if (error !== null)
      return [
        expectationResult(INTERACTION_ERRORS.includes(error), silent, refused, `refused with ${error.slice(0, 60)}`),
      ];
    return [expectationResult(false, silent, refused, 'signed in again without asking')];
  });
  return [...returnResult, ...silentResult];
}
