import { parseJson } from '../json.js';

/** Text of a page, in the charset that it or its header names. */
export function decodeText(bytes: Buffer, contentType: string): string {
  const headerCharset = /charset\s*=\s*["']?([\w-]+)/i.exec(contentType)?.[1];
  const pageCharset = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(bytes.subarray(0, 2048).toString('latin1'))?.[1];
  try {
    return new TextDecoder(headerCharset ?? pageCharset ?? 'utf-8').decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

/** The message of an error in JSON: its `error`, `error_description` and `message`, else its first 500 characters. */
export function errorInJson(text: string): string {
  try {
    const { error, error_description: description, message } = parseJson(text) as Record<string, unknown>;
    const messages = [error, description, message].filter((part) => typeof part === 'string');
    return messages.length > 0 ? messages.join(': ') : text.slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}
