import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityProvider } from '../../support/identity-provider.js';
import { createMachine, type Finished, type Machine } from '../../support/run.js';
import { connectorJson, filesIn, SECRET } from '../connectors.js';
import { type BrokenConnector, brokenConnectors } from './broken-connector-cases.js';

const ISSUER = 'http://127.0.0.1:9';
const NAMES = brokenConnectors(ISSUER).map(({ name }) => name);

let machine: Machine;
let issuer: string;
let folder: string;
let cases: ReadonlyMap<string, BrokenConnector>;
beforeAll(async () => {
  ({ issuer } = await identityProvider());
  cases = new Map(brokenConnectors(issuer).map((one) => [one.name, one]));
  machine = await createMachine();
  folder = join(machine.home, 'elsewhere');
  await mkdir(folder);
});
afterAll(() => machine.remove());

const noBrowser = async () => {
  throw new Error('no browser may be opened');
};
const COMMANDS: Readonly<Record<string, (file: string) => string[]>> = {
  'profile import': (file) => ['profile', 'import', file, '--name', 'it'],
  'doctor --connector': (file) => ['doctor', '--connector', file],
  'login --connector': (file) => ['login', '--connector', file, '--redirect-uri', 'http://127.0.0.1:0/callback'],
};

/** The first line of a failure: the sentence. */
function sentence({ stderr }: Finished): string {
  return stderr.split('\n').find((line) => line.startsWith('✗ ')) ?? '';
}

function expectClean({ stdout, stderr }: Finished): void {
  expect(stdout + stderr).not.toContain(SECRET);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
  expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff]/);
}

it('each has a name of its own', () => {
  expect(new Set(NAMES).size).toBe(NAMES.length);
});

describe.each(Object.keys(COMMANDS))('%s', (command) => {
  it.each(NAMES)('refuses: %s', async (name) => {
    const one = cases.get(name);
    if (!one) throw new Error(name);
    const file = join(folder, `${NAMES.indexOf(name)}.json`);
    await writeFile(file, one.content);
    const before = await filesIn(machine.home);
    const finished = await machine.run(COMMANDS[command]?.(file) ?? [], { openUrl: noBrowser });
    const { code, stderr } = finished;
    expect(code, stderr).toBe(3);
    expect(stderr).toContain(`(${one.code}, exit code 3)`);
    for (const words of one.says) expect(sentence(finished)).toContain(words);
    expect(sentence(finished)).toMatch(/\.$/);
    const fix = stderr.split('\n').find((line) => line.startsWith('  To fix: ')) ?? '';
    expect(fix).toContain(one.fix ?? '');
    expect(fix).toMatch(/^ {2}To fix: \S.*\.$/);
    expectClean(finished);
    // Nothing was saved: no profile, no session, no secret.
    expect(await filesIn(machine.home)).toEqual(before);
  });
});

describe('a file that cannot be read', () => {
  const expectUnreadable = async (file: string, words: string, deps: Parameters<Machine['run']>[1] = {}) => {
    const finished = await machine.run(['profile', 'import', file], deps);
    expect(finished.code).toBe(3);
    expect(finished.stderr).toContain('(connector_file_unreadable, exit code 3)');
    expect(sentence(finished)).toContain(words);
    expectClean(finished);
  };

  it('is said to be missing, or a folder', async () => {
    await expectUnreadable('not-there.json', 'there is no such file');
    await expectUnreadable(folder, 'it is a folder');
    await expectUnreadable('/dev/null', 'it is not a regular file');
  });

  it('may be an empty stdin', () => expectUnreadable('-', 'nothing came on it', { stdin: '' }));

  it('ends with Ctrl-C where stdin never ends', async () => {
    const { code } = await machine.run(['profile', 'import', '-'], { signal: AbortSignal.timeout(50) });
    expect(code).toBe(130);
  });

  it('may be too much of stdin', async () => {
    const finished = await machine.run(['profile', 'import', '-'], { stdin: 'x'.repeat(2 * 1024 * 1024) });
    expect([finished.code, finished.stderr.includes('larger than 1 MiB')]).toEqual([3, true]);
  });
});

describe('what Logto accepts and no sign-in survives', () => {
  const good = (members: Readonly<Record<string, unknown>> = {}) =>
    connectorJson({
      authorizationEndpoint: `${issuer}/auth`,
      tokenEndpoint: `${issuer}/token`,
      clientId: 'demo-confidential',
      idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer },
      ...members,
    });
  const examine = async (members: Readonly<Record<string, unknown>>) =>
    machine.run(['doctor', '--connector', '-', '--json'], { stdin: JSON.stringify(good(members)) });

  it.each([
    ['a key set that is not there', () => ({ idTokenVerificationConfig: { jwksUri: `${issuer}/none`, issuer } })],
    ['another issuer', () => ({ idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer: `${issuer}/` } })],
    ['an endpoint that is no URL', () => ({ tokenEndpoint: 'id.example.com/token' })],
    [
      'a clock tolerance without a unit',
      () => ({
        idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer, clockTolerance: '5' },
      }),
    ],
    ['a state of its own', () => ({ customConfig: { state: 'constant' } })],
  ])('is a finding of doctor (exit code 1): %s', async (_name, members) => {
    const finished = await examine(members());
    expect(finished.code, finished.stdout + finished.stderr).toBe(1);
    expectClean(finished);
  });

  it('is refused by profile import where no profile could sign in with it', async () => {
    const importing = (members: Readonly<Record<string, unknown>>) =>
      machine.run(['profile', 'import', '-', '--name', 'x'], { stdin: JSON.stringify(good(members)) });
    const noUrl = await importing({ tokenEndpoint: 'id.example.com/token' });
    expect([noUrl.code, noUrl.stderr.includes('(connector_endpoint_invalid')]).toEqual([3, true]);
    const control = await importing({ clientId: 'a\u0007b' });
    expect([control.code, control.stderr.includes('(config_value_invalid')]).toEqual([3, true]);
    expectClean(control);
  });

  it('is refused by profile import where no issuer is to be had', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    try {
      const { port } = server.address() as { port: number };
      const at = `http://127.0.0.1:${port}/oauth/v2`;
      const connector = good({
        authorizationEndpoint: `${at}/auth`,
        tokenEndpoint: `${at}/token`,
        idTokenVerificationConfig: { jwksUri: `${at}/jwks` },
      });
      const finished = await machine.run(['profile', 'import', '-'], { stdin: JSON.stringify(connector) });
      expect([finished.code, finished.stderr.includes('(config_missing')]).toEqual([3, true]);
      expect(finished.stderr).toContain('--issuer');
    } finally {
      server.close();
    }
  });
});
