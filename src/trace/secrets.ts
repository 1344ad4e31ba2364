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
  private readonly people = new Set<string>();
  private readonly harmless = new Set<string>();
  private secretFinders: readonly Finder[] | undefined;
  private personFinders: readonly Finder[] | undefined;

  /** The name that stands in place of a secret. From now on it is found in other text too. */
  secret(value: string): string {
    this.learn(value, SHORTEST_BY_NAME);
    return this.name('secret', value);
  }

  /** The name that stands in place of what says who somebody is. */
  person(value: string): string {
    if (value.length >= 4 && !this.people.has(value)) {
      this.people.add(value);
      this.personFinders = undefined;
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
    if (this.forms.size === 0) return text;
    this.secretFinders ??= findersOf(this.forms.keys(), bounded, 'g');
    return replaced(text, this.secretFinders, (form) => this.name('secret', this.forms.get(form) ?? form));
  }

  /** Text without the people that are known, and without e-mail addresses and phone numbers. */
  withoutPeople(text: string): string {
    this.personFinders ??= [
      ...findersOf(this.people, (value) => `(?<![\\p{L}\\p{N}])${escaped(value)}(?![\\p{L}\\p{N}])`, 'gu'),
      // Only at its beginning: tried at each letter of a long word it would take for ever.
      finderOf(/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu),
      finderOf(/(?<![\p{L}\p{N}])\+\d[\d ()-]{6,}\d/gu),
    ];
    return replaced(text, this.personFinders, (value) => this.name('person', value));
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
    for (const form of this.forms.keys()) if (form.length > word.length && form.includes(word)) return true;
    return false;
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
    for (const form of formsOf(value)) if (!this.forms.has(form)) this.forms.set(form, value);
    // Itself it is, even where it was a form of another.
    this.forms.set(value, value);
    this.secretFinders = undefined;
  }
}

/** Where in a text something is to be replaced: from and to, in their order. */
type Finder = (text: string) => Iterable<readonly [from: number, to: number]>;

/** A longer text is looked for by itself: no regular expression takes any size. */
const LONGEST_IN_PATTERN = 1_000;
/** Characters of the texts in one regular expression. */
const PATTERN_SIZE = 20_000;

/** Finders of these texts, the longest first: one may hold a shorter one. */
function findersOf(texts: Iterable<string>, patternOf: (text: string) => string, flags: string): Finder[] {
  const longestFirst = [...texts].sort((one, other) => other.length - one.length);
  const long = longestFirst.filter((text) => text.length > LONGEST_IN_PATTERN);
  const finders = long.map(literalFinder);
  let group: string[] = [];
  let size = 0;
  for (const text of longestFirst.slice(long.length)) {
    group.push(patternOf(text));
    size += text.length;
    if (size < PATTERN_SIZE) continue;
    finders.push(finderOf(new RegExp(group.join('|'), flags)));
    group = [];
    size = 0;
  }
  return group.length === 0 ? finders : [...finders, finderOf(new RegExp(group.join('|'), flags))];
}

function finderOf(pattern: RegExp): Finder {
  return function* (text) {
    for (const found of text.matchAll(pattern)) yield [found.index, found.index + found[0].length];
  };
}

function literalFinder(literal: string): Finder {
  return function* (text) {
    for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
      yield [at, at + literal.length];
    }
  };
}

/** A text with names in place of what the finders find; what is replaced already is not looked at again. */
function replaced(text: string, finders: readonly Finder[], nameOf: (found: string) => string): string {
  let parts: readonly (string | { readonly name: string })[] = [text];
  for (const finder of finders) {
    parts = parts.flatMap((part) => {
      if (typeof part !== 'string') return [part];
      const divided: (string | { readonly name: string })[] = [];
      let done = 0;
      for (const [from, to] of finder(part)) {
        divided.push(part.slice(done, from), { name: nameOf(part.slice(from, to)) });
        done = to;
      }
      return done === 0 ? [part] : [...divided, part.slice(done)];
    });
  }
  return parts.map((part) => (typeof part === 'string' ? part : part.name)).join('');
}

/** A secret that is a mere word ("secret") is looked for as a word: cut out of `client_secret_basic` it would be told. */
function bounded(form: string): string {
  const pattern = escaped(form);
  return /^[A-Za-z]{1,12}$|^\d{1,12}$/.test(form) ? `(?<![A-Za-z0-9_])${pattern}(?![A-Za-z0-9_])` : pattern;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
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
