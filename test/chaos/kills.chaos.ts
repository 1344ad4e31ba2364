import { expect, test } from 'vitest';
import { type Keyring, withKeyring } from '../support/keyring.js';
import { type Chance, chance, figures, rounds } from './chance.js';
import { type Household, household, loginArguments } from './household.js';
import { type Ledger, providerWithLedger } from './provider.js';

/** What is killed, as often as all others of its store; `login` is the only one that needs no session. */
const OPERATIONS = ['login', 'refresh', 'save', 'logout'] as const;
type Operation = (typeof OPERATIONS)[number];

function argumentsOf(operation: Operation, ledger: Ledger, store: string): string[] {
  if (operation === 'refresh') return ['token', 'ci', '--refresh', '--json'];
  if (operation === 'logout') return ['logout', 'ci', '--no-end-session'];
  const login = loginArguments(ledger, store);
  // Saves a profile, too.
  return operation === 'save' ? [...login, '--save', 'ci'] : login;
}

/** When a slow machine gives up; it then says how far it came. */
const LONGEST_MS = 900_000;

interface Counts {
  kills: number;
  /** Of those that came before the command had ended. */
  hit: number;
  /** Answers with a new refresh token that the kill came before the save of. */
  lost: number;
}

/** Kills commands on one store at random instants, and looks at what each leaves. */
async function killAtRandom(store: string, times: number, random: Chance, ledger: Ledger, home: Household) {
  const counts: Counts = { kills: 0, hit: 0, lost: 0 };
  const lasts = new Map<Operation, number>();
  /** Refresh tokens that are saved although the provider has replaced them: the kill came before the save. */
  const lost = new Set<string>();
  const deadline = performance.now() + LONGEST_MS;
  for (let round = 0; round < times && performance.now() < deadline; round += 1) {
    const operation = OPERATIONS[round % OPERATIONS.length] ?? 'login';
    const argv = argumentsOf(operation, ledger, store);
    const { refreshToken } = (await home.session()) ?? {};
    if (operation !== 'login' && (refreshToken === undefined || lost.has(refreshToken))) {
      await home.run(loginArguments(ledger, store), [0]);
    }
    if (!lasts.has(operation)) {
      const began = performance.now();
      await home.run(argv, [0]);
      lasts.set(operation, performance.now() - began);
      if (operation === 'logout') await home.run(loginArguments(ledger, store), [0]);
    }

    const requested = ledger.nextRequest();
    const command = home.start(argv);
    // Half of the instants over all of it, half around what matters: the request, its answer, and the save.
    if (random.below(2) < 1) await pause(random.below((lasts.get(operation) ?? 0) * 1.05), command.finished);
    else {
      await Promise.race([requested, command.finished]);
      await pause(random.below(150), command.finished);
    }
    command.kill('SIGKILL');
    const ended = await command.finished;
    counts.kills += 1;
    if (ended.signal === 'SIGKILL') counts.hit += 1;
    home.examine(argv, ended);

    const saved = (await home.session())?.refreshToken;
    if (saved !== undefined && ledger.isTaken(saved) && !lost.has(saved)) {
      if (operation === 'refresh') lost.add(saved);
      else home.violations.push(`a killed ${operation} has lost a refresh token`);
    }
    const next = random.pick([
      ['whoami', 'ci', '--json'],
      ['token', 'ci', '--json'],
      ['token', 'ci', '--refresh', '--json'],
    ]);
    await home.run(next, [0, 4]);
  }
  counts.lost = lost.size;
  // A refresh token goes out again only where the process that had sent it was killed before it could save the new one.
  const twice = ledger.reused().filter((token) => !lost.has(token));
  if (twice.length > 0) home.violations.push(`${twice.length} refresh tokens were spent twice`);
  const left = await home.sweep(store);
  if (left.length > 0) home.violations.push(`left: ${left.join(', ')}`);
  await home.run(['logout', 'ci', '--no-end-session'], [0]);
  if (counts.kills < times / 2) home.violations.push(`only ${counts.kills} of ${times} kills in the time`);
  return counts;
}

function pause(ms: number, until: Promise<unknown>): Promise<unknown> {
  return Promise.race([until, new Promise((resolve) => setTimeout(resolve, ms))]);
}

function summary(store: string, { kills, hit, lost }: Counts, home: Household): string {
  return (
    `${store}: ${kills} kills, ${hit} before the command had ended; ${lost} refresh tokens lost between the provider's ` +
    `answer and the save; slowest command after a kill ${Math.round(home.slowest())} ms; violations ${home.violations.length}`
  );
}

test.concurrent('killed at random instants, with the encrypted file', async () => {
  const ledger = await providerWithLedger();
  const home = household(ledger, { OIDC_CLI_STORE: 'file' });
  const counts = await killAtRandom('file', rounds(150), chance('file'), ledger, home);
  home.remove();
  figures(summary('file', counts, home));
  expect(home.violations).toEqual([]);
});

test.concurrent('killed at random instants, with the keychain', async () => {
  const ledger = await providerWithLedger();
  const random = chance('keychain');
  const work = async (keyring: Keyring) => {
    const home = household(ledger, { ...keyring.env, OIDC_CLI_STORE: 'keychain' });
    const counts = await killAtRandom('keychain', rounds(130), random, ledger, home);
    if (/^secret = /m.test(keyring.search('oidc-cli'))) home.violations.push('the keychain still holds something');
    home.remove();
    figures(summary('keychain', counts, home));
    expect(home.violations).toEqual([]);
  };
  // This process's native module stays with the first keyring that it met.
  await withKeyring(work, 1);
});

test('killed at random instants, with nothing to be saved', async () => {
  const ledger = await providerWithLedger();
  const home = household(ledger, { OIDC_CLI_STORE: 'memory' });
  const random = chance('memory');
  let hit = 0;
  const times = rounds(20);
  for (let round = 0; round < times; round += 1) {
    const argv = loginArguments(ledger, 'memory');
    const command = home.start(argv);
    await pause(random.below(1_000), command.finished);
    command.kill('SIGKILL');
    const ended = await command.finished;
    if (ended.signal === 'SIGKILL') hit += 1;
    home.examine(argv, ended);
    await home.run(['whoami', '--json'], [4]);
  }
  figures(summary('memory', { kills: times, hit, lost: 0 }, home));
  home.remove();
  expect(home.violations).toEqual([]);
});
