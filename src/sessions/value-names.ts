import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { StoreKind } from './session-store.js';

/** The names of values in their stores: the same for the same profile and issuer, without revealing either. */
export interface ValueNames {
  session(kind: StoreKind, profile: string, issuer: string): string;
  clientSecret(kind: StoreKind, profile: string, issuer: string): string;
}

/**
 * The names for one data folder. A user has one keychain for all data folders
 * (`OIDC_CLI_HOME`), so there the folder is part of the name.
 */
export function valueNames(dataFolder: string): ValueNames {
  const name = (what: string, kind: StoreKind, parts: readonly string[]) => {
    const scope = kind === 'keychain' ? [resolve(dataFolder)] : [];
    const id = createHash('sha256').update(JSON.stringify([...scope, ...parts]));
    return `${what}-${id.digest('hex').slice(0, 32)}`;
  };
  return {
    session: (kind, profile, issuer) => name('session', kind, [profile, issuer]),
    clientSecret: (kind, profile, issuer) => name('client-secret', kind, [profile, issuer]),
  };
}

/**
 * The name of a pending sign-in in the index, which hides the state: the state
 * protects the sign-in like a password.
 */
export function pendingId(state: string): string {
  return createHash('sha256').update(`state ${state}`).digest('hex').slice(0, 32);
}

/** The name of a pending sign-in in its store. */
export function pendingName(id: string): string {
  return `pending-${id}`;
}
