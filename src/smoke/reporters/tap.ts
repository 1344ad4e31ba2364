import { stringify } from 'yaml';
import type { CheckResult, SmokeRun } from '../result.js';
import {
  checkName,
  driverText,
  earlierAttempts,
  failedStep,
  failureText,
  fileFrom,
  notChecked,
  safeCheckText,
  skipReason,
  violatedExpectations,
} from './check-text.js';
import type { Reporter, ReporterDeps } from './reporters.js';

/** TAP 14 (testanything.org): a test point per check, with its details as YAML. */
export function tapReporter({ context: deps }: ReporterDeps): Reporter {
  const safe = (text: string) => safeCheckText(text, deps.printable);
  return { end: (run) => tap(run, safe, deps.cwd) };
}

type Safe = (text: string) => string;

function tap(run: SmokeRun, safe: Safe, cwd: string): string {
  const lines = ['TAP version 14', `1..${run.results.length}`];
  if (run.shard !== undefined) lines.push(`# shard ${run.shard}`);
  run.results.forEach((result, index) => {
    const name = description(safe(checkName(result)));
    const ok = result.verdict === 'failed' ? 'not ok' : 'ok';
    const skip = result.verdict === 'not run' ? ` # SKIP ${skipReason(run)}` : '';
    lines.push(`${ok} ${index + 1} - ${name}${skip}`);
    if (result.verdict !== 'not run') lines.push(...diagnostics(result, safe, cwd));
  });
  // An incomplete run has not passed, even if all finished checks have.
  if (run.ended === 'interrupted' || run.ended === 'timed out') lines.push(`Bail out! ${skipReason(run)}`);
  return `${lines.join('\n')}\n`;
}

/** Escapes `\` and `#`, which have a meaning in a test point's line. */
function description(text: string): string {
  return text.replace(/[\\#]/g, '\\$&');
}

function diagnostics(result: CheckResult, safe: Safe, cwd: string): string[] {
  const last = result.attempts.at(-1);
  const error = result.verdict === 'failed' ? last?.error : undefined;
  const step = result.verdict === 'failed' ? failedStep(result) : undefined;
  const violated = violatedExpectations(result);
  const before = earlierAttempts(result).map((attempt) => safe(failureText(attempt, result)));
  const unchecked = notChecked(result).map(safe);
  const driver = driverText(result);
  const { screenshot, text } = result.evidence ?? {};
  const document = {
    ...(result.verdict === 'failed' && last ? { message: safe(failureText(last, result)), severity: 'fail' } : {}),
    ...(result.verdict === 'flaky' ? { flaky: true } : {}),
    duration_ms: Math.round(result.durationMs),
    profile: safe(result.profile),
    issuer: safe(result.issuer),
    ...(driver === undefined ? {} : { way: driver }),
    at: { file: safe(fileFrom(cwd, cwd, result.where.file)), line: result.where.line },
    ...(step === undefined ? {} : { step }),
    ...(error === undefined ? {} : { code: error.code, causes: error.causes.map(safe), fix: safe(error.fix) }),
    ...(violated.length === 0
      ? {}
      : {
          violated: violated.map(({ name, expected, actual }) => ({
            name: safe(name),
            expected: safe(expected),
            found: safe(actual),
          })),
        }),
    ...(unchecked.length === 0 ? {} : { 'not checked': unchecked }),
    ...(before.length === 0 ? {} : { 'attempts before': before }),
    ...(screenshot === undefined ? {} : { screenshot: safe(screenshot) }),
    ...(text === undefined ? {} : { 'text of the page': safe(text) }),
  };
  const yaml = stringify(document, { lineWidth: 0 }).trimEnd().split('\n');
  return ['---', ...yaml, '...'].map((line) => `  ${line}`);
}
