import { FormTrie } from '../masking/form-trie.js';

/** The shortest text that can be known: so many characters of a place are looked up at once. */
const KEY = 3;

/** A name that stands in place of something: nothing in it is looked for. */
const NAME = /(?:secret|person)#\d+/y;

/**
 * Texts that are looked for in others, thousands of them, by their first
 * characters: an alternation in a regular expression tries each at each place,
 * and takes no text of any size.
 */
export class TextIndex {
  private readonly byStart = new Map<number, FormTrie<{ readonly text: string }>>();

  /** `fits`: whether a text that stands there, from and to, is that text and not a part of a word. */
  constructor(private readonly fits: (known: string, text: string, from: number, to: number) => boolean) {}

  /** Adds a text of at least three characters, once. */
  add(known: string): void {
    const key = keyAt(known, 0);
    const there = this.byStart.get(key) ?? new FormTrie();
    there.add({ text: known });
    this.byStart.set(key, there);
  }

  /** A text with something else in place of each known one, the leftmost and longest first. */
  replaceIn(text: string, nameOf: (known: string) => string): string {
    let result = '';
    let done = 0;
    for (let at = 0; at + KEY <= text.length; ) {
      const known = this.at(text, at);
      if (known !== undefined) {
        result += text.slice(done, at) + nameOf(known);
        at += known.length;
        done = at;
      } else {
        at += nameLength(text, at) || 1;
      }
    }
    return done === 0 ? text : result + text.slice(done);
  }

  private at(text: string, at: number): string | undefined {
    return this.byStart
      .get(keyAt(text, at))
      ?.longest(text, at, ({ text: known }) => this.fits(known, text, at, at + known.length))?.text;
  }
}

/** A number for the first characters of a place; others may have the same. */
function keyAt(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) * 31 + text.charCodeAt(at + 2);
}

/** Characters of the name that stands at a place, or 0. */
function nameLength(text: string, at: number): number {
  const first = text[at];
  if (first !== 's' && first !== 'p') return 0;
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0].length ?? 0;
}
