import type { Verdict } from '../../check.js';
import { versioned } from '../../json.js';
import { safeJson } from '../../safe-text.js';
import type { Attempt, CheckError, CheckResult, SmokeRun } from '../result.js';
import { countVerdicts, failedStep, hasSignIn, violatedExpectations } from './check-text.js';
import type { Reporter } from './reporters.js';

/** For scripts: one document, as in docs/json.md. */
export function jsonReporter(): Reporter {
  return { end: (run) => `${escapeCommands(JSON.stringify(versioned(runDocument(run)), undefined, 2))}\n` };
}

/**
 * The same data, with characters that could control or deceive a terminal as
 * `\uXXXX`, and `##` escaped so that no CI server executes `##[…]`.
 */
function escapeCommands(json: string): string {
  return safeJson(json).replace(/##/g, '#\\u0023');
}

function runDocument(run: SmokeRun): Record<string, unknown> {
  const { 'not run': notRun, ...counts } = countVerdicts(run.results);
  return {
    startedAt: rfc3339(run.startedAt),
    durationMs: Math.round(run.durationMs),
    shard: run.shard ?? null,
    ended: run.ended ?? null,
    exitCode: run.exitCode,
    counts: { ...counts, notRun },
    checks: run.results.map(checkDocument),
  };
}

/** The document's words for the verdicts of expectations, which never warn. */
const EXPECTATION_VERDICTS: Readonly<Record<Verdict, string>> = {
  pass: 'met',
  fail: 'violated',
  warn: 'violated',
  skip: 'skipped',
};

function checkDocument(result: CheckResult): Record<string, unknown> {
  const last = result.attempts.at(-1);
  const ran = result.verdict !== 'not run';
  return {
    name: result.name,
    run: result.run ?? null,
    verdict: result.verdict,
    profile: result.profile,
    issuer: result.issuer,
    way: result.way ?? null,
    signedIn: hasSignIn(result),
    subject: result.subject ?? null,
    where: { file: result.where.file, line: result.where.line },
    startedAt: ran ? rfc3339(result.startedAt) : null,
    durationMs: Math.round(result.durationMs),
    phases: result.phases.map(({ phase, ms }) => ({ phase, ms: Math.round(ms) })),
    expectations: result.expectations.map(({ name, verdict, expected, actual }) => ({
      name,
      verdict: EXPECTATION_VERDICTS[verdict],
      expected,
      actual,
    })),
    failedIn: result.verdict === 'failed' ? (failedStep(result) ?? null) : null,
    error: last?.error ? errorDocument(last.error) : null,
    attempts: result.attempts.map((attempt) => attemptDocument(attempt, result)),
    evidence: { screenshot: result.evidence?.screenshot ?? null, text: result.evidence?.text ?? null },
    certificateExpiresAt:
      result.certificateExpiresAt === undefined ? null : rfc3339(result.certificateExpiresAt * 1000),
    keySet: result.keySet ?? null,
  };
}

function attemptDocument(attempt: Attempt, result: CheckResult): Record<string, unknown> {
  const last = attempt === result.attempts.at(-1);
  return {
    durationMs: Math.round(attempt.durationMs),
    error: attempt.error ? errorDocument(attempt.error) : null,
    violated: (attempt.violated ?? (last ? violatedExpectations(result) : [])).map(({ name }) => name),
  };
}

function errorDocument({ code, message, causes, fix, exitCode }: CheckError): Record<string, unknown> {
  return { code, message, causes: [...causes], fix, exitCode };
}

/** A time with a precision of seconds, as everywhere; null if it is invalid. */
function rfc3339(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace(/\.\d+Z$/, 'Z');
}
