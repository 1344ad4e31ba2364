import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { BIN, runCommand, startCommand } from '../support/built-command.js';
import { identityProvider } from '../support/identity-provider.js';
import { type Keyring, keyringPresent, keyringWhy, startKeyring } from '../support/keyring.js';
import { requirement } from '../support/requirement.js';

const ALICE = fileURLToPath(new URL('programs/alice.mjs', import.meta.url));
const HURRIED = new URL('programs/hurried-timers.mjs', import.meta.url).href;
const NOTE = fileURLToPath(new URL('programs/note.mjs', import.meta.url));
const BROWSER = `"${process.execPath}" "${ALICE}"`;
const SCOPE = 'openid profile email offline_access';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'oidc-cli-built-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function fileStore(): Record<string, string> {
  return { OIDC_CLI_HOME: home, HOME: home, OIDC_CLI_STORE: 'file' };
}

function loginArguments(issuer: string): string[] {
  return ['login', '--issuer', issuer, '--client-id', 'demo', '--port', '0', '--scope', SCOPE];
}

describe('the built command', () => {
  it('signs in through the program that BROWSER names, with its arguments, and ends by itself', async () => {
    const { issuer } = await identityProvider();
    const signedIn = await runCommand(loginArguments(issuer), { ...fileStore(), BROWSER });
    expect(signedIn.stderr).not.toContain('✗');
    expect(signedIn).toMatchObject({ code: 0, signal: null });
    expect((await runCommand(['whoami'], fileStore())).stdout).toContain('Alice Example');
  });

  it('goes on waiting, with the URL printed, when the browser cannot be opened', async () => {
    const { issuer } = await identityProvider();
    const command = startCommand([...loginArguments(issuer), '--browser', '/nonexistent/browser'], fileStore());
    await command.said('No browser could be opened');
    await command.said(`${issuer}/auth?`);
    command.kill('SIGINT');
    expect((await command.finished).code).toBe(130);
  });

  it('exits 130 on Ctrl-C and leaves no listener and no session', async () => {
    const { issuer } = await identityProvider();
    const command = startCommand([...loginArguments(issuer), '--no-browser'], fileStore());
    await command.said('/auth?');
    await command.said('Waiting up to');
    const port = Number(/redirect_uri=http%3A%2F%2Flocalhost%3A(\d+)/.exec(command.stderr())?.[1]);
    expect(await reachable(port)).toBe(true);
    command.kill('SIGINT');
    const { code, stderr, stdout } = await command.finished;
    expect(code).toBe(130);
    expect(stderr).toContain('Interrupted.');
    expect(stdout).toBe('');
    expect(await reachable(port)).toBe(false);
    expect((await runCommand(['whoami'], fileStore())).code).toBe(4);
  });

  it('spends the refresh token once when two processes ask at the same time', async () => {
    const { issuer } = await identityProvider();
    await runCommand(loginArguments(issuer), { ...fileStore(), BROWSER });
    const both = await Promise.all([1, 2].map(() => runCommand(['token', '--refresh', '--json'], fileStore())));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    // A reused refresh token would have ended the whole family: the session still lives.
    expect((await runCommand(['token', '--refresh'], fileStore())).code).toBe(0);
  });

  it('is quiet when its reader goes away', async () => {
    const child = spawn(process.execPath, [BIN, 'login', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.destroy();
    await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).toBe('');
  });

  it('goes on when nobody listens to its talk, and does not pass for a success', async () => {
    const { issuer } = await identityProvider();
    const env = { PATH: process.env.PATH, ...fileStore() };
    const child = spawn(process.execPath, [BIN, ...loginArguments(issuer), '--no-browser', '--timeout', '2'], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.once('data', () => child.stderr.destroy());
    const [code] = await once(child, 'close');
    expect(code).toBe(6);
  });

  it('gives the browser of a sign-out an address without the ID token', async () => {
    const { issuer } = await identityProvider();
    await runCommand(loginArguments(issuer), { ...fileStore(), BROWSER });
    const seen = join(home, 'arguments');
    const browser = `"${process.execPath}" "${NOTE}" "${seen}"`;
    const command = startCommand(
      ['logout', '--post-logout-redirect-uri', 'http://127.0.0.1:0/', '--browser', browser],
      fileStore(),
    );
    await expect.poll(() => existsSync(seen) && readFileSync(seen, 'utf8')).toBeTruthy();
    command.kill('SIGINT');
    const out = await command.finished;
    expect(out.code).toBe(130);
    expect(readFileSync(seen, 'utf8')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S+$/);
    expect(readFileSync(seen, 'utf8') + out.stderr + out.stdout).not.toMatch(/id_token_hint|eyJ/);
  });
});

describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))(
  'the built command with a real keychain',
  () => {
    let keyring: Keyring;

    beforeEach(async () => {
      keyring = await startKeyring();
    });
    afterEach(() => keyring.stop());

    it('keeps the session in the keychain, where secret-tool sees it, and logout takes it out', async () => {
      const { issuer } = await identityProvider();
      const env = { ...keyring.env, OIDC_CLI_HOME: home };
      const signedIn = await runCommand([...loginArguments(issuer), '--json'], { ...env, BROWSER });
      expect(signedIn.code).toBe(0);
      expect(JSON.parse(signedIn.stdout)).toMatchObject({ store: 'keychain', warnings: [] });
      expect(keyring.search('oidc-cli')).toContain('user-');
      // Besides the code that a newer Node keeps.
      expect(readdirSync(home).filter((name) => name !== 'compiled')).toEqual(['sessions.json']);

      const who = await runCommand(['whoami'], env);
      expect(who.stdout).toContain('in the keychain (Secret Service)');
      expect((await runCommand(['token', '--refresh'], env)).code).toBe(0);
      const out = await runCommand(['logout', '--post-logout-redirect-uri', 'http://127.0.0.1:0/'], {
        ...env,
        BROWSER,
      });
      expect(out.code).toBe(0);
      expect(keyring.search('oidc-cli')).not.toContain('user-');
    });

    it('forgets a session whose keychain is gone, and says that its value is still there', async () => {
      const { issuer } = await identityProvider();
      const env = { ...keyring.env, OIDC_CLI_HOME: home };
      expect((await runCommand(loginArguments(issuer), { ...env, BROWSER })).code).toBe(0);
      const without = { ...fileStore(), DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
      expect((await runCommand(['whoami'], without)).code).toBe(9);
      const forgotten = await runCommand(['logout', '--local', '--json'], without);
      expect(forgotten.code).toBe(9);
      expect(JSON.parse(forgotten.stdout).error.code).toBe('store_unavailable');
      expect((await runCommand(['whoami'], without)).code).toBe(4);
    });

    /** A D-Bus that takes every connection and never says a word. */
    async function muteBus() {
      const path = join(home, 'bus');
      const mute = createServer();
      await new Promise<void>((resolve) => mute.listen(path, resolve));
      onTestFinished(() => new Promise<void>((resolve) => mute.close(() => resolve())));
      mute.on('connection', (socket) => onTestFinished(() => void socket.destroy()));
      return { mute, address: `unix:path=${path}` };
    }

    it('ends on Ctrl-C also while the keychain does not answer, and has forgotten what it was to forget', async () => {
      const { issuer } = await identityProvider();
      const env = { ...keyring.env, OIDC_CLI_HOME: home };
      expect((await runCommand(loginArguments(issuer), { ...env, BROWSER })).code).toBe(0);
      const { mute, address } = await muteBus();
      for (const argv of [['whoami'], ['logout', '--local']]) {
        const asked = once(mute, 'connection');
        const command = startCommand(argv, { ...env, DBUS_SESSION_BUS_ADDRESS: address });
        await asked;
        command.kill('SIGINT');
        // Only a signal gets past the native call; a shell shows SIGINT as 130.
        expect(await command.finished).toMatchObject({ signal: 'SIGINT' });
      }
      expect((await runCommand(['whoami'], env)).code).toBe(4);
    });

    it('tells of a keychain that falls silent as of any failure, in JSON too, and ends', async () => {
      const { issuer } = await identityProvider();
      const env = { ...keyring.env, OIDC_CLI_HOME: home };
      expect((await runCommand(loginArguments(issuer), { ...env, BROWSER })).code).toBe(0);
      const { address } = await muteBus();
      const silent = { ...env, DBUS_SESSION_BUS_ADDRESS: address, NODE_OPTIONS: `--import=${HURRIED}` };
      const profile = new URL(issuer).host;
      const message = 'The keychain did not answer in time.';
      for (const argv of [['whoami'], ['token'], ['userinfo'], ['logout', '--local']]) {
        const details = await runCommand([...argv, profile, '--json'], silent);
        expect(details).toMatchObject({ signal: 'SIGKILL', stderr: '' });
        expect(JSON.parse(details.stdout)).toEqual({
          schemaVersion: 1,
          error: {
            code: 'store_timeout',
            message,
            causes: [expect.any(String)],
            fix: expect.any(String),
            exitCode: 9,
            facts: {
              ...{ store: 'keychain', operation: argv[0] === 'logout' ? 'delete' : 'read', timeoutSeconds: 30 },
              ...{ profile, issuer, unnamedClient: 'demo' },
            },
          },
          checks: [],
        });
      }
      // That one forgot the session first.
      expect((await runCommand(['whoami', profile], env)).code).toBe(4);
      expect((await runCommand(loginArguments(issuer), { ...env, BROWSER })).code).toBe(0);
      const inWords = await runCommand(['whoami', profile], silent);
      expect(inWords).toMatchObject({ signal: 'SIGKILL', stdout: '' });
      expect(inWords.stderr).toContain(`✗ ${message}`);
    });

    it('signs in with the encrypted file when the keychain falls silent that holds the session before', async () => {
      const { issuer } = await identityProvider();
      const env = { ...keyring.env, OIDC_CLI_HOME: home };
      expect((await runCommand(loginArguments(issuer), { ...env, BROWSER })).code).toBe(0);
      const { address } = await muteBus();
      const silent = { ...env, DBUS_SESSION_BUS_ADDRESS: address };
      const again = await runCommand([...loginArguments(issuer), '--json'], { ...silent, BROWSER });
      expect(again).toMatchObject({ code: 0, signal: null });
      expect(JSON.parse(again.stdout)).toMatchObject({
        store: 'file',
        warnings: [expect.stringMatching(/did not answer within 3 s/)],
      });
      expect(again.stderr).toContain('could not be removed from its old store');
      expect((await runCommand(['whoami', '--json'], silent)).stdout).toContain('"store": "file"');
      // What was left goes when the keychain is back.
      expect(keyring.search('oidc-cli')).toContain('user-');
      expect((await runCommand(loginArguments(issuer), { ...env, BROWSER })).code).toBe(0);
      expect((await runCommand(['logout', '--local'], env)).code).toBe(0);
      expect(keyring.search('oidc-cli')).not.toContain('user-');
    });
  },
);

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
