import type { Check } from '../../check.js';
import { refreshTokens } from '../../checks/verified-tokens.js';
import { OidcCliError } from '../../errors.js';
import type { Expectations } from '../plan.js';
import type { ProviderConnection, SignedIn } from '../signed-in.js';
import { attemptResult, errorText, expectationResult, skippedResult } from './outcome.js';

/** The newest tokens after a refresh, and the results. */
export interface Refreshed {
  readonly results: readonly Check[];
  readonly signedIn: SignedIn;
}

const NO_REFRESH_TOKEN = 'the provider gave no refresh token';
const REFRESH_WORKS = 'a new access token for the refresh token';

/** Checks that the refresh token gets a new access token (RFC 6749 §6), with or without a new refresh token. */
export async function checkRefresh(
  expected: NonNullable<Expectations['refresh']>,
  signedIn: SignedIn,
): Promise<Refreshed> {
  const { at, refreshToken, refreshKept, deps } = signedIn;
  const name = 'refresh.works';
  const wanted = expected.works ?? true;
  if (refreshToken === undefined || !at) {
    const results = [
      expectationResult(!wanted, name, wanted ? REFRESH_WORKS : 'no refresh', noRefreshToken(at)),
      ...(expected.rotates === undefined
        ? []
        : [skippedResult('refresh.rotates', rotation(expected.rotates), NO_REFRESH_TOKEN)]),
    ];
    return { results, signedIn };
  }
  let newest = signedIn;
  const results = await attemptResult(name, wanted ? REFRESH_WORKS : 'no refresh', deps.signal, async () => {
    let tokens: { readonly accessToken: string; readonly refreshToken?: string };
    try {
      // A saved session must store its new refresh token: a plain refresh would lose it and end the session.
      tokens = await (refreshKept ? refreshKept() : useRefreshToken(at, refreshToken, signedIn));
    } catch (error) {
      if (wanted || !isRefusal(error)) throw error;
      return [expectationResult(true, name, 'no refresh', errorText(error))];
    }
    const rotated = tokens.refreshToken !== undefined && tokens.refreshToken !== refreshToken;
    newest = { ...signedIn, accessToken: tokens.accessToken, refreshToken: tokens.refreshToken ?? refreshToken };
    const actual = rotated ? 'a new one came' : 'the same one goes on';
    return [
      expectationResult(wanted, name, wanted ? REFRESH_WORKS : 'no refresh', 'a new access token came'),
      ...(expected.rotates === undefined
        ? []
        : [expectationResult(rotated === expected.rotates, 'refresh.rotates', rotation(expected.rotates), actual)]),
    ];
  });
  return { results, signedIn: newest };
}

/** The most likely reason for a missing refresh token (OIDC Core §11). */
function noRefreshToken(at: ProviderConnection | undefined): string {
  const scope = at && (at.request.kind === 'logto' ? undefined : at.request.authorization.scope);
  if (scope === undefined) return NO_REFRESH_TOKEN;
  return scope.split(' ').includes('offline_access')
    ? `${NO_REFRESH_TOKEN}, though offline_access was asked for: some give one with prompt: consent alone`
    : `${NO_REFRESH_TOKEN}: the scope offline_access, which most want for it, is not in the profile`;
}

function rotation(rotates: boolean): string {
  return rotates ? 'a new refresh token with each refresh' : 'the same refresh token after a refresh';
}

/** Checks that the spent refresh token is refused (RFC 9700 §4.14.2). */
export async function checkOldRefreshToken(first: SignedIn, newest: SignedIn): Promise<readonly Check[]> {
  const [name, expected] = ['refresh.oldRefused', 'invalid_grant for the refresh token that was spent'];
  const { at, refreshToken, deps } = first;
  if (!at || refreshToken === undefined) return [skippedResult(name, expected, NO_REFRESH_TOKEN)];
  if (newest.refreshToken === refreshToken) {
    return [expectationResult(false, name, expected, 'the refresh brought no new one, so the old one goes on')];
  }
  return attemptResult(name, expected, deps.signal, () =>
    checkRefusedAfterwards(name, expected, at, refreshToken, first),
  );
}

/** Checks that an invalidated refresh token is refused. */
export async function checkRefusedAfterwards(
  name: string,
  expected: string,
  at: ProviderConnection,
  refreshToken: string,
  signedIn: SignedIn,
): Promise<readonly Check[]> {
  try {
    await useRefreshToken(at, refreshToken, signedIn);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [expectationResult(true, name, expected, 'invalid_grant')];
  }
  return [expectationResult(false, name, expected, 'it still gets tokens')];
}

function useRefreshToken(at: ProviderConnection, refreshToken: string, { deps, idToken }: SignedIn) {
  const { request, client, provider } = at;
  const resource = request.kind === 'logto' ? undefined : request.authorization.resource;
  const previous = idToken?.claims;
  return refreshTokens(provider, client, refreshToken, { resource, previous }, deps);
}

function isRefusal(error: unknown): boolean {
  return error instanceof OidcCliError && (error.code === 'invalid_grant' || error.code === 'refresh_refused');
}
