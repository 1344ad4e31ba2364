import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { freePort } from '../support/free-port.js';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Finished, type Machine } from '../support/run.js';

/** As long as the port of the page, so that columns stand as they do there. */
const FOUR_DIGITS = [9_401, 9_999] as const;

let idp: IdentityProvider;
let machine: Machine;

beforeAll(async () => {
  idp = await identityProvider({ port: await freePort(...FOUR_DIGITS) });
  machine = await createMachine();
});
afterAll(() => machine.remove());

const read = (page: string) => readFileSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)), 'utf8');

/** The page's block without a language that holds these words. */
function shown(page: string, words: string): string {
  const blocks = [...read(page).matchAll(/^```(.*)\n([\s\S]*?)^```\n/gm)];
  const block = blocks.find(([, language, text = '']) => language === '' && text.includes(words))?.[2];
  if (block === undefined) throw new Error(`${page} shows nothing with ${words}`);
  return likeAny(block);
}

/** Without what differs from run to run. */
function likeAny(output: string): string {
  return output
    .replaceAll(idp.issuer, 'http://127.0.0.1:9400')
    .replaceAll(new URL(idp.issuer).host, '127.0.0.1:9400')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/\bin \d+ minutes/g, 'in N minutes')
    .replaceAll(/\bkid [\w-]{43}/g, 'kid KEY')
    .replaceAll(/^( +kept +).*$/gm, '$1…');
}

const login = (client: string, ...more: string[]): Promise<Finished> =>
  machine.run(['login', '--issuer', idp.issuer, '--client-id', client, '--port', '0', ...more], {
    openUrl: aliceSignsIn,
    env: { CLIENT_SECRET: 'wrong' },
  });

test('README.md shows what a sign-in writes', async () => {
  const { stdout } = await login('demo', '--scope', 'openid profile email offline_access');
  expect(likeAny(stdout)).toBe(shown('README.md', '✓ Signed in as'));
});

test('README.md shows what a wrong client secret leads to', async () => {
  const { stderr } = await login('demo-confidential', '--client-secret-env', 'CLIENT_SECRET');
  expect(likeAny(stderr.slice(stderr.indexOf('✗')))).toBe(shown('README.md', '✗ The provider did not accept'));
});

test('docs/sessions.md shows the sessions as whoami does', async () => {
  await login('demo', '--scope', 'openid profile email offline_access');
  await login('demo-confidential', '--client-secret', 'demo-secret', '--save', 'staging');
  const { stdout } = await machine.run(['whoami', '--all']);
  expect(likeAny(stdout)).toBe(shown('docs/sessions.md', 'PROFILE'));
});
