import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

/** Entries of one kind kept at most: the oldest go first, so that a provider left running stays small. */
const MAX_ENTRIES = 20_000;

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Keeps what oidc-provider has to remember (sessions, grants, codes, tokens)
 * in memory, and forgets all of it with the provider. oidc-provider's own
 * such adapter announces itself on stderr and keeps only a thousand entries.
 */
export function memoryAdapter(): AdapterFactory {
  const kinds = new Map<string, Map<string, Entry>>();
  return (kind) => {
    const entries = kinds.get(kind) ?? new Map<string, Entry>();
    kinds.set(kind, entries);
    return adapterOver(entries);
  };
}

function adapterOver(entries: Map<string, Entry>): Adapter {
  const find = (id: string): AdapterPayload | undefined => {
    const entry = entries.get(id);
    if (entry && entry.expiresAt <= Date.now()) entries.delete(id);
    return entry && entries.get(id)?.payload;
  };
  const findWhere = (matches: (payload: AdapterPayload) => boolean) => {
    for (const [id, { payload }] of entries) if (matches(payload)) return find(id);
    return undefined;
  };
  return {
    upsert: async (id, payload, expiresIn) => {
      entries.delete(id);
      entries.set(id, { payload, expiresAt: expiresIn ? Date.now() + expiresIn * 1000 : Number.POSITIVE_INFINITY });
      for (const oldest of entries.keys()) {
        if (entries.size <= MAX_ENTRIES) break;
        entries.delete(oldest);
      }
    },
    find: async (id) => find(id),
    findByUid: async (uid) => findWhere((payload) => payload.uid === uid),
    findByUserCode: async (userCode) => findWhere((payload) => payload.userCode === userCode),
    destroy: async (id) => {
      entries.delete(id);
    },
    consume: async (id) => {
      const payload = find(id);
      if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    },
    revokeByGrantId: async (grantId) => {
      for (const [id, { payload }] of entries) if (payload.grantId === grantId) entries.delete(id);
    },
  };
}
