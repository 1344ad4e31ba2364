import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectorFile, connectorFor } from '../support/connector.js';
import { CookieBrowser } from '../support/cookie-browser.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';
import { oauthError, type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';
import { expectNoSecret, type TraceJson, traced, traceJson } from './traced.js';

const CLIENT_SECRET = 'client secret+with/odd=characters&1';
const METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];

let scripted: ScriptedProvider;
beforeAll(async () => {
  scripted = await startScriptedProvider();
});
afterAll(() => scripted.close());

async function onMachine<T>(work: (machine: Machine) => Promise<T>): Promise<T> {
  const machine = await createMachine();
  try {
    return await work(machine);
  } finally {
    await machine.remove();
  }
}

/** A traced sign-in at the scripted provider, which knows every secret it saw or gave. */
function signIn(script: Script, flags: readonly string[] = []) {
  scripted.play(script);
  return onMachine(async (machine) => {
    const argv = ['login', '--issuer', scripted.issuer, '--client-id', 'app'];
    const more = ['--redirect-uri', 'http://127.0.0.1:0/callback', '--scope', 'openid profile email offline_access'];
    const deps = { env: { APP_SECRET: CLIENT_SECRET }, openUrl: followRedirects };
    const result = await traced(machine, [...argv, ...more, '--client-secret-env', 'APP_SECRET', ...flags], deps);
    const { query } = scripted.requests('/authorize').at(-1) ?? { query: new URLSearchParams() };
    const sent = [query.get('state'), query.get('nonce')].filter((value) => value !== null);
    const forms = scripted.requests('/token').map(({ form }) => form.get('code_verifier') ?? '');
    return { ...result, secrets: [...scripted.secrets, ...sent, ...forms.filter(Boolean), CLIENT_SECRET] };
  });
}

function labelIn(trace: TraceJson, step: string, name: string): string | undefined {
  const event = trace.events.find((candidate) => candidate.step === step);
  const all = [...(event?.query ?? []), ...(event?.parameters ?? []), ...(event?.request?.body?.parameters ?? [])];
  return all.find((parameter) => parameter.name === name)?.value;
}

describe('a sign-in, its session and its end at the built-in provider', () => {
  test.each(METHODS.slice(0, 2))('by %s: no output holds a secret', (method) =>
    onMachine(async (machine) => {
      const provider = await identityProvider();
      const secrets = new Set(['alice-password', 'demo-secret']);
      const deps = {
        env: { APP_SECRET: 'demo-secret' },
        openUrl: async (url: string) => {
          const browser = new CookieBrowser();
          const { href, searchParams } = await browser.authorizationRequest(url);
          for (const name of ['state', 'nonce']) secrets.add(searchParams.get(name) ?? '');
          const { jar } = browser;
          for (const { value } of await jar.getCookies(url)) secrets.add(value);
          await signInOverHttp(href, { username: 'alice', password: 'alice-password', timeoutMs: 60_000, jar });
        },
      };
      const flags = ['--client-secret-env', 'APP_SECRET', '--client-auth', method];
      const argv = ['login', '--issuer', provider.issuer, '--client-id', 'demo-confidential', ...flags];
      const redirect = ['--redirect-uri', 'http://127.0.0.1:0/callback', '--scope', 'openid email offline_access'];
      const login = await traced(machine, [...argv, ...redirect], deps);
      expect(login.code, login.stderr).toBe(0);
      const outputs = [login.outputs];
      const tokenOf = async () => {
        for (const which of [[], ['--id-token']]) {
          const { stdout } = await machine.run(['token', ...which], deps);
          secrets.add(stdout.trim());
        }
      };
      await tokenOf();
      for (const command of [['userinfo'], ['whoami', '--userinfo'], ['token', '--refresh']]) {
        const { outputs: commandOutputs, code, stderr } = await traced(machine, command, deps);
        expect(code, stderr).toBe(0);
        outputs.push(commandOutputs);
      }
      await tokenOf();
      const back = 'http://127.0.0.1:0/signed-out';
      const logout = await traced(machine, ['logout', '--post-logout-redirect-uri', back], deps);
      const ended = traceJson(logout.json).events.find(({ step }) => step === 'end session request');
      expect(ended?.query?.find(({ name }) => name === 'id_token_hint')?.value).toMatch(/^secret#\d+$/);
      expect(logout.code, logout.stderr).toBe(0);
      outputs.push(logout.outputs);
      expect(secrets.size).toBeGreaterThan(6);
      for (const output of outputs) expectNoSecret(output, [...secrets].filter(Boolean));
    }),
  );
});

describe('a sign-in at a provider that says all it knows', () => {
  test.each(METHODS)('by %s', async (method) => {
    const { code, stderr, outputs, secrets } = await signIn({}, ['--client-auth', method]);
    expect(code, stderr).toBe(0);
    expect(secrets.length).toBeGreaterThan(6);
    expectNoSecret(outputs, secrets);
  });

  const echo = (names: readonly string[], dress = (text: string) => text): Script => ({
    token: (_honest, { form, headers }) => {
      const words = names.map((name) => form.get(name) ?? headers.authorization?.slice(6) ?? '');
      return oauthError(400, 'invalid_grant', dress(words.join(' and ')));
    },
  });
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test.each<[string, Script, string[]]>([
    ['code and verifier in words', echo(['code', 'code_verifier']), []],
    ['them in base64', echo(['code', 'code_verifier'], base64), []],
    ['them URL-encoded twice', echo(['code'], (text) => encodeURIComponent(encodeURIComponent(text))), []],
    ['half of the code', echo(['code'], (text) => text.slice(0, 20)), []],
    ['the Basic credential', echo(['basic']), ['--client-auth', 'client_secret_basic']],
    ['the secret', echo(['client_secret']), ['--client-auth', 'client_secret_post']],
    ['the assertion', echo(['client_assertion']), ['--client-auth', 'client_secret_jwt']],
    [
      'the payload of the assertion',
      echo(['client_assertion'], (text) => text.split('.')[1] ?? ''),
      ['--client-auth', 'client_secret_jwt'],
    ],
    [
      'tokens as a form',
      { token: (body) => ({ body: new URLSearchParams(JSON.parse(JSON.stringify(body))).toString() }) },
      [],
    ],
    ['tokens in broken JSON', { token: (body) => ({ body: JSON.stringify(body).slice(0, -1) }) }, []],
    [
      'tokens in a page',
      {
        token: (body) => ({
          status: 500,
          headers: { 'content-type': 'text/html' },
          body: `<html><p>${JSON.stringify(body)}</p></html>`,
        }),
      },
      [],
    ],
    ['a token as another member', { tokens: { debug_copy: 'xyz', note: { inner: ['a-quite-secret-thing'] } } }, []],
    [
      'the access token to userinfo',
      {
        userinfo: (_honest, { headers }) => ({
          status: 401,
          headers: {
            'www-authenticate': `Bearer error="invalid_token", error_description="no ${headers.authorization?.slice(7)}"`,
            'x-echo': String(headers.authorization),
          },
        }),
      },
      [],
    ],
    [
      'cookies',
      {
        userinfo: (honest) => ({
          body: honest,
          headers: { 'set-cookie': 'sid=a-cookie-that-is-secret; Path=/; HttpOnly' },
        }),
      },
      [],
    ],
    ['the ID token as no JWT', { tokens: { id_token: 'an-opaque-and-secret-id-token' } }, []],
  ])('that repeats %s', async (_what, script, flags) => {
    const { outputs, secrets } = await signIn(script, flags);
    expectNoSecret(outputs, [
      ...secrets,
      'a-quite-secret-thing',
      'a-cookie-that-is-secret',
      'an-opaque-and-secret-id-token',
    ]);
  });
});

test('equal values have equal numbers, others have others', async () => {
  const { json } = await signIn({});
  const trace = traceJson(json);
  const state = labelIn(trace, 'authorization request', 'state');
  expect(state).toMatch(/^secret#\d+$/);
  expect(labelIn(trace, 'authorization response', 'state')).toBe(state);
  const code = labelIn(trace, 'authorization response', 'code');
  expect(labelIn(trace, 'token request', 'code')).toBe(code);
  const nonce = labelIn(trace, 'authorization request', 'nonce');
  expect(new Set([state, code, nonce]).size).toBe(3);
  const tokens = trace.events.find(({ step }) => step === 'token request')?.response?.body;
  expect(tokens?.tokens?.find(({ member }) => member === 'id_token')?.claims?.nonce).toBe(nonce);
  const userinfo = trace.events.find(({ step }) => step === 'userinfo request');
  expect(userinfo?.request?.headers.find(({ name }) => name === 'authorization')?.value).toBe(
    `Bearer ${tokens?.value?.access_token}`,
  );
  expect(trace.names.find(({ name }) => name === state)?.places).toEqual([
    'state (authorization request)',
    'state (authorization response)',
  ]);
});

test('a wrong nonce has another number than the one that was sent', async () => {
  const { json, code } = await signIn({ claims: { nonce: 'a-nonce-of-another-sign-in' } });
  expect(code).toBe(7);
  const trace = traceJson(json);
  const tokens = trace.events.find(({ step }) => step === 'token request')?.response?.body?.tokens;
  expect(tokens?.[0]?.claims?.nonce).toMatch(/^secret#\d+$/);
  expect(tokens?.[0]?.claims?.nonce).not.toBe(labelIn(trace, 'authorization request', 'nonce'));
  expect(json).not.toContain('a-nonce-of-another-sign-in');
});

test('a secret that is a word of ours or a name of the protocol cuts no hole into sentences, names and addresses', async () => {
  scripted.play({ token: () => oauthError(400, 'invalid_grant', 'no redirect_uri, not even secret') });
  await onMachine(async (machine) => {
    for (const secret of ['secret', 'redirect_uri', 'client']) {
      const argv = ['login', '--issuer', scripted.issuer, '--client-id', 'app', '--client-secret-env', 'APP_SECRET'];
      const deps = { env: { APP_SECRET: secret }, openUrl: followRedirects };
      const redirect = ['--redirect-uri', 'http://127.0.0.1:0/callback', '--client-auth', 'client_secret_basic'];
      const { json, stderr, code } = await traced(machine, [...argv, ...redirect], deps);
      expect(code).toBe(5);
      const trace = traceJson(json);
      const request = trace.events.find(({ step }) => step === 'token request')?.request;
      const names = request?.body?.parameters?.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['redirect_uri', 'code_verifier', 'grant_type']));
      expect(request?.headers.find(({ name }) => name === 'authorization')?.value).toMatch(/^Basic app:secret#\d+$/);
      const asked = trace.events.find(({ step }) => step === 'authorization request');
      expect(asked?.query?.map(({ name }) => name)).toContain('redirect_uri');
      expect(trace.error?.message).not.toMatch(/secret#|not shown\) (is|was|for)/);
      expect(stderr).not.toMatch(/[?&](secret#|person#|\(not)/);
    }
  });
});

describe('who signed in', () => {
  const PEOPLE = ['user-1', 'Alice Example', 'alice@example.com'];

  test('is replaced in files, and shown where the command runs', async () => {
    const { outputs } = await signIn({});
    for (const [name, output] of Object.entries(outputs)) {
      for (const person of PEOPLE) expect(output.includes(person), `${person} in ${name}`).toBe(name === 'stderr');
    }
    expect(outputs.json).toContain('person#1');
  });

  test('is left in files by --with-claims, and no secret with it', async () => {
    const { outputs, secrets, json } = await signIn({}, ['--with-claims']);
    for (const output of Object.values(outputs)) expect(output).toContain('alice@example.com');
    expect(traceJson(json).personsMasked).toBe(false);
    expectNoSecret(outputs, secrets);
  });

  test("is replaced in the provider's words and in claims that nobody knows", async () => {
    const script: Script = {
      claims: { employee: 'Alice the Great', address: { locality: 'Wonderland' }, groups: ['rabbits-and-hatters'] },
      userinfo: () => oauthError(403, 'access_denied', 'Alice Example <mallory@example.org>, call +44 20 7946 0000'),
    };
    const { outputs } = await signIn(script);
    const { stderr: _ofTerminal, ...files } = outputs;
    for (const output of Object.values(files)) {
      expect(output).not.toMatch(/Alice the Great|Wonderland|rabbits-and-hatters|Alice Example|mallory|7946/);
    }
  });
});

test('the signature of a token is nowhere, its header and claims are', async () => {
  const { outputs, json, secrets } = await signIn({});
  const idToken = secrets.find((secret) => secret.split('.').length === 3) ?? '';
  const [, , signature = ''] = idToken.split('.');
  expect(signature).not.toBe('');
  for (const output of Object.values(outputs)) expect(output).not.toContain(signature.slice(0, 20));
  expect(json).toContain('"alg": "RS256"');
});

test('a plain parameter of a Logto connector is no secret', () =>
  onMachine(async (own) => {
    const { issuer } = await identityProvider();
    const file = await connectorFile(own, connectorFor(issuer, { customConfig: { prompt: 'consent' } }));
    const argv = ['login', '--connector', file, '--port', '0'];
    const { json } = await traced(own, argv, { openUrl: aliceSignsIn });
    const trace = traceJson(json);
    const sent = trace.events.find(({ step }) => step === 'authorization request')?.query;
    expect(sent?.find(({ name }) => name === 'prompt')?.value).toBe('consent');
  }));
