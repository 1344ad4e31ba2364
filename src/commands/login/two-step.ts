import { hasOurForm, stateMismatch } from '../../browser/state-parameter.js';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { readClientSecret } from '../../profiles/client-secret.js';
import { profileValues } from '../../profiles/profile-values.js';
import type { ProfileValues } from '../../profiles/schema.js';
import type { SecretSource } from '../../sessions/session-store.js';
import type { Sessions } from '../../sessions/sessions.js';
import { isPastable, parametersAt } from '../../sign-in/callback-parameters.js';
import { OidcClient } from '../../sign-in/client.js';
import { callbackState, LATER, type PendingSignIn, pendingAge, pendingSignIn, Resumed } from '../../sign-in/resumed.js';
import { signIn, startSignIn } from '../../sign-in/sign-in.js';
import { noteAuthorizationRequest } from '../../sign-in/steps.js';
import type { Terminal } from '../../terminal.js';
import { openSessions } from '../open-sessions.js';
import { withFailureContext } from '../resolve-sign-in.js';
import { networkFor } from '../session-access.js';
import { timestamp } from '../session-text.js';
import { ANY_BROWSER } from '../sign-in-progress.js';
import type { LoginOptions, PreparedLogin } from './prepare.js';
import { printResult } from './print.js';
import { saveLoginProfile } from './save-profile.js';

/** A pending sign-in, with what only the command knows: where its secret and its session belong. */
interface SavedSignIn extends PendingSignIn {
  readonly store: 'keychain' | 'file' | 'memory';
  /** With `--save`: the profile to write once the sign-in succeeded. */
  readonly save?: { readonly name: string; readonly values: ProfileValues };
}

/** `login --start`: prints the URL on stdout and keeps the pending sign-in for 10 minutes. */
export async function startLogin(
  { request, resolved, sessions, store }: PreparedLogin,
  options: LoginOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  if (store.kind === 'memory') {
    throw new OidcCliError('usage', {
      reason: 'login --start must keep the sign-in for the next command, and memory does not outlive this one.',
      fix: 'Use --store keychain or --store file.',
    });
  }
  if (new URL(request.redirectUri).port === '0') {
    throw new OidcCliError('usage', {
      reason: 'login --start listens on no port, so --port 0 cannot be filled in.',
      fix: 'Give the redirect URI with the port that is registered: --redirect-uri http://localhost:8484/callback.',
    });
  }
  if (!isPastable(request.authorization.responseMode)) {
    throw new OidcCliError('usage', {
      reason:
        'With --response-mode form_post the browser ends at an address without the answer, so there is nothing to hand over.',
      fix: 'Leave --response-mode out with --start.',
    });
  }
  const network = await networkFor(resolved.profile, context, terminal);
  const save = options.save === undefined ? {} : { save: { name: options.save, values: profileValues(resolved) } };
  try {
    const started = await startSignIn(new OidcClient(request, network), LATER, network);
    const { url } = started.request;
    const pending = pendingSignIn(request, started.request, store.kind, context.clock.now());
    await sessions.savePending({ ...pending, ...save }, store);
    noteAuthorizationRequest(network, url);
    if (options.json) {
      const expiresAt = timestamp(pending.expiresAt);
      terminal.json({ authorizationUrl: url, redirectUri: pending.redirectUri, expiresAt });
    } else {
      terminal.out(url);
    }
    terminal.say(
      'Open the address in a browser, sign in, and within 10 minutes hand over the address the browser ends at:',
    );
    terminal.say("  oidc-cli login --callback-url 'ADDRESS'   (or: --callback-url - to read it from stdin)");
    terminal.say(ANY_BROWSER);
    return EXIT.done;
  } catch (error) {
    throw withFailureContext(error, request, context);
  } finally {
    network.fetch.close();
  }
}

/** `login --callback-url`: finishes the pending sign-in that the callback's state belongs to. */
export async function finishLogin(
  callback: string,
  options: LoginOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const callbackUrl = callback === '-' ? await callbackFromStdin(context, terminal) : callback;
  const sessions = openSessions(context, terminal);
  const pending = await takePending(callbackUrl, sessions);
  const { request } = pending;
  const { store } = await sessions.choose(pending.store, request);
  const network = await networkFor(request, context, terminal);
  try {
    const clientSecret = await readPendingSecret(request.clientSecretSource, context);
    const client = new OidcClient({ ...request, clientSecret }, network, pending);
    const userAgent = new Resumed({ callbackUrl, afterSeconds: pendingAge(pending, context.clock.now()) });
    const { signedIn } = await signIn(client, userAgent, network);
    await sessions.save(signedIn.session, store);
    network.recorder.note({ step: 'session saved', from: 'cli', to: 'cli', at: context.clock.now() });
    if (pending.save)
      await saveLoginProfile(pending.save.name, pending.save.values, request, { sessions, store }, context);
    printResult(signedIn, store.kind, [], options, context, terminal);
    return EXIT.done;
  } catch (error) {
    // Nothing was sent to the token endpoint and the provider refused nothing: the same address may succeed yet.
    const refused = error instanceof OidcCliError && error.exitCode === EXIT.refused;
    if (!refused && !network.recorder.last('token request')) await sessions.savePending(pending, store);
    throw withFailureContext(error, request, context);
  } finally {
    network.fetch.close();
  }
}

/**
 * The pending sign-in that a callback URL belongs to by its state, out of the
 * store. Throws `callback_no_pending`, and `callback_state_mismatch` for what
 * came to the one sign-in that waits, with no state or one that nobody here made.
 */
async function takePending(callbackUrl: string, sessions: Sessions): Promise<SavedSignIn> {
  const state = callbackState(callbackUrl);
  const about = state === undefined ? undefined : await sessions.aboutPending(state);
  const pending = state === undefined ? undefined : await sessions.takePending(state);
  if (pending) return pending as SavedSignIn;
  const likeOurs = hasOurForm(state ?? null);
  const only = likeOurs ? undefined : ((await sessions.onlyPending()) as SavedSignIn | undefined);
  const parameters = only && parametersAt(callbackUrl, only.redirectUri);
  const isResponse = parameters && ['code', 'error', 'state'].some((name) => parameters.has(name));
  if (only && isResponse) {
    throw stateMismatch(parameters, only.redirectUri).with({
      code: 'callback_state_mismatch',
      facts: { cameBy: 'paste' },
    });
  }
  if (state === undefined) throw new OidcCliError('callback_invalid', { reason: 'it has no "state"' });
  throw new OidcCliError('callback_no_pending', { ...about, likeOurs });
}

async function readPendingSecret(source: SecretSource | undefined, context: Context): Promise<string | undefined> {
  if (!source) return undefined;
  return source.kind === 'stored'
    ? source.value
    : readClientSecret(source, { env: context.env, folders: context.folders });
}

async function callbackFromStdin(context: Context, terminal: Terminal): Promise<string> {
  const { readSecretFromStdin } = await import('../../profiles/client-secret.js');
  // It holds the code: read as a secret is, without an echo.
  if (context.stdin.isTTY) terminal.say('Paste the address the browser ended at (it is not shown):');
  return readSecretFromStdin(context.stdin, context);
}
