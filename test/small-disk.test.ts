import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityProvider } from './support/identity-provider.js';
import { aliceSignsIn, createMachine, type Finished, type Machine } from './support/run.js';
import { type SmallDisk, smallDisk, smallDisksPresent } from './support/small-disk.js';
import { ALICE, demo, ENV } from './support/smoke-plan.js';

describe.runIf(smallDisksPresent)('a disk that has room for a part of a file', async () => {
  const provider = smallDisksPresent ? await identityProvider() : { issuer: '' };
  const demoClient = ['--issuer', provider.issuer, '--client-id', 'demo'];

  let disk: SmallDisk;
  let machine: Machine;
  beforeEach(async () => {
    disk = smallDisk();
    machine = await createMachine(disk.folder);
  });
  afterEach(() => disk.remove());

  const at = (name: string) => join(disk.folder, name);

  /**
   * Tries with no page left, with one, with two, until there is room enough.
   * After each failure everything must be as it was. Returns how often it
   * failed: more than once, since a file of two pages or more is to be cut.
   */
  async function untilThereIsRoom(
    attempt: (pages: number) => Promise<Finished>,
    failure: { readonly code: number; readonly says: readonly (string | RegExp)[]; readonly saysNot?: string },
  ): Promise<number> {
    const before = disk.files();
    for (let pages = 0; ; pages += 1) {
      disk.leave(pages);
      const finished = await attempt(pages);
      disk.empty();
      const output = finished.stdout + finished.stderr;
      if (finished.code !== failure.code) {
        expect(finished.code, output).toBe(0);
        expect(disk.files()).not.toEqual(before);
        return pages;
      }
      for (const words of failure.says) expect(output).toMatch(words);
      if (failure.saysNot !== undefined) expect(output).not.toContain(failure.saysNot);
      expect(output).not.toContain('internal');
      expect(Object.keys(disk.files())).toEqual(Object.keys(before));
      expect(disk.files()).toEqual(before);
      expect(pages).toBeLessThan(40);
    }
  }

  const PADDING = `${'# a comment that stays\n'.repeat(500)}`;

  test('the configuration file, and its profiles', async () => {
    await writeFile(at('config.yaml'), `${PADDING}profiles:\n  old:\n    issuer: https://id.example.com\n`);
    const add = ['profile', 'add', 'new', '--issuer', 'https://id.example.org', '--client-id', 'x'];
    const failures = await untilThereIsRoom(() => machine.run(add), {
      code: 3,
      says: [/config\.yaml" cannot be written: the disk is full\./, /Make room on the disk/],
    });
    expect(failures).toBeGreaterThan(2);
    const set = ['profile', 'remove', 'old'];
    await untilThereIsRoom(() => machine.run(set), { code: 3, says: ['the disk is full'] });
    expect(readFileSync(at('config.yaml'), 'utf8')).toContain('new:');
  });

  test.each(['json', 'junit', 'tap', 'prometheus', 'github'])('the %s report', async (reporter) => {
    const checks = Array.from({ length: 40 }, (_, number) => ({
      name: `check ${number}`,
      profile: { issuer: 'http://127.0.0.1:1', clientId: 'demo' },
      expect: { failure: 'network_refused' },
    }));
    await writeFile(at('oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
    await writeFile(at('report'), 'of the run before');
    const smoke = ['smoke', '--concurrency', '20', '--reporter', `${reporter}=report`, '--reporter', 'terminal'];
    const failures = await untilThereIsRoom(() => machine.run(smoke, { env: ENV }), {
      code: 3,
      says: ['The report "report" cannot be written: the disk is full', 'report_unwritable'],
    });
    // The summary has a line for each kind of outcome only.
    expect(failures).toBeGreaterThan(reporter === 'github' ? 0 : 1);
  });

  test('the step summary of GitHub, which keeps what others wrote', async () => {
    const checks = Array.from({ length: 40 }, (_, number) => ({
      name: `check ${number}`,
      profile: { issuer: 'http://127.0.0.1:1', clientId: 'demo' },
      expect: { failure: 'network_refused' },
    }));
    await writeFile(at('oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
    await writeFile(at('summary.md'), 'of the step before\n'.repeat(300));
    const env = { ...ENV, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('summary.md') };
    await untilThereIsRoom(() => machine.run(['smoke', '--concurrency', '20'], { env }), {
      code: 3,
      says: [/summary\.md" cannot be written: the disk is full/],
    });
    expect(readFileSync(at('summary.md'), 'utf8')).toMatch(/^of the step before\n/);
  });

  test.each(['har', 'json', 'html'])('the trace as .%s', async (kind) => {
    await writeFile(at(`trace.${kind}`), 'of the command before');
    const login = ['login', ...demoClient, '--port', '0', '--store', 'memory', '--trace-file', `trace.${kind}`];
    const failures = await untilThereIsRoom(() => machine.run(login, { openUrl: aliceSignsIn }), {
      code: 3,
      says: [new RegExp(`trace\\.${kind}" cannot be written: the disk is full`)],
      saysNot: 'Trace written',
    });
    expect(failures).toBeGreaterThan(1);
  });

  test('a file of checks that is written first, anew or over the old one', async () => {
    const init = ['smoke', 'init', '--output', 'checks.yaml'];
    await writeFile(at('config.yaml'), JSON.stringify({ default: 'app', profiles: { app: demo(provider.issuer) } }));
    const failure = { code: 3, says: [/checks\.yaml" cannot be written: the disk is full/], saysNot: 'Written' };
    await untilThereIsRoom(() => machine.run(init), failure);
    await writeFile(at('checks.yaml'), PADDING);
    await untilThereIsRoom(() => machine.run([...init, '--force']), failure);
    expect(await machine.run(init)).toMatchObject({ code: 3, stderr: expect.stringContaining('plan_exists') });
  });

  test('a baseline', async () => {
    const other = await identityProvider();
    const checks = [provider, other].map(({ issuer }) => ({ name: issuer, profile: demo(issuer) }));
    await writeFile(at('oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
    await writeFile(at('oidc-baseline.json'), JSON.stringify({ issuers: {}, padding: PADDING }));
    const failures = await untilThereIsRoom(() => machine.run(['smoke', 'baseline'], { env: ENV }), {
      code: 3,
      says: [/oidc-baseline\.json" cannot be written: the disk is full/],
      saysNot: 'Baseline written',
    });
    expect(failures).toBeGreaterThan(1);
  });

  test('a client secret that is saved with its profile', async () => {
    const profile = ['--issuer', provider.issuer, '--client-id', 'demo', '--scope', `openid ${'s'.repeat(5_000)}`];
    const add = ['profile', 'add', 'app', ...profile, '--client-secret-stdin', '--force', '--store', 'file'];
    const shown = async () => {
      const finished = await machine.run(['profile', 'export', 'app', '--format', 'logto', '--show-secrets']);
      return JSON.parse(finished.stdout).clientSecret;
    };
    await writeFile(at('config.yaml'), PADDING);
    expect(await machine.run(add, { stdin: 'the secret before' })).toMatchObject({ code: 0 });
    const config = readFileSync(at('config.yaml'), 'utf8');
    let codes = 0;
    // Less than 16 pages are too few to begin with: the store is tried with as much as a session takes.
    for (const pages of [0, 1, 2, 8, 15]) {
      disk.leave(pages);
      const finished = await machine.run(add, { stdin: 'the secret of today' });
      disk.empty();
      expect(finished.code, finished.stderr).toBe(9);
      expect(finished.stderr).toContain('the disk is full');
      expect(finished.stderr).not.toContain('the secret of today');
      expect(readFileSync(at('config.yaml'), 'utf8')).toBe(config);
      expect(await shown()).toBe('the secret before');
      codes += 1;
    }
    expect(codes).toBe(5);
    expect(await machine.run(add, { stdin: 'the secret of today' })).toMatchObject({ code: 0 });
    expect(await shown()).toBe('the secret of today');
  });

  test('the step summary of GitHub where it is a device that is full', async () => {
    await writeFile(
      at('oidc-smoke.yaml'),
      JSON.stringify({
        defaults: ALICE,
        checks: [{ name: 'it', profile: demo('http://127.0.0.1:1'), expect: { failure: 'network_refused' } }],
      }),
    );
    const env = { ...ENV, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: '/dev/full' };
    expect(await machine.run(['smoke'], { env })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('"/dev/full" cannot be written: the disk is full'),
    });
  });

  test('an exported connector', async () => {
    const profile = { ...demo(provider.issuer), parameters: { audience: 'a'.repeat(9_000) } };
    await writeFile(at('config.yaml'), JSON.stringify({ default: 'app', profiles: { app: profile } }));
    await writeFile(at('connector.json'), PADDING);
    const failures = await untilThereIsRoom(
      () => machine.run(['profile', 'export', 'app', '--format', 'logto', '--output', 'connector.json']),
      { code: 3, says: [/connector\.json" cannot be written: the disk is full/], saysNot: 'Wrote' },
    );
    expect(failures).toBeGreaterThan(1);
  });

  test('what was seen when a sign-in failed: a file that is not whole is not there, and not named', async () => {
    await mkdir(at('seen'), { mode: 0o700 });
    const login = ['login', ...demoClient, '--port', '0', '--store', 'memory', '--with', 'http', '--user', 'nobody'];
    const flags = ['--password-env', 'OIDC_CLI_ALICE', '--keep-evidence', 'seen', '--json'];
    disk.leave(0);
    const finished = await machine.run([...login, ...flags], { env: ENV });
    expect(finished.code, finished.stderr).toBe(5);
    expect(readdirSync(at('seen'))).toEqual([]);
    expect(finished.stdout).not.toContain('sign-in-');
    disk.empty();
    const saved = await machine.run([...login, ...flags], { env: ENV });
    expect(readdirSync(at('seen'))).toHaveLength(1);
    expect(saved.stdout).toContain(readdirSync(at('seen'))[0]);
  });
});
