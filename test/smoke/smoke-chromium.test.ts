import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { startCommand } from '../support/built-command.js';
import {
  browsersOf,
  chromiumPath,
  chromiumPresent,
  drivenBrowserPath,
  isRunning,
  killOwnBrowser,
} from '../support/chromium.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine } from '../support/run.js';
import { startScriptedProvider } from '../support/scripted-provider.js';
import { signInPages } from '../support/sign-in-pages.js';
import { ALICE, demo, ENV, type Report, runPlan, SAM, SAM_ENV } from '../support/smoke-plan.js';

const present = requirement('Chromium', chromiumPresent, 'smoke checks by a browser');

describe.runIf(present)('checks by a browser', { timeout: 600_000 }, () => {
  let machine: Machine;
  let provider: IdentityProvider;
  beforeAll(async () => {
    [machine, provider] = await Promise.all([createMachine(), identityProvider()]);
  });
  afterAll(() => machine.remove());
  const flags = ['--browser-path', drivenBrowserPath ?? ''];
  const plan = () => join(machine.home, 'oidc-smoke.yaml');

  test('sign in, hold what they expect, and sign out in the same browser', async () => {
    const checks = [
      {
        name: 'looks',
        profile: demo(provider.issuer),
        with: 'browser',
        expect: { claims: { email: 'alice@example.com' } },
      },
      { name: 'signs out', profile: demo(provider.issuer), with: 'browser', expect: { logout: true } },
    ];
    const { report, code } = await runPlan(machine, checks, ['--browser-path', chromiumPath ?? '']);
    expect(
      report.checks.map(({ verdict, way: driver }) => [verdict, driver]),
      JSON.stringify(report),
    ).toEqual([
      ['passed', 'browser'],
      ['passed', 'browser'],
    ]);
    expect(code).toBe(0);
  });

  test('twenty, eight at once: one hangs, one loses its provider, all lose their browser in the middle; 18 pass', async () => {
    const { program, starts } = await countedBrowser(machine);
    const seen = { requests: 0, pages: 0 };
    const good = await identityProvider({
      onRequest: ({ path }) => {
        if (path === '/auth') seen.requests += 1;
        if (!path.startsWith('/interaction/')) return;
        seen.pages += 1;
        if (seen.pages === 10) killOwnBrowser();
      },
    });
    const dying = await identityProvider({
      // It shows its page, and is gone when that is sent.
      onRequest: ({ path }) => void (path.startsWith('/interaction/') && dying.close()),
    });
    const [japanese, singlePage, hanging] = await Promise.all([
      signInPages({ style: 'japanese' }),
      signInPages({ style: 'single-page' }),
      startScriptedProvider(),
    ]);
    hanging.play({ page: { headers: { 'content-type': 'text/html' }, body: '<script>for (;;);</script>' } });
    const named = (what: string, count: number, profile: object, more: object = {}) =>
      Array.from({ length: count }, (_, index) => ({
        name: `${what} ${index + 1}`,
        profile,
        with: 'browser',
        timeout: 120,
        ...more,
      }));
    const checks = [
      ...named('good', 4, demo(good.issuer)),
      ...named('hanging', 1, { issuer: hanging.issuer, clientId: 'app' }, { timeout: 5 }),
      ...named('good too', 10, demo(good.issuer)),
      ...named('japanese', 2, demo(japanese.issuer), SAM),
      ...named('dying', 1, demo(dying.issuer)),
      ...named('single page', 2, demo(singlePage.issuer), SAM),
    ];
    expect(checks).toHaveLength(20);
    const more = ['--browser-path', program, '--concurrency', '8'];
    const { report, code } = await runPlan(machine, checks, more, { env: SAM_ENV });
    await hanging.close();
    const errors = report.checks.flatMap(({ name, error }) => (error ? [[name, error.code]] : []));
    expect(errors).toEqual([
      // Of the driver where it was in time, else of the run.
      ['hanging 1', expect.stringMatching(/^(sign_in_timed_out|smoke_check_timeout)$/)],
      ['dying 1', 'network_refused'],
    ]);
    expect(report.counts).toEqual({ passed: 18, flaky: 0, failed: 2, notRun: 0 });
    expect(report.checks.every(({ attempts }) => attempts.length === 1)).toBe(true);
    // Their own reasons differ.
    expect(code).toBe(1);
    // The browser was started again, and those that had been in it made their request once more.
    expect(await starts()).toBe(2);
    expect(seen.requests).toBeGreaterThan(14);
    expect(seen.requests).toBeLessThanOrEqual(22);
  });

  test('the command ends by itself afterwards, and leaves no browser', async () => {
    const checks = [{ name: 'it', profile: demo(provider.issuer), with: 'browser' }];
    await writeFile(plan(), JSON.stringify({ defaults: ALICE, checks }));
    const command = startCommand(['smoke', plan(), '--json', ...flags], environment(machine));
    await expect.poll(() => browsersOf(command.pid)).toHaveLength(1);
    const browsers = browsersOf(command.pid);
    const { code, signal, stdout } = await command.finished;
    expect([code, signal, JSON.parse(stdout).counts.passed]).toEqual([0, null, 1]);
    await expect.poll(() => browsers.filter(isRunning)).toEqual([]);
  });

  test('Ctrl-C in the middle of a page leaves a report, and no browser', async () => {
    const pages = await signInPages({ style: 'hanging' });
    const checks = [{ name: 'it', profile: demo(pages.issuer), with: 'browser', ...SAM }];
    await writeFile(plan(), JSON.stringify({ checks, defaults: ALICE }));
    const command = startCommand(['smoke', plan(), '--json', ...flags], { ...environment(machine), ...SAM_ENV });
    await expect.poll(() => pages.seen).toContain('pressed forward');
    const browsers = browsersOf(command.pid);
    expect(browsers).toHaveLength(1);
    command.kill('SIGINT');
    const { code, stdout } = await command.finished;
    const report = JSON.parse(stdout) as Report;
    expect([code, report.ended, report.counts.notRun, report.counts.failed]).toEqual([130, 'interrupted', 1, 0]);
    await expect.poll(() => browsers.filter(isRunning)).toEqual([]);
  });
});

function environment({ home }: Machine) {
  return { ...ENV, OIDC_CLI_HOME: home, OIDC_CLI_STORE: 'file', HOME: home };
}

/** This machine's browser behind a program that counts how often it is started. */
async function countedBrowser({ home }: Machine): Promise<{ program: string; starts: () => Promise<number> }> {
  const [program, log] = [join(home, 'counted-browser'), join(home, 'starts')];
  await writeFile(program, `#!/bin/sh\necho started >> '${log}'\nexec '${drivenBrowserPath}' "$@"\n`);
  await chmod(program, 0o755);
  return { program, starts: async () => (await readFile(log, 'utf8')).trim().split('\n').length };
}
