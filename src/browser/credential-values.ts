import { holdsSecret } from '../masking/mask.js';
import type { CredentialKind } from './credential-policy.js';

/** A value that was typed on a page. */
export interface TypedCredential {
  readonly kind: CredentialKind;
  readonly value: string;
  /** It is a part of the user name, which is in many addresses: it counts only as a value of its own. */
  readonly wholeOnly?: boolean;
}

/** A text of a request, and the values in it as its format has them. */
interface RequestText {
  /** Searched for values inside of it; empty where only whole values count. */
  readonly raw: string;
  readonly values: readonly string[];
  /** Its values are all of it: a code elsewhere in it is part of another number. */
  readonly structured?: boolean;
}

/** The kinds of typed values that a URL holds, in its host, path, query or fragment. */
export function kindsInUrl(url: URL, typed: readonly TypedCredential[]): Set<CredentialKind> {
  if (typed.length === 0) return new Set();
  const fragment = url.hash.slice(1);
  const values = [
    ...url.searchParams.values(),
    ...new URLSearchParams(fragment).values(),
    fragment,
    url.search.slice(1),
    url.username,
    url.password,
  ];
  const kinds = credentialKinds({ raw: url.href, values }, typed);
  // A password that is a plain word, such as "password", is also a common part of paths and host names.
  const others = typed.filter(isDistinctive);
  const parts = [...url.pathname.split('/'), ...url.hostname.split('.')];
  for (const kind of credentialKinds({ raw: '', values: parts }, others)) kinds.add(kind);
  return kinds;
}

/**
 * The kinds of typed values that a body or the headers of a request hold;
 * with `whole values`, only as a value of its own.
 */
export function kindsInContent(
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
  typed: readonly TypedCredential[],
  search?: 'whole values',
): Set<CredentialKind> {
  if (typed.length === 0) return new Set();
  const lines = Object.values(headers);
  const kinds = credentialKinds(
    { raw: lines.join('\n'), values: lines.flatMap((line) => [line, ...line.split(/[=;,\s]+/)]) },
    // Plain words are common in headers: "document", "navigate".
    typed.filter(isDistinctive),
  );
  if (body === undefined || body === '') return kinds;
  const text = bodyText(body);
  for (const kind of credentialKinds(search ? { ...text, raw: '' } : text, typed)) kinds.add(kind);
  return kinds;
}

/** A body with its values: a form's fields, the leaves of a JSON document, or its lines. */
function bodyText(body: string): RequestText {
  if (/^\s*[[{"]/.test(body)) {
    try {
      return { raw: body, values: leafValues(JSON.parse(body)), structured: true };
    } catch {
      // Not JSON: its lines count.
    }
  }
  const lines = body.split(/\r?\n/);
  // A multipart body has its values on lines of their own, and a body of one line is a form or plain text.
  const values = lines.length > 1 ? [body.trim(), ...lines] : [body, ...new URLSearchParams(body).values()];
  return { raw: body, values };
}

/** The texts and numbers of a JSON document; without recursion, as it may be nested to any depth. */
function leafValues(document: unknown): string[] {
  const leaves: string[] = [];
  const waiting: unknown[] = [document];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string' || typeof value === 'number') leaves.push(String(value));
    else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) waiting.push(each);
  }
  return leaves;
}

function credentialKinds(text: RequestText, typed: readonly TypedCredential[]): Set<CredentialKind> {
  const decoded = new Set(text.values.flatMap(decodings));
  // A code with a field for each digit.
  const digits = text.values.filter((value) => /^\d$/.test(value)).join('');
  const lowerCase = text.raw.toLowerCase();
  return new Set(
    typed
      .filter(({ kind, value, wholeOnly }) => {
        if (decoded.has(value)) return true;
        if (kind === 'one-time code') {
          return digits.includes(value) || (text.structured !== true && isSeparateNumber(value, text.raw));
        }
        if (wholeOnly || !isUnlikelyByChance(value)) return false;
        // A host name is always in lower case.
        return holdsSecret(text.raw, value) || lowerCase.includes(value.toLowerCase());
      })
      .map(({ kind }) => kind),
  );
}

/** A value as it is, URL-decoded once more, and decoded from base64. */
function decodings(value: string): string[] {
  const values = [value];
  try {
    values.push(decodeURIComponent(value), decodeURIComponent(value.replaceAll('+', ' ')));
  } catch {
    // A percent sign that begins no escape.
  }
  if (/^[\w+/-]{2,}={0,2}$/.test(value)) values.push(Buffer.from(value, 'base64').toString());
  return values;
}

function isDistinctive({ value }: TypedCredential): boolean {
  return !/^[a-z]+$/i.test(value);
}

function isSeparateNumber(code: string, text: string): boolean {
  return new RegExp(`(?<![\\w.])${code.replace(/\W/g, '\\$&')}(?![\\w.])`).test(text);
}

/**
 * Whether a value found inside of a longer text is no accident: `password` or
 * `test` may be part of any address, and only counts as a whole value.
 */
function isUnlikelyByChance(value: string): boolean {
  return value.length >= 16 || (value.length >= 8 && /[^a-z]/i.test(value) && /\D/.test(value));
}
