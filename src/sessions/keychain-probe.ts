import type { Environment } from '../context.js';
import { KeychainSilence, startKeychainProcess } from './keychain-process.js';
import { classifyKeychainError, PROBE_SERVICE, withoutGoneEntries } from './keytar-module.js';

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

/** The account of every probe's entry: one that is killed leaves no more than that. */
const ACCOUNT = 'probe';

/**
 * Finds out whether a real keychain can be used, in a process that can be
 * killed. A value is written and removed, since a keychain that answers may
 * still be locked, or have no collection to write to. Never throws but for the
 * signal's reason; the process is gone when it returns.
 */
export async function probeKeychain(options: ProbeOptions): Promise<KeychainProbe> {
  const { env, platform, timeoutMs = 3_000, promptMs = timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const keychain = startKeychainProcess({ env, platform, answerMs: timeoutMs, callMs: promptMs });
  const abort = () => void keychain.end();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await keychain.answers;
    await withoutGoneEntries(async () => {
      await keychain.setPassword(PROBE_SERVICE, ACCOUNT, 'probe');
      await keychain.deletePassword(PROBE_SERVICE, ACCOUNT);
    });
    return { available: true };
  } catch (error) {
    signal?.throwIfAborted();
    return refusal(error, platform);
  } finally {
    signal?.removeEventListener('abort', abort);
    await keychain.end();
  }
}

function refusal(error: unknown, platform: NodeJS.Platform): KeychainProbe {
  if (error instanceof KeychainSilence) {
    if (error.phase !== 'call' || error.ms === undefined) return unavailableResult(error.message);
    return { available: false, locked: true, reason: `it was not unlocked within ${error.ms / 1000} s` };
  }
  switch (classifyKeychainError(error instanceof Error ? error.message : '')) {
    case 'locked':
      return { available: false, locked: true, reason: 'it is locked' };
    case 'unavailable':
      return unavailableResult(
        platform === 'linux' ? 'there is no Secret Service to keep it in' : 'there is none on this machine',
      );
    default:
      return unavailableResult('it refused a test entry');
  }
}

function unavailableResult(reason: string): KeychainProbe {
  return { available: false, locked: false, reason };
}
