import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPresent, drivenBrowserPath } from '../support/chromium.js';
import { connectorFor, loginWithConnector } from '../support/connector.js';
import { identityProvider } from '../support/identity-provider.js';
import { PRODUCTION } from '../support/page-job.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Finished, type Machine, type RunWorld } from '../support/run.js';
import { asRefused } from '../support/scripted-sign-in.js';
import { type PageStyle, type PagesOptions, signInPages, TEST_USER } from '../support/sign-in-pages.js';
import { withTimeStopped } from '../support/time.js';

const present = requirement('Chromium', chromiumPresent, 'login --with browser');

let machine: Machine;
const runs: Finished[] = [];

beforeEach(async () => {
  machine = await createMachine();
  runs.length = 0;
});
afterEach(async () => {
  // Whatever else a test is about: no run may say a secret.
  for (const { stdout, stderr } of runs) expectNoSecret(stdout + stderr);
  await machine.remove();
});

function expectNoSecret(text: string): void {
  const { password, totp } = TEST_USER;
  const secret = /secret=(\w+)/.exec(totp)?.[1] ?? '';
  const base64 = Buffer.from(password).toString('base64');
  const posted = new URLSearchParams({ a: password }).toString().slice(2);
  for (const form of [
    password,
    encodeURIComponent(password),
    posted,
    JSON.stringify(password).slice(1, -1),
    base64,
    base64.slice(4, -4),
    secret,
  ]) {
    expect(text).not.toContain(form);
  }
}

/** Signs in as the test user, whose secrets are in the environment. */
async function login(issuer: string, flags: readonly string[], deps: RunWorld = {}): Promise<Finished> {
  const env = { TEST_PASSWORD: TEST_USER.password, TEST_TOTP: TEST_USER.totp, PATH: process.env.PATH, ...deps.env };
  const argv = ['login', '--issuer', issuer, '--client-id', 'demo', '--user', TEST_USER.username, ...flags];
  const run = await machine.run(argv, { ...deps, env });
  runs.push(run);
  return run;
}

const SECRETS = ['--password-env', 'TEST_PASSWORD', '--totp-env', 'TEST_TOTP'];

function pagesOf(style: PageStyle, more: Partial<PagesOptions> = {}) {
  return signInPages({ style, ...more });
}

describe('login --with http', () => {
  test('signs in without a person, keeps the session and says how', async () => {
    const pages = await pagesOf('two-step');
    const { code, stdout, stderr } = await login(pages.issuer, ['--with', 'http', ...SECRETS]);
    expect(stderr).toContain('signed in without a person (http, 5 pages)');
    expect(stdout).toContain('Signed in as Sam Example');
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/Opened a browser|paste/);
    expect((await machine.run(['whoami', '--json'])).stdout).toContain('"subject": "sam"');
  });

  test('tests the redirect URI of production, by query and by form_post, with port 0 and without a listener', async () => {
    const idp = await identityProvider({
      users: [{ username: TEST_USER.username, password: TEST_USER.password, listed: false, claims: { sub: 'sam' } }],
      clients: [{ clientId: 'demo', redirectUris: [PRODUCTION, 'http://localhost/callback'] }],
    });
    for (const more of [[], ['--response-mode', 'form_post']]) {
      const flags = ['--with', 'http', '--redirect-uri', PRODUCTION, ...SECRETS, ...more];
      expect((await login(idp.issuer, flags)).code).toBe(0);
    }
    const free = await identityProvider();
    const flags = [
      '--with',
      'http',
      '--user',
      'alice',
      '--password',
      'alice-password',
      '--redirect-uri',
      'http://localhost:0/cb',
    ];
    const { code, stderr } = await login(free.issuer, flags);
    expect(code).toBe(0);
    expect(stderr).toContain('--password-env does not show it');
  });

  test('takes the password from a file or from stdin', async () => {
    const pages = await pagesOf('japanese');
    await writeFile(join(machine.home, 'password'), `${TEST_USER.password}\n`);
    expect((await login(pages.issuer, ['--with', 'http', '--password-file', 'password'])).code).toBe(0);
    const piped = await login(pages.issuer, ['--with', 'http', '--password-stdin'], {
      stdin: `${TEST_USER.password}\n`,
    });
    expect(piped.code).toBe(0);
  });

  test.each([
    [
      'japanese',
      { TEST_PASSWORD: 'nope-123' },
      'sign_in_rejected',
      'The provider did not accept the password. It says: "メールアドレスまたはパスワードが正しくありません".',
    ],
    [
      'locked',
      {},
      'sign_in_account_locked',
      'The provider says that the account cannot sign in. It says: "Your account has been locked after too many attempts. Contact your administrator".',
    ],
    [
      'single-page',
      {},
      'sign_in_script_needed',
      'The sign-in page needs a browser: without script there is nothing to fill in on the page "Example ID"',
    ],
    [
      'japanese',
      { TEST_PASSWORD: undefined },
      'sign_in_credentials_missing',
      'The password for the sign-in is not available from the environment variable TEST_PASSWORD: it is not set.',
    ],
    [
      'japanese',
      { TEST_TOTP: 'no secret!' },
      'totp_secret_invalid',
      'The secret of the one-time codes cannot be used: it is neither base32 nor an otpauth address.',
    ],
  ] as const)('on a page (%s) with %o: %s', async (style, env, code, message) => {
    const pages = await pagesOf(style);
    const finished = await login(pages.issuer, ['--with', 'http', '--json', ...SECRETS], { env });
    const { error } = asRefused(finished);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    const inText = await login(pages.issuer, ['--with', 'http', ...SECRETS], { env });
    expect(inText.stderr).toContain(message);
  });

  test('keeps the text of the page where it failed, and says where', async () => {
    const pages = await pagesOf('locked');
    const finished = await login(pages.issuer, ['--with', 'http', '--keep-evidence', 'seen', ...SECRETS]);
    const [file = ''] = await readdir(join(machine.home, 'seen'));
    expect(finished.stderr).toContain(`Kept: ${join(machine.home, 'seen', file)}`);
    const saved = await readFile(join(machine.home, 'seen', file), 'utf8');
    expect(saved).toContain('Your account has been locked');
    expectNoSecret(saved);
  });

  test('the provider that denies is told as ever', async () => {
    const idp = await identityProvider();
    const flags = ['--with', 'http', '--user', 'alice', '--password', 'alice-password', '--prompt', 'none'];
    const { error } = asRefused(await login(idp.issuer, ['--json', ...flags]));
    expect(error.code).toBe('login_required');
  });

  test('ends with the time, and by Ctrl-C with 130', async () => {
    let pages = await pagesOf('hanging');
    const late = await withTimeStopped(async (pass) => {
      const finished = login(pages.issuer, ['--with', 'http', '--timeout', '1', '--json', ...SECRETS]);
      await expect.poll(() => pages.seen).toContain('pressed forward');
      pass(1);
      return asRefused(await finished);
    });
    expect(late.error).toMatchObject({ code: 'sign_in_timed_out', exitCode: 6 });
    pages = await pagesOf('hanging');
    const stopping = new AbortController();
    const stopped = login(pages.issuer, ['--with', 'http', ...SECRETS], { signal: stopping.signal });
    await expect.poll(() => pages.seen).toContain('pressed forward');
    stopping.abort();
    expect((await stopped).code).toBe(130);
  });
});

describe('login --connector FILE --with http', () => {
  test('signs in as Logto would, without a person', async () => {
    const idp = await identityProvider();
    const flags = ['--with', 'http', '--user', 'alice', '--password-env', 'TEST_PASSWORD'];
    const env = { TEST_PASSWORD: 'alice-password' };
    const { code, stdout, stderr } = await loginWithConnector(machine, connectorFor(idp.issuer), flags, { env });
    expect(stderr).toContain('signed in without a person (http, 2 pages)');
    expect([code, stdout, stderr]).toEqual([0, expect.stringContaining('Alice Example'), expect.anything()]);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('alice-password');
  });
});

describe('flags that do not go together are refused', () => {
  test.each([
    [['--user', 'a'], '--user is for a sign-in without a person'],
    [['--with', 'magic'], '"magic" is no way to sign in'],
    [['--with', 'http', '--start'], '--start and --callback-url leave the sign-in to a person'],
    [
      ['--with', 'http', '--password', 'a', '--password-env', 'B'],
      '--password and --password-env name several passwords',
    ],
    [['--with', 'http'], '--with http types a user name, and none is given'],
    [['--with', 'command'], '--with command runs a program'],
  ])('%o', async (flags, reason) => {
    const idp = await identityProvider();
    const { code, stderr } = await machine.run(['login', '--issuer', idp.issuer, '--client-id', 'demo', ...flags]);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });
});

describe('login --with command', () => {
  const program = (name: string, source: string) =>
    writeFile(join(machine.home, name), source).then(() => `"${process.execPath}" "${join(machine.home, name)}"`);
  const PRINTING = `
    if (process.argv.at(-1).includes('state=')) throw new Error('everybody can read it');
    const url = new URL(process.argv.at(-1));
    const { OIDC_CLI_SIGN_IN_USER: user, OIDC_CLI_SIGN_IN_PASSWORD: password } = process.env;
    const cookies = new Map();
    const go = async (to, form) => {
      const answer = await fetch(to, { redirect: 'manual', method: form ? 'POST' : 'GET', body: form, headers: { cookie: [...cookies].map((c) => c.join('=')).join('; ') } });
      for (const cookie of answer.headers.getSetCookie()) cookies.set(...cookie.split(';')[0].split(/=(.*)/s).slice(0, 2));
      const location = answer.headers.get('location');
      if (!location) return to;
      const next = new URL(location, to);
      return next.pathname === '/callback' ? next : go(next);
    };
    const page = await go(url);
    let end = await go(page, new URLSearchParams({ identifier: user, password, press: 'forward' }));
    if (end.pathname !== '/callback') end = await go(end, new URLSearchParams({ press: 'allow' }));`;

  test('takes the address that the program prints', async () => {
    const pages = await pagesOf('japanese');
    const command = await program('sign-in.mjs', `${PRINTING}\nconsole.log('On my way');\nconsole.log(end.href);`);
    const { code, stdout, stderr } = await login(pages.issuer, ['--with', 'command', '--browser', command, ...SECRETS]);
    expect(stderr).toContain('signed in without a person (command)');
    expect(stdout).toContain('Signed in as Sam Example');
    expect(code).toBe(0);
  });

  const goingThere = (command: string) => [
    '--with',
    'command',
    '--browser',
    command,
    '--redirect-uri',
    'http://127.0.0.1:0/callback',
  ];

  test('or hears of it where the program goes to the redirect URI on this machine', async () => {
    const pages = await pagesOf('japanese');
    const command = await program('sign-in.mjs', `${PRINTING}\nawait go(end);`);
    expect((await login(pages.issuer, [...goingThere(command), ...SECRETS])).code).toBe(0);
  });

  test.each([
    ['goes there without its cookies', '\nawait fetch(end);', 'without the cookie that its one-time address sets'],
    ['opens its address a second time without them', '\ncookies.clear();\nawait go(url);', 'was opened twice'],
  ])('which %s: that is said', async (_what, source, reason) => {
    const pages = await pagesOf('japanese');
    const command = await program('sign-in.mjs', PRINTING + source);
    const { error } = asRefused(await login(pages.issuer, [...goingThere(command), ...SECRETS, '--json']));
    expect(error.code).toBe('sign_in_command_failed');
    expect(error.message).toContain(reason);
  });

  test.each([
    ['process.exit(3)', 'it ended with exit code 3'],
    [
      'console.log("https://elsewhere.example/callback?code=1")',
      'it ended, and neither printed the address nor went there',
    ],
  ])('%s: %s', async (source, reason) => {
    const idp = await identityProvider();
    const command = await program('broken.mjs', source);
    const { error } = asRefused(await login(idp.issuer, ['--with', 'command', '--json', '--browser', command]));
    expect(error.code).toBe('sign_in_command_failed');
    expect(error.message).toContain(reason);
  });

  test('an answer with another state is refused', async () => {
    const idp = await identityProvider();
    const command = await program('liar.mjs', 'console.log("http://127.0.0.1:8484/callback?code=1&state=other")');
    const flags = [
      '--with',
      'command',
      '--json',
      '--browser',
      command,
      '--redirect-uri',
      'http://127.0.0.1:8484/callback',
    ];
    expect(asRefused(await login(idp.issuer, flags)).error.code).toBe('callback_state_mismatch');
  });
});

describe.runIf(present)('login --with browser', () => {
  const browser = ['--browser-path', String(drivenBrowserPath)];

  test('signs in on a page that its script renders; --with auto comes to the same', async () => {
    const pages = await pagesOf('single-page');
    for (const driver of ['browser', 'auto']) {
      const { code, stderr } = await login(pages.issuer, ['--with', driver, ...browser, ...SECRETS]);
      expect(stderr).toContain('signed in without a person (browser, 3 pages)');
      expect(code).toBe(0);
    }
  });

  test('keeps a picture and the text of the page where it failed', async () => {
    const pages = await pagesOf('japanese');
    const flags = ['--with', 'browser', ...browser, '--keep-evidence', 'seen', '--password-env', 'WRONG'];
    const { code, stderr } = await login(pages.issuer, flags, { env: { WRONG: 'nope-123' } });
    expect(code).toBe(5);
    expect(stderr.match(/^Kept: .*\.(png|txt)$/gm)).toHaveLength(2);
  });

  test('Ctrl-C ends it with 130', async () => {
    const pages = await pagesOf('hanging');
    const stopping = new AbortController();
    const stopped = login(pages.issuer, ['--with', 'browser', ...browser, ...SECRETS], { signal: stopping.signal });
    await expect.poll(() => pages.seen).toContain('pressed forward');
    stopping.abort();
    expect((await stopped).code).toBe(130);
  });

  test('a browser that is not there is told', async () => {
    const pages = await pagesOf('single-page');
    const flags = ['--with', 'auto', '--browser-path', 'no/chrome', '--json', ...SECRETS];
    const { error } = asRefused(await login(pages.issuer, flags));
    expect(error).toMatchObject({ code: 'browser_missing', exitCode: 3 });
  });
});
