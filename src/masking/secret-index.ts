import { decodings } from './escapes.js';
import { FormTrie } from './form-trie.js';

/** Minimum length of a secret, and the number of characters that the lookup at a place uses. */
const MIN_LENGTH = 3;
/** Minimum length of a part of base64 text that hides a secret. */
const MIN_BASE64_LENGTH = 6;
/** Minimum length of a part of a JWT that is a secret by itself. */
const MIN_JWT_PART_LENGTH = 16;
/** Minimum length of the beginning of an incomplete secret. */
const MIN_PREFIX_LENGTH = 16;

/** The place of a secret in a text: first character, character after the last, and the secret itself. */
export interface SecretPlace {
  readonly from: number;
  readonly to: number;
  readonly secret: string;
}

interface Form {
  /** Normalized by `normalizeText`. */
  readonly text: string;
  readonly secret: string;
  readonly plain: boolean;
  /** The secret is a mere word or number: as a part of a longer one it does not count. */
  readonly mere: 'word' | 'number' | undefined;
  /** Our own texts may hold the same text by chance. */
  readonly ordinary: boolean;
}

const NON_ASCII = /[\u0080-\uffff]/;

/** Text that already replaces a secret; it is not searched. */
const REPLACED = /(?:secret|person)#\d+|\(not shown\)/g;

/**
 * Finds secrets in texts, thousands of them, in every form: in any case; with any
 * of their characters URL-, form-, JSON- or HTML-escaped, also more than once; in
 * base64 or base64url, also within a longer text; in hex; for a JWT also each part
 * that is a secret by itself.
 */
export class SecretIndex {
  /** Forms by their first characters, which few places of a text have. */
  private readonly byStart = new Map<number, FormTrie<Form>>();
  private readonly forms = new Set<string>();
  /** The longest form of those with the same beginning. */
  private readonly beginnings = new Map<string, Form>();
  private readonly secrets = new Set<string>();

  /** Adds a secret. One of fewer than three characters would match everywhere, and is left out. */
  add(secret: string): void {
    if (secret.length < MIN_LENGTH || this.secrets.has(secret)) return;
    this.secrets.add(secret);
    for (const { text, plain } of secretForms(secret)) this.addForm(text, plain, secret);
  }

  /**
   * The places of secrets in a text, in order, none within another. `own`: a text of
   * ours, in which mere words are our own.
   */
  find(text: string, whose: 'own' | 'foreign'): readonly SecretPlace[] {
    if (this.byStart.size === 0 || text.length < MIN_LENGTH) return [];
    const places: SecretPlace[] = [];
    for (const layer of decodings(text)) {
      const compared = normalizeText(layer.text);
      for (let at = 0; at + MIN_LENGTH <= compared.length; ) {
        const hit = this.at(compared, at, whose);
        if (hit === undefined) at += 1;
        else {
          places.push({ from: layer.from(at), to: layer.to(at + hit.length - 1), secret: hit.secret });
          at += hit.length;
        }
      }
    }
    return places.length === 0 ? places : withoutOverlaps(places, text);
  }

  private addForm(form: string, plain: boolean, secret: string): void {
    const text = normalizeText(form);
    const key = keyAt(text, 0);
    if (this.forms.has(text)) return;
    this.forms.add(text);
    const mere = !plain
      ? undefined
      : /^\d{1,12}$/.test(text)
        ? 'number'
        : /^[a-z]{1,12}$/.test(text)
          ? 'word'
          : undefined;
    const ordinary = plain && (mere === 'word' || text.length < 5);
    const made: Form = { text, secret, plain, mere, ordinary };
    const others = this.byStart.get(key) ?? new FormTrie<Form>();
    others.add(made);
    this.byStart.set(key, others);
    if (text.length <= MIN_PREFIX_LENGTH) return;
    const beginning = text.slice(0, MIN_PREFIX_LENGTH);
    if (text.length > (this.beginnings.get(beginning)?.text.length ?? 0)) this.beginnings.set(beginning, made);
  }

  private at(text: string, at: number, whose: 'own' | 'foreign') {
    const forms = this.byStart.get(keyAt(text, at));
    if (forms === undefined) return undefined;
    const whole = forms.longest(text, at, (form) => !(whose === 'own' && form.ordinary) && isWholeWord(form, text, at));
    if (whole) return { secret: whole.secret, length: whole.text.length };
    if (whose === 'own') return undefined;
    const begun = this.beginnings.get(text.slice(at, at + MIN_PREFIX_LENGTH));
    return begun && { secret: begun.secret, length: matchingLength(begun.text, text, at) };
  }
}

/** The forms of a secret that unescaping does not reveal: `plain` is the secret itself or a part of it. */
export function secretForms(secret: string): { readonly text: string; readonly plain: boolean }[] {
  const posted = new URLSearchParams({ a: secret }).toString().slice(2);
  const parts = secret.split('.');
  // The header is the same for many JWTs; claims and signature are secrets by themselves.
  const jwtParts = parts.length === 3 || parts.length === 5 ? parts.slice(1) : [];
  const derived = [
    Buffer.from(secret).toString('hex'),
    ...[secret, posted, posted.replaceAll('+', '%20')].flatMap(base64Forms),
  ];
  return [
    { text: secret, plain: true },
    ...jwtParts.filter((part) => part.length >= MIN_JWT_PART_LENGTH).map((text) => ({ text, plain: true })),
    ...[...new Set(derived)].map((text) => ({ text, plain: false })),
  ];
}

/** The characters of base64 that depend on the text alone, for each of its three possible offsets. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const part = padded.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + bytes.length) * 8) / 6));
    return part.length < MIN_BASE64_LENGTH ? [] : [part, part.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Lower-cases ASCII and makes the two spaces of a form one. No text becomes longer or shorter. */
function normalizeText(text: string): string {
  // toLowerCase makes some other texts longer; on ASCII alone it is 15 times as fast as the replacement.
  const lower = NON_ASCII.test(text)
    ? text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())
    : text.toLowerCase();
  return lower.replaceAll('+', ' ');
}

/**
 * Whether a secret is a mere word ("secret"), which only matches as a whole word:
 * cut out of `client_secret_basic` it would be revealed.
 */
function isWholeWord({ mere, text: { length } }: Form, text: string, at: number): boolean {
  if (mere === undefined) return true;
  const part = mere === 'number' ? /\d/ : /\w/;
  return !part.test(text[at - 1] ?? '') && !part.test(text[at + length] ?? '');
}

/** A number for the first characters of a place; other characters may have the same one. */
function keyAt(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) * 31 + text.charCodeAt(at + 2);
}

/** The number of characters that a form shares with a place. */
function matchingLength(form: string, text: string, at: number): number {
  let length = 0;
  while (length < form.length && form[length] === text[at + length]) length += 1;
  return length;
}

/** The places in the order of the text; two that overlap become one, as long as both. */
function withoutOverlaps(places: readonly SecretPlace[], text: string): SecretPlace[] {
  const replaced = [...text.matchAll(REPLACED)].map(({ index, 0: { length } }) => ({
    from: index,
    to: index + length,
  }));
  const merged: SecretPlace[] = [];
  let next = 0;
  for (const each of places.toSorted((one, other) => one.from - other.from || other.to - one.to)) {
    while ((replaced[next]?.to ?? Number.POSITIVE_INFINITY) <= each.from) next += 1;
    const name = replaced[next];
    if (name !== undefined && name.from <= each.from && each.to <= name.to) continue;
    const last = merged.at(-1);
    if (last === undefined || last.to <= each.from) merged.push(each);
    else if (each.to > last.to) merged[merged.length - 1] = { ...last, to: each.to };
  }
  return merged;
}
