import type { Check } from '../../check.js';
import type { Expectations } from '../plan.js';
import type { SignedIn } from '../signed-in.js';
import { checkClaims } from './claims.js';
import { skippedResult } from './outcome.js';

/** Checks the profile that Logto would make of the ID token; an empty field states its reason. */
export function checkLogtoProfile(expected: NonNullable<Expectations['profile']>, { logtoProfile }: SignedIn): Check[] {
  if (!logtoProfile) return [skippedResult('profile', 'a profile', 'the check has no connector')];
  const values = logtoProfile.flatMap(({ field, value }) => (value === undefined ? [] : [[field, value] as const]));
  return checkClaims('profile', expected, Object.fromEntries(values)).map((result) => {
    const line = logtoProfile.find(({ field }) => result.name === `profile.${field}`);
    return line?.reason === undefined ? result : { ...result, actual: `absent: ${line.reason}` };
  });
}
