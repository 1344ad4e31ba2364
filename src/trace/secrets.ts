import { KnownTexts } from './known-texts.js';

/** Shorter ones would be found everywhere, and hide nothing. */
const SHORTEST = 3;
/** The shortest value that is looked for in other text because of its name alone. */
const SHORTEST_BY_NAME = 8;
/** The shortest part of a secret that is one. */
const SHORTEST_PART = 10;

/**
 * The secrets and persons of one run, each with its number. The same value has
 * the same number everywhere, so that equal values are seen to be equal; no
 * hash, which could be guessed.
 */
export class Secrets {
  private readonly numbers = { secret: new Map<string, string>(), person: new Map<string, string>() };
  /** In which forms a secret may stand in other text, and whose they are. */
  private readonly forms = new Map<string, string>();
  private readonly secretTexts = new KnownTexts(isWholeSecret);
  private readonly people = new Set<string>();
  private readonly peopleTexts = new KnownTexts(isWholeWord);
  /** All forms, one behind the other, in which parts are looked for. */
  private allForms = '';
  private readonly harmless = new Set<string>();

  /** The name that stands in place of a secret. From now on it is found in other text too. */
  secret(value: string): string {
    this.learn(value, SHORTEST_BY_NAME);
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
    this.learn(value, SHORTEST);
  }

  /** Tells of a value that looks like a secret and is none: a client id, a key id. */
  allow(value: string): void {
    this.harmless.add(value);
  }

  /** Text without the secrets that are known. */
  without(text: string): string {
    return this.secretTexts.replaceIn(text, (form) => this.name('secret', this.forms.get(form) ?? form));
  }

  /** Text without the people that are known, and without e-mail addresses and phone numbers. */
  withoutPeople(text: string): string {
    const name = (value: string) => this.name('person', value);
    return this.peopleTexts.replaceIn(text.replace(EMAIL, name).replace(PHONE, name), name);
  }

  /** Text that somebody else wrote: without what is known, nor what looks like a token or a part of a secret. */
  withoutWhatLooksSecret(text: string): string {
    return this.without(text).replace(/[A-Za-z0-9_~+=.%-]{7,}[A-Za-z0-9_~+=%-]/g, (word) => {
      if (this.harmless.has(word)) return word;
      return this.looksSecret(word) || this.isPart(word) ? this.name('secret', word) : word;
    });
  }

  /** Whether a word is long and mixed enough to be a token, and nobody said that it is none. */
  looksSecret(word: string): boolean {
    return word.length >= 20 && /\d/.test(word) && /[A-Za-z]/.test(word) && !this.harmless.has(word);
  }

  private isPart(word: string): boolean {
    if (word.length < SHORTEST_PART || /^[a-z]+$/i.test(word)) return false;
    return this.allForms.includes(word);
  }

  private name(kind: 'secret' | 'person', value: string): string {
    const known = this.numbers[kind].get(value);
    if (known !== undefined) return known;
    const name = `${kind}#${this.numbers[kind].size + 1}`;
    this.numbers[kind].set(value, name);
    return name;
  }

  private learn(value: string, shortest: number): void {
    if (value.length < shortest || this.forms.get(value) === value) return;
    for (const form of formsOf(value)) this.addForm(form, value);
    // Itself it is, even where it was a form of another.
    this.forms.set(value, value);
  }

  private addForm(form: string, value: string): void {
    if (this.forms.has(form)) return;
    this.forms.set(form, value);
    this.secretTexts.add(form);
    this.allForms += `${form}\n`;
  }
}

/** Only at its beginning: tried at each letter of a long word it would take for ever. */
const EMAIL = /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
const PHONE = /(?<![\p{L}\p{N}])\+\d[\d ()-]{6,}\d/gu;

/** A secret that is a mere word ("secret") is looked for as a word: cut out of `client_secret_basic` it would be told. */
function isWholeSecret(form: string, text: string, from: number, to: number): boolean {
  if (!/^[A-Za-z]{1,12}$|^\d{1,12}$/.test(form)) return true;
  return !/\w/.test(text[from - 1] ?? ' ') && !/\w/.test(text[to] ?? ' ');
}

/** Who somebody is may be a word in any language, and no part of another. */
function isWholeWord(_value: string, text: string, from: number, to: number): boolean {
  return !/[\p{L}\p{N}]/u.test(characterBefore(text, from)) && !/^[\p{L}\p{N}]/u.test(text.slice(to, to + 2));
}

function characterBefore(text: string, at: number): string {
  // Two, where it takes two: a letter beyond the first 65,536.
  return Array.from(text.slice(Math.max(0, at - 2), at)).at(-1) ?? '';
}

/** The forms in which a secret may stand in something else. */
function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(Buffer.from(secret).toString());
  const posted = new URLSearchParams({ a: secret }).toString().slice(2);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const parts = secret.split('.');
  return [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    encodeURIComponent(encoded),
    posted,
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
    html,
    html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    Buffer.from(secret).toString('hex'),
    ...base64Forms(secret),
    // Of a JWT the payload and the signature, also alone; the header is the same for many.
    ...(parts.length === 3 || parts.length === 5 ? parts.slice(1).filter((part) => part.length >= 16) : []),
  ].filter((form) => form.length >= SHORTEST);
}

/** The characters of base64 that depend on the secret alone, for each of the three places it may begin at. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const part = padded.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + bytes.length) * 8) / 6));
    return part.length < 6 ? [] : [part, part.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
