import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing, each with `mode`; one
 * that is there is left as it is. Node's own recursive `mkdir` never ends where
 * the system answers "no such file" for a folder whose parent is there, as
 * below /proc. Throws the file system's own error.
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

/** `makeFolder` for what runs before anything can be waited for. Throws the file system's own error. */
export function makeFolderSync(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (isMissing(error) && dirname(path) !== path) {
      makeFolderSync(dirname(path), mode);
      // Another process may make it first, which the next look tells from a folder that cannot be made.
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(path, mode);
    } else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Throws `failure` unless the folder is there all the same: systems differ in what they call that. */
async function unlessFolder(path: string, failure: unknown): Promise<void> {
  const about = await stat(path).catch(() => undefined);
  if (!about?.isDirectory()) throw failure;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
