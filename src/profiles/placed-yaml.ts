import type { Document, LineCounter, Pair, Range, YAMLError, YAMLMap } from 'yaml';
import { type FactsOf, OidcCliError } from '../errors.js';
import { MAX_JSON_DEPTH } from '../json.js';
import { truncate } from '../safe-text.js';

/** What a YAML file says, and the way back to its lines. */
export interface PlacedYaml {
  readonly content: unknown;
  /** Line and column, from 1, of a key or its value; of the nearest key above that is in the file. */
  place(path: readonly string[], part: 'key' | 'value'): { line: number; column: number };
}

type Yaml = typeof import('yaml');

// yaml's own messages quote the file, which may hold a secret: its codes are put into our words.
const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias with an anchor or a tag',
  BAD_ALIAS: 'an alias without a name',
  BAD_DIRECTIVE: 'a directive that is unknown',
  BAD_DQ_ESCAPE: 'an escape that double quotes do not know',
  BAD_INDENT: 'an indentation that does not fit, or a bracket that is not closed',
  BAD_PROP_ORDER: 'anchors and tags in an order that is not allowed',
  BAD_SCALAR_START: 'text that begins with a character that needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping on the line of another key',
  BLOCK_IN_FLOW: 'an indented block inside brackets',
  IMPOSSIBLE: 'what cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'a key of more than 1,024 characters',
  MISSING_CHAR:
    'a missing character, such as a closing quote, a bracket, a comma or a space after the colon, or an indentation that does not fit',
  MULTILINE_IMPLICIT_KEY: 'a key that goes over several lines (is a colon missing?)',
  MULTIPLE_ANCHORS: 'two anchors on one value',
  MULTIPLE_DOCS: 'a second document (---)',
  MULTIPLE_TAGS: 'two tags on one value',
  NON_STRING_KEY: 'a key that is not text',
  RESOURCE_EXHAUSTION: 'more nesting or aliases than is reasonable',
  TAB_AS_INDENT: 'a tab as indentation',
  TAG_RESOLVE_FAILED: 'a tag (!) that is unknown',
  UNEXPECTED_TOKEN: 'a character out of place',
};

/** Where a key and its value are; an item of a list has no key. */
type Place = { readonly key?: unknown; readonly value?: unknown };

/** The pairs of each mapping by their key: a file may have thousands, and a place is asked for each of them. */
type Index = WeakMap<YAMLMap, ReadonlyMap<string, Pair>>;

function pairsByKey(yaml: Yaml, map: YAMLMap, index: Index): ReadonlyMap<string, Pair> {
  let pairs = index.get(map);
  if (pairs === undefined) {
    // The last one of a key would win here; there is only one.
    pairs = new Map(map.items.flatMap((pair) => (yaml.isScalar(pair.key) ? [[String(pair.key.value), pair]] : [])));
    index.set(map, pairs);
  }
  return pairs;
}

/** The place of the last key of `path`, and how many of its keys the file has. */
function locate(yaml: Yaml, document: Document, path: readonly string[], index: Index): { at: Place; depth: number } {
  let at: Place = { value: document.contents };
  let depth = 0;
  for (const key of path) {
    const node: unknown = at.value;
    let next: Place | undefined;
    if (yaml.isMap(node)) next = pairsByKey(yaml, node, index).get(key);
    else if (yaml.isSeq(node)) next = key in node.items ? { value: node.items[Number(key)] } : undefined;
    if (next === undefined) break;
    at = next;
    depth += 1;
  }
  return { at, depth };
}

function startOffset(yaml: Yaml, place: Place | undefined, part: 'key' | 'value'): number {
  const node = place?.[part] ?? place?.key ?? place?.value;
  const range: Range | null | undefined = yaml.isNode(node) ? node.range : undefined;
  return range?.[0] ?? 0;
}

/** Two equal keys of one mapping: where they begin, and the path of the second. */
interface Duplicate {
  readonly path: readonly string[];
  readonly first: number;
  readonly second: number;
}

/** The first key that stands a second time in its mapping. yaml's own search compares each key with all before it. */
function duplicateKey(yaml: Yaml, document: Document): Duplicate | undefined {
  let result: Duplicate | undefined;
  const names = (ancestors: readonly unknown[]) =>
    ancestors.flatMap((node, index) => {
      const above = ancestors[index - 1];
      if (yaml.isSeq(above)) return [String(above.items.indexOf(node))];
      return yaml.isPair(node) && yaml.isScalar(node.key) ? [String(node.key.value)] : [];
    });
  yaml.visit(document, {
    Map(_, map, ancestors) {
      const seen = new Map<unknown, Pair>();
      for (const pair of map.items) {
        if (!yaml.isScalar(pair.key)) continue;
        const first = seen.get(pair.key.value);
        seen.set(pair.key.value, pair);
        if (first === undefined) continue;
        const path = [...names([...ancestors, map]), String(pair.key.value)];
        result = { path, first: startOffset(yaml, first, 'key'), second: startOffset(yaml, pair, 'key') };
        return yaml.visit.BREAK;
      }
      return undefined;
    },
  });
  return result;
}

/** Characters of a key, or of anything else in a file, that a message repeats. */
const MAX_FACT_LENGTH = 300;

/** The error for a mistake in a configuration file (facts: line, column, key, found, allowed). */
export function invalid(file: string, facts: FactsOf<'config_file_invalid'>): OidcCliError {
  // What is allowed is our own list, and whole.
  const short = Object.entries(facts).map(([name, value]) => [
    name,
    typeof value === 'string' && name !== 'allowed' ? truncate(value, MAX_FACT_LENGTH) : value,
  ]);
  return new OidcCliError('config_file_invalid', { file, ...Object.fromEntries(short) });
}

function syntaxError(file: string, problem: Pick<YAMLError, 'code' | 'pos'>, counter: LineCounter): OidcCliError {
  const at = counter.linePos(problem.pos[0]);
  const actual = SYNTAX[problem.code] ?? 'a mistake in the YAML';
  const allowed = problem.code === 'MULTIPLE_DOCS' ? 'one document in a file' : 'valid YAML';
  return invalid(file, { line: at.line, column: at.col, found: actual, key: '', allowed });
}

function duplicateError(file: string, { path, first, second }: Duplicate, counter: LineCounter): OidcCliError {
  const { line, col: column } = counter.linePos(second);
  const allowed = `each key once (the first is on line ${counter.linePos(first).line})`;
  return invalid(file, { line, column, found: 'the key for the second time', key: path.join('.'), allowed });
}

/** Steps that yaml may take to resolve the aliases of a file: it goes through the whole document for each. */
const MAX_ALIAS_STEPS = 1_000_000;

/**
 * Where the first alias stands that no anchor before it explains, or
 * undefined. Throws where there are so many that resolving them takes seconds.
 */
function offsetOfLostAlias(yaml: Yaml, document: Document): number | undefined {
  const anchors = new Set<string>();
  let offset: number | undefined;
  let [nodes, aliases] = [0, 0];
  yaml.visit(document, (_, node) => {
    nodes += 1;
    if (yaml.isAlias(node)) aliases += 1;
    if (yaml.isAlias(node) && !anchors.has(node.source)) {
      offset = node.range?.[0] ?? 0;
      return yaml.visit.BREAK;
    }
    if (yaml.isNode(node) && !yaml.isAlias(node) && node.anchor) anchors.add(node.anchor);
    return undefined;
  });
  if (nodes * aliases > MAX_ALIAS_STEPS) throw new RangeError('too many aliases');
  return offset;
}

/** The value at a path of what the file says, or undefined. */
export function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** Characters of indentation, of `- ` and `? `, that a line may begin with: each level takes one or two. */
const MAX_INDENTATION = 400;

/**
 * Whether a file nests deeper than yaml can read without running out of stack,
 * by its brackets (those in texts count, too) or by its indentation. Looked at
 * beforehand: where a regular expression is compiled just before the end of
 * the stack, V8 ends the process instead of throwing a RangeError.
 */
function isNestedTooDeepForYaml(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1));
    if (depth > MAX_JSON_DEPTH) return true;
  }
  return new RegExp(`^[ \\t?-]{${MAX_INDENTATION}}`, 'm').test(text);
}

/**
 * Parses the text of a configuration file, and keeps where everything stands.
 * Throws `config_file_invalid` for a mistake in the YAML itself; its content is not judged.
 */
export async function parseYaml(file: string, text: string): Promise<PlacedYaml> {
  const yaml = await import('yaml');
  const counter = new yaml.LineCounter();
  let document: Document.Parsed;
  let content: unknown;
  try {
    if (isNestedTooDeepForYaml(text)) throw new RangeError('nested too deep');
    document = yaml.parseDocument(text, {
      lineCounter: counter,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) throw syntaxError(file, problem, counter);
    const duplicate = duplicateKey(yaml, document);
    if (duplicate) throw duplicateError(file, duplicate, counter);
    const lost = offsetOfLostAlias(yaml, document);
    if (lost !== undefined) {
      const { line, col: column } = counter.linePos(lost);
      const [actual, allowed] = ['an alias (*) without its anchor (&)', 'an alias of an anchor that stands before it'];
      throw invalid(file, { line, column, key: '', found: actual, allowed });
    }
    content = document.toJS() ?? {};
  } catch (error) {
    if (error instanceof OidcCliError) throw error;
    // Nesting or aliases beyond reason; the cause might quote the file, so it is left out.
    throw invalid(file, { line: 1, key: '', found: SYNTAX.RESOURCE_EXHAUSTION, allowed: 'valid YAML' });
  }
  const index: Index = new WeakMap();
  return {
    content,
    place: (path, part) => {
      const { at, depth } = locate(yaml, document, path, index);
      const { line, col } = counter.linePos(startOffset(yaml, at, depth === path.length ? part : 'key'));
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}
