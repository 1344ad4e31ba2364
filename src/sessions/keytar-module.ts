/** The part of the `keytar` API that is used. */
export interface KeytarLike {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
  findCredentials(service: string): Promise<{ account: string; password: string }[]>;
}

/** The service name of every entry. */
export const SERVICE = 'oidc-cli';
/** The service name under which the probe asks and writes, so that it never touches a session. */
export const PROBE_SERVICE = 'oidc-cli-probe';
/** A service name that no entry has: a search for it meets no entry that another process removes meanwhile. */
export const NO_SERVICE = 'oidc-cli-nothing';

/** How often a call whose entry goes is made before that counts as a failure. */
export const GONE_TRIES = 20;
/**
 * A Secret Service call is a search and then a call of the entry it found: this
 * is what GDBus (gnome-keyring), Qt (KWallet, KeePassXC) and the Secret Service
 * itself say where another process removed that entry in between.
 */
const GONE = /no such (interface|object)|object does not exist|nosuchobject|unknownobject/i;
/** The path of an entry; that of a collection, or of the alias of one, ends before. */
const ENTRY_PATH = /\/collection\/[^/\s]+\/\w/;

/**
 * Loads the native module behind the `keytar` API. On Linux its calls are
 * pinned to the Secret Service: left to itself it falls back to the kernel's
 * keyring, where it finds nothing and what it writes does not last. Creating
 * an entry there connects to D-Bus on the calling thread and so could block
 * past any timer; a search, which is asynchronous and fails honestly, therefore
 * goes first. Rejects with the module's own error where it has no build for
 * this platform.
 */
export async function loadKeytar(platform: NodeJS.Platform): Promise<KeytarLike> {
  const { default: keytar } = await import('keytar/keytar.js');
  if (platform !== 'linux') return keytar;
  const { AsyncEntry } = await import('keytar');
  const entry = async (service: string, account: string) => {
    await keytar.findCredentials(NO_SERVICE);
    return new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
  };
  return {
    getPassword: async (service, account) => (await entry(service, account)).getPassword(),
    setPassword: async (service, account, password) => (await entry(service, account)).setPassword(password),
    deletePassword: async (service, account) => (await entry(service, account)).deletePassword(),
    findCredentials: (service) => keytar.findCredentials(service),
  };
}

/**
 * Makes a keychain call, and makes it again where its entry went between being
 * found and being asked: a sign-in in one process removes the entry that a
 * command in another has just found. What the entry is by then is the answer.
 * Rejects with the call's own error, at the latest after `GONE_TRIES` calls.
 */
export async function withoutGoneEntries<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === GONE_TRIES || !(error instanceof Error && GONE.test(error.message))) throw error;
    }
  }
}

/** What a keychain's error amounts to. Its words differ by platform and come without a usable code. */
export function classifyKeychainError(message: string): 'locked' | 'unavailable' | 'failed' {
  // An entry in a collection shows that there is a keychain; a collection that is not there does not.
  if (GONE.test(message) && ENTRY_PATH.test(message)) return 'failed';
  // Secret Service: IsLocked, a dismissed prompt. macOS: errSecInteractionNotAllowed, errSecUserCanceled, errSecAuthFailed.
  if (
    /locked|prompt was dismissed|user interaction is not allowed|user cancell?ed|passphrase you entered/i.test(message)
  ) {
    return 'locked';
  }
  // No session bus, no service on it, no collection in it, no build of the module for this platform.
  if (
    /d-?bus error|zbus (fdo )?error|failed to connect|serviceunknown|no result found|native binding|cannot find module|no default (store|keychain)|default keychain could not be found/i.test(
      message,
    )
  ) {
    return 'unavailable';
  }
  return 'failed';
}
