import os from 'node:os';
import { countsOf } from '../../checks/print.js';
import type { Context } from '../../context.js';
import type { Configuration, LocalSettings } from '../../doctor/configuration-checks.js';
import { examineProfile, type ProfileReport } from '../../doctor/examine-profile.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { explain } from '../../explain/explain.js';
import type { NetworkFetch } from '../../network/fetch.js';
import { type CollectedProfile, collectProfile } from '../../profiles/collect-profile.js';
import { environmentLayer, flagLayer } from '../../profiles/layers.js';
import type { ProfileFlags } from '../../profiles/profile.js';
import { redirectUriWithPort } from '../../profiles/redirect-uri.js';
import { DEFAULTS } from '../../profiles/settings.js';
import type { OpenedSession, Sessions } from '../../sessions/sessions.js';
import type { Terminal } from '../../terminal.js';
import { Recorder } from '../../trace/recorder.js';
import { version } from '../../version.js';
import { openSessions } from '../open-sessions.js';
import { flagsToRepeat, savedSecretSource } from '../repeated-sign-in.js';
import { readSignInSecret } from '../resolve-sign-in.js';
import { chosenByText, withSignIn } from '../session-access.js';
import { doctorDocument, reportLines } from './print.js';

/** What `doctor` was asked. */
export interface DoctorOptions {
  readonly profile?: string;
  readonly flags: ProfileFlags;
  /** A Logto connector's JSON, or `-` for stdin: that is examined, and no profile. */
  readonly connector?: string;
  /** Logto's own address, and the connector's id there. */
  readonly logtoEndpoint?: string;
  readonly connectorId?: string;
  /** Warnings fail, too. */
  readonly strict?: boolean;
  readonly json?: boolean;
}

/**
 * `oidc-cli doctor`: what keeps a profile from signing in, found without a
 * sign-in. Exit code 0: nothing; 1: something does (with `--strict` a warning
 * suffices). A file that cannot be used is a finding; a flag or variable that
 * cannot, and a profile that nobody knows, throw as in `login`.
 */
export async function doctor(options: DoctorOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const { connector, logtoEndpoint, connectorId, strict = false, json } = options;
  if (connector !== undefined) {
    const { doctorConnector } = await import('./connector.js');
    const known = connectorFlags(options);
    return doctorConnector({ connector, logtoEndpoint, connectorId, strict, json, ...known }, context, terminal);
  }
  if (logtoEndpoint !== undefined || connectorId !== undefined) {
    throw new OidcCliError('usage', {
      reason: '--logto-endpoint and --connector-id are about a Logto connector, and there is none.',
      fix: 'Give its JSON with --connector FILE, or leave them out.',
    });
  }
  const sessions = openSessions(context, terminal);
  const configuration = await readConfiguration(options, sessions, context, terminal);
  const report = await examine(configuration, sessions, context, terminal);
  if (json) terminal.json(doctorDocument(configuration, report));
  else for (const line of reportLines(configuration, report, terminal.style)) terminal.out(line);
  const { failed, warned } = countsOf(report.checks);
  return failed > 0 || (strict && warned > 0) ? EXIT.checkFailed : EXIT.done;
}

/** The flags that a connector is examined with. Throws `usage` for a profile and for flags that would be ignored. */
function connectorFlags({ profile, flags }: DoctorOptions) {
  const { issuer, ca, insecure, timeout, trustProject, ...more } = flags;
  const { clientSecret, clientSecretEnv, clientSecretFile, clientSecretStdin, ...others } = more;
  const secret = { clientSecret, clientSecretEnv, clientSecretFile, clientSecretStdin };
  const [ignored] = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (profile !== undefined || ignored !== undefined) {
    const flag = `--${(ignored ?? '').replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
    throw new OidcCliError('usage', {
      reason: `--connector examines the connector in that file, so ${profile === undefined ? flag : `the profile ${profile}`} has nothing to say.`,
      fix: 'Leave one of them out.',
    });
  }
  return { issuer, ca, insecure, timeout, trustProject, ...secret };
}

/** The profile and its secret, as far as they can be had. */
async function readConfiguration(
  { profile: name, flags }: DoctorOptions,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<Configuration> {
  let collected: CollectedProfile;
  try {
    collected = await collect(name, flags, sessions, context);
  } catch (error) {
    if (!(error instanceof OidcCliError) || !/^config_(file_|untrusted)/.test(error.code)) throw error;
    return { collected: error, local: await localSettings(flags, context), chosenBy: '', secret: undefined };
  }
  const { chosenBy, values } = collected;
  return {
    collected,
    local: collected,
    chosenBy: chosenBy === undefined ? '' : chosenByText(chosenBy),
    secret: await secretOrReason({ name: collected.name ?? '', ...values }, sessions, context, terminal),
  };
}

/** What flags and environment say of this machine, where the files cannot be used. */
async function localSettings(flags: ProfileFlags, { env, cwd }: Context): Promise<LocalSettings> {
  const layers = [await flagLayer(flags, cwd, env), await environmentLayer(env, cwd)];
  const from = <Key extends keyof LocalSettings['values']>(key: Key) =>
    layers.find(({ values }) => values[key] !== undefined);
  const { redirectUri = DEFAULTS.redirectUri } = from('redirectUri')?.values ?? {};
  const ca = from('ca');
  return {
    values: {
      redirectUri: flags.port === undefined ? redirectUri : redirectUriWithPort(redirectUri, flags.port),
      store: from('store')?.values.store ?? DEFAULTS.store,
      insecure: from('insecure')?.values.insecure ?? DEFAULTS.insecure,
      timeout: from('timeout')?.values.timeout ?? DEFAULTS.timeout,
      ...(ca?.values.ca === undefined ? {} : { ca: ca.values.ca }),
    },
    sources: ca === undefined ? {} : { ca: ca.source('ca') },
  };
}

/** The profile, from flags, environment and files; else as it last signed in, where no file knows its name. */
async function collect(
  name: string | undefined,
  flags: ProfileFlags,
  sessions: Sessions,
  context: Context,
): Promise<CollectedProfile> {
  // A list of sessions that cannot be read is no reason not to examine the rest.
  const last = name === undefined ? (await sessions.list().catch(() => []))[0]?.profile : undefined;
  try {
    return await collectProfile({ name, flags, lastSignedIn: last }, context);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'profile_unknown') throw error;
    const entry = await sessions.find({ profile: name ?? last }).catch(() => undefined);
    if (!entry) throw error;
    let actual: OpenedSession | undefined;
    try {
      actual = await sessions.open(entry);
    } catch (failure) {
      if (!(failure instanceof OidcCliError) || failure.exitCode !== EXIT.store) throw failure;
      // Its store is examined with the rest; the list says enough to examine the provider.
      const listed = { ...flags, issuer: flags.issuer ?? entry.issuer, clientId: flags.clientId ?? entry.clientId };
      const collected = await collectProfile({ name: entry.profile, flags: listed }, context);
      return { ...collected, chosenBy: name === undefined ? 'last signed in to' : 'argument' };
    }
    if (!actual) throw error;
    const { session } = actual;
    const repeated = flagsToRepeat(session, actual.entry, flags);
    const collected = await collectProfile({ name: session.profile, flags: repeated }, context);
    const saved = savedSecretSource(session, collected.values);
    const values = saved === undefined ? collected.values : { ...collected.values, clientSecret: saved };
    return { ...collected, values, chosenBy: name === undefined ? 'last signed in to' : 'argument' };
  }
}

/** The secret; where it is not there, the rest can be examined all the same. */
async function secretOrReason(
  { name, issuer = '', clientSecret }: CollectedProfile['values'] & { readonly name: string },
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<Configuration['secret']> {
  if (clientSecret === undefined) return undefined;
  try {
    return await readSignInSecret(clientSecret, { name, issuer }, sessions, context, terminal);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code === 'interrupted') throw error;
    return error;
  }
}

async function examine(
  configuration: Configuration,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<ProfileReport> {
  const { env, platform, clock, signal } = context;
  const recorder = new Recorder(context);
  const { local, secret } = configuration;
  if (typeof secret === 'string') recorder.hideCredentials(secret);
  const { ca, insecure, timeout } = local.values;
  const { createFetch } = await import('../../network/fetch.js');
  let fetch: NetworkFetch | undefined;
  try {
    return await examineProfile(
      { configuration, versions: await versionsHere() },
      {
        ...{ env, platform, clock, signal, recorder },
        connect: () => {
          fetch = createFetch({ env, clock, recorder, signal, caFile: ca, insecure, timeoutMs: timeout * 1000 });
          return fetch;
        },
        explain: ({ code, facts }) => explain(code, facts),
        tryFileStore: () => tryFileStore(configuration, sessions, context),
        on: (step) => {
          if (terminal.interactive) terminal.status(`${step}…`);
        },
      },
    );
  } finally {
    terminal.status(undefined);
    fetch?.close();
  }
}

/** Whether a sign-in could save its session in the encrypted file, in place of the one that is there. Throws `store_*`. */
async function tryFileStore({ collected }: Configuration, sessions: Sessions, context: Context): Promise<string> {
  const { name: profile, values } = collected instanceof OidcCliError ? { values: {} } : collected;
  const { issuer, clientId } = values;
  const owner = profile === undefined || issuer === undefined ? undefined : { profile, issuer };
  try {
    await sessions.list();
    return (await sessions.choose('file', owner)).store.description;
  } catch (error) {
    throw owner && clientId !== undefined ? await withSignIn(error, { ...owner, clientId }, context) : error;
  }
}

async function versionsHere() {
  const { default: openidClient } = await import('openid-client/package.json', { with: { type: 'json' } });
  return {
    oidcCli: version(),
    node: process.versions.node,
    openidClient: openidClient.version,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
  };
}
