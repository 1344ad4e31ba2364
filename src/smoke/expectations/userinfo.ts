import type { Check } from '../../check.js';
import { valueText } from '../../oidc/json-values.js';
import type { Expectations } from '../plan.js';
import type { SignedIn } from '../signed-in.js';
import { judgeClaims } from './claims.js';
import { inWords, judged, skipped } from './outcome.js';

/** Userinfo answers, for the same person (OIDC Core §5.3.2); its claims where they are expected. */
export function judgeUserinfo(expected: NonNullable<Expectations['userinfo']>, signedIn: SignedIn): Check[] {
  if (expected === false) return [];
  const { userinfo, subject } = signedIn;
  const name = 'userinfo.sub';
  const same = subject ?? "the ID token's sub";
  if (!userinfo) return [skipped(name, same, 'nobody signed in')];
  if (!userinfo.asked) return [judged(false, name, same, 'the provider announces no userinfo endpoint')];
  if ('error' in userinfo) return [judged(false, name, same, inWords(userinfo.error))];
  const { sub } = userinfo.claims;
  const ofClaims = expected === true ? [] : judgeClaims('userinfo.claims', expected.claims, userinfo.claims);
  return [judged(sub === subject, name, same, valueText(sub)), ...ofClaims];
}
