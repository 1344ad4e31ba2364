import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { guardAgainstHang } from './hang-guard.js';
import { type KeychainProcess, KeychainSilence, startKeychainProcess } from './keychain-process.js';
import { classifyKeychainError, type KeytarLike, loadKeytar, SERVICE, withoutGoneEntries } from './keytar-module.js';
import type { SessionStore } from './session-store.js';
import { createSplitValues } from './split-value.js';

/** Milliseconds after which a keychain call counts as hung. */
const HANG_LIMIT_MS = 30_000;

/** Milliseconds for the keychain to respond at all before it takes a refreshed session. */
const ANSWER_MS = 5_000;
/**
 * Milliseconds for each call of that save: the user may have to unlock the
 * keychain again. Other processes wait for the index meanwhile.
 */
const SAVE_MS = 20_000;

/**
 * UTF-16 code units in one Windows credential: its blob may have 2,560 bytes
 * (CRED_MAX_CREDENTIAL_BLOB_SIZE), and the text is stored as UTF-16.
 */
const WINDOWS_LIMIT = 2_560 / 2;

/** The keychain, with the methods that the facade needs beyond the port. */
export interface KeychainStore extends SessionStore {
  readonly kind: 'keychain';
  /** Every value with its key. It reads all of them, so it is only for rebuilding the index. */
  values(): Promise<{ key: string; value: string }[]>;
}

/** Dependencies of `createKeychainStore`. */
export interface KeychainOptions {
  readonly platform: NodeJS.Platform;
  /** Replaces the native module. */
  readonly keytar?: KeytarLike;
  /** Makes the calls instead of this process. One that hangs throws `store_timeout`. */
  readonly process?: KeychainProcess;
  /** Milliseconds; 30,000 by default. */
  readonly hangLimitMs?: number;
  /** See `guardAgainstHang`. */
  readonly onHang?: (error: OidcCliError) => void;
}

/**
 * The operating system's keychain, by the `keytar` API, service `oidc-cli`. One
 * entry per value. Windows limits an entry's size, so a longer value is split
 * there (see `split-value.ts`). Elsewhere a save is one call and atomic by itself.
 * Methods throw `store_locked`, `store_unavailable` or `store_failed` (facts:
 * operation, reason); a call that hangs ends this process, unless another process
 * makes it.
 */
export function createKeychainStore(options: KeychainOptions): KeychainStore {
  const { platform, hangLimitMs = HANG_LIMIT_MS, onHang } = options;
  let loaded: Promise<KeytarLike> | undefined;

  const call = async <T>(operation: string, work: (keytar: KeytarLike) => Promise<T>): Promise<T> => {
    try {
      const { process } = options;
      if (process) return await withoutGoneEntries(() => work(process));
      loaded ??= options.keytar ? Promise.resolve(options.keytar) : loadKeytar(platform);
      const keytar = await loaded;
      return await guardAgainstHang(() => withoutGoneEntries(() => work(keytar)), {
        limitMs: hangLimitMs,
        operation,
        onHang,
      });
    } catch (error) {
      throw keychainError(error, operation);
    }
  };

  const entries = createSplitValues(
    {
      get: (account) => call('read', async (keytar) => (await keytar.getPassword(SERVICE, account)) ?? undefined),
      set: (account, text) => call('write', (keytar) => keytar.setPassword(SERVICE, account, text)),
      delete: (account) => call('delete', (keytar) => keytar.deletePassword(SERVICE, account)),
    },
    platform === 'win32' ? WINDOWS_LIMIT : undefined,
  );

  return {
    kind: 'keychain',
    description: describe(platform),
    get: entries.get,
    set: entries.set,
    delete: entries.delete,
    async values() {
      const credentials = await call('search', (keytar) => keytar.findCredentials(SERVICE));
      const values: { key: string; value: string }[] = [];
      for (const { account } of credentials.filter((credential) => entries.isHead(credential.account))) {
        const value = await entries.get(account);
        if (value !== undefined) values.push({ key: account, value });
      }
      return values;
    },
  };
}

/**
 * Runs `work` on the keychain in a process of its own, which has ended when this
 * returns: if the keychain hangs, another store can take the session. Methods of
 * the store throw `store_timeout` then.
 */
export async function withKeychainProcess<T>(
  options: { readonly env: Environment; readonly platform: NodeJS.Platform },
  work: (store: SessionStore) => Promise<T>,
): Promise<T> {
  const process = startKeychainProcess({ ...options, answerMs: ANSWER_MS, callMs: SAVE_MS });
  try {
    // First, so that `work` holds no lock while the keychain does not respond.
    await process.answers.catch(() => {});
    return await work(createKeychainStore({ platform: options.platform, process }));
  } finally {
    await process.end();
  }
}

function describe(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'the macOS keychain';
  if (platform === 'win32') return 'the Windows Credential Manager';
  return 'the keyring (Secret Service)';
}

function keychainError(error: unknown, operation: string): OidcCliError {
  if (error instanceof OidcCliError) return error;
  if (error instanceof KeychainSilence && error.ms !== undefined) {
    const facts = { store: 'keychain', operation, timeoutSeconds: error.ms / 1000, reason: error.message };
    return new OidcCliError('store_timeout', facts, { cause: error });
  }
  const message = error instanceof Error ? error.message : '';
  const kind = classifyKeychainError(message);
  // The keychain's own words, which name the fault and never the value.
  const facts = { store: 'keychain', operation, reason: message.split('\n', 1)[0]?.slice(0, 200) };
  return new OidcCliError(kind === 'failed' ? 'store_failed' : `store_${kind}`, facts, { cause: error });
}
