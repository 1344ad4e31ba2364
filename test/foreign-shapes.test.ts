import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMachine, type Finished, type Machine } from './support/run.js';
import { type Json, type Script, type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.js';
import { followRedirects } from './support/scripted-sign-in.js';

/* Objects where texts belong, and keys without end, from files and from the provider. */

const KEY = 'k'.repeat(900_000);
/** Long enough to be seen in an output that does not cut it, and quicker to read where another test has the longest. */
const LONG = 'k'.repeat(90_000);
/** Its own `toString` makes it a text for nobody, and is no function: what turns it into a text by itself throws. */
const OBJECT = { inner: { deeper: 1 }, toString: '' };

let provider: ScriptedProvider;
let machine: Machine;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
beforeEach(async () => {
  machine = await createMachine();
  return () => machine.remove();
});
afterAll(() => provider.close());

const put = (name: string, content: unknown) =>
  writeFile(join(machine.home, name), typeof content === 'string' ? content : JSON.stringify(content));

function expectReadable({ stdout, stderr }: Finished, what: string): void {
  expect(stdout + stderr, what).not.toContain('[object Object]');
  expect(stdout + stderr, what).not.toContain('(internal');
  expect(stdout.length + stderr.length, what).toBeLessThan(30_000);
}

test('of a configuration', async () => {
  for (const content of [
    `? "${KEY}"\n: 1\n`,
    `profiles:\n  p:\n    ? "${LONG}"\n    : 1\n`,
    `profiles:\n  ? "${LONG}"\n  : {issuer: https://a.example, clientId: x}\n`,
    `profiles:\n  p:\n    parameters:\n      ? "${LONG}"\n      : {a: 1}\n`,
    { profiles: { p: { issuer: OBJECT, clientId: [OBJECT] } } },
  ]) {
    await put('config.yaml', content);
    for (const argv of [
      ['profile', 'show', 'p'],
      ['doctor', 'p'],
      ['profile', 'list', '--json'],
    ]) {
      expectReadable(await machine.run(argv), `${argv.join(' ')} with ${JSON.stringify(content).slice(0, 60)}`);
    }
  }
});

test('of a connector', async () => {
  const { issuer } = provider;
  const honest = {
    authorizationEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    clientId: 'a',
    clientSecret: 'b',
    scope: 'openid',
    idTokenVerificationConfig: { jwksUri: `${issuer}/keys` },
  };
  for (const changes of [
    { [KEY]: 1 },
    { customConfig: { [LONG]: OBJECT } },
    { idTokenVerificationConfig: { jwksUri: OBJECT, issuer: OBJECT, [LONG]: 1 } },
    { clientSecret: OBJECT },
    { clientSecret: `$\{OIDC_CLI_S}`, tokenEndpoint: OBJECT, authorizationEndpoint: OBJECT },
    { scope: OBJECT, clientId: [OBJECT], authorizationEndpoint: OBJECT, authRequestOptionalConfig: { prompt: OBJECT } },
  ]) {
    await put('connector.json', { ...honest, ...changes });
    for (const argv of [
      ['doctor', '--connector', 'connector.json'],
      ['doctor', '--connector', 'connector.json', '--json'],
      ['profile', 'import', 'connector.json', 'x'],
    ]) {
      expectReadable(await machine.run(argv), `${argv.join(' ')} with ${JSON.stringify(changes).slice(0, 60)}`);
    }
  }
});

test('of a plan', async () => {
  const check = `checks:\n  - name: a\n    profile: {issuer: "${provider.issuer}", clientId: a}\n    user: a\n    with: http\n`;
  const password = `    password: $\{OIDC_CLI_P}\n`;
  for (const content of [
    `? "${KEY}"\n: 1\n`,
    `checks:\n  - ? "${LONG}"\n    : 1\n`,
    `${check}${password}    expect:\n      claims:\n        ? "${LONG}"\n        : {equals: {a: 1}}\n`,
    { checks: [{ name: OBJECT, profile: [OBJECT], expect: { claims: { a: { equals: OBJECT } } } }] },
  ]) {
    provider.play({});
    await put('oidc-smoke.yaml', content);
    for (const more of [[], ['--json'], ['--reporter', 'junit']]) {
      const finished = await machine.run(['smoke', ...more], { env: { OIDC_CLI_P: 'x-password' } });
      expectReadable(finished, `smoke ${more.join(' ')} with ${JSON.stringify(content).slice(0, 60)}`);
    }
  }
});

const lists = [
  'scopes',
  'response_types',
  'grant_types',
  'acr_values',
  'token_endpoint_auth_methods',
  'response_modes',
];
const SCRIPTS: Readonly<Record<string, Script>> = {
  'claims and their names': {
    claims: { [LONG]: 1, name: OBJECT },
    userinfo: (honest) => ({ body: { ...honest, name: OBJECT, email: [OBJECT], [LONG]: OBJECT } }),
  },
  'the header of the ID token': { header: { typ: OBJECT, cty: [OBJECT] } },
  'the algorithm of the ID token': { header: { alg: OBJECT } },
  'a refusal': { token: () => ({ status: 400, body: { error: OBJECT, error_description: [OBJECT] } }) },
  'the words of a refusal': {
    token: () => ({ status: 400, body: { error: 'invalid_grant', error_description: OBJECT, error_uri: [OBJECT] } }),
  },
  'a token response': { tokens: { token_type: OBJECT, expires_in: OBJECT, scope: OBJECT } as Json },
  'an ID token': { tokens: { id_token: OBJECT } as Json },
  'claims that are compared': { claims: { iss: OBJECT, aud: [OBJECT], nonce: OBJECT, acr: OBJECT, azp: OBJECT } },
  metadata: { metadata: Object.fromEntries(lists.map((name) => [`${name}_supported`, [OBJECT]])) },
  'the key set': { keySet: () => ({ body: { keys: [{ kty: OBJECT, kid: OBJECT, use: OBJECT, alg: OBJECT }] } }) },
  'the subject of userinfo': { userinfo: () => ({ body: { sub: OBJECT } }) },
};

test.each(Object.entries(SCRIPTS))('of a provider: %s', async (what, script) => {
  provider.play(script);
  const client = ['--issuer', provider.issuer, '--client-id', 'app'];
  const login = [
    'login',
    ...client,
    '--redirect-uri',
    'http://127.0.0.1:0/callback',
    '--acr-values',
    'a',
    '--timeout',
    '20',
  ];
  const deps = { openUrl: followRedirects };
  for (const argv of [
    [...login, '--show-claims'],
    [...login, '--trace'],
    ['whoami', '--userinfo', '--claims'],
    ['inspect'],
    ['doctor', ...client],
  ]) {
    expectReadable(await machine.run(argv, deps), `${argv[0]} with ${what}`);
  }
});
