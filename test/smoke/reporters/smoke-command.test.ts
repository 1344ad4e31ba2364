import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import parsePrometheus from 'parse-prometheus-text-format';
import { Parser } from 'tap-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../../src/idp/identity-provider.js';
import { identityProvider } from '../../support/identity-provider.js';
import { junitErrors } from '../../support/junit.js';
import { createMachine, type Machine } from '../../support/run.js';

const SECRETS = { OIDC_CLI_PASSWORD: 'alice-password', OIDC_CLI_CLIENT_SECRET: 'demo-secret' };

describe('oidc-cli smoke --reporter', () => {
  let machine: Machine;
  let provider: IdentityProvider;
  beforeAll(async () => {
    provider = await identityProvider();
    machine = await createMachine();
    const profile = `{ issuer: '${provider.issuer}', clientId: demo-confidential, clientSecret: '\${OIDC_CLI_CLIENT_SECRET}' }`;
    await writeFile(
      join(machine.home, 'oidc-smoke.yaml'),
      `defaults:
  user: alice
  password: \${OIDC_CLI_PASSWORD}
  profile: ${profile}
  redirectUri: http://localhost:0/callback
checks:
  - name: alice
    tags: [well]
  - name: another address
    expect: { claims: { email: bob@example.com } }
  - name: an unknown client
    profile: { issuer: '${provider.issuer}', clientId: demo-confidential, clientSecret: '\${OIDC_CLI_PASSWORD}' }
`,
    );
  });
  afterAll(() => machine.remove());

  const run = async (...flags: readonly string[]) => {
    const finished = await machine.run(['smoke', ...flags], { env: SECRETS });
    for (const secret of Object.values(SECRETS)) {
      expect(`${finished.stdout}${finished.stderr}`).not.toContain(secret);
    }
    return finished;
  };

  /** The same output on every run: times and the provider's address stand for themselves. */
  const steady = (text: string) =>
    text
      .replaceAll(provider.issuer, 'ISSUER')
      .replaceAll(String(provider.port), 'PORT')
      .replace(/\d+\.\d s/g, 'T');

  /** What a file that came with a folder has sent, where nobody can be asked. */
  const sends = () =>
    `${join(machine.home, 'oidc-smoke.yaml')} sends OIDC_CLI_CLIENT_SECRET, OIDC_CLI_PASSWORD to ISSUER.\n`;

  test('terminal, also without being asked', async () => {
    const { code, stdout, stderr } = await run('--concurrency', '1');
    expect(code).toBe(1);
    expect(steady(stderr)).toBe(sends());
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "3 checks, 1 at once
      ✓ alice (http, T)
      ✗ another address (http, T): expectations: claims.email: expected "bob@example.com", found "alice@example.com"
      ✗ an unknown client (http, T): token request: The provider did not accept the client's authentication (client_secret_basic). It says: invalid_client: "client authentication failed".

      ✗ another address (oidc-smoke.yaml:9), in expectations
        Expected claims.email: "bob@example.com"
          Found: "alice@example.com"
        To fix: Correct what the provider sends, or the check's expectation where what was found is right.
        Profile 127.0.0.1:PORT, ISSUER, by http

      ✗ an unknown client (oidc-smoke.yaml:11), in token request
        What happened: The provider did not accept the client's authentication (client_secret_basic). It says: invalid_client: "client authentication failed".
        Likely causes, most likely first:
          1. The client secret is wrong, expired, or of another environment (it is 14 characters long); or the client is a public one there, and has none.
          2. The client id is of another application or tenant.
          3. The application is registered for another method of client authentication.
        To fix: Check id and secret, or try another clientAuth; the provider supports: client_secret_basic, client_secret_jwt, client_secret_post, private_key_jwt, none.
        Profile 127.0.0.1:PORT, ISSUER, by http
        (invalid_client, exit code 5)

      ✗ 3 checks in T: 1 passed, 2 failed
      "
    `);
  });

  test('json, which is --json', async () => {
    const { stdout } = await run('--reporter', 'json');
    const { checks, counts } = JSON.parse(stdout);
    expect(counts).toEqual({ passed: 1, flaky: 0, failed: 2, notRun: 0 });
    expect(checks.map(({ failedIn, signedIn }: Record<string, unknown>) => [failedIn, signedIn])).toEqual([
      [null, true],
      ['expectations', true],
      ['token request', false],
    ]);
    expect(checks[2].error.code).toBe('invalid_client');
    const same = JSON.parse((await run('--json', '--filter', 'well')).stdout);
    expect(same.counts).toEqual({ passed: 1, flaky: 0, failed: 0, notRun: 0 });
  });

  test('junit', async () => {
    await run('--reporter', 'junit=reports/junit.xml');
    const xml = await readFile(join(machine.home, 'reports', 'junit.xml'), 'utf8');
    expect(await junitErrors(xml)).toEqual([]);
    expect(xml).toMatch(/<testsuites name="oidc-cli smoke" tests="3" failures="1" errors="1" skipped="0"/);
    expect(xml).toContain('type="invalid_client"');
  });

  test('tap', async () => {
    const { stdout } = await run('--reporter', 'tap');
    const parser = new Parser({ strict: true });
    parser.end(stdout);
    expect(parser.results).toMatchObject({ ok: false, count: 3, pass: 1, fail: 2 });
  });

  test('github', async () => {
    const GITHUB_STEP_SUMMARY = join(machine.home, 'summary.md');
    const env = { ...SECRETS, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY };
    const { stdout, stderr } = await machine.run(['smoke'], { env });
    expect(stdout).toContain('✗ 3 checks in ');
    expect(steady(stderr).startsWith(sends())).toBe(true);
    expect(
      steady(stderr)
        .slice(sends().length)
        .split('\n')
        .map((line) => line.replace(/::(?!error).*/, '')),
    ).toEqual([
      '::error file=oidc-smoke.yaml,line=9,title=another address failed in expectations',
      '::error file=oidc-smoke.yaml,line=11,title=an unknown client failed in token request',
      '',
    ]);
    expect(await readFile(GITHUB_STEP_SUMMARY, 'utf8')).toMatch(/^## oidc-cli smoke: 1 passed, 2 failed\n/);
  });

  test('prometheus', async () => {
    await run('--reporter', 'prometheus=smoke.prom');
    const families = parsePrometheus(await readFile(join(machine.home, 'smoke.prom'), 'utf8')) as {
      name: string;
      metrics: { value: string }[];
    }[];
    const values = (name: string) => families.find((one) => one.name === name)?.metrics.map(({ value }) => value);
    expect(values('oidc_smoke_check_success')).toEqual(['1', '0', '0']);
    expect(values('oidc_smoke_last_run_success')).toEqual(['0']);
    expect(values('oidc_smoke_key_set_changes_total')).toEqual(['0']);
  });

  test('an unknown one, and a file that cannot be written, are refused before anybody signs in', async () => {
    let signIns = 0;
    provider.provider.on('grant.success', () => {
      signIns += 1;
    });
    expect(await run('--reporter', 'xunit')).toMatchObject({ code: 2, stdout: '' });
    await writeFile(join(machine.home, 'in-the-way'), '');
    const { code, stderr } = await run('--reporter', 'junit=in-the-way/junit.xml');
    expect(code).toBe(3);
    expect(stderr).toContain('The report "in-the-way/junit.xml" cannot be written');
    expect(signIns).toBe(0);
    await run('--filter', 'well');
    expect(signIns).toBeGreaterThan(0);
  });
});
