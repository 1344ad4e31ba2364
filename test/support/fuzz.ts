import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { ERROR_EXIT_CODES, EXIT } from '../../src/errors.js';
import type { main } from '../../src/main.js';
import { runCommand, startCommand } from './built-command.js';
import { createMachine, type Finished, type Machine, type RunWorld } from './run.js';
import { type ScriptedProvider, startScriptedProvider } from './scripted-provider.js';
import { formsOf } from './secret-forms.js';

/*
 * Commands fed with documents that a generator changed, through the bundle's
 * own `main`. FUZZ_RUNS says how many cases each target has, FUZZ_SEED which.
 */

const RUNS = Number(process.env.FUZZ_RUNS ?? 40);
const SEED = Number(process.env.FUZZ_SEED ?? 20_270_401);
/** Of the cases of a target, so many run in a process of their own as well. */
const SPAWNED = Number(process.env.FUZZ_SPAWNED ?? 1);

/** Milliseconds of one case after which it counts as a hang: it takes about 20. */
const HANG_MS = 30_000;

/** The secrets that a run knows. */
export const FUZZ_SECRETS = { clientSecret: 'c1ient~S3cret-of-the-fuzz&run', password: 'pa55word+of/the=fuzz run' };

/** The variables that those secrets come from. */
const FUZZ_ENV = {
  OIDC_CLI_FUZZ_SECRET: FUZZ_SECRETS.clientSecret,
  OIDC_CLI_FUZZ_PASSWORD: FUZZ_SECRETS.password,
};

const bundle: { main: typeof main } = createRequire(import.meta.url)('../../dist/bundle/main.cjs');

/** What a case runs in. */
export interface FuzzWorld {
  readonly machine: Machine;
  readonly provider: ScriptedProvider;
}

/** One command line of a case. */
export interface FuzzRun {
  readonly argv: readonly string[];
  readonly world?: RunWorld;
}

export let fuzzWorld: FuzzWorld;

/** Makes the machine and the provider of a test file; to be called once, at its top. */
export function fuzzes(): void {
  beforeAll(async () => {
    fuzzWorld = { machine: await createMachine(undefined, bundle.main), provider: await startScriptedProvider() };
  });
  afterAll(async () => {
    await fuzzWorld.provider.close();
    await fuzzWorld.machine.remove();
  });
}

/**
 * A test that runs the commands of many cases, and of some in processes of
 * their own. Each ends in time, with a documented exit code and error code
 * that is not `internal`, and tells no secret.
 */
export function fuzz<T>(
  name: string,
  cases: fc.Arbitrary<T>,
  commands: (one: T, deps: FuzzWorld) => Promise<readonly FuzzRun[]> | readonly FuzzRun[],
): void {
  test(name, { timeout: 90_000 + RUNS * 1_000 }, async () => {
    let left = SPAWNED;
    const property = fc.asyncProperty(cases, async (one) => {
      const { machine, provider } = fuzzWorld;
      (provider.secrets as Set<string>).clear();
      for (const { argv, world: deps = {} } of await commands(one, fuzzWorld)) {
        const env = { ...FUZZ_ENV, ...deps.env };
        expectSound(argv, await inTime(machine, argv, { ...deps, env }), provider.secrets);
        if (left <= 0) continue;
        left -= 1;
        const home = { OIDC_CLI_HOME: machine.home, OIDC_CLI_STORE: 'file', HOME: machine.home, TMPDIR: machine.home };
        expectSound(
          argv,
          await inProcessOfItsOwn(argv, { cwd: machine.home, ...deps, env: { ...home, ...env } }),
          provider.secrets,
        );
      }
    });
    await fc.assert(property, {
      seed: SEED,
      numRuns: RUNS,
      endOnFailure: RUNS > 5_000,
      interruptAfterTimeLimit: RUNS * 1_000,
    });
  });
}

/** Runs the built command; the address that it prints is opened here, as the case has it. */
async function inProcessOfItsOwn(
  argv: readonly string[],
  { env = {}, stdin, openUrl, cwd }: RunWorld,
): Promise<Finished> {
  if (!openUrl) return runCommand(argv, env, stdin, cwd);
  const running = startCommand([...argv, '--no-browser'], env, stdin ?? '', undefined, [], cwd);
  await running.said('\nhttp').then(
    () => openUrl(/^https?:\/\/\S+$/m.exec(running.stderr())?.[0] ?? '').catch(() => undefined),
    // It ended before it asked anybody.
    () => undefined,
  );
  return running.finished;
}

async function inTime(machine: Machine, argv: readonly string[], deps: RunWorld): Promise<Finished> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), HANG_MS);
  const startedAt = performance.now();
  try {
    const finished = await machine.run(argv, { ...deps, signal: limit.signal });
    if (performance.now() - startedAt > HANG_MS) throw new Error(`${argv.join(' ')} hung`);
    return finished;
  } finally {
    clearTimeout(timer);
  }
}

const EXIT_CODES: readonly number[] = Object.values(EXIT);

/** Fails where a command broke what each command owes, whatever it was fed. */
function expectSound(argv: readonly string[], { code, stdout, stderr }: Finished, secrets: ReadonlySet<string>): void {
  const output = stdout + stderr;
  const what = `${argv.join(' ')} (exit code ${code})`;
  if (!EXIT_CODES.includes(code)) throw new Error(`${what}: not a documented exit code`);
  const errorCode = /^ {2}\((\w+), exit code \d+\)$/m.exec(stderr)?.[1] ?? codeInJson(stdout);
  if (errorCode === 'internal' || /"internal"|\(internal[,)]/.test(output))
    throw new Error(`${what}: ${reasonIn(output)}`);
  if (errorCode !== undefined && !Object.hasOwn(ERROR_EXIT_CODES, errorCode)) {
    throw new Error(`${what}: the code ${errorCode} is not documented`);
  }
  if (/\n {4}at .*\.[cm]?[jt]s:\d+/.test(output)) throw new Error(`${what}: a stack trace: ${output.slice(0, 2_000)}`);
  // A token that a case has made empty or nearly so is no secret.
  for (const secret of [...Object.values(FUZZ_SECRETS), ...[...secrets].filter(({ length }) => length >= 8)]) {
    const form = formsOf(secret).find((each) => output.includes(each));
    if (form !== undefined) throw new Error(`${what}: a secret (${form}) in ${around(output, form)}`);
  }
}

function codeInJson(stdout: string): string | undefined {
  return /^ {2}"error": \{\n {4}"code": "([^"]*)"/m.exec(stdout)?.[1];
}

function reasonIn(output: string): string {
  return /"reason": "([^"]*)"/.exec(output)?.[0] ?? output.slice(0, 1_000);
}

function around(text: string, part: string): string {
  const at = text.indexOf(part);
  return JSON.stringify(text.slice(Math.max(0, at - 100), at + part.length + 20));
}
