import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createEncryptedFileStore } from '../../src/sessions/encrypted-file.js';
import { everythingIn, folder, program } from './fixtures.js';

const KEY = '5f'.repeat(32);
const OTHER_KEY = 'a7'.repeat(32);

function store(dataFolder: string, storeKey?: string, onSetAside?: (facts: { file: string; movedTo: string }) => void) {
  return createEncryptedFileStore({
    dataFolder,
    env: storeKey === undefined ? {} : { OIDC_CLI_STORE_KEY: storeKey },
    platform: process.platform,
    ...(onSetAside ? { onSetAside } : {}),
  });
}

/** The files of the entries, oldest name first. */
function entryFiles(dataFolder: string): string[] {
  return readdirSync(join(dataFolder, 'store'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(dataFolder, 'store', name));
}

describe('the encrypted file', () => {
  test('gives back what was put in, replaces it, and forgets it', async () => {
    const data = folder();
    const saved = store(data);
    expect(await saved.get('one')).toBeUndefined();
    await saved.set('one', 'first – 日本語 🗝');
    await saved.set('two', 'x'.repeat(100_000));
    expect(await store(data).get('one')).toBe('first – 日本語 🗝');
    await saved.set('one', 'second');
    expect(await store(data).get('one')).toBe('second');
    expect(await store(data).get('two')).toBe('x'.repeat(100_000));
    expect(await saved.delete('one')).toBe(true);
    expect(await saved.delete('one')).toBe(false);
    expect(await store(data).get('one')).toBeUndefined();
    expect(await saved.values()).toEqual([{ key: 'two', value: 'x'.repeat(100_000) }]);
  });

  test('writes nothing that can be read without the key', async () => {
    const data = folder();
    await store(data).set('one', 'a-very-secret-token');
    expect(everythingIn(data)).not.toContain('a-very-secret-token');
    expect(everythingIn(data)).not.toContain(Buffer.from('a-very-secret-token').toString('base64').slice(0, 20));
  });

  test.runIf(process.platform !== 'win32')('is for its owner alone', async () => {
    const data = folder();
    mkdirSync(join(data, 'store'), { mode: 0o755 });
    await store(data).set('one', 'value');
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(mode(join(data, 'store'))).toBe('700');
    for (const name of readdirSync(join(data, 'store'))) expect(mode(join(data, 'store', name))).toBe('600');
  });

  test.each([
    ['hex', KEY],
    ['base64', Buffer.from(KEY, 'hex').toString('base64')],
    ['base64url', Buffer.from(KEY, 'hex').toString('base64url')],
  ])('takes a key as %s and needs no key file', async (_, key) => {
    const data = folder();
    await store(data, key).set('one', 'value');
    expect(readdirSync(join(data, 'store'))).toHaveLength(1);
    expect(await store(data, KEY).get('one')).toBe('value');
  });

  test('takes a passphrase, also in another process, where the salt is needed', async () => {
    const data = folder();
    const saved = store(data, 'correct horse battery staple');
    await saved.set('one', 'value');
    await saved.set('two', 'value');
    expect(await store(data, 'correct horse battery staple').get('two')).toBe('value');
    await expect(store(data, 'correct horse battery stable').get('two')).rejects.toMatchObject({
      code: 'store_key_invalid',
      facts: { keySource: 'environment' },
    });
  });

  test('refuses a passphrase that is hardly one', async () => {
    await expect(store(folder(), 'secret').ready()).rejects.toMatchObject({
      code: 'store_key_invalid',
      facts: { variable: 'OIDC_CLI_STORE_KEY', reason: 'too short' },
    });
  });

  test('a wrong key neither reads nor overwrites, and the right one still reads', async () => {
    const data = folder();
    await store(data, KEY).set('one', 'value');
    const before = everythingIn(data);
    const [file] = entryFiles(data);
    const wrong = { code: 'store_key_invalid', facts: { file, keySource: 'environment' } };
    await expect(store(data, OTHER_KEY).get('one')).rejects.toMatchObject(wrong);
    await expect(store(data, OTHER_KEY).set('one', 'new')).rejects.toMatchObject(wrong);
    expect(everythingIn(data)).toBe(before);
    expect(await store(data, KEY).get('one')).toBe('value');
  });

  test('a session from before OIDC_CLI_STORE_KEY was set stays readable', async () => {
    const data = folder();
    await store(data).set('one', 'by key file');
    const saved = store(data, KEY);
    expect(await saved.get('one')).toBe('by key file');
    await saved.set('one', 'by environment');
    expect(await saved.get('one')).toBe('by environment');
    await expect(store(data).get('one')).rejects.toMatchObject({ code: 'store_key_invalid' });
  });

  test.runIf(process.platform !== 'win32')('refuses a key file that others can read', async () => {
    const data = folder();
    await store(data).set('one', 'value');
    const file = join(data, 'store', 'key');
    chmodSync(file, 0o640);
    const refused = { code: 'store_key_invalid', facts: { file, mode: '0640', reason: 'readable by others' } };
    await expect(store(data).get('one')).rejects.toMatchObject(refused);
    await expect(store(data).ready()).rejects.toMatchObject(refused);
    chmodSync(file, 0o600);
    expect(await store(data).get('one')).toBe('value');
  });

  test('refuses a key file of another length', async () => {
    const data = folder();
    await store(data).ready();
    writeFileSync(join(data, 'store', 'key'), 'short');
    await expect(store(data).ready()).rejects.toMatchObject({
      code: 'store_key_invalid',
      facts: { reason: '5 bytes instead of 32' },
    });
  });

  test('notices every changed byte, and a new save keeps the damaged file beside it', async () => {
    const data = folder();
    const notices: { file: string; movedTo: string }[] = [];
    const saved = store(data, KEY, (facts) => notices.push(facts));
    await saved.set('one', 'value');
    const file = entryFiles(data)[0] as string;
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length - 1; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x02;
      writeFileSync(file, damaged);
      await expect(saved.get('one'), `byte ${at}`).rejects.toMatchObject({ code: 'store_corrupt', facts: { file } });
    }
    const damaged = readFileSync(file);
    await saved.set('one', 'new');
    expect(await saved.get('one')).toBe('new');
    expect(notices).toEqual([{ file, movedTo: expect.stringContaining('.damaged-') }]);
    expect(readFileSync(notices[0]?.movedTo as string)).toEqual(damaged);
  });

  test.each([['nothing'], [''], ['null'], ['[]'], ['{}']])(
    'a file that holds %j is damaged, not empty',
    async (text) => {
      const data = folder();
      await store(data).set('one', 'value');
      writeFileSync(entryFiles(data)[0] as string, text);
      await expect(store(data).get('one')).rejects.toMatchObject({ code: 'store_corrupt' });
      expect(await store(data).delete('one')).toBe(true);
    },
  );

  test("refuses an entry in another entry's place", async () => {
    const data = folder();
    await store(data).set('one', 'of one');
    const one = entryFiles(data)[0] as string;
    await store(data).set('two', 'of two');
    const two = entryFiles(data).find((file) => file !== one) as string;
    copyFileSync(one, two);
    await expect(store(data).get('two')).rejects.toMatchObject({ code: 'store_corrupt', facts: { file: two } });
    expect(await store(data).values()).toEqual([{ key: 'one', value: 'of one' }]);
  });

  test('says which folder cannot be made', async () => {
    const data = join(folder(), 'in-the-way');
    writeFileSync(data, '');
    await expect(store(data).ready()).rejects.toMatchObject({
      code: 'store_failed',
      facts: { file: join(data, 'store'), operation: 'create', reason: 'ENOTDIR' },
    });
  });

  test('processes that begin at the same time agree on one key', async () => {
    const data = folder();
    const names = ['a', 'b', 'c'];
    const programs = names.map((name) => program('set-many.mjs', [data, name]));
    for (const { line } of programs) expect(await line()).toBe('loaded');
    for (const { child } of programs) child.kill('SIGUSR2');
    for (const { ended } of programs) expect(await ended()).toMatchObject({ code: 0, stderr: '' });
    for (const name of names) {
      for (let at = 0; at < 10; at += 1) expect(await store(data).get(`${name}-${at}`)).toBe(`${name} ${at}`);
    }
    // The one value that all three wrote is one of theirs, whole.
    expect(await store(data).get('contested')).toMatch(/^(a|b|c)\1{4999}$/);
  });

  test('sweeps up the temporary file of a killed save', async () => {
    const data = folder();
    await store(data).set('one', 'value');
    const file = entryFiles(data)[0] as string;
    const leftover = `${file}.123456.oidc-cli-tmp`;
    const fresh = `${file}.654321`;
    writeFileSync(leftover, 'half');
    writeFileSync(fresh, 'being written');
    utimesSync(leftover, new Date(Date.now() - 120_000), new Date(Date.now() - 120_000));
    await store(data).set('one', 'new');
    expect(readdirSync(join(data, 'store')).map((name) => join(data, 'store', name))).not.toContain(leftover);
    expect(readFileSync(fresh, 'utf8')).toBe('being written');
  });
});
