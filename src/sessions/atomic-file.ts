import { readdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Milliseconds after which a temporary file can only be what a killed save left behind. */
const LEFTOVER_AGE_MS = 60_000;

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
