import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, appendFile, mkdir, open, realpath, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OidcCliError } from '../../errors.js';
import { readBoundedFile } from '../../read-file.js';

/** No report of an earlier run that is read again is larger; bytes. */
const LARGEST = 64 * 1024 * 1024;

/** A file that a report goes to, found to be writable. */
export interface ReportFile {
  /** Absolute, links followed. */
  readonly path: string;
  /** Writes it whole or not at all. Throws `report_unwritable`. */
  write(text: string): Promise<void>;
  /** Adds to its end, for a file that others write to as well. Throws `report_unwritable`. */
  append(text: string): Promise<void>;
  /** What the last run left there; undefined where there is nothing to be read. */
  read(): Promise<string | undefined>;
}

/**
 * Makes the folders of a report's file and tries to write there, without
 * touching what is in it. A device or pipe (`/dev/stdout`, `>(…)` of a shell) is
 * written to as it is: to replace it by a file would break it. `mode`: who may
 * read the file, where that is not for the system to say; `flag`: how another
 * file is named. Throws `report_unwritable`.
 */
export async function prepareReportFile(
  file: string,
  cwd: string,
  { mode, flag }: { readonly mode?: number; readonly flag?: string } = {},
): Promise<ReportFile> {
  const refuse = (error: unknown) => unwritable({ file, reason: reasonOf(error), flag }, error);
  const typed = resolve(cwd, file);
  let path = typed;
  let special = false;
  try {
    await mkdir(dirname(typed), { recursive: true });
    path = await realpath(typed).catch(async () => join(await realpath(dirname(typed)), basename(typed)));
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new Error('it is a folder');
    special = found !== undefined && !found.isFile();
    if (found !== undefined) await access(path, constants.W_OK);
    if (!special) await tryBeside(path);
  } catch (error) {
    throw refuse(error);
  }
  return {
    path,
    async write(text) {
      try {
        if (special) return await writeFile(path, text);
        const { default: writeFileAtomic } = await import('write-file-atomic');
        await writeFileAtomic(path, text, mode === undefined ? {} : { mode });
      } catch (error) {
        throw refuse(error);
      }
    },
    async append(text) {
      await appendFile(path, text).catch((error: unknown) => {
        throw refuse(error);
      });
    },
    read: () =>
      readBoundedFile(path, LARGEST).then(
        ({ bytes }) => bytes.toString('utf8'),
        () => undefined,
      ),
  };
}

/**
 * A file is replaced by another from its folder, so it is the folder that must
 * take one. The name is nobody else's: jobs in containers often have the same
 * process id, and one that is killed here leaves its file.
 */
async function tryBeside(path: string): Promise<void> {
  const trial = `${path}.${randomBytes(6).toString('hex')}-trial`;
  const handle = await open(trial, 'wx');
  await handle.close();
  await unlink(trial);
}

function unwritable(facts: { file: string; reason: string; flag: string | undefined }, cause: unknown): OidcCliError {
  return new OidcCliError('report_unwritable', facts, { cause });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
