import { OidcCliError } from '../errors.js';
import { SecretIndex, type SecretPlace } from './secret-index.js';

/** The text that replaces a secret. */
const REPLACEMENT = '(not shown)';

/** A signed token of any kind, also one that breaks off. */
const TOKEN = /\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g;

/** A text without these secrets, in whatever form they are in it. It is somebody else's text: a secret that is a mere word goes too. */
export function maskSecrets(text: string, secrets: Iterable<string | undefined>): string {
  return createMask(secrets)(text);
}

/** A function that masks these secrets, and signed tokens of any kind, in texts that somebody else wrote. */
export function createMask(secrets: Iterable<string | undefined>): (text: string) => string {
  const index = new SecretIndex();
  for (const secret of secrets) if (secret) index.add(secret);
  return (text) => replaceSecrets(text, index.find(text, 'foreign'), () => REPLACEMENT).replace(TOKEN, REPLACEMENT);
}

/** Whether a text holds a secret, in whatever form; one that is a mere word is not looked for. */
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

/** Secrets that belong together and are forgotten together. */
interface Holder {
  readonly strict: SecretIndex;
  readonly echoed: SecretIndex;
  /** Secrets that were seen since it was last asked. */
  readonly pull: (() => Iterable<string>) | undefined;
}

/**
 * Knows every secret of one run and masks it in what is shown. Texts of our
 * own are masked where they quote a secret that is more than a mere word: a
 * secret such as "secret" cut out of a sentence of ours would be told by it.
 */
export class Masker {
  private readonly holders = new Map<object, Holder>();
  private readonly allowed = new Set<string>();

  /**
   * Adds secrets that an owner knows; `forget` drops them. `echoed`: they are
   * masked in the provider's words only, since an address that we show holds
   * them (state, nonce).
   */
  learn(owner: object, secrets: Iterable<string | undefined>, echoed = false): void {
    const { strict, echoed: words } = this.holder(owner);
    for (const secret of secrets) if (secret) (echoed ? words : strict).add(secret);
  }

  /** As `learn`, for secrets that are asked for when something is masked: `pull` returns those since the last time. */
  watch(owner: object, pull: () => Iterable<string>): void {
    this.holder(owner, pull);
  }

  /** Drops what an owner knew. */
  forget(owner: object): void {
    this.holders.delete(owner);
  }

  /** Names a value that the user asked to see. */
  allow(value: string): void {
    this.allowed.add(value);
  }

  /** A text of ours, with values of this run in it. */
  own(text: string): string {
    return this.masked(text, 'own');
  }

  /** A text that somebody else wrote. */
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

/** JSON data, or what becomes it, with every text and member name in it passed through `mask`. */
export function maskData<T>(value: T, mask: (text: string) => string): T {
  const masked = (part: unknown): unknown => {
    if (typeof part === 'string') return mask(part);
    if (Array.isArray(part)) return part.map(masked);
    if (typeof part !== 'object' || part === null || 'toJSON' in part) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [mask(name), masked(member)]));
  };
  return masked(value) as T;
}

/** Facts that hold words of a provider and nothing of ours. */
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

/** The error with the secrets of the run masked in all that is printed of it: its facts and details. */
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
