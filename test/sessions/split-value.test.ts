import { describe, expect, test } from 'vitest';
import { createKeychainStore } from '../../src/sessions/keychain.js';
import type { KeytarLike } from '../../src/sessions/keytar-module.js';

/**
 * A stand-in for the Windows Credential Manager, which cannot run here: it
 * keeps UTF-16 text of at most 2,560 bytes an entry and fails (or, as a kill
 * would, stops answering) at one chosen call.
 */
class SmallEntries implements KeytarLike {
  readonly entries = new Map<string, string>();
  calls = 0;
  failAt = Number.POSITIVE_INFINITY;

  private step() {
    this.calls += 1;
    if (this.calls >= this.failAt) throw new Error('killed here');
  }

  async getPassword(_service: string, account: string) {
    this.step();
    return this.entries.get(account) ?? null;
  }

  async setPassword(_service: string, account: string, password: string) {
    this.step();
    if (Buffer.byteLength(password, 'utf16le') > 2_560) {
      throw new Error("Attribute 'password' is longer than platform limit of 2560 chars");
    }
    this.entries.set(account, password);
  }

  async deletePassword(_service: string, account: string) {
    this.step();
    return this.entries.delete(account);
  }

  async findCredentials() {
    this.step();
    return [...this.entries].map(([account, password]) => ({ account, password }));
  }
}

const OLD = `old ${'o'.repeat(4_000)}`;
const NEW = `new ${'n'.repeat(6_000)}`;

const windows = (keytar: KeytarLike) => createKeychainStore({ platform: 'win32', keytar });

describe('a keychain with a limit of 2,560 bytes an entry', () => {
  test.each([
    ['short', 'x'],
    ['exactly as long as an entry', 'x'.repeat(1_280)],
    ['one longer', 'x'.repeat(1_281)],
    ['as long as a big session', 'x'.repeat(30_000)],
    ['outside of ASCII, with pairs across every boundary', `x${'🗝'.repeat(3_000)}`],
    ['that looks like a head', 'oidc-cli split value: {}'],
    ['empty', ''],
  ])('keeps a value that is %s', async (_, value) => {
    const keytar = new SmallEntries();
    await windows(keytar).set('one', value);
    await windows(keytar).set('two', 'another');
    expect(await windows(keytar).get('one')).toBe(value);
    expect(await windows(keytar).values()).toEqual([
      { key: 'one', value },
      { key: 'two', value: 'another' },
    ]);
    expect(await windows(keytar).delete('one')).toBe(true);
    expect(await windows(keytar).get('one')).toBeUndefined();
    expect([...keytar.entries.keys()]).toEqual(['two']);
  });

  test('leaves nothing of the old value behind', async () => {
    const keytar = new SmallEntries();
    const store = windows(keytar);
    await store.set('one', OLD);
    const entries = keytar.entries.size;
    await store.set('one', OLD.toUpperCase());
    expect(keytar.entries.size).toBe(entries);
    await store.set('one', 'short now');
    expect([...keytar.entries]).toEqual([['one', 'short now']]);
  });

  test.each([
    ['long to long', OLD, NEW],
    ['long to short', OLD, 'new'],
    ['short to long', 'old', NEW],
    ['nothing to long', undefined, NEW],
  ])(
    'a save killed at any call leaves the old or the new value whole, and the next save tidies up: %s',
    async (_, before, after) => {
      let saved = false;
      for (let failAt = 1; !saved; failAt += 1) {
        const keytar = new SmallEntries();
        if (before !== undefined) await windows(keytar).set('one', before);
        keytar.calls = 0;
        keytar.failAt = failAt;
        const fate = await windows(keytar)
          .set('one', after)
          .then(
            () => 'saved',
            () => 'failed',
          );
        saved = keytar.calls < failAt;
        keytar.failAt = Number.POSITIVE_INFINITY;
        const actual = await windows(keytar).get('one');
        if (fate === 'saved') expect(actual, `call ${failAt}`).toBe(after);
        else expect([before, after], `call ${failAt}`).toContain(actual);

        await windows(keytar).set('one', 'tidy');
        expect([...keytar.entries], `after call ${failAt}`).toEqual([['one', 'tidy']]);
      }
    },
  );

  test('a removal killed at any call leaves the value whole or gone, and the next one tidies up', async () => {
    let removed = false;
    for (let failAt = 1; !removed; failAt += 1) {
      const keytar = new SmallEntries();
      await windows(keytar).set('one', OLD);
      keytar.calls = 0;
      keytar.failAt = failAt;
      await windows(keytar)
        .delete('one')
        .catch(() => {});
      removed = keytar.calls < failAt;
      keytar.failAt = Number.POSITIVE_INFINITY;
      expect([OLD, undefined], `call ${failAt}`).toContain(await windows(keytar).get('one'));
      await windows(keytar).delete('one');
      expect([...keytar.entries], `after call ${failAt}`).toEqual([]);
    }
  });

  test('says so when a part is missing or the pointer is damaged', async () => {
    const keytar = new SmallEntries();
    await windows(keytar).set('one', OLD);
    const part = [...keytar.entries.keys()].find((account) => account.endsWith('.1')) as string;
    keytar.entries.delete(part);
    await expect(windows(keytar).get('one')).rejects.toMatchObject({ code: 'store_corrupt' });
    keytar.entries.set('one', 'oidc-cli split value: {"id"');
    await expect(windows(keytar).get('one')).rejects.toMatchObject({ code: 'store_corrupt' });
    await windows(keytar).set('one', 'new');
    expect(await windows(keytar).get('one')).toBe('new');
  });

  test('a reader that meets a save gets the old or the new value', async () => {
    const keytar = new SmallEntries();
    await windows(keytar).set('one', OLD);
    const reads: Promise<string | undefined>[] = [];
    const saves = (async () => {
      for (let turn = 0; turn < 6; turn += 1) await windows(keytar).set('one', turn % 2 === 0 ? NEW : OLD);
    })();
    for (let turn = 0; turn < 20; turn += 1) {
      reads.push(windows(keytar).get('one'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const value of await Promise.all(reads)) expect([OLD, NEW]).toContain(value);
    await saves;
  });
});

describe('a keychain that refuses', () => {
  /** The words of real keychains. */
  test.each([
    ["Couldn't access platform storage: Secret Service: unlock prompt was dismissed", 'store_locked'],
    ['zbus error: org.freedesktop.Secret.Error.IsLocked: Cannot get secret of a locked object', 'store_locked'],
    ['Platform secure storage failure: User interaction is not allowed.', 'store_locked'],
    ['Platform secure storage failure: User canceled the operation.', 'store_locked'],
    ['zbus error: Failed to connect to address `unix:path=/run/bus`: No such file or directory', 'store_unavailable'],
    ["Couldn't access platform storage: Secret Service: no result found", 'store_unavailable'],
    ['Cannot find native binding. npm has a bug related to optional dependencies', 'store_unavailable'],
    ['something else', 'store_failed'],
  ])('%s: %s', async (message, code) => {
    const keytar = new SmallEntries();
    keytar.getPassword = () => Promise.reject(new Error(`${message}\nmore`));
    await expect(windows(keytar).get('one')).rejects.toMatchObject({
      name: 'OidcCliError',
      code,
      facts: { store: 'keychain', operation: 'read', reason: message },
    });
  });
});
