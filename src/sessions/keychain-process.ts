import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { childEnvironment } from '../child-environment.js';
import type { Environment } from '../context.js';
import { type KeytarLike, NO_SERVICE } from './keytar-module.js';

/** Milliseconds for the process to start: on a busy machine that takes a while, which is not the keychain's fault. */
const START_MS = 10_000;

/** Milliseconds after which a process whose parent is gone gives up a call. */
const ORPHAN_MS = 30_000;

/**
 * Runs in the process. Plain old JavaScript: it is handed to `node -e`. Takes a
 * JSON line for each call and answers with one, in order. Values pass through
 * its pipes only. Ctrl-C in the terminal is its parent's business.
 */
const PROGRAM = `
const [platform, keytarPath, bindingPath] = process.argv.slice(1);
process.on('SIGINT', () => {});
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
(async () => {
  const keytar = require(keytarPath);
  const { AsyncEntry } = require(bindingPath);
  const lines = require('node:readline').createInterface({ input: process.stdin });
  lines.on('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${ORPHAN_MS}).unref());
  say({ started: true });
  for await (const line of lines) {
    const [method, service, ...rest] = JSON.parse(line);
    try {
      let value;
      if (method === 'findCredentials') value = await keytar.findCredentials(service);
      else {
        const [account, ...values] = rest;
        const entry = new AsyncEntry(service, account, platform === 'linux' ? { linux: { store: 'secret-service' } } : undefined);
        value = await entry[method](...values);
      }
      say({ value });
    } catch (error) {
      say({ error: String(error && error.message) });
    }
  }
})().catch((error) => say({ error: String(error && error.message) }));
`;

/** A line of the process: that it has loaded the module, or what came of a call. */
interface Line {
  readonly started?: true;
  readonly value?: unknown;
  readonly error?: string;
}

/** The process did not start or has ended, or the keychain did not answer it in time. It is killed. */
export class KeychainSilence extends Error {
  constructor(
    /** What failed: the process, the first answer, or a call that a person may have to allow. */
    readonly phase: 'process' | 'answer' | 'call',
    /** Milliseconds that were waited; absent where the process failed. */
    readonly ms?: number,
  ) {
    super(ms === undefined ? 'the process that asks it failed' : `it did not answer within ${ms / 1000} s`);
  }
}

/** What `startKeychainProcess` needs. */
export interface KeychainProcessOptions {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Milliseconds within which the keychain must answer a search, which asks nobody for a password. */
  readonly answerMs: number;
  /** Milliseconds for each call after that: a person may have to unlock the keychain. */
  readonly callMs: number;
}

/**
 * The keychain, asked by a process that can be killed. Its calls reject with
 * the keychain's own error, or with `KeychainSilence`, and from then on at once.
 */
export interface KeychainProcess extends KeytarLike {
  /** Resolves once the keychain has answered a search; rejects as the calls do. */
  readonly answers: Promise<unknown>;
  /** Kills the process, and resolves when it is gone. Calls under way reject. */
  end(): Promise<void>;
}

/**
 * Starts a process that makes keychain calls: a native call that hangs cannot
 * be abandoned, but a process can be killed. To be ended by the caller; where
 * the caller is killed it ends by itself, after the call under way.
 */
export function startKeychainProcess(options: KeychainProcessOptions): KeychainProcess {
  const { env, platform, answerMs, callMs } = options;
  const require = createRequire(import.meta.url);
  // Options for this process (a debugger, a loader) are not for the child.
  const { NODE_OPTIONS: _, ...childEnv } = childEnvironment(env);
  const child = spawn(
    process.execPath,
    ['-e', PROGRAM, platform, require.resolve('keytar/keytar.js'), require.resolve('keytar')],
    {
      env: childEnv,
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
      // Out of the terminal's foreground group: Ctrl-C must not end a save before the program has started.
      detached: platform !== 'win32',
    },
  );
  const waiting: { resolve(value: unknown): void; reject(error: unknown): void }[] = [];
  let failure: KeychainSilence | undefined;
  const fail = (silence: KeychainSilence) => {
    failure ??= silence;
    for (const call of waiting.splice(0)) call.reject(failure);
    child.kill('SIGKILL');
  };
  const gone = new Promise<void>((resolve) => {
    for (const event of ['error', 'close']) {
      child.on(event, () => {
        fail(new KeychainSilence('process'));
        if (event === 'close' || child.pid === undefined) resolve();
      });
    }
  });
  // A write to a process that has ended; `close` reports it.
  child.stdin?.on('error', () => {});

  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = JSON.parse(text.slice(0, end)) as Line;
      text = text.slice(end + 1);
      const call = waiting.shift();
      if (line.error === undefined) call?.resolve(line.value);
      else call?.reject(new Error(line.error));
    }
  });

  /** Waits for the next line. */
  const response = <T>(silence: KeychainSilence, ms: number, request?: readonly string[]): Promise<T> => {
    if (failure) return Promise.reject(failure);
    const timer = setTimeout(() => fail(silence), ms);
    const line = new Promise<unknown>((resolve, reject) => waiting.push({ resolve, reject }));
    if (request) child.stdin?.write(`${JSON.stringify(request)}\n`);
    return line.finally(() => clearTimeout(timer)) as Promise<T>;
  };

  const responses = response(new KeychainSilence('process'), START_MS).then(() =>
    // A search fails where no keychain answers, and does not block the calling thread as the first call of an entry may.
    response(new KeychainSilence('answer', answerMs), answerMs, ['findCredentials', NO_SERVICE]),
  );
  responses.catch(() => {});
  const call = async <T>(...request: string[]) => {
    await responses;
    return response<T>(new KeychainSilence('call', callMs), callMs, request);
  };
  return {
    answers: responses,
    getPassword: (service, account) => call('getPassword', service, account),
    setPassword: (service, account, password) => call('setPassword', service, account, password),
    deletePassword: (service, account) => call('deletePassword', service, account),
    findCredentials: (service) => call('findCredentials', service),
    async end() {
      fail(new KeychainSilence('process'));
      await gone;
    },
  };
}
