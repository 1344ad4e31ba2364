import { parseJson } from '../json.js';
import type { ShownParameter, ShownUrl } from './document.js';

/** An address as a line, its values as they are: for what is itself a value. */
export function urlLine({ base, query, fragment }: ShownUrl): string {
  const part = (sign: string, pairs: readonly ShownParameter[]) =>
    pairs.length === 0 ? '' : sign + pairs.map(({ name, value }) => `${name}=${value}`).join('&');
  return base + part('?', query) + part('#', fragment);
}

/** Whether an address says the same in its shown form: nothing in it was replaced. */
export function isSameValue(shown: string, value: string): boolean {
  try {
    return decodeText(new URL(value).href.replaceAll('+', ' ')) === decodeText(shown).replaceAll('+', ' ');
  } catch {
    return false;
  }
}

/** Percent-decoded, or as it is where it cannot be. */
export function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Form-decoded (RFC 6749 appendix B), or as it is where it cannot be. */
export function decodeForm(text: string): string {
  return decodeText(text.replaceAll('+', ' '));
}

/** A JSON object or list; undefined where the text is neither. */
export function tryParseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The JSON object in a part of a JWT; undefined where there is none. */
export function decodeJwtPart(part: string | undefined): Record<string, unknown> | undefined {
  const json = tryParseJson(Buffer.from(part ?? '', 'base64url').toString());
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : undefined;
}

/** What a person would read on an HTML page: attributes and scripts may hold anything. */
export function pageText(html: string): string {
  return html
    .replace(/<(script|style|template)\b[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<!--[\s\S]*?(-->|$)/g, ' ')
    .replace(/<[^>]*(>|$)/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39|apos|nbsp);/g, (_reference, name: string) => REFERENCES[name] ?? ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What stands on nearly every page; any other character reference is left as it is. */
const REFERENCES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  apos: "'",
  nbsp: ' ',
};
