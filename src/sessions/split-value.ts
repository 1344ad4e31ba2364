import { createHash, randomBytes } from 'node:crypto';
import { OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';

/** Entries of limited size. Each call is atomic by itself. */
export interface Entries {
  get(account: string): Promise<string | undefined>;
  set(account: string, text: string): Promise<void>;
  delete(account: string): Promise<boolean>;
}

/** Values of any length over entries of limited size. */
export interface SplitValues extends Entries {
  /** Whether an entry is the first one of a value, and not a part or a note. */
  isHead(account: string): boolean;
}

/** Marks a head that holds no value but the place of its parts. */
const MARK = 'oidc-cli split value: ';

/** The parts of one save. */
interface Generation {
  readonly id: string;
  readonly count: number;
  /** SHA-256 of the whole value, so that parts that do not belong together are never put together. */
  readonly sum: string;
}

/** Written before the parts: names those that may remain if this save is killed. */
interface Note {
  readonly made?: Generation;
  readonly replaced?: Generation;
}

/**
 * Splits values that are longer than `limit` UTF-16 units; without a limit every
 * value is one entry. A split save writes (1) a note of its parts, (2) the parts
 * under a new random name, (3) the head, which switches from the old value to the
 * new one; then it removes the old parts and the note. Killed or failed at any
 * step, the head still points to a whole value, and the next save or removal of
 * the same value removes the parts that the note names.
 */
export function createSplitValues(entries: Entries, limit?: number): SplitValues {
  const partName = (account: string, generation: Generation, part: number) => `${account}#${generation.id}.${part}`;
  const noteName = (account: string) => `${account}#note`;

  const removeParts = async (account: string, generation: Generation) => {
    for (let part = 0; part < generation.count; part += 1) await entries.delete(partName(account, generation, part));
  };

  const writeNote = (account: string, note: Note) => entries.set(noteName(account), JSON.stringify(note));

  /** Removes the remains of an earlier, killed save or removal. */
  const sweep = async (account: string, current: Generation | undefined) => {
    const text = await entries.get(noteName(account));
    if (text === undefined) return;
    const note = tryParse<Note>(text);
    for (const generation of [note?.made, note?.replaced]) {
      if (generation && generation.id !== current?.id) await removeParts(account, generation);
    }
    await entries.delete(noteName(account));
  };

  return {
    isHead: (account) => !account.includes('#'),

    async get(account) {
      for (let attempt = 1; ; attempt += 1) {
        const head = await entries.get(account);
        const generation = head === undefined ? undefined : pointer(head);
        if (head === undefined || !generation) return head;
        let value = '';
        for (let part = 0; part < generation.count; part += 1) {
          value += (await entries.get(partName(account, generation, part))) ?? '';
        }
        if (checksum(value) === generation.sum) return value;
        // Another process may have saved in between, which changed the head.
        if (attempt === 3) throw new OidcCliError('store_corrupt', { store: 'keychain', key: account });
      }
    },

    async set(account, value) {
      if (limit === undefined) return entries.set(account, value);
      const head = await entries.get(account);
      const replaced = head === undefined ? undefined : pointer(head);
      await sweep(account, replaced);
      const fits = value.length <= limit && !value.startsWith(MARK);
      const parts = fits ? [] : split(value, limit);
      const made = fits ? undefined : { id: randomBytes(8).toString('hex'), count: parts.length, sum: checksum(value) };
      if (!made && !replaced) return entries.set(account, value);
      await writeNote(account, { made, replaced });
      for (const [part, text] of parts.entries()) {
        if (made) await entries.set(partName(account, made, part), text);
      }
      await entries.set(account, made ? MARK + JSON.stringify(made) : value);
      try {
        if (replaced) await removeParts(account, replaced);
        await entries.delete(noteName(account));
      } catch {
        // The value is saved; the note stays, and the next save removes the rest.
      }
    },

    async delete(account) {
      const head = limit === undefined ? undefined : await entries.get(account);
      const generation = head === undefined ? undefined : pointer(head);
      if (generation) await writeNote(account, { replaced: generation });
      const there = await entries.delete(account);
      if (limit !== undefined) await sweep(account, undefined);
      return there;
    },
  };
}

/** The place of the parts; undefined for a head that is the value itself. */
function pointer(head: string): Generation | undefined {
  if (!head.startsWith(MARK)) return undefined;
  // No part fits the sum of a damaged pointer, so that reading it reports the damage.
  return tryParse<Generation>(head.slice(MARK.length)) ?? { id: '', count: 0, sum: '' };
}

function tryParse<T>(text: string): T | undefined {
  try {
    return parseJson(text) as T;
  } catch {
    return undefined;
  }
}

function checksum(value: string): string {
  return createHash('sha256').update(value).digest('base64');
}

/** Pieces of at most `limit` UTF-16 units; a surrogate pair is never cut, since half of one is not text. */
function split(value: string, limit: number): string[] {
  const parts: string[] = [];
  for (let start = 0; start < value.length; ) {
    let end = Math.min(start + limit, value.length);
    const last = value.charCodeAt(end - 1);
    if (end < value.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    parts.push(value.slice(start, end));
    start = end;
  }
  return parts;
}
