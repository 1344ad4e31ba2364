import type { Context } from '../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../errors.js';
import { browserLogin } from '../flow/browser-login.js';
import type { SignInResult } from '../flow/sign-in.js';
import type { Terminal } from '../terminal.js';
import { browserOf } from './browser-choice.js';
import { loginProgress } from './login-progress.js';
import { printResult } from './login-report.js';
import type { ReadyDriven } from './login-with.js';
import { pastedLines } from './pasted-lines.js';
import { type LoginOptions, type PreparedLogin, prepareLogin, withWhatIsKnown } from './prepare-login.js';
import { networkFor } from './session-access.js';

/** `oidc-cli login`: one sign-in, by a browser here, by a pasted address, or in two commands, or as Logto's connector would. */
export async function login(options: LoginOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  if (options.driven) (await import('./login-with.js')).checkDrivenFlags(options.driven, options);
  if (options.connector !== undefined) {
    const { loginConnector } = await import('./login-connector.js');
    return loginConnector(options.connector, options, context, terminal);
  }
  refuseWhatCannotGoTogether(options);
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

/** Flags that would be ignored are refused: who typed them expects something of them. Throws `usage`. */
function refuseWhatCannotGoTogether(options: LoginOptions): void {
  const refuse = (reason: string, fix: string) => {
    throw new OidcCliError('usage', { reason, fix });
  };
  const { demo, start, callbackUrl, save, profile, flags } = options;
  if (demo && (start || callbackUrl !== undefined || save !== undefined)) {
    refuse(
      '--demo signs in at a provider that ends with the command, so --start, --callback-url and --save have nothing to keep.',
      'Leave them out, or run oidc-cli idp in another terminal and sign in there.',
    );
  }
  const given = Object.entries({ ...flags, ...options.signInPage }).filter(([, value]) => value !== undefined);
  if (callbackUrl !== undefined && (start || save !== undefined || profile !== undefined || given.length > 0)) {
    refuse(
      '--callback-url finishes the sign-in as login --start began it, and takes no other settings.',
      'Give profile and flags to login --start, and only --json or --show-claims here.',
    );
  }
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
  const withoutPerson = options.driven && (await import('./login-with.js'));
  const stdinTaken = profile.clientSecret?.kind === 'stdin';
  let driven: ReadyDriven | undefined;
  try {
    const { fetch } = network;
    const { ca, insecure, browser, loginHint } = profile;
    const { issuer, allowHttp } = request;
    const settings = { settings: { ca, insecure }, fetch, browser, loginHint, issuer, allowHttp, stdinTaken };
    driven = options.driven && (await withoutPerson?.drivenBy(options.driven, settings, context, terminal));
    const result = await browserLogin(request, {
      ...network,
      signal: context.signal,
      driven,
      openUrl: browserOf(options.openBrowser ? profile.browser : false, context),
      // A secret that was piped has used stdin up.
      pasted: stdinTaken || driven ? undefined : pastedLines(context, over.signal),
      keep: (signedIn) => keep(signedIn, prepared, options, context),
      explain: async ({ code, facts }) => (await import('../explain/explain.js')).explain(code, facts),
      on: loginProgress({ openBrowser: options.openBrowser, pasting: context.stdin.isTTY === true }, terminal),
    });
    terminal.status(undefined);
    printResult(result, store.kind, prepared.warnings, options, context, terminal);
    return EXIT.done;
  } catch (error) {
    terminal.status(undefined);
    withoutPerson?.sayEvidence(error, terminal);
    throw withWhatIsKnown(error, request, context);
  } finally {
    over.abort();
    await driven?.close();
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
  const [{ saveLoginProfile }, { profileValues }] = await Promise.all([
    import('./login-save.js'),
    import('../profiles/profile-values.js'),
  ]);
  await saveLoginProfile(options.save, profileValues(resolved), request, { sessions, store }, context);
}
