import type { Clock } from '../context.js';
import { failWith } from '../errors.js';
import { parseJson } from '../json.js';
import type { PendingEntry, SessionIndex } from './session-index.js';
import type { SessionStore, StoreKind } from './session-store.js';
import { pendingId, pendingName } from './value-names.js';

/**
 * A sign-in that `login --start` began, with all data to finish it. Not
 * interpreted here; it holds the code verifier.
 */
export interface PendingSignIn {
  readonly state: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly [key: string]: unknown;
}

/** The store of sign-ins between `login --start` and `login --callback-url`. */
export interface PendingSignIns {
  /** Saves a sign-in until it expires. Throws `store_*`. */
  savePending(pending: PendingSignIn, store: SessionStore): Promise<void>;
  /**
   * Returns the sign-in with this state and removes it; of two callers only one gets
   * it. Undefined when there is none or it has expired. Throws `store_*`.
   */
  takePending(state: string): Promise<PendingSignIn | undefined>;
  /**
   * The sign-in with this state, without removing it. Undefined when there is none
   * or it has expired. Throws `store_*`.
   */
  findPending(state: string): Promise<PendingSignIn | undefined>;
  /** The only pending sign-in, without removing it. Undefined when there is none or several. Throws `store_*`. */
  onlyPending(): Promise<PendingSignIn | undefined>;
  /** Facts about the sign-in with this state: seconds since its expiry, and the number of other pending ones. */
  aboutPending(state: string): Promise<{ readonly expiredFor?: number; readonly others: number }>;
}

/** Pending sign-ins over `index` and the stores; those in the memory store stay in this object. */
export function createPendingSignIns(deps: {
  index: SessionIndex;
  storeOf: (kind: StoreKind) => SessionStore;
  clock: Clock;
}): PendingSignIns {
  const inMemory = new Map<string, PendingSignIn>();
  const expired = ({ expiresAt }: { expiresAt: number }) => expiresAt <= deps.clock.now() / 1000;

  /** Removes expired ones. It does not open a store only for that. */
  const prune = async (list: readonly PendingEntry[], using: StoreKind | undefined): Promise<PendingEntry[]> => {
    const left: PendingEntry[] = [];
    for (const entry of list) {
      const due = expired(entry) && (entry.store === 'file' || entry.store === using);
      const removed =
        due &&
        (await deps
          .storeOf(entry.store)
          .delete(entry.key)
          .then(
            () => true,
            () => false,
          ));
      if (!removed) left.push(entry);
    }
    return left;
  };

  return {
    async savePending(pending, store) {
      const id = pendingId(pending.state);
      const kind = store.kind;
      if (kind === 'memory') {
        inMemory.set(id, pending);
        return;
      }
      const entry: PendingEntry = { id, store: kind, key: pendingName(id), expiresAt: pending.expiresAt };
      await deps.index.change(async (content, save) => {
        const others = (await prune(content.pending, kind)).filter((other) => other.id !== id);
        // The index first: a process killed between the two steps leaves an entry without a value, but never a value
        // without an entry.
        await save({ ...content, pending: [...others, entry] });
        await store.set(entry.key, JSON.stringify(pending));
      });
    },

    async findPending(state) {
      const id = pendingId(state);
      const entry = (await deps.index.read()).pending.find((candidate) => candidate.id === id);
      const value =
        entry &&
        (await deps
          .storeOf(entry.store)
          .get(entry.key)
          .catch(failWith({ value: 'unfinished sign-in' })));
      const pending = value === undefined ? inMemory.get(id) : parsePending(value);
      return pending?.state === state && !expired(pending) ? pending : undefined;
    },

    async onlyPending() {
      const waiting = (await deps.index.read()).pending.filter((entry) => !expired(entry));
      const [entry, another] = waiting;
      if (!entry || another) return undefined;
      const value = await deps.storeOf(entry.store).get(entry.key);
      return value === undefined ? undefined : parsePending(value);
    },

    async aboutPending(state) {
      const id = pendingId(state);
      const { pending } = await deps.index.read();
      const entry = pending.find((candidate) => candidate.id === id);
      const others = pending.filter((candidate) => candidate !== entry && !expired(candidate)).length;
      const now = Math.floor(deps.clock.now() / 1000);
      return entry && expired(entry) ? { expiredFor: now - entry.expiresAt, others } : { others };
    },

    async takePending(state) {
      const id = pendingId(state);
      const held = inMemory.get(id);
      if (held) {
        inMemory.delete(id);
        return expired(held) ? undefined : held;
      }
      const known = await deps.index.read();
      if (known.pending.length === 0) return undefined;
      // Outside the change, which may run twice: the store would no longer have the value the second time.
      let pending: PendingSignIn | undefined;
      return deps.index.change(async (content, save) => {
        const entry = content.pending.find((candidate) => candidate.id === id);
        const store = entry && deps.storeOf(entry.store);
        if (entry && store) {
          const value = await store.get(entry.key).catch(failWith({ value: 'unfinished sign-in' }));
          if (value !== undefined) pending = parsePending(value);
          await store.delete(entry.key);
        }
        const others = content.pending.filter((candidate) => candidate.id !== id);
        await save({ ...content, pending: await prune(others, entry?.store) });
        return pending?.state === state && !expired(pending) ? pending : undefined;
      });
    },
  };
}

/** A stored pending sign-in; undefined if the text is not one. */
export function parsePending(text: string): PendingSignIn | undefined {
  try {
    const value = parseJson(text) as Partial<PendingSignIn> | null;
    return typeof value?.state === 'string' && typeof value.expiresAt === 'number'
      ? (value as PendingSignIn)
      : undefined;
  } catch {
    return undefined;
  }
}
