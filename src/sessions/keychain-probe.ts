import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { childEnvironment } from '../child-environment.js';
import type { Environment } from '../context.js';
import { classifyKeychainError, GONE, GONE_TRIES, NO_SERVICE, PROBE_SERVICE } from './keytar-module.js';

/** What a probe found. `reason` is a few words, for people. */
export type KeychainProbe =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string; readonly locked: boolean };

/** What `probeKeychain` needs. */
export interface ProbeOptions {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Milliseconds within which the keychain must answer, once it has been asked. 3,000 unless told otherwise. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds a person has to unlock it, once it has answered. The same unless told otherwise. */
  readonly promptMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds for the child to start: on a busy machine that takes a while, which is not the keychain's fault. */
const START_MS = 10_000;

/**
 * Runs in the child. Plain old JavaScript: it is handed to `node -e`. First a
 * search, which asks nobody for a password and fails where no keychain
 * answers; then a value is written and removed, since a keychain that answers
 * may still be locked, or have no collection to write to. All probes share one
 * entry, so that one that is killed leaves no more than that; where another
 * removes it first (see `withoutGoneEntries`), this one writes again.
 */
const CHILD = `
const [platform, nothing, service, keytarPath, bindingPath] = process.argv.slice(1);
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
(async () => {
  const keytar = require(keytarPath);
  const { AsyncEntry } = require(bindingPath);
  say({ asks: true });
  await keytar.findCredentials(nothing);
  say({ answers: true });
  const entry = new AsyncEntry(service, 'probe', platform === 'linux' ? { linux: { store: 'secret-service' } } : undefined);
  for (let tries = 1; ; tries += 1) {
    try {
      await entry.setPassword('probe');
      await entry.deletePassword();
      break;
    } catch (error) {
      if (tries === ${GONE_TRIES} || !${GONE}.test(error.message)) throw error;
    }
  }
  say({ usable: true });
})().catch((error) => say({ error: String(error && error.message) }));
`;

/** What the child says, a line each: that it now asks, that an answer came, and then what came of it. */
interface ChildLine {
  readonly asks?: true;
  readonly answers?: true;
  readonly usable?: true;
  readonly error?: string;
}

/**
 * Finds out whether a real keychain can be used, in a child process: a native
 * call that hangs cannot be abandoned, but a child can be killed. Never throws
 * but for the signal's reason; the child is gone when it returns.
 */
export function probeKeychain(options: ProbeOptions): Promise<KeychainProbe> {
  const { env, platform, timeoutMs = 3_000, promptMs = timeoutMs, signal } = options;
  const require = createRequire(import.meta.url);
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    // Options for this process (a debugger, a loader) are not for the child.
    const { NODE_OPTIONS: _, ...childEnv } = childEnvironment(env);
    const child = spawn(
      process.execPath,
      [
        '-e',
        CHILD,
        platform,
        NO_SERVICE,
        PROBE_SERVICE,
        require.resolve('keytar/keytar.js'),
        require.resolve('keytar'),
      ],
      { env: childEnv, stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true },
    );
    let verdict: KeychainProbe;
    const kill = () => child.kill('SIGKILL');
    let timer: NodeJS.Timeout | undefined;
    /** What it comes to unless there is more to say in so many milliseconds. */
    const within = (ms: number, otherwise: KeychainProbe) => {
      verdict = otherwise;
      clearTimeout(timer);
      timer = setTimeout(kill, ms);
    };
    within(START_MS, unavailable('the probe of it did not start'));
    signal?.addEventListener('abort', kill, { once: true });

    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = JSON.parse(text.slice(0, end)) as ChildLine;
        text = text.slice(end + 1);
        if (line.asks) {
          within(timeoutMs, unavailable(`it did not answer within ${seconds(timeoutMs)}`));
        } else if (line.answers) {
          const reason = `it was not unlocked within ${seconds(promptMs)}`;
          within(promptMs, { available: false, locked: true, reason });
        } else {
          verdict = line.error === undefined ? { available: true } : refusal(line.error, platform);
          // A verdict is all the child is for, and it might still hang on its way out.
          kill();
        }
      }
    });
    child.on('error', () => {
      verdict = unavailable('the probe of it could not be started');
    });
    child.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(signal.reason);
      else resolve(verdict);
    });
  });
}

function refusal(message: string, platform: NodeJS.Platform): KeychainProbe {
  switch (classifyKeychainError(message)) {
    case 'locked':
      return { available: false, locked: true, reason: 'it is locked' };
    case 'unavailable':
      return unavailable(
        platform === 'linux' ? 'there is no Secret Service to keep it in' : 'there is none on this machine',
      );
    default:
      return unavailable('it refused a test entry');
  }
}

function unavailable(reason: string): KeychainProbe {
  return { available: false, locked: false, reason };
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
