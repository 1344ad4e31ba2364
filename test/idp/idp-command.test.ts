import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type IdpOptions, idp } from '../../src/commands/idp/run.js';
import { createTerminal } from '../../src/terminal.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { createMachine } from '../support/run.js';
import { ALICE } from './relying-party.js';

/** A run of the command up to the moment it listens. `stop` is Ctrl-C, and gives the exit code. */
async function run(options: Partial<IdpOptions>, cwd = '/') {
  let stdout = '';
  let stderr = '';
  const stopping = new AbortController();
  let listens = () => {};
  const listening = new Promise<void>((resolve) => {
    listens = resolve;
  });
  const deps = {
    env: {},
    cwd,
    signal: stopping.signal,
    clock: { now: () => new Date(2030, 0, 2, 3, 4, 5).getTime() },
    stdout: { write: (text: string) => (stdout += text) },
    stderr: {
      write: (text: string) => {
        stderr += text;
        if (text.startsWith('Listening')) listens();
      },
    },
  };
  const ended = idp({ port: 0, user: [], redirectUri: [], ...options }, deps, await createTerminal(deps));
  onTestFinished(async () => {
    stopping.abort();
    await ended.catch(() => undefined);
  });
  await Promise.race([listening, ended]);
  const issuer = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? '';
  return {
    issuer,
    port: Number(new URL(issuer).port),
    stdout: () => stdout.replaceAll(issuer, 'ISSUER'),
    stderr: () => stderr,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

async function file(name: string, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oidc-cli-idp-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), content);
  return folder;
}

test('says who can sign in, as which client, and with which command, and ends in order', async () => {
  const command = await run({});
  expect(command.stdout()).toMatchInlineSnapshot(`
    "Issuer  ISSUER

    Users
      alice  alice-password  Alice Example, alice@example.com
      bob    bob-password    Bob Example, bob@example.com

    Clients
      demo               public              any loopback redirect URI
      demo-confidential  secret demo-secret  any loopback redirect URI

    Sign in with
      oidc-cli login --issuer ISSUER --client-id demo
    "
  `);
  expect(command.stderr()).toBe('Listening on this machine only. Ctrl-C stops it.\n');
  expect(await command.stop()).toBe(0);
  await expect(signInOverHttp(command.issuer, ALICE)).rejects.toMatchObject({ code: 'network_refused' });
});

test('says the same in one line of JSON', async () => {
  const command = await run({ json: true, user: ['carol:pass:carol@example.com'] });
  expect(JSON.parse(command.stdout()).port).toBe(command.port);
  expect(command.stdout().endsWith('}\n')).toBe(true);
  expect(command.stdout().split('\n')).toHaveLength(2);
  expect(JSON.parse(command.stdout())).toMatchInlineSnapshot(
    { port: expect.any(Number) },
    `
    {
      "clients": [
        {
          "clientId": "demo",
          "clientSecret": null,
          "redirectUris": null,
          "tokenEndpointAuthMethod": "none",
        },
        {
          "clientId": "demo-confidential",
          "clientSecret": "demo-secret",
          "redirectUris": null,
          "tokenEndpointAuthMethod": "client_secret_basic",
        },
      ],
      "discovery": "ISSUER/.well-known/openid-configuration",
      "faults": [],
      "issuer": "ISSUER",
      "login": "oidc-cli login --issuer ISSUER --client-id demo",
      "port": Any<Number>,
      "schemaVersion": 1,
      "users": [
        {
          "email": "alice@example.com",
          "name": "Alice Example",
          "password": "alice-password",
          "sub": "user-2bd806c97f0e00af",
          "username": "alice",
        },
        {
          "email": "bob@example.com",
          "name": "Bob Example",
          "password": "bob-password",
          "sub": "user-81b637d8fcd2c6da",
          "username": "bob",
        },
        {
          "email": "carol@example.com",
          "name": "carol",
          "password": null,
          "sub": "user-4c26d9074c27d89e",
          "username": "carol",
        },
      ],
    }
  `,
  );
  expect(await command.stop()).toBe(0);
});

test('has the users and clients of its flags and file, and shows none of their secrets', async () => {
  const cwd = await file('clients.yaml', '- client_id: from-file\n  client_secret: file-secret\n');
  const command = await run(
    {
      user: ['carol:pass-of-carol:carol@example.com', 'dave:pass-of-dave'],
      clients: 'clients.yaml',
      clientId: 'mine',
      clientSecret: 'flag-secret',
      redirectUri: ['http://localhost:8484/a b', 'https://app.example/cb'],
    },
    cwd,
  );
  expect(command.stdout()).toMatchInlineSnapshot(`
    "Issuer  ISSUER

    Users
      alice  alice-password     Alice Example, alice@example.com
      bob    bob-password       Bob Example, bob@example.com
      carol  password as given  carol, carol@example.com
      dave   password as given  dave

    Clients
      demo               public              any loopback redirect URI
      demo-confidential  secret demo-secret  any loopback redirect URI
      from-file          secret as given     any loopback redirect URI
      mine               secret as given     http://localhost:8484/a b https://app.example/cb

    Sign in with
      oidc-cli login --issuer ISSUER --client-id demo
      oidc-cli login --issuer ISSUER --client-id mine --redirect-uri 'http://localhost:8484/a b' --client-secret-env CLIENT_SECRET
    "
  `);
  expect(command.stdout() + command.stderr()).not.toMatch(/pass-of|flag-secret|file-secret/);
  expect(command.stderr()).toContain('--clients FILE');
  const query = new URLSearchParams({
    client_id: 'mine',
    response_type: 'code',
    redirect_uri: 'https://app.example/cb',
  });
  const page = await signInOverHttp(`${command.issuer}/auth?${query}`, { username: 'dave', password: 'wrong' });
  expect(page.status).toBe(403);
  const refused = await signInOverHttp(`${command.issuer}/auth?${query}x`, ALICE);
  expect(refused.status).toBe(400);
});

test('logs a line a request, without its query', async () => {
  const command = await run({});
  await signInOverHttp(`${command.issuer}/auth?client_id=nobody&secret=in-the-query`, ALICE);
  await signInOverHttp(`${command.issuer}/.well-known/openid-configuration?x=in-the-query`, ALICE);
  expect(command.stderr().split('\n').slice(1)).toEqual([
    '03:04:05 GET /auth 400 invalid_client (client not found)',
    '03:04:05 GET /.well-known/openid-configuration 200',
    '',
  ]);
});

test('announces nothing when the port is taken', async () => {
  const { port } = await identityProvider();
  let written = '';
  const deps = {
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    clock: Date,
    stdout: { write: (text: string) => (written += text) },
    stderr: { write: (text: string) => (written += text) },
  };
  const started = idp({ port, user: [], redirectUri: [] }, deps, await createTerminal(deps));
  await expect(started).rejects.toMatchObject({ code: 'port_taken', exitCode: 3, facts: { port, flag: '--port' } });
  expect(written).toBe('');

  const machine = await createMachine();
  onTestFinished(() => machine.remove());
  const { code, stderr } = await machine.run(['idp', '--port', String(port)]);
  expect(code).toBe(3);
  if (process.platform === 'linux') expect(stderr).toMatch(/is taken by \S+ \(pid \d+\)\.\n/);
  expect(stderr).toContain('To fix: Stop that program, or choose another port with --port (0 takes any free one).\n');
});

test.each([
  [{ user: ['carol'] }, { code: 'usage', facts: { flag: '--user', reason: expect.stringContaining('"carol"') } }],
  [{ user: [':pass'] }, { code: 'usage' }],
  [{ user: ['a:b:c@d.example:e'] }, { code: 'usage' }],
  [{ clientSecret: 'x' }, { code: 'usage', facts: { flag: '--client-secret' } }],
  [{ redirectUri: ['https://a.example/'] }, { code: 'usage', facts: { flag: '--redirect-uri' } }],
  [
    { clientId: 'a', redirectUri: ['/callback'] },
    { code: 'redirect_uri_invalid', facts: { redirectUri: '/callback' } },
  ],
  [
    { clients: 'missing.yaml' },
    { code: 'config_file_unreadable', facts: { file: expect.stringContaining('missing') } },
  ],
])('refuses %j', async (options, error) => {
  await expect(run(options)).rejects.toMatchObject(error);
});

test('a mistake in the file of clients names file, line and key', async () => {
  const cwd = await file('clients.yaml', '- client_id: a\n  redirect_uris: none\n');
  await expect(run({ clients: 'clients.yaml' }, cwd)).rejects.toMatchObject({
    code: 'config_file_invalid',
    facts: { file: join(cwd, 'clients.yaml'), line: 2, key: '[0].redirect_uris', found: '"none"' },
  });
});
