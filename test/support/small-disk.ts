import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requirement } from './requirement.js';

/** What a tmpfs gives out at a time; bytes. A write of more than what is left is cut at such a boundary. */
const PAGE = 4096;

/** A file system of its own, of a few hundred KiB. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills it so that so many pages are left. */
  leave(pages: number): void;
  /** Every file below a folder of it, and what is in it, but for what `leave` has put there. */
  files(below?: string): Readonly<Record<string, string>>;
  /** Makes it one that can only be read, as in many containers. */
  readOnly(): void;
  /** Makes the room again that `leave` has taken. */
  empty(): void;
  remove(): void;
}

/** Whether one can be made here: by root, also that of a user namespace (`unshare -Urm npx vitest …`). */
export const smallDisksPresent = requirement('a small disk', canMount(), 'only root can mount a tmpfs');

/** Mounts a tmpfs of so many KiB. */
export function smallDisk(kibibytes = 512): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'oidc-cli-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=700`, 'tmpfs', folder]);
  const filler = join(folder, 'filler');
  const empty = () => rmSync(filler, { force: true });
  return {
    folder,
    leave(pages) {
      empty();
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(filler, Buffer.alloc(bavail * bsize - pages * PAGE));
    },
    empty,
    readOnly: () => {
      execFileSync('mount', ['-o', 'remount,ro', folder]);
    },
    files(below = '.') {
      const root = join(folder, below);
      const paths = readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .filter((path) => path !== filler);
      return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(path, 'latin1')]));
    },
    remove() {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    smallDisk(16).remove();
    return true;
  } catch {
    return false;
  }
}
