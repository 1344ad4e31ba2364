import { createReporters, parseReporter } from '../../src/smoke/reporters/reporters.js';
import type { CheckError, CheckResult, SmokeEvent, SmokeRun } from '../../src/smoke/result.js';
import { createTerminal, printable } from '../../src/terminal.js';

const STARTED = Date.UTC(2026, 10, 24, 3, 0, 0);

const timedOut: CheckError = {
  code: 'login_timeout',
  message: 'Nobody signed in within 30 seconds.',
  causes: ['The page was slow.'],
  fix: 'Give it more time with --timeout.',
  exitCode: 6,
};

const wrongSecret: CheckError = {
  code: 'invalid_client',
  message: "The provider did not accept the client's authentication (client_secret_basic).",
  causes: ['The client secret is wrong.', 'The client id is of another tenant.'],
  fix: 'Check id and secret.',
  exitCode: 5,
};

const file = 'checks/oidc-smoke.yaml';
const issuer = 'https://id.example.com';

const passed: CheckResult = {
  name: 'staging',
  verdict: 'passed',
  profile: 'staging',
  issuer,
  way: 'http',
  subject: 'user-1',
  startedAt: STARTED,
  durationMs: 1234,
  attempts: [{ durationMs: 1234 }],
  phases: [
    { phase: 'discovery', ms: 120 },
    { phase: 'sign-in pages', ms: 800.4 },
  ],
  expectations: [{ name: 'claims.email', verdict: 'pass', expected: 'present', actual: 'alice@example.com' }],
  certificateExpiresAt: 1_800_000_000,
  keySet: 'set-one',
  where: { file, line: 3 },
};

const flaky: CheckResult = {
  ...passed,
  name: 'single page',
  verdict: 'flaky',
  way: 'browser',
  durationMs: 2000,
  attempts: [{ durationMs: 30_000, error: timedOut, failedIn: 'sign-in pages' }, { durationMs: 2000 }],
  where: { file, line: 9 },
};

const refused: CheckResult = {
  name: 'wrong secret',
  verdict: 'failed',
  profile: 'production',
  issuer: 'https://login.example.com',
  way: 'http',
  startedAt: STARTED + 1000,
  durationMs: 900,
  attempts: [
    { durationMs: 800, error: timedOut, failedIn: 'sign-in pages' },
    { durationMs: 900, error: wrongSecret, failedIn: 'token request' },
  ],
  phases: [{ phase: 'token request', ms: 300 }],
  expectations: [],
  evidence: { screenshot: 'evidence/wrong-secret.png', text: 'evidence/wrong-secret.txt' },
  certificateExpiresAt: 1_790_000_000,
  where: { file, line: 15 },
};

const violated: CheckResult = {
  ...passed,
  name: 'claims',
  verdict: 'failed',
  durationMs: 12_345,
  attempts: [{ durationMs: 12_345 }],
  expectations: [
    { name: 'claims.email', verdict: 'pass', expected: 'present', actual: 'alice@example.com' },
    { name: 'claims.role', verdict: 'fail', expected: 'one of admin, owner', actual: 'absent' },
    { name: 'refresh.rotates', verdict: 'fail', expected: 'a new refresh token', actual: 'the same' },
    { name: 'logout', verdict: 'skip', expected: 'returns', actual: 'not reached' },
  ],
  where: { file, line: 21 },
};

const byRefresh: CheckResult = {
  ...passed,
  name: 'kept token',
  way: 'refresh',
  durationMs: 100,
  attempts: [{ durationMs: 100 }],
  phases: [],
  expectations: [
    { name: 'accessToken.format', verdict: 'pass', expected: 'opaque', actual: 'opaque' },
    { name: 'claims.sub', verdict: 'skip', expected: 'in the ID token', actual: 'there is no ID token' },
    { name: 'claims.email', verdict: 'skip', expected: 'in the ID token', actual: 'there is no ID token' },
    { name: 'logout.returns', verdict: 'skip', expected: 'back', actual: 'no browser of ours signed in' },
  ],
  where: { file: 'checks/machines.yaml', line: 2 },
};

const neverRun: CheckResult = {
  name: 'last',
  verdict: 'not run',
  profile: 'staging',
  issuer,
  startedAt: 0,
  durationMs: 0,
  attempts: [],
  phases: [],
  expectations: [],
  where: { file: 'checks/machines.yaml', line: 8 },
};

/** A run in which checks ended in every way there is. */
export const everyVerdict: SmokeRun = {
  startedAt: STARTED,
  durationMs: 14_000,
  results: [passed, flaky, refused, violated, byRefresh, neverRun],
  shard: '1/4',
  ended: 'failed fast',
  exitCode: 1,
};

/** A run in which everything is well. */
export const allPassed: SmokeRun = {
  startedAt: STARTED,
  durationMs: 1300,
  results: [passed],
  exitCode: 0,
};

/** What a provider or a file might say to harm whoever reads a report. */
export const HOSTILE = [
  '::error::one\n::error::two\r\n::stop-commands::x',
  '##[set-output name=a]b ##vso[task.setvariable variable=a]b',
  ']]> and ]]> again <b>&amp;</b> <script>alert(1)</script>',
  '| cell | `code` [link](https://evil.example) ![image](https://evil.example/x.png) www.evil.example @team *x* _y_ ~z~',
  '# SKIP \\# TODO \\n "quoted" \'single\' {a="b"} %0A, a: b',
  '\u001b[31m\u0000\u0008\u009b\u202e\u2066\u{e0041}\ufffe\ud800',
].join(' ');

/** `everyVerdict` with hostile text wherever text comes from outside. */
export const hostileRun: SmokeRun = {
  ...everyVerdict,
  results: everyVerdict.results.map((result) => ({
    ...result,
    name: `${result.name} ${HOSTILE}`,
    profile: HOSTILE,
    issuer: HOSTILE,
    keySet: HOSTILE,
    where: { file: `${HOSTILE}.yaml`, line: 1 },
    expectations: result.expectations.map((one) => ({ ...one, name: HOSTILE, expected: HOSTILE, actual: HOSTILE })),
    attempts: result.attempts.map(({ error, ...attempt }) =>
      error ? { ...attempt, error: { ...error, message: HOSTILE, causes: [HOSTILE, HOSTILE], fix: HOSTILE } } : attempt,
    ),
    ...(result.evidence ? { evidence: { screenshot: HOSTILE, text: HOSTILE } } : {}),
  })),
};

/** What reporters are told of a run, check after check. */
function eventsOf(run: SmokeRun): readonly SmokeEvent[] {
  const events: SmokeEvent[] = [{ type: 'planned', checks: run.results.length, concurrency: 2 }];
  for (const result of run.results) {
    if (result.verdict === 'not run') continue;
    events.push({ type: 'started', name: result.name });
    for (const { error } of result.attempts.slice(0, -1)) {
      if (error) events.push({ type: 'retried', name: result.name, error });
    }
    events.push({ type: 'finished', result });
  }
  return events;
}

/** Where reports are made: a folder, the environment, and whether a person looks on. */
export interface ReportWorld {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly columns?: number;
  /** Done when all checks have run and no report is written yet. */
  readonly meanwhile?: () => Promise<void>;
}

/** Makes the reports of a run through the real terminal, as `--reporter` names them, and says what was written. */
export async function report(
  reporters: readonly string[],
  run: SmokeRun,
  { cwd = '/project', env = {}, tty = false, columns = 60, meanwhile }: ReportWorld = {},
): Promise<{ stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const stdout = { write: (text: string) => (written.stdout += text), isTTY: tty, columns };
  const stderr = { write: (text: string) => (written.stderr += text), isTTY: tty, columns };
  const terminal = await createTerminal({ stdout, stderr, env });
  const made = await createReporters(reporters.map(parseReporter), { env, cwd, stderr, terminal, printable });
  for (const event of eventsOf(run)) made.on(event);
  await meanwhile?.();
  await made.end(run);
  return written;
}
