import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../src/context.js';
import type { Finished } from './run.js';

/** The command as users run it; `npm test` builds it first. */
export const BIN = fileURLToPath(new URL('../../bin/oidc-cli.js', import.meta.url));

/** How a process ended, and by which signal if by one. */
export interface FinishedProcess extends Finished {
  readonly signal: NodeJS.Signals | null;
}

/** A command under way. */
export interface RunningCommand {
  readonly finished: Promise<FinishedProcess>;
  /** Resolves when stderr holds `text`; rejects when the process ends without it. */
  said(text: string): Promise<void>;
  /** What it has said so far. */
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  readonly pid: number;
}

/** Whatever holds it alive: SIGTERM would only ask it to end. */
const LIMIT = { timeout: 80_000, killSignal: 'SIGKILL' } as const;

/** The words before a command line that root runs as another user, who may read this folder wherever it is. */
export function asUser(uid: number | undefined): string[] {
  if (uid === undefined) return [];
  const mayRead = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...mayRead];
}

/**
 * Starts the built command in a process of its own, as user `uid` where root runs the tests; after 80 s it is ended, so
 * that no test leaves one behind. `through` is a program, with its arguments, that starts the one that follows.
 */
export function startCommand(
  argv: readonly string[],
  env: Environment,
  stdin?: string,
  uid?: number,
  through: readonly string[] = [],
  cwd?: string,
): RunningCommand {
  const [program = '', ...rest] = [...asUser(uid), ...through, process.execPath, BIN, ...argv];
  const child = spawn(program, rest, { env: { PATH: process.env.PATH, ...env }, cwd, ...LIMIT });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    for (const listener of listeners) listener();
  });
  // A command that ends without reading its stdin is none of a test's failures.
  child.stdin.on('error', () => {});
  if (stdin !== undefined) child.stdin.end(stdin);
  const finished = new Promise<FinishedProcess>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? -1, signal, stdout, stderr }));
  });
  return {
    finished,
    stderr: () => stderr,
    kill: (signal) => child.kill(signal),
    pid: child.pid ?? 0,
    said: (text) =>
      new Promise((resolve, reject) => {
        const snapshot = () => {
          if (!stderr.includes(text)) return;
          listeners.delete(snapshot);
          resolve();
        };
        listeners.add(snapshot);
        void finished.then(() => reject(new Error(`it ended without saying "${text}": ${stderr}`)), reject);
        snapshot();
      }),
  };
}

/** Runs the built command to its end. */
export function runCommand(
  argv: readonly string[],
  env: Environment,
  stdin?: string,
  cwd?: string,
): Promise<FinishedProcess> {
  return startCommand(argv, env, stdin ?? '', undefined, [], cwd).finished;
}
