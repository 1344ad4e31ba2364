import { getLocation, type Node, type ParseError, parseTree } from 'jsonc-parser';
import { cutShort } from '../harmless.js';
import { invalid } from './connector-text.js';
import { foreignText } from './foreign-text.js';
import { syntaxFault } from './json-syntax.js';

/** Characters of a member's path that a message repeats. */
const LONGEST_PATH = 300;

/** Deeper than any connector, and far from what would fill the stack. */
const DEEPEST = 64;

/** JSON that was read strictly, with the place of each key. */
export interface PlacedJson {
  readonly value: unknown;
  /** The key's path as people write it: `customConfig["a b"]`, `issuer[0]`. */
  pathOf(path: readonly string[]): string;
  /** The line of a key, from 1; of the nearest around it where it is missing. */
  lineOf(path: readonly string[]): number;
  /** The first number that JavaScript does not hold to its last digit, and Logto neither. */
  readonly inexact?: { readonly path: string; readonly line: number };
}

/**
 * Parses JSON as strictly as JSON.parse, and more: no key twice, no key that
 * changes an object's prototype, no character that Logto's database refuses, no
 * nesting beyond reason. Throws `connector_file_invalid` with line, path, reason
 * and fix; nothing of the values is in them. `known` are keys that may be named
 * where the text around them cannot be trusted to be keys.
 */
export function parseConnectorJson(file: string, text: string, known: readonly string[]): PlacedJson {
  const lineAt = lineCounter(text);
  if (text.trim() === '') throw invalid(file, { reason: 'it is empty' });
  const foreign = foreignText(text);
  if (foreign) throw invalid(file, { line: lineAt(text.search(/\S/)), ...foreign });
  const deep = tooDeep(text);
  if (deep !== undefined) {
    const reason = `it is nested more than ${DEEPEST} levels deep, and no connector is`;
    throw invalid(file, { line: lineAt(deep), reason });
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const [error] = errors.toSorted((one, other) => one.offset - other.offset);
  if (error || !root) {
    const { offset, reason, fix } = syntaxFault(text, error?.error ?? 0, error?.offset ?? 0);
    // In broken text a value may pass for a key: only Logto's own keys are named.
    const path: string[] = [];
    for (const key of getLocation(text, offset).path) {
      if (typeof key === 'number' ? path.length === 0 : !known.includes(key)) break;
      path.push(typeof key === 'number' ? `[${key}]` : `${path.length === 0 ? '' : '.'}${key}`);
    }
    throw invalid(file, { line: lineAt(offset), ...(path.length > 0 ? { path: path.join('') } : {}), reason, fix });
  }
  const placed: PlacedJson = {
    value: JSON.parse(text),
    pathOf: (path) => cutShort(written(locate(root, path).segments), LONGEST_PATH),
    lineOf: (path) => lineAt(locate(root, path).offset),
  };
  checkMembers(file, root, [], lineAt);
  const inexact = inexactNumber(root, [], text);
  return inexact
    ? { ...placed, inexact: { path: written(inexact.segments), line: lineAt(inexact.node.offset) } }
    : placed;
}

/** Tells the line of an offset, from 1, however often it is asked. */
function lineCounter(text: string): (offset: number) => number {
  const ends = [...text.matchAll(/\r\n|\r|\n/g)].map(({ index, 0: end }) => index + end.length);
  return (offset) => {
    let [from, to] = [0, ends.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((ends[middle] ?? 0) <= offset) from = middle + 1;
      else to = middle;
    }
    return from + 1;
  };
}

function inexactNumber(
  node: Node,
  segments: readonly Segment[],
  text: string,
): { readonly node: Node; readonly segments: readonly Segment[] } | undefined {
  if (node.type === 'number') {
    const { offset, length, value } = node;
    return decimal(text.slice(offset, offset + length)) === decimal(String(value)) ? undefined : { node, segments };
  }
  for (const [index, child] of (node.children ?? []).entries()) {
    const inList = node.type === 'array';
    const value = inList ? child : child.children?.[1];
    const key = inList ? String(index) : String(child.children?.[0]?.value);
    const found = value && inexactNumber(value, [...segments, { key, inList }], text);
    if (found) return found;
  }
  return undefined;
}

/** A number's digits without the zeros at their ends, and the power of ten that they stand for: the same for each way to write it. */
function decimal(number: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const shorter = digits.replace(/0+$/, '');
  // Minus zero is zero in JSON.
  if (shorter === '') return number === 'Infinity' || number === '-Infinity' ? number : '0';
  return `${sign}${shorter}e${BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - shorter.length)}`;
}

/** Where brackets are nested too deep, outside of texts. */
function tooDeep(text: string): number | undefined {
  let depth = 0;
  for (const match of text.matchAll(/"(?:[^"\\\n\r]|\\.)*"?|[[{\]}]/g)) {
    if (match[0] === '{' || match[0] === '[') depth += 1;
    else if (match[0] === '}' || match[0] === ']') depth -= 1;
    if (depth > DEEPEST) return match.index;
  }
  return undefined;
}

interface Segment {
  readonly key: string;
  readonly inList: boolean;
}

function written(segments: readonly Segment[]): string {
  let path = '';
  for (const { key, inList } of segments) {
    if (inList) path += `[${key}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(key)) path += path === '' ? key : `.${key}`;
    else path += `[${JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)}]`;
  }
  return path;
}

/** The path as far as the file has it, and where its last key begins. */
function locate(root: Node, path: readonly string[]): { segments: Segment[]; offset: number } {
  let node: Node | undefined = root;
  let offset = root.offset;
  const segments: Segment[] = [];
  for (const key of path) {
    const inList: boolean = node?.type === 'array';
    segments.push({ key, inList });
    const next: Node | undefined = inList ? node?.children?.[Number(key)] : member(node, key);
    if (next) offset = next.offset;
    node = inList ? next : next?.children?.[1];
  }
  return { segments, offset };
}

function member(node: Node | undefined, key: string): Node | undefined {
  if (node?.type !== 'object') return undefined;
  return node.children?.find((property) => property.children?.[0]?.value === key);
}

/** Whether a database that keeps text as UTF-8 without NUL refuses it. */
function unstorable(text: string): boolean {
  return text.includes('\u0000') || /\p{Surrogate}/u.test(text);
}

function checkMembers(file: string, node: Node, path: readonly Segment[], lineAt: (offset: number) => number): void {
  const refuse = (at: Node, segments: readonly Segment[], reason: string, fix: string) =>
    invalid(file, { line: lineAt(at.offset), path: written(segments), reason, fix });
  const checkText = (at: Node, segments: readonly Segment[]) => {
    if (typeof at.value !== 'string' || !unstorable(at.value)) return;
    const reason = "it has a character (\\u0000, or half of a pair) that Logto's database cannot keep";
    throw refuse(at, segments, reason, 'Remove that character.');
  };
  if (node.type === 'string') checkText(node, path);
  if (node.type === 'array') {
    node.children?.forEach((item, index) => {
      checkMembers(file, item, [...path, { key: String(index), inList: true }], lineAt);
    });
  }
  if (node.type !== 'object') return;
  const first = new Map<string, Node>();
  for (const property of node.children ?? []) {
    const [name, value] = property.children ?? [];
    if (!name || !value) continue;
    const key = String(name.value);
    const segments = [...path, { key, inList: false }];
    checkText(name, segments);
    if (key === '__proto__') {
      throw refuse(name, segments, 'this key means something else to JavaScript than to JSON', 'Remove that key.');
    }
    const earlier = first.get(key);
    if (earlier) {
      const reason = `the key is there twice (first on line ${lineAt(earlier.offset)}), and the later silently wins`;
      throw refuse(name, segments, reason, 'Keep one of the two.');
    }
    first.set(key, name);
    checkMembers(file, value, segments, lineAt);
  }
}
