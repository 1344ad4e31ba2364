import xml, { type XMLElement } from 'xmlbuilder';
import type { Attempt, CheckResult, SmokeRun } from '../result.js';
import {
  checkName,
  countVerdicts,
  driverText,
  earlierAttempts,
  failureDetails,
  failureText,
  fileFrom,
  hasSignIn,
  notChecked,
  safeCheckText,
  skipReason,
} from './check-text.js';
import type { Reporter, ReporterDeps } from './reporters.js';

/**
 * The XML that CI servers (Jenkins, GitLab, CircleCI, Azure Pipelines) read: a
 * suite per file, a test case per check. A violated expectation is a `failure`, a
 * failed sign-in an `error`; earlier attempts are `flakyFailure` and
 * `rerunFailure` as in Maven's Surefire. Written with xmlbuilder, since
 * junit-report-builder supports neither retries nor reasons for skipped tests, and
 * its CDATA breaks at a second `]]>`, which a provider can send.
 */
export function junitReporter({ context: deps }: ReporterDeps): Reporter {
  const safe = (text: string) => safeCheckText(text, deps.printable);
  return { end: (run) => junit(run, safe, deps.cwd) };
}

type Safe = (text: string) => string;

function junit(run: SmokeRun, safe: Safe, cwd: string): string {
  const root = xml.create('testsuites', { encoding: 'UTF-8', invalidCharReplacement: '\ufffd' });
  attributes(root, { name: 'oidc-cli smoke', ...counts(run.results), time: seconds(run.durationMs) });
  const files = new Map<string, CheckResult[]>();
  for (const result of run.results) {
    const file = fileFrom(cwd, cwd, result.where.file);
    files.set(file, [...(files.get(file) ?? []), result]);
  }
  for (const [file, results] of files) {
    const suite = attributes(root.ele('testsuite'), {
      name: safe(file),
      ...counts(results),
      time: seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0)),
      timestamp: new Date(run.startedAt).toISOString().replace(/\.\d+Z$/, ''),
    });
    if (run.shard !== undefined || run.ended !== undefined) {
      properties(suite, { shard: run.shard, ended: run.ended });
    }
    for (const result of results) testCase(suite, file, result, run, safe);
  }
  return `${root.end({ pretty: true })}\n`;
}

function testCase(suite: XMLElement, file: string, result: CheckResult, run: SmokeRun, safe: Safe): void {
  const element = attributes(suite.ele('testcase'), {
    name: safe(checkName(result)),
    classname: safe(result.profile),
    time: seconds(result.durationMs),
    file: safe(file),
    line: String(result.where.line),
  });
  if (result.verdict === 'not run') {
    element.ele('skipped', { message: skipReason(run) });
    return;
  }
  const unchecked = notChecked(result).join('; ');
  properties(element, {
    issuer: safe(result.issuer),
    way: driverText(result),
    'signed in': String(hasSignIn(result)),
    attempts: String(result.attempts.length),
    'not checked': unchecked === '' ? undefined : safe(unchecked),
  });
  const last = result.attempts.at(-1);
  if (result.verdict === 'failed') {
    const why = {
      message: safe(last ? failureText(last, result) : 'it could not be run'),
      type: last?.error?.code ?? 'expectation',
    };
    const text = failureDetails(result).map(safe).join('\n');
    element.ele(last?.error ? 'error' : 'failure', why).txt(text);
  }
  for (const attempt of earlierAttempts(result)) earlierAttempt(element, attempt, result, safe);
}

function earlierAttempt(element: XMLElement, attempt: Attempt, result: CheckResult, safe: Safe): void {
  const kind = `${result.verdict === 'flaky' ? 'flaky' : 'rerun'}${attempt.error ? 'Error' : 'Failure'}`;
  const message = safe(failureText(attempt, result));
  const again = element.ele(kind, { message, type: attempt.error?.code ?? 'expectation' });
  again.ele('stackTrace').txt(attempt.error ? safe(`To fix: ${attempt.error.fix}`) : message);
}

/** Violated expectations are failures, all other faults are errors. */
function counts(results: readonly CheckResult[]): Record<string, string> {
  const { failed, 'not run': skipped } = countVerdicts(results);
  const errors = results.filter(
    ({ verdict, attempts }) => verdict === 'failed' && attempts.at(-1)?.error !== undefined,
  ).length;
  return {
    tests: String(results.length),
    failures: String(failed - errors),
    errors: String(errors),
    skipped: String(skipped),
  };
}

function attributes(element: XMLElement, values: Readonly<Record<string, string>>): XMLElement {
  for (const [name, value] of Object.entries(values)) element.att(name, value);
  return element;
}

function properties(element: XMLElement, values: Readonly<Record<string, string | undefined>>): void {
  const list = element.ele('properties');
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) list.ele('property', { name, value });
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
