import { getLocation, type Node, type ParseError, parseTree } from 'jsonc-parser';
import { type FactsOf, OidcCliError } from '../../errors.js';
import { isNestedTooDeep, MAX_JSON_DEPTH } from '../../json.js';
import { truncate } from '../../safe-text.js';

/** Characters of a member's path that a message repeats. */
const MAX_PATH_LENGTH = 300;

type Path = readonly (string | number)[];

/** Strictly parsed JSON, with the place of each key. */
export interface PlacedJson {
  readonly value: unknown;
  /** The key's path for people: `customConfig["a b"]`, `issuer[0]`. */
  pathOf(path: readonly string[]): string;
  /** The line of a key, from 1; for a missing key, that of the nearest key around it. */
  lineOf(path: readonly string[]): number;
  /** The first number that JavaScript, and so Logto, holds with fewer digits. */
  readonly inexact?: { readonly path: string; readonly line: number };
}

/**
 * The error of a file without a connector's JSON: the reason completes a sentence,
 * the fix is one. The facts must not hold a value of the file.
 */
export function invalidConnectorFile(
  file: string,
  facts: FactsOf<'connector_file_invalid'> & { readonly reason: string },
): OidcCliError {
  return new OidcCliError('connector_file_invalid', { file, ...facts });
}

/**
 * Parses JSON more strictly than JSON.parse: no duplicate key, no key that changes
 * an object's prototype, no character that Logto's database refuses, no nesting
 * beyond the limit. Throws `connector_file_invalid` with line, column and path,
 * without any value of the file. `known` are keys that may be named where the text
 * around them may not be keys.
 */
export function parseConnectorJson(file: string, text: string, known: readonly string[]): PlacedJson {
  const placeAt = placeCounter(text);
  // A recursive parser would run out of stack.
  if (isNestedTooDeep(text)) {
    throw invalidConnectorFile(file, { reason: `it is nested more than ${MAX_JSON_DEPTH} levels deep` });
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const [error] = errors.toSorted((one, other) => one.offset - other.offset);
  if (error || !root) {
    const { offset, ...details } = syntaxFault(text, error?.error ?? 0, error?.offset ?? text.length);
    // In broken text a value may look like a key, so only Logto's own keys are named.
    const around = getLocation(text, offset).path;
    const untrusted = around.findIndex((key, at) => (typeof key === 'number' ? at === 0 : !known.includes(key)));
    const path = formatPath(untrusted === -1 ? around : around.slice(0, untrusted));
    throw invalidConnectorFile(file, { ...placeAt(offset), path: path || undefined, ...details });
  }
  const inexact = checkMembers(text, root, [], (node, path, reason) => {
    throw invalidConnectorFile(file, { ...placeAt(node.offset), path: formatPath(path), reason, fix: 'Remove it.' });
  });
  return {
    value: JSON.parse(text),
    pathOf: (path) => truncate(formatPath(locate(root, path).path), MAX_PATH_LENGTH),
    lineOf: (path) => placeAt(locate(root, path).offset).line,
    ...(inexact && { inexact: { path: formatPath(inexact.path), line: placeAt(inexact.node.offset).line } }),
  };
}

/** Makes a function that returns line and column of an offset, each from 1. */
function placeCounter(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ index, 0: end }) => index + end.length)];
  return (offset) => {
    let [from, to] = [1, starts.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((starts[middle] ?? 0) <= offset) from = middle + 1;
      else to = middle;
    }
    return { line: from, column: offset - (starts[from - 1] ?? 0) + 1 };
  };
}

/** The expected token, by jsonc-parser's numbers: its enum is constant, and has no value at run time. */
const EXPECTED: Readonly<Record<number, string>> = {
  3: 'a key in double quotes',
  4: 'a value',
  5: 'a colon',
  6: 'a comma',
  7: 'a closing brace',
  8: 'a closing bracket',
  9: 'nothing more',
};

/** Faults within a token. */
const BROKEN: Readonly<Record<number, string>> = {
  10: 'a comment is not JSON',
  11: 'a comment has no end',
  12: 'a text has no closing quote on its line',
  13: 'a number is not written in plain digits',
  14: 'a text has \\u without four hexadecimal digits',
  15: 'a text has a backslash that JSON does not know',
  16: 'a text has a control character in it',
};

/** The first fault of text that is not JSON, in words that never repeat the text, since it may be a secret. */
function syntaxFault(text: string, code: number, offset: number): { offset: number; reason: string; fix?: string } {
  const rest = text.slice(offset, offset + 2);
  const before = text.slice(0, offset).trimEnd();
  if (text.trimStart().startsWith('```')) {
    const reason = 'it begins with ```, the fence of a code block';
    return { offset: text.indexOf('```'), reason, fix: 'Remove the lines with ``` around it.' };
  }
  if (before.endsWith(',') && /^[}\]]/.test(rest)) {
    const reason = `a comma stands before the closing ${rest.startsWith('}') ? 'brace' : 'bracket'}`;
    return { offset: before.length - 1, reason, fix: 'Remove that comma.' };
  }
  if (before.endsWith(':') && /^(?:\$\{|[<%])/.test(rest)) {
    return { offset, reason: 'a placeholder stands there', fix: 'Write the value there, in double quotes.' };
  }
  const actual = describeCharacter(rest);
  const expected = EXPECTED[code];
  return {
    offset,
    reason: BROKEN[code] ?? (expected ? `expected ${expected}, got ${actual}` : `${actual} is not JSON`),
  };
}

function describeCharacter(rest: string): string {
  const point = rest.codePointAt(0);
  if (point === undefined) return 'the end of the file';
  if (/^[{}[\],:;="'`#]/.test(rest)) return `the character ${rest.charAt(0)}`;
  if (/^\p{N}/u.test(rest)) return 'a number';
  if (/^[\p{L}_$]/u.test(rest)) return 'a word without quotes';
  return /^[!-~]/.test(rest)
    ? 'another character'
    : `the character U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}

function formatPath(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(key)) text += text === '' ? key : `.${key}`;
    else text += `[${JSON.stringify(truncate(key, 60))}]`;
  }
  return text;
}

/** The path with list positions as numbers, and the offset of its last key that the file has. */
function locate(root: Node, keys: readonly string[]): { path: Path; offset: number } {
  let node: Node | undefined = root;
  let offset = root.offset;
  const path: (string | number)[] = [];
  for (const key of keys) {
    const inList: boolean = node?.type === 'array';
    path.push(inList ? Number(key) : key);
    const next: Node | undefined = node?.children?.find((child, at) =>
      inList ? at === Number(key) : child.children?.[0]?.value === key,
    );
    if (next) offset = next.offset;
    node = inList ? next : next?.children?.[1];
  }
  return { path, offset };
}

interface PlacedNode {
  readonly node: Node;
  readonly path: Path;
}

type Refuse = (node: Node, path: Path, reason: string) => never;

/** Refuses members that JSON allows and connectors do not; returns the first number that loses digits. */
function checkMembers(text: string, node: Node, path: Path, refuse: Refuse): PlacedNode | undefined {
  const checkText = (at: Node, its: Path) => {
    // Logto's database stores UTF-8 without NUL.
    if (/\0|\p{Surrogate}/u.test(String(at.value))) {
      refuse(at, its, "it has a character (\\u0000, or half of a pair) that Logto's database cannot keep");
    }
  };
  if (node.type === 'string') checkText(node, path);
  if (node.type === 'number') {
    const number = text.slice(node.offset, node.offset + node.length);
    return digits(number) === digits(String(node.value)) ? undefined : { node, path };
  }
  let inexact: PlacedNode | undefined;
  const seen = new Set<string>();
  for (const [at, child] of (node.children ?? []).entries()) {
    const [name, value] = node.type === 'array' ? [undefined, child] : (child.children ?? []);
    const key = name ? String(name.value) : at;
    const its = [...path, key];
    if (name && typeof key === 'string') {
      checkText(name, its);
      if (key === '__proto__') refuse(name, its, 'this key means something else to JavaScript than to JSON');
      if (seen.has(key)) refuse(name, its, 'the key is there twice, and the later silently wins');
      seen.add(key);
    }
    const inner = value && checkMembers(text, value, its, refuse);
    inexact ??= inner;
  }
  return inexact;
}

/** A number's digits without leading and trailing zeros, which are the same for every notation. */
function digits(number: string): string {
  return number
    .replace(/e[+-]?\d+$/i, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
}
