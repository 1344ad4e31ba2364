import { randomInt } from 'node:crypto';
import { mkdir, readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Milliseconds after which a temporary file can only be what a killed save left behind. */
const LEFTOVER_AGE_MS = 60_000;

/** A session with several tokens, encrypted, and the list of sessions beside it. */
const TRIAL_BYTES = 64 * 1024;

/** On Windows a virus scanner or a reader may hold the file for a moment. */
const BUSY = new Set(['EPERM', 'EACCES', 'EBUSY']);

/**
 * Writes a file of mode 0600 whole or not at all: a temporary file beside it,
 * fsync, rename. Also removes what earlier, killed saves of the same file left.
 * Throws the file system's own error.
 */
export async function writeAtomically(file: string, text: string): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFileAtomic(file, text, { mode: 0o600, encoding: 'utf8' });
      break;
    } catch (error) {
      if (process.platform !== 'win32' || attempt === 5 || !BUSY.has((error as NodeJS.ErrnoException).code ?? '')) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, attempt * 20));
    }
  }
  await removeLeftovers(file);
}

/**
 * Shows that a file can be written whole, as a full or read-only disk lets
 * nobody: writes as much beside it as a long session takes, and removes it.
 * Makes the folder. Throws the file system's own error.
 */
export async function tryToWrite(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Named like a temporary file: should this be killed, the next save but one removes it.
  const trial = `${file}.${randomInt(2 ** 47)}`;
  try {
    await writeFile(trial, Buffer.alloc(TRIAL_BYTES), { flag: 'wx', mode: 0o600 });
  } finally {
    await unlink(trial).catch(() => {});
  }
}

/** Temporary files are called `<file>.<number>`; a leftover that cannot be removed now is tried again at the next save. */
async function removeLeftovers(file: string): Promise<void> {
  const folder = dirname(file);
  const prefix = `${basename(file)}.`;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix) || !/^\d+$/.test(name.slice(prefix.length))) continue;
    const path = join(folder, name);
    try {
      if ((await stat(path)).mtimeMs < Date.now() - LEFTOVER_AGE_MS) await unlink(path);
    } catch {
      // Another save removed it first.
    }
  }
}
