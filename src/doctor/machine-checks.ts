import { findBrowser } from '../browser/find-browser.js';
import { parseLoopbackRedirectUri } from '../browser/loopback-redirect-uri.js';
import { findBrowserLauncher } from '../browser/open-browser.js';
import { CheckList, type DoctorCheck, type Explain } from '../checks/check-list.js';
import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { listenOnLoopback } from '../network/loopback-server.js';
import { defaultPostLogoutRedirectUri } from '../profiles/redirect-uri.js';
import { probeKeychain } from '../sessions/keychain-probe.js';
import { type LocalSettings, sourceText } from './configuration-checks.js';

/** Dependencies of these checks. */
export interface MachineDeps {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal;
  readonly explain: Explain;
  /** Verifies that the encrypted file can be used, as before a sign-in, and returns its place. Throws `store_*`. */
  readonly tryFileStore: () => Promise<string>;
}

type Local = LocalSettings['values'];

/** Checks the redirect URI, its port, a browser, and the store for the session. */
export async function machineChecks({ values, sources }: LocalSettings, deps: MachineDeps): Promise<DoctorCheck[]> {
  const checks = new CheckList('machine', deps);
  await redirectUri(checks, values, sources, deps);
  browser(checks, values, deps);
  await sessionStore(checks, values, deps);
  return checks.all;
}

async function redirectUri(
  checks: CheckList,
  values: Local,
  sources: LocalSettings['sources'],
  { signal }: MachineDeps,
): Promise<void> {
  const { redirectUri: uri, kind } = values;
  const details = `${uri} (${sourceText(sources.redirectUri)})`;
  let port: number;
  try {
    const parsed = parseLoopbackRedirectUri(uri);
    port = parsed.port;
    checks.pass('redirect URI', details);
    await portCheck(checks, parsed, signal);
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    if (error.code === 'redirect_uri_not_loopback') {
      checks.warn('redirect URI', {
        actual: details,
        expected: 'a redirect URI on localhost, 127.0.0.1 or [::1]',
        ...(/^https?:/i.test(uri)
          ? {
              why: 'Nothing on this machine can take the answer: the address that the browser ends at has to be pasted.',
              repair:
                'Register http://localhost:8484/callback as well, or sign in with login --start and login --callback-url -.',
            }
          : {
              why: 'Nothing on this machine can take the answer: a browser hands it to the app, and shows it to nobody.',
              repair:
                'Sign in without a person: login --with auto. Or register http://localhost:8484/callback as well.',
            }),
        side: 'configuration',
      });
      checks.skip('port', 'the redirect URI is not on this machine');
    } else {
      checks.failWith('redirect URI', error, 'configuration');
      checks.notMade(['port'], { name: 'redirect URI' });
    }
    port = -1;
  }
  const anyPort = port === 0;
  const spelled = anyPort ? `${uri.replace(/:0(?=\/|$)/, '')} with any port (RFC 8252 §7.3)` : uri;
  const signedOut = values.postLogoutRedirectUri ?? defaultPostLogoutRedirectUri(kind);
  checks.pass('to register', `${spelled} for the sign-in, ${signedOut} for the sign-out`);
}

async function portCheck(
  checks: CheckList,
  uri: ReturnType<typeof parseLoopbackRedirectUri>,
  signal: AbortSignal,
): Promise<void> {
  const name = 'port';
  try {
    const server = await listenOnLoopback(uri.addresses, uri.port, (_, response) => response.writeHead(503).end(), {
      signal,
    });
    await server.close();
    checks.pass(name, uri.port === 0 ? 'any free one' : `${uri.port} is free`);
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    checks.failWith(name, error, 'machine');
  }
}

function browser(checks: CheckList, { browser: command }: Local, { env, platform }: MachineDeps): void {
  const driver = findBrowserLauncher({ command, env, platform });
  const program = findBrowser(env, platform);
  const headless = program === undefined ? 'none was found for --with browser' : `${program} for --with browser`;
  if ('by' in driver) {
    checks.pass('browser', `${driver.by}; ${headless}`);
    return;
  }
  if (env.CI) {
    checks.skip(
      'browser',
      `${driver.absence}, and nobody to look at it (CI): login --with and smoke need none; ${headless}`,
    );
    return;
  }
  checks.warn('browser', {
    actual: `none can be opened: ${driver.absence}; ${headless}`,
    why: 'login waits until somebody opens the printed address in a browser elsewhere.',
    repair:
      command === undefined && !env.BROWSER
        ? 'Use login --no-browser, or sign in without a person: login --with auto.'
        : 'Correct the command of --browser or BROWSER, or use login --no-browser.',
    side: 'machine',
  });
}

async function sessionStore(checks: CheckList, { store }: Local, deps: MachineDeps): Promise<void> {
  const { env, platform, signal } = deps;
  if (store === 'memory') {
    checks.skip('keychain', 'not needed: the session ends with the command (--store memory)');
    return;
  }
  if (store === 'file') {
    checks.skip('keychain', 'not needed: the session is kept in the encrypted file (--store file)');
    await fileStore(checks, deps);
    return;
  }
  const actual = await probeKeychain({ env, platform, signal });
  if (actual.available) {
    checks.pass('keychain', 'a test entry was written and removed');
    return;
  }
  if (store === 'keychain') {
    const error = new OidcCliError(actual.locked ? 'store_locked' : 'store_unavailable', { reason: actual.reason });
    checks.failWith('keychain', error, 'machine');
    return;
  }
  checks.warn('keychain', {
    actual: `it cannot be used: ${actual.reason}`,
    why: 'The session is kept in an encrypted file in its place.',
    repair: actual.locked ? 'Unlock it, or choose --store file.' : 'Choose --store file to do without it on purpose.',
    side: 'machine',
  });
  await fileStore(checks, deps);
}

async function fileStore(checks: CheckList, { tryFileStore }: MachineDeps): Promise<void> {
  try {
    checks.pass('session file', await tryFileStore());
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    checks.failWith('session file', error, 'machine');
  }
}
