import type { Verdict } from '../check.js';
import type { Step } from '../trace/recorder.js';
import type { CheckResult, CheckVerdict } from './result.js';

const VERDICTS: Readonly<Record<CheckVerdict, Verdict>> = {
  passed: 'pass',
  failed: 'fail',
  flaky: 'warn',
  'not run': 'skip',
};

/** The end of a check as a step of its trace; `at` in milliseconds since the epoch. */
export function resultStep(result: CheckResult, at: number): Step {
  const { verdict, attempts, expectations } = result;
  const tries = attempts.length > 1 ? ` at attempt ${attempts.length}` : '';
  const { code, message, causes, fix } = attempts.at(-1)?.error ?? {};
  return {
    step: 'check judged',
    from: 'cli',
    to: 'cli',
    at,
    verdict: VERDICTS[verdict],
    note: `${verdict}${tries}`,
    ...(code && message && causes && fix ? { failure: { code, message, causes, fix } } : {}),
    ...(expectations.length === 0 ? {} : { checks: expectations }),
  };
}
