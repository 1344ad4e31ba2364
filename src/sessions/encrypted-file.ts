import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { chmod, copyFile, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';
import { failureReason } from '../lock.js';
import { makeFolder } from '../make-folder.js';
import { readBoundedFile } from '../read-file.js';
import { writeAtomically } from './atomic-file.js';
import type { SessionStore } from './session-store.js';
import { createStoreKeys, type StoreKey } from './store-key.js';

/** Bytes, far above any session. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The content of an entry's file. Only `data` is secret; `sum` covers all of it,
 * which distinguishes damage from a wrong key.
 */
interface EntryFile {
  readonly version: 1;
  readonly key: string;
  readonly keyId: string;
  readonly keySource: StoreKey['source'];
  readonly salt?: string;
  readonly iv: string;
  readonly tag: string;
  readonly data: string;
  readonly sum: string;
}

/** The store in the data folder, with the methods that the facade needs beyond the port. */
export interface EncryptedFileStore extends SessionStore {
  readonly kind: 'file';
  /** Makes the folder and the key, so that a failure shows before the sign-in. */
  ready(): Promise<void>;
  /** Every readable value with its key; unreadable ones are left out and not changed. */
  values(): Promise<{ key: string; value: string }[]>;
}

/** Dependencies of `createEncryptedFileStore`. */
export interface EncryptedFileOptions {
  readonly dataFolder: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Called after a damaged entry was moved aside for a new one. */
  readonly onSetAside?: (facts: { file: string; movedTo: string }) => void;
}

/**
 * A folder of encrypted files, one per entry, so that saves of different sessions
 * never conflict and each is one rename. AES-256-GCM with a fresh IV; the entry's
 * name is authenticated too, so that a file moved to another entry is refused.
 * Methods throw `store_key_invalid` (facts: file, keySource), `store_corrupt`
 * (facts: file), `store_version_newer` (facts: file, version) and `store_failed`.
 * An entry that this process's key cannot open is never overwritten.
 */
export function createEncryptedFileStore(options: EncryptedFileOptions): EncryptedFileStore {
  const folder = join(options.dataFolder, 'store');
  const keys = createStoreKeys(folder, options.env, options.platform);
  const fileOf = (key: string) => join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 40)}.json`);

  /** The entry's file; undefined if there is none. */
  const load = async (file: string): Promise<EntryFile | undefined> => {
    let text: string;
    try {
      text = (await readBoundedFile(file, MAX_BYTES)).bytes.toString('utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw storeError('read', file, error);
    }
    return parseEntry(text, file);
  };

  const open = async (entry: EntryFile, key: string, file: string): Promise<string> => {
    const storeKey = await keys.forReading(entry);
    if (!storeKey) throw new OidcCliError('store_key_invalid', { file, keySource: entry.keySource });
    return decrypt(entry, key, storeKey, file);
  };

  const prepare = async () => {
    try {
      await makeFolder(folder, 0o700);
      if (options.platform !== 'win32') await chmod(folder, 0o700);
    } catch (error) {
      throw storeError('create', folder, error);
    }
  };

  return {
    kind: 'file',
    description: `the encrypted file in ${folder}`,

    async get(key) {
      const file = fileOf(key);
      const entry = await load(file);
      return entry && open(entry, key, file);
    },

    async set(key, value) {
      await prepare();
      const file = fileOf(key);
      const storeKey = await keys.forWriting();
      try {
        const old = await load(file);
        if (old) await open(old, key, file);
      } catch (error) {
        if (!(error instanceof OidcCliError) || error.code !== 'store_corrupt') throw error;
        // A copy, so that the entry's name always has a file.
        const movedTo = `${file}.damaged-${Date.now()}`;
        await copyFile(file, movedTo).catch((cause) => {
          throw storeError('set aside', file, cause);
        });
        options.onSetAside?.({ file, movedTo });
      }
      await writeAtomically(file, encrypt(key, value, storeKey)).catch((error) => {
        throw storeError('write', file, error);
      });
    },

    async delete(key) {
      const file = fileOf(key);
      try {
        await unlink(file);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw storeError('delete', file, error);
      }
    },

    async ready() {
      await prepare();
      await keys.forWriting();
    },

    async values() {
      const names = await readdir(folder).catch(() => []);
      const entries: { key: string; value: string }[] = [];
      for (const name of names) {
        if (!/^[0-9a-f]{40}\.json$/.test(name)) continue;
        const file = join(folder, name);
        try {
          const entry = await load(file);
          if (entry && fileOf(entry.key) === file)
            entries.push({ key: entry.key, value: await open(entry, entry.key, file) });
        } catch {
          // A different key's entry, or damaged: reading it by its own name reports that.
        }
      }
      return entries;
    },
  };
}

function encrypt(key: string, value: string, storeKey: StoreKey): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', storeKey.bytes, iv).setAAD(additionalData(key));
  const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  const entry = {
    version: 1 as const,
    key,
    keyId: storeKey.id,
    keySource: storeKey.source,
    ...(storeKey.salt === undefined ? {} : { salt: storeKey.salt }),
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  };
  return `${JSON.stringify({ ...entry, sum: checksum(entry) })}\n`;
}

function decrypt(entry: EntryFile, key: string, storeKey: StoreKey, file: string): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', storeKey.bytes, Buffer.from(entry.iv, 'base64'), {
      authTagLength: 16,
    });
    decipher.setAAD(additionalData(key)).setAuthTag(Buffer.from(entry.tag, 'base64'));
    return decipher.update(entry.data, 'base64', 'utf8') + decipher.final('utf8');
  } catch (error) {
    throw new OidcCliError('store_corrupt', { file }, { cause: error });
  }
}

function additionalData(key: string): Buffer {
  return Buffer.from(`oidc-cli session store 1\n${key}`, 'utf8');
}

function checksum(entry: Omit<EntryFile, 'sum'>): string {
  const { version, key, keyId, keySource, salt, iv, tag, data } = entry;
  return createHash('sha256')
    .update(JSON.stringify([version, key, keyId, keySource, salt ?? null, iv, tag, data]))
    .digest('base64');
}

function parseEntry(text: string, file: string): EntryFile {
  let entry: Partial<EntryFile>;
  try {
    entry = parseJson(text) as Partial<EntryFile>;
  } catch (error) {
    throw new OidcCliError('store_corrupt', { file }, { cause: error });
  }
  if (typeof entry !== 'object' || entry === null) throw new OidcCliError('store_corrupt', { file });
  const version: unknown = entry.version;
  const damaged = entry.sum === checksum({ ...(entry as EntryFile), version: 1 });
  if (typeof version === 'number' && version > 1 && !damaged)
    throw new OidcCliError('store_version_newer', { file, version });
  if (entry.sum !== checksum(entry as EntryFile)) {
    throw new OidcCliError('store_corrupt', { file });
  }
  return entry as EntryFile;
}

function storeError(operation: string, file: string, cause: unknown): OidcCliError {
  return new OidcCliError('store_failed', { file, operation, ...failureReason(cause) }, { cause });
}
