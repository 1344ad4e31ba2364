import { writeSync } from 'node:fs';
import { OidcCliError } from '../errors.js';

/** Settings of `guardAgainstHang`. */
export interface HangGuardOptions {
  /** Milliseconds allowed for a call. */
  readonly limitMs: number;
  /** The operation, for the error's facts. */
  readonly operation: string;
  /** Called with `store_timeout` before the process ends itself; must write synchronously. By default one line on stderr. */
  readonly onHang?: (error: OidcCliError) => void;
}

let pending = 0;

/**
 * Whether a native keychain call is still running. Such a call keeps the process
 * alive and blocks even `process.exit`: to end the process meanwhile (Ctrl-C),
 * write all output and send the process a SIGKILL.
 */
export function nativeCallPending(): boolean {
  return pending > 0;
}

/**
 * Waits for a native call that cannot be abandoned. If it does not settle within
 * the limit, this calls `onHang` and ends the process by SIGKILL, which still
 * works then.
 */
export async function guardAgainstHang<T>(call: () => Promise<T>, options: HangGuardOptions): Promise<T> {
  pending += 1;
  const timer = setTimeout(() => {
    const { operation, limitMs } = options;
    const facts = { store: 'keychain', operation, timeoutSeconds: limitMs / 1000 };
    try {
      (options.onHang ?? writeToStderr)(new OidcCliError('store_timeout', facts));
    } finally {
      process.kill(process.pid, 'SIGKILL');
    }
  }, options.limitMs);
  try {
    return await call();
  } finally {
    clearTimeout(timer);
    pending -= 1;
  }
}

function writeToStderr(error: OidcCliError): void {
  writeSync(2, `${error.code}: ${JSON.stringify(error.facts)}\n`);
}
