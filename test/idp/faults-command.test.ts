import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULT_NAMES, FAULTS } from '../../src/idp/faults.js';
import { freePort } from '../support/free-port.js';
import { createMachine, type Finished, type Machine } from '../support/run.js';

let machine: Machine;

beforeAll(async () => {
  machine = await createMachine();
});

afterAll(() => machine.remove());

/** Runs the provider on a free port up to where it says that it listens. */
async function started(...argv: string[]): Promise<Finished> {
  const stop = new AbortController();
  const onStderr = (text: string) => {
    if (text.includes('Listening')) stop.abort();
  };
  const ended = await machine.run(['idp', '--port', '0', ...argv], { signal: stop.signal, onStderr });
  const issuer = /http:\/\/127\.0\.0\.1:\d+/.exec(ended.stdout)?.[0] ?? '';
  return { ...ended, stdout: ended.stdout.replaceAll(issuer, 'ISSUER') };
}

test('--faults lists each with what it does and what the standard says, and starts nothing', async () => {
  const { code, stdout, stderr } = await machine.run(['idp', '--faults']);
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout.split('\n');
  expect(lines.slice(0, 4)).toMatchInlineSnapshot(`
    [
      "discovery-wrong-issuer        The issuer of the discovery document is https://another-issuer.example.",
      "                              to be refused by OIDC Discovery §4.3",
      "discovery-issuer-with-slash   The issuer of the discovery document has a slash at the end, and elsewhere has none.",
      "                              to be refused by OIDC Discovery §4.3",
    ]
  `);
  expect(lines).toHaveLength(2 * FAULT_NAMES.length + 1);
  FAULT_NAMES.forEach((name, index) => {
    expect(lines[2 * index]?.split(/ {2,}/)).toEqual([name, FAULTS[name].does]);
    expect(lines[2 * index + 1]?.trim()).toBe(FAULTS[name].clause);
  });
});

test('--faults --json lists the same as data', async () => {
  const { code, stdout, stderr } = await machine.run(['idp', '--faults', '--json']);
  expect([code, stderr]).toEqual([0, '']);
  const { faults } = JSON.parse(stdout);
  expect(faults).toHaveLength(FAULT_NAMES.length);
  const { does, clause } = FAULTS['no-nonce'];
  expect(faults).toContainEqual({ name: 'no-nonce', does, clause, client: 'refuses' });
  expect(faults.find(({ name }: { name: string }) => name === 'jwks-slow')).toMatchObject({ client: null });
});

test('the announcement says which faults are on', async () => {
  const { code, stdout } = await started('--fault', 'no-nonce', '--fault', 'jwks-404', '--fault', 'no-nonce');
  expect(code).toBe(0);
  expect(stdout.split('\n').slice(0, 8)).toMatchInlineSnapshot(`
    [
      "Issuer  ISSUER",
      "",
      "Faults",
      "  no-nonce  The ID token has no nonce, though the request had one.",
      "            against OIDC Core §2; to be refused by §3.1.3.7 (11)",
      "  jwks-404  The key set’s address answers 404.",
      "            against OIDC Discovery §3",
      "",
    ]
  `);
});

test('so does --json', async () => {
  const { code, stdout } = await started('--json', '--fault', 'string-booleans');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ issuer: 'ISSUER', faults: ['string-booleans'] });
});

test.each([
  ['no-nonse', ' Did you mean no-nonce?'],
  ['toString', ''],
  ['something-else', ''],
])('an unknown fault %j is a mistake in the command line, and nothing starts', async (name, suggestion) => {
  expect(await machine.run(['idp', '--port', '0', '--fault', name])).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(`There is no fault "${name}".${suggestion}\n`),
  });
  const { stdout } = await machine.run(['idp', '--port', '0', '--fault', name, '--json']);
  expect(JSON.parse(stdout).error).toMatchObject({
    code: 'usage',
    fix: 'List them with: oidc-cli idp --faults',
    exitCode: 2,
  });
});

test('a client of the command line may have a secret with + and %, and one of a file too', async () => {
  const secret = 'one+two%20three/four=';
  await writeFile(join(machine.home, 'clients.json'), JSON.stringify([{ client_id: 'filed', client_secret: secret }]));
  const flags = ['--client-id', 'awkward', '--client-secret', secret, '--clients', 'clients.json'];
  const stop = new AbortController();
  const accepted: string[] = [];
  let issuer = '';
  const onStderr = async (text: string) => {
    if (!text.endsWith('Ctrl-C stops it.\n')) return;
    for (const id of ['awkward', 'filed']) {
      const basic = Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64');
      const headers = { authorization: `Basic ${basic}` };
      const asked = { method: 'POST', headers, body: new URLSearchParams({ token: 'none' }) };
      const { ok } = await fetch(`${issuer}/token/introspection`, asked);
      if (ok) accepted.push(id);
    }
    stop.abort();
  };
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  const argv = ['idp', '--port', String(port), ...flags];
  const { code, stdout, stderr } = await machine.run(argv, { signal: stop.signal, onStderr });
  expect([code, accepted]).toEqual([0, ['awkward', 'filed']]);
  expect(stdout + stderr).not.toContain(secret);
});
