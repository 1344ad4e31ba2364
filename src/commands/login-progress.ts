import { COOKIE_FIX } from '../explain/one-browser.js';
import type { LoginEvent } from '../flow/browser-login.js';
import { printable, type Terminal } from '../terminal.js';
import { clientAuthText } from './login-report.js';

/** Printed wherever the provider's own address is. */
export const ANY_BROWSER = 'The response is accepted from any browser, without a cookie.';

/** Lines for requests that are never sent by accident; each is printed once. */
const REFUSALS = {
  'other browser': `Ignored a response with the right state from another browser, or from one that keeps no cookies. ${COOKIE_FIX}`,
  'other user': 'Refused a program of another user of this machine that opened the one-time address.',
};

/**
 * Says on stderr what goes on in a sign-in, so that nobody waits without
 * knowing for what. `pasting`: a person could paste the callback's address here.
 * `what` is waited for, where it is not simply the sign-in.
 */
export function loginProgress(
  options: { readonly openBrowser: boolean; readonly pasting: boolean; readonly what?: string },
  terminal: Terminal,
): (event: LoginEvent) => void {
  let url = '';
  let once = false;
  let redirectUri = '';
  let hinted = false;
  const refused = new Set<string>();
  let waiting: string | undefined;
  const say = (...lines: readonly string[]) => {
    for (const line of lines) terminal.say(line);
    // On a terminal the last line says what is waited for; in a log that stands there already.
    if (waiting !== undefined && terminal.interactive) terminal.status(waiting);
  };
  const sayAddress = () => {
    say('', url, '');
    if (!once) say(ANY_BROWSER);
    if (!options.pasting) return;
    say(
      once
        ? 'With a browser on another machine, use --no-browser.'
        : 'With a browser on another machine, paste the address it ends at here.',
    );
  };

  return (event) => {
    switch (event.type) {
      case 'listening':
        redirectUri = event.redirectUri;
        return;
      case 'no listener':
        redirectUri = event.redirectUri;
        say('The redirect URI is not on this machine: paste the address the browser ends at after signing in.');
        return;
      case 'discovered':
        say(terminal.talk.dim(`client authentication ${clientAuthText(event.authentication)}`));
        if (event.issuer !== event.asked) {
          say(
            terminal.talk.warn(
              `The provider writes its issuer ${printable(event.issuer)}: an application that compares to the letter needs that.`,
            ),
          );
        }
        return;
      case 'authorization request':
        ({ url, once } = event);
        if (options.openBrowser) return;
        say(
          once
            ? 'Open this address in a browser on this machine; it leads to the provider, and works in one browser:'
            : 'Open this address in a browser:',
        );
        sayAddress();
        return;
      case 'browser opened':
        say(
          `Opened a browser (${printable(event.by)}). If nothing appears, open this address yourself${once ? ', in one browser only' : ''}:`,
        );
        sayAddress();
        return;
      case 'browser failed':
        say(
          `No browser could be opened: ${printable(event.reason)}. Open this address in one${once ? ' on this machine' : ''}:`,
        );
        sayAddress();
        return;
      case 'waiting':
        waiting = `Waiting up to ${event.seconds} s for ${options.what ?? 'the sign-in'} … (Ctrl-C ends it)`;
        terminal.status(waiting);
        return;
      case 'long wait':
        if (hinted) return;
        hinted = true;
        say(
          'No answer yet. If the browser shows an error page of the provider, this redirect URI is most likely not registered there; it has to be, exactly:',
          `  ${printable(event.redirectUri)}`,
        );
        if (event.strays > 0) say(`(${event.strays} other requests came to it, none with this sign-in's state.)`);
        return;
      case 'stray':
        if (event.reason in REFUSALS) {
          if (!refused.has(event.reason)) say(REFUSALS[event.reason as keyof typeof REFUSALS]);
          refused.add(event.reason);
          return;
        }
        // The first is told, and then each tenfold: a flood must not drown what is waited for.
        if (!/^10*$/.test(String(event.count))) return;
        say(
          event.count === 1
            ? `A request came that is not this sign-in's answer (${event.reason}): it was ignored.`
            : `${event.count} such requests have come; all were ignored.`,
        );
        return;
      case 'pasted ignored':
        say(
          event.reason === 'wrong state'
            ? 'That address belongs to another sign-in (its state differs).'
            : `That is not the address of this sign-in's answer; it begins with ${printable(redirectUri)}.`,
        );
        return;
      case 'driving':
        waiting = `Signing in ${event.way === 'auto' ? 'without a person' : `by ${event.way === 'browser' ? 'a browser' : event.way}`} …`;
        terminal.status(waiting);
        return;
      case 'driven': {
        const pages = event.way === 'command' ? '' : `, ${event.pages === 1 ? '1 page' : `${event.pages} pages`}`;
        say(terminal.talk.dim(`signed in without a person (${event.way}${pages})`));
        return;
      }
      case 'answered':
        terminal.status('The answer came; exchanging the code and verifying the ID token …');
        return;
      default:
        return;
    }
  };
}
