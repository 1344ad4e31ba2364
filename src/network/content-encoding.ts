import { promisify } from 'node:util';
import zlib from 'node:zlib';

const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const inflateRaw = promisify(zlib.inflateRaw);
const brotliDecompress = promisify(zlib.brotliDecompress);

/**
 * Decodes a body by its `Content-Encoding` (RFC 9110 §8.4: listed in the order
 * they were applied). A coding that is not known leaves the bytes as they are.
 *
 * @param maxBytes how long each decoded form may be; beyond it, it rejects
 *   with Node's `ERR_BUFFER_TOO_LARGE`, before the memory is spent
 */
export async function decodeContent(body: Buffer, codings: string, maxBytes: number): Promise<Buffer> {
  const limit = { maxOutputLength: maxBytes };
  let bytes = body;
  for (const coding of codings.toLowerCase().split(',').reverse()) {
    switch (coding.trim()) {
      case 'gzip':
      case 'x-gzip':
        bytes = await gunzip(bytes, limit);
        break;
      case 'deflate':
        // Some servers send bare deflate under this name, without the zlib wrapper that the standard asks for.
        bytes = ((bytes[0] ?? 0) & 0x0f) === 8 ? await inflate(bytes, limit) : await inflateRaw(bytes, limit);
        break;
      case 'br':
        bytes = await brotliDecompress(bytes, limit);
        break;
    }
  }
  return bytes;
}
