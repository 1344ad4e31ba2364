import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpDriver } from '../../src/browser/http-driver.js';
import { createFetch } from '../../src/network/fetch.js';
import { identityProvider } from '../support/identity-provider.js';
import { createMachine, type Machine } from '../support/run.js';

/** On no machine that could be reached from here. */
const ELSEWHERE = 'https://app.example.com/callback';

const clock = { now: () => Date.now() };
const fetch = createFetch({ env: {}, clock });
let machine: Machine;

beforeAll(async () => {
  machine = await createMachine();
});
afterAll(async () => {
  fetch.close();
  await machine.remove();
});

/** The address at which Alice's browser on another machine ends. */
async function addressBar(url: string): Promise<string> {
  const { redirect_uri: redirectUri = '', state = '' } = Object.fromEntries(new URL(url).searchParams);
  const credentials = { username: 'alice', password: 'alice-password' };
  const { signal } = new AbortController();
  const job = { url, redirectUri, state, credentials, timeoutMs: 60_000, signal };
  const { parameters } = await httpDriver({ fetch: fetch.ask, clock }).signIn(job);
  return `${redirectUri}?${parameters}`;
}

test.each([
  ['that is on this machine, where no browser is', 'http://localhost:0/callback'],
  ['that is elsewhere', ELSEWHERE],
])('a pasted address signs in at a redirect URI %s', async (_where, redirectUri) => {
  const { issuer } = await identityProvider({ clients: [{ clientId: 'mine', redirectUris: [ELSEWHERE] }] });
  const clientId = redirectUri === ELSEWHERE ? 'mine' : 'demo';
  let asked = false;
  const { code, stdout, stderr } = await machine.run(
    [...['login', '--issuer', issuer, '--client-id', clientId, '--redirect-uri', redirectUri], '--no-browser'],
    {
      onStderr: (text, stdin) => {
        const url = /^http\S+\/auth\?\S+$/m.exec(text)?.[0];
        if (url === undefined || asked) return;
        asked = true;
        void addressBar(url).then((address) => stdin.write(`  ${address}  \r\n`));
      },
    },
  );
  expect(stderr).not.toContain('✗');
  expect(code).toBe(0);
  expect(stdout).toContain('✓ Signed in as Alice Example');
  expect(stdout + stderr).not.toMatch(/[?&]code=/);
});
