import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { Check } from '../check.js';
import { EXIT, type ExitCode, OidcCliError } from '../errors.js';
import { type AttemptResult, type AttemptTools, attemptCheck } from './attempt.js';
import { checkError } from './check-error.js';
import type { ResolvedCheck } from './resolve.js';
import type { Attempt, CheckResult, CheckVerdict, Evidence, SmokeEvent, SmokeRun } from './result.js';

/** The settings of a run. */
export interface RunOptions {
  readonly checks: readonly ResolvedCheck[];
  /** Maximum of checks at once. */
  readonly concurrency: number;
  /** Further tries after a failure, instead of the plan's number. */
  readonly retries?: number;
  /** Seconds for one try, instead of the plan's. */
  readonly timeout?: number;
  /** Seconds for the whole run. */
  readonly timeoutAll?: number;
  /** The number of runs of each check. */
  readonly repeat: number;
  /** The number of failures after which no further check begins. */
  readonly maxFailures?: number;
  /** `1/4`, for the report. */
  readonly shard?: string;
}

/** Dependencies of a run. */
export interface RunDeps extends Omit<AttemptTools, 'evidenceFolder'> {
  readonly clock: { now(): number };
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly on: (event: SmokeEvent) => void;
  /** The folder for the evidence of a failed sign-in of this check. */
  readonly evidenceFolder: (check: ResolvedCheck, run: number) => string | undefined;
}

/** Default seconds for one try. */
const DEFAULT_TIMEOUT = 60;

/**
 * Runs checks, several at once, and never throws: the results have the failures.
 * If it ends early (Ctrl-C, the time for all, too many failures), it reports the
 * checks that ran; those that were interrupted or did not begin are `not run`.
 */
export async function runChecks(options: RunOptions, deps: RunDeps): Promise<SmokeRun> {
  const { checks, concurrency, repeat, maxFailures = Number.POSITIVE_INFINITY, timeoutAll } = options;
  const startedAt = deps.clock.now();
  const begun = performance.now();
  const over = new AbortController();
  // One listener for each running check.
  setMaxListeners(0, over.signal);
  const interrupt = () => over.abort(new OidcCliError('interrupted'));
  if (deps.signal.aborted) interrupt();
  deps.signal.addEventListener('abort', interrupt, { once: true });
  const timer =
    timeoutAll === undefined
      ? undefined
      : setTimeout(() => over.abort(new OidcCliError('smoke_run_timeout', { seconds: timeoutAll })), timeoutAll * 1000);

  const jobs = Array.from({ length: repeat }, (_, index) => index + 1).flatMap((run) =>
    checks.map((check) => ({ check, run })),
  );
  deps.on({ type: 'planned', checks: jobs.length, concurrency });
  let failures = 0;
  const limit = pLimit(concurrency);
  const results = await Promise.all(
    jobs.map(({ check, run }) =>
      limit(async () => {
        const numbered = repeat > 1 ? { run } : {};
        if (over.signal.aborted || failures >= maxFailures) return { ...notRun(check, deps.clock.now()), ...numbered };
        const result = { ...(await runCheck(check, run, over.signal, options, deps)), ...numbered };
        if (result.verdict === 'failed') failures += 1;
        if (result.verdict !== 'not run') deps.on({ type: 'finished', result });
        return result;
      }),
    ),
  );
  clearTimeout(timer);
  deps.signal.removeEventListener('abort', interrupt);
  const ended = endReason(over.signal, results);
  return {
    startedAt,
    durationMs: Math.round(performance.now() - begun),
    results,
    shard: options.shard,
    ended,
    exitCode: runExitCode(results, ended),
  };
}

async function runCheck(
  check: ResolvedCheck,
  run: number,
  over: AbortSignal,
  options: RunOptions,
  deps: RunDeps,
): Promise<CheckResult> {
  const { planned } = check;
  const { name } = planned;
  const retries = options.retries ?? planned.retries ?? 0;
  const seconds = options.timeout ?? planned.timeout ?? DEFAULT_TIMEOUT;
  const startedAt = deps.clock.now();
  const attempts: Attempt[] = [];
  let evidence: Evidence | undefined;
  const tools = { ...deps, evidenceFolder: deps.evidenceFolder(check, run) };
  deps.on({ type: 'started', name });
  for (;;) {
    const tried = await attemptCheck(check, seconds, over, tools);
    const attempt = toAttempt(tried);
    attempts.push(attempt);
    // For a flaky check, the evidence of the failed attempt.
    evidence = tried.evidence ?? evidence;
    const cutOff = over.aborted && tried.error !== undefined && tried.error.code === abortCode(over.reason);
    const failed = isFailure(attempt);
    if (failed && !cutOff && !over.aborted && attempts.length <= retries) {
      deps.on({ type: 'retried', name, error: attempt.error ?? violation(attempt.violated?.[0]) });
      continue;
    }
    // A check interrupted by Ctrl-C has not failed. A check that ran when the time for all was over may be the cause,
    // so it has.
    const interrupted = cutOff && tried.error?.code === 'interrupted';
    const verdict: CheckVerdict = interrupted
      ? 'not run'
      : failed
        ? 'failed'
        : attempts.length > 1
          ? 'flaky'
          : 'passed';
    return {
      ...checkIdentity(check, startedAt),
      verdict,
      way: tried.way,
      subject: tried.subject,
      durationMs: tried.durationMs,
      attempts,
      phases: tried.phases,
      expectations: tried.expectations,
      evidence,
      ...tried.facts,
    };
  }
}

function toAttempt({ durationMs, error, expectations, failedIn }: AttemptResult): Attempt {
  const violated = expectations.filter(({ verdict }) => verdict === 'fail');
  return {
    durationMs,
    ...(error === undefined ? {} : { error: checkError(error) }),
    ...(error === undefined || failedIn === undefined ? {} : { failedIn }),
    ...(violated.length === 0 ? {} : { violated }),
  };
}

function isFailure({ error, violated }: Attempt): boolean {
  return error !== undefined || violated !== undefined;
}

/** A violated expectation as an error, which explains the retry. */
function violation(result: Check | undefined) {
  const { name: expectation, expected, actual } = result ?? {};
  return checkError(new OidcCliError('smoke_expectation_violated', { expectation, expected, actual }));
}

function abortCode(reason: unknown): string | undefined {
  return reason instanceof OidcCliError ? reason.code : undefined;
}

/** The members of every result that identify its check. */
function checkIdentity({ planned, profileName, issuer }: ResolvedCheck, startedAt: number) {
  const kind = planned.connector === undefined ? ('profile' as const) : ('connector' as const);
  return { name: planned.name, profile: profileName, kind, issuer, startedAt, where: planned.where };
}

function notRun(check: ResolvedCheck, now: number): CheckResult {
  return {
    ...checkIdentity(check, now),
    verdict: 'not run',
    durationMs: 0,
    attempts: [],
    phases: [],
    expectations: [],
  };
}

/** The reason that checks were left out, if any. */
function endReason(over: AbortSignal, results: readonly CheckResult[]): SmokeRun['ended'] {
  const code = over.aborted ? abortCode(over.reason) : undefined;
  if (code === 'interrupted') return 'interrupted';
  if (code === 'smoke_run_timeout') return 'timed out';
  return results.some(({ verdict }) => verdict === 'not run') ? 'failed fast' : undefined;
}

/**
 * The exit code of a run: that of the failed sign-ins if all failures share one,
 * else 1. A flaky check is no failure.
 */
function runExitCode(results: readonly CheckResult[], ended: SmokeRun['ended']): ExitCode {
  if (ended === 'interrupted') return EXIT.interrupted;
  const codes = new Set(
    results
      .filter(({ verdict }) => verdict === 'failed')
      .map(({ attempts }) => attempts.at(-1)?.error?.exitCode ?? EXIT.checkFailed),
  );
  const [only, other] = codes;
  if (only === undefined) return ended === 'timed out' ? EXIT.timedOut : EXIT.done;
  return other === undefined ? only : EXIT.checkFailed;
}
