import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** The complete content of a file. */
export interface ReadFile {
  readonly bytes: Buffer;
  /** The permission bits, such as 0o600. */
  readonly mode: number;
}

/**
 * The error for a file that was not read. `code` is the system's own (`ENOENT`,
 * `EACCES`, …), and for a refusal here `EISDIR` (a folder), `ENOTREG` (a pipe, a
 * socket, a device) and `EFBIG` (larger than allowed). `reason` completes the
 * sentence "FILE cannot be read: …", and is the code if there are no words for it.
 */
export class FileReadError extends Error {
  readonly code: string;
  readonly reason: string;

  constructor(code: string, reason: string = code, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.name = 'FileReadError';
    this.code = code;
    this.reason = reason;
  }
}

// Without this flag, opening a named pipe waits for a writer. Windows does not have it.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a regular file of at most `largest` bytes, links followed. Never waits for
 * another program: a pipe, a socket and a device are refused, also if one replaces
 * the file between the two checks. The limit applies to the bytes that are read,
 * since a file may grow, and those of /proc report size 0. Throws `FileReadError`.
 */
export async function readBoundedFile(path: string, largest: number): Promise<ReadFile> {
  let handle: FileHandle | undefined;
  try {
    refuse(await stat(path), largest);
    handle = await open(path, FLAGS);
    const content = new BoundedContent(await handle.stat(), largest);
    for (;;) {
      const part = content.nextPart();
      const { bytesRead } = await handle.read(part, 0, part.length, null);
      if (!content.add(part, bytesRead)) return content.file;
    }
  } catch (error) {
    throw toFileReadError(error);
  } finally {
    await handle?.close();
  }
}

/** A synchronous `readBoundedFile`, for callers that must return the content at once. Throws `FileReadError`. */
export function readBoundedFileSync(path: string, largest: number): ReadFile {
  let descriptor: number | undefined;
  try {
    refuse(statSync(path), largest);
    descriptor = openSync(path, FLAGS);
    const content = new BoundedContent(fstatSync(descriptor), largest);
    for (;;) {
      const part = content.nextPart();
      if (!content.add(part, readSync(descriptor, part, 0, part.length, null))) return content.file;
    }
  } catch (error) {
    throw toFileReadError(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Reads a whole stream, such as stdin, of at most `largest` bytes, and pauses it.
 * Throws the reason of `signal` when that aborts, `FileReadError` (EFBIG) for more
 * bytes, and the stream's own error.
 */
export async function readBoundedStream(
  input: NodeJS.ReadableStream,
  largest: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  let stop = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer | string) => {
        const bytes = Buffer.from(chunk);
        chunks.push(bytes);
        length += bytes.length;
        if (length > largest) reject(tooLarge(largest));
      };
      const onEnd = () => resolve();
      const onAbort = () => reject(signal.reason);
      input.on('data', onData).once('end', onEnd).once('close', onEnd).once('error', reject);
      signal.addEventListener('abort', onAbort, { once: true });
      stop = () => {
        input.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', reject);
        signal.removeEventListener('abort', onAbort);
        input.pause();
      };
      if (signal.aborted) onAbort();
    });
  } finally {
    stop();
  }
  return Buffer.concat(chunks);
}

/** The parts of an open file that have been read. */
class BoundedContent {
  private readonly parts: Buffer[] = [];
  private length = 0;

  constructor(
    private readonly about: Stats,
    private readonly largest: number,
  ) {
    refuse(about, largest);
  }

  /** Memory for the next read: the rest of the file, and one byte more, which shows its end. */
  nextPart(): Buffer {
    return Buffer.allocUnsafe(Math.max(this.about.size - this.length + 1, 4096));
  }

  /** Adds the bytes of a read; false at the end of the file. */
  add(part: Buffer, bytesRead: number): boolean {
    if (bytesRead === 0) return false;
    this.parts.push(part.subarray(0, bytesRead));
    this.length += bytesRead;
    if (this.length > this.largest) throw tooLarge(this.largest);
    return true;
  }

  get file(): ReadFile {
    return { bytes: Buffer.concat(this.parts), mode: this.about.mode & 0o777 };
  }
}

function refuse(about: Stats, largest: number): void {
  if (about.isDirectory()) throw new FileReadError('EISDIR', 'it is a folder');
  if (!about.isFile()) throw new FileReadError('ENOTREG', 'it is not a regular file');
  if (about.size > largest) throw tooLarge(largest);
}

function tooLarge(largest: number): FileReadError {
  const kibibytes = largest / 1024;
  const size = kibibytes < 1024 ? `${kibibytes} KiB` : `${kibibytes / 1024} MiB`;
  return new FileReadError('EFBIG', `it is larger than ${size}`);
}

function toFileReadError(error: unknown): FileReadError {
  if (error instanceof FileReadError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return new FileReadError(typeof code === 'string' ? code : 'unknown', undefined, error);
}
