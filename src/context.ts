import { fstatSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { makeFolderSync } from './make-folder.js';
import type { Masker } from './masking/mask.js';
import type { Follower } from './trace/recorder.js';

/** The time, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What a command writes to. `isTTY` and `columns` decide colour, spinners and widths. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** The system's code (`ENOSPC`, …) for the first thing that could not be written whole; absent as long as all was. */
  readonly failure?: string | undefined;
}

/** What a command may read from: a pasted callback URL, a secret on stdin. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A browser as tests and drivers hand it in: a function that takes a URL. */
export type OpenUrl = (url: string) => Promise<void>;

/**
 * The outside world, made once in `bin/` and handed to `main`. Tests swap it
 * whole; nothing below `main` reaches for `process`.
 */
export interface Context {
  readonly env: Environment;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** `config` holds the user's file, `data` the session index and the encrypted file. */
  readonly folders: { readonly config: string; readonly data: string };
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  /** Aborted by Ctrl-C (SIGINT) or SIGTERM. */
  readonly signal: AbortSignal;
  /** Replaces the machine's browser; absent outside tests and the demo. */
  readonly openUrl?: OpenUrl;
  /** Hears of every exchange and step, where a trace was asked for; `main` puts it here. */
  readonly follower?: Follower | undefined;
  /** Knows the secrets of the run; `main` puts it here. */
  readonly masker?: Masker | undefined;
}

/**
 * The folders of the operating system's own custom (`env-paths`), or one
 * folder for both when `OIDC_CLI_HOME` names it.
 */
export function folders(env: Environment): { config: string; data: string } {
  if (env.OIDC_CLI_HOME) return { config: env.OIDC_CLI_HOME, data: env.OIDC_CLI_HOME };
  const { config, data } = envPaths('oidc-cli', { suffix: '' });
  return { config, data };
}

/**
 * Lets Node keep what it compiles of this program for the next run, which then
 * starts sooner: in the folder `compiled` of the operating system's place for
 * caches, or of the one that `OIDC_CLI_HOME` names. `enable` is Node's own
 * `enableCompileCache`, from 22.8 on: it holds what it finds against the source
 * and a checksum, and does without where it can't write. Nothing is kept where
 * others could put their code in its place. Never throws.
 */
export function enableCompileCache(env: Environment, enable: (folder: string) => unknown): void {
  const folder = join(env.OIDC_CLI_HOME || envPaths('oidc-cli', { suffix: '' }).cache, 'compiled');
  try {
    // It may be the first to make the folder that sessions are kept in as well, which is private.
    makeFolderSync(folder, 0o700);
    const { uid, mode } = statSync(folder);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0)) return;
  } catch {
    return;
  }
  enable(folder);
}

/** Whether a descriptor is a file, or a device that is no terminal, such as /dev/full. */
function isFile(descriptor: number): boolean {
  try {
    const about = fstatSync(descriptor);
    return about.isFile() || (about.isCharacterDevice() && !process.stdout.isTTY);
  } catch {
    return false;
  }
}

/**
 * An output into a file. Node's own stream for one takes a short write for a
 * whole one, and drops the rest. After a failure nothing more is written.
 */
function fileOutput(descriptor: number): Output {
  let failure: string | undefined;
  return {
    get failure() {
      return failure;
    },
    write(text) {
      try {
        for (let rest = Buffer.from(text); rest.length > 0 && failure === undefined; ) {
          rest = rest.subarray(writeSync(descriptor, rest));
        }
      } catch (error) {
        failure = (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
    },
  };
}

/**
 * The context of a real process. Ctrl-C and SIGTERM abort its signal, so that
 * a command can end in good order; a second Ctrl-C ends the process at once.
 */
export function processContext(): Context {
  const interrupted = new AbortController();
  const interrupt = () => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // Whoever read us has had enough (`oidc-cli … | head`): no reason for a stack trace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // As a program that the signal SIGPIPE ended, unless the command had ended before: no success that nobody read.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 141);
    process.stderr.write(`✗ The output cannot be written to stdout (${error.code}).\n`);
    process.exit(process.exitCode || 1);
  });
  // Talk that cannot be written, to a closed pipe or a full disk, is not fatal.
  process.stderr.on('error', () => {});
  return {
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    folders: folders(process.env),
    // Opened when it is first asked for, which few commands do.
    get stdin() {
      return process.stdin;
    },
    stdout: isFile(1) ? fileOutput(1) : process.stdout,
    stderr: process.stderr,
    clock: { now: () => Date.now() },
    signal: interrupted.signal,
  };
}
