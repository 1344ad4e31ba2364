/** A text with one more layer of escapes removed, and the original place of each character. */
export interface Decoding {
  readonly text: string;
  /** The place where a character begins. */
  from(at: number): number;
  /** The place after a character. */
  to(at: number): number;
}

/** Maximum layers of escapes that are decoded: URL-encoded twice, within JSON, within HTML. */
const MAX_LAYERS = 4;

/** Bytes of a URL; JSON's, JavaScript's and our own escapes; HTML's. */
const ESCAPE =
  /(?:%[\da-f]{2})+|\\(?:u[\da-f]{4}|u\{[\da-f]{1,6}\}|x[\da-f]{2}|[\\/"'bfnrt])|&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,7});?/gi;

/** ASCII characters that have a name in HTML (the standard's §13.5), in lower case. */
const NAMED: Readonly<Record<string, string>> = {
  tab: '\t',
  newline: '\n',
  nbsp: '\u00a0',
  excl: '!',
  quot: '"',
  num: '#',
  dollar: '$',
  percnt: '%',
  amp: '&',
  apos: "'",
  lpar: '(',
  rpar: ')',
  ast: '*',
  plus: '+',
  comma: ',',
  period: '.',
  sol: '/',
  colon: ':',
  semi: ';',
  lt: '<',
  equals: '=',
  gt: '>',
  quest: '?',
  commat: '@',
  lsqb: '[',
  lbrack: '[',
  bsol: '\\',
  rsqb: ']',
  rbrack: ']',
  hat: '^',
  lowbar: '_',
  grave: '`',
  lcub: '{',
  lbrace: '{',
  verbar: '|',
  vert: '|',
  rcub: '}',
  rbrace: '}',
};

const SIMPLE: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** The text itself, then the text with one further layer of escapes removed each time, as long as there are any. */
export function* decodings(text: string): Generator<Decoding> {
  let layer: Decoding = { text, from: (at) => at, to: (at) => at + 1 };
  yield layer;
  for (let depth = 0; depth < MAX_LAYERS && /[%\\&]/.test(layer.text); depth += 1) {
    const next = decodeLayer(layer);
    if (next === undefined) return;
    layer = next;
    yield layer;
  }
}

/** Removes one layer; undefined if there is none. */
function decodeLayer(layer: Decoding): Decoding | undefined {
  const { text } = layer;
  const starts = new Uint32Array(text.length);
  const ends = new Uint32Array(text.length);
  let result = '';
  let done = 0;
  const put = (characters: string, from: number, to: number) => {
    for (let at = 0; at < characters.length; at += 1) {
      starts[result.length + at] = from;
      ends[result.length + at] = to;
    }
    result += characters;
  };
  const copy = (to: number) => {
    for (let at = done; at < to; at += 1) {
      starts[result.length + at - done] = at;
      ends[result.length + at - done] = at + 1;
    }
    result += text.slice(done, to);
  };
  for (const { 0: written, index } of text.matchAll(ESCAPE)) {
    const characters = written.startsWith('%') ? undefined : decodeCharacter(written);
    if (characters === undefined && !written.startsWith('%')) continue;
    copy(index);
    done = index + written.length;
    if (characters !== undefined) put(characters, index, done);
    else for (const { text: part, from, to } of fromBytes(written)) put(part, index + from, index + to);
  }
  if (done === 0) return undefined;
  copy(text.length);
  return {
    text: result,
    from: (at) => layer.from(starts[at] ?? 0),
    to: (at) => layer.to((ends[at] ?? 1) - 1),
  };
}

/** The character of an escape that is not a URL's; undefined if it is not an escape. */
function decodeCharacter(written: string): string | undefined {
  const code = /^(?:\\[ux]\{?|&#x)([\da-f]+)/i.exec(written)?.[1];
  if (code !== undefined) return fromCode(Number.parseInt(code, 16));
  if (written.startsWith('\\')) return SIMPLE[written.slice(1)] ?? written.slice(1);
  const name = written.replace(/^&|;$/g, '');
  if (name.startsWith('#')) return fromCode(Number(name.slice(1)));
  return Object.hasOwn(NAMED, name.toLowerCase()) ? NAMED[name.toLowerCase()] : undefined;
}

function fromCode(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** The characters of bytes in UTF-8, each written as `%XX`; a byte that belongs to no character stays as it is. */
function* fromBytes(escapes: string): Generator<{ readonly text: string; readonly from: number; readonly to: number }> {
  const bytes = Buffer.from(escapes.replaceAll('%', ''), 'hex');
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    const decoded = bytes.subarray(at, at + length).toString();
    const whole = length > 1 && at + length <= bytes.length && !decoded.includes('\ufffd');
    const size = whole ? length : 1;
    yield { text: whole ? decoded : String.fromCharCode(first), from: at * 3, to: (at + size) * 3 };
    at += size;
  }
}
