import type { Check } from '../../check.js';
import { revokeToken } from '../../oidc/revocation.js';
import { isTokenActive } from '../../sign-in/token-activity.js';
import type { SignedIn } from '../signed-in.js';
import { attemptResult, expectationResult, skippedResult } from './outcome.js';
import { checkRefusedAfterwards } from './refresh.js';

/** Checks that the access token, if it was active before, is not active after its revocation (RFC 7009). */
export async function checkAccessTokenRevocation(signedIn: SignedIn): Promise<readonly Check[]> {
  const { at, accessToken, deps } = signedIn;
  const [name, expected] = ['revocation.accessToken', 'of no use once it is revoked'];
  if (!at || accessToken === undefined) return [skippedResult(name, expected, 'there is no access token')];
  return attemptResult(name, expected, deps.signal, async () => {
    const { provider } = at;
    const inUse = () => isTokenActive(provider, at.client, accessToken, signedIn.subject, deps);
    const before = await inUse();
    const outcome = await revokeToken(provider, at.client, accessToken, 'access_token', deps);
    if (outcome === 'not offered') return [skippedResult(name, expected, 'the provider does not revoke access tokens')];
    if (before === undefined) {
      return [skippedResult(name, expected, 'nothing tells: neither introspection nor userinfo can be asked')];
    }
    if (!before) return [expectationResult(false, name, expected, 'it was of no use before that')];
    const after = await inUse();
    return [expectationResult(after === false, name, expected, after ? 'the provider still accepts it' : 'of no use')];
  });
}

/** Checks that the refresh token is refused after its revocation. */
export async function checkRefreshTokenRevocation(signedIn: SignedIn): Promise<readonly Check[]> {
  const { at, refreshToken, deps } = signedIn;
  const [name, expected] = ['revocation.refreshToken', 'refused once it is revoked'];
  if (!at || refreshToken === undefined) return [skippedResult(name, expected, 'there is no refresh token')];
  return attemptResult(name, expected, deps.signal, async () => {
    const outcome = await revokeToken(at.provider, at.client, refreshToken, 'refresh_token', deps);
    if (outcome === 'not offered')
      return [expectationResult(false, name, expected, 'the provider does not revoke refresh tokens')];
    return checkRefusedAfterwards(name, expected, at, refreshToken, signedIn);
  });
}
