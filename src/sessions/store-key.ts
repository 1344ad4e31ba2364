import { createHmac, randomBytes, scrypt } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { failureReason } from '../lock.js';
import { makeFolder } from '../make-folder.js';
import { type ReadFile, readBoundedFile } from '../read-file.js';
import { writeWholeFile } from '../write-file.js';

const KEY_BYTES = 32;
/** Bytes: enough to recognise a file that is not a key, and to report its length. */
const MAX_BYTES = 64 * 1024;
/** A shorter passphrase is more likely a mistake, such as half of a pasted value, than a choice. */
const MIN_PASSPHRASE_LENGTH = 8;

/** A 256-bit key for the encrypted file, with the data that an entry stores to find the key again. */
export interface StoreKey {
  readonly bytes: Buffer;
  /** Identifies a key and reveals nothing of it. */
  readonly id: string;
  readonly source: 'environment' | 'key file';
  /** Base64, for a key that was derived from a passphrase. */
  readonly salt?: string;
}

/** The source of the encrypted file's keys. */
export interface StoreKeys {
  /** The key for a new entry: `OIDC_CLI_STORE_KEY`, else the key file, which is made if absent. */
  forWriting(): Promise<StoreKey>;
  /** The key with this id, if it is available to this process. */
  forReading(entry: { keyId: string; salt?: string }): Promise<StoreKey | undefined>;
}

/**
 * The keys of the encrypted file in `folder`. `OIDC_CLI_STORE_KEY` is 32 bytes
 * as hex, base64 or base64url, or else a passphrase. Without it the key is the
 * file `key` in the folder. Methods throw `store_key_invalid` (facts: file and
 * mode, or variable, and reason) and `store_failed`.
 */
export function createStoreKeys(folder: string, env: Environment, platform: NodeJS.Platform): StoreKeys {
  const given = env.OIDC_CLI_STORE_KEY || undefined;
  const bytes = given === undefined ? undefined : decodeKey(given);
  const keyFile = join(folder, 'key');
  const derived = new Map<string, Promise<StoreKey>>();

  /** Derived once per process and salt, since the derivation is slow on purpose. */
  const fromPassphrase = (passphrase: string, salt: string): Promise<StoreKey> => {
    if (passphrase.length < MIN_PASSPHRASE_LENGTH) {
      throw new OidcCliError('store_key_invalid', { variable: 'OIDC_CLI_STORE_KEY', reason: 'too short' });
    }
    let key = derived.get(salt);
    if (!key) {
      key = deriveKey(passphrase, salt).then((derivedBytes) => storeKey(derivedBytes, 'environment', salt));
      derived.set(salt, key);
    }
    return key;
  };

  const fromKeyFile = async (): Promise<StoreKey | undefined> => {
    const file = await readSecretFile(keyFile, platform);
    return file && storeKey(file, 'key file');
  };

  return {
    async forWriting() {
      if (bytes) return storeKey(bytes, 'environment');
      if (given !== undefined) {
        const salt = await readOrMake(join(folder, 'salt'), platform);
        return fromPassphrase(given, salt.toString('base64'));
      }
      return storeKey(await readOrMake(keyFile, platform), 'key file');
    },
    async forReading({ keyId, salt }) {
      if (salt !== undefined) {
        if (given === undefined || bytes) return undefined;
        const key = await fromPassphrase(given, salt);
        return key.id === keyId ? key : undefined;
      }
      if (bytes) {
        const key = storeKey(bytes, 'environment');
        if (key.id === keyId) return key;
      }
      // Entries from before OIDC_CLI_STORE_KEY was set stay readable.
      const key = await fromKeyFile();
      return key?.id === keyId ? key : undefined;
    },
  };
}

function storeKey(bytes: Buffer, source: StoreKey['source'], salt?: string): StoreKey {
  const id = createHmac('sha256', bytes).update('oidc-cli store key id').digest('hex').slice(0, 16);
  return salt === undefined ? { bytes, id, source } : { bytes, id, source, salt };
}

function decodeKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  return Buffer.from(text, 'base64url');
}

function deriveKey(passphrase: string, salt: string): Promise<Buffer> {
  const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.from(salt, 'base64'), KEY_BYTES, cost, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** The 32 bytes of a file that only its owner may read; undefined if there is no file. */
async function readSecretFile(file: string, platform: NodeJS.Platform): Promise<Buffer | undefined> {
  let content: ReadFile;
  try {
    content = await readBoundedFile(file, MAX_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new OidcCliError('store_failed', { file, operation: 'read', ...failureReason(error) }, { cause: error });
  }
  const { bytes, mode } = content;
  if (platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new OidcCliError('store_key_invalid', {
      file,
      reason: 'readable by others',
      mode: mode.toString(8).padStart(4, '0'),
    });
  }
  if (bytes.length !== KEY_BYTES) {
    throw new OidcCliError('store_key_invalid', { file, reason: `${bytes.length} bytes instead of ${KEY_BYTES}` });
  }
  return bytes;
}

/**
 * The 32 bytes of a file, which is made with random ones if absent. It appears
 * whole and only once: of two processes that make it, both read the first one's.
 */
async function readOrMake(file: string, platform: NodeJS.Platform): Promise<Buffer> {
  const content = await readSecretFile(file, platform);
  if (content) return content;
  try {
    await makeFolder(dirname(file), 0o700);
    await writeWholeFile(file, randomBytes(KEY_BYTES), { mode: 0o600, exclusive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new OidcCliError('store_failed', { file, operation: 'create', ...failureReason(error) }, { cause: error });
    }
  }
  const made = await readSecretFile(file, platform);
  if (!made) throw new OidcCliError('store_failed', { file, operation: 'create' });
  return made;
}
