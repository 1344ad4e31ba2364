import type { Environment } from '../context.js';
import { KeychainSilence, startKeychainProcess } from './keychain-process.js';
import { classifyKeychainError, PROBE_SERVICE, withoutGoneEntries } from './keytar-module.js';

/** The result of a probe. `reason` is a few words, for people. */
export type KeychainProbe =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string; readonly locked: boolean };

/** Settings of `probeKeychain`. */
export interface ProbeOptions {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Milliseconds for the keychain's first response; 3,000 by default. */
  readonly timeoutMs?: number;
  /** Milliseconds for the user to unlock the keychain after its first response; 3,000 by default. */
  readonly promptMs?: number;
  readonly signal?: AbortSignal;
}

/** The account of every probe's entry, so that killed probes leave at most one entry. */
const ACCOUNT = 'probe';

/**
 * Tests whether a real keychain can be used, in a process that can be killed. It
 * writes and removes a value, since a keychain that responds may still be locked,
 * or have no collection to write to. Throws only the signal's reason; the process
 * has ended when it returns.
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
