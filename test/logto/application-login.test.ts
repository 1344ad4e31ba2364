// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenUrl } from '../../src/context.js';
import { freePort } from '../support/free-port.js';
import { type LogtoProvider, startLogtoProvider } from '../support/logto-provider.js';
import { aliceSignsIn, createMachine, type Machine, type RunWorld } from '../support/run.js';
import { expectPlainWords } from '../support/scripted-sign-in.js';

const ORGANIZATIONS = 'urn:logto:resource:organizations';
const ORDERS = 'https://orders.example.com/api';
const STOCK = 'https://stock.example.com/api';
const ONE_TIME_TOKEN = 'one-time-token-of-a-magic-link';

let logto: LogtoProvider;
let callback: string;
let signedOut: string;
let machine: Machine;

beforeAll(async () => {
  callback = `http://localhost:${await freePort()}/callback`;
  signedOut = `http://localhost:${await freePort()}/`;
  logto = await startLogtoProvider({
    redirectUris: [callback],
    postLogoutRedirectUris: [signedOut],
    resources: [
      { indicator: ORDERS, scopes: ['read:orders'] },
      { indicator: STOCK, scopes: ['read:stock'] },
      { indicator: ORGANIZATIONS, scopes: [] },
    ],
  });
});
afterAll(() => logto.close());

beforeEach(async () => {
  machine = await createMachine();
});
afterEach(() => machine.remove());

const application = () => ['--endpoint', logto.endpoint, '--app-id', logto.app.id, '--app-secret-env', 'APP_SECRET'];
const env = () => ({ APP_SECRET: logto.app.secret });

/** Signs Alice in; the browser is told of no address that is not looked at afterwards. */
async function login(flags: readonly string[], deps: RunWorld = {}) {
  const opened: string[] = [];
  const openUrl: OpenUrl = async (url) => {
    opened.push(url);
    await aliceSignsIn(url);
  };
  const before = logto.requests.all.length;
  const finished = await machine.run(['login', ...flags], { openUrl, ...deps, env: { ...env(), ...deps.env } });
  return { ...finished, opened, requests: logto.requests.all.slice(before) };
}

const here = () => [...application(), '--redirect-uri', callback];
const lastAsked = () => logto.requests.authorization.at(-1);
const lastToken = () => logto.requests.token.at(-1);

/** A command line that is refused before anything is asked of the provider, as JSON and as text. */
async function refused(argv: readonly string[], code: number, deps: RunWorld = {}) {
  const before = logto.requests.all.length;
  const opened: string[] = [];
  const run = (more: readonly string[]) =>
    machine.run([...argv, ...more], {
      openUrl: async (url) => void opened.push(url),
      ...deps,
      env: { ...env(), ...deps.env },
    });
  const asText = await run([]);
  const { stdout, code: exitCode } = await run(['--json']);
  const { error } = JSON.parse(stdout);
  expect([asText.code, exitCode, error.exitCode]).toEqual([code, code, code]);
  expect(asText.stdout).toBe('');
  expect(asText.stderr).toContain(`✗ ${error.message}\n`);
  expectPlainWords(error);
  expect(opened).toEqual([]);
  expect(logto.requests.all.length).toBe(before);
  return { error: error as { code: string; message: string; fix: string }, stderr: asText.stderr, stdout };
}

describe('a Logto application, by flags', () => {
  it("does not miss an API's scopes in the first token: they come with the API's own", async () => {
    const scopes = ['--scope', 'read:orders email custom_data', '--resource', ORDERS, '--json'];
    const { code, stdout } = await login([...here(), ...scopes]);
    expect(code).toBe(0);
    const { scope } = JSON.parse(stdout);
    expect(scope.requested).toContain('read:orders');
    expect(scope.missing).not.toContain('read:orders');
  });

  it('is signed in to as the SDK would: its scopes, its prompt, PKCE, and no resource with the code', async () => {
    const { code, stdout, stderr, opened } = await login([...here(), '--resource', ORDERS, '--resource', STOCK]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(lastAsked()?.query).toEqual({
      client_id: logto.app.id,
      code_challenge: expect.any(String),
      code_challenge_method: 'S256',
      nonce: expect.any(String),
      prompt: 'consent',
      redirect_uri: callback,
      resource: [ORDERS, STOCK],
      response_type: 'code',
      scope: 'openid offline_access profile',
      state: expect.any(String),
    });
    expect(opened[0]).toMatch(/^http:\/\/localhost:\d+\/go\//);
    expect(lastToken()?.form).toMatchObject({ grant_type: 'authorization_code', code_verifier: expect.any(String) });
    expect(lastToken()?.form).not.toHaveProperty('resource');
    expect(lastToken()?.form).not.toHaveProperty('client_secret');
    expect(stdout).toContain('with a refresh token');
    expect(stdout).toContain(`${logto.app.id}, client_secret_basic `);
    const profile = new URL(logto.issuer).host;
    expect(stdout).toContain(
      `  more tokens   oidc-cli token ${profile}/oidc --resource ${ORDERS} | --resource ${STOCK}\n`,
    );
    expect(stdout + stderr).not.toContain(logto.app.secret);
  });

  it('has http://localhost:3000/callback as its redirect URI, unless told otherwise', async () => {
    const { code, stdout } = await login([...application(), '--start']);
    expect(code).toBe(0);
    expect(new URL(stdout.trim()).searchParams.get('redirect_uri')).toBe('http://localhost:3000/callback');
    const other = await login([...application(), '--port', '3999', '--start']);
    expect(new URL(other.stdout.trim()).searchParams.get('redirect_uri')).toBe('http://localhost:3999/callback');
  });

  it('takes ordinary flags for the same things, and a public application without a secret', async () => {
    const { code, stdout } = await login([
      ...['--kind', 'logto', '--issuer', logto.issuer, '--client-id', logto.spaApp.id],
      ...['--redirect-uri', callback, '--scope', 'email', '--json'],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      issuer: logto.issuer,
      clientAuth: { method: 'none' },
      resources: [],
      organizations: [],
      refreshable: true,
    });
    expect(lastAsked()?.query.scope).toBe('openid offline_access profile email');
  });

  it('with the scope of organizations asks for their resource too, and names those of the person', async () => {
    const { code, stdout } = await login([...here(), '--scope', 'urn:logto:scope:organizations']);
    expect(code).toBe(0);
    expect(lastAsked()?.query).toMatchObject({
      scope: 'openid offline_access profile urn:logto:scope:organizations',
      resource: ORGANIZATIONS,
    });
    expect(stdout).toMatch(/\n {2}more tokens +oidc-cli token \S+ --organization org-of-alice\n/);
  });

  it('names no organization in a line to be copied whose id a shell would read otherwise', async () => {
    const ids = ['org-1', '$(touch gone)', 'a;b', '`c`'];
    const organizations = ids.map((id) => ({ id, members: ['alice'] }));
    const other = await startLogtoProvider({ redirectUris: [callback], organizations });
    try {
      const flags = [...here(), '--endpoint', other.endpoint, '--scope', 'urn:logto:scope:organizations'];
      const { stdout } = await login(flags);
      expect(stdout).toMatch(/\n {2}more tokens +oidc-cli token \S+ --organization org-1\n/);
      expect(JSON.parse((await login([...flags, '--json'])).stdout).organizations).toEqual(ids);
    } finally {
      await other.close();
    }
  });

  it('has the issuer in the callback compared with the one that was asked', async () => {
    let received = '';
    const page = createServer((request, response) => {
      received = `${new URL(callback).origin}${request.url}`;
      response.end('copied');
    });
    await new Promise<void>((listening) => page.listen(Number(new URL(callback).port), 'localhost', listening));
    try {
      const { stdout } = await login([...here(), '--start']);
      await aliceSignsIn(stdout.trim());
    } finally {
      page.closeAllConnections();
      await new Promise((closed) => page.close(closed));
    }
    const url = new URL(received);
    expect(url.searchParams.get('iss')).toBe(logto.issuer);
    url.searchParams.set('iss', `${logto.issuer}/other`);
    const mismatch = await login(['--callback-url', url.href, '--json']);
    expect([mismatch.code, JSON.parse(mismatch.stdout).error.code]).toEqual([7, 'callback_issuer_mismatch']);
    const { code, stdout } = await login(['--callback-url', received, '--json']);
    expect([code, JSON.parse(stdout).issuer]).toEqual([0, logto.issuer]);
    expect(lastToken()?.form).not.toHaveProperty('resource');
  });

  it('comes from variables as well', async () => {
    const { code, stderr } = await login(['--redirect-uri', callback], {
      env: {
        OIDC_CLI_ENDPOINT: `${logto.endpoint}/oidc/`,
        OIDC_CLI_APP_ID: logto.app.id,
        OIDC_CLI_APP_SECRET: logto.app.secret,
      },
    });
    expect(code).toBe(0);
    expect(stderr).toContain('(from OIDC_CLI_ENDPOINT)');
    expect(stderr).toContain(
      `Warning: OIDC_CLI_ENDPOINT: ${logto.endpoint}/oidc/ is not an endpoint of Logto; it is taken to be ${logto.endpoint}\n`,
    );
  });

  it('warns that the prompt login alone brings no refresh token, and it brings none', async () => {
    const { code, stdout, stderr } = await login([...here(), '--prompt', 'login', '--resource', ORDERS]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'Warning: With the prompt login alone Logto issues no refresh token: write "login consent"',
    );
    expect(stdout).toContain('no refresh token\n');
    expect(stdout).toMatch(/\n {2}more tokens +none without a refresh token\n/);
  });

  it('refuses the prompt select_account, as Logto does', async () => {
    const { error } = await refused(['login', ...here(), '--prompt', 'login select_account'], 3);
    expect(error).toMatchObject({
      code: 'config_value_invalid',
      message: '--prompt: a prompt that Logto refuses (select_account) cannot be used.',
    });
    expect(error.fix).toBe('Allowed is: consent, login or none.');
  });
});

describe('sign-in parameters', () => {
  it('are sent to the letter, and Logto takes every one', async () => {
    const { code, stderr } = await login([
      ...[
        ...here(),
        '--first-screen',
        'identifier:register',
        '--identifier',
        'email phone',
        '--identifier',
        'username',
      ],
      ...['--direct-sign-in', 'social:google', '--organization-id', 'org-of-alice'],
      ...['--login-hint', 'alice@example.com', '--ui-locales', 'ja en'],
    ]);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('Warning')]);
    const sent = {
      first_screen: 'identifier:register',
      identifier: 'email phone username',
      direct_sign_in: 'social:google',
      organization_id: 'org-of-alice',
      login_hint: 'alice@example.com',
      ui_locales: 'ja en',
    };
    expect([lastAsked()?.sent, lastAsked()?.taken]).toEqual([sent, sent]);
  });

  it.each(['sign_in', 'register', 'reset_password', 'identifier:sign_in', 'identifier:register', 'single_sign_on'])(
    'the first screen %s',
    async (screen) => {
      expect((await login([...here(), '--first-screen', screen])).code).toBe(0);
      expect(lastAsked()?.taken).toEqual({ first_screen: screen });
    },
  );

  it.each([
    ['signUp', 'register'],
    ['signIn', 'sign_in'],
  ])('the interaction mode %s is sent as the first screen %s, which is said', async (mode, screen) => {
    const { code, stderr } = await login([...here(), '--interaction-mode', mode]);
    expect(code).toBe(0);
    expect(lastAsked()?.taken).toEqual({ first_screen: screen });
    expect(stderr).toContain(
      `Logto has replaced interaction_mode by first_screen: first_screen=${screen} is sent for --interaction-mode ${mode}. Write --first-screen ${screen} instead.\n`,
    );
  });

  it('a first screen goes before an interaction mode, which is said', async () => {
    const { stderr } = await login([...here(), '--interaction-mode', 'signUp', '--first-screen', 'single_sign_on']);
    expect(lastAsked()?.taken).toEqual({ first_screen: 'single_sign_on' });
    expect(stderr).toContain('first_screen=single_sign_on is sent, and --interaction-mode signUp is left out.\n');
  });

  it.each<[string[], string, string]>([
    [['--first-screen', 'signUp'], '--first-screen: "signUp" is no first screen of Logto', '--first-screen register'],
    [['--first-screen', 'signIn'], 'did you mean sign_in?', '--first-screen sign_in'],
    [['--first-screen', 'sso'], 'did you mean single_sign_on?', '--first-screen single_sign_on'],
    [['--first-screen', 'identifier:signin'], 'identifier:sign_in?', '--first-screen identifier:sign_in'],
    [['--first-screen', 'welcome'], 'is no first screen', 'followed by one of sign_in, register, reset_password'],
    [['--first-screen', ''], 'it is empty', 'followed by one of sign_in'],
    [['--first-screen', 'register\u001b[2J'], 'is no first screen of Logto', '--first-screen'],
    [['--interaction-mode', 'signup'], '"signup" is no interaction mode of Logto', '--interaction-mode signUp'],
    [['--interaction-mode', 'register'], 'is no interaction mode', 'followed by one of signIn and signUp'],
    [['--identifier', 'e-mail', '--first-screen', 'reset_password'], '"e-mail" is none of', '--identifier "email"'],
    [['--identifier', 'email,sms', '--first-screen', 'reset_password'], '"email,sms" is none', '"email phone"'],
    [['--identifier', 'passkey', '--first-screen', 'reset_password'], '"passkey" is none', 'email, phone or username'],
    [['--identifier', '', '--first-screen', 'reset_password'], 'it is empty', '--identifier email'],
    [['--identifier', 'email'], 'and none is named', '--first-screen identifier:sign_in --identifier "email"'],
    [
      ['--identifier', 'email', '--first-screen', 'register'],
      'and "register" is not one of them',
      '--first-screen identifier:register --identifier "email"',
    ],
    [['--direct-sign-in', 'google'], 'does not say by what', '--direct-sign-in social:google'],
    [['--direct-sign-in', 'Social:google'], 'does not say by what', '--direct-sign-in social:google'],
    [['--direct-sign-in', 'sso:'], 'does not say by what', 'sso:ID'],
    [['--direct-sign-in', 'social:a b'], 'does not say by what', 'social:TARGET'],
    [['--organization-id', 'a b'], 'an id has no spaces', '--organization-id ID'],
    [['--organization-id', ''], 'is not empty', '--organization-id ID'],
    [['--organization-id', 'urn:logto:organization:x1'], 'is the audience of its tokens', '--organization-id x1'],
  ])('%j is refused and nothing is sent', async (flags, message, fix) => {
    const { error, stderr } = await refused(['login', ...here(), ...flags], 2);
    expect(error.code).toBe('usage');
    expect(error.message).toContain(message);
    expect(error.fix).toContain(fix);
    expect(error.message + error.fix).toMatch(/^--/);
    expect(stderr).not.toContain('\u001b');
  });

  it('a bad one among the parameters of a profile of kind logto is refused with its place', async () => {
    await writeProfile('parameters: {first_screen: signup}');
    const { error } = await refused(['login', 'bookstore'], 3);
    expect(error).toMatchObject({
      code: 'config_value_invalid',
      message: `${join(machine.home, 'config.yaml')}:7, parameter first_screen: "signup" cannot be used.`,
      fix: 'Allowed is: register.',
    });
  });

  it('a bad one that is none of the known is refused with what is known, in a whole sentence', async () => {
    await writeProfile('parameters: {first_screen: welcome}');
    const { error } = await refused(['login', 'bookstore'], 3);
    expect(error.fix).toMatch(/^Allowed is: one of sign_in, register, /);
  });

  it('an identifier that no screen reads is a mistake of the file that has it, or of the flag', async () => {
    await writeProfile('parameters: {identifier: email}');
    const { error } = await refused(['login', 'bookstore'], 3);
    expect(error).toMatchObject({
      code: 'config_value_invalid',
      message: `${join(machine.home, 'config.yaml')}:7, parameter identifier: "email" without a first_screen cannot be used.`,
      fix: 'Allowed is: the first screens identifier:sign_in, identifier:register and reset_password with it.',
    });
    await refused(['login', 'bookstore', '--first-screen', 'register'], 2);
  });

  it('of another provider may have the same names', async () => {
    const flags = ['--issuer', logto.issuer, '--client-id', logto.spaApp.id, '--redirect-uri', callback];
    const { code } = await login([...flags, '--param', 'identifier=alice@example.com', '--param', 'first_screen=x']);
    expect(code).toBe(0);
    expect(lastAsked()?.query).toMatchObject({ identifier: 'alice@example.com', first_screen: 'x' });
  });

  it('work for an ordinary profile too, and are kept with --save', async () => {
    const flags = ['--issuer', logto.issuer, '--client-id', logto.spaApp.id, '--redirect-uri', callback];
    const { code } = await login([...flags, '--scope', 'openid', '--first-screen', 'register', '--save', 'it']);
    expect(code).toBe(0);
    expect(lastAsked()?.taken).toEqual({ first_screen: 'register' });
    expect(lastAsked()?.query).not.toHaveProperty('prompt');
    expect(await readFile(join(machine.home, 'config.yaml'), 'utf8')).toContain(
      '    parameters:\n      first_screen: register\n',
    );
  });

  it('do not go with --callback-url', async () => {
    const { error } = await refused(
      ['login', '--callback-url', `${callback}?state=x`, '--first-screen', 'register'],
      2,
    );
    expect(error.message).toContain('takes no other settings');
  });
});

describe('a one-time token', () => {
  const withToken = { env: { MAGIC_LINK: ONE_TIME_TOKEN } };
  const flags = () => [...here(), '--one-time-token-env', 'MAGIC_LINK', '--login-hint', 'alice@example.com'];

  it('reaches the provider, and the browser only by an address on this machine', async () => {
    const { code, stdout, stderr, opened } = await login([...flags(), '--show-claims', '--save', 'it'], withToken);
    expect(code).toBe(0);
    expect(lastAsked()?.taken).toEqual({ one_time_token: ONE_TIME_TOKEN, login_hint: 'alice@example.com' });
    expect(opened).toEqual([expect.stringMatching(/^http:\/\/localhost:\d+\/go\/[\w-]{20,}$/)]);
    expect(stdout + stderr + opened.join()).not.toContain(ONE_TIME_TOKEN);
    expect(stderr).not.toContain('Warning');
    expect(await everyFile()).not.toContain(ONE_TIME_TOKEN);
  });

  it('with --no-browser is behind an address that works once', async () => {
    let signingIn: Promise<void> | undefined;
    const { code, stdout, stderr } = await login([...flags(), '--no-browser', '--json'], {
      ...withToken,
      onStderr: (text) => {
        const [address] = /http:\/\/localhost:\d+\/go\/[\w-]+(?=\n)/.exec(text) ?? [];
        if (address !== undefined) signingIn ??= aliceSignsIn(address);
      },
    });
    await signingIn;
    expect(code).toBe(0);
    expect(stderr).toContain(
      'Open this address in a browser on this machine; it leads to the provider, and works in one browser:',
    );
    expect(stdout + stderr).not.toContain(ONE_TIME_TOKEN);
    expect(stdout + stderr).not.toContain(`${logto.issuer}/auth`);
  });

  it('where no browser can be opened is behind another one-time address', async () => {
    let signingIn: Promise<void> | undefined;
    let opened = '';
    const { code, stderr } = await login(flags(), {
      ...withToken,
      openUrl: async (url) => {
        opened = url;
        throw new Error('no display');
      },
      onStderr: (text) => {
        const [address] = /http:\/\/localhost:\d+\/go\/[\w-]+(?=\n)/.exec(text) ?? [];
        if (address !== undefined) signingIn ??= aliceSignsIn(address);
      },
    });
    await signingIn;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Open this address in one on this machine:');
    expect(stderr).not.toContain(opened);
  });

  it('on the command line works and warns, and it warns of a missing login hint', async () => {
    const { code, stdout, stderr } = await login([...here(), '--one-time-token', ONE_TIME_TOKEN]);
    expect(code).toBe(0);
    expect(lastAsked()?.taken).toEqual({ one_time_token: ONE_TIME_TOKEN });
    expect(stderr).toContain('Warning: The one-time token on the command line is visible to other users');
    expect(stderr).toContain('Warning: Logto takes a one-time token only with the e-mail address it was made for');
    expect(stdout + stderr).not.toContain(ONE_TIME_TOKEN);
  });

  it.each<[string[], string]>([
    [['--one-time-token-env', 'NOT_SET'], 'environment variable NOT_SET, and it is not set'],
    [['--one-time-token-env', ONE_TIME_TOKEN], 'takes the name of an environment variable'],
    [['--one-time-token-env', 'MAGIC_LINK', '--one-time-token', ONE_TIME_TOKEN], 'give two tokens'],
    [['--one-time-token', `${ONE_TIME_TOKEN} x`], 'has spaces in it'],
    [['--one-time-token', ''], 'is empty'],
    [['--one-time-token-env', 'MAGIC_LINK', '--start'], 'login --start prints the address'],
    [
      ['--one-time-token-env', 'MAGIC_LINK', '--redirect-uri', 'https://app.example.com/callback'],
      'the redirect URI https://app.example.com/callback is not on it',
    ],
  ])('%j is refused, and the token is not repeated', async (more, message) => {
    const { error, stdout, stderr } = await refused(['login', ...here(), ...more], 2, withToken);
    expect(error.message).toContain(message);
    expect(stdout + stderr).not.toContain(ONE_TIME_TOKEN);
  });

  it('is no --param and stands in no file', async () => {
    const { error, stdout, stderr } = await refused(
      ['login', ...here(), '--param', `one_time_token=${ONE_TIME_TOKEN}`],
      3,
    );
    expect(error.fix).toBe('Allowed is: --one-time-token-env NAME with login instead.');
    expect(stdout + stderr).not.toContain(ONE_TIME_TOKEN);
  });
});

/** Writes the profile `bookstore` into the user's file, as the guide's LogtoConfig has it. */
function writeProfile(...lines: string[]): Promise<void> {
  const head = ['kind: logto', `endpoint: ${logto.endpoint}`, `appId: ${logto.app.id}`, 'appSecret: ${APP_SECRET}'];
  const text = ['profiles:', '  bookstore:', ...[...head, ...lines].map((line) => `    ${line}`), ''].join('\n');
  return writeFile(join(machine.home, 'config.yaml'), text);
}

async function everyFile(): Promise<string> {
  const entries = await readdir(machine.home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')))).join('\n');
}

describe('a profile of kind logto', () => {
  it('signs in as LogtoConfig says, and whoami is isAuthenticated', async () => {
    await writeProfile(
      `redirectUri: ${callback}`,
      'prompt: login consent',
      `resources: [${ORDERS}]`,
      'scopes: [email]',
    );
    expect((await machine.run(['whoami', 'bookstore'])).code).toBe(4);
    expect((await login(['bookstore'])).code).toBe(0);
    expect(lastAsked()?.query).toMatchObject({
      prompt: 'login consent',
      resource: ORDERS,
      scope: 'openid offline_access profile email',
    });
    const { code, stdout } = await machine.run(['whoami', 'bookstore', '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ profile: 'bookstore', issuer: logto.issuer, signedIn: true, refreshable: true }),
    ]);
  });

  it('gives way to flags, value by value', async () => {
    await writeProfile(`redirectUri: ${callback}`, `resources: [${ORDERS}]`, 'scopes: [email]');
    const flags = ['--app-id', logto.spaApp.id, '--client-auth', 'none', '--resource', STOCK, '--scope', 'phone'];
    const { code } = await login(['bookstore', ...flags, '--prompt', 'consent login']);
    expect(code).toBe(0);
    expect(lastAsked()?.query).toMatchObject({
      client_id: logto.spaApp.id,
      resource: STOCK,
      scope: 'openid offline_access profile phone',
      prompt: 'consent login',
    });
  });

  it('does not send its App Secret to another endpoint', async () => {
    const other = await startLogtoProvider({ redirectUris: [callback] });
    try {
      await writeProfile(`redirectUri: ${callback}`);
      const { stderr } = await login(['bookstore', '--endpoint', other.endpoint]);
      expect(stderr).toContain(`set for ${logto.issuer}, and is not sent to ${other.issuer} (from --endpoint).`);
      expect(JSON.stringify(other.requests.token)).not.toContain(logto.app.secret);
    } finally {
      await other.close();
    }
  });

  it('signs out with a registered post-logout redirect URI', async () => {
    await writeProfile(`redirectUri: ${callback}`);
    await login(['bookstore']);
    const { code, stdout } = await machine.run(['logout', 'bookstore', '--post-logout-redirect-uri', signedOut], {
      openUrl: aliceSignsIn,
      env: env(),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('✓ signed out at the provider');
    expect((await machine.run(['whoami', 'bookstore'])).code).toBe(4);
  });

  it('is kept as such by login --save, and signs in again by its name', async () => {
    const { code } = await login([
      ...here(),
      '--resource',
      ORDERS,
      '--scope',
      'email urn:logto:scope:organizations',
      '--save',
      'shop',
    ]);
    expect(code).toBe(0);
    expect(await readFile(join(machine.home, 'config.yaml'), 'utf8')).toBe(
      `profiles:
  shop:
    kind: logto
    endpoint: ${logto.endpoint}
    appId: ${logto.app.id}
    appSecret: \${APP_SECRET}
    resources:
      - ${ORDERS}
    scopes:
      - email
      - urn:logto:scope:organizations
    redirectUri: ${callback}
    store: file
`,
    );
    const first = lastAsked()?.query;
    expect((await login(['shop'])).code).toBe(0);
    const { state: _, nonce: __, code_challenge: ___, ...same } = first ?? {};
    expect(lastAsked()?.query).toMatchObject(same);
  });

  it('a sign-in by flags alone is repeated as one of Logto', async () => {
    await login([...here(), '--resource', ORDERS]);
    const name = `${new URL(logto.issuer).host}/oidc`;
    const { code } = await login([name]);
    expect(code).toBe(0);
    expect(lastAsked()?.query).toMatchObject({ prompt: 'consent', resource: ORDERS, redirect_uri: callback });
    expect(lastToken()?.form).not.toHaveProperty('resource');
  });

  it('in a project that is not trusted may not send any variable as the App Secret', async () => {
    const project = join(machine.home, 'project');
    await mkdir(project);
    await writeFile(
      join(project, 'oidc-cli.yaml'),
      `profiles:\n  it:\n    kind: logto\n    endpoint: ${logto.endpoint}\n    appId: x\n    appSecret: \${APP_SECRET}\n`,
    );
    const { error } = await refused(['login', 'it'], 3, { cwd: project });
    expect(error.code).toBe('config_untrusted');
    expect(error.message).toContain("line 6, key profiles.it.appSecret: a project's file may not send the variable");
  });
});
