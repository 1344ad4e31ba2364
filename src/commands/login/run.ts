import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { OidcClient, type SignInResult } from '../../sign-in/client.js';
import { signIn } from '../../sign-in/sign-in.js';
import type { Terminal } from '../../terminal.js';
import { withFailureContext } from '../resolve-sign-in.js';
import { type Network, networkFor } from '../session-access.js';
import { openUserAgents, sayEvidence, type UserAgents } from '../user-agents.js';
import { type LoginOptions, type PreparedLogin, prepareLogin } from './prepare.js';
import { printResult } from './print.js';

/** `oidc-cli login`: one sign-in, by a browser here, by a pasted address, or in two commands, or as Logto's connector would. */
export async function login(options: LoginOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  if (options.automation) (await import('../automation.js')).checkAutomationFlags(options.automation, options);
  if (options.connector !== undefined) {
    const { loginConnector } = await import('./connector.js');
    return loginConnector(options.connector, options, context, terminal);
  }
  refuseConflictingFlags(options);
  if (options.demo) {
    const { loginDemo } = await import('./demo.js');
    return loginDemo(options, (signingIn) => login(signingIn, context, terminal), terminal);
  }
  if (options.callbackUrl !== undefined) {
    const { finishLogin } = await import('./two-step.js');
    return finishLogin(options.callbackUrl, options, context, terminal);
  }
  const prepared = await prepareLogin(options, context, terminal);
  if (options.start) return (await import('./two-step.js')).startLogin(prepared, options, context, terminal);
  return signInHere(prepared, options, context, terminal);
}

/** Flags that would be ignored are refused: who typed them expects something of them. Throws `usage`. */
function refuseConflictingFlags(options: LoginOptions): void {
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

async function signInHere(
  prepared: PreparedLogin,
  options: LoginOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const { request, store, resolved } = prepared;
  const { ca, insecure, browser, loginHint, clientSecret } = resolved.profile;
  const { issuer, allowHttp, timeout } = request;
  const network = await networkFor(resolved.profile, context, terminal);
  const settings = { settings: { ca, insecure }, fetch: network.fetch, browser, loginHint, issuer, allowHttp };
  const asked = { automation: options.automation, openBrowser: options.openBrowser, timeout };
  let userAgents: UserAgents | undefined;
  try {
    const stdinTaken = clientSecret?.kind === 'stdin';
    userAgents = await openUserAgents({ ...settings, ...asked, stdinTaken }, network, context, terminal);
    const { signedIn, conclude, fail } = await signIn(new OidcClient(request, network), userAgents.next(), network);
    try {
      await save(signedIn, prepared, options, network, context);
    } catch (error) {
      throw await fail(error);
    }
    await conclude();
    terminal.status(undefined);
    printResult(signedIn, store.kind, prepared.warnings, options, context, terminal);
    return EXIT.done;
  } catch (error) {
    terminal.status(undefined);
    sayEvidence(error, terminal);
    throw withFailureContext(error, request, context);
  } finally {
    await userAgents?.close();
    network.fetch.close();
  }
}

/** Saves the session, and with `--save` the profile and its secret. */
async function save(
  { session }: SignInResult,
  { sessions, store, resolved, request }: PreparedLogin,
  options: LoginOptions,
  { recorder }: Network,
  context: Context,
): Promise<void> {
  await sessions.save(session, store);
  recorder.note({ step: 'session saved', from: 'cli', to: 'cli', at: context.clock.now() });
  if (options.save === undefined) return;
  const [{ saveLoginProfile }, { profileValues }] = await Promise.all([
    import('./save-profile.js'),
    import('../../profiles/profile-values.js'),
  ]);
  await saveLoginProfile(options.save, profileValues(resolved), request, { sessions, store }, context);
}
