import type { Check } from '../../check.js';
import { introspectToken } from '../../oidc/introspection.js';
import type { SignedIn } from '../signed-in.js';
import { attemptResult, expectationResult, skippedResult } from './outcome.js';

/** Checks that the introspection endpoint reports the access token as active (RFC 7662 §2.2). */
export async function checkIntrospection({ at, accessToken, deps }: SignedIn): Promise<readonly Check[]> {
  const [name, expected] = ['introspection', 'active'];
  if (!at || accessToken === undefined) return [skippedResult(name, expected, 'there is no access token')];
  return attemptResult(name, expected, deps.signal, async () => {
    const { active } = await introspectToken(at.provider, at.client, accessToken, 'access_token', deps);
    return [expectationResult(active, name, expected, active ? 'active' : 'not active')];
  });
}
