/** The part of the `keytar` API that is used. */
export interface KeytarLike {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
  findCredentials(service: string): Promise<{ account: string; password: string }[]>;
}

/** The service name of every entry. */
export const SERVICE = 'oidc-cli';
/** The service name of the probe's entry, so that it never touches a session. */
export const PROBE_SERVICE = 'oidc-cli-probe';
/** A service name without entries: no other process can remove an entry during a search for it. */
export const NO_SERVICE = 'oidc-cli-nothing';

/** Maximum calls for an entry that disappears each time. */
export const GONE_TRIES = 20;
/**
 * A Secret Service call is a search and then a call of the entry that it found.
 * These are the errors of GDBus (gnome-keyring), Qt (KWallet, KeePassXC) and the
 * Secret Service itself if another process has removed that entry in between.
 */
const GONE = /no such (interface|object)|object does not exist|nosuchobject|unknownobject/i;
/** The path of an entry; that of a collection or its alias is shorter. */
const ENTRY_PATH = /\/collection\/[^/\s]+\/\w/;

/**
 * Loads the native module behind the `keytar` API. On Linux its calls are pinned
 * to the Secret Service: by default it falls back to the kernel's keyring, which
 * has no entries and loses new ones. Creating an entry there connects to D-Bus on
 * the calling thread and so could block past any timer, so a search, which is
 * asynchronous and fails properly, comes first. Rejects with the module's own
 * error if it has no build for this platform.
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
 * Makes a keychain call, and repeats it if the entry disappeared between search
 * and call: a sign-in in one process may remove the entry that a command in
 * another has just found. The last call's state of the entry is the result.
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

/** The code for a keychain's error. Its words differ by platform and have no usable code. */
export function classifyKeychainError(message: string): 'locked' | 'unavailable' | 'failed' {
  // An entry in a collection proves that there is a keychain; a missing collection does not.
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
