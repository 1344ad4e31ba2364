import { fstatSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { makeFolderSync } from './make-folder.js';
import type { Masker } from './masking/mask.js';
import type { Follower } from './trace/recorder.js';

/** The current time, so that tests can set it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A command's output. `isTTY` and `columns` decide colour, spinners and widths. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** The system's code (`ENOSPC`, …) of the first incomplete write; absent if all writes were complete. */
  readonly failure?: string;
}

/** A command's input: a pasted callback URL, a secret on stdin. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A browser from a test or driver: a function that takes a URL. */
export type OpenUrl = (url: string) => Promise<void>;

/**
 * The program's environment, made once in `bin/` and passed to `main`. Tests
 * replace the whole of it; code below `main` never uses `process`.
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
  /** Receives every exchange and step for a requested trace; `main` sets it. */
  readonly follower?: Follower;
  /** Knows the secrets of the run; `main` sets it. */
  readonly masker?: Masker;
}

/** The operating system's usual folders (`env-paths`), or one folder for both when `OIDC_CLI_HOME` names it. */
export function folders(env: Environment): { config: string; data: string } {
  if (env.OIDC_CLI_HOME) return { config: env.OIDC_CLI_HOME, data: env.OIDC_CLI_HOME };
  const { config, data } = envPaths('oidc-cli', { suffix: '' });
  return { config, data };
}

/**
 * Lets Node cache its compiled code of this program, so that the next run starts
 * sooner: in the folder `compiled` of the operating system's cache folder, or of
 * the one that `OIDC_CLI_HOME` names. `enable` is Node's own `enableCompileCache`,
 * from 22.8 on: it compares the cache with the source and a checksum, and works
 * without it if the folder is not writable. Nothing is cached in a folder that
 * others can write to, since they could replace the code. Never throws.
 */
export function enableCompileCache(env: Environment, enable: (folder: string) => unknown): void {
  const folder = join(env.OIDC_CLI_HOME || envPaths('oidc-cli', { suffix: '' }).cache, 'compiled');
  try {
    // This may be the first to make the parent folder, which also holds sessions and must be private.
    makeFolderSync(folder, 0o700);
    const { uid, mode } = statSync(folder);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0)) return;
  } catch {
    return;
  }
  enable(folder);
}

/** Whether a descriptor is a file, or a device other than a terminal, such as /dev/full. */
function isFile(descriptor: number): boolean {
  try {
    const about = fstatSync(descriptor);
    return about.isFile() || (about.isCharacterDevice() && !process.stdout.isTTY);
  } catch {
    return false;
  }
}

/**
 * An output to a file. Node's own stream treats a short write as complete, and
 * drops the rest. After a failure this one writes nothing more.
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
 * The context of a real process. Ctrl-C and SIGTERM abort its signal, so that a
 * command can end cleanly; a second Ctrl-C ends the process at once.
 */
export function processContext(): Context {
  const interrupted = new AbortController();
  const interrupt = () => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // The reader has closed the pipe (`oidc-cli … | head`), which needs no stack trace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Exits like a program ended by SIGPIPE, unless the command has already ended: unread output is no success.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 141);
    process.stderr.write(`✗ The output cannot be written to stdout (${error.code}).\n`);
    process.exit(process.exitCode || 1);
  });
  // Messages that cannot be written, to a closed pipe or a full disk, are not fatal.
  process.stderr.on('error', () => {});
  return {
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    folders: folders(process.env),
    // Opened at its first use, since few commands read stdin.
    get stdin() {
      return process.stdin;
    },
    stdout: isFile(1) ? fileOutput(1) : process.stdout,
    stderr: process.stderr,
    clock: { now: () => Date.now() },
    signal: interrupted.signal,
  };
}
