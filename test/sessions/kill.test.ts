import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyringPresent, keyringWhy, withKeyring } from '../support/keyring.js';
import { requirement } from '../support/requirement.js';
import { folder, kill, program, session, writer } from './fixtures.js';

/** The number of a kept session; fails unless all of its parts are of the same sign-in, whole. */
async function wholeSession(data: string): Promise<number> {
  const sessions = writer(data);
  const entries = await sessions.list();
  expect(entries).toHaveLength(1);
  const entry = entries[0] as (typeof entries)[number];
  const saved = await sessions.read(entry);
  const number = Number(saved?.subject.replace('user-', ''));
  expect(saved).toMatchObject({
    subject: `user-${number}`,
    claims: { sub: `user-${number}` },
    idToken: `id-${number}-${'i'.repeat(2_000)}`,
    accessToken: `access-${number}-${'a'.repeat(2_000)}`,
    refreshToken: `refresh-${number}-${'r'.repeat(500)}`,
    signedInAt: number,
  });
  // Reading has brought the index up to date where the kill fell between it and the store.
  expect(await sessions.list()).toMatchObject([{ subject: `user-${number}` }]);
  return number;
}

/** Kills a process that saves without pause, at random instants, and looks at what it leaves each time. */
async function killRepeatedly(data: string, times: number, kinds: readonly string[], env = {}): Promise<void> {
  const last = join(folder(), 'last');
  let done = 0;
  // The next one loads while the last one's traces are looked at.
  let next = program('sign-in-again.mjs', [data, last, ...kinds], env);
  for (let round = 0; round < times; round += 1) {
    const saver = next;
    expect(await saver.line()).toBe('loaded');
    writeFileSync(last, String(done));
    saver.child.kill('SIGUSR2');
    if (round + 1 < times) next = program('sign-in-again.mjs', [data, last, ...kinds], env);
    done = Number(await saver.line());
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    await kill(saver.child);
    const { stdout } = await saver.ended();
    for (const line of stdout.split('\n').slice(0, -1)) done = Number(line);
    const actual = await wholeSession(data);
    // What was reported as saved is there; the save that was under way may be.
    expect([done, done + 1]).toContain(actual);
    done = actual;
  }
}

describe('killed at any instant, a save leaves the old session or the new one, whole', () => {
  test('in the encrypted file', async () => {
    const data = folder();
    await killRepeatedly(data, 20, ['file']);
    // What killed saves left is swept up by a save a minute later.
    const then = new Date(Date.now() - 61_000);
    for (const name of readdirSync(join(data, 'store'))) utimesSync(join(data, 'store', name), then, then);
    await writer(data).save(session({ subject: 'last' }), (await writer(data).choose('file')).store);
    const left = readdirSync(join(data, 'store'));
    expect(left).toHaveLength(2);
    expect(left).toContain('key');
  });
});

describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))('the same with a real keyring', () => {
  test('in the keychain, and on the way from the keychain to the encrypted file and back', async () => {
    // One attempt: the native module of this process stays with the first keyring that it met.
    await withKeyring(async (keyring) => {
      await killRepeatedly(folder(), 6, ['keychain'], keyring.env);
      const data = folder();
      await killRepeatedly(data, 10, ['keychain', 'file'], keyring.env);

      // Nothing that a killed save left outlives the next ones.
      const entries = () => keyring.search('oidc-cli').match(/^secret = /gm)?.length ?? 0;
      const elsewhere = 1;
      const sessions = writer(data, { env: keyring.env });
      await sessions.save(session(), (await sessions.choose('keychain')).store);
      expect(entries()).toBe(elsewhere + 1);
      expect(readdirSync(join(data, 'store')).filter((name) => name.endsWith('.json'))).toEqual([]);
      await sessions.save(session(), (await sessions.choose('file')).store);
      expect(entries()).toBe(elsewhere);
    }, 1);
  });
});
