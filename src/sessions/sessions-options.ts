import type { Clock, Environment } from '../context.js';
import type { Facts, OidcCliError } from '../errors.js';
import type { LockOptions } from '../lock.js';
import type { KeytarLike } from './keytar-module.js';
import type { SessionEntry } from './session-index.js';

/** Events beside the result, which `explain/` puts into words. */
export type SessionNotice = 'index_rebuilt' | 'entry_set_aside' | 'old_session_left' | 'session_moved';

/** Dependencies of `createSessions`. */
export interface SessionsOptions {
  readonly dataFolder: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  /** Ends the wait for a refresh's lock and for the keychain's probe; never a save. */
  readonly signal?: AbortSignal;
  /** The caller's own keychain, which is not probed. */
  readonly keytar?: KeytarLike;
  /**
   * Called when a keychain call has hung for 30 s, just before the process ends
   * itself by SIGKILL: must write its output synchronously. By default one line with
   * the code is written to stderr. `entry` is the session that was opened or removed
   * last.
   */
  readonly onHang?: (error: OidcCliError, entry: SessionEntry | undefined) => void;
  /** Called after a fault was found and handled. Facts hold no secrets. */
  readonly onNotice?: (notice: SessionNotice, facts: Facts) => void;
  /** Replaces the locks' own values. */
  readonly lock?: Pick<LockOptions, 'staleMs' | 'host'>;
}
