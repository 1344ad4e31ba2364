import { OidcCliError } from '../errors.js';
import { SecretIndex, type SecretPlace } from './secret-index.js';

/** The text that replaces a secret. */
const REPLACEMENT = '(not shown)';

/** A signed token of any kind, also an incomplete one. */
const TOKEN = /\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g;

/** Masks these secrets in every form in a text from outside, where a secret that is a mere word is masked too. */
export function maskSecrets(text: string, secrets: Iterable<string | undefined>): string {
  return createMask(secrets)(text);
}

/** Makes a function that masks these secrets, and signed tokens of any kind, in texts from outside. */
export function createMask(secrets: Iterable<string | undefined>): (text: string) => string {
  const index = new SecretIndex();
  for (const secret of secrets) if (secret) index.add(secret);
  return (text) => replaceSecrets(text, index.find(text, 'foreign'), () => REPLACEMENT).replace(TOKEN, REPLACEMENT);
}

/** Whether a text holds a secret in any form; a secret that is a mere word does not count. */
export function holdsSecret(text: string, secret: string): boolean {
  const index = new SecretIndex();
  index.add(secret);
  return index.find(text, 'own').length > 0;
}

/** Replaces each place of a secret in a text by the name that `eventName` gives it. */
export function replaceSecrets(
  text: string,
  places: readonly SecretPlace[],
  nameOf: (secret: string) => string,
): string {
  if (places.length === 0) return text;
  let result = '';
  let done = 0;
  for (const { from, to, secret } of places) {
    result += text.slice(done, from) + nameOf(secret);
    done = to;
  }
  return result + text.slice(done);
}

/** Secrets of one owner, which are forgotten together. */
interface Holder {
  readonly strict: SecretIndex;
  readonly echoed: SecretIndex;
  /** Returns the secrets that are new since the last call. */
  readonly pull: (() => Iterable<string>) | undefined;
}

/**
 * Knows every secret of one run and masks it in all output. In our own texts it
 * masks only secrets that are more than a mere word: cutting a secret such as
 * "secret" out of our own sentence would reveal it.
 */
export class Masker {
  private readonly holders = new Map<object, Holder>();
  private readonly allowed = new Set<string>();

  /**
   * Adds secrets of an owner; `forget` drops them. `echoed`: they are masked only in
   * the provider's words, since an address that we show holds them (state, nonce).
   */
  learn(owner: object, secrets: Iterable<string | undefined>, echoed = false): void {
    const { strict, echoed: words } = this.holder(owner);
    for (const secret of secrets) if (secret) (echoed ? words : strict).add(secret);
  }

  /** Like `learn`, for secrets that are read when a text is masked: `pull` returns those since the last time. */
  watch(owner: object, pull: () => Iterable<string>): void {
    this.holder(owner, pull);
  }

  /** Drops an owner's secrets. */
  forget(owner: object): void {
    this.holders.delete(owner);
  }

  /** Excludes a value that the user has requested to see. */
  allow(value: string): void {
    this.allowed.add(value);
  }

  /** Masks a text of ours, with values of this run in it. */
  own(text: string): string {
    return this.masked(text, 'own');
  }

  /** Masks a text from outside. */
  foreign(text: string): string {
    return this.masked(text, 'foreign').replace(TOKEN, (token) => (this.allowed.has(token) ? token : REPLACEMENT));
  }

  private holder(owner: object, pull?: () => Iterable<string>): Holder {
    const known = this.holders.get(owner);
    if (known) return known;
    const made = { strict: new SecretIndex(), echoed: new SecretIndex(), pull };
    this.holders.set(owner, made);
    return made;
  }

  private masked(text: string, whose: 'own' | 'foreign'): string {
    let masked = text;
    for (const { strict, echoed, pull } of this.holders.values()) {
      for (const secret of pull?.() ?? []) strict.add(secret);
      for (const index of whose === 'own' ? [strict] : [strict, echoed]) {
        const places = index.find(masked, whose).filter(({ secret }) => !this.allowed.has(secret));
        masked = replaceSecrets(masked, places, () => REPLACEMENT);
      }
    }
    return masked;
  }
}

/** Masks every text and member name in JSON data, or in data that becomes JSON. */
export function maskData<T>(value: T, mask: (text: string) => string): T {
  const masked = (part: unknown): unknown => {
    if (typeof part === 'string') return mask(part);
    if (Array.isArray(part)) return part.map(masked);
    if (typeof part !== 'object' || part === null || 'toJSON' in part) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [mask(name), masked(member)]));
  };
  return masked(value) as T;
}

/** Facts that hold only a provider's words. */
const FOREIGN_FACTS: ReadonlySet<string> = new Set([
  'error',
  'description',
  'title',
  'location',
  'words',
  'body',
  'authenticate',
  'controls',
  'contentType',
]);

/** The error with the secrets of the run masked in everything that is printed: its facts and details. */
export function maskError(error: OidcCliError, masker: Masker | undefined): OidcCliError {
  if (!masker) return error;
  const own = (text: string) => masker.own(text);
  const foreign = (text: string) => masker.foreign(text);
  const facts = Object.entries(error.facts).map(([name, value]) => [
    name,
    maskData(value, FOREIGN_FACTS.has(name) ? foreign : own),
  ]);
  const { code, cause, exitCode } = error;
  return new OidcCliError(code, Object.fromEntries(facts), {
    cause,
    exitCode,
    details: maskData(error.details, own),
  });
}
