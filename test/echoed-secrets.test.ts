import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CookieBrowser } from './support/cookie-browser.js';
import { createMachine, type Machine } from './support/run.js';
import {
  type Reply,
  type Script,
  type ScriptedProvider,
  type SeenRequest,
  startScriptedProvider,
} from './support/scripted-provider.js';
import { followRedirects } from './support/scripted-sign-in.js';
import { formsOf } from './support/secret-forms.js';
import { traced } from './trace/traced.js';

/*
 * A provider that repeats each secret of the run, in each form, at each place
 * from which something is shown: none of them is in any output.
 */

const CLIENT_SECRET = 'cl1ent s3cret+"<odd>"/&=ü1';
const PASSWORD = 'pä55 "w0rd" & <more>/+2';

/** All that a request has in confidence. */
function secretsOf({ form, headers }: SeenRequest): string[] {
  const sent = ['code', 'code_verifier', 'client_secret', 'client_assertion', 'refresh_token', 'token'];
  const bearer = headers.authorization?.replace(/^\w+ /, '') ?? '';
  return [...sent.map((name) => form.get(name) ?? ''), bearer, CLIENT_SECRET].filter(Boolean);
}

const inAllForms = (secrets: readonly string[]) => secrets.flatMap(formsOf).join(' | ');
/** Headers have less room, and bytes of ASCII alone. */
const inHeader = (secrets: readonly string[]) =>
  inAllForms(secrets.filter(({ length }) => length < 100))
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 12_000);

type Echo = (secrets: readonly string[]) => Reply;

/** Where a refusal repeats them. */
const REFUSALS: Readonly<Record<string, Echo>> = {
  'in its description': (secrets) => ({
    status: 400,
    body: { error: 'invalid_grant', error_description: inAllForms(secrets), error_uri: inAllForms(secrets) },
  }),
  'as its code': (secrets) => ({ status: 400, body: { error: inAllForms(secrets) } }),
  'in names of members': (secrets) => ({
    status: 400,
    body: { error: 'invalid_request', ...Object.fromEntries(secrets.flatMap(formsOf).map((form) => [form, form])) },
  }),
  'in WWW-Authenticate': (secrets) => ({
    status: 401,
    headers: {
      'www-authenticate': `Basic realm="x", error="invalid_client", error_description="${inHeader(secrets).replaceAll(/["\\]/g, "'")}"`,
      'x-echo': inHeader(secrets),
    },
  }),
  'in the title and text of a page': (secrets) => ({
    status: 500,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<title>${inAllForms(secrets).replaceAll('<', '&lt;')}</title><p>${inAllForms(secrets)}</p>`,
  }),
  'in the address of a redirect': (secrets) => ({
    status: 302,
    headers: {
      location: `/in/${secrets.map(encodeURIComponent).join('/').slice(0, 9_000)}?x=${inHeader(secrets).slice(0, 3_000)}`,
    },
  }),
  'in the Location of what is no redirect': (secrets) => ({
    status: 500,
    headers: { location: `/in/${secrets.map(encodeURIComponent).join('/').slice(0, 9_000)}` },
  }),
  'in a content type': (secrets) => ({
    status: 200,
    headers: { 'content-type': inHeader(secrets).replaceAll(';', ',') },
    body: 'no',
  }),
};

/** At which endpoint. */
const AT: Readonly<Record<string, (echo: Echo) => Script>> = {
  'the token endpoint': (echo) => ({ token: (_honest, request) => echo(secretsOf(request)) }),
  'the userinfo endpoint': (echo) => ({ userinfo: (_honest, request) => echo(secretsOf(request)) }),
  discovery: (echo) => ({ discovery: () => echo([CLIENT_SECRET]) }),
  'the key set': (echo) => ({ keySet: () => echo([CLIENT_SECRET]) }),
  'the authorization endpoint': (echo) => ({ page: echo([CLIENT_SECRET, PASSWORD]) }),
};

const METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];
const PLACES = Object.entries(AT).flatMap(([endpoint, script], one) =>
  Object.entries(REFUSALS).map(([where, echo], other) => ({
    place: `${endpoint}, ${where}`,
    script: script(echo),
    method: METHODS[(one + other) % METHODS.length] as string,
  })),
);

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

const ENV = { OIDC_CLI_APP_SECRET: CLIENT_SECRET, OIDC_CLI_PASSWORD: PASSWORD };
const flags = (method: string, ...more: string[]) => [
  ...['login', '--issuer', provider.issuer, '--client-id', 'app', '--redirect-uri', 'http://127.0.0.1:0/callback'],
  ...['--client-secret-env', 'OIDC_CLI_APP_SECRET', '--client-auth', method, ...more],
];

/** Fails where an output holds one of the provider's secrets after the first `since`, but for `open` ones, or one of the user's. */
function expectNone(
  outputs: Readonly<Record<string, string>>,
  since = 0,
  own = [CLIENT_SECRET, PASSWORD],
  open: ReadonlySet<string> = new Set(),
): void {
  const seen = [...provider.secrets].slice(since).filter((secret) => secret !== CLIENT_SECRET && !open.has(secret));
  const secrets = [...seen, ...own];
  expect(secrets.length).toBeGreaterThan(0);
  const leaks: string[] = [];
  for (const form of new Set(secrets.flatMap(formsOf))) {
    for (const [name, output] of Object.entries(outputs)) {
      const at = output.indexOf(form);
      if (at >= 0) leaks.push(`${name} holds ${form}: ${output.slice(Math.max(0, at - 80), at + form.length + 20)}`);
    }
  }
  expect(leaks).toEqual([]);
}

describe.each(PLACES)('repeated by $place', ({ script, method }) => {
  test('they are neither on the terminal, nor in JSON, nor in a trace, nor on the page in the browser', async () => {
    provider.play(script);
    const before = provider.secrets.size;
    const pages: string[] = [];
    const openUrl = async (url: string) => {
      pages.push(await (await new CookieBrowser().open(url)).text());
    };
    // Nobody is there to see a page that leads nowhere.
    const automation = script.page ? ['--with', 'http', '--user', 'alice', '--password-env', 'OIDC_CLI_PASSWORD'] : [];
    const argv = flags(method, ...automation);
    const { stdout, stderr, har, json, html } = await traced(machine, argv, { env: ENV, openUrl });
    const inJson = await machine.run([...argv, '--json', '--verbose'], { env: ENV, openUrl: followRedirects });
    JSON.parse(inJson.stdout);
    const page = pages.join('\n');
    expectNone(
      { stdout, stderr, har, json, html, page, '--json': inJson.stdout, 'stderr of --json': inJson.stderr },
      before,
    );
  });
});

test('in no report of smoke, and not in what is kept of a sign-in page', async () => {
  const password = '$' + '{OIDC_CLI_PASSWORD}';
  const clientSecret = '$' + '{OIDC_CLI_APP_SECRET}';
  const reports = ['terminal', 'json', 'junit', 'tap', 'github', 'prometheus'];
  const reporters = reports.flatMap((name) => ['--reporter', `${name}=report.${name}`]);
  // Each refusal and each endpoint once or twice: a run takes its time.
  const places = PLACES.filter(({ place }, index) => index % 5 === 0 || place.endsWith('in its description'));
  expect(places.length).toBeGreaterThan(10);
  for (const { script, method } of places) {
    provider.play(script);
    const before = provider.secrets.size;
    const profile = { issuer: provider.issuer, clientId: 'app', clientSecret, clientAuth: method };
    const expected = { claims: { name: 'Bob' }, userinfo: { claims: { name: 'Bob' } } };
    const checks = [
      {
        name: 'one',
        profile,
        with: 'http',
        user: 'alice',
        password,
        redirectUri: 'http://localhost:8484/',
        expect: expected,
      },
    ];
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ checks }));
    const env = { ...ENV, GITHUB_STEP_SUMMARY: join(machine.home, 'summary.md') };
    const argv = ['smoke', '--evidence', 'kept', ...reporters, '--reporter', 'github', '--trace'];
    const { code, stdout, stderr } = await machine.run(argv, { env });
    expect([1, 3, 5, 7, 8], stderr).toContain(code);
    const files = (await readdir(machine.home, { recursive: true })).filter((name) =>
      /report\.|summary|kept.*\.txt/.test(name),
    );
    expect(files.length).toBeGreaterThan(6);
    const texts = await Promise.all(
      files.map(async (name) => [name, await readFile(join(machine.home, name), 'utf8')]),
    );
    expectNone({ stdout, stderr, ...Object.fromEntries(texts) }, before);
    await rm(join(machine.home, 'kept'), { recursive: true, force: true });
  }
});

test.each(Object.entries(REFUSALS))(
  'at a sign-out not where the revocation endpoint repeats them %s',
  async (_, echo) => {
    provider.play({});
    const before = provider.secrets.size;
    const signedIn = await machine.run(flags('client_secret_post'), { env: ENV, openUrl: followRedirects });
    expect(signedIn.code, signedIn.stderr).toBe(0);
    provider.play({ revocation: (request) => echo(secretsOf(request)) });
    const { stdout, stderr, har, json, html } = await traced(machine, ['logout', '--json', '--verbose'], { env: ENV });
    expect(provider.requests('/revoke').length).toBeGreaterThan(0);
    expectNone({ stdout, stderr, har, json, html }, before);
  },
);

test.each(['error', 'token_type', 'trace'])('not where a token comes as %s', async (name) => {
  const token = 'at~ovfyJ78lGApd8sk6QPMMD0oBx1q2lSsC';
  for (const body of [{ [name]: token }, { access_token: { [name]: token }, [name]: token }]) {
    provider.play({ token: () => ({ status: 200, body }) });
    const argv = [...flags('client_secret_post'), '--json', '--verbose'];
    const { code, stdout, stderr, har, json, html } = await traced(machine, argv, {
      env: ENV,
      openUrl: followRedirects,
    });
    expect(code).not.toBe(0);
    for (const output of [stdout, stderr, har, json, html]) expect(output).not.toContain(token);
  }
});

/** One place for each endpoint, each another. */
const EXAMINED = PLACES.filter((_, index) => index % (Object.keys(REFUSALS).length + 1) === 0);

describe.each(['doctor', 'probe'])('at %s', (command) => {
  test.each(EXAMINED)('not where they are repeated by $place', async ({ script, method }) => {
    const automated = ['--with', 'http', '--user', 'alice', '--password-env', 'OIDC_CLI_PASSWORD', '--yes'];
    const target = flags(method, ...(command === 'probe' ? automated : [])).slice(1);
    for (const more of [[], ['--json']]) {
      provider.play(script);
      const before = provider.secrets.size;
      const { stdout, stderr, har, json, html } = await traced(machine, [command, ...target, ...more], { env: ENV });
      expect(provider.requests('/.well-known/openid-configuration').length).toBeGreaterThan(0);
      // A probe sends the challenge as the verifier, and anybody may see a challenge. Doctor is not given the password.
      const challenges = new Set(provider.requests('/authorize').map(({ query }) => query.get('code_challenge') ?? ''));
      const own = command === 'probe' ? [CLIENT_SECRET, PASSWORD] : [CLIENT_SECRET];
      expectNone({ stdout, stderr, har, json, html }, before, own, challenges);
    }
  });
});

test('in no claim, wherever claims are shown', async () => {
  const before = provider.secrets.size;
  provider.play({
    userinfo: (honest, request) => ({ body: { ...honest, name: inAllForms(secretsOf(request)) } }),
    claims: { name: inAllForms([CLIENT_SECRET]), [CLIENT_SECRET]: 1 },
  });
  for (const more of [['--show-claims'], ['--show-claims', '--json']]) {
    const deps = { env: ENV, openUrl: followRedirects };
    const { code, stdout, stderr } = await machine.run(flags('client_secret_post', ...more), deps);
    expect(code, stderr).toBe(0);
    expectNone({ stdout, stderr }, before);
  }
  // These have the tokens of the session, and no client secret.
  for (const argv of [['whoami', '--userinfo'], ['userinfo'], ['userinfo', '--json']]) {
    const { code, stdout, stderr } = await machine.run(argv, { env: ENV });
    expect(code, stderr).toBe(0);
    expectNone({ stdout, stderr }, before, []);
  }
});

test('the token that was asked for is shown', async () => {
  provider.play({});
  await machine.run(flags('client_secret_post'), { env: ENV, openUrl: followRedirects });
  for (const argv of [['token'], ['token', '--id-token'], ['token', '--json']]) {
    const { stdout } = await machine.run(argv, { env: ENV });
    expect(
      [...provider.secrets].some((secret) => stdout.includes(secret)),
      argv.join(' '),
    ).toBe(true);
  }
});
