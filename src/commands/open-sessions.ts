import { writeSync } from 'node:fs';
import type { Context } from '../context.js';
import type { OidcCliError } from '../errors.js';
import { nativeCallPending } from '../sessions/hang-guard.js';
import { createSessions, type SessionEntry, type Sessions } from '../sessions/sessions.js';
import { jsonText, printable, type Terminal } from '../terminal.js';

/** How long a native keychain call may go on after Ctrl-C, in milliseconds. */
const NATIVE_CALL_GRACE_MS = 1000;

/** A command still running after this, in milliseconds, gets the words for a keychain call that hangs. */
const SLOW_MS = 5000;

/** The sessions of this user. What happens on the side is said on stderr. */
export function openSessions(context: Context, terminal: Terminal): Sessions {
  context.signal.addEventListener('abort', endHangingCall, { once: true });
  return createSessions({
    dataFolder: context.folders.data,
    env: context.env,
    platform: context.platform,
    clock: context.clock,
    signal: context.signal,
    onHang: createHangNotice(context, terminal),
    onNotice: (notice, facts) => {
      const where = facts.file === undefined ? '' : ` (${printable(String(facts.file))})`;
      if (notice === 'index_rebuilt') terminal.say(`The list of sessions was damaged and has been made anew${where}.`);
      if (notice === 'entry_set_aside') terminal.say(`A damaged session file was set aside${where}.`);
      if (notice === 'session_moved') {
        const place = facts.to === 'keychain' ? 'the keychain' : 'the encrypted file';
        terminal.say(
          `${terminal.talk.warn('Warning:')} the session could not be saved where it was (${printable(String(facts.reason))}). It is now in ${place}.`,
        );
      }
      if (notice === 'old_session_left') {
        terminal.say('The session that was replaced could not be removed from its old store.');
      }
    },
  });
}

/**
 * Tells of a keychain call that hangs, as `main` tells of any failure. The
 * process ends itself right after, so that it must be written synchronously;
 * the words are loaded ahead, but only by a command that takes long.
 */
function createHangNotice(
  context: Context,
  terminal: Terminal,
): (hang: OidcCliError, entry: SessionEntry | undefined) => void {
  let words: typeof import('./failure-text.js') | undefined;
  let addFacts = (error: OidcCliError, _entry: SessionEntry) => error;
  setTimeout(async () => {
    words = await import('./failure-text.js');
    const { addSignIn } = await import('./session-access.js');
    const { loadProfileFiles } = await import('../profiles/profile-file.js');
    const files = await loadProfileFiles(context).catch(() => undefined);
    addFacts = (error, entry) => addSignIn(error, entry, files);
  }, SLOW_MS).unref();
  return (hang, entry) => {
    const error = entry ? addFacts(hang, entry) : hang;
    if (words && terminal.failsInJson) {
      writeSync(1, `${jsonText(words.failureDocument(error))}\n`);
      return;
    }
    const lines = words?.failureLines(error, terminal.talk) ?? [`✗ The keychain did not answer (${error.code}).`];
    writeSync(2, `${lines.join('\n')}\n`);
  };
}

/** A keychain call that hangs blocks even `process.exit`; only a signal gets past it, and SIGINT makes the shell see 130. */
function endHangingCall(): void {
  setTimeout(() => {
    if (!nativeCallPending()) return;
    process.removeAllListeners('SIGINT');
    process.kill(process.pid, 'SIGINT');
  }, NATIVE_CALL_GRACE_MS).unref();
}
