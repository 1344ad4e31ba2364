import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMachine } from '../support/run.js';
import { oauthError, type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects, type LoginDocument, loginOn } from '../support/scripted-sign-in.js';
import { withTimeStopped } from '../support/time.js';

const CLIENT_SECRET = 'client secret+with/odd=characters';

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

/** A secret in every dress it may leave in. */
function dresses(secret: string): string[] {
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const base64 = [secret, `app:${secret}`, `app:${form}`].map((text) => Buffer.from(text).toString('base64'));
  return [
    secret,
    form,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...base64.map((text) => text.replace(/=+$/, '')),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
  ];
}

/** Fails when an output holds a secret, or the middle of one. */
function expectNoSecret(output: string): void {
  for (const secret of [...provider.secrets, CLIENT_SECRET]) {
    for (const dress of dresses(secret)) {
      expect(output.includes(dress), `the output holds ${dress}`).toBe(false);
      const middle = dress.slice(Math.floor(dress.length / 3), Math.floor((dress.length * 2) / 3));
      if (middle.length > 12) expect(output.includes(middle), `the output holds a part of ${dress}`).toBe(false);
    }
  }
}

/** Signs in on a fresh machine, as JSON and as text, with every secret there is. */
async function outputs(script: Script, flags: readonly string[] = []) {
  const machine = await createMachine();
  provider.play(script);
  const all = ['--client-secret-env', 'APP_SECRET', '--scope', 'openid offline_access', ...flags];
  const deps = { env: { APP_SECRET: CLIENT_SECRET }, openUrl: followRedirects };
  const json = await loginOn(machine, provider.issuer, [...all, '--json'], deps);
  const text = await loginOn(machine, provider.issuer, all, deps);
  return { machine, json, text, all: [json.stdout, json.stderr, text.stdout, text.stderr].join('\n') };
}

describe('a successful sign-in and all that follows', () => {
  test.each(['client_secret_basic', 'client_secret_post', 'client_secret_jwt'])('with %s', async (method) => {
    const { machine, json, text, all } = await outputs({}, ['--client-auth', method, '--show-claims']);
    expect([json.code, text.code]).toEqual([0, 0]);
    expect(provider.secrets.size).toBeGreaterThan(4);
    expectNoSecret(all);
    for (const argv of [['whoami'], ['whoami', '--json', '--claims'], ['userinfo'], ['token', '--refresh', '--json']]) {
      const { stdout, stderr } = await machine.run(argv, { env: { APP_SECRET: CLIENT_SECRET } });
      if (argv[0] === 'token') expectNoSecret(stderr);
      else expectNoSecret(stdout + stderr);
    }
    const [request] = provider.requests('/authorize');
    const { checks } = JSON.parse(json.stdout) as LoginDocument;
    const nonce = request?.query.get('nonce') ?? '';
    expect(nonce).not.toBe('');
    expect(JSON.stringify(checks)).not.toContain(nonce);
    await machine.remove();
  });

  test('by --no-browser, which prints the authorization URL and nothing of what answers it', async () => {
    const machine = await createMachine();
    provider.play({});
    let opened = false;
    const { code, stdout, stderr } = await loginOn(
      machine,
      provider.issuer,
      ['--no-browser', '--client-secret-env', 'APP_SECRET'],
      {
        env: { APP_SECRET: CLIENT_SECRET },
        onStderr: (text) => {
          const url = /^http:\S+\/authorize\?\S+$/m.exec(text)?.[0];
          if (url === undefined || opened) return;
          opened = true;
          void followRedirects(url);
        },
      },
    );
    expect(code, stderr).toBe(0);
    expectNoSecret(stdout + stderr);
    await machine.remove();
  });
});

describe('a failed sign-in', () => {
  const echo = (names: readonly string[]): Script => ({
    token: (_honest, { form, headers }) => {
      const basic = Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString();
      const words = names.map((name) => form.get(name) ?? basic.split(':')[1]);
      return oauthError(400, 'invalid_grant', `these were sent: ${words.join(' and ')}.`);
    },
  });

  test.each<[string, Script, string[]]>([
    ['the client is refused', { client: { id: 'app', secret: 'another' } }, []],
    ['the client is refused (post)', { client: { id: 'app', secret: 'x' } }, ['--client-auth', 'client_secret_post']],
    ['the code is refused', { token: () => oauthError(400, 'invalid_grant', 'expired') }, []],
    ['the provider repeats code and verifier in its words', echo(['code', 'code_verifier']), []],
    ['the provider repeats the secret in its words', echo(['basic']), []],
    ['… and had it by post', echo(['client_secret']), ['--client-auth', 'client_secret_post']],
    ['… and had an assertion', echo(['client_assertion']), ['--client-auth', 'client_secret_jwt']],
    [
      'the tokens come in a form that is not JSON',
      { token: (body) => ({ body: new URLSearchParams(JSON.parse(JSON.stringify(body))).toString() }) },
      [],
    ],
    ['the tokens come in broken JSON', { token: (body) => ({ body: JSON.stringify(body).slice(0, -1) }) }, []],
    ['the token answer has a wrong type', { tokens: { token_type: 'mac' } }, []],
    ['the ID token is no JWT', { tokens: { id_token: 'an-opaque-and-secret-id-token' } }, []],
    ['the nonce is another', { claims: { nonce: 'other' } }, []],
    ['the ID token is of another access token', { claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } }, []],
    [
      'userinfo repeats the token in its words',
      {
        userinfo: (_honest, { headers }) => {
          const token = headers.authorization?.slice(7);
          return {
            status: 401,
            headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="no ${token}"` },
          };
        },
      },
      ['--strict'],
    ],
    ['userinfo is of somebody else', { userinfo: () => ({ body: { sub: 'user-2' } }) }, []],
  ])('when %s', async (_name, script, flags) => {
    const { machine, json, text, all } = await outputs(script, flags);
    await machine.remove();
    expect(json.code).not.toBe(0);
    expect(text.code).toBe(json.code);
    expectNoSecret(all);
    expect(all).not.toContain('an-opaque-and-secret-id-token');
    const [request] = provider.requests('/authorize');
    expect(all).not.toContain(request?.query.get('nonce'));
  });

  test('a code that a stranger guessed and one that was pasted are not shown', async () => {
    const machine = await createMachine();
    provider.play({});
    let [pasted, over] = [false, false];
    const { code, stdout, stderr } = await withTimeStopped((pass) =>
      loginOn(machine, provider.issuer, ['--no-browser', '--timeout', '1'], {
        onStderr: (text, stdin) => {
          if (!over && /belongs to another sign-in/.test(text) && /A request came that is not/.test(text)) {
            over = true;
            setImmediate(() => pass(1));
          }
          const url = /^http:\S+\/authorize\?\S+$/m.exec(text)?.[0];
          if (url === undefined || pasted) return;
          pasted = true;
          const redirect = new URL(url).searchParams.get('redirect_uri');
          stdin.write(`${redirect}?code=a-pasted-code&state=another\n`);
          void fetch(`${redirect}?code=a-guessed-code&state=another&error=a-strange-error`);
        },
      }),
    );
    await machine.remove();
    expect(code).toBe(7);
    expect(stderr).toContain('That address belongs to another sign-in');
    expect(stdout + stderr).not.toMatch(/a-pasted-code|a-guessed-code|a-strange-error/);
  });
});
