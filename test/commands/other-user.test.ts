import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asUser, BIN, startCommand } from '../support/built-command.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';

/** Two users who are not root. Any number does: no account has to be there. */
const [ALICE, MALLORY] = [65_533, 65_534];

const program = (name: string) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));
const ATTACKER = readFileSync(program('other-user.mjs'));
const CAN_READ = 'require("node:fs").readFileSync(process.argv[1])';
const [SETPRIV = '', ...PRIVILEGES] = asUser(ALICE);
const canBeOthers =
  process.geteuid?.() === 0 &&
  spawnSync(SETPRIV, [...PRIVILEGES, process.execPath, '-e', CAN_READ, BIN]).status === 0 &&
  // Node itself may lie in a folder of root's own.
  spawnSync(process.execPath, ['-e', '0'], { uid: MALLORY, gid: MALLORY, cwd: '/' }).status === 0;
/** As the machine allows it: the protocol is the same for a program of the same user. */
const asMallory = canBeOthers ? { uid: MALLORY, gid: MALLORY } : {};

let home: string;
let start: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'oidc-cli-other-user-'));
  start = join(home, 'start');
});
afterEach(() => {
  writeFileSync(start, '');
  rmSync(home, { recursive: true, force: true });
});

/** A sign-in whose browser waits; `uid` runs it. */
async function signIn({ uid, when = 'start' }: { uid?: number; when?: string } = {}) {
  const { issuer } = await identityProvider();
  if (uid !== undefined) chownSync(home, uid, uid);
  const browser = `"${process.execPath}" "${program('waiting-browser.mjs')}" "${start}" ${when}`;
  const argv = ['login', '--issuer', issuer, '--client-id', 'demo', '--port', '0', '--browser', browser, '--json'];
  const env = { OIDC_CLI_HOME: home, OIDC_CLI_STORE: 'file', HOME: home };
  return { issuer, command: startCommand(argv, env, undefined, uid) };
}

/** What the other user does, to its end: the browser's arguments that were seen, and the answers that came. */
function attack(mode: string): Promise<{ words: string[]; steps: (number | string)[] }> {
  // By stdin: another user may not be able to read this folder.
  const options: SpawnOptions = { ...asMallory, cwd: '/', stdio: ['pipe', 'pipe', 'inherit'], timeout: 60_000 };
  const child = spawn(process.execPath, ['--input-type=module', '-', mode, start], options);
  child.stdin?.end(ATTACKER);
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      if (output === '') reject(new Error('it found nothing'));
      else resolve(JSON.parse(output));
    });
  });
}

describe.runIf(requirement('/proc', process.platform === 'linux', "tells of other programs' arguments"))(
  'another user of the machine, who reads the arguments of the browser',
  () => {
    test('finds no state to answer with: neither a foreign code nor an error gets in', async () => {
      const { command, issuer } = await signIn();
      const { words, steps } = await attack('answer');
      expect(steps).toEqual([]);
      expect(words.at(-1)).toMatch(/^http:\/\/localhost:\d+\/go\/[\w-]{24}$/);
      expect(words.join(' ')).not.toMatch(new RegExp(`state|nonce|${issuer}`));
      writeFileSync(start, '');
      const { code, stdout } = await command.finished;
      expect([code, stdout]).toEqual([0, expect.stringContaining('Alice Example')]);
    });

    test('opens the one-time address first: the browser comes second, and nobody is signed in', async () => {
      const { command } = await signIn();
      expect((await attack('open')).steps).toEqual([303]);
      writeFileSync(start, '');
      const { code, stdout } = await command.finished;
      expect([code, JSON.parse(stdout).error.code]).toEqual([7, 'one_time_address_reused']);
      expect(stdout).toContain("Another user of this machine read the address from the browser's command line.");
    });

    test('opens it second: nobody is signed in either', async () => {
      const { command } = await signIn({ when: 'visit' });
      await expect.poll(() => existsSync(`${start}.visited`), { timeout: 30_000 }).toBe(true);
      const { steps } = await attack('open');
      expect(steps[0]).not.toBe(303);
      const { code, stdout } = await command.finished;
      expect([code, JSON.parse(stdout).error.code]).toEqual([7, 'one_time_address_reused']);
    });

    test.runIf(requirement('root', canBeOthers, 'runs programs as two other users'))(
      'opens it first and answers at once: it is not let in, and the sign-in goes on',
      async () => {
        const { command } = await signIn({ uid: ALICE });
        expect((await attack('open and answer')).steps).toEqual([403]);
        writeFileSync(start, '');
        const { code, stdout, stderr } = await command.finished;
        expect(stderr).toContain('Refused a program of another user of this machine that opened the one-time address.');
        expect([code, stdout]).toEqual([0, expect.stringContaining('Alice Example')]);
      },
    );
  },
);
