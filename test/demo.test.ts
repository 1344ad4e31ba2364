import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signInOverHttp } from './support/http-browser.js';
import { bareEnvironment, type Keyring, keyringPresent, keyringWhy, startKeyring } from './support/keyring.js';
import { requirement } from './support/requirement.js';

const DEMO = fileURLToPath(new URL('../scripts/demo.js', import.meta.url));

/** A folder for everything the demo may write, with a name that a shell would trip over. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oidc-cli it's a demo "));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the demo; stdout and stderr go to one file, as to one terminal. */
function startDemo(env: Record<string, string | undefined>) {
  const log = join(folder, 'output.log');
  const descriptor = openSync(log, 'a');
  const child = spawn(process.execPath, [DEMO], {
    env: { ...env, TMPDIR: folder, TEMP: folder, TMP: folder, NO_COLOR: '1' },
    stdio: ['ignore', descriptor, descriptor],
    timeout: 80_000,
  });
  closeSync(descriptor);
  const output = () => readFileSync(log, 'utf8');
  return {
    child,
    output,
    ended: new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve(code));
    }),
    async said(text: string) {
      while (!output().includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended without saying "${text}": ${output()}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** The demo's own lines: what it would have the reader type, and what it says. */
function ownLines(output: string, issuer: string): string[] {
  return output
    .replaceAll(issuer, 'ISSUER')
    .split('\n')
    .filter((line) => /^[$#] /.test(line));
}

function issuerOf(output: string): string {
  return /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
}

/**
 * Long enough to be a token, a code or a verifier. The authorization request is
 * shown by a machine that is slow enough; it holds none of these.
 */
function secretLooking(output: string): string[] {
  return output.replaceAll(/^http:\S+\/auth\?\S+$/gm, '').match(/[\w-]{30,}/g) ?? [];
}

describe('without a browser', () => {
  test('shows one session from login to logout, says how it signs in, and leaves nothing behind', async () => {
    const demo = startDemo({ ...bareEnvironment(folder), CI: 'true', OIDC_CLI_STORE: 'memory', OIDC_CLI_ISSUER: 'x' });
    expect(await demo.ended, demo.output()).toBe(0);
    const output = demo.output();
    expect(ownLines(output, issuerOf(output))).toMatchInlineSnapshot(`
      [
        "# oidc-cli from login to logout. The program is bin/oidc-cli.js of this folder; "$" lines are what you would type.",
        "# Without a browser (CI is set): a program signs in as alice, over HTTP, on the same pages.",
        "$ oidc-cli idp --port 0 --json",
        "# An OpenID provider (oidc-provider) now runs at ISSUER, as long as this demo. Its test users:",
        "#   alice, password alice-password",
        "#   bob, password bob-password",
        "$ oidc-cli login --issuer ISSUER --client-id demo --scope "openid profile email offline_access" --port 0",
        "# page "Sign in": signed in",
        "# page "Allow Demo app?": allowed",
        "# page "You are signed in – oidc-cli"",
        "$ oidc-cli whoami",
        "$ oidc-cli userinfo",
        "$ oidc-cli token",
        "$ oidc-cli token --refresh",
        "# The second access token is another one: it was refreshed.",
        "$ oidc-cli logout --post-logout-redirect-uri http://localhost:0/signed-out",
        "# page "Sign out?": allowed",
        "# page "You are signed out – oidc-cli"",
        "$ oidc-cli whoami",
        "# Exit code 4: nobody is signed in any more.",
        "# That was a whole session against a real provider: it worked.",
      ]
    `);
    expect(output).toContain('✓ Signed in as Alice Example <alice@example.com>');
    expect(output).toContain('refresh token  yes');
    expect(output).toMatch(/^email +alice@example\.com$/m);
    expect(output).toContain('✓ signed out at the provider');
    expect(output).toContain('Nobody is signed in');
    expect(output).not.toContain('✗ not');
    // The key's identifier is the only long random word.
    expect(secretLooking(output)).toEqual([/kid ([\w-]+)/.exec(output)?.[1]]);
    expect(readdirSync(folder)).toEqual(['output.log']);
    await expect(signInOverHttp(issuerOf(output), { username: 'alice' })).rejects.toThrow('network_refused');
  });

  describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))('with a keychain', () => {
    let keyring: Keyring;
    beforeEach(async () => {
      keyring = await startKeyring();
    });
    afterEach(() => keyring.stop());

    test('keeps the session there, and nothing of it in the end', async () => {
      const demo = startDemo({ ...keyring.env, CI: 'true' });
      expect(await demo.ended, demo.output()).toBe(0);
      expect(demo.output()).toContain('in the keychain (Secret Service)');
      expect(keyring.search('oidc-cli')).toBe('');
    });
  });
});

describe('with a browser', () => {
  // Starts well and opens nothing.
  const BROWSER = `"${process.execPath}" -e 0`;

  test('Ctrl-C during the sign-in ends everything, with exit code 130', async () => {
    const demo = startDemo({ ...bareEnvironment(folder), CI: undefined, BROWSER });
    await demo.said('/go/');
    const issuer = issuerOf(demo.output());
    expect((await signInOverHttp(`${issuer}/jwks`, { username: 'alice' })).status).toBe(200);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(130);
    expect(ownLines(demo.output(), issuer)).toContainEqual(expect.stringMatching(/^# With a browser/));
    expect(demo.output()).toMatch(/\n# Interrupted\.\n$/);
    expect(readdirSync(folder)).toEqual(['output.log']);
    await expect(signInOverHttp(issuer, { username: 'alice' })).rejects.toThrow('network_refused');
  });

  test('a sign-in that fails ends the demo with exit code 1 and its command', async () => {
    const deny = `"${process.execPath}" "${fileURLToPath(new URL('programs/deny.mjs', import.meta.url))}"`;
    const demo = startDemo({ ...bareEnvironment(folder), CI: undefined, BROWSER: deny });
    expect(await demo.ended).toBe(1);
    expect(demo.output()).toMatch(
      /\(access_denied, exit code 5\)\n✗ oidc-cli login ended with exit code 5, not 0\.\n$/,
    );
    expect(readdirSync(folder)).toEqual(['output.log']);
  });
});
