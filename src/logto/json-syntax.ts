import type { ParseErrorCode } from 'jsonc-parser';
import { lookup } from '../json.js';

/** Where JSON breaks, why (completes a sentence), and what to do. */
interface SyntaxFault {
  readonly offset: number;
  readonly reason: string;
  readonly fix: string;
}

// jsonc-parser's numbers: its enum is constant, and has no value at run time.
const CODE = {
  propertyNameExpected: 3,
  valueExpected: 4,
  colonExpected: 5,
  commaExpected: 6,
  endExpected: 9,
  comment: 10,
  commentEnd: 11,
  stringEnd: 12,
  numberEnd: 13,
  unicodeEscape: 14,
  escape: 15,
  controlCharacter: 16,
} as const;

/** Words of other languages, and JSON's. */
const WORDS: Readonly<Record<string, string>> = {
  True: 'true',
  TRUE: 'true',
  False: 'false',
  FALSE: 'false',
  None: 'null',
  nil: 'null',
  NULL: 'null',
  Null: 'null',
};

const TYPOGRAPHIC = /[\u2018-\u201f\u00ab\u00bb\u2032-\u2036\u300c-\u300f\uff02\uff07]/;
const INVISIBLE = /[\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]/;

/**
 * The first fault of a text that is not JSON, in plain words. `code` and
 * `offset` are jsonc-parser's. The text itself is never repeated: what looks
 * like a word may be a secret.
 */
export function syntaxFault(text: string, code: ParseErrorCode | 0, offset: number): SyntaxFault {
  const fault = (reason: string, fix: string, at = offset): SyntaxFault => ({ offset: at, reason, fix });
  const rest = text.slice(offset);
  const character = rest.charAt(0);
  const before = text.slice(0, offset).trimEnd();
  const previous = before.charAt(before.length - 1);
  const line = rest.split(/[\r\n]/, 1)[0] ?? '';

  if (code === CODE.comment || code === CODE.commentEnd || /^(?:\/\/|\/\*|#)/.test(rest)) {
    return fault('a comment stands there, and JSON has none', 'Remove the comment.');
  }
  if (TYPOGRAPHIC.test(character) || (code === CODE.stringEnd && TYPOGRAPHIC.test(line))) {
    return fault(
      'typographic quotes stand where straight ones belong',
      'Write " for each of them: a text processor or a chat has changed them.',
    );
  }
  if (INVISIBLE.test(character)) {
    const point = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return fault(`an invisible character (U+${point}) stands between the values`, 'Write an ordinary space for it.');
  }
  if (previous === ',' && (character === '}' || character === ']')) {
    const what = character === '}' ? 'brace' : 'bracket';
    return fault(`a comma stands before the closing ${what}`, 'Remove that comma.', before.length - 1);
  }
  if (character === ',' && (previous === ',' || previous === '{' || previous === '[')) {
    return fault('a comma stands where a value is due', 'Remove that comma.');
  }
  if (code === CODE.stringEnd) {
    return fault('a text has no closing quote on its line', 'Close it with "; a line break within is written \\n.');
  }
  if (rest.trim() === '') return fault(`it ends in the middle: ${due(code)} is missing`, 'Copy it again, to its end.');
  if (code === CODE.endExpected || isWhole(before)) return afterTheEnd(rest, fault);
  if (code === CODE.escape || code === CODE.unicodeEscape) {
    return fault('a text has a backslash that JSON does not understand', 'Write \\\\ for a backslash.');
  }
  if (code === CODE.controlCharacter) {
    return fault('a text has a control character in it, such as a tab', 'Write \\t for a tab, and no other.');
  }
  if (character === "'" || character === '`') {
    return fault('single quotes stand where double ones belong', 'Write " for each of them.');
  }
  if (character === '=') return fault('an equals sign stands where a colon is due', 'Write : for it.');
  if (character === ';')
    return fault('a semicolon stands where a comma is due', 'Write , for it, or nothing at the end.');
  if (/^\$\{|^\{\{|^<|^%/.test(rest) && (previous === ':' || previous === '{')) {
    return fault('a placeholder stands there without quotes', 'Put it in double quotes.');
  }
  const word = /^[A-Za-z_$][\w$]*/.exec(rest)?.[0];
  if (word !== undefined) return aWord(word, previous, fault);
  if (code === CODE.numberEnd || /^[+.\d-]/.test(rest)) {
    if (previous === ':' || code === CODE.numberEnd || /\d/.test(previous)) {
      return fault('a number is written in a way that JSON does not know', 'Write plain digits, or put it in quotes.');
    }
    if (code === CODE.propertyNameExpected) return fault('a key has no quotes', 'Put each key in double quotes.');
  }
  if (code === CODE.commaExpected) return fault('a comma is missing before it', 'Write a comma between the two.');
  return fault(`${due(code)} is missing there`, 'Write it, or copy the JSON again, whole.');
}

/** Whether what came until here is an object, whole. */
function isWhole(text: string): boolean {
  if (!text.endsWith('}')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type Fault = (reason: string, fix: string) => SyntaxFault;

function afterTheEnd(rest: string, fault: Fault): SyntaxFault {
  if (/^[}\]]/.test(rest)) return fault('a closing brace or bracket is one too many', 'Remove it.');
  if (rest.startsWith(';')) return fault('a semicolon follows the object', 'Remove it.');
  if (/^,?\s*\{/.test(rest)) return fault('a second object follows the first', 'Keep one connector.');
  return fault('something follows the end of the object', 'Remove what follows.');
}

function aWord(word: string, previous: string, fault: Fault): SyntaxFault {
  const meant = lookup(WORDS, word);
  if (meant !== undefined) return fault(`${word} is not JSON's word`, `Write ${meant}, in lower case.`);
  if (/^(?:undefined|NaN|Infinity)$/.test(word)) {
    return fault(`${word} is not in JSON`, 'Leave the key out, or write a value.');
  }
  return previous === '{' || previous === ','
    ? fault('a key has no quotes', 'Put each key in double quotes.')
    : previous === ':' || previous === '['
      ? fault('a text has no quotes', 'Put it in double quotes.')
      : fault('a comma or a quote is missing before it', 'Put each text in double quotes, and commas between.');
}

/** What the parser waited for. */
function due(code: ParseErrorCode | 0): string {
  switch (code) {
    case CODE.propertyNameExpected:
      return 'a key in double quotes';
    case CODE.colonExpected:
      return 'a colon after the key';
    case CODE.commaExpected:
      return 'a comma';
    case 7:
      return 'the closing brace';
    case 8:
      return 'the closing bracket';
    default:
      return 'a value';
  }
}
