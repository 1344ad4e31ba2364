import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';
import { failureReason, type LockOptions, type StillHeld, withLock } from '../lock.js';
import { readBoundedFile } from '../read-file.js';
import { tryToWrite, writeAtomically } from './atomic-file.js';
import type { StoreKind } from './session-store.js';

/** Milliseconds. Longer than a keychain call, since stores are written while the index is locked. */
const LOCK_TIMEOUT_MS = 40_000;

/** Bytes; room for some ten thousand sessions. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A value in a store that persists after the process. */
export interface StoredValue {
  readonly store: Exclude<StoreKind, 'memory'>;
  readonly key: string;
}

/**
 * The facts of a session that are known without opening its store. Holds no
 * secrets. Times are seconds since the epoch.
 */
export interface SessionEntry {
  readonly profile: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly subject: string;
  /** The user's name, user name or email: the first claim that is present. */
  readonly name?: string;
  readonly store: StoreKind;
  readonly key: string;
  readonly signedInAt: number;
  /** The session's own; absent if it has none. */
  readonly signInId?: string;
  /** The time of the last sign-in or refresh. */
  readonly savedAt: number;
  readonly expiresAt?: number;
  readonly refreshable: boolean;
}

/** A sign-in that is not finished yet. */
export interface PendingEntry extends StoredValue {
  /** A hash of the state: a reader of the index must not be able to forge the provider's response. */
  readonly id: string;
  readonly expiresAt: number;
}

/** A client secret that the user saved. */
export interface ClientSecretEntry extends StoredValue {
  readonly profile: string;
  readonly issuer: string;
}

/** The whole of `sessions.json`. */
export interface IndexContent {
  readonly version: 1;
  /** In the order of the sign-ins, the newest first. */
  readonly sessions: readonly (SessionEntry & StoredValue)[];
  readonly pending: readonly PendingEntry[];
  readonly clientSecrets: readonly ClientSecretEntry[];
  /** Values that may be in a store without an entry above, from a save or move that began. */
  readonly unsettled: readonly StoredValue[];
}

/** The list of saved values and their stores. */
export interface SessionIndex {
  /** Takes no lock: a save replaces the whole file. */
  read(): Promise<IndexContent>;
  /** Verifies that the index, and as many bytes beside it as a session has, can be written. Throws `store_failed`. */
  ready(): Promise<void>;
  /**
   * Runs `work` on the newest content while no other process changes it; each `save`
   * is atomic. If another process has taken the lock over, `save` and `stillHeld`
   * throw, and `work` runs again on the content that the other process has saved.
   * Throws `store_timeout` and `store_failed`.
   */
  change<T>(work: ChangeIndex<T>): Promise<T>;
}

/** One change of the index. */
export type ChangeIndex<T> = (
  content: IndexContent,
  save: (next: IndexContent) => Promise<void>,
  stillHeld: StillHeld,
) => Promise<T>;

const EMPTY: IndexContent = { version: 1, sessions: [], pending: [], clientSecrets: [], unsettled: [] };

/** Dependencies of `createSessionIndex`. */
export interface SessionIndexOptions {
  readonly dataFolder: string;
  /** Makes a new index from the stores' values, after the old one was found damaged. */
  readonly rebuild: () => Promise<Omit<IndexContent, 'version' | 'unsettled'>>;
  /** Called once after a damaged index has been moved aside and rebuilt. */
  readonly onRebuilt?: (facts: { file: string; movedTo: string; sessions: number }) => void;
  /** Replaces the lock's own values. */
  readonly lock?: Pick<LockOptions, 'staleMs' | 'host'>;
}

/**
 * The index in `sessions.json` of the data folder. An absent file is an empty
 * index; a damaged one is moved aside and rebuilt from the stores; the file of a
 * newer version is not changed (`store_version_newer`, facts: file, version,
 * list).
 */
export function createSessionIndex(options: SessionIndexOptions): SessionIndex {
  const file = join(options.dataFolder, 'sessions.json');

  /** The content; undefined if the file is damaged. */
  const load = async (): Promise<IndexContent | undefined> => {
    let text: string;
    try {
      text = (await readBoundedFile(file, MAX_BYTES)).bytes.toString('utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
      throw new OidcCliError('store_failed', { file, operation: 'read', ...failureReason(error) }, { cause: error });
    }
    return parse(text, file);
  };

  const unwritable = (error: unknown) => {
    throw new OidcCliError('store_failed', { file, operation: 'write', ...failureReason(error) }, { cause: error });
  };

  const save = async (content: IndexContent, stillHeld: StillHeld) => {
    await stillHeld();
    await writeAtomically(file, `${JSON.stringify(content, undefined, 2)}\n`).catch(unwritable);
  };

  // No signal ends this wait: the save may hold a rotated refresh token that would be lost.
  const locked = <T>(work: (stillHeld: StillHeld) => Promise<T>) =>
    withLock(file, work, { timeoutMs: LOCK_TIMEOUT_MS, ...options.lock });

  /** The caller holds the lock. */
  const loadOrRebuild = async (stillHeld: StillHeld): Promise<IndexContent> => {
    const content = await load();
    if (content) return content;
    const rebuilt: IndexContent = { ...EMPTY, ...(await options.rebuild()) };
    const movedTo = `${file}.damaged-${Date.now()}`;
    try {
      // A copy: if the process is killed before the save below, the damaged file is still in its place.
      await copyFile(file, movedTo);
    } catch (error) {
      throw new OidcCliError(
        'store_failed',
        { file, operation: 'set aside', ...failureReason(error) },
        { cause: error },
      );
    }
    await save(rebuilt, stillHeld);
    options.onRebuilt?.({ file, movedTo, sessions: rebuilt.sessions.length });
    return rebuilt;
  };

  return {
    ready: () => tryToWrite(file).catch(unwritable),
    read: async () => (await load()) ?? locked(loadOrRebuild),
    change: (work) =>
      locked(async (stillHeld) =>
        work(await loadOrRebuild(stillHeld), (content) => save(content, stillHeld), stillHeld),
      ),
  };
}

function parse(text: string, file: string): IndexContent | undefined {
  let content: Partial<IndexContent>;
  try {
    content = parseJson(text) as Partial<IndexContent>;
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  if (typeof content.version === 'number' && content.version > 1) {
    throw new OidcCliError('store_version_newer', { file, version: content.version, list: true });
  }
  const { sessions, pending, clientSecrets, unsettled } = content;
  const whole =
    content.version === 1 &&
    allOfType(sessions, ['profile', 'issuer', 'clientId', 'subject'], ['signedInAt', 'savedAt']) &&
    sessions?.every(hasItsTypes) === true &&
    allOfType(pending, ['id'], ['expiresAt']) &&
    allOfType(clientSecrets, ['profile', 'issuer'], []) &&
    allOfType(unsettled, [], []);
  return whole ? (content as IndexContent) : undefined;
}

/** Whether optional members have the right type if present, and dates are valid. */
function hasItsTypes({ name, signInId, expiresAt, signedInAt, savedAt, issuer }: SessionEntry): boolean {
  const texts = [name, signInId].every((value) => value === undefined || typeof value === 'string');
  // ECMA-262 §21.4.1.1. The provider chose the expiry, which may be later than any date.
  const dates = [signedInAt, savedAt].every((date) => typeof date === 'number' && Math.abs(date) <= 8.64e12);
  return texts && dates && (expiresAt === undefined || Number.isFinite(expiresAt)) && URL.canParse(issuer);
}

/** Whether a list holds only stored values with these text and number properties. */
function allOfType(list: unknown, texts: readonly string[], numbers: readonly string[]): boolean {
  return (
    Array.isArray(list) &&
    list.every(
      (item) =>
        typeof item === 'object' &&
        item !== null &&
        (item.store === 'keychain' || item.store === 'file') &&
        typeof item.key === 'string' &&
        texts.every((name) => typeof item[name] === 'string') &&
        numbers.every((name) => typeof item[name] === 'number'),
    )
  );
}
