import * as openid from 'openid-client';
import { CookieJar } from 'tough-cookie';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALICE, relyingParty } from '../idp/relying-party.js';
import { signInOverHttp } from '../support/http-browser.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';
import { expectNoSecret, type Traced, type TraceJson, traced } from './traced.js';

let provider: Machine;
let client: Machine;
let trace: Traced;
let codes: readonly number[];

/** The test secret of a client that is registered by flags. */
const SECRET = 'the-secret-of-client-7';

/** What `idp` traced while `work` was done with the provider. */
async function servedTo(work: (issuer: string) => Promise<void>, flags: readonly string[] = []): Promise<Traced> {
  const stopping = new AbortController();
  let listens: (issuer: string) => void = () => undefined;
  const listening = new Promise<string>((resolve) => {
    listens = resolve;
  });
  const running = traced(provider, ['idp', '--port', '0', '--json', ...flags], {
    signal: stopping.signal,
    onOutput: (text) => {
      if (text.startsWith('{')) listens(JSON.parse(text).issuer);
    },
  });
  try {
    await work(await Promise.race([listening, running.then(({ stderr }) => Promise.reject(new Error(stderr)))]));
  } finally {
    stopping.abort();
    await running;
  }
  return running;
}

beforeAll(async () => {
  [provider, client] = await Promise.all([createMachine(), createMachine()]);
  trace = await servedTo(async (issuer) => {
    const signIn = async (...more: string[]) => {
      const flags = ['login', '--issuer', issuer, '--redirect-uri', 'http://127.0.0.1:0/callback', ...more];
      const env = { OIDC_CLI_HOME: client.home, SECRET: 'a-secret-that-is-another' };
      return (await client.run(flags, { openUrl: aliceSignsIn, env })).code;
    };
    codes = [
      await signIn('--client-id', 'demo', '--scope', 'openid profile email offline_access'),
      await signIn('--client-id', 'demo-confidential', '--client-secret-env', 'SECRET'),
    ];
  });
});
afterAll(() => Promise.all([provider.remove(), client.remove()]));

test('the built-in provider tells who asked it for what, and why it refused', () => {
  expect([...codes, trace.code]).toEqual([0, 5, 0]);
  const { events } = JSON.parse(trace.json) as TraceJson;
  const details = events.map(({ step, from, to, response }) => `${step}: ${from} to ${to}, ${response?.status}`);
  expect(details.filter((line) => !line.startsWith('sign-in page'))).toEqual([
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

test('nothing of what clients and browsers know is in any of it', async () => {
  const secrets = new Set([SECRET, 'demo-secret', ALICE.password]);
  const served = await servedTo(
    async (issuer) => {
      for (const auth of [openid.ClientSecretBasic, openid.ClientSecretPost]) {
        const demo = { clientId: 'demo-confidential', secret: 'demo-secret', auth: auth('demo-secret') };
        const { config, request } = await relyingParty({ issuer }, demo);
        const { url, checks } = await request({ scope: 'openid email offline_access', prompt: 'consent' });
        const jar = new CookieJar();
        const { finalUrl } = await signInOverHttp(url, { ...ALICE, jar });
        const cookies = (await jar.serialize()).cookies.map(({ value }) => value);
        const tokens = await openid.authorizationCodeGrant(config, new URL(finalUrl), checks);
        const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token as string);
        await openid.fetchUserInfo(config, renewed.access_token, renewed.claims()?.sub as string);
        await openid.tokenIntrospection(config, renewed.access_token);
        await openid.tokenRevocation(config, renewed.refresh_token as string);
        const again = openid.authorizationCodeGrant(config, new URL(finalUrl), checks);
        await expect(again).rejects.toMatchObject({ error: 'invalid_grant' });
        const { code = '' } = Object.fromEntries(new URL(finalUrl).searchParams);
        const known = [code, checks.pkceCodeVerifier, checks.expectedState, checks.expectedNonce, ...cookies];
        for (const { access_token, refresh_token, id_token } of [tokens, renewed])
          known.push(access_token, refresh_token, id_token);
        // A deleted cookie leaves an empty value.
        for (const one of known) if (one) secrets.add(String(one));
        const seventh = await relyingParty({ issuer }, { clientId: 'client-7', secret: SECRET, auth: auth(SECRET) });
        const refused = openid.refreshTokenGrant(seventh.config, renewed.refresh_token as string);
        await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' });
      }
    },
    ['--client-id', 'client-7', '--client-secret', SECRET, '--redirect-uri', 'http://127.0.0.1/callback'],
  );
  const details = (JSON.parse(served.json) as TraceJson).events.map(({ step }) => step);
  for (const step of ['token request', 'userinfo request', 'introspection request', 'revocation request'])
    expect(details).toContain(step);
  expect(secrets.size).toBeGreaterThan(20);
  expectNoSecret(served.outputs, secrets);
  // Nor the signature of any other token.
  for (const output of Object.values(served.outputs)) expect(output).not.toMatch(/eyJ[\w-]{8,}\.eyJ/);
});
