import { resolve } from 'node:path';
import type { Context, Input } from '../context.js';
import { type Facts, OidcCliError } from '../errors.js';
import { FileReadError, readBoundedFile } from '../read-file.js';

/** No connector is larger; bytes. */
const LARGEST = 1024 * 1024;

/** How long stdin may take; milliseconds. */
const STDIN_MS = 300_000;

/** What a connector's file cannot be read for. Facts are printed: nothing of the file's values is in them. */
function unreadable(file: string, reason: string, cause?: unknown): OidcCliError {
  return new OidcCliError('connector_file_unreadable', { file, reason }, { cause });
}

/** What makes a file no connector's JSON: the reason completes a sentence, the fix is one. */
export function invalid(file: string, facts: Facts & { readonly reason: string }): OidcCliError {
  return new OidcCliError('connector_file_invalid', { file, ...facts });
}

/**
 * The text of a connector's file, or of stdin for `-`, with the name that is
 * said of it. Throws `connector_file_unreadable`, `connector_file_invalid`
 * where it is no UTF-8 text of reasonable size, and `interrupted`.
 */
export async function readConnectorText(
  path: string,
  world: Pick<Context, 'cwd' | 'stdin' | 'signal'>,
  { timeout = STDIN_MS }: { readonly timeout?: number } = {},
): Promise<{ name: string; text: string }> {
  const name = path === '-' ? 'stdin' : path;
  const bytes = path === '-' ? await fromStdin(world.stdin, world.signal, timeout) : await fromFile(path, world.cwd);
  return { name, text: decoded(name, bytes) };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such folder',
  EACCES: 'reading it is not permitted',
  EPERM: 'reading it is not permitted',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'no file has so long a name',
  ENOTREG: 'it is not a regular file (a pipe is read from stdin, as -)',
};

async function fromFile(path: string, cwd: string): Promise<Buffer> {
  const absolute = resolve(cwd, path);
  try {
    return (await readBoundedFile(absolute, LARGEST)).bytes;
  } catch (error) {
    if (!(error instanceof FileReadError)) throw error;
    const { code, reason } = error;
    if (code === 'EFBIG') throw tooLarge(path);
    throw unreadable(path, REASONS[code] ?? (reason === code ? `the system says ${code}` : reason), error);
  }
}

function tooLarge(file: string): OidcCliError {
  return invalid(file, { reason: 'it is larger than 1 MiB, and no connector is' });
}

/** All of stdin. It ends: by the stream's end, too much of it, the time limit, or Ctrl-C. */
async function fromStdin(input: Input, signal: AbortSignal, timeout: number): Promise<Buffer> {
  const limit = AbortSignal.timeout(timeout);
  const ends = AbortSignal.any([signal, limit]);
  const chunks: Buffer[] = [];
  let length = 0;
  let stop = () => {};
  try {
    await new Promise<void>((done, failed) => {
      const onData = (chunk: Buffer | string) => {
        const bytes = Buffer.from(chunk);
        chunks.push(bytes);
        length += bytes.length;
        if (length > LARGEST) failed(tooLarge('stdin'));
      };
      const onEnd = () => done();
      const onAbort = () => failed(ends.reason);
      input.on('data', onData).once('end', onEnd).once('close', onEnd).once('error', failed);
      ends.addEventListener('abort', onAbort, { once: true });
      stop = () => {
        input.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', failed);
        ends.removeEventListener('abort', onAbort);
        input.pause();
      };
      if (ends.aborted) onAbort();
    });
  } catch (error) {
    if (signal.aborted) throw new OidcCliError('interrupted', {}, { cause: error });
    if (limit.aborted) throw unreadable('stdin', `its end did not come within ${timeout / 1000} seconds`);
    if (error instanceof OidcCliError) throw error;
    throw unreadable('stdin', `the system says ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`, error);
  } finally {
    stop();
  }
  if (length === 0) throw unreadable('stdin', 'nothing came on it');
  return Buffer.concat(chunks);
}

function decoded(file: string, bytes: Buffer): string {
  const asUtf8 = 'Save it as UTF-8, without a byte order mark.';
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    throw invalid(file, { line: 1, reason: 'it begins with a byte order mark, which JSON does not have', fix: asUtf8 });
  }
  const mark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // JSON begins with an ASCII character, which UTF-16 pads with a zero.
  if (mark || (bytes.length > 1 && (first === 0 || second === 0))) {
    throw invalid(file, { line: 1, reason: 'it is in UTF-16', fix: asUtf8 });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const valid = bytes.toString('utf8').split('\uFFFD', 1)[0] ?? '';
    const line = valid.split(/\r\n|\r|\n/).length;
    throw invalid(file, { line, reason: 'it has bytes that are not UTF-8', fix: asUtf8 });
  }
}

/** A number that no profile can keep, as Logto cannot: JavaScript rounds it, or holds it as infinity. */
export function unkeepable(file: string, path: string, line: number): OidcCliError {
  const reason = 'the number cannot be kept to its last digit, neither here nor in Logto';
  return invalid(file, { path, line, reason, fix: 'Write it with fewer digits, or put it in quotes.' });
}
