import type { IncomingMessage } from 'node:http';
import { OidcCliError } from '../errors.js';
import { shownUrl } from './network-error.js';

/** A whole answer. */
export interface NetworkResponse {
  readonly status: number;
  /** By their names in lower case; several of one name are joined by commas (RFC 9110 §5.3). Without cookies. */
  readonly headers: Readonly<Record<string, string>>;
  /** The `Set-Cookie` headers, each by itself: they cannot be joined. */
  readonly cookies: readonly string[];
  /** Decoded. */
  readonly body: Buffer;
}

/** Reads the answer to its end, as far as `maxBytes`, and decodes it. Throws `response_too_large`, or what the connection failed with. */
export async function collectResponse(response: IncomingMessage, url: URL, maxBytes: number): Promise<NetworkResponse> {
  const tooLarge = () =>
    new OidcCliError('response_too_large', { url: shownUrl(url), host: url.host, limit: maxBytes });
  const chunks: Buffer[] = [];
  // By its events: an iterator over the answer costs several times as much.
  await new Promise<void>((resolve, reject) => {
    let received = 0;
    response.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBytes) reject(tooLarge());
      else chunks.push(chunk);
    });
    response.on('end', resolve);
    response.on('error', reject);
  });
  const { headers, cookies } = parseHeaders(response.rawHeaders);
  let body: Buffer = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  const codings = headers['content-encoding'];
  if (codings && body.length > 0) {
    const { decodeContent } = await import('./content-encoding.js');
    body = await decodeContent(body, codings, maxBytes).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
      throw cause;
    });
  }
  return { status: response.statusCode ?? 0, headers, cookies, body };
}

/** The header fields as they came, names and values in turn. */
function parseHeaders(raw: readonly string[]): Pick<NetworkResponse, 'headers' | 'cookies'> {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase();
    const value = raw[index + 1] as string;
    if (name === 'set-cookie') cookies.push(value);
    else headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return { headers, cookies };
}

/** The answer as the Fetch standard has it, for who takes no other. */
export function toResponse({ status, headers: named, cookies, body }: NetworkResponse): Response {
  const headers = new Headers(named);
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  // The Fetch standard refuses to build these with a body, even an empty one.
  const bare = status === 204 || status === 205 || status === 304;
  return new Response(bare ? null : new Uint8Array(body), { status, headers });
}
