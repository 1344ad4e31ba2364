import type { Step } from './recorder.js';

/** One thing that was examined without a sign-in, as a doctor tells it. Holds no secret. */
interface Finding {
  readonly group: string;
  readonly name: string;
  readonly verdict: string;
  readonly found: string;
  readonly expected?: string;
  readonly code?: string;
}

/** The step at the end of an examination, for whom a trace is handed on to: what fails and what warns of all that was looked at. */
export function findingsStep(findings: readonly Finding[], at: number): Step {
  const checks = findings
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')
    .map(({ group, name, verdict, found, expected = 'to be in order', code }) => ({
      ...{ name: `${group}: ${name}`, verdict, expected, actual: found },
      ...(code === undefined ? {} : { code }),
    }));
  const said = checks.length === 0 ? { note: 'nothing to complain of' } : { checks };
  return { step: 'findings', from: 'cli', to: 'cli', at, ...said };
}
