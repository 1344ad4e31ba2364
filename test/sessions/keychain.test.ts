import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeychainStore } from '../../src/sessions/keychain.js';
import { probeKeychain } from '../../src/sessions/keychain-probe.js';
import { classifyKeychainError, GONE_TRIES, type KeytarLike, loadKeytar } from '../../src/sessions/keytar-module.js';
import {
  bareEnvironment,
  type Keyring,
  keyringPresent,
  keyringWhy,
  startKeyring,
  withKeyring,
} from '../support/keyring.js';
import { requirement } from '../support/requirement.js';
import { everythingIn, folder, kill, program, session, writer } from './fixtures.js';

const platform = 'linux';

/** The processes this one has started and not yet buried. */
function childProcesses(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) as string;
      return afterName.split(' ')[1] === String(process.pid);
    } catch {
      return false;
    }
  });
}

/** A D-Bus that takes every connection and never says a word. */
async function muteBus(): Promise<{ address: string; close(): Promise<void>; connections(): number }> {
  const path = join(folder(), 'bus');
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    address: `unix:path=${path}`,
    connections: () => sockets.length,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))('the keychain, with a real keyring', () => {
  let keyring: Keyring;
  const outside = { bus: process.env.DBUS_SESSION_BUS_ADDRESS, runtime: process.env.XDG_RUNTIME_DIR };

  beforeAll(async () => {
    keyring = await startKeyring();
    process.env.DBUS_SESSION_BUS_ADDRESS = keyring.env.DBUS_SESSION_BUS_ADDRESS;
    process.env.XDG_RUNTIME_DIR = keyring.env.XDG_RUNTIME_DIR;
  });

  afterAll(async () => {
    await keyring.stop();
    for (const [name, value] of [
      ['DBUS_SESSION_BUS_ADDRESS', outside.bus],
      ['XDG_RUNTIME_DIR', outside.runtime],
    ] as const) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test('gives back what was put in, replaces it, and forgets it', async () => {
    const store = createKeychainStore({ platform });
    expect(await store.get('one')).toBeUndefined();
    await store.set('one', 'first – 日本語 🗝');
    expect(await store.get('one')).toBe('first – 日本語 🗝');
    const long = JSON.stringify({ token: 'x'.repeat(20_000) });
    await store.set('one', long);
    await store.set('two', 'other');
    expect(await createKeychainStore({ platform }).get('one')).toBe(long);
    expect((await store.values()).sort((a, b) => a.key.localeCompare(b.key))).toEqual([
      { key: 'one', value: long },
      { key: 'two', value: 'other' },
    ]);
    expect(await store.delete('one')).toBe(true);
    expect(await store.delete('one')).toBe(false);
    expect(await store.get('one')).toBeUndefined();
    await store.delete('two');
  });

  test('a session is an entry that secret-tool sees, and nothing of it is in a file', async () => {
    const data = folder();
    const sessions = writer(data, { env: keyring.env });
    const { store, warning } = await sessions.choose('auto');
    expect({ kind: store.kind, warning }).toEqual({ kind: 'keychain', warning: undefined });
    const saved = session();
    await sessions.save(saved, store);

    const seen = keyring.search('oidc-cli');
    expect(seen.match(/^secret = /gm)).toHaveLength(1);
    expect(seen).toContain(saved.accessToken);
    for (const secret of [saved.accessToken, saved.refreshToken as string, saved.idToken]) {
      expect(everythingIn(data)).not.toContain(secret);
    }

    // Another process, later: the index says where it is, and nothing is probed.
    const later = writer(data, { env: bareEnvironment(data) });
    const entry = await later.find({});
    expect(entry).toMatchObject({ profile: 'staging', store: 'keychain', refreshable: true });
    expect(entry && (await later.read(entry))).toEqual(saved);
    expect(entry && (await later.forget(entry))).toBe(true);
    expect(keyring.search('oidc-cli')).toBe('');
  });

  test('a new sign-in moves a session between the keychain and the encrypted file', async () => {
    const data = folder();
    const sessions = writer(data, { env: keyring.env });
    const keychain = (await sessions.choose('keychain')).store;
    const file = (await sessions.choose('file')).store;
    await sessions.save(session({ subject: 'first' }), keychain);
    await sessions.save(session({ subject: 'second' }), file);
    expect(keyring.search('oidc-cli')).toBe('');
    expect(await sessions.list()).toMatchObject([{ subject: 'second', store: 'file' }]);
    await sessions.save(session({ subject: 'third' }), keychain);
    expect(readdirSync(join(data, 'store')).filter((name) => name.endsWith('.json'))).toEqual([]);
    const [entry] = await sessions.list();
    expect(entry && (await sessions.read(entry))?.subject).toBe('third');
    if (entry) await sessions.forget(entry);
  });

  test('splits for Windows work over real entries too', async () => {
    const store = createKeychainStore({ platform: 'win32', keytar: await loadKeytar(platform) });
    const value = JSON.stringify(session());
    await store.set('split', value);
    expect(await store.get('split')).toBe(value);
    expect(keyring.search('oidc-cli').match(/^secret = /gm)?.length).toBeGreaterThan(2);
    await store.delete('split');
    expect(keyring.search('oidc-cli')).toBe('');
  });

  test('a damaged index is rebuilt from the keychain and the encrypted file', async () => {
    const data = folder();
    const notices: unknown[] = [];
    const before = writer(data, { env: keyring.env });
    await before.save(session({ profile: 'old' }), (await before.choose('keychain')).store);
    await before.save(
      session({ profile: 'new', signedInAt: session().signedInAt + 9 }),
      (await before.choose('file')).store,
    );
    const index = await before.list();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(data, 'sessions.json'), '{"version":1,"sess');

    const after = writer(data, { env: keyring.env, onNotice: (notice, facts) => notices.push({ notice, ...facts }) });
    expect(await after.list()).toEqual(index);
    expect(await after.list()).toEqual(index);
    expect(notices).toEqual([
      {
        notice: 'index_rebuilt',
        file: join(data, 'sessions.json'),
        movedTo: expect.stringContaining('.damaged-'),
        sessions: 2,
        keychainRead: true,
      },
    ]);
    for (const entry of index) await after.forget(entry);
  });

  test('is found by the probe, which leaves nothing behind', async () => {
    expect(await probeKeychain({ env: keyring.env, platform })).toEqual({ available: true });
    expect(keyring.search('oidc-cli-probe')).toBe('');
    expect(childProcesses()).toHaveLength(2);
  });

  // The last: it cannot be unlocked again without a display.
  test('locked, it says so, to the probe and to every call', async () => {
    const store = createKeychainStore({ platform });
    await store.set('one', 'value');
    keyring.lock();
    const locked = { code: 'store_locked', exitCode: 9 };
    await expect(store.get('one')).rejects.toMatchObject(locked);
    await expect(store.set('one', 'new')).rejects.toMatchObject(locked);
    await expect(store.set('two', 'new')).rejects.toMatchObject(locked);
    await expect(store.delete('one')).rejects.toMatchObject(locked);

    const data = folder();
    const sessions = writer(data, { env: keyring.env });
    await expect(sessions.choose('keychain')).rejects.toMatchObject({ ...locked, facts: { reason: 'it is locked' } });
    const { store: chosen, warning } = await sessions.choose('auto');
    expect(chosen.kind).toBe('file');
    expect(warning).toContain('it is locked');
    expect(warning).toContain(join(data, 'store'));
  });
});

describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))('a real keyring that others use too', () => {
  test('has an entry that they save and remove all the time, or has it not, and never an error', async () => {
    await withKeyring(async (keyring) => {
      const others = ['one', 'two'].map((name) => program('save-and-remove.mjs', [name], keyring.env));
      try {
        for (const other of others) expect(await other.line()).toBe('under way');
        const seen = JSON.parse(await program('read-and-write.mjs', ['8'], keyring.env).line());
        for (const what of seen) expect(what).toMatch(/^(nothing|(contested )?(mine|one|two))$/);
      } finally {
        for (const other of others) await kill(other.child);
      }
    });
  });

  test('is found by many probes at once, though they share an entry', async () => {
    await withKeyring(async (keyring) => {
      const actual = await Promise.all(Array.from({ length: 6 }, () => probeKeychain({ env: keyring.env, platform })));
      // A probe has no other word for a daemon that has crashed.
      if (await keyring.ended()) throw new Error('the keyring has crashed');
      expect(actual).toEqual(actual.map(() => ({ available: true })));
      expect(keyring.search('oidc-cli-probe')).toBe('');
    });
  });
});

describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))('a machine without a keychain', () => {
  test('that has no D-Bus gets the encrypted file and a warning that says why', async () => {
    const data = folder();
    const sessions = writer(data, { env: bareEnvironment(data) });
    const { store, warning } = await sessions.choose('auto');
    expect(store.kind).toBe('file');
    expect(warning).toBe(
      `The keychain cannot be used (there is no Secret Service to keep it in), so the session is kept in the encrypted file in ${data}/store.`,
    );
    await expect(sessions.choose('keychain')).rejects.toMatchObject({ code: 'store_unavailable', exitCode: 9 });
  });

  test('whose keyring has nothing to write to counts as having none', async () => {
    const keyring = await startKeyring({ collection: false });
    try {
      expect(await probeKeychain({ env: keyring.env, platform })).toMatchObject({ available: false, locked: false });
    } finally {
      await keyring.stop();
    }
  });

  test('never has a session written to the kernel keyring or read as absent', async () => {
    const data = folder();
    mkdirSync(join(data, 'runtime'));
    const run = program('keychain-calls.mjs', [], bareEnvironment(data));
    expect(await run.ended()).toMatchObject({
      code: 0,
      stderr: '',
      stdout: 'get store_unavailable\nset store_unavailable\ndelete store_unavailable\n',
    });
  });

  test('whose D-Bus never answers makes the probe give up, and its child is gone', async () => {
    const bus = await muteBus();
    const env = { ...bareEnvironment(folder()), DBUS_SESSION_BUS_ADDRESS: bus.address };
    try {
      expect(await probeKeychain({ env, platform, timeoutMs: 1_000 })).toEqual({
        available: false,
        locked: false,
        reason: 'it did not answer within 1 s',
      });
      expect(bus.connections()).toBe(1);
      expect(childProcesses()).toEqual([]);
    } finally {
      await bus.close();
    }
  });

  test('an abort ends the probe and its child', async () => {
    const bus = await muteBus();
    const env = { ...bareEnvironment(folder()), DBUS_SESSION_BUS_ADDRESS: bus.address };
    try {
      const controller = new AbortController();
      const probe = probeKeychain({ env, platform, timeoutMs: 20_000, signal: controller.signal });
      setTimeout(() => controller.abort(), 200);
      await expect(probe).rejects.toMatchObject({ name: 'AbortError' });
      expect(childProcesses()).toEqual([]);
      await expect(probeKeychain({ env, platform, signal: controller.signal })).rejects.toMatchObject({
        name: 'AbortError',
      });
    } finally {
      await bus.close();
    }
  });

  test.each(['get', 'set', 'delete'])(
    'whose D-Bus falls silent later: a hung %s is explained, and the process ends itself',
    async (call) => {
      const bus = await muteBus();
      const env = { ...bareEnvironment(folder()), DBUS_SESSION_BUS_ADDRESS: bus.address };
      try {
        const run = program('keychain-calls.mjs', [call, '400'], env);
        expect(await run.ended()).toEqual({
          code: null,
          signal: 'SIGKILL',
          stdout: 'pending true\n',
          stderr: `store_timeout {"store":"keychain","operation":"${{ get: 'read', set: 'write', delete: 'delete' }[call]}","timeoutSeconds":0.4}\n`,
        });
        expect(existsSync('/proc') && childProcesses()).toEqual([]);
      } finally {
        await bus.close();
      }
    },
  );
});

// What gnome-keyring and others answer cannot be had at a chosen instant: these words were recorded.
describe('an entry that goes between being found and being asked', () => {
  const words = [
    'Platform failure: DBus error: No such interface “org.freedesktop.Secret.Item” on object at path /org/freedesktop/secrets/collection/login/2',
    'zbus fdo error: org.freedesktop.DBus.Error.UnknownMethod: No such interface “org.freedesktop.DBus.Properties” on object at path /org/freedesktop/secrets/collection/login/5',
    'zbus error: org.freedesktop.DBus.Error.UnknownMethod: Object does not exist at path “/org/freedesktop/secrets/collection/login/16”',
    "Platform failure: DBus error: No such object path '/org/freedesktop/secrets/collection/login/3'",
    'Platform failure: DBus error: org.freedesktop.Secret.Error.NoSuchObject',
  ];

  /** Keeps nothing; its first calls fail. */
  function failing(message: string, times: number): KeytarLike & { calls: number } {
    const response = async <T>(value: T) => {
      keytar.calls += 1;
      if (keytar.calls <= times) throw new Error(message);
      return value;
    };
    const keytar = {
      calls: 0,
      getPassword: () => response(null),
      setPassword: () => response(undefined),
      deletePassword: () => response(false),
      findCredentials: () => response([]),
    };
    return keytar;
  }

  test.each(words)('is asked for again: %s', async (message) => {
    for (const call of ['get', 'set', 'delete', 'values'] as const) {
      const keytar = failing(message, 3);
      const store = createKeychainStore({ platform, keytar });
      const response = call === 'values' ? store.values() : store[call]('one', 'value');
      expect(await response).toEqual({ get: undefined, set: undefined, delete: false, values: [] }[call]);
      expect(keytar.calls).toBe(4);
    }
  });

  test('again and again is a failure with its words, and no keychain that is not there', async () => {
    const keytar = failing(words[0] as string, Number.POSITIVE_INFINITY);
    await expect(createKeychainStore({ platform, keytar }).get('one')).rejects.toMatchObject({
      code: 'store_failed',
      facts: { operation: 'read', reason: words[0] },
    });
    expect(keytar.calls).toBe(GONE_TRIES);
  });

  test.each([
    'zbus error: org.freedesktop.DBus.Error.UnknownMethod: Object does not exist at path “/org/freedesktop/secrets/collection/login”',
    'zbus fdo error: org.freedesktop.DBus.Error.UnknownMethod: Object does not exist at path “/org/freedesktop/secrets/aliases/default”',
    'Platform failure: DBus error: No such interface “org.freedesktop.Secret.Collection” on object at path /org/freedesktop/secrets/aliases/default',
  ])('is no collection, without which there is no keychain: %s', async (message) => {
    const keytar = failing(message, Number.POSITIVE_INFINITY);
    await expect(createKeychainStore({ platform, keytar }).set('one', 'value')).rejects.toMatchObject({
      code: 'store_unavailable',
      facts: { operation: 'write', reason: message },
    });
  });

  test.each(words.slice(0, 4))('is still a failure of the keychain that has it: %s', (message) => {
    expect(classifyKeychainError(message)).toBe('failed');
  });

  test('any other failure is told at once', async () => {
    const keytar = failing('Platform failure: DBus error: Timeout was reached', 1);
    await expect(createKeychainStore({ platform, keytar }).get('one')).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(keytar.calls).toBe(1);
  });
});
