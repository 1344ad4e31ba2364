import { homedir } from 'node:os';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Environment } from '../context.js';

/** The path, absolute: `~/` is the person's home, anything else is relative to `folder`. */
export function absolutePath(path: string, folder: string, env: Environment): string {
  if (path === '~' || path.startsWith('~/') || path.startsWith('~\\')) {
    return resolve(env.HOME ?? env.USERPROFILE ?? homedir(), path.slice(2));
  }
  return resolve(folder, path);
}

/** Whether an absolute path is the folder or lies below it. Links must have been resolved before. */
export function isInside(path: string, folder: string): boolean {
  const driver = relative(folder, path);
  return driver === '' || (!isAbsolute(driver) && driver !== '..' && !/^\.\.[/\\]/.test(driver));
}
