import { afterEach, expect, test } from 'vitest';
import { type SmallDisk, smallDisk, smallDisksPresent } from '../support/small-disk.js';
import { figures, rounds } from './chance.js';
import { type Household, household, loginArguments } from './household.js';
import { type Ledger, providerWithLedger } from './provider.js';

const REFRESH = ['token', 'ci', '--refresh', '--json'];
const LOGOUT = ['logout', 'ci', '--no-end-session', '--json'];
/** Done, not signed in, and what a disk that is full may end with: a configuration or a session that is not saved. */
const MAY_END_WITH = [0, 4, 3, 9];

let disk: SmallDisk;
afterEach(() => disk?.remove());

/** What is run on a disk with so little room: signed in before, also again, with a profile, refreshed, signed out. */
function operation(number: number, ledger: Ledger): string[] {
  const login = loginArguments(ledger, 'file');
  return [REFRESH, login, [...login, '--save', 'ci'], LOGOUT][number % 4] ?? REFRESH;
}

test.runIf(smallDisksPresent)('disks with room for some pages only', async () => {
  const ledger = await providerWithLedger();
  disk = smallDisk();
  const home = household(ledger, { OIDC_CLI_STORE: 'file' }, disk.folder);
  const codes = new Map<number, number>();
  const times = rounds(48);
  for (let round = 0; round < times; round += 1) {
    if (!(await home.session())) await home.run(loginArguments(ledger, 'file'), [0]);
    disk.leave(Math.floor(round / 4));
    const argv = operation(round, ledger);
    const { code } = await home.run(argv, MAY_END_WITH);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    await home.session();
    disk.empty();
    // Signed out as it was to be, or signed in as before: nothing was spent for nothing.
    await home.run(REFRESH, argv === LOGOUT ? [0, 4] : [0]);
  }
  const left = await home.sweep('file');
  figures(`${times} commands with 0 to ${Math.floor(times / 4) - 1} free pages: ${ended(codes)}${violated(home)}`);
  expect([...home.violations, ...left]).toEqual([]);
});

test.runIf(smallDisksPresent)('a disk that is full when the answer comes', async () => {
  const ledger = await providerWithLedger();
  disk = smallDisk();
  const home = household(ledger, { OIDC_CLI_STORE: 'file' }, disk.folder);
  const codes = new Map<number, number>();
  let lost = 0;
  const times = rounds(24);
  for (let round = 0; round < times; round += 1) {
    if (!(await home.session())) await home.run(loginArguments(ledger, 'file'), [0]);
    ledger.beforeAnswer = async () => disk.leave(Math.floor(round / 3));
    const { code } = await home.run(operation(round % 3, ledger), MAY_END_WITH);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    ledger.beforeAnswer = async () => {};
    await home.session();
    disk.empty();
    const after = await home.run(REFRESH, [0, 4]);
    if (after.code !== 4) continue;
    lost += 1;
    // There was no place for it: that must have been said.
    if (code === 0) home.violations.push('a refresh token was lost, and the command ended with 0');
    await home.run(loginArguments(ledger, 'file'), [0]);
  }
  const left = await home.sweep('file');
  figures(
    `${times} commands whose disk was full when the answer came: ${ended(codes)}, ` +
      `${lost} new refresh tokens without a place, each told${violated(home)}`,
  );
  expect([...home.violations, ...left]).toEqual([]);
});

function ended(codes: ReadonlyMap<number, number>): string {
  return [...codes].map(([code, times]) => `${times} ended with ${code}`).join(', ');
}

function violated(home: Household): string {
  return `; slowest command ${Math.round(home.slowest())} ms; violations ${home.violations.length}`;
}
