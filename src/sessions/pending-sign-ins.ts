import type { Clock } from '../context.js';
import { failWith } from '../errors.js';
import { parseJson } from '../json.js';
import type { PendingEntry, SessionIndex } from './session-index.js';
import type { SessionStore, StoreKind } from './session-store.js';
import { pendingId, pendingName } from './value-names.js';

/** A sign-in that `login --start` began, with all that is needed to finish it. Opaque here; it holds the code verifier. */
export interface PendingSignIn {
  readonly state: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly [key: string]: unknown;
}

/** What is kept between `login --start` and `login --callback-url`. */
export interface PendingSignIns {
  /** Keeps a sign-in until it expires. Throws `store_*`. */
  savePending(pending: PendingSignIn, store: SessionStore): Promise<void>;
  /**
   * Hands out the sign-in with this state and removes it; of two takers one
   * gets it. Undefined when there is none or it has expired. Throws `store_*`.
   */
  takePending(state: string): Promise<PendingSignIn | undefined>;
  /** The sign-in with this state, left where it is. Undefined when there is none or it has expired. Throws `store_*`. */
  findPending(state: string): Promise<PendingSignIn | undefined>;
  /** The one sign-in that waits, left where it is. Undefined when there is none or several. Throws `store_*`. */
  onlyPending(): Promise<PendingSignIn | undefined>;
  /** What is known of the sign-in with this state beside that: since how many seconds it has expired, and how many others wait. */
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

  /** Without those that have expired. A store that was not asked for is not opened for the sake of tidiness. */
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
        // The index first: killed between the two, it names a value that is not there, instead of nothing naming one that is.
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
      // Outside of the change, which may be run twice: what was taken out of the store is not there a second time.
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

/** A pending sign-in as its store holds it, or undefined where the text is none. */
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
