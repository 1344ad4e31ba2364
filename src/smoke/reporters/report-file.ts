import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { OidcCliError } from '../../errors.js';
import { makeFolder } from '../../make-folder.js';
import { isInside } from '../../profiles/paths.js';
import { readBoundedFile } from '../../read-file.js';
import { appendWhole, isSpecial, tryToWriteBeside, writeToDevice, writeWholeFile } from '../../write-file.js';

/** Bytes; no earlier report that is read again is larger. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A report's file that is known to be writable. */
export interface ReportFile {
  /** Absolute, links followed. */
  readonly path: string;
  /** Writes the whole file or nothing. Throws `report_unwritable`. */
  write(text: string): Promise<void>;
  /** Appends, for a file that others write to as well. Throws `report_unwritable`. */
  append(text: string): Promise<void>;
  /** The content from the last run; undefined if there is none. */
  read(): Promise<string | undefined>;
}

/** A file from the command line. */
interface NamedFile {
  /** The file's mode; by default the system decides. */
  readonly mode?: number;
  /** The flag that names another file. */
  readonly flag?: string;
  /** Once aborted, a pipe whose reader takes nothing is soon given up. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the folders of a report's file and tests whether the file can be written,
 * without changing it. A device or pipe (`/dev/stdout`, `>(…)` of a shell) is
 * written directly, since replacing it by a file would break it. Links in the
 * file's path are followed as far as `outputPath` allows. Throws
 * `report_unwritable` (facts: file, reason, flag, target); a write that `signal`
 * ended throws `interrupted`.
 */
export async function prepareReportFile(
  file: string,
  cwd: string,
  { mode, flag, signal }: NamedFile = {},
): Promise<ReportFile> {
  const refuse = (error: unknown) => {
    const givenUp = signal?.aborted && failureReason(error) === 'ETIMEDOUT';
    return givenUp ? new OidcCliError('interrupted', {}, { cause: error }) : unwritable(file, flag, error);
  };
  let path: string;
  let special: boolean;
  try {
    path = await outputPath(file, cwd);
    special = await isSpecial(path);
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined) await access(path, constants.W_OK);
    // A new file in the same folder replaces the old one, so the folder must be writable.
    if (!special) await tryToWriteBeside(path, 0);
  } catch (error) {
    throw refuse(error);
  }
  return {
    path,
    async write(text) {
      try {
        if (special) await writeToDevice(path, text, signal);
        else await writeWholeFile(path, text, { follow: false, mode });
      } catch (error) {
        throw refuse(error);
      }
    },
    async append(text) {
      await appendWhole(path, text).catch((error: unknown) => {
        throw refuse(error);
      });
    },
    read: () =>
      readBoundedFile(path, MAX_BYTES).then(
        ({ bytes }) => bytes.toString('utf8'),
        () => undefined,
      ),
  };
}

/**
 * Writes a file that `--output` names, like `prepareReportFile` and `write`. With
 * `exclusive` an existing file is not changed: the error's cause is then the
 * system's `EEXIST`. Throws `report_unwritable`.
 */
export async function writeOutputFile(
  file: string,
  cwd: string,
  text: string,
  options: { readonly mode?: number; readonly exclusive?: boolean } = {},
): Promise<void> {
  try {
    const path = await outputPath(file, cwd);
    if (!options.exclusive && (await isSpecial(path))) await writeToDevice(path, text);
    else await writeWholeFile(path, text, { follow: false, ...options });
  } catch (error) {
    throw unwritable(file, '--output', error);
  }
}

/**
 * The real path of a file from the command line: absolute, its links followed, its
 * folders made. A name in the current folder must stay in it, since links there
 * may come with a cloned repository. For any other name the caller made the links
 * on the way, and only the file itself must not be a link that leads out of its
 * folder. System files in /dev and /proc are not resolved. Throws a plain error
 * whose message completes "cannot be written: …", or the file system's own.
 */
async function outputPath(file: string, cwd: string): Promise<string> {
  const typed = resolve(cwd, file);
  const isSystemPath = (isInside(typed, '/dev') && !isInside(typed, '/dev/shm')) || isInside(typed, '/proc');
  const root = isSystemPath ? undefined : await linkRoot(dirname(typed), typed, cwd);
  await makeFolder(dirname(typed));
  const folder = await realpath(dirname(typed));
  const path = await realpath(typed).catch(() => join(folder, basename(typed)));
  if (!isSystemPath) requireInside(root ?? folder, path);
  const about = await stat(path).catch(() => undefined);
  if (about?.isDirectory()) throw new Error('it is a folder');
  return path;
}

/**
 * The folder that the links of a path must stay in: the current one, with its
 * links resolved, if the path is in it. Undefined for any other path. Throws
 * `OutsideFolderError` if `folder` is already outside.
 */
async function linkRoot(folder: string, typed: string, cwd: string): Promise<string | undefined> {
  if (!isInside(typed, cwd)) return undefined;
  const root = await realpath(cwd);
  requireInside(root, await realpath(await nearestExisting(folder)));
  return root;
}

/**
 * The absolute path of an output folder, with links followed. Does not make the
 * folder. As for a file, a link in the current folder must not lead out of it.
 * Throws `report_unwritable` (facts: file, reason, flag, target).
 */
export async function outputFolder(folder: string, cwd: string, flag: string): Promise<string> {
  const typed = resolve(cwd, folder);
  try {
    await linkRoot(typed, typed, cwd);
  } catch (error) {
    throw unwritable(folder, flag, error);
  }
  const there = await nearestExisting(typed);
  return join(await realpath(there).catch(() => there), relative(there, typed));
}

/** The folder itself, or its nearest existing parent, which may be a broken link. */
async function nearestExisting(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => undefined);
  return there || dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
}

/** The error for a link that leads out of its folder. */
class OutsideFolderError extends Error {
  constructor(
    root: string,
    readonly target: string,
  ) {
    super(`a link leads out of ${root}, to ${target}`);
  }
}

function requireInside(root: string, path: string): void {
  if (!isInside(path, root)) throw new OutsideFolderError(root, path);
}

function unwritable(file: string, flag: string | undefined, error: unknown): OidcCliError {
  const target = error instanceof OutsideFolderError ? error.target : undefined;
  return new OidcCliError('report_unwritable', { file, reason: failureReason(error), flag, target }, { cause: error });
}

function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
