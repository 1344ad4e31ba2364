import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../context.js';
import { OidcCliError } from '../errors.js';

/** One-time codes of one secret, each handed out once. */
export interface OneTimeCodes {
  /** The code of now; of the next period when this one's was taken already or is about to end. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<string>;
}

/** Milliseconds that a code has to be good for when it is typed: it has to be sent yet. */
const TIME_TO_SEND = 2_000;

/** Characters of base32 below which it is no secret (RFC 4226 §4 asks for 128 bits; some providers give 80). */
const MIN_LENGTH = 10;

/**
 * One-time codes (RFC 6238) of a base32 secret or an `otpauth://totp/` address.
 * Throws `totp_secret_invalid`, with a reason that repeats nothing of it.
 */
export async function oneTimeCodes(secret: string, clock: Clock): Promise<OneTimeCodes> {
  const totp = await readSecret(secret.trim());
  let taken = -1;
  return {
    next: async (signal) => {
      const left = () => totp.remaining({ timestamp: clock.now() });
      const period = () => totp.counter({ timestamp: clock.now() });
      signal.throwIfAborted();
      if (period() <= taken || left() < TIME_TO_SEND) {
        try {
          await wait(left() + 50, undefined, { signal });
        } catch (error) {
          signal.throwIfAborted();
          throw error;
        }
      }
      taken = period();
      return totp.generate({ timestamp: clock.now() });
    },
  };
}

async function readSecret(text: string) {
  const invalid = (reason: string) => new OidcCliError('totp_secret_invalid', { reason });
  const { Secret, TOTP, URI } = await import('otpauth');
  if (/^otpauth:/i.test(text)) {
    let read: unknown;
    try {
      read = URI.parse(text);
    } catch {
      throw invalid('the otpauth address is not complete');
    }
    if (!(read instanceof TOTP)) throw invalid('it is for codes by a counter (HOTP), not by the time');
    return read;
  }
  const base32 = text.replaceAll(/[\s-]/g, '').toUpperCase().replace(/=+$/, '');
  if (!/^[A-Z2-7]+$/.test(base32)) throw invalid('it is neither base32 nor an otpauth address');
  if (base32.length < MIN_LENGTH) throw invalid('it is too short');
  return new TOTP({ secret: Secret.fromBase32(base32) });
}
