import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { chromiumPresent } from '../support/chromium.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine } from '../support/run.js';

/** As apps on telephones register them (RFC 8252 section 7.1); Logto's guides have the second form. */
const APPS = { slash: 'com.example.app:/callback', host: 'io.example://callback' };

let machine: Machine;
let provider: IdentityProvider;
const env = { ALICE: 'alice-password', PATH: process.env.PATH };

beforeAll(async () => {
  machine = await createMachine();
  provider = await identityProvider({
    clients: Object.entries(APPS).map(([clientId, uri]) => ({ clientId, redirectUris: [uri] })),
  });
});
afterAll(() => machine.remove());

const flagsOf = (clientId: keyof typeof APPS) => [
  ...['--issuer', provider.issuer, '--client-id', clientId, '--redirect-uri', APPS[clientId]],
];
const BY_ALICE = ['--user', 'alice', '--password-env', 'ALICE'];

describe('a redirect URI with the scheme of an app', () => {
  const ways = [
    'http',
    ...(requirement('Chromium', chromiumPresent, 'apps are signed in to by http alone') ? ['browser'] : []),
  ];

  test.each(ways.flatMap((driver) => Object.keys(APPS).map((app) => [driver, app as keyof typeof APPS] as const)))(
    'ends a sign-in by %s there: %s',
    async (driver, app) => {
      const { code, stdout, stderr } = await machine.run(['login', ...flagsOf(app), '--with', driver, ...BY_ALICE], {
        env,
      });
      expect(code, stderr).toBe(0);
      expect(stdout).toContain('✓ Signed in as Alice Example');
    },
  );

  test('is what a smoke check signs in with', async () => {
    const plan = { issuer: provider.issuer, clientId: 'slash', redirectUri: APPS.slash };
    const check = { name: 'the app', profile: plan, user: 'alice', password: `\${ALICE}` };
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ checks: [check] }));
    const { code, stdout, stderr } = await machine.run(['smoke', '--json', '--trust-project'], { env });
    expect(code, stdout + stderr).toBe(0);
    expect(JSON.parse(stdout).checks[0]).toMatchObject({ verdict: 'passed', way: 'http', signedIn: true });
  });

  test('is seen by doctor as registered, or not, without a sign-in', async () => {
    const checksOf = async (flags: readonly string[], wanted = 'redirect URI registered') => {
      const { stdout } = await machine.run(['doctor', ...flags, '--json'], { env });
      const { checks } = JSON.parse(stdout) as { checks: { name: string; verdict: string; repair?: string }[] };
      return checks.find(({ name }) => name === wanted);
    };
    expect(await checksOf(flagsOf('slash'))).toMatchObject({ verdict: 'pass' });
    const here = await checksOf(flagsOf('slash'), 'redirect URI');
    expect(here).toMatchObject({ verdict: 'warn', repair: expect.stringContaining('login --with auto') });
    expect(await checksOf([...flagsOf('slash').slice(0, -1), 'com.example.app:/other'])).toMatchObject({
      verdict: 'fail',
    });
  });

  test('is pasted by a person; the address of another app is not taken', async () => {
    let asked = false;
    const { code, stdout, stderr } = await machine.run(['login', ...flagsOf('host'), '--no-browser'], {
      onStderr: (text, stdin) => {
        const url = /^http\S+\/auth\?\S+$/m.exec(text)?.[0];
        if (url === undefined || asked) return;
        asked = true;
        const alice = { username: 'alice', password: 'alice-password' };
        void signInOverHttp(url, alice).then(({ finalUrl }) => {
          stdin.write(
            `${finalUrl.replace('io.example:', 'io.other:')}\n${finalUrl.replace('//callback', '//other')}\n`,
          );
          stdin.write(`${finalUrl}\n`);
        });
      },
    });
    expect(code, stderr).toBe(0);
    expect(stderr.match(/That is not the address/gi)).toHaveLength(2);
    expect(stdout).toContain('✓ Signed in as Alice Example');
    expect(stdout + stderr).not.toMatch(/[?&]code=/);
  });

  test('is no place that a sign-out could come back to', async () => {
    await machine.run(['login', ...flagsOf('slash'), '--with', 'http', ...BY_ALICE], { env });
    const { stdout } = await machine.run(['logout', '--post-logout-redirect-uri', 'com.example.app:/bye']);
    expect(stdout).toContain('✓ session forgotten on this machine');
    expect(stdout).toMatch(/not signed out at the provider: .*\n.*To fix: Give .*--post-logout-redirect-uri/);
    expect(stdout).not.toContain('login --with auto');
  });

  test.each([
    'localhost:8484',
    'example.com:8484/callback',
    'myapp:/callback',
    'com.example.app:callback',
    'com.example.app:/a#b',
    'com.example.app://me:pass@host/',
  ])('has a dot before its colon and a slash after it: %s is refused', async (uri) => {
    const { code, stderr } = await machine.run(['login', ...flagsOf('slash').slice(0, -1), uri], { env });
    expect(code).toBe(3);
    expect(stderr).toContain("an http or https URL, or one with an app's scheme such as com.example.app:/callback");
  });
});
