import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../src/context.js';
import type { Session } from '../../src/sessions/session-store.js';
import { createSessions } from '../../src/sessions/sessions.js';
import { type FinishedProcess, type RunningCommand, startCommand } from '../support/built-command.js';
import { APART } from '../support/namespaces.js';
import { type Ledger, PASSWORD } from './provider.js';

/** Longest that a command may take on a machine that is busy with others, in milliseconds. A lock blocks for longer. */
const SLOW_MS = 30_000;

/** One person's home folder, with a profile `ci` of one provider, and what is not as it must be. */
export interface Household {
  readonly home: string;
  readonly violations: string[];
  /** Longest that a command took which was left to end, in milliseconds. */
  slowest(): number;
  /** Commands that were started. */
  commands(): number;
  /** `apart` starts it in a PID namespace of its own, as on a different machine. */
  start(argv: readonly string[], more?: Environment, apart?: boolean): RunningCommand;
  /** Runs a command to its end and holds its outcome against the laws; a code that is not `allowed` violates one. */
  run(
    argv: readonly string[],
    allowed: readonly number[],
    more?: Environment,
    apart?: boolean,
  ): Promise<FinishedProcess>;
  /** Looks through what a command printed, also one that was killed. */
  examine(argv: readonly string[], ended: FinishedProcess): void;
  /** The session that is saved; a violation where it is not whole, or there are several. */
  session(): Promise<Session | undefined>;
  /** Files that are neither the index, a store's nor the configuration, after one more sign-in and refresh a minute later. */
  sweep(store: string): Promise<string[]>;
  remove(): void;
}

/** What signs in without a person. */
export function loginArguments({ issuer }: Ledger, store: string): string[] {
  const client = ['--issuer', issuer, '--client-id', 'demo', '--port', '0', '--scope', 'openid offline_access'];
  return [
    'login',
    'ci',
    ...client,
    '--with',
    'http',
    '--user',
    'alice',
    '--password-env',
    'PASSWORD',
    '--store',
    store,
  ];
}

/** Makes a home folder, or takes the one given. */
export function household(ledger: Ledger, env: Environment = {}, given?: string): Household {
  const home = given ?? mkdtempSync(join(tmpdir(), 'oidc-cli-chaos-'));
  const violations: string[] = [];
  let slowest = 0;
  let commands = 0;
  const environment = {
    ...env,
    OIDC_CLI_HOME: home,
    HOME: home,
    TMPDIR: home,
    PASSWORD,
    NODE_DISABLE_COMPILE_CACHE: '1',
  };

  const start = (argv: readonly string[], more: Environment = {}, apart = false) => {
    commands += 1;
    return startCommand(argv, { ...environment, ...more }, '', undefined, apart ? APART : []);
  };
  const examine = (argv: readonly string[], { stdout, stderr }: FinishedProcess) => {
    // What `token` prints on stdout is a token.
    const text = argv[0] === 'token' ? stderr : stdout + stderr;
    if (ledger.secretIn(text) !== undefined) violations.push(`${argv[0]} shows a secret: ${text.slice(0, 400)}`);
    if (/\binternal\b|^ +at .*:\d+:\d+/m.test(stdout + stderr))
      violations.push(`${argv[0]}: internal: ${stdout}${stderr}`);
  };
  const sessions = () =>
    createSessions({ dataFolder: home, env: environment, platform: process.platform, clock: Date });

  return {
    home,
    violations,
    slowest: () => slowest,
    commands: () => commands,
    start,
    examine,
    async run(argv, allowed, more, apart) {
      const began = performance.now();
      const ended = await start(argv, more, apart).finished;
      const took = performance.now() - began;
      slowest = Math.max(slowest, took);
      if (took > SLOW_MS) violations.push(`${argv[0]} took ${took} ms: ${ended.stderr}`);
      if (!allowed.includes(ended.code)) {
        violations.push(`${argv.join(' ')} ended with ${ended.code} ${ended.signal}: ${ended.stdout}${ended.stderr}`);
      }
      examine(argv, ended);
      return ended;
    },
    async session() {
      try {
        const entries = await sessions().list();
        if (entries.length > 1) violations.push(`${entries.length} sessions`);
        const [entry] = entries;
        const session = entry && (await sessions().read(entry));
        if (session && !ledger.together(session.accessToken, session.refreshToken)) {
          violations.push('the saved tokens are of different responses');
        }
        return session;
      } catch (error) {
        violations.push(`the saved session cannot be read: ${String(error)} ${JSON.stringify(error)}`);
        return undefined;
      }
    },
    async sweep(store) {
      const then = new Date(Date.now() - 61_000);
      for (const file of filesBelow(home)) utimesSync(file, then, then);
      // A changed profile, so that the configuration is written too.
      const changed = ['--scope', 'openid email offline_access', '--save', 'ci'];
      await this.run([...loginArguments(ledger, store), ...changed], [0]);
      await this.run(['token', 'ci', '--refresh'], [0]);
      const expected = /^(filler|sessions\.json|config\.yaml|store\/(key|salt|[0-9a-f]{40}\.json))$/;
      return filesBelow(home)
        .map((file) => file.slice(home.length + 1))
        .filter((file) => !expected.test(file));
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
