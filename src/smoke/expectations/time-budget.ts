import type { Check } from '../../check.js';
import type { Expectations } from '../plan.js';
import type { PhaseTime } from '../result.js';
import { judged, skipped } from './outcome.js';

type Within = NonNullable<Expectations['within']>;

const PHASES: Readonly<Record<Exclude<keyof Within, 'total'>, PhaseTime['phase']>> = {
  discovery: 'discovery',
  authorizationRequest: 'authorization request',
  signInPages: 'sign-in pages',
  tokenRequest: 'token request',
  userinfo: 'userinfo',
};

/** The sign-in and its parts took no longer than they may. Times are milliseconds, budgets seconds. */
export function judgeTimes(within: Within, phases: readonly PhaseTime[], totalMs: number): Check[] {
  return Object.entries(within).flatMap(([key, seconds]) => {
    if (seconds === undefined) return [];
    const name = `within.${key}`;
    const expected = `at most ${seconds} s`;
    const times =
      key === 'total' ? [totalMs] : phases.filter(({ phase }) => phase === PHASES[key as never]).map(({ ms }) => ms);
    if (times.length === 0) return [skipped(name, expected, 'it did not come to that')];
    const ms = times.reduce((sum, one) => sum + one, 0);
    return [judged(ms <= seconds * 1000, name, expected, `${(ms / 1000).toFixed(3)} s`)];
  });
}
