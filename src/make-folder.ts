import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and its missing parents, each with `mode`; an existing folder is
 * not changed. Node's own recursive `mkdir` never ends if the system answers "no
 * such file" for a folder whose parent exists, as below /proc. Throws the file
 * system's own error.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    if (isMissing(error) && dirname(path) !== path) {
      await makeFolder(dirname(path), mode);
      await mkdir(path, mode).catch((failure) => unlessFolder(path, failure));
      return;
    }
    await unlessFolder(path, error);
  }
}

/** A synchronous `makeFolder`, for the start of the program. Throws the file system's own error. */
export function makeFolderSync(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (isMissing(error) && dirname(path) !== path) {
      makeFolderSync(dirname(path), mode);
      // Another process may make it first; the next check distinguishes that from a folder that cannot be made.
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(path, mode);
    } else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Throws `failure` unless the folder exists: systems differ in their error for that. */
async function unlessFolder(path: string, failure: unknown): Promise<void> {
  const about = await stat(path).catch(() => undefined);
  if (!about?.isDirectory()) throw failure;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
