import { COOKIE_FIX } from '../explain/browser-cookie.js';
import type { SignInResult } from '../sign-in/client.js';
import { followSteps } from '../sign-in/steps.js';
import { printable, type Terminal } from '../terminal.js';
import type { Recorder } from '../trace/recorder.js';

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
 */
export function followSignIn(
  recorder: Recorder,
  options: { readonly openBrowser: boolean; readonly pasting: boolean },
  terminal: Terminal,
): void {
  let url = '';
  let once = false;
  let redirectUri = '';
  let hinted = false;
  const refused = new Set<string>();
  /** What is waited for. */
  let subject = 'the sign-in';
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
  const sayStray = (reason: string, count: number) => {
    if (reason in REFUSALS) {
      if (!refused.has(reason)) say(REFUSALS[reason as keyof typeof REFUSALS]);
      refused.add(reason);
      return;
    }
    // The first is told, and then each tenfold: a flood must not drown what is waited for.
    if (!/^10*$/.test(String(count))) return;
    say(
      count === 1
        ? `A request came that is not this sign-in's answer (${reason}): it was ignored.`
        : `${count} such requests have come; all were ignored.`,
    );
  };

  followSteps(recorder, {
    listening: (facts) => {
      redirectUri = facts.redirectUri;
    },
    'not listening': (facts) => {
      redirectUri = facts.redirectUri;
      say('The redirect URI is not on this machine: paste the address the browser ends at after signing in.');
    },
    'client authentication chosen': ({ method, reason, issuer, requestedIssuer }) => {
      say(terminal.talk.dim(`client authentication ${clientAuthText({ method, reason })}`));
      if (issuer === requestedIssuer) return;
      say(
        terminal.talk.warn(
          `The provider writes its issuer ${printable(issuer)}: an application that compares to the letter needs that.`,
        ),
      );
    },
    'browser address': (facts) => {
      ({ url, once } = facts);
      if (options.openBrowser) return;
      say(
        once
          ? 'Open this address in a browser on this machine; it leads to the provider, and works in one browser:'
          : 'Open this address in a browser:',
      );
      sayAddress();
    },
    'browser opened': ({ by }) => {
      say(
        `Opened a browser (${printable(by)}). If nothing appears, open this address yourself${once ? ', in one browser only' : ''}:`,
      );
      sayAddress();
    },
    'browser not opened': ({ reason }) => {
      say(
        `No browser could be opened: ${printable(reason)}. Open this address in one${once ? ' on this machine' : ''}:`,
      );
      sayAddress();
    },
    waiting: ({ seconds }) => {
      waiting = `Waiting up to ${seconds} s for ${subject} … (Ctrl-C ends it)`;
      terminal.status(waiting);
    },
    'long wait': ({ strays }) => {
      if (hinted) return;
      hinted = true;
      say(
        'No answer yet. If the browser shows an error page of the provider, this redirect URI is most likely not registered there; it has to be, exactly:',
        `  ${printable(redirectUri)}`,
      );
      if (strays > 0) say(`(${strays} other requests came to it, none with this sign-in's state.)`);
    },
    'stray request': ({ reason, count }) => sayStray(reason, count),
    'pasted address ignored': ({ reason }) => {
      say(
        reason === 'wrong state'
          ? 'That address belongs to another sign-in (its state differs).'
          : `That is not the address of this sign-in's answer; it begins with ${printable(redirectUri)}.`,
      );
    },
    'driver started': ({ driver }) => {
      waiting = `Signing in ${driver === 'auto' ? 'without a person' : `by ${driver === 'browser' ? 'a browser' : driver}`} …`;
      terminal.status(waiting);
    },
    'driver finished': ({ driver, pages }) => {
      const seen = driver === 'command' ? '' : `, ${pages === 1 ? '1 page' : `${pages} pages`}`;
      say(terminal.talk.dim(`signed in without a person (${driver}${seen})`));
    },
    'authorization response': ({ delivery }) => {
      if (delivery === 'driver') return;
      terminal.status('The answer came; exchanging the code and verifying the ID token …');
    },
    // Of a command that makes several.
    'sign-in begins': ({ number, planned, why }) => {
      subject = `sign-in ${number} of ${planned}`;
      hinted = false;
      refused.clear();
      waiting = undefined;
      terminal.say(terminal.talk.strong(`Sign-in ${number} of ${planned}: ${why}`));
    },
    // The command's own result comes next.
    'sign-in ends': () => terminal.status(undefined),
  });
}

/** How a method of client authentication came to be used. */
export function clientAuthText({
  method,
  reason,
}: {
  readonly method: string;
  readonly reason: SignInResult['clientAuth']['reason'];
}): string {
  const why = {
    'asked for': 'as asked for',
    announced: 'the first that the provider announces',
    default: "the standard's default, since the provider announces none",
    'no secret': 'there is no client secret',
  }[reason];
  return `${method} (${why})`;
}
