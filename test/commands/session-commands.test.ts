import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { startIdentityProvider } from '../../src/idp/identity-provider.js';
import { createSessions } from '../../src/sessions/sessions.js';
import { CookieBrowser } from '../support/cookie-browser.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';

let provider: IdentityProvider;
let machine: Machine;
/** How often the provider was asked for anything. */
let requests = 0;

beforeAll(async () => {
  provider = await startIdentityProvider({
    port: 0,
    onRequest: () => {
      requests += 1;
    },
  });
});
afterAll(() => provider.close());
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(() => machine.remove());

const SCOPE = 'openid profile email offline_access';

function loginArguments(...more: string[]): string[] {
  return ['login', '--issuer', provider.issuer, '--client-id', 'demo', '--port', '0', '--scope', SCOPE, ...more];
}

async function signIn(...more: string[]): Promise<void> {
  const { code, stderr } = await machine.run(loginArguments(...more), { openUrl: aliceSignsIn });
  expect(stderr).not.toContain('✗');
  expect(code).toBe(0);
}

/** Every token of the newest session, as its own command shows them. */
async function tokensOfSession(): Promise<string[]> {
  const access = await machine.run(['token']);
  const id = await machine.run(['token', '--id-token']);
  return [access.stdout.trim(), id.stdout.trim()];
}

describe('login', () => {
  it('says who signed in, where, until when, with which scopes, where it is kept, and what was checked', async () => {
    const { code, stdout } = await machine.run(loginArguments(), { openUrl: aliceSignsIn });
    expect(code).toBe(0);
    expect(stdout).toContain('✓ Signed in as Alice Example <alice@example.com>');
    expect(stdout).toMatch(/subject +user-\w+/);
    expect(stdout).toMatch(new RegExp(`issuer +${provider.issuer}`));
    expect(stdout).toMatch(/access token +expires in \d+ minutes \(.*Z\), with a refresh token/);
    expect(stdout).toMatch(/scopes +openid profile email offline_access\n/);
    expect(stdout).toMatch(/kept +in an encrypted file in /);
    for (const check of [
      'alg',
      'signature',
      'iss',
      'aud',
      'exp',
      'iat',
      'nonce',
      'sub',
      'userinfo sub',
      'clock skew',
    ]) {
      expect(stdout).toMatch(new RegExp(`✓ +${check} `));
    }
  });

  it('with --json writes one document with the documented members and no token', async () => {
    const { code, stdout, stderr } = await machine.run(loginArguments('--json'), { openUrl: aliceSignsIn });
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(Object.keys(document)).toEqual([
      'schemaVersion',
      'profile',
      'issuer',
      'clientId',
      'subject',
      'claims',
      'userinfo',
      'scope',
      'expiresAt',
      'refreshable',
      'store',
      'clientAuth',
      'checks',
      'warnings',
    ]);
    expect(document).toMatchObject({
      profile: new URL(provider.issuer).host,
      issuer: provider.issuer,
      clientId: 'demo',
      scope: { requested: SCOPE.split(' '), missing: [] },
      refreshable: true,
      store: 'file',
      clientAuth: { method: 'none', reason: 'no secret' },
    });
    expect(Object.keys(document.checks[0])).toEqual(['name', 'verdict', 'expected', 'actual']);
    for (const token of await tokensOfSession()) expect(stdout + stderr).not.toContain(token);
  });

  it('names the asked-for scopes that were not granted', async () => {
    const { stdout } = await machine.run(
      [
        'login',
        '--issuer',
        provider.issuer,
        '--client-id',
        'demo',
        '--port',
        '0',
        '--scope',
        'openid profile unheard_of',
      ],
      { openUrl: aliceSignsIn },
    );
    expect(stdout).toMatch(/not granted: unheard_of/);
  });

  it('replaces the session of the same profile and issuer, and keeps others beside it', async () => {
    await signIn('--save', 'one');
    await signIn('--save', 'two');
    await machine.run(['login', 'one', '--port', '0'], { openUrl: aliceSignsIn });
    const { stdout } = await machine.run(['whoami', '--all', '--json']);
    const profiles = JSON.parse(stdout).sessions.map((session: { profile: string }) => session.profile);
    expect(profiles).toEqual(['one', 'two']);
  });

  it('signs in as a confidential client with a secret from the environment, and says how it authenticated', async () => {
    const { code, stdout } = await machine.run(
      [
        ...['login', '--issuer', provider.issuer, '--client-id', 'demo-confidential', '--port', '0'],
        ...['--client-secret-env', 'SECRET', '--scope', SCOPE],
      ],
      { openUrl: aliceSignsIn, env: { SECRET: 'demo-secret' } },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/demo-confidential, client_secret_\w+ \(the first that the provider announces\)/);
    // The reference is kept, not the secret: a refresh without the variable says what is missing.
    const without = await machine.run(['token', '--refresh', '--json']);
    expect(JSON.parse(without.stdout).error).toMatchObject({ code: 'client_secret_unavailable', exitCode: 3 });
    const withIt = await machine.run(['token', '--refresh'], { env: { SECRET: 'demo-secret' } });
    expect(withIt.code).toBe(0);
  });

  it('takes a secret from stdin, keeps it with the session, and warns of one on the command line', async () => {
    const common = [
      'login',
      '--issuer',
      provider.issuer,
      '--client-id',
      'demo-confidential',
      '--port',
      '0',
      '--scope',
      SCOPE,
    ];
    const piped = await machine.run([...common, '--client-secret-stdin'], {
      openUrl: aliceSignsIn,
      stdin: 'demo-secret\n',
    });
    expect(piped.code).toBe(0);
    expect((await machine.run(['token', '--refresh'])).code).toBe(0);
    const typed = await machine.run([...common, '--client-secret', 'demo-secret'], { openUrl: aliceSignsIn });
    expect(typed.code).toBe(0);
    expect(typed.stderr).toMatch(/Warning: .*command line/);
    expect(piped.stdout + piped.stderr + typed.stdout + typed.stderr).not.toContain('demo-secret');
  });

  it('saves a profile with --save that the next login takes whole, and never the secret', async () => {
    const { code } = await machine.run(
      [
        ...['login', '--issuer', provider.issuer, '--client-id', 'demo-confidential', '--scope', 'openid email'],
        ...['--redirect-uri', 'http://127.0.0.1:0/there', '--client-secret-stdin', '--save', 'kept'],
      ],
      { openUrl: aliceSignsIn, stdin: 'demo-secret' },
    );
    expect(code).toBe(0);
    const again = await machine.run(['login', 'kept', '--json'], { openUrl: aliceSignsIn });
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ profile: 'kept', scope: { requested: ['openid', 'email'] } });
    expect(await everyFile(machine.home)).not.toContain('demo-secret');
  });

  it('does not overwrite another profile with --save, and says so before a browser opens', async () => {
    const saving = await machine.run(loginArguments('--save', 'kept'), { openUrl: aliceSignsIn });
    expect(saving.stderr).toContain('profile kept (to be saved)');
    let opened = false;
    const { code, stdout } = await machine.run(loginArguments('--save', 'kept', '--json'), {
      openUrl: async () => {
        opened = true;
      },
    });
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error.code).toBe('profile_exists');
    expect(opened).toBe(false);
  });

  it('repeats a sign-in that was made by flags alone, by its name or as the last one', async () => {
    const common = [
      'login',
      '--issuer',
      provider.issuer,
      '--client-id',
      'demo-confidential',
      '--port',
      '0',
      '--scope',
      SCOPE,
    ];
    await machine.run([...common, '--client-secret-stdin'], { openUrl: aliceSignsIn, stdin: 'demo-secret' });
    for (const argv of [['login'], ['login', new URL(provider.issuer).host]]) {
      const { code, stdout } = await machine.run([...argv, '--json'], { openUrl: aliceSignsIn });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ clientId: 'demo-confidential', refreshable: true });
    }
    // The kept secret is the issuer's own: another issuer under the same name does not get it.
    const other = await identityProvider();
    const foreign = await machine.run(['login', new URL(provider.issuer).host, '--issuer', other.issuer, '--json'], {
      openUrl: aliceSignsIn,
    });
    expect(JSON.parse(foreign.stdout).error.code).toBe('config_missing');
  });

  it('--no-browser prints the URL on a line of its own and waits for the answer', async () => {
    let started = false;
    const { code } = await machine.run(loginArguments('--no-browser'), {
      onStderr: (text) => {
        const url = /^(http\S+\/auth\?\S+)$/m.exec(text)?.[1];
        if (!url || started) return;
        started = true;
        void aliceSignsIn(url);
      },
    });
    expect(code).toBe(0);
    expect(started).toBe(true);
  });

  it('says after a while that the redirect URI is probably not registered, with the exact one', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const stop = new AbortController();
    let passed = false;
    try {
      const { code, stderr } = await machine.run(loginArguments('--no-browser'), {
        signal: stop.signal,
        onStderr: (text) => {
          if (text.includes('has to be, exactly:\n  http')) stop.abort();
          if (passed || !text.includes('Waiting up to')) return;
          passed = true;
          setImmediate(() => vi.advanceTimersByTime(60_000));
        },
      });
      expect(code).toBe(130);
      expect(stderr).toMatch(/not registered there; it has to be, exactly:\n {2}http:\/\/localhost:\d+\/callback\n/);
      expect(stderr.match(/No answer yet/g)).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends with one document on Ctrl-C, too', async () => {
    const stop = new AbortController();
    const { code, stdout } = await machine.run(loginArguments('--json'), {
      signal: stop.signal,
      openUrl: async () => stop.abort(),
    });
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      profile: new URL(provider.issuer).host,
      issuer: provider.issuer,
      clientId: 'demo',
      error: { code: 'interrupted', message: 'Interrupted.', exitCode: 130 },
      checks: [],
    });
  });

  it('does not wait for an answer that cannot come: a foreign redirect URI and nobody to paste', async () => {
    const redirect = ['--redirect-uri', 'https://app.example.com/callback', '--no-browser', '--json'];
    const { code, stdout } = await machine.run(
      ['login', '--issuer', provider.issuer, '--client-id', 'demo', ...redirect],
      { stdin: '' },
    );
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error.code).toBe('redirect_uri_not_loopback');
  });

  it('tells of requests that are not its answer, and of an issuer that the provider writes otherwise', async () => {
    const { code, stderr } = await machine.run(
      ['login', '--issuer', `${provider.issuer}/`, '--client-id', 'demo', '--port', '0'],
      {
        openUrl: async (url) => {
          const browser = new CookieBrowser();
          const { href, searchParams } = await browser.authorizationRequest(url);
          await fetch(`${searchParams.get('redirect_uri')}?code=x&state=another`);
          await signInOverHttp(href, { username: 'alice', password: 'alice-password', jar: browser.jar });
        },
      },
    );
    expect(code).toBe(0);
    expect(stderr).toContain("A request came that is not this sign-in's answer (wrong state): it was ignored.");
    expect(stderr).toContain(`The provider writes its issuer ${provider.issuer}:`);
  });

  it('takes a pasted callback URL, ignores other lines and other states, and says so', async () => {
    // A port that nothing listens on for the browser: the answer can only come by stdin.
    let pasted = false;
    const { code, stderr } = await machine.run(
      [...loginArguments('--no-browser'), '--redirect-uri', 'https://app.example.com/callback'].filter(
        (argument, index, all) => argument !== '--port' && all[index - 1] !== '--port',
      ),
      {
        onStderr: (text, stdin) => {
          const url = /^(http\S+\/auth\?\S+)$/m.exec(text)?.[1];
          if (!url || pasted) return;
          pasted = true;
          const state = new URL(url).searchParams.get('state');
          stdin.write('hello\n');
          stdin.write('https://app.example.com/callback?code=x&state=other\n');
          stdin.write(
            `https://app.example.com/callback?error=access_denied&state=${state}&iss=${encodeURIComponent(provider.issuer)}\n`,
          );
        },
      },
    );
    expect(stderr).toContain('That is not the address of this sign-in');
    expect(stderr).toContain('That address belongs to another sign-in');
    expect(stderr).toContain('access_denied');
    expect(code).toBe(5);
  });

  it('--demo signs in at a provider inside the process and keeps nothing', async () => {
    const { code, stdout } = await machine.run(['login', '--demo'], {
      openUrl: aliceSignsIn,
      env: { OIDC_CLI_STORE: 'auto' },
    });
    expect(code).toBe(0);
    expect(stdout).toContain('in memory only');
    expect(stdout).toContain('Claims');
    expect((await machine.run(['whoami'])).code).toBe(4);
    expect(await readdir(machine.home)).toEqual([]);
  });
});

describe('--demo beside others', () => {
  it('takes free ports: two at once sign in', async () => {
    const both = await Promise.all([1, 2].map(() => machine.run(['login', '--demo'], { openUrl: aliceSignsIn })));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
  });

  it.each([
    ['a program that listens and says nothing', () => createTcpServer()],
    ['another built-in provider', undefined],
  ])('names a chosen port that is held by %s, and what to do', async (_who, listener) => {
    const taken = listener?.();
    if (taken) await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const port = taken ? (taken.address() as AddressInfo).port : provider.port;
    const run = await machine.run(['login', '--demo', '--port', String(port)], { openUrl: aliceSignsIn });
    taken?.close();
    expect([run.code, run.stdout]).toEqual([3, '']);
    expect(run.stderr).toContain(`✗ Port ${port} on this machine is taken`);
    const fix = 'Stop that program, or choose another port with --port (left out, any free one is taken).';
    expect(run.stderr).toContain(`To fix: ${fix}`);
  });
});

describe('login in two commands', () => {
  /** Stands for the address bar of a browser on another machine: takes the redirect and tells the whole address. */
  async function addressBar(): Promise<{ redirectUri: string; address: Promise<string> }> {
    let tell: (url: string) => void = () => undefined;
    const address = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const server = createServer((request, response) => {
      response.end('This page is on another machine.');
      server.close();
      tell(`http://${request.headers.host}${request.url}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { redirectUri: `http://127.0.0.1:${port}/callback`, address };
  }

  async function start(redirectUri: string): Promise<string> {
    const { code, stdout, stderr } = await machine.run([
      ...['login', '--start', '--issuer', provider.issuer, '--client-id', 'demo', '--redirect-uri', redirectUri],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('The response is accepted from any browser, without a cookie.');
    expect(stdout).toMatch(/^http\S+\n$/);
    return stdout.trim();
  }

  it('signs in with the URL of the first and the address given to the second, by argument or stdin', async () => {
    for (const byStdin of [false, true]) {
      const { redirectUri, address } = await addressBar();
      const url = await start(redirectUri);
      expect(new URL(url).searchParams.get('code_challenge_method')).toBe('S256');
      await aliceSignsIn(url);
      const finished = byStdin
        ? await machine.run(['login', '--callback-url', '-', '--json'], { stdin: await address })
        : await machine.run(['login', '--callback-url', await address, '--json']);
      expect(finished.code).toBe(0);
      expect(JSON.parse(finished.stdout)).toMatchObject({ issuer: provider.issuer, clientId: 'demo', store: 'file' });
      const again = await machine.run(['login', '--callback-url', await address, '--json']);
      expect(JSON.parse(again.stdout).error).toMatchObject({ code: 'callback_no_pending', exitCode: 4 });
    }
  });

  it('keeps state and verifier out of every plain file', async () => {
    const url = await start('http://127.0.0.1:1/callback');
    const state = new URL(url).searchParams.get('state') ?? 'none';
    expect(await everyFile(machine.home)).not.toContain(state);
  });

  it('says so when what it is given is no address, or nothing', async () => {
    for (const [stdin, words] of [
      ['', 'it is empty'],
      ['hello', 'it is not a URL'],
      ['http://127.0.0.1:1/callback?code=x', 'it has no "state"'],
    ] as const) {
      const { code, stdout } = await machine.run(['login', '--callback-url', '-', '--json'], { stdin });
      expect(code).toBe(7);
      expect(JSON.parse(stdout).error).toMatchObject({ code: 'callback_invalid', facts: { reason: words } });
    }
  });

  it('refuses a callback with another state, and one for another redirect URI', async () => {
    const url = await start('http://127.0.0.1:1/callback');
    const foreign = await machine.run([
      'login',
      '--callback-url',
      'http://127.0.0.1:1/callback?code=x&state=y',
      '--json',
    ]);
    // It came to the one sign-in that waits, with a state that nobody here made.
    expect(JSON.parse(foreign.stdout).error.code).toBe('callback_state_mismatch');
    const cut = await machine.run(['login', '--callback-url', 'http://127.0.0.1:1/callback?code=x']);
    expect([cut.code, cut.stdout]).toEqual([7, '']);
    expect(cut.stderr).toContain('✗ The callback does not belong to this sign-in: it has no state.\n');
    expect(cut.stderr).toContain('2. Only a part of the address was copied, or a shell cut it at an &.\n');
    expect(cut.stderr).toContain('  To fix: Paste the whole address, in quotes.');
    const earlier = `http://127.0.0.1:1/callback?code=x&state=${'a'.repeat(43)}`;
    const old = await machine.run(['login', '--callback-url', earlier, '--json']);
    expect(JSON.parse(old.stdout).error.code).toBe('callback_no_pending');
    const none = await machine.run(['login', '--callback-url', 'http://127.0.0.1:1/callback', '--json']);
    expect(JSON.parse(none.stdout).error.code).toBe('callback_invalid');
    const state = new URL(url).searchParams.get('state');
    const elsewhere = await machine.run([
      'login',
      '--callback-url',
      `http://127.0.0.1:2/x?code=x&state=${state}`,
      '--json',
    ]);
    expect(JSON.parse(elsewhere.stdout).error).toMatchObject({ code: 'callback_invalid', exitCode: 7 });
    // Of two that wait, nobody can tell whose it is.
    await start('http://127.0.0.1:1/callback');
    const ambiguous = ['login', '--callback-url', 'http://127.0.0.1:1/callback?code=x&state=y', '--json'];
    expect(JSON.parse((await machine.run(ambiguous)).stdout).error.code).toBe('callback_no_pending');
  });

  it('can be finished with the same address after what was missing is there, and saves the profile then', async () => {
    const { redirectUri, address } = await addressBar();
    const started = await machine.run(
      [
        ...['login', '--start', '--issuer', provider.issuer, '--client-id', 'demo-confidential', '--save', 'kept'],
        ...['--redirect-uri', redirectUri, '--client-secret-env', 'SECRET'],
      ],
      { env: { SECRET: 'demo-secret' } },
    );
    await aliceSignsIn(started.stdout.trim());
    const without = await machine.run(['login', '--callback-url', await address, '--json']);
    expect(JSON.parse(without.stdout).error.code).toBe('client_secret_unavailable');
    const finished = await machine.run(['login', '--callback-url', await address, '--json'], {
      env: { SECRET: 'demo-secret' },
    });
    expect(finished.code).toBe(0);
    const { profiles } = JSON.parse((await machine.run(['profile', 'list', '--json'])).stdout);
    expect(profiles).toMatchObject([{ name: 'kept', issuer: provider.issuer, clientId: 'demo-confidential' }]);
  });

  it('refuses what it would have to ignore', async () => {
    const form = [
      'login',
      '--start',
      '--issuer',
      provider.issuer,
      '--client-id',
      'demo',
      '--response-mode',
      'form_post',
    ];
    const callback = ['login', '--callback-url', 'http://127.0.0.1:1/callback?state=x'];
    for (const argv of [
      form,
      [...callback, '--strict'],
      [...callback, '--save', 'x'],
      ['login', '--demo', '--save', 'x'],
    ]) {
      const { code, stdout } = await machine.run([...argv, '--json']);
      expect(code).toBe(2);
      expect(JSON.parse(stdout).error.code).toBe('usage');
    }
  });

  it('forgets a pending sign-in after ten minutes', async () => {
    const url = await start('http://127.0.0.1:1/callback');
    machine.passTime(601);
    const state = new URL(url).searchParams.get('state');
    const late = await machine.run([
      'login',
      '--callback-url',
      `http://127.0.0.1:1/callback?code=x&state=${state}`,
      '--json',
    ]);
    expect(JSON.parse(late.stdout).error.code).toBe('callback_no_pending');
  });
});

describe('whoami', () => {
  it('exits 4 with what to type when nobody is signed in', async () => {
    const { code, stderr, stdout } = await machine.run(['whoami']);
    expect(code).toBe(4);
    expect(stdout).toBe('');
    expect(stderr).toMatchInlineSnapshot(`
      "✗ Nobody is signed in.
        To fix: Sign in with: oidc-cli login --issuer URL --client-id ID
        (not_signed_in, exit code 4)
      "
    `);
  });

  it('says who, where, until when, and how it chose the profile, without a request', async () => {
    await signIn();
    const before = requests;
    const { code, stdout, stderr } = await machine.run(['whoami']);
    expect(requests).toBe(before);
    expect(code).toBe(0);
    expect(stdout).toContain('✓ Alice Example <alice@example.com> — signed in');
    expect(stdout).toMatch(/refresh token +yes/);
    expect(stderr).toContain('(the one last signed in to)');
  });

  it('tells expired but refreshable (0) from expired for good (4)', async () => {
    await signIn();
    machine.passTime(2 * 3600);
    const refreshable = await machine.run(['whoami', '--json']);
    expect(refreshable.code).toBe(0);
    expect(JSON.parse(refreshable.stdout)).toMatchObject({ state: 'refreshable', signedIn: true });

    const other = await createMachine();
    try {
      await other.run(['login', '--issuer', provider.issuer, '--client-id', 'demo', '--port', '0'], {
        openUrl: aliceSignsIn,
      });
      other.passTime(2 * 3600);
      const expired = await other.run(['whoami', '--json']);
      expect(expired.code).toBe(4);
      expect(JSON.parse(expired.stdout)).toMatchObject({ state: 'expired', signedIn: false });
      const token = await other.run(['token', '--json']);
      expect(JSON.parse(token.stdout).error).toMatchObject({ code: 'session_expired', exitCode: 4 });
    } finally {
      await other.remove();
    }
  });

  it('--claims, --userinfo and --all', async () => {
    await signIn();
    const claims = JSON.parse((await machine.run(['whoami', '--claims', '--json'])).stdout).claims;
    expect(claims).toMatchObject({ iss: provider.issuer, aud: 'demo' });
    const before = requests;
    const asked = JSON.parse((await machine.run(['whoami', '--userinfo', '--json'])).stdout);
    expect(requests).toBeGreaterThan(before);
    expect(asked.userinfo.sub).toBe(claims.sub);
    expect((await machine.run(['whoami', '--all'])).stdout).toMatch(/PROFILE.*\n✓/);
  });

  it('takes the profile from OIDC_CLI_PROFILE', async () => {
    await signIn('--save', 'one');
    await signIn('--save', 'two');
    const { stdout, stderr } = await machine.run(['whoami', '--json'], { env: { OIDC_CLI_PROFILE: 'one' } });
    expect(JSON.parse(stdout).profile).toBe('one');
    expect(stderr).toContain('(from OIDC_CLI_PROFILE)');
  });
});

describe('token', () => {
  it('writes the access token alone on stdout, and as a header', async () => {
    await signIn();
    const plain = await machine.run(['token']);
    expect(plain.stdout).toMatch(/^\S+\n$/);
    const header = await machine.run(['token', '--header']);
    expect(header.stdout).toBe(`Authorization: Bearer ${plain.stdout}`);
    const id = await machine.run(['token', '--id-token']);
    expect(id.stdout.split('.')).toHaveLength(3);
  });

  it('refreshes when the token is about to expire, rotates, and a used refresh token is not tried again', async () => {
    await signIn();
    const first = (await machine.run(['token'])).stdout;
    machine.passTime(3600 - 20);
    const second = await machine.run(['token']);
    expect(second.code).toBe(0);
    expect(second.stdout).not.toBe(first);
    const forced = JSON.parse((await machine.run(['token', '--refresh', '--json'])).stdout);
    expect(forced.refreshed).toBe(true);
  });

  it('spends the refresh token once when two ask at the same time', async () => {
    await signIn();
    machine.passTime(3600);
    const both = await Promise.all([machine.run(['token']), machine.run(['token'])]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both[0].stdout).toBe(both[1].stdout);
  });

  it('saves what a refresh brings that Ctrl-C interrupts, for the old refresh token is spent', async () => {
    const asked = signal();
    const responses = signal();
    const slow = await identityProvider({
      extend: (op) => {
        op.use(async (ctx, next) => {
          await next();
          if (ctx.oidc?.params?.grant_type !== 'refresh_token') return;
          asked.give();
          await responses.given;
        });
      },
    });
    const login = ['login', '--issuer', slow.issuer, '--client-id', 'demo', '--port', '0', '--scope', SCOPE];
    expect(await machine.run(login, { openUrl: aliceSignsIn })).toMatchObject({ code: 0 });
    const interruption = new AbortController();
    const refreshing = machine.run(['token', '--refresh'], { signal: interruption.signal });
    await asked.given;
    interruption.abort();
    responses.give();
    const refreshed = await refreshing;
    expect(refreshed).toMatchObject({ code: 130, stdout: '' });
    expect(refreshed.stderr).toContain(
      "Waiting up to 5 s for the provider's answer, which may hold a new refresh token; Ctrl-C again gives it up.\n",
    );
    expect(await machine.run(['token', '--refresh'])).toMatchObject({ code: 0 });
  });

  it('says what to type next when the provider refuses the refresh token', async () => {
    await signIn();
    machine.passTime(2 * 3600);
    await revokeRefreshToken();
    const { code, stdout } = await machine.run(['token', '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'refresh_refused', exitCode: 4 });
    expect(JSON.parse(stdout).error.fix).toMatch(/oidc-cli login/);
  });

  it('says that there is no refresh token, and which scope gives one', async () => {
    await machine.run(['login', '--issuer', provider.issuer, '--client-id', 'demo', '--port', '0'], {
      openUrl: aliceSignsIn,
    });
    const { code, stdout } = await machine.run(['token', '--refresh', '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout).error.code).toBe('no_refresh_token');
    expect(JSON.parse(stdout).error.causes[0]).toContain('offline_access');
    expect(JSON.parse(stdout).error.fix).toContain('--scope "openid profile email offline_access" --prompt consent');
  });
});

/** Something that one waits for and another gives. */
function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

/** Revokes the refresh token at the provider behind the tool's back, as an administrator would. */
async function revokeRefreshToken(): Promise<void> {
  const sessions = createSessions({
    dataFolder: machine.home,
    env: {},
    platform: process.platform,
    clock: { now: () => Date.now() },
  });
  const entry = await sessions.find({});
  const session = entry && (await sessions.read(entry));
  const stored = session?.refreshToken && (await provider.provider.RefreshToken.find(session.refreshToken));
  if (!stored) throw new Error('there is no refresh token to revoke');
  await stored.destroy();
}

describe('userinfo', () => {
  it('shows what the userinfo endpoint says', async () => {
    await signIn();
    const { code, stdout } = await machine.run(['userinfo', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'Alice Example', email: 'alice@example.com' });
  });
});

describe('logout', () => {
  const post = ['--post-logout-redirect-uri', 'http://127.0.0.1:0/signed-out'];

  it('revokes both tokens, signs out at the provider, and forgets the session', async () => {
    await signIn();
    const tokens = await tokensOfSession();
    const { code, stdout, stderr } = await machine.run(['logout', ...post], { openUrl: aliceSignsIn });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /✓ refresh token revoked\n.*✓ access token revoked\n.*✓ session forgotten on this machine\n.*✓ signed out at the provider/,
    );
    expect((await machine.run(['whoami'])).code).toBe(4);
    const userinfo = await fetch(`${provider.issuer}/me`, { headers: { authorization: `Bearer ${tokens[0]}` } });
    expect(userinfo.status).toBe(401);
    for (const token of tokens) expect(stdout + stderr).not.toContain(token);
  });

  it('hands the browser a one-time address on this machine, never the URL with the ID token', async () => {
    await signIn();
    const opened: string[] = [];
    await machine.run(['logout', ...post], {
      openUrl: async (url) => {
        opened.push(url);
        await aliceSignsIn(url);
      },
    });
    expect(opened).toHaveLength(1);
    expect(opened[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    expect(opened[0]).not.toContain('id_token');
  });

  it('needs no client secret to sign out at the provider, and says that nothing was revoked without it', async () => {
    const client = ['--issuer', provider.issuer, '--client-id', 'demo-confidential', '--client-secret-env', 'SECRET'];
    await machine.run(['login', ...client, '--port', '0'], { openUrl: aliceSignsIn, env: { SECRET: 'demo-secret' } });
    expect((await machine.run(['userinfo'])).code).toBe(0);
    const out = await machine.run(['logout', ...post], { openUrl: aliceSignsIn });
    expect(out.code).toBe(3);
    expect(out.stdout).toMatch(/✗ not access token revoked: .*SECRET/);
    expect(out.stdout).toMatch(/✓ session forgotten on this machine\n.*✓ signed out at the provider/);
  });

  it('--local only forgets, --no-end-session opens no browser', async () => {
    await signIn();
    const local = await machine.run(['logout', '--local']);
    expect(local).toMatchObject({ code: 0 });
    expect(local.stdout).toMatch(/✓ session forgotten/);
    await signIn();
    const quiet = await machine.run(['logout', '--no-end-session', '--json'], {
      openUrl: () => Promise.reject(new Error('a browser was opened')),
    });
    expect(quiet.code).toBe(0);
    const steps = JSON.parse(quiet.stdout).sessions[0].steps;
    expect(steps.map(({ step, outcome }: { step: string; outcome: string }) => `${step}: ${outcome}`)).toEqual([
      'revoke refresh token: done',
      'revoke access token: done',
      'forget session: done',
      'end session: not asked',
    ]);
  });

  it('forgets the session when the provider is unreachable, says what was not done, and exits 8', async () => {
    const gone = await startIdentityProvider({ port: 0 });
    const { code } = await machine.run(
      ['login', '--issuer', gone.issuer, '--client-id', 'demo', '--port', '0', '--scope', SCOPE],
      { openUrl: aliceSignsIn },
    );
    expect(code).toBe(0);
    await gone.close();
    const out = await machine.run(['logout', ...post], { openUrl: aliceSignsIn });
    expect(out.code).toBe(8);
    expect(out.stdout).toContain('✗ not refresh token revoked');
    expect(out.stdout).toContain('✓ session forgotten on this machine');
    expect((await machine.run(['whoami'])).code).toBe(4);
  });

  it('exits 6 when nobody confirms at the provider, with the session forgotten', async () => {
    await signIn();
    const out = await machine.run(['logout', ...post, '--timeout', '1'], { openUrl: async () => undefined });
    expect(out.code).toBe(6);
    expect(out.stdout).toContain('end_session_not_confirmed');
    expect((await machine.run(['whoami'])).code).toBe(4);
  });

  it.each([
    [
      'another browser comes back',
      async (browser: CookieBrowser, url: string) => {
        const asked = await browser.authorizationRequest(url);
        const back = `${asked.searchParams.get('post_logout_redirect_uri')}?state=${asked.searchParams.get('state')}`;
        expect((await new CookieBrowser().request(back)).status).toBe(403);
      },
      [6, 'end_session_not_confirmed', 'A response with the right state came from another browser'],
    ],
    [
      'a second program opens its address',
      async (browser: CookieBrowser, url: string) => {
        await browser.request(url);
        await new CookieBrowser().request(url);
      },
      [7, 'one_time_address_reused', 'so the sign-out was stopped'],
    ],
  ] as const)('is not done at the provider when %s', async (_what, browse, [exit, error, words]) => {
    await signIn();
    const out = await machine.run(['logout', ...post, '--timeout', '2', '--json'], {
      openUrl: (url) => browse(new CookieBrowser(), url),
    });
    const step = JSON.parse(out.stdout).sessions[0].steps.at(-1);
    expect([out.code, step.step, step.error.code]).toEqual([exit, 'end session', error]);
    expect(out.stdout).toContain(words);
  });

  it('--all goes on past a session that cannot be read, and --local forgets that one too', async () => {
    await signIn('--save', 'readable');
    const keyed = { OIDC_CLI_STORE_KEY: 'a passphrase of this test' };
    const { code } = await machine.run(loginArguments('--save', 'locked'), { openUrl: aliceSignsIn, env: keyed });
    expect(code).toBe(0);
    const out = await machine.run(['logout', '--all', '--no-end-session', '--json']);
    expect(out.code).toBe(9);
    const left = JSON.parse((await machine.run(['whoami', '--all', '--json'])).stdout).sessions;
    expect(left.map((session: { profile: string }) => session.profile)).toEqual(['locked']);
    expect((await machine.run(['whoami', '--json'])).code).toBe(9);
    expect((await machine.run(['logout', '--local'])).code).toBe(0);
    expect((await machine.run(['whoami'])).code).toBe(4);
  });

  it('--all signs out everywhere', async () => {
    await signIn('--save', 'one');
    await signIn('--save', 'two');
    expect((await machine.run(['logout', '--all', '--local'])).code).toBe(0);
    expect((await machine.run(['whoami', '--all', '--json'])).stdout).toContain('"sessions": []');
  });
});

describe('the command line', () => {
  it('exits 2 with a hint for a mistyped command, in text and in JSON', async () => {
    const text = await machine.run(['logn']);
    expect(text.code).toBe(2);
    expect(text.stderr).toContain('Did you mean login?');
    const json = await machine.run(['login', '--isuer', 'x', '--json']);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout).error.code).toBe('usage');
  });

  it('prints help and version on stdout and exits 0', async () => {
    expect((await machine.run([])).stdout).toContain('Usage: oidc-cli');
    expect((await machine.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await machine.run(['login', '--help'])).code).toBe(0);
  });

  it('has the help of a command below another, and what is about Logto under headings of its own', async () => {
    const { code, stdout } = await machine.run(['help', 'profile', 'import']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Usage: oidc-cli profile import [options] <file>')]);
    const login = (await machine.run(['help', 'login'])).stdout;
    const [, applicationFlags = '', connectorFlags = ''] = login.split(/^A Logto (?:application|connector):$/m);
    for (const flag of ['--endpoint', '--first-screen', '--interaction-mode', '--direct-sign-in', '--one-time-token']) {
      expect(applicationFlags).toContain(flag);
    }
    expect(connectorFlags).toContain('--connector');
  });
});

/** Everything in plain sight below a folder, as one text. */
async function everyFile(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')))).join('\n');
}
