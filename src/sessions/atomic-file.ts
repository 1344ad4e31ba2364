import { dirname } from 'node:path';
import { makeFolder } from '../make-folder.js';
import { tryToWriteBeside, writeWholeFile } from '../write-file.js';

/** A session with several tokens, encrypted, and the list of sessions beside it. */
const TRIAL_BYTES = 64 * 1024;

/** Writes a file of mode 0600 whole or not at all. Throws the file system's own error. */
export async function writeAtomically(file: string, text: string): Promise<void> {
  await writeWholeFile(file, text, { mode: 0o600 });
}

/**
 * Shows that a file can be written whole, as a full or read-only disk lets
 * nobody: writes as much beside it as a long session takes, and removes it.
 * Makes the folder. Throws the file system's own error.
 */
export async function tryToWrite(file: string): Promise<void> {
  await makeFolder(dirname(file), 0o700);
  await tryToWriteBeside(file, TRIAL_BYTES);
}
