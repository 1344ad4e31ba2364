import { randomInt } from 'node:crypto';
import { constants, unlinkSync } from 'node:fs';
import { type FileHandle, link, open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Options for writing a file. */
export interface WriteOptions {
  /** The file's mode, whatever it was before. Absent: that of the existing file, else the system's default. */
  readonly mode?: number;
  /** Never replaces a file: an existing one, also a link, is the error `EEXIST`. */
  readonly exclusive?: boolean;
  /**
   * With false, the write replaces a link itself instead of the linked file: for a
   * path whose links have been resolved.
   */
  readonly follow?: boolean;
}

/** Milliseconds after which a temporary file must be the remains of a killed process. */
const LEFTOVER_AGE_MS = 60_000;

/** On Windows a virus scanner or a reader may hold the file for a moment. */
const BUSY = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** Errors of file systems without hard links, modes or owners, or that cannot flush a file. */
const UNSUPPORTED = new Set(['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

/** Milliseconds after which a pipe whose reader takes nothing is given up. */
const PIPE_TIMEOUT_MS = 30_000;
const PIPE_RETRY_MS = 20;
/** Likewise, once the command has been asked to end. */
const INTERRUPTED_PIPE_TIMEOUT_MS = 1_000;

/**
 * Writes the whole file or nothing. It writes all bytes to a temporary file beside
 * it, flushes it, verifies its size, and then renames it to the file's name. On
 * any failure the temporary file is removed and the earlier file stays; remains of
 * killed writes of the same file are removed as well. A link is followed, unless
 * `follow` is false; an existing file keeps its owner, and its mode unless `mode`
 * is given. Throws the file system's own error: `ENOSPC` also if only a part of
 * the content fits.
 */
export async function writeWholeFile(
  file: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const { exclusive = false, follow = true } = options;
  const target = follow && !exclusive ? await realpath(file).catch(() => file) : file;
  const old = exclusive ? undefined : await stat(target).catch(() => undefined);
  const mode = options.mode ?? (old && old.mode & 0o7777);
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const temporary = temporaryName(target);
  beingWritten.add(temporary);
  try {
    const handle = await open(temporary, 'wx', mode);
    await withClosing(handle, async () => {
      await writeAll(handle, bytes);
      if (old && process.getuid) await copyOwner(handle, old);
      // The umask has reduced the mode that the file was made with.
      if (mode !== undefined) await handle.chmod(mode).catch(unlessUnsupported);
    });
    if (exclusive) await takeFreeName(temporary, target, bytes, mode);
    else await replace(temporary, target);
  } finally {
    await unlink(temporary).catch(() => {});
    beingWritten.delete(temporary);
  }
  await removeLeftovers(target);
}

/**
 * Appends to a file that others write to as well, whose path has no links; makes a
 * missing file. If only a part fits, that part is removed again, unless another
 * process has appended meanwhile. Throws the file system's own error.
 */
export async function appendWhole(file: string, content: string): Promise<void> {
  const bytes = Buffer.from(content, 'utf8');
  if (await isSpecial(file)) return writeToDevice(file, bytes);
  // A link is refused (`ELOOP`): the links of the path have been resolved, so this one is newer.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0 } = constants;
  const handle = await open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW);
  await withClosing(handle, async () => {
    const before = (await handle.stat()).size;
    try {
      await handle.writeFile(bytes);
      await flush(handle);
    } catch (error) {
      const { size } = await handle.stat();
      if (size > before && size < before + bytes.length) await handle.truncate(before).catch(() => {});
      throw error;
    }
  });
}

/**
 * Writes to a path that is not a regular file, such as `/dev/stdout` or a pipe,
 * without replacing it. Throws the file system's own error: `ENXIO` for a pipe
 * without a reader, and `ETIMEDOUT` for one whose reader takes nothing for 30 s,
 * or for 1 s once `signal` is aborted.
 */
export async function writeToDevice(file: string, content: string | Uint8Array, signal?: AbortSignal): Promise<void> {
  let rest = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  // Without this flag the opening of a pipe waits for its reader, and a write for free space in it, without any time
  // limit.
  const handle = await open(file, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0));
  await withClosing(handle, async () => {
    let lastProgress = performance.now();
    while (rest.length > 0) {
      try {
        const { bytesWritten } = await handle.write(rest);
        rest = rest.subarray(bytesWritten);
        lastProgress = performance.now();
      } catch (error) {
        if (errorCode(error) !== 'EAGAIN') throw error;
        const timeout = signal?.aborted ? INTERRUPTED_PIPE_TIMEOUT_MS : PIPE_TIMEOUT_MS;
        if (performance.now() - lastProgress > timeout) throw systemError('ETIMEDOUT', 'its reader takes nothing');
        await delay(PIPE_RETRY_MS);
      }
    }
  });
}

/** Whether the path is neither a file nor a folder: a device, a pipe, a socket. */
export async function isSpecial(path: string): Promise<boolean> {
  const about = await stat(path).catch(() => undefined);
  return about !== undefined && !about.isFile() && !about.isDirectory();
}

/**
 * Verifies that a file of `bytes` bytes can be written: writes as many beside it,
 * and removes them. Throws the file system's own error.
 */
export async function tryToWriteBeside(file: string, bytes: number): Promise<void> {
  const temporary = temporaryName(file);
  beingWritten.add(temporary);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    await withClosing(handle, () => writeAll(handle, Buffer.alloc(bytes)));
  } finally {
    await unlink(temporary).catch(() => {});
    beingWritten.delete(temporary);
  }
}

/**
 * Removes temporary files beside a file that killed processes left a minute ago or
 * earlier; a failed removal is tried again at the next write.
 */
async function removeLeftovers(file: string): Promise<void> {
  const folder = dirname(file);
  const prefix = `${basename(file)}.`;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix) || !LEFTOVER.test(name.slice(prefix.length))) continue;
    const path = join(folder, name);
    try {
      if ((await stat(path)).mtimeMs < Date.now() - LEFTOVER_AGE_MS) await unlink(path);
    } catch {
      // Another process removed it first.
    }
  }
}

/** Distinguishes our files from those of other programs and users, which `removeLeftovers` must not remove. */
function temporaryName(file: string): string {
  return `${file}.${randomInt(2 ** 47)}.oidc-cli-tmp`;
}

/** The end of a temporary file's name. */
const LEFTOVER = /^\d+\.oidc-cli-tmp$/;

/** Temporary files of this process, removed also if it ends during a write, by a second Ctrl-C for example. */
const beingWritten = new Set<string>();
process.on('exit', () => {
  for (const path of beingWritten) {
    try {
      unlinkSync(path);
    } catch {
      // The file has been renamed, or was never made.
    }
  }
});

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  // Node continues after a short write, until everything is written or the system reports an error.
  await handle.writeFile(bytes);
  await flush(handle);
  const { size } = await handle.stat();
  if (size !== bytes.length) throw systemError('ENOSPC', `only ${size} of ${bytes.length} bytes were written`);
}

/** A remote file system may report only now that it is full. */
async function flush(handle: FileHandle): Promise<void> {
  await handle.sync().catch(unlessUnsupported);
}

async function replace(temporary: string, target: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rename(temporary, target);
    } catch (error) {
      if (process.platform !== 'win32' || attempt === 5 || !BUSY.has(errorCode(error))) throw error;
      await delay(attempt * 20);
    }
  }
}

/** Unlike a rename, a link fails if the name exists. */
async function takeFreeName(
  temporary: string,
  target: string,
  bytes: Uint8Array,
  mode: number | undefined,
): Promise<void> {
  try {
    return await link(temporary, target);
  } catch (error) {
    if (!UNSUPPORTED.has(errorCode(error))) throw error;
  }
  const handle = await open(target, 'wx', mode);
  try {
    await withClosing(handle, () => writeAll(handle, bytes));
  } catch (error) {
    await unlink(target).catch(() => {});
    throw error;
  }
}

/** Runs `work`, and closes the file whatever the result; an error of closing counts as well. */
async function withClosing(handle: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
  await handle.close();
}

/** Only root may give a file away; another user who replaces a file becomes its owner. */
async function copyOwner(handle: FileHandle, old: { readonly uid: number; readonly gid: number }): Promise<void> {
  const { uid, gid } = await handle.stat();
  if (uid === old.uid && gid === old.gid) return;
  await handle.chown(old.uid, old.gid).catch((error) => {
    if (process.getuid?.() === 0 && errorCode(error) !== 'ENOSYS') throw error;
    unlessUnsupported(error);
  });
}

function unlessUnsupported(error: unknown): void {
  if (!UNSUPPORTED.has(errorCode(error))) throw error;
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

function systemError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
