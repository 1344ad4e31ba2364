import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { chromiumPath, chromiumPresent } from '../support/chromium.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine } from '../support/run.js';
import { demo, runPlan } from '../support/smoke-plan.js';

const present = requirement('Chromium', chromiumPresent, 'smoke checks by a browser');

describe.runIf(present)('checks by a browser', { timeout: 120_000 }, () => {
  let machine: Machine;
  let provider: IdentityProvider;
  beforeAll(async () => {
    [machine, provider] = await Promise.all([createMachine(), identityProvider()]);
  });
  afterAll(() => machine.remove());
  const flags = ['--browser-path', chromiumPath ?? ''];

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
    const { report, code } = await runPlan(machine, checks, flags);
    expect(
      report.checks.map(({ verdict, way }) => [verdict, way]),
      JSON.stringify(report),
    ).toEqual([
      ['passed', 'browser'],
      ['passed', 'browser'],
    ]);
    expect(code).toBe(0);
  });

  test('whose browser is killed under them run once more in another, and pass', async () => {
    let killed = false;
    const watched = await identityProvider({
      onRequest: ({ path }) => {
        if (killed || !path.startsWith('/interaction/')) return;
        killed = true;
        killOwnBrowser();
      },
    });
    const checks = Array.from({ length: 4 }, (_, index) => ({
      name: `check ${index + 1}`,
      profile: demo(watched.issuer),
      with: 'browser',
    }));
    const { report } = await runPlan(machine, checks, flags);
    expect(killed).toBe(true);
    expect(report.counts, JSON.stringify(report)).toEqual({ passed: 4, flaky: 0, failed: 0, notRun: 0 });
  });
});

/** Ends the browser that this process has started, as the system does when memory is short. */
function killOwnBrowser(): void {
  const children = execFileSync('pgrep', ['-P', String(process.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const commandOf = (pid: string) => {
    try {
      return execFileSync('ps', ['-o', 'args=', '-p', pid], { encoding: 'utf8' });
    } catch {
      return '';
    }
  };
  const browser = children.findLast((pid) => commandOf(pid).includes('--headless'));
  if (browser === undefined) throw new Error('there is no browser');
  process.kill(Number(browser), 'SIGKILL');
}
