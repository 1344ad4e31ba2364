import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../support/built-command.js';
import { atEndOfFile } from '../support/end-of-file.js';
import { keyringPresent, keyringWhy, withKeyring } from '../support/keyring.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine } from '../support/run.js';
import { startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';
import { type SmallDisk, smallDisk, smallDisksPresent } from '../support/small-disk.js';
import { session, writer } from './fixtures.js';

const provider = await startScriptedProvider();
atEndOfFile(() => provider.close());

/** A session that takes several pages, so that its file can be cut. */
const LONG = { claims: { picture: 'p'.repeat(5_000) } };

const LOGIN = ['login', '--issuer', provider.issuer, '--client-id', 'app', '--port', '0', '--no-userinfo'];
const HAS_ROOM = 40;

describe.runIf(smallDisksPresent)('where the disk has room for a part of a session', () => {
  let disk: SmallDisk;
  let machine: Machine;
  const index = () => readFileSync(join(disk.folder, 'sessions.json'), 'utf8');
  const signIn = () => machine.run(LOGIN, { openUrl: followRedirects });
  /** Makes the list of sessions longer than a session. */
  const lengthenList = () => {
    const { sessions, ...rest } = JSON.parse(index());
    const others = Array.from({ length: 120 }, (_, number) => ({
      ...sessions[0],
      profile: `other-${number}`,
      key: `other-${number}`,
    }));
    const text = JSON.stringify({ ...rest, sessions: [...sessions, ...others] }, undefined, 2);
    writeFileSync(join(disk.folder, 'sessions.json'), `${text}\n`);
  };
  /** The disk fills while the provider answers: what was tried before had room. */
  const fillDuringTokenRequest = (pages: number, tokens: Readonly<Record<string, unknown>> = {}) =>
    provider.play({
      ...LONG,
      token: (honest) => {
        disk.leave(pages);
        return { body: { ...honest, ...tokens } };
      },
    });

  beforeEach(async () => {
    disk = smallDisk();
    machine = await createMachine(disk.folder);
    provider.play(LONG);
    expect(await signIn()).toMatchObject({ code: 0 });
  });
  afterEach(() => disk.remove());

  test('a new sign-in leaves the old session whole, for each page that is too few', async () => {
    const before = disk.files();
    for (let pages = 0; pages < HAS_ROOM; pages += 1) {
      disk.empty();
      fillDuringTokenRequest(pages);
      const finished = await signIn();
      if (finished.code === 0) {
        expect(pages).toBeGreaterThan(2);
        break;
      }
      expect(finished).toMatchObject({ code: 9, stderr: expect.stringContaining('the disk is full') });
      expect(finished.stderr).toContain('Make room on the disk');
      expect(disk.files()).toEqual(before);
      expect(await machine.run(['whoami'])).toMatchObject({ code: 0 });
    }
    disk.empty();
    expect(disk.files()).not.toEqual(before);
    expect(await machine.run(['whoami'])).toMatchObject({ code: 0 });
  });

  test('a list of sessions that does not fit stays as it was, and names what was saved', async () => {
    lengthenList();
    const before = index();
    let failures = 0;
    for (let pages = 4; pages < HAS_ROOM; pages += 1) {
      disk.empty();
      fillDuringTokenRequest(pages);
      const finished = await signIn();
      if (finished.code === 0) break;
      expect(finished.code, finished.stderr).toBe(9);
      expect(index()).toBe(before);
      if (finished.stderr.includes('sessions.json')) failures += 1;
      expect(await machine.run(['whoami'])).toMatchObject({ code: 0 });
    }
    expect(failures).toBeGreaterThan(1);
    expect(JSON.parse(index()).sessions).toHaveLength(121);
  });

  test('a new refresh token that no place can take is not lost in silence', async () => {
    const before = disk.files();
    for (const pages of [0, 1, 2]) {
      disk.empty();
      fillDuringTokenRequest(pages);
      const finished = await machine.run(['token', '--refresh']);
      expect(finished).toMatchObject({ code: 9, stdout: '' });
      expect(finished.stderr).toContain(
        'The provider replaced the saved refresh token, and the new one could not be saved',
      );
      expect(finished.stderr).toMatch(/Make room on the disk\. Then sign in again with: oidc-cli login --issuer/);
      for (const secret of provider.secrets) expect(finished.stderr).not.toContain(secret);
      expect(disk.files()).toEqual(before);
    }
    disk.empty();
    // A provider that does not rotate: the saved one goes on.
    fillDuringTokenRequest(1, { refresh_token: undefined });
    const same = await machine.run(['token', '--refresh']);
    expect(same.code).toBe(9);
    expect(same.stderr).not.toContain('new refresh token');
    disk.empty();
    provider.play(LONG);
    expect(await machine.run(['token', '--refresh'])).toMatchObject({ code: 0 });
  });

  test('a refreshed session that is saved in all but the list says so', async () => {
    lengthenList();
    fillDuringTokenRequest(6);
    const finished = await machine.run(['token', '--refresh']);
    expect(finished).toMatchObject({ code: 9, stderr: expect.stringContaining('The session itself was saved.') });
    disk.empty();
    const spent = provider.requests('/token').length;
    expect(await machine.run(['token'])).toMatchObject({ code: 0 });
    expect(provider.requests('/token')).toHaveLength(spent);
  });

  test('one run of the command uses what it could not save', async () => {
    const data = join(disk.folder, 'another');
    const sessions = writer(data, { env: { DBUS_SESSION_BUS_ADDRESS: '' } });
    await sessions.save(session(), (await sessions.choose('file')).store);
    const [entry] = await sessions.list();
    if (!entry) throw new Error('it was saved');
    const rotated = session({ refreshToken: 'rotated', accessToken: 'new', refreshedAt: session().signedInAt + 1 });
    disk.leave(0);
    await expect(sessions.update(rotated, entry)).rejects.toMatchObject({
      code: 'store_failed',
      facts: { lost: 'refresh token' },
    });
    expect(await sessions.read(entry)).toEqual(rotated);
    expect(await writer(data).read(entry)).toEqual(session());
  });

  test('a session whose place in the list cannot be put right is read all the same', async () => {
    const data = join(disk.folder, 'another');
    const [sessions, list] = [writer(data), join(data, 'sessions.json')];
    const { store } = await sessions.choose('file');
    await sessions.save(session(), store);
    const [entry] = await sessions.list();
    const text = readFileSync(list, 'utf8');
    const newer = session({ signedInAt: session().signedInAt + 5 });
    await sessions.save(newer, store);
    writeFileSync(list, text);
    disk.leave(0);
    expect(entry && (await writer(data).read(entry))).toEqual(newer);
    expect(readFileSync(list, 'utf8')).toBe(text);
  });

  test('nobody is sent to a browser where nothing could be saved, and no refresh token is spent', async () => {
    const before = disk.files();
    const openUrl = vi.fn(followRedirects);
    for (const pages of [0, 1, 4]) {
      disk.empty();
      disk.leave(pages);
      provider.play(LONG);
      expect(await machine.run(LOGIN, { openUrl })).toMatchObject({ code: 9 });
      expect(await machine.run(['login', 'new', ...LOGIN.slice(1)], { openUrl })).toMatchObject({ code: 9 });
      expect(await machine.run(['token', '--refresh'])).toMatchObject({ code: 9 });
      expect(await machine.run(['token'])).toMatchObject({ code: 0 });
      expect(provider.requests('/token')).toEqual([]);
    }
    expect(openUrl).not.toHaveBeenCalled();
    expect(disk.files()).toEqual(before);
  });

  test('a first sign-in leaves nothing behind', async () => {
    const home = join(disk.folder, 'new');
    const fresh = await createMachine(home);
    for (const pages of [0, 1, 2, 15]) {
      disk.leave(pages);
      const finished = await fresh.run(LOGIN, { openUrl: followRedirects });
      disk.empty();
      expect(finished.code, finished.stderr).toBe(9);
      expect(Object.keys(disk.files()).filter((path) => path.startsWith(home))).toEqual([]);
    }
    expect(await fresh.run(LOGIN, { openUrl: followRedirects })).toMatchObject({ code: 0 });
  });

  test('a disk that can only be read: the advice leads to another folder', async () => {
    disk.readOnly();
    const finished = await signIn();
    expect(finished.code, finished.stderr).toBe(9);
    expect(finished.stderr).toMatch(/the disk is read-only.*set OIDC_CLI_HOME to a different one/s);
    expect(await machine.run(['whoami'])).toMatchObject({ code: 0 });
    const elsewhere = await createMachine();
    try {
      expect(await elsewhere.run(LOGIN, { openUrl: followRedirects })).toMatchObject({ code: 0 });
    } finally {
      await elsewhere.remove();
    }
  });

  test('a session is forgotten although the list cannot be written', async () => {
    lengthenList();
    disk.leave(0);
    const finished = await machine.run(['logout', '--local']);
    expect(finished).toMatchObject({ code: 9, stderr: expect.stringContaining('the disk is full') });
    expect(Object.keys(disk.files('store')).filter((path) => path.endsWith('.json'))).toEqual([]);
    disk.empty();
    expect(await machine.run(['whoami', new URL(provider.issuer).host])).toMatchObject({ code: 4 });
  });
});

describe.runIf(smallDisksPresent && requirement('gnome-keyring', keyringPresent, keyringWhy))(
  'where the disk has no room for a refreshed session, and there is a keychain',
  () => {
    test('the keychain takes it, and the command goes on', async () => {
      await withKeyring(async (keyring) => {
        const disk = smallDisk();
        try {
          const env = { ...keyring.env, OIDC_CLI_HOME: disk.folder, OIDC_CLI_STORE: 'file' };
          const machine = await createMachine(disk.folder);
          provider.play({});
          expect(await machine.run(LOGIN, { openUrl: followRedirects })).toMatchObject({ code: 0 });
          provider.play({
            ...LONG,
            token: (honest) => {
              // Enough for the list, too little for the session.
              disk.leave(2);
              return { body: honest };
            },
          });
          const finished = await runCommand(['token', '--refresh'], env);
          expect(finished, finished.stderr).toMatchObject({ code: 0 });
          expect(finished.stderr).toMatch(/could not be saved where it was .*It is now in the keychain\./);
          disk.empty();
          provider.play({});
          expect(await runCommand(['token'], env)).toMatchObject({ code: 0, stdout: finished.stdout });
          expect(await runCommand(['token', '--refresh'], env)).toMatchObject({ code: 0 });
          const [{ store }] = JSON.parse(readFileSync(join(disk.folder, 'sessions.json'), 'utf8')).sessions;
          expect(store).toBe('keychain');
        } finally {
          disk.remove();
        }
      });
    });
  },
);
