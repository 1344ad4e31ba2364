import type { Context } from '../context.js';
import { EXIT, OidcCliError } from '../errors.js';
import type { NetworkFetch } from '../network/fetch.js';
import { environmentTimeout } from '../profiles/layers.js';
import { type ChosenBy, chooseProfileName } from '../profiles/profile.js';
import { loadProfileFiles, type ProfileFiles } from '../profiles/profile-file.js';
import type { Session, StoreKind } from '../sessions/session-store.js';
import type { OpenedSession, SessionEntry, Sessions } from '../sessions/sessions.js';
import type { CurrentSessionDeps } from '../sign-in/current-session.js';
import type { LogoutDeps } from '../sign-in/logout.js';
import { printable, type Terminal } from '../terminal.js';
import type { Recorder } from '../trace/recorder.js';

/** Which session a command is about. */
export interface SessionSelection {
  readonly profile?: string;
  readonly issuer?: string;
  /** Seconds to wait for each response of the provider. */
  readonly timeout?: number;
}

/**
 * The session a command means: by argument, `OIDC_CLI_PROFILE`, the file's
 * default, else the one last signed in to; it says which on stderr when the
 * command did not. Throws `not_signed_in`, `config_*` and `store_*`.
 */
export async function findSession(
  selection: SessionSelection,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<OpenedSession> {
  const entry = await findEntry(selection, sessions, context, terminal);
  const opened = await openEntry(entry, sessions, context);
  if (!opened) throw new OidcCliError('not_signed_in', { profile: entry.profile, issuer: entry.issuer });
  return opened;
}

/**
 * Opens a session as `Sessions.open` does. What its store throws gets the facts
 * that a command to sign in again is made of (`withSignIn`).
 */
export async function openEntry(
  entry: SessionEntry,
  sessions: Sessions,
  context: Context,
): Promise<OpenedSession | undefined> {
  try {
    return await sessions.open(entry);
  } catch (error) {
    throw await withSignIn(error, entry, context);
  }
}

/**
 * A store's error with the facts `profile`, `issuer` and, where no file knows
 * the profile, `unnamedClient`: whoever loses the session to it must be told
 * how to sign in again. Any other error as it is.
 */
export async function withSignIn(error: unknown, entry: SignedIn, context: Context): Promise<unknown> {
  if (!(error instanceof OidcCliError) || error.exitCode !== EXIT.store) return error;
  return addSignIn(error, entry, await loadProfileFiles(context).catch(() => undefined));
}

/** What a command to sign in again is made of. */
type SignedIn = Pick<SessionEntry, 'profile' | 'issuer' | 'clientId'>;

/** As `withSignIn`, for a store's error, with the files read before. */
export function addSignIn(
  error: OidcCliError,
  { profile, issuer, clientId }: SignedIn,
  files: ProfileFiles | undefined,
): OidcCliError {
  const known = [files?.project, files?.user].some((file) => file?.profiles.has(profile));
  return error.with({ facts: { profile, issuer, ...(known ? {} : { unnamedClient: clientId }), ...error.facts } });
}

/** As `findSession`, without opening the store that holds the session. */
export async function findEntry(
  selection: SessionSelection,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<SessionEntry> {
  const all = await sessions.list();
  const { profile, chosenBy } = await choose(selection, all, context);
  const entry = all.find(
    (candidate) =>
      (profile === undefined || candidate.profile === profile) &&
      (selection.issuer === undefined || candidate.issuer === selection.issuer),
  );
  if (!entry) {
    const others = [...new Set(all.map((other) => other.profile))];
    // A profile that no file knows cannot be signed in to by its name alone.
    const { project, user } = await loadProfileFiles(context);
    const known = profile !== undefined && [project, user].some((file) => file?.profiles.has(profile));
    throw new OidcCliError('not_signed_in', { profile, issuer: selection.issuer, chosenBy, others, known });
  }
  if (chosenBy !== 'argument') {
    terminal.say(terminal.talk.dim(`profile ${printable(entry.profile)} (${chosenByText(chosenBy)})`));
  }
  return entry;
}

/** How a profile came to be used, for people. */
export function chosenByText(chosenBy: ChosenBy | undefined): string {
  switch (chosenBy) {
    case 'argument':
      return 'as named';
    case 'OIDC_CLI_PROFILE':
    case 'OIDC_CLI_ISSUER':
    case 'OIDC_CLI_ENDPOINT':
      return `from ${chosenBy}`;
    case 'default in file':
      return 'the default of the configuration file';
    case 'last signed in to':
      return 'the one last signed in to';
    default:
      return 'named after its issuer';
  }
}

async function choose(
  selection: SessionSelection,
  all: readonly SessionEntry[],
  context: Context,
): Promise<{ profile?: string; chosenBy?: ChosenBy }> {
  // An issuer alone is enough to know the session by.
  if (selection.profile === undefined && selection.issuer !== undefined) return {};
  const choice = await chooseProfileName({ name: selection.profile, lastSignedIn: all[0]?.profile }, context);
  return { profile: choice.name, chosenBy: choice.chosenBy };
}

/** What every flow needs to make requests. */
export interface Network {
  readonly fetch: NetworkFetch;
  readonly recorder: Recorder;
  readonly clock: Context['clock'];
}

/**
 * Makes the fetch of a command and its recorder. `timeout` limits each response
 * of a provider, in seconds; without it `OIDC_CLI_TIMEOUT` does. Throws
 * `config_value_invalid` for that variable, and `ca_unreadable`.
 */
export async function networkFor(
  settings: {
    readonly ca?: string;
    readonly insecure?: boolean;
    readonly timeout?: number;
  },
  context: Context,
  terminal: Terminal,
): Promise<Network> {
  if (settings.insecure) {
    terminal.say(
      terminal.talk.warn(
        'WARNING: TLS certificates are not verified (--insecure). Anybody on the way can read and change everything.',
      ),
    );
  }
  const [{ createFetch }, { Recorder }] = await Promise.all([
    import('../network/fetch.js'),
    import('../trace/recorder.js'),
  ]);
  const timeout = settings.timeout ?? (await environmentTimeout(context.env));
  const recorder = new Recorder(context);
  const fetch = createFetch({
    env: context.env,
    clock: context.clock,
    recorder,
    caFile: settings.ca,
    insecure: settings.insecure,
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
    signal: context.signal,
    onWait: createWaitNotice(terminal),
  });
  return { fetch, recorder, clock: context.clock };
}

/** Removes a session from its store; one of a newer sign-in that has taken its place stays. Throws `store_*`. */
export async function forgetSession(entry: SessionEntry, sessions: Sessions): Promise<'done' | 'newer stays'> {
  if (await sessions.forget(entry)) return 'done';
  const { profile, issuer } = entry;
  return (await sessions.find({ profile, issuer })) ? 'newer stays' : 'done';
}

/**
 * Says, once, why a command does not end at its interruption: who hears
 * nothing presses Ctrl-C again, and the rotated refresh token is lost.
 */
export function createWaitNotice(terminal: Terminal): (longestMs: number) => void {
  let details = false;
  return (longestMs) => {
    if (details) return;
    details = true;
    terminal.say(
      `Waiting up to ${longestMs / 1000} s for the provider's answer, which may hold a new refresh token; Ctrl-C again gives it up.`,
    );
  };
}

/**
 * What the session flows need, bound to one session in its store. Of a run of
 * several jobs, the job's own `signal` ends the wait for another process.
 */
export function sessionDeps(
  opened: OpenedSession,
  sessions: Sessions,
  context: Context,
  network: Network & { readonly signal?: AbortSignal },
): CurrentSessionDeps & Pick<LogoutDeps, 'forget'> {
  let { entry } = opened;
  const hide = ({ accessToken, refreshToken, idToken }: Session) =>
    network.recorder.hide(accessToken, refreshToken, idToken);
  hide(opened.session);
  /** Completes what the store throws; the session it is about may be gone for good. */
  const named = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw await withSignIn(error, entry, context);
    }
  };
  return {
    ...network,
    read: async () => {
      const newest = await named(sessions.open(entry));
      if (!newest) return undefined;
      entry = newest.entry;
      hide(newest.session);
      return newest.session;
    },
    forget: () => named(forgetSession(entry, sessions)),
    ready: () => named(sessions.ready(entry)),
    save: async (session) => {
      await sessions.update(session, entry).catch(async (error: unknown) => {
        throw await withSignIn(error, entry, context);
      });
      network.recorder.note({ step: 'session saved', from: 'cli', to: 'cli', at: context.clock.now() });
      // Ctrl-C while the refresh was under way: it has been waited for so far, and no further.
      context.signal.throwIfAborted();
    },
    exclusively: (work) => sessions.exclusively(entry, work, network.signal ?? context.signal),
    clientSecret: (session) => readSessionSecret(session, context),
  };
}

/** The client secret of a kept session, from where its sign-in had it. Throws `client_secret_unavailable`. */
export async function readSessionSecret(session: Session, context: Context): Promise<string | undefined> {
  const source = session.clientSecret;
  if (!source) return undefined;
  if (source.kind === 'stored') return source.value;
  const { readClientSecret } = await import('../profiles/client-secret.js');
  return readClientSecret(source, { env: context.env, folders: context.folders });
}

/** Where a session is kept, for people. */
export function storeText(kind: StoreKind, context: Context): string {
  if (kind === 'memory') return 'in memory only: it ends with this command';
  if (kind === 'file') return `in an encrypted file in ${context.folders.data}`;
  if (context.platform === 'darwin') return 'in the macOS keychain';
  if (context.platform === 'win32') return 'in the Windows credential manager';
  return 'in the keychain (Secret Service)';
}
