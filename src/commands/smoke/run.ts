import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { type ExitCode, OidcCliError } from '../../errors.js';
import { environmentTimeout } from '../../profiles/layers.js';
import { currentSession } from '../../sign-in/current-session.js';
import { parseShard } from '../../smoke/choose-checks.js';
import { createDrivers } from '../../smoke/drivers.js';
import { createProviders } from '../../smoke/providers.js';
import { outputFolder } from '../../smoke/reporters/report-file.js';
import { createReporters, parseReporter, type ReporterSpec } from '../../smoke/reporters/reporters.js';
import type { ResolvedCheck } from '../../smoke/resolve.js';
import type { CheckResult } from '../../smoke/result.js';
import { resultStep } from '../../smoke/result-step.js';
import { runChecks } from '../../smoke/runner.js';
import type { SignInTools } from '../../smoke/sign-in.js';
import { printable, type Terminal } from '../../terminal.js';
import { Recorder } from '../../trace/recorder.js';
import { driverMakers } from '../driver-makers.js';
import { failureLines } from '../failure-text.js';
import { openSessions } from '../open-sessions.js';
import { createWaitNotice, openEntry, sessionDeps } from '../session-access.js';
import { resolvePlan } from './plan.js';

/** What `smoke` was asked. */
export interface SmokeOptions {
  readonly files: readonly string[];
  readonly concurrency: number;
  readonly retries?: number;
  /** Seconds for one try. */
  readonly timeout?: number;
  /** Seconds for the run. */
  readonly timeoutAll?: number;
  readonly filter?: readonly string[];
  /** `1/4`. */
  readonly shard?: string;
  readonly repeat: number;
  readonly maxFailures?: number;
  readonly failFast?: boolean;
  /** `NAME[=FILE]` each. */
  readonly reporter?: readonly string[];
  readonly json?: boolean;
  /** The browser to run. */
  readonly browserPath?: string;
  /** A folder for the pages that sign-ins failed at; without one they are in a temporary folder, with `false` nowhere. */
  readonly evidence?: string | false;
  readonly trustProject?: boolean;
}

/** `oidc-cli smoke`: signs in as each check says, and holds what comes against what it expects. */
export async function smoke(options: SmokeOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const specs = reporterSpecs(options);
  const shard = options.shard === undefined ? undefined : parseShard(options.shard);
  const timeout = options.timeout ?? (await environmentTimeout(context.env));
  const checks = await resolvePlan({ ...options, shard, sends: true }, context, terminal);
  // Before anything runs: a report that cannot be written is told now.
  const { stderr, env, cwd, follower, masker, signal, clock } = context;
  const reporters = await createReporters(specs, { env, cwd, signal, stderr, terminal, printable });
  const providers = createProviders({ env, clock, signal, follower, masker, onWait: createWaitNotice(terminal) });
  const drivers = createDrivers(driverMakers(context, options.browserPath));
  const evidence = await evidenceFolder(options.evidence, context);
  const saved = savedRefreshTokens(context, terminal);
  try {
    const run = await runChecks(
      { ...options, timeout, checks, maxFailures: options.failFast ? 1 : options.maxFailures },
      {
        providers,
        drivers,
        clock: context.clock,
        signal: context.signal,
        on: (event) => {
          if (event.type === 'finished') recordResult(event.result, context);
          reporters.on(event);
        },
        evidenceFolder: (check, number) =>
          evidence === undefined ? undefined : join(evidence, folderName(check, number, options.repeat)),
        refreshKept: saved.refresh,
      },
    );
    try {
      await reporters.end(run);
    } catch (error) {
      // The one document of stdout has been written, and a second would spoil it.
      if (!terminal.failsInJson || !(error instanceof OidcCliError)) throw error;
      for (const line of failureLines(error, terminal.talk)) terminal.say(line);
      return error.exitCode;
    }
    return run.exitCode;
  } finally {
    // One that its check no longer waits for has a refresh token to save.
    await saved.ended();
    await drivers.close();
    providers.close();
  }
}

function recordResult(result: CheckResult, { follower, clock }: Context): void {
  new Recorder({ follower }, result.name).note(resultStep(result, clock.now()));
}

/** The reporters that were asked for; `--json` is the reporter json on stdout. */
function reporterSpecs({ reporter = [], json }: SmokeOptions): readonly ReporterSpec[] {
  const specs = reporter.map(parseReporter);
  return json && !specs.some(({ name, file }) => name === 'json' && file === undefined)
    ? [...specs, { name: 'json' }]
    : specs;
}

/** Where pages are saved. It is made when there is one to save, for this user alone. Throws as `outputFolder`. */
async function evidenceFolder(asked: SmokeOptions['evidence'], { cwd, env }: Context): Promise<string | undefined> {
  if (asked === false) return undefined;
  if (asked !== undefined) return outputFolder(asked, cwd, '--evidence FOLDER');
  return join(env.TMPDIR || tmpdir(), `oidc-cli-smoke-${randomBytes(6).toString('hex')}`);
}

/** A folder's name that says which check it is of, on every file system. */
function folderName({ planned }: ResolvedCheck, run: number, repeat: number): string {
  const word = planned.name
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
  const name = `${planned.index + 1}-${word}`.replace(/-$/, '');
  return repeat > 1 ? `${name}-${run}` : name;
}

/** Spends the refresh tokens of kept sessions as `token --refresh` does: what comes back is kept. */
function savedRefreshTokens(context: Context, terminal: Terminal) {
  const sessions = openSessions(context, terminal);
  const running = new Set<Promise<unknown>>();
  const refresh: SignInTools['refreshKept'] = async (profile, issuer, deps) => {
    const entry = await sessions.find({ profile, issuer });
    const actual = entry && (await openEntry(entry, sessions, context));
    if (!actual) throw new OidcCliError('not_signed_in', { profile, issuer });
    const { session } = actual;
    const { session: renewed } = await currentSession(
      { session, force: true },
      sessionDeps(actual, sessions, context, deps),
    );
    const { accessToken, refreshToken, subject, expiresAt, scope } = renewed;
    const expiresIn = expiresAt === undefined ? undefined : expiresAt - Math.floor(context.clock.now() / 1000);
    return { accessToken, refreshToken, subject, expiresIn, scopes: scope.granted };
  };
  return {
    refresh: (...given: Parameters<typeof refresh>) => {
      const refreshing = refresh(...given);
      running.add(refreshing);
      refreshing.catch(() => {}).finally(() => running.delete(refreshing));
      return refreshing;
    },
    /** Resolves when none is under way any more. */
    ended: () => Promise.allSettled(running),
  };
}
