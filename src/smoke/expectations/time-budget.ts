import type { Check } from '../../check.js';
import type { Expectations } from '../plan.js';
import type { PhaseTime } from '../result.js';
import { expectationResult, skippedResult } from './outcome.js';

type TimeBudget = NonNullable<Expectations['within']>;

const PHASES: Readonly<Record<Exclude<keyof TimeBudget, 'total'>, PhaseTime['phase']>> = {
  discovery: 'discovery',
  authorizationRequest: 'authorization request',
  signInPages: 'sign-in pages',
  tokenRequest: 'token request',
  userinfo: 'userinfo',
};

/** Checks the time of the sign-in and its parts against the budget. Times are milliseconds, budgets seconds. */
export function checkTimes(within: TimeBudget, phases: readonly PhaseTime[], totalMs: number): Check[] {
  return Object.entries(within).flatMap(([key, seconds]) => {
    if (seconds === undefined) return [];
    const name = `within.${key}`;
    const expected = `at most ${seconds} s`;
    const times =
      key === 'total' ? [totalMs] : phases.filter(({ phase }) => phase === PHASES[key as never]).map(({ ms }) => ms);
    if (times.length === 0) return [skippedResult(name, expected, 'it did not come to that')];
    const ms = times.reduce((sum, one) => sum + one, 0);
    return [expectationResult(ms <= seconds * 1000, name, expected, `${(ms / 1000).toFixed(3)} s`)];
  });
}
