import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeTime } from '../support/faketime.js';
import { chance, figures, rounds } from './chance.js';
import { household, loginArguments } from './household.js';
import { providerWithLedger } from './provider.js';

const REFRESH = ['token', 'ci', '--refresh', '--json'];
const AT_ONCE = 4;

/** Runs so many jobs, four at a time. */
async function atOnce(times: number, job: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < times) await job(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

test('machines whose clocks differ, on one folder', async () => {
  const ledger = await providerWithLedger();
  const random = chance('clocks');
  const home = household(ledger, { OIDC_CLI_STORE: 'file' });
  await home.run(loginArguments(ledger, 'file'), [0]);
  await atOnce(rounds(60), async (number) => {
    // A clock that differs by more than 30 s refuses ID tokens, as it must: it only reads.
    if (number % 3 === 2) {
      await home.run(['whoami', 'ci', '--json'], [0, 4], fakeTime(random.pick(['-400d', '-1h', '+1h', '+400d'])));
    } else {
      const seconds = Math.round(random.below(50) - 25);
      await home.run(REFRESH, [0], fakeTime(`${seconds < 0 ? '' : '+'}${seconds}s`));
    }
  });
  await home.session();
  const left = await home.sweep('file');
  home.remove();
  figures(
    `clocks that differ: ${home.commands()} commands, ${ledger.refreshes()} refreshes, ${ledger.reused().length} tokens ` +
      `spent twice, slowest command ${Math.round(home.slowest())} ms; violations ${home.violations.length}`,
  );
  expect([...home.violations, ...left]).toEqual([]);
  expect(ledger.reused()).toEqual([]);
});

test('clocks that are set back and forth while commands run', async () => {
  const ledger = await providerWithLedger();
  const random = chance('set');
  const home = household(ledger, { OIDC_CLI_STORE: 'file' });
  await home.run(loginArguments(ledger, 'file'), [0]);
  // The provider's clock is the real one, and sessions are good for an hour: within that, and within the tolerance of
  // 30 s, no jump is a reason to fail.
  const clock = join(home.home, '..', `oidc-cli-chaos-clock-${process.pid}`);
  let jumps = 0;
  const jump = () => {
    const seconds = Math.round(random.below(50) - 25);
    writeFileSync(clock, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
    jumps += 1;
  };
  jump();
  const jumping = setInterval(jump, 50);
  const moving = {
    ...fakeTime(''),
    FAKETIME: undefined,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  await atOnce(rounds(40), async (number) => {
    if (number % 8 === 7) await home.run(loginArguments(ledger, 'file'), [0], moving);
    else await home.run(REFRESH, [0], moving);
  });
  clearInterval(jumping);
  await home.session();
  const left = await home.sweep('file');
  home.remove();
  figures(
    `clocks set back and forth ${jumps} times: ${home.commands()} commands, ${ledger.refreshes()} refreshes, ` +
      `${ledger.reused().length} tokens spent twice, slowest command ${Math.round(home.slowest())} ms; ` +
      `violations ${home.violations.length}`,
  );
  expect([...home.violations, ...left]).toEqual([]);
  expect(ledger.reused()).toEqual([]);
});
