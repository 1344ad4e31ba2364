import { createInterface } from 'node:readline';
import type { Context } from '../context.js';
import { EXIT, type ExitCode } from '../errors.js';
import { explain } from '../explain/explain.js';
import { browserLogin, type LoginEvent } from '../flow/browser-login.js';
import type { SignInResult } from '../flow/sign-in.js';
import type { Profile } from '../profiles/profile.js';
import { printable, type Terminal } from '../terminal.js';
import { browserOf } from './browser-choice.js';
import { clientAuthText, printResult } from './login-report.js';
import { type LoginOptions, type PreparedLogin, prepareLogin, withWhatIsKnown } from './prepare-login.js';
import { networkFor } from './session-access.js';

/** `oidc-cli login`: one sign-in, by a browser here, by a pasted address, or in two commands. */
export async function login(options: LoginOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  if (options.demo) {
    const { loginDemo } = await import('./login-demo.js');
    return loginDemo(options, (signingIn) => login(signingIn, context, terminal), terminal);
  }
  if (options.callbackUrl !== undefined) {
    const { finishLogin } = await import('./login-two-step.js');
    return finishLogin(options.callbackUrl, options, context, terminal);
  }
  const prepared = await prepareLogin(options, context, terminal);
  if (options.start) return (await import('./login-two-step.js')).startLogin(prepared, options, context, terminal);
  return signIn(prepared, options, context, terminal);
}

async function signIn(
  prepared: PreparedLogin,
  options: LoginOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const { request, store, resolved } = prepared;
  const { profile } = resolved;
  const network = await networkFor(profile, context, terminal);
  const over = new AbortController();
  try {
    const result = await browserLogin(request, {
      ...network,
      signal: context.signal,
      openUrl: browserOf(options.openBrowser ? profile.browser : false, context),
      // A secret that was piped has used stdin up.
      pasted: profile.clientSecret?.kind === 'stdin' ? undefined : pastedLines(context, over.signal),
      keep: (signedIn) => keep(signedIn, prepared, options, context),
      explain: (error) => explain(error.code, error.facts),
      on: tell(profile, options, context, terminal),
    });
    terminal.status(undefined);
    printResult(result, store.kind, prepared.warnings, options, context, terminal);
    return EXIT.done;
  } catch (error) {
    terminal.status(undefined);
    throw withWhatIsKnown(error, request);
  } finally {
    over.abort();
    network.fetch.close();
  }
}

/** Saves the session, and with `--save` the profile and its secret. */
async function keep(
  result: SignInResult,
  { sessions, store, resolved, request }: PreparedLogin,
  options: LoginOptions,
  context: Context,
): Promise<void> {
  await sessions.save(result.session, store);
  if (options.save === undefined) return;
  const { saveLoginProfile } = await import('./login-save.js');
  await saveLoginProfile(options.save, resolved, request, { sessions, store }, context);
}

async function* pastedLines(context: Context, signal: AbortSignal): AsyncGenerator<string> {
  const lines = createInterface({ input: context.stdin, signal, terminal: false });
  try {
    yield* lines;
  } finally {
    lines.close();
    context.stdin.pause();
  }
}

/** Says on stderr what goes on, so that nobody waits without knowing for what. */
function tell(profile: Profile, options: LoginOptions, context: Context, terminal: Terminal) {
  let url = '';
  let hinted = false;
  const paste = context.stdin.isTTY ? ' or paste the address the browser ends at' : '';
  const showUrl = () => {
    terminal.say('');
    terminal.say(url);
    terminal.say('');
  };
  return (event: LoginEvent): void => {
    switch (event.type) {
      case 'no listener':
        terminal.say(
          'The redirect URI is not on this machine: paste the address the browser ends at after signing in.',
        );
        return;
      case 'discovered':
        terminal.say(terminal.talk.dim(`client authentication ${clientAuthText(event.authentication)}`));
        return;
      case 'authorization request':
        url = event.url;
        if (options.openBrowser) return;
        terminal.say('Open this address in a browser:');
        showUrl();
        return;
      case 'browser opened':
        terminal.say(`Opened a browser (${printable(event.by)}). If nothing appears, open this address yourself:`);
        showUrl();
        return;
      case 'browser failed':
        terminal.say(`No browser could be opened: ${printable(event.reason)}. Open this address in one:`);
        showUrl();
        return;
      case 'waiting':
        terminal.status(`Waiting up to ${event.seconds} s for the sign-in${paste} … (Ctrl-C ends it)`);
        return;
      case 'long wait':
        // On a terminal the line stays; in a log it is written once.
        if (hinted) return;
        hinted = true;
        terminal.status(
          `Still waiting. If the browser shows an error page of the provider, register this redirect URI there, exactly: ${printable(event.redirectUri)}${event.strays > 0 ? ` (${event.strays} other requests came)` : ''}`,
        );
        return;
      case 'pasted ignored':
        terminal.say(
          event.reason === 'wrong state'
            ? 'That address belongs to another sign-in (its state differs). Still waiting.'
            : `That is not the address of this sign-in's answer; it begins with ${printable(profile.redirectUri)}. Still waiting.`,
        );
        return;
      case 'answered':
        terminal.status('The answer came; exchanging the code and verifying the ID token …');
        return;
      default:
        return;
    }
  };
}
