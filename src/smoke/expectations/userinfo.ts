import type { Check } from '../../check.js';
import { valueText } from '../../oidc/json-values.js';
import type { Expectations } from '../plan.js';
import type { SignedIn } from '../signed-in.js';
import { checkClaims } from './claims.js';
import { errorText, expectationResult, skippedResult } from './outcome.js';

/** Checks that userinfo responds for the same user (OIDC Core §5.3.2), and its claims if they are expected. */
export function checkUserinfo(expected: NonNullable<Expectations['userinfo']>, signedIn: SignedIn): Check[] {
  if (expected === false) return [];
  const { userinfo, subject } = signedIn;
  const name = 'userinfo.sub';
  const same = subject ?? "the ID token's sub";
  if (!userinfo) return [skippedResult(name, same, 'nobody signed in')];
  if (!userinfo.asked) return [expectationResult(false, name, same, 'the provider announces no userinfo endpoint')];
  if ('error' in userinfo) return [expectationResult(false, name, same, errorText(userinfo.error))];
  const { sub } = userinfo.claims;
  const claimResults = expected === true ? [] : checkClaims('userinfo.claims', expected.claims, userinfo.claims);
  return [expectationResult(sub === subject, name, same, valueText(sub)), ...claimResults];
}
