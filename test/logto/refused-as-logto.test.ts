import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OidcCliError } from '../../src/errors.js';
import { explain } from '../../src/explain/explain.js';
import type { Connector } from '../../src/logto/connector/connector.js';
import { type ConnectorConfig, validateConnectorConfig } from '../../src/logto/connector/schema.js';
import { verifyIdTokenAsLogto } from '../../src/logto/id-token.js';
import { exchangeCodeAsLogto, refreshAsLogto } from '../../src/logto/token-request.js';
import { tryTokenStorage } from '../../src/logto/token-storage.js';
import { createFetch, type NetworkFetch } from '../../src/network/fetch.js';
import { Recorder } from '../../src/trace/recorder.js';
import {
  type Answer,
  type DifferentialProvider,
  PUBLIC_KEYS,
  signedToken,
  startProvider,
} from './differential-provider.js';

/* What a refusal tells beyond Logto's own answer: the true reason, and nothing that is secret. */

const CODE = 'code+with/special=%41"&<signs>';
const SECRET = 'secret with+plus/"quotes"&\'<more>%é';
const REFRESH_TOKEN = 'refresh-token.of+the/run==';
const API_KEY = 'an-api-key-of-the-connector';
const CLOCK = { now: () => Date.now() };

let provider: DifferentialProvider;
let fetch: NetworkFetch;

beforeAll(async () => {
  provider = await startProvider();
  fetch = createFetch({ env: {}, clock: CLOCK });
});

afterAll(async () => {
  fetch.close();
  await provider.close();
});

function configOf(change: Record<string, unknown> = {}, verification: Record<string, unknown> = {}): ConnectorConfig {
  const verdict = validateConnectorConfig({
    authorizationEndpoint: `${provider.origin}/authorize`,
    tokenEndpoint: `${provider.origin}/token`,
    clientId: 'client',
    clientSecret: SECRET,
    scope: 'openid',
    customConfig: { apiKey: API_KEY },
    idTokenVerificationConfig: { jwksUri: `${provider.origin}/jwks`, ...verification },
    ...change,
  });
  if (!verdict.accepted) throw new Error('The configuration of this test is wrong.');
  return verdict.config;
}

async function refusalOf(work: Promise<unknown>): Promise<OidcCliError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OidcCliError) return error;
  throw error ?? new Error('It was accepted.');
}

const exchange = (config: ConnectorConfig) =>
  refusalOf(
    exchangeCodeAsLogto(
      config,
      { code: CODE, redirectUri: 'http://127.0.0.1/callback' },
      { fetch, clock: CLOCK, recorder: new Recorder() },
    ),
  );

/** All that is secret, as itself and as others might write it. */
function secretsOf(sent: { authorization?: string | undefined; body: string }): string[] {
  const assertion = new URLSearchParams(sent.body).get('client_assertion') ?? '';
  const basic = sent.authorization?.split(' ')[1] ?? '';
  return [SECRET, CODE, REFRESH_TOKEN, API_KEY, assertion, assertion.split('.')[2] ?? '', basic]
    .filter((secret) => secret !== '')
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ x: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    ]);
}

describe("a provider that repeats the request in its refusal: no secret is in the error's facts or words", () => {
  type Echo = (sent: { authorization?: string | undefined; body: string }) => Answer;
  const parameters = ({ body }: { body: string }) => [...new URLSearchParams(body).values()].join(' ');
  const ways: readonly (readonly [string, Echo])[] = [
    [
      'as a description',
      (sent) => ({ body: { error: 'invalid_grant', error_description: `Bad request: ${parameters(sent)}` } }),
    ],
    ['as an error', (sent) => ({ body: { error: parameters(sent) } })],
    ['as it came', (sent) => ({ body: sent.body })],
    ['with its header', (sent) => ({ body: `${sent.authorization} ${sent.body}` })],
    ['decoded from its header', (sent) => ({ body: Buffer.from(sent.authorization?.split(' ')[1] ?? '', 'base64') })],
    ['in JSON without an error', (sent) => ({ body: { request: parameters(sent) } })],
    [
      'in JSON with other escapes',
      (sent) => ({
        body: JSON.stringify({ request: parameters(sent) })
          .replaceAll('/', '\\/')
          .replaceAll('+', '\\u002b'),
      }),
    ],
    [
      'in HTML',
      (sent) => ({
        body: `<p>${parameters(sent).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')}</p>`,
      }),
    ],
    [
      'percent-encoded in small letters',
      (sent) => ({ body: encodeURIComponent(parameters(sent)).replaceAll(/%../g, (hex) => hex.toLowerCase()) }),
    ],
    [
      'in a challenge',
      (sent) => ({
        body: '',
        headers: { 'www-authenticate': `Basic realm="${encodeURIComponent(parameters(sent))}"` },
      }),
    ],
  ];
  const methods = ['client_secret_post', 'client_secret_basic', 'client_secret_jwt'];
  const runs = ways.flatMap(([driver, echo]) => methods.map((method) => [driver, method, echo] as const));

  test.each(runs)('%s, %s', async (_way, tokenEndpointAuthMethod, echo) => {
    const config = configOf({ tokenEndpointAuthMethod });
    const steps = [
      () => exchange(config),
      () => refusalOf(refreshAsLogto(config, REFRESH_TOKEN, { fetch, clock: CLOCK, recorder: new Recorder() })),
    ];
    for (const step of steps) {
      provider.playBack((sent) => ({ status: 400, ...echo(sent) }));
      const { code, facts } = await step();
      const [sent] = provider.asked('ours');
      expect(code).toBe('connector_token_refused');
      const shown = `${JSON.stringify(facts)} ${Object.values(facts).join(' ')} ${JSON.stringify(explain(code, facts))}`;
      for (const secret of secretsOf(sent ?? { body: '' })) expect(shown).not.toContain(secret);
      expect(facts).toMatchObject({ status: 400, logtoStatus: 400, logtoCode: 'connector.general' });
    }
  });

  test('what is no secret is still told', async () => {
    provider.playBack(() => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: `${CODE} was used at /callback` },
    }));
    const { facts } = await exchange(configOf());
    expect(facts).toMatchObject({ error: 'invalid_grant', description: '(not shown) was used at /callback' });
  });

  test('a redirect to an address with the code in it', async () => {
    provider.playBack(() => ({ status: 302, headers: { location: `/${encodeURIComponent(CODE)}` } }));
    const { code, facts } = await exchange(configOf());
    expect(code).toBe('connector_token_unreachable');
    expect(facts.url).toBe(`${provider.origin}/(not shown)`);
  });
});

describe('a claim that Logto refuses is shown with what was expected', () => {
  const now = Math.floor(Date.now() / 1000);
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  test.each<[string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>]>([
    [
      'an issuer',
      { iss: 'https://a.example/' },
      { issuer: 'https://a.example' },
      { claim: 'iss', expected: 'https://a.example', actual: 'https://a.example/' },
    ],
    ['one of several issuers', { iss: 'x' }, { issuer: ['a', 'b'] }, { claim: 'iss', expected: 'a, b', actual: 'x' }],
    ['a missing issuer', {}, { issuer: 'a' }, { claim: 'iss', missing: true, actual: 'nothing' }],
    ['an audience', { aud: ['x', 'y'] }, {}, { claim: 'aud', expected: 'client', actual: 'x, y' }],
    ['an audience of another type', { aud: { a: [null] } }, {}, { claim: 'aud', actual: '{"a":[null]}' }],
    ['an empty audience', { aud: '' }, {}, { claim: 'aud', actual: '""' }],
    ['a subject', { sub: 'user-1' }, { subject: 'user-2' }, { claim: 'sub', expected: 'user-2', actual: 'user-1' }],
    ['a type', {}, { typ: 'at+jwt' }, { claim: 'typ', expected: 'at+jwt', actual: 'JWT' }],
    [
      'an expiry',
      { exp: now - 100 },
      { clockTolerance: 5 },
      { claim: 'exp', actual: iso(now - 100), tolerance: '5 s' },
    ],
    ['a beginning', { nbf: now + 100 }, {}, { claim: 'nbf', actual: iso(now + 100), tolerance: '0 s' }],
    ['an age', { iat: now - 100 }, { maxTokenAge: '1 min' }, { claim: 'iat', actual: iso(now - 100), missing: false }],
    ['a date beyond all calendars', { nbf: 1e300 }, {}, { claim: 'nbf', actual: '1e+300' }],
    ['a very long value', { iss: 'x'.repeat(5000) }, { issuer: 'a' }, { claim: 'iss', actual: `${'x'.repeat(200)}…` }],
  ])('%s', async (_name, claims, verification, facts) => {
    provider.play({ '/jwks': { body: { keys: [PUBLIC_KEYS.rsa] } } });
    const idToken = signedToken(JSON.stringify({ sub: 's', aud: 'client', ...claims }), 'rsa', { typ: 'JWT' });
    const error = await refusalOf(
      verifyIdTokenAsLogto(configOf({}, verification), idToken, 'nonce', {
        fetch,
        clock: CLOCK,
        recorder: new Recorder(),
      }),
    );
    expect(error.code).toBe('connector_id_token_refused');
    expect(error.facts).toMatchObject({ ...facts, logtoStatus: 500 });
    expect(JSON.stringify(error.facts)).not.toContain(idToken);
  });
});

describe('a request that is ended from outside', () => {
  const ended = new OidcCliError('interrupted');
  const refuse = async () => Promise.reject(ended);
  const deps = {
    fetch: Object.assign(refuse, { ask: refuse, close: () => {} }),
    clock: CLOCK,
    recorder: new Recorder(),
  };
  const post = { tokenEndpointAuthMethod: 'client_secret_post' };
  const works: Readonly<Record<string, () => Promise<unknown>>> = {
    'token request': () => exchangeCodeAsLogto(configOf(), { code: CODE, redirectUri: 'http://127.0.0.1/' }, deps),
    refresh: () => {
      const config = configOf(post);
      const connector = { saved: config, config } as unknown as Connector;
      return tryTokenStorage(connector, { id_token: 'x', access_token: 'y', refresh_token: REFRESH_TOKEN }, deps);
    },
    'key set': () => verifyIdTokenAsLogto(configOf(), signedToken('{"sub":"s"}', 'rsa', {}), 'nonce', deps),
  };
  test.each(Object.entries(works))('%s: that is no answer of Logto', async (_name, work) => {
    expect(await refusalOf(work())).toBe(ended);
  });
});
