import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { connectorFor } from '../support/connector.js';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';

let idp: IdentityProvider;
let machine: Machine;
beforeAll(async () => {
  [idp, machine] = [await identityProvider(), await createMachine()];
});
afterAll(() => machine.remove());

/** The commands that have `--json`, as help lists them. */
async function jsonCommands(group: readonly string[] = []): Promise<string[]> {
  const { stdout } = await machine.run([...group, '--help']);
  const [, list = ''] = stdout.split('\nCommands:\n');
  const names = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
  const below = await Promise.all(names.map((name) => jsonCommands([...group, name])));
  return [...(group.length > 0 && stdout.includes(' --json ') ? [group.join(' ')] : []), ...below.flat()];
}

/** The members that a command writes with `--json`, in their order. */
async function members(argv: readonly string[], stdin?: string): Promise<[string, unknown][]> {
  const deps = {
    openUrl: aliceSignsIn,
    ...(stdin === undefined ? {} : { stdin }),
    env: { OIDC_CLI_PW: 'alice-password' },
  };
  const { stdout, stderr } = await machine.run([...argv, '--json'], deps);
  expect(stdout, stderr).not.toBe('');
  return Object.entries(JSON.parse(stdout));
}

test('every document of --json begins with schemaVersion, but those in the form of others', async () => {
  const connector = JSON.stringify(connectorFor(idp.issuer));
  await writeFile(join(machine.home, 'connector.json'), connector);
  const response = { folder: machine.home, host: '127.0.0.1', name: 'OIDC_CLI_A', kind: 'variable', allowed: true };
  await writeFile(join(machine.home, 'trust.json'), JSON.stringify({ version: 1, answers: [response] }));
  const plan = join(machine.home, 'oidc-smoke.yaml');
  /** One run of each command, in an order in which each succeeds. */
  const runs: Record<string, readonly string[]> = {
    login: ['--issuer', idp.issuer, '--client-id', 'demo', '--port', '0', '--save', 'it'],
    whoami: [],
    token: [],
    userinfo: [],
    inspect: [],
    explain: ['invalid_grant'],
    'profile list': [],
    'profile show': ['it'],
    'profile add': ['other', '--issuer', idp.issuer, '--client-id', 'demo'],
    'profile import': ['connector.json', '--name', 'connector'],
    'profile export': ['it'],
    'profile remove': ['other'],
    'trust list': [],
    'trust remove': ['--all'],
    'smoke init': ['it', '--user', 'alice'],
    'smoke baseline': [],
    smoke: [],
    doctor: ['it'],
    probe: ['--list'],
    idp: ['--faults'],
    logout: ['--local'],
  };
  expect((await jsonCommands()).sort()).toEqual(Object.keys(runs).sort());
  const foreign = ['userinfo', 'profile export'];
  for (const [command, argv] of Object.entries(runs)) {
    const words = command.split(' ');
    const written = await members([...words, ...argv]);
    expect(
      written.map(([name]) => name),
      command,
    ).not.toContain('error');
    if (foreign.includes(command)) expect(Object.fromEntries(written)).not.toHaveProperty('schemaVersion');
    else expect(written[0], command).toEqual(['schemaVersion', 1]);
    if (command === 'smoke init') {
      await writeFile(plan, (await readFile(plan, 'utf8')).replace('OIDC_CLI_IT_PASSWORD', 'OIDC_CLI_PW'));
    }
    const failure = await members([...words, '--no-such-option']);
    expect(failure[0], command).toEqual(['schemaVersion', 1]);
    expect(
      failure.map(([name]) => name),
      command,
    ).toContain('error');
  }
});
