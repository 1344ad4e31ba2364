import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { DEFAULT_USERS, type TestUser } from '../../idp/accounts.js';
import { type ClientRegistration, DEFAULT_CLIENTS } from '../../idp/clients.js';
import { FAULT_NAMES, type FaultName } from '../../idp/faults.js';
import type { RequestListeners } from '../../idp/request-log.js';
import { versioned } from '../../json.js';
import { nearest } from '../../profiles/nearest.js';
import { readConfigFile } from '../../profiles/profile-file.js';
import type { Terminal } from '../../terminal.js';
import { type Follower, Recorder } from '../../trace/recorder.js';
import { listFaults, logLine, providerDocument, startLines } from './print.js';

export interface IdpOptions {
  /** 9400 when left out; 0 takes any free one. */
  readonly port?: number;
  /** Test users besides the default ones, each `name:password` or `name:password:email`. */
  readonly user: readonly string[];
  /** One more client, with the secret and the redirect URIs below. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** None: any loopback redirect URI. */
  readonly redirectUri: readonly string[];
  /** A YAML or JSON file with a list of client registrations. */
  readonly clients?: string;
  /** Names of faults to have. */
  readonly fault?: readonly string[];
  /** List the faults there are, and do nothing else. */
  readonly faults?: boolean;
  readonly json?: boolean;
}

const DEFAULT_PORT = 9400;

/**
 * `idp`: runs the built-in identity provider until the signal is aborted,
 * which is its orderly end. Says on stdout, once it listens, how to sign in
 * there, and on stderr what is asked of it, a line a request.
 * Throws `usage`, `port_taken`, `port_forbidden`, `redirect_uri_invalid`,
 * `config_value_invalid`, `config_file_unreadable` and `config_file_invalid`.
 */
export async function idp(
  options: IdpOptions,
  deps: Pick<Context, 'stdout' | 'stderr' | 'env' | 'cwd' | 'signal' | 'clock' | 'follower'>,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.faults) return listFaults(options.json, terminal);
  const faults = faultsFromFlags(options.fault ?? []);
  const users = options.user.map(userFromFlag);
  const fromFlags = clientFromFlags(options);
  const clients = [...(await clientsFromFile(options.clients, deps.cwd)), ...(fromFlags ? [fromFlags] : [])];
  if (options.clientSecret !== undefined) {
    terminal.say(
      'Warning: other programs on this machine can read a secret on the command line; --clients FILE hides it.',
    );
  }
  const { startIdentityProvider } = await import('../../idp/identity-provider.js');
  const provider = await startIdentityProvider({
    port: options.port ?? DEFAULT_PORT,
    users,
    clients,
    faults,
    onRequest: (event) => {
      if (!deps.signal.aborted) terminal.say(logLine(event, deps.clock.now(), terminal));
    },
    onExchange: deps.follower && tracer(deps.follower, deps.clock, [...DEFAULT_USERS, ...users], clients),
  });
  try {
    if (options.json) terminal.out(JSON.stringify(versioned(providerDocument(provider, fromFlags))));
    else for (const line of startLines(provider, fromFlags, terminal)) terminal.out(line);
    terminal.say('Listening on this machine only. Ctrl-C stops it.');
    await waitForAbort(deps.signal);
  } finally {
    await provider.close();
  }
  return EXIT.done;
}

function userFromFlag(flag: string): TestUser {
  const [username = '', password = '', email, ...rest] = flag.split(':');
  if (username === '' || password === '' || email === '' || rest.length > 0) {
    throw new OidcCliError('usage', {
      flag: '--user',
      // The value itself may hold a password.
      reason: `--user ${JSON.stringify(username)}… is not of the form name:password or name:password:email.`,
      fix: 'Write for example --user carol:carol-password:carol@example.com',
    });
  }
  return {
    username,
    password,
    claims: { name: username, ...(email === undefined ? {} : { email, email_verified: true }) },
  };
}

function clientFromFlags({ clientId, clientSecret, redirectUri }: IdpOptions): ClientRegistration | undefined {
  if (clientId === undefined) {
    if (clientSecret === undefined && redirectUri.length === 0) return undefined;
    const flag = clientSecret === undefined ? '--redirect-uri' : '--client-secret';
    throw new OidcCliError('usage', {
      flag,
      reason: `${flag} describes a client, and --client-id does not say which.`,
      fix: 'Add --client-id ID.',
    });
  }
  for (const uri of redirectUri) {
    if (URL.canParse(uri) && !uri.includes('#')) continue;
    const reason = URL.canParse(uri) ? 'it has a fragment' : 'it is not an absolute URI';
    throw new OidcCliError('redirect_uri_invalid', { redirectUri: uri, reason });
  }
  return {
    clientId,
    clientSecret,
    ...(redirectUri.length === 0 ? {} : { redirectUris: redirectUri }),
  };
}

async function clientsFromFile(file: string | undefined, cwd: string): Promise<ClientRegistration[]> {
  if (file === undefined) return [];
  const path = resolve(cwd, file);
  const content = await readConfigFile(path);
  if (content === undefined) throw new OidcCliError('config_file_unreadable', { file: path, reason: 'there is none' });
  const { parseClientFile } = await import('../../idp/client-file.js');
  return parseClientFile(path, content);
}

/** Tells a trace of what is asked here and answered; the passwords and secrets of this provider are kept out of it. */
function tracer(
  follower: Follower,
  clock: Context['clock'],
  users: readonly TestUser[],
  clients: readonly ClientRegistration[],
): NonNullable<RequestListeners['onExchange']> {
  const recorder = new Recorder({ follower });
  recorder.hide(...users.map(({ password }) => password));
  recorder.hide(...[...DEFAULT_CLIENTS, ...clients].map(({ clientSecret }) => clientSecret));
  return (exchange, failure) => {
    const startedAt = clock.now() - exchange.durationMs;
    recorder.end(recorder.begin({ ...exchange, startedAt, ...(failure === undefined ? {} : { failure }) }));
  };
}

function waitForAbort(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}

/** The faults named by `--fault`. Throws `usage` for one that does not exist, with the nearest that does. */
function faultsFromFlags(flags: readonly string[]): FaultName[] {
  return flags.map((flag) => {
    const known = FAULT_NAMES.find((name) => name === flag);
    if (known !== undefined) return known;
    const meant = nearest(flag, FAULT_NAMES);
    throw new OidcCliError('usage', {
      flag: '--fault',
      reason: `There is no fault ${JSON.stringify(flag)}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
      fix: 'List them with: oidc-cli idp --faults',
    });
  });
}
