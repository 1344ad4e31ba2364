import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { childEnvironment } from '../child-environment.js';
import type { Environment } from '../context.js';
import { type KeytarLike, NO_SERVICE } from './keytar-module.js';

/** Milliseconds for the process to start: a busy machine is slow, which is not a fault of the keychain. */
const START_MS = 10_000;

/** Milliseconds after which a process without a parent abandons a call. */
const ORPHAN_MS = 30_000;

/**
 * The program of the process, in plain JavaScript, since it is passed to `node
 * -e`. It reads a JSON line for each call and answers each with one, in order.
 * Values pass through its pipes only. Its parent handles Ctrl-C.
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

/** A line of the process: that it has loaded the module, or the result of a call. */
interface Line {
  readonly started?: true;
  readonly value?: unknown;
  readonly error?: string;
}

/** The process did not start or has ended, or the keychain did not respond in time. The process is killed. */
export class KeychainSilence extends Error {
  constructor(
    /** The part that failed: the process, the first response, or a call that the user may have to allow. */
    readonly phase: 'process' | 'answer' | 'call',
    /** Milliseconds of the wait; absent if the process failed. */
    readonly ms?: number,
  ) {
    super(ms === undefined ? 'the process that asks it failed' : `it did not answer within ${ms / 1000} s`);
  }
}

/** Settings of `startKeychainProcess`. */
export interface KeychainProcessOptions {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Milliseconds for the keychain to answer a search, which never prompts for a password. */
  readonly answerMs: number;
  /** Milliseconds for each later call: the user may have to unlock the keychain. */
  readonly callMs: number;
}

/**
 * The keychain, called in a process that can be killed. Its calls reject with the
 * keychain's own error, or with `KeychainSilence`; after that all reject at once.
 */
export interface KeychainProcess extends KeytarLike {
  /** Resolves once the keychain has answered a search; rejects like the calls. */
  readonly answers: Promise<unknown>;
  /** Kills the process, and resolves when it has ended. Running calls reject. */
  end(): Promise<void>;
}

/**
 * Starts a process for keychain calls: a native call that hangs cannot be
 * abandoned, but a process can be killed. The caller ends it; if the caller is
 * killed, it ends by itself after the running call.
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
      // Outside the terminal's foreground group: Ctrl-C must not end a save before the program has started.
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
  // Ignores a write to an ended process; `close` reports that.
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
    // A search fails without a keychain, and unlike an entry's first call does not block the calling thread.
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
