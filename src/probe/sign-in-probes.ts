import { setTimeout as wait } from 'node:timers/promises';
import { OidcCliError } from '../errors.js';
import { hostileText, lostCharacters } from './hostile-text.js';
import type { Probing, Tokens } from './probing.js';
import { jsonObject } from './raw-requests.js';
import type { Grant } from './sign-ins.js';

/** Milliseconds between two sign-ins, so that auth_time, which has no fractions, differs. */
const SIGN_IN_INTERVAL_MS = 1_100;

/**
 * A sign-in with a hostile state and nonce. Undefined if the provider refuses
 * them. Throws the errors of any sign-in for other reasons.
 */
export async function probeHostileSignIn(
  probing: Probing,
): Promise<{ readonly grant?: Grant; readonly tokens?: Tokens }> {
  const { signIns, results, evidence, deps } = probing;
  const before = results.of('state-unchanged');
  // After an error whose state was changed, a hostile state would only run into the time limit.
  const hostileState = results.wants('state-unchanged') && before?.verdict !== 'violated' ? hostileText() : undefined;
  const nonce = hostileText();
  deps.recorder.hideInWords(nonce, hostileState);
  const mark = evidence.mark;
  let grant: Grant;
  try {
    const state = hostileState === undefined ? {} : { state: hostileState };
    grant = await signIns.getCode({ why: 'state and nonce with odd characters', nonce, ...state });
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    const { code } = error;
    if (code === 'callback_state_mismatch' && hostileState !== undefined) {
      results.addSince(mark, 'state-unchanged', 'violated', 'another state came back with a code');
      results.add('nonce-unchanged', 'not testable', 'the answer had another state');
      return {};
    }
    if (code !== 'invalid_request' && code !== 'authorization_refused') throw error;
    const refused = `the sign-in was refused (${code})`;
    if (hostileState !== undefined) results.addSince(mark, 'state-unchanged', 'violated', refused);
    results.addSince(mark, 'nonce-unchanged', hostileState === undefined ? 'violated' : 'not testable', refused);
    return {};
  }
  if (hostileState !== undefined) {
    const events = [...(before?.events ?? []), ...evidence.since(mark)];
    const half = before?.verdict === 'met' ? 'with an error and with a code' : 'with a code';
    results.add('state-unchanged', 'met', `unchanged ${half}`, events);
  }
  return { grant, ...(await redeemHostile(probing, grant, nonce, mark)) };
}

async function redeemHostile(
  { signIns, results, deps }: Probing,
  grant: Grant,
  nonce: string,
  mark: number,
): Promise<{ readonly tokens?: Tokens }> {
  try {
    const tokens = await signIns.redeem(grant);
    results.addSince(mark, 'nonce-unchanged', 'met', 'unchanged in the ID token');
    return { tokens };
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'id_token_nonce_mismatch') throw error;
    const response = jsonObject(deps.recorder.last('token request')?.responseBody ?? '') ?? {};
    const { decodeJwt } = await import('jose');
    const claims = decodeJwt(String(response.id_token));
    const back = typeof claims.nonce === 'string' ? claims.nonce : null;
    results.addSince(mark, 'nonce-unchanged', 'violated', lostCharacters(nonce, back));
    // The tokens are good for the next probes all the same: only the nonce is wrong.
    const { access_token: accessToken, refresh_token: refreshToken } = response;
    if (typeof accessToken !== 'string' || typeof claims.sub !== 'string') return {};
    const refreshable = typeof refreshToken === 'string' ? { refreshToken } : {};
    return { tokens: { accessToken, tokenType: 'bearer', subject: claims.sub, ...refreshable } };
  }
}

/**
 * A sign-in with max_age=0 while a user is signed in: the ID token's auth_time
 * must be later than the request. `byCommand`: a user's program may or may not
 * reuse the last sign-in, so the result is not certain.
 */
export async function probeMaxAge(
  probing: Probing,
  byCommand: boolean,
): Promise<{ readonly grant: Grant; readonly tokens: Tokens }> {
  const { signIns, results, evidence, deps } = probing;
  if (!results.wants('max-age')) {
    const grant = await signIns.getCode({ why: 'tokens to revoke' });
    return { grant, tokens: await signIns.redeem(grant) };
  }
  const before = signIns.latestAuthTime;
  const since = deps.clock.now() - (signIns.endedAt ?? 0);
  await wait(Math.min(SIGN_IN_INTERVAL_MS, Math.max(0, SIGN_IN_INTERVAL_MS - since)), undefined, {
    signal: deps.signal,
  });
  const mark = evidence.mark;
  const grant = await signIns.getCode({ why: 'max_age=0, which asks for the password again', maxAge: 0 });
  const tokens = await signIns.redeem(grant);
  const authTime = tokens.report?.claims.auth_time;
  const add = (verdict: 'met' | 'violated' | 'not testable', actual: string) =>
    results.addSince(mark, 'max-age', verdict, actual);
  // Both times are from the provider's clock, so ours does not matter.
  if (typeof authTime !== 'number') add('violated', 'the ID token has no auth_time');
  else if (before === undefined) add('not testable', 'no ID token before it had an auth_time to compare with');
  else if (authTime <= before) add('violated', `auth_time is that of an earlier sign-in: nobody signed in anew`);
  else if (byCommand) add('not testable', 'signed in anew, as a program of its own may do each time');
  else add('met', `signed in anew: auth_time is ${authTime - before} s after the one before`);
  return { grant, tokens };
}
