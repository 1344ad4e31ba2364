import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SessionStore } from '../../src/sessions/session-store.js';
import { everythingIn, folder, kill, NOON, program, session, writer } from './fixtures.js';

const file = async (data: string) => (await writer(data).choose('file')).store;
const entryFiles = (data: string) => readdirSync(join(data, 'store')).filter((name) => name.endsWith('.json'));

describe('sessions', () => {
  test('are kept side by side, one per profile and issuer, the newest sign-in first', async () => {
    const data = folder();
    const sessions = writer(data);
    const { store, warning } = await sessions.choose('file');
    expect(warning).toBeUndefined();
    await sessions.save(session({ profile: 'a' }), store);
    await sessions.save(session({ profile: 'b' }), store);
    await sessions.save(session({ profile: 'a', issuer: 'https://other.example.org' }), store);
    await sessions.save(session({ profile: 'b', subject: 'somebody else', accessToken: 'newer' }), store);

    const later = writer(data);
    expect((await later.list()).map(({ profile, issuer }) => `${profile} ${issuer}`)).toEqual([
      'b https://login.example.org',
      'a https://other.example.org',
      'a https://login.example.org',
    ]);
    expect(await later.find({})).toMatchObject({ profile: 'b', subject: 'somebody else' });
    expect(await later.find({ profile: 'a' })).toMatchObject({ issuer: 'https://other.example.org' });
    expect(await later.find({ issuer: 'https://login.example.org' })).toMatchObject({ profile: 'b' });
    expect(await later.find({ profile: 'a', issuer: 'https://login.example.org' })).toMatchObject({ profile: 'a' });
    expect(await later.find({ profile: 'c' })).toBeUndefined();
    const newest = await later.find({});
    expect(newest && (await later.read(newest))).toEqual(
      session({ profile: 'b', subject: 'somebody else', accessToken: 'newer' }),
    );
  });

  test('are listed with what there is to know and without a secret', async () => {
    const data = folder();
    await writer(data).save(session(), await file(data));
    expect(await writer(data).list()).toEqual([
      {
        profile: 'staging',
        issuer: 'https://login.example.org',
        clientId: 'app-1',
        subject: 'user-1',
        name: 'Aiko Sato',
        store: 'file',
        key: expect.stringMatching(/^session-[0-9a-f]{32}$/),
        signedInAt: NOON / 1000,
        savedAt: NOON / 1000,
        expiresAt: NOON / 1000 + 3600,
        refreshable: true,
      },
    ]);
    const { accessToken, refreshToken, idToken } = session();
    for (const secret of [accessToken, refreshToken as string, idToken]) {
      expect(everythingIn(data)).not.toContain(secret.slice(0, 20));
    }
  });

  test('are forgotten one by one', async () => {
    const data = folder();
    const sessions = writer(data);
    await sessions.save(session({ profile: 'a' }), await file(data));
    await sessions.save(session({ profile: 'b' }), await file(data));
    const [b, a] = await sessions.list();
    if (!a || !b) throw new Error('two sessions were saved');
    expect(await sessions.forget(b)).toBe(true);
    expect(await sessions.forget(b)).toBe(false);
    expect(await sessions.read(b)).toBeUndefined();
    expect(await writer(data).list()).toEqual([a]);
    expect(entryFiles(data)).toHaveLength(1);
  });

  test('without a folder there are none, and asking makes none', async () => {
    const data = join(folder(), 'absent');
    const sessions = writer(data);
    expect(await sessions.list()).toEqual([]);
    expect(await sessions.find({})).toBeUndefined();
    expect(await sessions.takePending('state')).toBeUndefined();
    expect(await sessions.readClientSecret('a', 'https://login.example.org')).toBeUndefined();
    await sessions.forgetClientSecret('a');
    expect(existsSync(data)).toBe(false);
  });

  test('in memory never touch the disk and end with their keeper', async () => {
    const data = join(folder(), 'absent');
    const sessions = writer(data);
    const { store } = await sessions.choose('memory');
    await sessions.save(session(), store);
    await sessions.save(session({ subject: 'again' }), store);
    const entry = await sessions.find({ profile: 'staging' });
    expect(entry).toMatchObject({ store: 'memory', subject: 'again' });
    if (!entry) throw new Error('one session was saved');
    const refreshed = session({ subject: 'again', accessToken: 'newer', refreshedAt: NOON / 1000 + 60 });
    await sessions.exclusively(entry, () => sessions.update(refreshed, entry));
    expect(await sessions.read(entry)).toEqual(refreshed);
    await sessions.savePending({ state: 's', expiresAt: NOON / 1000 + 600 }, store);
    expect(await sessions.takePending('s')).toBeDefined();
    expect(await sessions.takePending('s')).toBeUndefined();
    await sessions.saveClientSecret('p', 'https://i', 'secret', store);
    expect(await sessions.readClientSecret('p', 'https://i')).toBe('secret');
    expect(await writer(data).list()).toEqual([]);
    expect(await sessions.forget(entry)).toBe(true);
    expect(await sessions.list()).toEqual([]);
    expect(existsSync(data)).toBe(false);
  });

  test('a refreshed session stays in its place in the order, with its new expiry', async () => {
    const data = folder();
    const sessions = writer(data);
    await sessions.save(session({ profile: 'a' }), await file(data));
    await sessions.save(session({ profile: 'b' }), await file(data));
    const entry = await sessions.find({ profile: 'a' });
    if (!entry) throw new Error('it was saved');
    const refreshed = session({
      profile: 'a',
      accessToken: 'newer',
      expiresAt: NOON / 1000 + 7200,
      refreshedAt: NOON / 1000 + 60,
    });
    await sessions.update(refreshed, entry);
    expect(await writer(data).list()).toMatchObject([
      { profile: 'b' },
      { profile: 'a', expiresAt: NOON / 1000 + 7200, savedAt: NOON / 1000 + 60, signedInAt: NOON / 1000 },
    ]);
    expect(await writer(data).read(entry)).toEqual(refreshed);
  });

  test('a newer sign-in is neither replaced by a refresh nor forgotten for the one before, and no refresh brings a forgotten one back', async () => {
    const data = folder();
    const sessions = writer(data);
    await sessions.save(session(), await file(data));
    const entry = await sessions.find({});
    if (!entry) throw new Error('it was saved');

    const newer = session({ subject: 'newer', signedInAt: NOON / 1000 + 5 });
    await writer(data).save(newer, await file(data));
    await sessions.update(session({ accessToken: 'refreshed' }), entry);
    expect(await sessions.read(entry)).toEqual(newer);

    expect(await writer(data).forget(entry)).toBe(false);
    expect(await sessions.read(entry)).toEqual(newer);

    const [latest] = await sessions.list();
    expect(latest && (await writer(data).forget(latest))).toBe(true);
    await expect(sessions.update(session({ accessToken: 'refreshed' }), entry)).rejects.toMatchObject({
      code: 'not_signed_in',
      facts: { profile: 'staging', issuer: 'https://login.example.org' },
    });
    expect(entryFiles(data)).toEqual([]);
  });

  test('in two data folders are two, also in one keychain', async () => {
    const entries = new Map<string, string>();
    const keytar = {
      getPassword: async (_: string, account: string) => entries.get(account) ?? null,
      setPassword: async (_: string, account: string, password: string) => void entries.set(account, password),
      deletePassword: async (_: string, account: string) => entries.delete(account),
      findCredentials: async () => [...entries].map(([account, password]) => ({ account, password })),
    };
    const [one, two] = [writer(folder(), { keytar }), writer(folder(), { keytar })];
    await one.save(session({ subject: 'one' }), (await one.choose('auto')).store);
    await two.save(session({ subject: 'two' }), (await two.choose('auto')).store);
    const entry = await one.find({});
    expect(entry && (await one.read(entry))?.subject).toBe('one');
    expect(entries.size).toBe(2);
  });

  test('that a sign-in moves to another store are read, refreshed one at a time and forgotten where they are now', async () => {
    const entries = new Map<string, string>();
    const keytar = {
      getPassword: async (_: string, account: string) => entries.get(account) ?? null,
      setPassword: async (_: string, account: string, password: string) => void entries.set(account, password),
      deletePassword: async (_: string, account: string) => entries.delete(account),
      findCredentials: async () => [],
    };
    const data = folder();
    const sessions = writer(data, { keytar });
    await sessions.save(session(), (await sessions.choose('keychain')).store);
    const before = await sessions.find({});
    if (!before) throw new Error('it was saved');
    const other = writer(data, { keytar });
    const moved = session({ subject: 'moved', signedInAt: NOON / 1000 + 5 });
    await sessions
      .exclusively(before, async () => {
        await other.save(moved, (await other.choose('file')).store);
        const now = await sessions.open(before);
        expect(now).toMatchObject({ entry: { store: 'file', subject: 'moved' }, session: moved });
        if (!now) throw new Error('it has moved');
        let turn = 0;
        const waiting = other.exclusively(now.entry, async () => {
          turn = 1;
        });
        await sessions.update({ ...now.session, refreshToken: 'rotated' }, now.entry);
        expect(turn).toBe(0);
        return { waiting };
      })
      .then(({ waiting }) => waiting);
    expect((await sessions.read(before))?.refreshToken).toBe('rotated');
    const now = await sessions.open(before);
    expect(now && (await sessions.forget(now.entry))).toBe(true);
    expect(await sessions.read(before)).toBeUndefined();
    expect(entries.size).toBe(0);
    expect(entryFiles(data)).toEqual([]);
  });

  test('that moved out of a locked keychain leave nothing there once it is used again', async () => {
    const entries = new Map<string, string>();
    let locked = false;
    const keytar = {
      getPassword: async (_: string, account: string) => entries.get(account) ?? null,
      setPassword: async (_: string, account: string, password: string) => void entries.set(account, password),
      deletePassword: async (_: string, account: string) => {
        if (locked) throw new Error('it is locked');
        return entries.delete(account);
      },
      findCredentials: async () => [],
    };
    const data = folder();
    const notices: unknown[] = [];
    const sessions = writer(data, { keytar, onNotice: (notice, facts) => notices.push([notice, facts]) });
    const keychain = (await sessions.choose('keychain')).store;
    await sessions.save(session({ profile: 'a' }), keychain);
    locked = true;
    await sessions.save(session({ profile: 'a', subject: 'moved' }), await file(data));
    expect(notices).toEqual([['old_session_left', { store: 'keychain', reason: 'store_locked' }]]);
    expect(await sessions.list()).toMatchObject([{ store: 'file', subject: 'moved' }]);
    expect(entries.size).toBe(1);
    locked = false;
    await sessions.save(session({ profile: 'b' }), keychain);
    expect(await sessions.list()).toHaveLength(2);
    expect(entries.size).toBe(1);
  });

  test('that were written but never listed, for a kill came in between, are removed at the next save', async () => {
    const entries = new Map<string, string>();
    let failing = true;
    const keytar = {
      getPassword: async (_: string, account: string) => entries.get(account) ?? null,
      setPassword: async (_: string, account: string, password: string) => {
        entries.set(account, password);
        if (failing) throw new Error('as if killed here');
      },
      deletePassword: async (_: string, account: string) => entries.delete(account),
      findCredentials: async () => [],
    };
    const sessions = writer(folder(), { keytar });
    const { store } = await sessions.choose('keychain');
    await expect(sessions.save(session({ profile: 'a' }), store)).rejects.toMatchObject({ code: 'store_failed' });
    expect(await sessions.list()).toEqual([]);
    expect(entries.size).toBe(1);
    failing = false;
    await sessions.save(session({ profile: 'b' }), store);
    expect([...entries.values()].map((value) => JSON.parse(value).profile)).toEqual(['b']);
  });

  test('another key is noticed before anybody signs in again', async () => {
    const data = folder();
    const right = writer(data, { env: { OIDC_CLI_STORE_KEY: 'the right passphrase' } });
    await right.save(session(), (await right.choose('file')).store);
    const wrong = writer(data, { env: { OIDC_CLI_STORE_KEY: 'the wrong passphrase' } });
    await expect(wrong.choose('file', session())).rejects.toMatchObject({ code: 'store_key_invalid' });
    expect(await wrong.choose('file', session({ profile: 'another' }))).toMatchObject({ store: { kind: 'file' } });
    const entry = await wrong.find({});
    await expect(entry && wrong.read(entry)).rejects.toMatchObject({ code: 'store_key_invalid' });
    expect(entry && (await right.read(entry))).toEqual(session());
  });

  test('a value that is no session of this profile is refused', async () => {
    const data = folder();
    const sessions = writer(data);
    const store = await file(data);
    await sessions.save(session(), store);
    const entry = await sessions.find({});
    if (!entry) throw new Error('it was saved');
    await store.set(entry.key, JSON.stringify(session({ issuer: 'https://evil.example.org' })));
    await expect(sessions.read(entry)).rejects.toMatchObject({ code: 'store_corrupt', facts: { key: entry.key } });
    await store.set(entry.key, 'not json');
    await expect(sessions.read(entry)).rejects.toMatchObject({ code: 'store_corrupt' });
  });
});

describe('the index', () => {
  test.each([
    ['{"version":1,"sess'],
    [''],
    ['[]'],
    ['{"version":1,"sessions":[{}],"pending":[],"clientSecrets":[],"unsettled":[]}'],
  ])('damaged (%j) is set aside and made anew from the encrypted file, with one notice', async (text) => {
    const data = folder();
    const before = writer(data);
    const store = await file(data);
    await before.save(session({ profile: 'a' }), store);
    await before.save(session({ profile: 'b', signedInAt: NOON / 1000 + 1 }), store);
    await before.savePending({ state: 's', expiresAt: NOON / 1000 + 600, codeVerifier: 'v' }, store);
    await before.saveClientSecret('a', 'https://login.example.org', 'client secret', store);
    const entries = await before.list();
    writeFileSync(join(data, 'sessions.json'), text);

    const notices: Record<string, unknown>[] = [];
    // The only keychain is one that has no D-Bus to be reached by.
    const after = writer(data, {
      env: { PATH: process.env.PATH, XDG_RUNTIME_DIR: data },
      onNotice: (notice, facts) => notices.push({ notice, ...facts }),
    });
    expect(await Promise.all([after.list(), after.list()])).toEqual([entries, entries]);
    expect(notices).toMatchObject([{ notice: 'index_rebuilt', sessions: 2, keychainRead: false }]);
    expect(readFileSync(notices[0]?.movedTo as string, 'utf8')).toBe(text);
    expect(await after.takePending('s')).toMatchObject({ codeVerifier: 'v' });
    expect(await after.readClientSecret('a', 'https://login.example.org')).toBe('client secret');
  });

  test('of a newer version is left alone', async () => {
    const data = folder();
    writeFileSync(join(data, 'sessions.json'), '{"version":2}');
    const sessions = writer(data);
    const refused = { code: 'store_version_newer', facts: { file: join(data, 'sessions.json') } };
    await expect(sessions.list()).rejects.toMatchObject(refused);
    await expect(sessions.choose('file')).rejects.toMatchObject(refused);
    expect(readFileSync(join(data, 'sessions.json'), 'utf8')).toBe('{"version":2}');
  });
});

describe('a pending sign-in', () => {
  const pending = { state: 'the-state', expiresAt: NOON / 1000 + 600, codeVerifier: 'the-verifier', nonce: 'n' };

  test('is found by its state, once, and neither state nor verifier is in a file', async () => {
    const data = folder();
    await writer(data).savePending(pending, await file(data));
    expect(everythingIn(data)).not.toContain('the-state');
    expect(everythingIn(data)).not.toContain('the-verifier');
    expect(await writer(data).takePending('another-state')).toBeUndefined();
    expect(await writer(data).takePending('the-state')).toEqual(pending);
    expect(await writer(data).takePending('the-state')).toBeUndefined();
    expect(entryFiles(data)).toEqual([]);
  });

  test('expires, and is cleared away', async () => {
    const data = folder();
    await writer(data).savePending(pending, await file(data));
    await writer(data).savePending({ ...pending, state: 'forgotten' }, await file(data));
    const later = writer(data, { clock: { now: () => NOON + 600_000 } });
    expect(await later.takePending('the-state')).toBeUndefined();
    expect(entryFiles(data)).toEqual([]);
    expect(JSON.parse(readFileSync(join(data, 'sessions.json'), 'utf8'))).toMatchObject({ pending: [] });
  });

  test.runIf(process.platform !== 'win32')('goes to one of two takers', async () => {
    const data = folder();
    await writer(data).savePending(pending, await file(data));
    const takers = [1, 2, 3].map(() => program('take-pending.mjs', [data, 'the-state']));
    for (const { line } of takers) expect(await line()).toBe('loaded');
    for (const { child } of takers) child.kill('SIGUSR2');
    const responses = await Promise.all(takers.map(async ({ ended }) => (await ended()).stdout));
    expect(responses.sort()).toEqual(['got the-verifier\n', 'nothing\n', 'nothing\n']);
  });
});

describe('a client secret', () => {
  const save = async (data: string, issuer: string, secret: string, store?: SessionStore) =>
    writer(data).saveClientSecret('staging', issuer, secret, store ?? (await file(data)));

  test('is kept for its issuer and given for no other', async () => {
    const data = folder();
    await save(data, 'https://login.example.org', 'hush-hush');
    expect(await writer(data).readClientSecret('staging', 'https://login.example.org')).toBe('hush-hush');
    expect(await writer(data).readClientSecret('staging', 'https://evil.example.org')).toBeUndefined();
    expect(await writer(data).readClientSecret('other', 'https://login.example.org')).toBeUndefined();
    expect(everythingIn(data)).not.toContain('hush-hush');
  });

  test('replaces the one before, also of another issuer', async () => {
    const data = folder();
    await save(data, 'https://old.example.org', 'old');
    await save(data, 'https://login.example.org', 'first');
    await save(data, 'https://login.example.org', 'second');
    expect(await writer(data).readClientSecret('staging', 'https://login.example.org')).toBe('second');
    expect(await writer(data).readClientSecret('staging', 'https://old.example.org')).toBeUndefined();
    expect(entryFiles(data)).toHaveLength(1);
  });

  test('is forgotten', async () => {
    const data = folder();
    await save(data, 'https://login.example.org', 'hush-hush');
    await writer(data).forgetClientSecret('staging');
    expect(await writer(data).readClientSecret('staging', 'https://login.example.org')).toBeUndefined();
    expect(entryFiles(data)).toEqual([]);
  });

  test('that could not be saved leaves the one before', async () => {
    const data = folder();
    await save(data, 'https://login.example.org', 'first');
    const failing: SessionStore = {
      kind: 'keychain',
      description: 'a keychain that is full',
      get: async () => undefined,
      set: () => Promise.reject(new Error('full')),
      delete: async () => false,
    };
    await expect(save(data, 'https://login.example.org', 'second', failing)).rejects.toThrow('full');
    const keytar = {
      getPassword: async () => null,
      setPassword: async () => {},
      deletePassword: async () => false,
      findCredentials: async () => [],
    };
    expect(await writer(data, { keytar }).readClientSecret('staging', 'https://login.example.org')).toBe('first');
  });
});

describe('a client secret that another process moves', () => {
  test('to another store is found there', async () => {
    const data = folder();
    const issuer = 'https://login.example.org';
    const entries = new Map<string, string>();
    let meanwhile = async () => {};
    const keytar = {
      getPassword: async (_: string, account: string) => {
        await meanwhile();
        return entries.get(account) ?? null;
      },
      setPassword: async (_: string, account: string, password: string) => void entries.set(account, password),
      deletePassword: async (_: string, account: string) => entries.delete(account),
      findCredentials: async () => [],
    };
    const sessions = writer(data, { keytar });
    await sessions.saveClientSecret('staging', issuer, 'first', (await sessions.choose('keychain')).store);
    const other = writer(data, { keytar });
    const { store } = await other.choose('file');
    meanwhile = async () => {
      meanwhile = async () => {};
      await other.saveClientSecret('staging', issuer, 'second', store);
    };
    expect(await sessions.readClientSecret('staging', issuer)).toBe('second');
    await other.forgetClientSecret('staging');
    expect(await sessions.readClientSecret('staging', issuer)).toBeUndefined();
  });
});

describe('a sign-in that replaces another', () => {
  // The clock was set back, or stands: what came later is not what has the later date.
  test.each([0, -86_400])('is told from it by more than a date, %d s later', async (later) => {
    const data = folder();
    const sessions = writer(data);
    const first = session({ signInId: 'first' });
    await sessions.save(first, await file(data));
    const [entry] = await sessions.list();
    if (!entry) throw new Error('it was saved');
    const newer = session({ signInId: 'second', subject: 'newer', signedInAt: first.signedInAt + later });
    await writer(data).save(newer, await file(data));
    await sessions.update({ ...first, accessToken: 'refreshed' }, entry);
    expect(await sessions.read(entry)).toEqual(newer);
    expect(await sessions.forget(entry)).toBe(false);
    expect(await sessions.read(entry)).toEqual(newer);
    // A save that was killed between the store and the index leaves the index with the sign-in before.
    const [behind, index] = [join(data, 'sessions.json'), await sessions.list()];
    writeFileSync(behind, readFileSync(behind, 'utf8').replace('"second"', '"first"'));
    expect(await sessions.forget(index[0] ?? entry)).toBe(true);
    expect(await sessions.list()).toEqual([]);
  });

  test('is refreshed and forgotten as before where oidc-cli 0.1.0 saved it', async () => {
    const data = folder();
    const sessions = writer(data);
    await sessions.save(session(), await file(data));
    const [entry] = await sessions.list();
    if (!entry) throw new Error('it was saved');
    await sessions.update(session({ accessToken: 'refreshed' }), entry);
    expect((await sessions.read(entry))?.accessToken).toBe('refreshed');
    expect(await sessions.forget(entry)).toBe(true);
  });
});

describe('refreshing one session at a time', () => {
  test('processes that refresh at once spend every refresh token once', async () => {
    const data = folder();
    const log = join(folder(), 'spent');
    await writer(data).save(session({ refreshToken: 'refresh-1' }), await file(data));
    const refreshers = [1, 2, 3].map(() => program('refresh.mjs', [data, log]));
    for (const { ended } of refreshers) expect(await ended()).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(log, 'utf8')).toBe('refresh-1\nrefresh-2\nrefresh-3\n');
    const entry = await writer(data).find({});
    expect(entry && (await writer(data).read(entry))?.refreshToken).toBe('refresh-4');
  });

  test('a refresh that was killed does not stop the next one', async () => {
    const data = folder();
    const log = join(folder(), 'spent');
    await writer(data).save(session({ refreshToken: 'refresh-1' }), await file(data));
    const hanging = program('refresh.mjs', [data, log, 'hang']);
    expect(await hanging.line()).toBe('waiting');
    expect(await hanging.line()).toBe('in');
    const next = program('refresh.mjs', [data, log]);
    expect(await next.line()).toBe('waiting');
    await kill(hanging.child);
    expect(await next.ended()).toMatchObject({ code: 0, stdout: 'in\n', stderr: '' });
    expect(readFileSync(log, 'utf8')).toBe('refresh-1\n');
  });

  test('an abort ends the wait, in memory too', async () => {
    const data = folder();
    const sessions = writer(data);
    await sessions.save(session({ profile: 'disk' }), await file(data));
    await sessions.save(session({ profile: 'memory' }), (await sessions.choose('memory')).store);
    for (const entry of await sessions.list()) {
      const controller = new AbortController();
      let ran = false;
      await sessions.exclusively(entry, async () => {
        const waiting = sessions.exclusively(
          entry,
          async () => {
            ran = true;
          },
          controller.signal,
        );
        setTimeout(() => controller.abort(), 30);
        await expect(waiting, entry.profile).rejects.toMatchObject({ name: 'AbortError' });
      });
      expect(ran).toBe(false);
      // The next in line is not held up by the one that gave up.
      expect(await sessions.exclusively(entry, async () => 'next')).toBe('next');
    }
  });
});
