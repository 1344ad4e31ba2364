import { afterAll, beforeAll, expect, test } from 'vitest';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';
import { type Traced, type TraceJson, traced } from './traced.js';

let provider: Machine;
let client: Machine;
let trace: Traced;
let codes: readonly number[];

/** The test secret of a client that is registered by flags. */
const SECRET = 'the-secret-of-client-7';

beforeAll(async () => {
  [provider, client] = await Promise.all([createMachine(), createMachine()]);
  const stopping = new AbortController();
  let listens: (issuer: string) => void = () => undefined;
  const listening = new Promise<string>((resolve) => {
    listens = resolve;
  });
  const flags = ['--client-id', 'client-7', '--client-secret', SECRET, '--redirect-uri', 'http://127.0.0.1/callback'];
  const running = traced(provider, ['idp', '--port', '0', '--json', ...flags], {
    signal: stopping.signal,
    onOutput: (text) => {
      if (text.startsWith('{')) listens(JSON.parse(text).issuer);
    },
  });
  const issuer = await Promise.race([listening, running.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  const signIn = async (...more: string[]) => {
    const flags = ['login', '--issuer', issuer, '--redirect-uri', 'http://127.0.0.1:0/callback', ...more];
    return (await client.run(flags, { openUrl: aliceSignsIn, env: { OIDC_CLI_HOME: client.home, SECRET } })).code;
  };
  codes = [
    await signIn('--client-id', 'demo', '--scope', 'openid profile email offline_access'),
    await signIn('--client-id', 'demo-confidential', '--client-secret-env', 'SECRET'),
  ];
  stopping.abort();
  trace = await running;
});
afterAll(() => Promise.all([provider.remove(), client.remove()]));

test('the built-in provider tells who asked it for what, and why it refused', () => {
  expect([...codes, trace.code]).toEqual([0, 5, 0]);
  const { events } = JSON.parse(trace.json) as TraceJson;
  const told = events.map(({ step, from, to, response }) => `${step}: ${from} to ${to}, ${response?.status}`);
  expect(told.filter((line) => !line.startsWith('sign-in page'))).toEqual([
    'discovery: client to provider, 200',
    'key set: client to provider, 200',
    ...Array(3).fill('authorization request: browser to provider, 303'),
    'token request: client to provider, 200',
    'userinfo request: client to provider, 200',
    'discovery: client to provider, 200',
    'key set: client to provider, 200',
    ...Array(3).fill('authorization request: browser to provider, 303'),
    'token request: client to provider, 401',
  ]);
  const [asked, refused] = events.filter(({ step }) => step === 'token request');
  const sent = Object.fromEntries((asked?.request?.body?.parameters ?? []).map(({ name, value }) => [name, value]));
  expect(sent).toMatchObject({ grant_type: 'authorization_code', client_id: 'demo' });
  expect(sent.code).toMatch(/^secret#\d+$/);
  expect(asked?.response?.body?.tokens?.map(({ member }) => member)).toEqual(['id_token']);
  expect(refused?.failure).toBe('invalid_client: invalid secret provided');
});

test('its report has the client where oidc-cli would stand', () => {
  expect(trace.html).toContain('<li class="cli"><span>Client</span></li>');
  expect(trace.html).toContain('from Client to Provider');
  expect(trace.stderr).toMatch(/\[\d+\] token request {2}client → provider/);
});

test('no password, secret, code or token of what it answered is in any of it', () => {
  for (const [name, output] of Object.entries(trace.outputs)) {
    expect(output, name).not.toMatch(/alice-password|bob-password|eyJ[\w-]{8,}\.eyJ/);
    expect(output, name).not.toContain(SECRET);
    // What a code, a cookie or an opaque token of oidc-provider's looks like; hashes and keys are no secrets.
    const opaque = output.match(/(?<=(?:code|access_token|refresh_token|idp_\w+(?:\.sig)?)["=:\s]+)[\w-]{21,}/g) ?? [];
    expect(
      opaque.filter((word) => !/^code_|^S256/.test(word)),
      name,
    ).toEqual([]);
  }
});
