// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of configuration files
import fc from 'fast-check';

/*
 * Documents that begin as valid ones and are then changed, so that what reads
 * them gets beyond its first look.
 */

/** Names that every object has, and those that readers look for. */
const NAMES = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'then', ''],
  ...['error', 'keys', 'issuer', 'sub', 'kid', 'alg', 'profiles', 'checks', 'x'.repeat(300), '\u0000', '\u202eevil'],
];

const TEXTS = [
  ...['', ' ', 'text', 'true', '0', '-1', '1e999', 'x'.repeat(5_000), 'line\nline', '\u001b[2J', '\u202eabc\u2066'],
  ...['\ud800', '\u0000', '\ufeff', '::error::owned', '##vso[task.complete]', '<script>alert(1)</script>', '%00%0d%0a'],
  ...['constructor', '__proto__', 'toString', 'a b c', '${HOME}', '${OIDC_CLI_FUZZ_SECRET}', '../../etc/passwd'],
  ...[
    'http://127.0.0.1:1/x',
    'https://',
    'http://[::1',
    '//host',
    '/relative',
    'javascript:alert(1)',
    'file:///etc/passwd',
  ],
  ...['http://user:pass@127.0.0.1:1/', 'data:text/html,x', 'ftp://127.0.0.1/', 'http://127.0.0.1:99999/', 'urn:x'],
  ...['RS256', 'none', 'HS256', 'ES256K', 'code', 'Bearer', 'DPoP', 'openid', 'query', 'form_post', 'login', 'logto'],
  ...['eyJhbGciOiJub25lIn0.e30.', 'a.b.c', '....', 'eyJ', '[object Object]', '2030-01-01T00:00:00Z', 'Infinity', 'NaN'],
];

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  1.5,
  4_294_967_296,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  1e308,
  5e-324,
  1e21,
];

/** So many levels of nesting, written as text only when a document is. */
interface Nested {
  readonly nested: number;
}

/** Any JSON value, most of them of a type that does not fit. */
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [null], [[]], [{}], { length: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom<Nested>({ nested: 20 }, { nested: 99 }, { nested: 500 }, { nested: 6_000 }) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...TEXTS), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...TEXTS), { maxKeys: 3 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** One change of a document: at which of its places, counted round, what is done. */
interface Edit {
  readonly place: number;
  readonly act: 'replace' | 'remove' | 'rename' | 'add' | 'wrap' | 'repeat';
  readonly name: string;
  readonly value: unknown;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  place: fc.nat(10_000),
  act: fc.constantFrom<Edit['act']>('replace', 'replace', 'replace', 'remove', 'rename', 'add', 'wrap', 'repeat'),
  name: fc.constantFrom(...NAMES),
  value,
});

/** What is done to the text of a document, whatever it says. */
interface TextEdit {
  readonly at: number;
  readonly act: 'cut' | 'insert' | 'double' | 'swap';
  readonly text: string;
}

const textEdit: fc.Arbitrary<TextEdit> = fc.record({
  at: fc.nat(100_000),
  act: fc.constantFrom<TextEdit['act']>('cut', 'insert', 'double', 'swap'),
  text: fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\\',
    '\u0000',
    '\n',
    '\ud800',
    '<',
    '>',
    '&',
    '//',
    '*a',
    '&a ',
    '!!x',
    '- ',
  ),
});

/** Changes of one document. */
export interface Changes {
  readonly edits: readonly Edit[];
  readonly textEdits: readonly TextEdit[];
}

/** One to four changes of the document, and seldom some of its text. */
export const changes: fc.Arbitrary<Changes> = fc.record({
  edits: fc.array(edit, { minLength: 1, maxLength: 4 }),
  textEdits: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(textEdit, { minLength: 1, maxLength: 2 }) },
  ),
});

/** A document after its changes, as JSON text. */
export function changed(document: object, { edits, textEdits }: Changes): string {
  return changedText(
    JSON.stringify(changedValue(document, edits), nestedAsMark).replaceAll(NESTED_MARK, nestedText),
    textEdits,
  );
}

const NESTED_MARK = /"nested-(\d+)-levels"/g;

function nestedAsMark(_key: string, each: unknown): unknown {
  const levels = typeof each === 'object' && each !== null && 'nested' in each ? each.nested : undefined;
  return typeof levels === 'number' ? `nested-${levels}-levels` : each;
}

function nestedText(_mark: string, levels: string): string {
  return `${'{"a":['.repeat(Number(levels) / 2)}1${']}'.repeat(Number(levels) / 2)}`;
}

/** Text after its changes. */
export function changedText(text: string, textEdits: readonly TextEdit[]): string {
  let result = text;
  for (const { at, act, text: other } of textEdits) {
    const place = at % (result.length + 1);
    const rest = result.slice(place);
    result =
      result.slice(0, place) +
      { cut: '', insert: other + rest, double: rest.slice(0, 40) + rest, swap: other + rest.slice(1) }[act];
  }
  return result;
}

type Holder = unknown[] | Record<string, unknown>;

function changedValue(document: object, edits: readonly Edit[]): unknown {
  const root: { document: unknown } = { document: JSON.parse(JSON.stringify(document)) };
  for (const { place, act, name, value: given } of edits) {
    // A copy: later edits may change it in its turn.
    const other = structuredClone(given);
    const places = placesOf(root);
    const chosen = places[place % places.length];
    if (!chosen) continue;
    const { holder, key } = chosen;
    const here = (holder as Record<string, unknown>)[key];
    const set = (at: string, to: unknown) =>
      Object.defineProperty(holder, at, { value: to, enumerable: true, configurable: true, writable: true });
    if (act === 'replace') set(key, other);
    else if (act === 'wrap') set(key, name.length % 2 === 0 ? [here] : { [name]: here });
    else if (act === 'repeat') set(key, [here, here]);
    else if (Array.isArray(holder)) act === 'remove' ? holder.splice(Number(key), 1) : holder.push(other);
    else {
      if (act !== 'add') delete holder[key];
      if (act !== 'remove') set(name, act === 'rename' ? here : other);
    }
  }
  return root.document ?? null;
}

/** Every member and item of a document, the document itself first. */
function placesOf(holder: Holder): { holder: Holder; key: string }[] {
  return Object.entries(holder).flatMap(([key, each]) => [
    { holder, key },
    ...(typeof each === 'object' && each !== null && !('nested' in each) ? placesOf(each as Holder) : []),
  ]);
}
