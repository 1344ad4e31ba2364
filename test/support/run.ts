import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Context, Environment, OpenUrl } from '../../src/context.js';
import { main } from '../../src/main.js';
import { signInOverHttp } from './http-browser.js';

/** What a command left behind. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine of its own for one test: an empty home folder, no terminal, a clock that can be moved. */
export interface Machine {
  readonly home: string;
  /** Runs one command line to its end. */
  run(argv: readonly string[], deps?: RunWorld): Promise<Finished>;
  /** Moves this machine's clock; seconds. */
  passTime(seconds: number): void;
  /** Stops this machine's clock: to its commands a slow machine is as fast as any. */
  stopClock(): void;
  remove(): Promise<void>;
}

/** What one run may see differently. */
export interface RunWorld {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly openUrl?: OpenUrl;
  /** All of stdin, at once; without it stdin stays open and silent. */
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Makes stdout a terminal that is so wide. */
  readonly columns?: number;
  /** stdin and stderr are a terminal. */
  readonly tty?: boolean;
  /** Called with everything stderr has so far, after each write. */
  readonly onStderr?: (text: string, stdin: PassThrough) => void;
  /** Called with each write to stdout or stderr, in the order a terminal shows them. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Makes a machine whose sessions go to the encrypted file, since a keychain
 * would be shared by all tests. Its home is a new folder, or the one given;
 * `command` may be the bundle's `main`.
 */
export async function createMachine(folder?: string, command: typeof main = main): Promise<Machine> {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'oidc-cli-test-')));
  let ahead = 0;
  let stoppedAt: number | undefined;
  return {
    home,
    passTime: (seconds) => {
      ahead += seconds * 1000;
    },
    stopClock: () => {
      stoppedAt = Date.now();
    },
    remove: () => rm(home, { recursive: true, force: true }),
    run: async (argv, deps = {}) => {
      let stdout = '';
      let stderr = '';
      const isTTY = deps.tty === true;
      const stdin = Object.assign(new PassThrough(), { isTTY });
      if (deps.stdin !== undefined) stdin.end(deps.stdin);
      const env = { OIDC_CLI_HOME: home, OIDC_CLI_STORE: 'file', HOME: home, TMPDIR: home, ...deps.env };
      const context: Context = {
        env,
        cwd: deps.cwd ?? home,
        platform: process.platform,
        folders: { config: home, data: home },
        stdin,
        stdout: {
          ...(deps.columns === undefined ? {} : { isTTY: true, columns: deps.columns }),
          write: (text) => {
            stdout += text;
            deps.onOutput?.(text);
          },
        },
        stderr: {
          isTTY,
          write: (text) => {
            stderr += text;
            deps.onOutput?.(text);
            deps.onStderr?.(stderr, stdin);
          },
        },
        clock: { now: () => (stoppedAt ?? Date.now()) + ahead },
        signal: deps.signal ?? new AbortController().signal,
        ...(deps.openUrl ? { openUrl: deps.openUrl } : {}),
      };
      const code = await command(argv, context);
      return { code, stdout, stderr };
    },
  };
}

/** A browser in which Alice signs in and agrees to everything. */
export const aliceSignsIn: OpenUrl = async (url) => {
  await signInOverHttp(url, { username: 'alice', password: 'alice-password', timeoutMs: 60_000 });
};
