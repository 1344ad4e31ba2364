import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ERROR_EXIT_CODES } from '../../src/errors.js';
import { ANNOUNCED, provider as connectorProvider, examine, examinesConnectors } from '../support/examine-connector.js';
import { createMachine, type Finished, type Machine } from '../support/run.js';
import {
  type Json,
  oauthError,
  type Reply,
  type Script,
  type ScriptedProvider,
  startScriptedProvider,
} from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';

/*
 * A provider answers in JSON of any shape. Each member of each answer is given
 * every type that it must not have: the command says what is wrong, and never
 * fails by itself.
 */

const LISTS = [
  ...['scopes', 'claims', 'response_types', 'response_modes', 'grant_types', 'subject_types', 'acr_values'],
  ...['display_values', 'prompt_values', 'code_challenge_methods', 'id_token_signing_alg_values'],
  ...['token_endpoint_auth_methods', 'token_endpoint_auth_signing_alg_values', 'request_object_signing_alg_values'],
].map((name) => `${name}_supported`);
const ENDPOINTS = [
  ...['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'revocation_endpoint', 'jwks_uri', 'issuer'],
  ...['introspection_endpoint', 'end_session_endpoint', 'pushed_authorization_request_endpoint'],
];
const FLAGS = ['claims_parameter_supported', 'require_pushed_authorization_requests', 'require_signed_request_object'];
/** Lists that a sign-in chooses from, and cannot do without. */
const DECIDING = ['token_endpoint_auth_methods_supported', 'id_token_signing_alg_values_supported'];
/** One of each type that a list, an address or a flag must not have. */
const SHAPES = [null, false, 7, 'a text', { length: 2, includes: 'a' }, [null], [{}]];

let provider: ScriptedProvider;
let machine: Machine;
beforeAll(async () => {
  provider = await startScriptedProvider();
  machine = await createMachine();
});
beforeEach(() => provider.play({}));
afterAll(async () => {
  await provider.close();
  await machine.remove();
});
examinesConnectors();

/** Runs a command; it ends with a documented code for what was wrong, and shows every value in words. */
async function run(what: string, script: Script, argv: readonly string[]): Promise<Finished & { document: Json }> {
  provider.play(script);
  const finished = await machine.run([...argv, '--json'], { openUrl: followRedirects });
  expectCoded(finished, what);
  return { ...finished, document: JSON.parse(finished.stdout) };
}

function expectCoded({ code, stdout, stderr }: Finished, what: string): void {
  const output = stdout + stderr;
  expect(output, what).not.toMatch(/"internal"|\[object |native code/);
  const error = JSON.parse(stdout).error as { code: keyof typeof ERROR_EXIT_CODES } | undefined;
  if (error) expect(ERROR_EXIT_CODES[error.code], what).toBe(code);
}

const doctor = () => ['doctor', '--issuer', provider.issuer, '--client-id', 'app', '--prompt', 'login'];
const login = () => [
  ...['login', '--issuer', provider.issuer, '--client-id', 'app', '--redirect-uri', 'http://127.0.0.1:0/callback'],
  '--show-claims',
];

describe('metadata', () => {
  const allowed = (name: string, shape: unknown) =>
    (FLAGS.includes(name) && shape === false) || (ENDPOINTS.includes(name) && typeof shape === 'string');
  /** Runs doctor on metadata in which these members have a wrong type; each of them must be in a warning or failure. */
  const expectNamed = async (metadata: Json) => {
    const what = JSON.stringify(metadata);
    const { document } = await run(what, { metadata }, doctor());
    const checks = document.checks as { verdict: string; actual: string }[];
    const findings = checks.filter(({ verdict }) => verdict === 'warn' || verdict === 'fail');
    const text = findings.map(({ actual }) => actual).join('\n');
    for (const name of Object.keys(metadata)) {
      expect(text, what).toMatch(name === 'issuer' ? /issuer/ : new RegExp(`\\b${name}\\b`));
    }
  };

  test.each([...LISTS, ...ENDPOINTS, ...FLAGS].map((name, index) => [name, index] as const))(
    '%s of a wrong type: doctor tells it',
    async (name, index) => {
      const shapes = SHAPES.filter((shape) => !allowed(name, shape));
      await expectNamed({ [name]: shapes[index % shapes.length] });
    },
  );

  test.each(SHAPES.map((shape) => [JSON.stringify(shape), shape]))(
    '%s for several members at once: doctor tells each',
    async (_, shape) => {
      // These decide how to go on, so doctor stops at the first of them.
      const needed = ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri', ...DECIDING];
      const names = [...LISTS, ...ENDPOINTS, ...FLAGS].filter(
        (name) => !needed.includes(name) && !allowed(name, shape),
      );
      // A message names eight at most.
      for (let at = 0; at < names.length; at += 8) {
        await expectNamed(Object.fromEntries(names.slice(at, at + 8).map((name) => [name, shape])));
      }
    },
  );

  test('a sign-in uses what has the right type, and refuses what decides what it sends', async () => {
    for (const name of LISTS) {
      const { code, document } = await run(name, { metadata: { [name]: { length: 2 } } }, login());
      if (DECIDING.includes(name)) expect(document.error, name).toMatchObject({ code: 'discovery_invalid' });
      else expect(code, name).toBe(0);
    }
  });

  test('a connector is compared with what has the right type', async () => {
    for (const [index, name] of [...LISTS, ...ENDPOINTS, ...FLAGS].entries()) {
      const shape = index % 2 === 0 ? 'a text' : { length: 2 };
      const finished = await examine({ script: { metadata: { ...ANNOUNCED, [name]: shape } } });
      expectCoded(finished, `${name}: ${JSON.stringify(shape)}`);
    }
    expect(connectorProvider.requests('/keys')).not.toEqual([]);
  });
});

describe('key sets', () => {
  const replies = (key: Json): Reply[] => [
    ...SHAPES.map((shape) => ({ body: JSON.stringify(shape) })),
    ...SHAPES.map((keys) => ({ body: { keys } })),
    ...SHAPES.map((other) => ({ body: { keys: [other, key] } })),
    ...['kty', 'kid', 'alg', 'use', 'crv', 'n', 'x', 'd', 'k', 'key_ops', 'x5c'].flatMap((name, index) => {
      const damaged = [null, 7, { length: 2 }].map((shape) => ({ ...key, [name]: shape }));
      return [{ body: { keys: [damaged[index % 3]] } }, { body: { keys: [key, damaged[(index + 1) % 3]] } }];
    }),
  ];

  test.each(['doctor', 'login'])('of every shape: %s', async (command) => {
    for (const [index, { body }] of replies({}).entries()) {
      const keySet: Script['keySet'] = ({ keys: [key] }) => replies(key as Json)[index] as Reply;
      await run(`key set ${index}: ${JSON.stringify(body)}`, { keySet }, command === 'doctor' ? doctor() : login());
    }
  });

  test('a member that is no object is told with its place', async () => {
    const keySet: Script['keySet'] = ({ keys }) => ({ body: { keys: [...keys, ['a list']] } });
    const { document } = await run('a list among the keys', { keySet }, login());
    expect(document.error).toMatchObject({
      code: 'key_set_unavailable',
      message: expect.stringContaining('keys[1] is ["a list"], not an object'),
    });
    const examined = await examine({ script: { keySet } });
    expectCoded(examined, 'a connector');
    expect(examined.bad).toContain('fail key set');
  });

  test('a set of far too many keys is refused, not searched', async () => {
    const keySet: Script['keySet'] = ({ keys: [key] }) => ({
      body: { keys: Array.from({ length: 5_000 }, (_, number) => ({ ...key, kid: `key-${number}` })) },
    });
    const { document } = await run('5,000 keys', { keySet }, login());
    expect(document.error).toMatchObject({
      code: 'key_set_unavailable',
      message: expect.stringContaining('5000 keys'),
    });
  });
});

describe('what is nested without end', () => {
  const deep = (levels: number) => `${'{"a":['.repeat(levels)}1${']}'.repeat(levels)}`;
  // Half of them as a web page, which what reads a key set or userinfo does not look at.
  const reply = (honest: object, levels: number): Reply => ({
    headers: { 'content-type': levels === 6_000 ? 'text/html' : 'application/json' },
    body: JSON.stringify({ ...honest, extra: 0 }).replace('"extra":0', `"extra":${deep(levels)}`),
  });
  const jwt = (honest: string, levels: number) => {
    const [header, claims = '', signature] = honest.split('.');
    const text = String(reply(JSON.parse(Buffer.from(claims, 'base64url').toString()), levels).body);
    return [header, Buffer.from(text).toString('base64url'), signature].join('.');
  };
  const places: Readonly<Record<string, readonly [(levels: number) => Script, string]>> = {
    discovery: [(levels) => ({ discovery: (honest) => reply(honest, levels) }), 'response_too_deep'],
    'the key set': [(levels) => ({ keySet: (honest) => reply(honest, levels) }), 'response_too_deep'],
    'the token answer': [(levels) => ({ token: (honest) => reply(honest, levels) }), 'response_too_deep'],
    'a refusal': [
      (levels) => ({ token: () => ({ ...reply({ error: 'invalid_grant' }, levels), status: 400 }) }),
      'response_too_deep',
    ],
    'the ID token': [(levels) => ({ idToken: (honest) => jwt(honest, levels) }), 'id_token_malformed'],
  };

  test.each(Object.entries(places))('%s', async (_place, [script, code]) => {
    for (const levels of [60, 6_000, 60_000]) {
      const { document } = await run(`${levels} levels`, script(levels), login());
      expect(document.error, `${levels} levels`).toMatchObject({ code });
    }
  });

  test('userinfo', async () => {
    for (const levels of [60, 6_000]) {
      const script: Script = { userinfo: (honest) => reply(honest, levels) };
      expectCoded(await run(`${levels} levels`, script, login()), 'login');
      const shown = await run(`${levels} levels`, script, ['userinfo']);
      expect(shown.document.error).toMatchObject({ code: 'response_too_deep' });
    }
  });

  test('what doctor finds of it', async () => {
    for (const script of [places.discovery?.[0](6_000), places['the key set']?.[0](6_000)]) {
      const { code, stdout } = await run('doctor', script ?? {}, doctor());
      expect([code, stdout]).toEqual([1, expect.stringContaining('nested more than 100 levels deep')]);
    }
  });
});

describe.each(['constructor', 'toString', '__proto__'])('the error code %s', (error) => {
  const pushed = { metadata: { require_pushed_authorization_requests: true }, pushed: oauthError(400, error) };
  const userinfo = () => ({ status: 401, headers: { 'www-authenticate': `Bearer error="${error}"` } });

  test.each<[string, Script, string | undefined]>([
    ['of the authorization endpoint', { authorization: { code: undefined, error } }, 'authorization_refused'],
    ['of the token endpoint', { token: () => oauthError(400, error, error) }, 'token_request_refused'],
    ['of a pushed request', pushed, 'token_request_refused'],
    ['of userinfo', { userinfo }, undefined],
  ])('%s', async (_where, script, code) => {
    const { document } = await run(error, script, login());
    if (code) expect(document.error).toMatchObject({ code, facts: { error } });
    await run(error, script, doctor());
  });

  test('explained, and in an address that is looked at', async () => {
    for (const argv of [
      ['explain', error],
      ['explain', `error=${error}&error_description=${error}`],
      ['inspect', `http://localhost/callback?error=${error}&state=x`],
    ]) {
      await run(argv.join(' '), {}, argv);
    }
  });
});

test('a description that is no text is left out, and the code is told', async () => {
  for (const shape of SHAPES) {
    const token = () => ({ status: 400, body: { error: 'invalid_grant', error_description: shape } });
    const { document } = await run(JSON.stringify(shape), { token }, login());
    expect(document.error).toMatchObject({ code: 'invalid_grant' });
  }
});
