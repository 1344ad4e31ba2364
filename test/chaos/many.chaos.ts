import { expect, test } from 'vitest';
import { pidNamespacePresent } from '../support/namespaces.js';
import { chance, figures, rounds } from './chance.js';
import { household, loginArguments } from './household.js';
import { providerWithLedger } from './provider.js';

const PROCESSES = 30;
const REFRESH = ['token', 'ci', '--refresh', '--json'];

test.for([
  ['processes', false],
  ['machines', true],
] as const)('thirty %s on one rotating token', async ([name, apart]) => {
  if (apart && !pidNamespacePresent) return figures('no machines: only root can make them');
  const ledger = await providerWithLedger();
  const home = household(ledger, { OIDC_CLI_STORE: 'file' });
  await home.run(loginArguments(ledger, 'file'), [0]);
  const began = performance.now();
  await Promise.all(Array.from({ length: rounds(PROCESSES) }, () => home.run(REFRESH, [0], {}, apart)));
  const took = performance.now() - began;
  await home.session();
  const left = await home.sweep('file');
  home.remove();
  figures(
    `${rounds(PROCESSES)} ${name} at once: ${ledger.refreshes()} refreshes, ${ledger.reused().length} tokens spent twice, ` +
      `all done after ${Math.round(took)} ms; violations ${home.violations.length}`,
  );
  expect([...home.violations, ...left]).toEqual([]);
  expect(ledger.reused()).toEqual([]);
});

test('thirty processes, of which some are stopped for a while', async () => {
  const ledger = await providerWithLedger();
  const random = chance('stopped');
  const home = household(ledger, { OIDC_CLI_STORE: 'file' });
  await home.run(loginArguments(ledger, 'file'), [0]);
  let stops = 0;
  const one = async () => {
    const command = home.start(REFRESH);
    let ended = false;
    const finished = command.finished.finally(() => {
      ended = true;
    });
    const stopped = random.below(2) < 1;
    await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, random.below(4_000)))]);
    if (stopped && !ended) {
      stops += 1;
      command.kill('SIGSTOP');
      // Longer than a lock waits for a sign of life.
      await new Promise((resolve) => setTimeout(resolve, 6_000 + random.below(4_000)));
      command.kill('SIGCONT');
    }
    const { code, stdout, stderr } = await finished;
    if (code !== 0) home.violations.push(`a refresh ended with ${code}: ${stdout}${stderr}`);
    home.examine(REFRESH, await finished);
  };
  await Promise.all(Array.from({ length: rounds(PROCESSES) }, one));
  await home.session();
  const left = await home.sweep('file');
  home.remove();
  figures(
    `${rounds(PROCESSES)} processes, ${stops} of them stopped for 6 to 10 s: ${ledger.refreshes()} refreshes, ` +
      `${ledger.reused().length} tokens spent twice; violations ${home.violations.length}`,
  );
  expect([...home.violations, ...left]).toEqual([]);
  expect(ledger.reused()).toEqual([]);
});
