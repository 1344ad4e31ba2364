import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Check } from '../../check.js';
import type { Attempt, CheckResult, CheckVerdict, SmokeRun, UsedDriver } from '../result.js';

/** Texts for a check's result, the same in every report. Nothing here is escaped: each report does that. */

/** A check's name, with the number of its run for `--repeat`. */
export function checkName({ name, run }: Pick<CheckResult, 'name' | 'run'>): string {
  return run === undefined ? name : `${name}, run ${run}`;
}

/** Drivers with which a user signs in; the others are grants without a user. */
const SIGNS_IN: readonly (UsedDriver | undefined)[] = ['http', 'browser', 'command'];

/** Whether a check proved a user's sign-in: not by a grant without a user, and not if a refusal was expected. */
export function hasSignIn({ way: driver, subject }: Pick<CheckResult, 'way' | 'subject'>): boolean {
  return SIGNS_IN.includes(driver) && subject !== undefined;
}

/** The driver, with a warning if it cannot prove a sign-in; undefined if the check did not get that far. */
export function driverText({ way: driver }: Pick<CheckResult, 'way'>): string | undefined {
  return driver === undefined || SIGNS_IN.includes(driver) ? driver : `${driver}: nobody signed in`;
}

/** Milliseconds as seconds with one digit: `1.2 s`. */
export function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The violated expectations of a finished check. */
export function violatedExpectations(result: CheckResult): readonly Check[] {
  return result.expectations.filter(({ verdict }) => verdict === 'fail');
}

/**
 * The expectations of a check that could not be checked, with one phrase for each
 * reason, since users may rely on them. Empty for most checks.
 */
export function notChecked({ expectations }: Pick<CheckResult, 'expectations'>): string[] {
  const names = new Map<string, string[]>();
  for (const { name, verdict, actual } of expectations) {
    if (verdict === 'skip') names.set(actual, [...(names.get(actual) ?? []), name]);
  }
  return [...names].map(([why, these]) => `${these.join(', ')}: ${why}`);
}

/** Maximum of check names with the same gap; further checks are only counted. */
const MAX_NAMED = 3;

/** The unchecked expectations of all checks that did not fail, one line for each gap. */
export function uncheckedText(results: readonly CheckResult[]): string[] {
  const checksOf = new Map<string, string[]>();
  for (const result of results) {
    if (result.verdict === 'failed') continue;
    for (const words of notChecked(result)) {
      checksOf.set(words, [...(checksOf.get(words) ?? []), checkName(result)]);
    }
  }
  return [...checksOf].map(([words, names]) => {
    const more = names.length - MAX_NAMED;
    return `${names.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${words}`;
  });
}

/** The violations of one attempt; those of the last may be in the result alone. */
function violatedIn(attempt: Attempt, result: CheckResult): readonly Check[] {
  if (attempt.violated) return attempt.violated;
  return attempt === result.attempts.at(-1) ? violatedExpectations(result) : [];
}

/** The reason for an attempt's failure, in one line. */
export function failureText(attempt: Attempt, result: CheckResult): string {
  if (attempt.error) return attempt.error.message;
  const violated = violatedIn(attempt, result).map(
    ({ name, expected, actual }) => `${name}: expected ${expected}, found ${actual}`,
  );
  return violated.length === 0 ? 'an expectation was not met' : violated.join('; ');
}

/** The step in which a check failed; undefined if it is not known. */
export function failedStep(result: CheckResult): string | undefined {
  const last = result.attempts.at(-1);
  return last && last.error === undefined ? 'expectations' : last?.failedIn;
}

/** The last attempt of a failed check; every attempt but the last of a flaky one failed. */
export function earlierAttempts({ attempts }: Pick<CheckResult, 'attempts'>): readonly Attempt[] {
  return attempts.slice(0, -1);
}

/** The reason that checks have not run. */
export function skipReason({ ended }: Pick<SmokeRun, 'ended'>): string {
  switch (ended) {
    case 'interrupted':
      return 'the run was interrupted';
    case 'timed out':
      return "the run's time limit was reached";
    case 'failed fast':
      return 'others had failed';
    default:
      return 'it was not reached';
  }
}

/** The details of a failure, a line each: event, reason, fix, evidence. */
export function failureDetails(result: CheckResult): string[] {
  const lines: string[] = [];
  const error = result.attempts.at(-1)?.error;
  if (error) {
    lines.push(`What happened: ${error.message}`);
    if (error.causes.length === 1) lines.push(`Likely cause: ${error.causes[0]}`);
    if (error.causes.length > 1) {
      lines.push(
        'Likely causes, most likely first:',
        ...error.causes.map((cause, index) => `  ${index + 1}. ${cause}`),
      );
    }
    lines.push(`To fix: ${error.fix}`);
  }
  const violated = violatedExpectations(result);
  for (const { name, expected, actual } of violated) {
    lines.push(`Expected ${name}: ${expected}`, `  Found: ${actual}`);
  }
  if (violated.length > 0) {
    const baseline = violated.some(({ name }) => name === 'discovery')
      ? '; a new baseline is written with: oidc-cli smoke baseline'
      : '.';
    lines.push(
      `To fix: Correct what the provider sends, or the check's expectation where what was found is right${baseline}`,
    );
  }
  lines.push(...notChecked(result).map((words) => `Not checked: ${words}`));
  lines.push(...evidenceLines(result));
  const driver = driverText(result);
  const kind = result.kind === 'connector' ? 'Connector' : 'Profile';
  // The issuer of a profile that could not be read is not known.
  const named = [`${kind} ${result.profile}`, result.issuer, driver && `by ${driver}`];
  lines.push(named.filter(Boolean).join(', '));
  earlierAttempts(result).forEach((attempt, index) => {
    lines.push(`Attempt ${index + 1} failed: ${failureText(attempt, result)}`);
  });
  if (error) lines.push(`(${error.code}, exit code ${error.exitCode})`);
  return lines;
}

/** The evidence files of a failure, a line each. */
export function evidenceLines({ evidence: { screenshot, text } = {} }: Pick<CheckResult, 'evidence'>): string[] {
  return [
    ...(screenshot === undefined ? [] : [`Screenshot: ${screenshot}`]),
    ...(text === undefined ? [] : [`Text of the page: ${text}`]),
  ];
}

/** The number of checks per verdict. */
export function countVerdicts(results: readonly CheckResult[]): Record<CheckVerdict, number> {
  const counts = { passed: 0, flaky: 0, failed: 0, 'not run': 0 };
  for (const { verdict } of results) counts[verdict] += 1;
  return counts;
}

/** `2 passed, 1 failed`, without zero counts. */
export function countsText(results: readonly CheckResult[]): string {
  const counts = Object.entries(countVerdicts(results)).filter(([, count]) => count > 0);
  return counts.map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}

/** A number with its noun. */
export function checks(count: number): string {
  return `${count} ${count === 1 ? 'check' : 'checks'}`;
}

/** A file's path for reports: relative and with slashes if it is in the folder. */
export function fileFrom(folder: string, cwd: string, file: string): string {
  const path = relative(folder, resolve(cwd, file));
  return (path.startsWith('..') || isAbsolute(path) ? file : path).split(sep).join('/');
}

/**
 * Escapes text for a terminal and for the logs of CI servers: some (GitHub's
 * runner, Azure Pipelines) execute `##[command]` and `##vso[…]` at any place of a
 * line.
 */
export function safeCheckText(text: string, printable: (text: string) => string): string {
  return printable(text).replace(/##(?=\w*\[)/g, '# #');
}
