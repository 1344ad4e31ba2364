import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { connectorFile, connectorFor } from '../support/connector.js';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/json.md', import.meta.url)), 'utf8');

let idp: IdentityProvider;
let machine: Machine;

beforeAll(async () => {
  idp = await identityProvider();
  machine = await createMachine();
});
afterAll(() => machine.remove());

/** The examples below a heading of the page, in their order. */
function examplesOf(heading: string): unknown[] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  const blocks = [...(section ?? '').matchAll(/^```json\n([\s\S]*?)^```\n/gm)];
  if (blocks.length === 0) throw new Error(`docs/json.md has no example of ${heading}`);
  return blocks.map(([, text = '']) => JSON.parse(text));
}

/** The names of the members, at every depth; "…" in an example stands for more of them, and an empty list for any. */
function expectMembers(actual: unknown, example: unknown, place: string): void {
  if (Array.isArray(example)) {
    const [first] = example;
    if (!Array.isArray(actual)) throw new Error(`${place} is no list`);
    if (typeof first === 'object' && actual.length > 0) expectMembers(actual[0], first, `${place}[0]`);
    return;
  }
  if (typeof example !== 'object' || example === null) {
    expect(typeof actual === 'object' && actual !== null, `${place} is a plain value`).toBe(false);
    return;
  }
  const [shown, there] = [example as Record<string, unknown>, actual as Record<string, unknown>];
  const names = Object.keys(shown).filter((name) => name !== '…');
  if ('…' in shown) expect(Object.keys(there), place).toEqual(expect.arrayContaining(names));
  else expect(Object.keys(there), place).toEqual(names);
  for (const name of names) expectMembers(there[name], shown[name], `${place}.${name}`);
}

async function json(...argv: string[]): Promise<unknown> {
  const deps = { openUrl: aliceSignsIn, env: { CLIENT_SECRET: 'demo-secret' } };
  return JSON.parse((await machine.run([...argv, '--json'], deps)).stdout);
}

const login = (...more: string[]) => [
  ...['login', '--issuer', idp.issuer, '--client-id', 'demo-confidential', '--client-secret-env', 'CLIENT_SECRET'],
  ...['--scope', 'openid profile email offline_access', ...more],
];

test('docs/json.md has the members that the commands of a session write', async () => {
  const [failure] = examplesOf('A failure, of any command');
  const wrong = await machine.run([...login('--port', '0'), '--json'], {
    openUrl: aliceSignsIn,
    env: { CLIENT_SECRET: 'wrong' },
  });
  expectMembers(JSON.parse(wrong.stdout), failure, 'failure');

  const [signedIn, started, asLogto] = examplesOf('login');
  const file = await connectorFile(machine, connectorFor(idp.issuer));
  expectMembers(await json('login', '--connector', file, '--port', '0'), asLogto, 'login --connector');
  expectMembers(await json(...login('--start')), started, 'login --start');
  expectMembers(await json(...login('--port', '0', '--save', 'staging')), signedIn, 'login');
  expectMembers(await json('whoami'), examplesOf('whoami')[0], 'whoami');
  expectMembers(await json('token'), examplesOf('token')[0], 'token');
  expectMembers(await json('trust', 'list'), examplesOf('trust')[0], 'trust list');
  const [list, show] = examplesOf('profile');
  expectMembers(await json('profile', 'list'), list, 'profile list');
  const profile = (await json('profile', 'show')) as { values: Record<string, unknown> };
  // The example shows some of the values.
  const { issuer, clientSecret, timeout } = profile.values;
  expectMembers({ ...profile, values: { issuer, clientSecret, timeout } }, show, 'profile show');
  const signOut = ['logout', '--post-logout-redirect-uri', 'http://localhost:0/signed-out'];
  expectMembers(await json(...signOut), examplesOf('logout')[0], 'logout');
});
