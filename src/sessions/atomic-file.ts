import { dirname } from 'node:path';
import { makeFolder } from '../make-folder.js';
import { tryToWriteBeside, writeWholeFile } from '../write-file.js';

/** Bytes of a session with several tokens, encrypted, and of the list of sessions. */
const TRIAL_BYTES = 64 * 1024;

/** Writes a file of mode 0600 completely or not at all. Throws the file system's own error. */
export async function writeAtomically(file: string, text: string): Promise<void> {
  await writeWholeFile(file, text, { mode: 0o600 });
}

/**
 * Verifies that a file can be written, which fails on a full or read-only disk:
 * makes the folder, writes as many bytes beside the file as a long session has,
 * and removes them. Throws the file system's own error.
 */
export async function tryToWrite(file: string): Promise<void> {
  await makeFolder(dirname(file), 0o700);
  await tryToWriteBeside(file, TRIAL_BYTES);
}
