import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { versionChecks } from '../../src/doctor/version-checks.js';
import { examine, play, SECRET } from '../support/examine-profile.js';
import { freePort } from '../support/free-port.js';
import { identityProvider } from '../support/identity-provider.js';
import { bareEnvironment, type Keyring, keyringPresent, keyringWhy, startKeyring } from '../support/keyring.js';
import { startLogtoProvider } from '../support/logto-provider.js';
import { requirement } from '../support/requirement.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';

let machine: Machine;
let provider: ScriptedProvider;

beforeAll(async () => {
  provider = await startScriptedProvider();
  play(provider);
});
afterAll(() => provider.close());
afterEach(() => machine.remove());

/** A machine with these files in its home. */
async function machineWith(files: Readonly<Record<string, string>> = {}): Promise<void> {
  machine = await createMachine();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(machine.home, name, '..'), { recursive: true });
    await writeFile(join(machine.home, name), text);
  }
}

const ANY_PORT = ['--port', '0'];

describe('without a provider', () => {
  it('this machine is examined alone, and is ready', async () => {
    await machineWith();
    const run = await examine(machine, ANY_PORT);
    expect([run.code, run.bad, run.document.finding]).toEqual([0, [], null]);
    expect([run.document.profile, run.document.issuer, run.document.clientId]).toEqual([null, null, null]);
    expect([...new Set(run.document.checks.map(({ group }) => group))]).toEqual([
      ...['configuration', 'connection', 'machine', 'versions'],
    ]);
    expect(run.check('profile')).toMatchObject({ verdict: 'skip', repair: expect.stringContaining('--issuer URL') });
    const shown = await machine.run(['doctor', ...ANY_PORT], { env: { BROWSER: '/bin/true' } });
    expect(shown.stdout).toMatch(/^✓ This machine is ready for a sign-in; there is no provider to ask yet\.\n/);
  });
});

describe('the configuration', () => {
  const file = (lines: readonly string[]) =>
    ['profiles:', '  staging:', ...lines.map((line) => `    ${line}`)].join('\n');

  it('comes from two files, a variable and a flag, and each value is told with its place', async () => {
    await machineWith({
      'project/oidc-cli.yaml': file([`issuer: ${provider.issuer}`, 'scope: openid email']),
      'config.yaml': file(['clientId: app', 'prompt: login']),
      secret: `${SECRET}\n`,
    });
    const cwd = join(machine.home, 'project');
    const flags = ['staging', ...ANY_PORT, '--client-secret-file', '../secret'];
    const run = await examine(machine, flags, { cwd, env: { OIDC_CLI_LOGIN_HINT: 'alice' } });
    expect([run.code, run.bad]).toEqual([0, []]);
    const [project, user] = [join(cwd, 'oidc-cli.yaml'), join(machine.home, 'config.yaml')];
    expect(run.check('files').actual).toBe(`${project} (read), ${user} (read)`);
    expect(run.check('profile').actual).toBe('staging (as named)');
    expect(run.check('issuer').actual).toBe(`${provider.issuer} (${project}:3)`);
    expect(run.check('client id').actual).toBe(`app (${user}:3)`);
    const secret = join(machine.home, 'secret');
    expect(run.check('client secret').actual).toBe(`32 characters from the file ${secret} (--client-secret-file)`);
    expect(run.check('settings').actual).toBe(
      `scope openid email (${project}:4), redirectUri http://localhost:0/callback (--port), prompt login (${user}:4), loginHint alice (OIDC_CLI_LOGIN_HINT), store file (OIDC_CLI_STORE)`,
    );
  });

  it.each<[string, Record<string, string>, string]>([
    ['is no YAML', { 'oidc-cli.yaml': 'profiles: [' }, 'config_file_invalid'],
    ['has a key that nobody knows', { 'oidc-cli.yaml': file(['isuer: x']) }, 'config_file_invalid'],
    ['cannot be read', { 'config.yaml/x': '' }, 'config_file_unreadable'],
    ['wants to name a program', { 'oidc-cli.yaml': file(['browser: evil']) }, 'config_untrusted'],
  ])('has a file that %s: a finding, and this machine is examined all the same', async (_name, files, code) => {
    await machineWith(files);
    const run = await examine(machine, ['staging', ...ANY_PORT]);
    expect([run.code, run.bad]).toEqual([1, ['fail files']]);
    expect(run.document.finding).toMatchObject({ group: 'configuration', code, side: 'configuration' });
    expect(run.check('issuer')).toMatchObject({ verdict: 'skip', dependsOn: 'files' });
    expect(run.check('port').verdict).toBe('pass');
  });

  it.each<[string, readonly string[], string, number]>([
    ['a profile that nobody knows', ['stagging'], 'profile_unknown', 3],
    ['a flag that cannot be used', ['--max-age', 'soon'], 'config_value_invalid', 3],
    ['the flags of a connector, and no connector', ['--connector-id', 'x'], 'usage', 2],
    ['a connector and a profile', ['staging', '--connector', 'c.json'], 'usage', 2],
    ['a connector and a flag that would be ignored', ['--connector', 'c.json', '--scope', 'openid'], 'usage', 2],
  ])('refuses %s', async (_name, flags, code, exits) => {
    await machineWith({ 'oidc-cli.yaml': file(['issuer: https://id.example']) });
    const { code: exitCode, stdout } = await machine.run(['doctor', ...flags, '--json']);
    expect([exitCode, (JSON.parse(stdout) as { error: { code: string } }).error.code]).toEqual([exits, code]);
  });

  it.each<[string, readonly string[], readonly string[], Record<string, string>, readonly string[], RegExp]>([
    ['has no client id', ['issuer: ISSUER'], [], {}, ['fail client id'], /No client id is given for the profile/],
    ['has no issuer', ['clientId: app'], [], {}, ['fail issuer'], /No issuer is given for the profile/],
    [
      'names a secret that is not there',
      ['issuer: ISSUER', 'clientId: app', `clientSecret: \${OIDC_CLI_SECRET}`],
      [],
      {},
      ['fail client secret'],
      /OIDC_CLI_SECRET.*not set/,
    ],
    [
      'says that a secret is kept, and it is not',
      ['issuer: ISSUER', 'clientId: app', 'clientSecretStored: true'],
      [],
      {},
      ['fail client secret'],
      /session store/,
    ],
    [
      'has a secret with a space at its end',
      ['issuer: ISSUER', 'clientId: app'],
      ['--client-secret-env', 'S'],
      { S: `${SECRET} ` },
      ['warn client secret'],
      /33 characters.*ends in a space.*invalid_client/,
    ],
    [
      'has a scope without openid',
      ['issuer: ISSUER', 'clientId: app', 'scope: email'],
      [],
      {},
      ['warn settings'],
      /scope has no openid/,
    ],
  ])('%s', async (_name, lines, flags, env, sees, says) => {
    await machineWith({ 'config.yaml': file(lines.map((line) => line.replace('ISSUER', provider.issuer))) });
    const run = await examine(machine, ['staging', ...ANY_PORT, ...flags], { env });
    expect(run.bad).toEqual(sees);
    expect(JSON.stringify(run.document.checks.find((one) => `${one.verdict} ${one.name}` === sees[0]))).toMatch(says);
    expect(run.code).toBe(sees[0]?.startsWith('fail') ? 1 : 0);
    const strict = await machine.run(['doctor', 'staging', ...ANY_PORT, ...flags, '--strict'], { env });
    expect(strict.code).toBe(1);
  });

  it('names the endpoints of a provider that has no discovery', async () => {
    const { issuer } = provider;
    const named = [`authorizationEndpoint: ${issuer}/authorize`, `tokenEndpoint: ${issuer}/token`];
    const lines = [`issuer: ${issuer}`, 'clientId: app', ...named, `jwksUri: ${issuer}/keys`];
    await machineWith({ 'config.yaml': file(lines) });
    play(provider, { discovery: () => ({ status: 404, body: 'no' }), authorization: { iss: undefined } });
    const run = await examine(machine, ['staging', ...ANY_PORT]);
    play(provider);
    expect(run.check('status').actual).toMatch(/^404 from .*, and the profile names its endpoints itself$/);
    expect(run.check('required members')).toMatchObject({ verdict: 'skip', actual: 'there is no document' });
    for (const name of ['token endpoint', 'keys', 'client known']) expect(run.check(name).verdict, name).toBe('pass');
    // What no document announces cannot be relied on.
    expect([run.code, run.bad]).toEqual([0, ['warn PKCE S256']]);
  });

  it('is an application of Logto, by its own names', async () => {
    await machineWith();
    const redirectUri = `http://localhost:${await freePort()}/callback`;
    const logto = await startLogtoProvider({ redirectUris: [redirectUri] });
    try {
      const flags = ['--endpoint', logto.endpoint, '--app-id', logto.app.id, '--app-secret-env', 'APP_SECRET'];
      const env = { APP_SECRET: logto.app.secret };
      const run = await examine(machine, [...flags, '--redirect-uri', redirectUri], { env });
      expect([run.code, run.bad]).toEqual([0, []]);
      expect(run.check('profile').actual).toMatch(/, an application of Logto$/);
      expect(run.check('issuer').actual).toBe(`${logto.issuer} (--endpoint)`);
      expect(run.check('to register').actual).toContain('http://localhost:3000/ for the sign-out');
      const other = await examine(machine, [...flags, '--port', '0'], { env });
      expect(other.bad).toEqual(['fail redirect URI registered']);
    } finally {
      await logto.close();
    }
  });

  it('is what the last sign-in left, where nothing is named', async () => {
    await machineWith();
    const idp = await identityProvider();
    const client = ['--client-id', 'demo-confidential', '--client-secret-stdin', ...ANY_PORT];
    const deps = { openUrl: aliceSignsIn, stdin: 'demo-secret' };
    const login = await machine.run(['login', '--issuer', idp.issuer, ...client], deps);
    expect(login.code, login.stderr).toBe(0);
    const run = await examine(machine, []);
    expect([run.code, run.bad]).toEqual([0, []]);
    expect(run.check('profile').actual).toMatch(/\(the one last signed in to\)$/);
    expect(run.check('client secret').actual).toMatch(/^11 characters /);
    expect(run.stdout).not.toContain('demo-secret');
  });
});

describe('this machine', () => {
  it('has the port taken, and tells by whom', async () => {
    await machineWith();
    const server = http.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const run = await examine(machine, ['--port', String(port)]);
    server.close();
    expect([run.code, run.bad]).toEqual([1, ['fail port']]);
    expect(run.document.finding).toMatchObject({ code: 'port_taken', side: 'machine' });
    if (process.platform === 'linux') expect(run.check('port').actual).toContain(`(pid ${process.pid})`);
    expect(run.check('to register').actual).toContain(`http://localhost:${port}/callback for the sign-in`);
  });

  it.each<[string, readonly string[], string, RegExp]>([
    ['is on another machine', ['https://app.example.com/cb'], 'warn redirect URI', /login --start/],
    ['is https on this one', ['https://localhost:8484/callback'], 'fail redirect URI', /speaks http, not https/],
  ])('has a redirect URI that %s', async (_name, [uri = ''], sees, says) => {
    await machineWith();
    const run = await examine(machine, ['--redirect-uri', uri]);
    expect(run.bad).toEqual([sees]);
    expect(JSON.stringify(run.check('redirect URI'))).toMatch(says);
    expect(run.check('port').verdict).toBe('skip');
  });

  it.runIf(process.platform === 'linux').each<[string, Record<string, string>, readonly string[], string, RegExp]>([
    ['no display', { BROWSER: '' }, [], 'warn', /there is no display here/],
    ['a display', { BROWSER: '', DISPLAY: ':0' }, [], 'pass', /^the default browser/],
    ['a BROWSER that is there', { BROWSER: 'none-such:true', PATH: '/usr/bin:/bin' }, [], 'pass', /^true \(BROWSER\)/],
    ['a BROWSER that is not', { BROWSER: '/none/such' }, [], 'warn', /\/none\/such was not found/],
    ['a --browser that is there', {}, ['--browser', '/bin/true --new'], 'pass', /^\/bin\/true \(browser\)/],
    ['a --browser that is not', { PATH: '/bin' }, ['--browser', 'none-such'], 'warn', /none-such was not found/],
    ['nobody to look', { BROWSER: '', CI: 'true' }, [], 'skip', /login --with and smoke need none/],
  ])('has %s', async (_name, env, flags, verdict, actual) => {
    await machineWith();
    const run = await examine(machine, [...ANY_PORT, ...flags], { env });
    expect(run.check('browser')).toMatchObject({ verdict, actual: expect.stringMatching(actual) });
    expect(run.code).toBe(0);
  });

  it('has a key for the session file that is too short', async () => {
    await machineWith();
    const run = await examine(machine, ANY_PORT, { env: { OIDC_CLI_STORE_KEY: 'short' } });
    expect(run.bad).toEqual(['fail session file']);
    expect(run.document.finding).toMatchObject({ code: 'store_key_invalid', side: 'machine' });
    expect((await examine(machine, [...ANY_PORT, '--store', 'memory'])).check('keychain').actual).toMatch(/not needed/);
  });

  describe.runIf(requirement('keyring', keyringPresent, keyringWhy))('a keychain', () => {
    let keyring: Keyring | undefined;
    afterEach(() => keyring?.stop());
    const env = (own: Record<string, string | undefined>, store: string) => ({ ...own, OIDC_CLI_STORE: store });

    it('is there, and locked', async () => {
      await machineWith();
      keyring = await startKeyring();
      const there = await examine(machine, ANY_PORT, { env: env(keyring.env, 'auto') });
      expect([there.bad, there.check('keychain').verdict]).toEqual([[], 'pass']);
      keyring.lock();
      const locked = await examine(machine, ANY_PORT, { env: env(keyring.env, 'keychain') });
      expect([locked.code, locked.bad]).toEqual([1, ['fail keychain']]);
      expect(locked.document.finding?.code).toBe('store_locked');
    });

    it('is not there: the file is used, unless the keychain is asked for', async () => {
      await machineWith();
      const bare = bareEnvironment(machine.home);
      const auto = await examine(machine, ANY_PORT, { env: env(bare, 'auto') });
      expect([auto.code, auto.bad, auto.check('session file').verdict]).toEqual([0, ['warn keychain'], 'pass']);
      const asked = await examine(machine, ANY_PORT, { env: env(bare, 'keychain') });
      expect([asked.code, asked.bad, asked.document.finding?.code]).toEqual([
        1,
        ['fail keychain'],
        'store_unavailable',
      ]);
    });
  });

  it('has a Node that is too old', () => {
    const words = () => ({ message: '', causes: [], fix: '' });
    const versions = { oidcCli: '1', openidClient: '6', system: 'Linux' };
    const verdict = (node: string) =>
      versionChecks({ ...versions, node }, words).find(({ name }) => name === 'node')?.verdict;
    expect(['18.20.0', '20.18.3', '20.19.0', '22.1.0', '24.0.0'].map(verdict)).toEqual([
      ...['fail', 'fail', 'pass', 'pass', 'pass'],
    ]);
  });
});
