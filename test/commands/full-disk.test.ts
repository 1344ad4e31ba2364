import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';

const disk = vi.hoisted(() => ({
  full: false,
  refuse: () => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })),
}));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const writeFile: typeof real.writeFile = (...given) => (disk.full ? disk.refuse() : real.writeFile(...given));
  return { ...real, writeFile };
});
vi.mock('write-file-atomic', async (original) => {
  const { default: real } = await original<{ default: (...given: unknown[]) => Promise<void> }>();
  return { default: (...given: unknown[]) => (disk.full ? disk.refuse() : real(...given)) };
});

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  disk.full = false;
  await machine.remove();
});

it('on a full disk no refresh token is spent, nobody signs in for nothing, and what is there can be used', async () => {
  const { issuer } = await identityProvider();
  const login = ['login', '--issuer', issuer, '--client-id', 'demo', '--port', '0', '--scope', 'openid offline_access'];
  expect(await machine.run(login, { openUrl: aliceSignsIn })).toMatchObject({ code: 0 });
  const files = await readdir(machine.home);

  disk.full = true;
  expect(await machine.run(['token'])).toMatchObject({ code: 0 });
  const refused = await machine.run(['token', '--refresh', '--json']);
  expect(refused.code).toBe(9);
  expect(JSON.parse(refused.stdout).error).toMatchObject({
    code: 'store_failed',
    facts: { operation: 'write', reason: 'ENOSPC' },
  });
  const openUrl = vi.fn(aliceSignsIn);
  expect(await machine.run(login, { openUrl })).toMatchObject({ code: 9 });
  expect(openUrl).not.toHaveBeenCalled();

  disk.full = false;
  expect(await machine.run(['token', '--refresh'])).toMatchObject({ code: 0 });
  expect(await readdir(machine.home)).toEqual(expect.arrayContaining(files));
  expect((await readdir(machine.home)).filter((name) => /^sessions\.json./.test(name))).toEqual([]);
});
