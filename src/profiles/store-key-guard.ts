import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { readBoundedFile } from '../read-file.js';

const VARIABLE = 'OIDC_CLI_STORE_KEY';

/** Shorter values of the variable are refused as keys, and could stand in a password by chance. */
const MIN_LENGTH = 8;

/** A key file is smaller; bytes. */
const MAX_BYTES = 4096;

/** Where to find the session store's key: the variable, and the file `store/key` in the data folder. */
export interface StoreKeyDeps {
  readonly env: Environment;
  readonly folders: { readonly data: string };
}

/** Whether a variable's name is that of the store's key. Windows compares names without their case. */
export function isStoreKeyVariable(name: string): boolean {
  return name.toUpperCase() === VARIABLE;
}

/**
 * Refuses the key of the session store as a secret that is sent, whoever names
 * it, by the names of its variable and its file. Throws `store_key_as_secret`
 * (facts: variable or file).
 */
export async function refuseStoreKeyName(
  reference: { readonly kind: string; readonly name?: string; readonly path?: string },
  { folders }: Pick<StoreKeyDeps, 'folders'>,
): Promise<void> {
  if (reference.kind === 'env' && isStoreKeyVariable(reference.name ?? '')) {
    throw new OidcCliError('store_key_as_secret', { variable: VARIABLE });
  }
  if (reference.kind !== 'file' || reference.path === undefined) return;
  const file = keyFile(folders);
  const [named, key] = await Promise.all([realpath(reference.path), realpath(file)].map((one) => one.catch(() => '')));
  if (named !== '' && named === key) throw new OidcCliError('store_key_as_secret', { file });
}

/**
 * Refuses a value that is or holds the key of the session store, under
 * whatever name it came: another variable, a copy or a link of the key file,
 * the process's environment read as a file. Throws as `refuseStoreKeyName`.
 */
export async function refuseStoreKeyValue(value: string, { env, folders }: StoreKeyDeps): Promise<void> {
  const given = env[VARIABLE]?.trim() ?? '';
  if (given.length >= MIN_LENGTH && value.includes(given)) {
    throw new OidcCliError('store_key_as_secret', { variable: VARIABLE });
  }
  const file = keyFile(folders);
  const read = await readBoundedFile(file, MAX_BYTES).catch(() => undefined);
  if (read === undefined || read.bytes.length < MIN_LENGTH) return;
  const { bytes } = read;
  const spellings = [bytes.toString('utf8'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
  const isHere = spellings.some((key) => value.includes(key)) || value.toLowerCase().includes(bytes.toString('hex'));
  if (isHere) throw new OidcCliError('store_key_as_secret', { file });
}

/** As `sessions/encrypted-file.ts` and `sessions/store-key.ts` name it. */
function keyFile({ data }: StoreKeyDeps['folders']): string {
  return join(data, 'store', 'key');
}
