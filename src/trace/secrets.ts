import { replaceSecrets } from '../masking/mask.js';
import { SecretIndex, secretForms } from '../masking/secret-index.js';
import { MIN_PART_LENGTH, PartIndex } from './part-index.js';
import { TextIndex } from './text-index.js';

/** The shortest value that is looked for in other text because of its name alone. */
const MIN_LENGTHS = 8;

/**
 * The secrets and persons of one run, each with its number. The same value has
 * the same number everywhere, so that equal values are seen to be equal; no
 * hash, which could be guessed.
 */
export class Secrets {
  private readonly numbers = { secret: new Map<string, string>(), person: new Map<string, string>() };
  private readonly known = new Set<string>();
  private readonly index = new SecretIndex();
  private readonly people = new Set<string>();
  private readonly peopleTexts = new TextIndex(isWholeWord);
  private readonly parts = new PartIndex();
  private readonly harmless = new Set<string>();

  /** The name that stands in place of a secret. From now on it is found in other text too. */
  secret(value: string): string {
    this.learn(value, MIN_LENGTHS);
    return this.name('secret', value);
  }

  /** The name that stands in place of what says who somebody is. */
  person(value: string): string {
    if (value.length >= 4 && !this.people.has(value)) {
      this.people.add(value);
      this.peopleTexts.add(value);
    }
    return this.name('person', value);
  }

  /** Tells of a secret before it is seen anywhere. */
  hide(value: string): void {
    this.learn(value, 0);
  }

  /** Tells of a value that looks like a secret and is none: a client id, a key id. */
  allow(value: string): void {
    this.harmless.add(value);
  }

  /** Text that somebody else wrote, without the secrets that are known. */
  without(text: string): string {
    return this.replaced(text, 'foreign');
  }

  /** Text of our own, without the secrets that it quotes: a mere word in it is a word of ours. */
  withoutInOwn(text: string): string {
    return this.replaced(text, 'own');
  }

  /** Text without the people that are known, and without e-mail addresses and phone numbers. */
  withoutPeople(text: string): string {
    const name = (value: string) => this.name('person', value);
    return this.peopleTexts.replaceIn(text.replace(EMAIL, name).replace(PHONE, name), name);
  }

  /** Text that somebody else wrote: without what is known, nor what looks like a token or a part of a secret. */
  withoutWhatLooksSecret(text: string): string {
    return this.without(text).replace(WORD, (word) => {
      if (this.harmless.has(word)) return word;
      return this.looksSecret(word) || this.isPart(word) ? this.name('secret', word) : word;
    });
  }

  /** Whether a word is long and mixed enough to be a token, and nobody said that it is none. */
  looksSecret(word: string): boolean {
    return word.length >= 20 && /\d/.test(word) && /[A-Za-z]/.test(word) && !this.harmless.has(word);
  }

  private isPart(word: string): boolean {
    if (word.length < MIN_PART_LENGTH || /^[a-z]+$/i.test(word)) return false;
    return this.parts.has(word);
  }

  private name(kind: 'secret' | 'person', value: string): string {
    const known = this.numbers[kind].get(value);
    if (known !== undefined) return known;
    const name = `${kind}#${this.numbers[kind].size + 1}`;
    this.numbers[kind].set(value, name);
    return name;
  }

  private replaced(text: string, whose: 'own' | 'foreign'): string {
    return replaceSecrets(text, this.index.find(text, whose), (secret) => this.name('secret', secret));
  }

  private learn(value: string, shortest: number): void {
    if (value.length < shortest || this.known.has(value)) return;
    this.known.add(value);
    this.index.add(value);
    const escaped = encodeURIComponent(Buffer.from(value).toString());
    for (const { text } of [...secretForms(value), { text: escaped }]) this.parts.add(text);
  }
}

/** A long word, without the dots behind it. Only at its beginning: tried at each of a thousand dots it would take for ever. */
const WORD = /(?<![A-Za-z0-9_~+=.%-])[A-Za-z0-9_~+=.%-]{7,}[A-Za-z0-9_~+=%-]/g;

/** Only at its beginning: tried at each letter of a long word it would take for ever. */
const EMAIL = /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
const PHONE = /(?<![\p{L}\p{N}])\+\d[\d ()-]{6,}\d/gu;

/** Who somebody is may be a word in any language, and no part of another. */
function isWholeWord(_value: string, text: string, from: number, to: number): boolean {
  return !/[\p{L}\p{N}]/u.test(characterBefore(text, from)) && !/^[\p{L}\p{N}]/u.test(text.slice(to, to + 2));
}

function characterBefore(text: string, at: number): string {
  // Two, where it takes two: a letter beyond the first 65,536.
  return Array.from(text.slice(Math.max(0, at - 2), at)).at(-1) ?? '';
}
