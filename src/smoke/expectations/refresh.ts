import type { Check } from '../../check.js';
import { refreshTokens } from '../../checks/verified-tokens.js';
import { OidcCliError } from '../../errors.js';
import type { Expectations } from '../plan.js';
import type { ProviderConnection, SignedIn } from '../signed-in.js';
import { attempted, inWords, judged, skipped } from './outcome.js';

/** The newest tokens after a refresh, and what it showed. */
export interface Refreshed {
  readonly results: readonly Check[];
  readonly signedIn: SignedIn;
}

const NONE = 'the provider gave no refresh token';
const WORKS = 'a new access token for the refresh token';

/** The refresh token gets a new access token (RFC 6749 §6), and a new one comes with it or not. */
export async function judgeRefresh(
  expected: NonNullable<Expectations['refresh']>,
  signedIn: SignedIn,
): Promise<Refreshed> {
  const { at, refreshToken, refreshKept, deps } = signedIn;
  const name = 'refresh.works';
  const wanted = expected.works ?? true;
  if (refreshToken === undefined || !at) {
    const results = [
      judged(!wanted, name, wanted ? WORKS : 'no refresh', noRefreshToken(at)),
      ...(expected.rotates === undefined ? [] : [skipped('refresh.rotates', rotation(expected.rotates), NONE)]),
    ];
    return { results, signedIn };
  }
  let newest = signedIn;
  const results = await attempted(name, wanted ? WORKS : 'no refresh', deps.signal, async () => {
    let tokens: { readonly accessToken: string; readonly refreshToken?: string | undefined };
    try {
      // Spent here alone, the new refresh token of a kept session would be lost, and the session over with it.
      tokens = await (refreshKept ? refreshKept() : spend(at, refreshToken, signedIn));
    } catch (error) {
      if (wanted || !isRefusal(error)) throw error;
      return [judged(true, name, 'no refresh', inWords(error))];
    }
    const rotated = tokens.refreshToken !== undefined && tokens.refreshToken !== refreshToken;
    newest = { ...signedIn, accessToken: tokens.accessToken, refreshToken: tokens.refreshToken ?? refreshToken };
    const found = rotated ? 'a new one came' : 'the same one goes on';
    return [
      judged(wanted, name, wanted ? WORKS : 'no refresh', 'a new access token came'),
      ...(expected.rotates === undefined
        ? []
        : [judged(rotated === expected.rotates, 'refresh.rotates', rotation(expected.rotates), found)]),
    ];
  });
  return { results, signedIn: newest };
}

/** Why there is most likely no refresh token (OIDC Core §11). */
function noRefreshToken(at: ProviderConnection | undefined): string {
  const scope = at && (at.request.kind === 'logto' ? undefined : at.request.authorization.scope);
  if (scope === undefined) return NONE;
  return scope.split(' ').includes('offline_access')
    ? `${NONE}, though offline_access was asked for: some give one with prompt: consent alone`
    : `${NONE}: the scope offline_access, which most want for it, is not in the profile`;
}

function rotation(rotates: boolean): string {
  return rotates ? 'a new refresh token with each refresh' : 'the same refresh token after a refresh';
}

/** The refresh token that has been spent is refused (RFC 9700 §4.14.2). */
export async function judgeOldRefreshToken(first: SignedIn, newest: SignedIn): Promise<readonly Check[]> {
  const [name, expected] = ['refresh.oldRefused', 'invalid_grant for the refresh token that was spent'];
  const { at, refreshToken, deps } = first;
  if (!at || refreshToken === undefined) return [skipped(name, expected, NONE)];
  if (newest.refreshToken === refreshToken) {
    return [judged(false, name, expected, 'the refresh brought no new one, so the old one goes on')];
  }
  return attempted(name, expected, deps.signal, () => refusedAfterwards(name, expected, at, refreshToken, first));
}

/** Whether a refresh token that should be dead is refused. */
export async function refusedAfterwards(
  name: string,
  expected: string,
  at: ProviderConnection,
  refreshToken: string,
  signedIn: SignedIn,
): Promise<readonly Check[]> {
  try {
    await spend(at, refreshToken, signedIn);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [judged(true, name, expected, 'invalid_grant')];
  }
  return [judged(false, name, expected, 'it still gets tokens')];
}

function spend(at: ProviderConnection, refreshToken: string, { deps, idToken }: SignedIn) {
  const { request, client, provider } = at;
  const resource = request.kind === 'logto' ? undefined : request.authorization.resource;
  const previous = idToken?.claims;
  return refreshTokens(provider, client, refreshToken, { resource, ...(previous ? { previous } : {}) }, deps);
}

function isRefusal(error: unknown): boolean {
  return error instanceof OidcCliError && (error.code === 'invalid_grant' || error.code === 'refresh_refused');
}
