import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../src/context.js';

/** Debian's libfaketime, in the folder of this machine's architecture. */
const LIBRARY = folders('/usr/lib')
  .map((name) => join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'))
  .find((path) => existsSync(path));

/** Whether processes with clocks of their own can be started here. */
export const fakeTimePresent: boolean = LIBRARY !== undefined;

/** Why `fakeTimePresent` is needed, for `requirement`. */
export const fakeTimeWhy = "tests of clocks need libfaketime, from Debian's package faketime";

/**
 * The environment of a process whose clock differs: `+8s` is eight seconds
 * ahead, `-1d` a day behind, `+0 x20` runs twenty times as fast. A clock that
 * runs at another speed is the monotonic one too.
 */
export function fakeTime(offset: string): Environment {
  return { LD_PRELOAD: LIBRARY, FAKETIME: offset };
}

function folders(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}
