import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsoleEntry, isShortened, type PagePart, parsePage, rendered, wordsOf } from '../docs/page.js';
import { examine, SECRET, SOUND } from '../support/examine-profile.js';
import { freePort } from '../support/free-port.js';
import { identityProvider } from '../support/identity-provider.js';
import { createMachine, type Machine, type RunWorld } from '../support/run.js';
import { expectNoSecret, traced, traceJson } from '../trace/traced.js';

const JSON_PAGE = fileURLToPath(new URL('../../docs/json.md', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/doctor.md', import.meta.url));

let machine: Machine;

beforeAll(async () => {
  machine = await createMachine();
});
afterAll(() => machine.remove());

/** What differs from run to run and from machine to machine, in one word each. */
function still(text: string): string {
  return text
    .replaceAll(machine.home, 'HOME')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\d+ of Node's own/g, "N of Node's own")
    .replaceAll(/; (none was found|\S+) for --with browser/g, '; CHROME for --with browser')
    .replaceAll(/\d+ bytes/g, 'N bytes')
    .replaceAll(/(clock skew +)-?\d s/g, '$1N s')
    .replaceAll(/^( {2}✓ {2}(?:oidc-cli|node|operating system|openid-client) +).*$/gm, '$1VERSION');
}

const doctor = async (argv: readonly string[], deps: RunWorld = {}) => {
  const run = await machine.run(['doctor', ...argv], { ...deps, env: { ...SOUND, ...deps.env } });
  return { ...run, stdout: still(run.stdout) };
};

/** Examines a profile that has nothing to complain of. */
async function correctProvider() {
  const { issuer } = await identityProvider();
  return doctor(['--issuer', issuer, '--client-id', 'demo', '--port', '0']);
}

/** What a report has that a sound profile's has not, under all its headings and however wide its columns are. */
async function unlikeSound(stdout: string): Promise<string> {
  const narrow = (line: string) => line.replaceAll(/(?<=\S) {2,}/g, '  ');
  const sound = new Set((await correctProvider()).stdout.split('\n').map(narrow));
  return stdout
    .split('\n')
    .map(narrow)
    .filter((line) => !sound.has(line) || /^\S/.test(line))
    .join('\n');
}

describe('a sound profile', () => {
  it('is told check by check, with nothing on stderr', async () => {
    const { code, stdout, stderr } = await correctProvider();
    expect(stdout).toMatchInlineSnapshot(`
      "✓ Nothing was found that would keep a sign-in from working.

      Configuration
        -  files                     not read: an issuer without the name of a profile stands for itself
        ✓  profile                   127.0.0.1:PORT (named after its issuer)
        ✓  issuer                    http://127.0.0.1:PORT (--issuer)
        ✓  client id                 demo (--client-id)
        ✓  client secret             none: a public client
        ✓  settings                  redirectUri http://localhost:0/callback (--port), store file (OIDC_CLI_STORE)

      The way to the provider
        ✓  proxy                     none: no variable names one
        ✓  certificate authorities   N of Node's own
        ✓  name resolution           an address, not a name
        -  TLS version               plain http has none (likewise: certificate chain, certificate lifetime)
        ✓  clock skew                N s
        ✓  answer times              each within 3000 ms

      Discovery
        ✓  status                    200 from http://127.0.0.1:PORT/.well-known/openid-configuration
        ✓  content type              application/json
        ✓  size                      N bytes
        ✓  issuer                    http://127.0.0.1:PORT, to the letter
        ✓  required members          all 7 are there
        ✓  recommended members       userinfo_endpoint, scopes_supported, claims_supported

      Endpoints
        ✓  https                     all on this machine, where nobody is in between
        ✓  token endpoint            http://127.0.0.1:PORT/token answers 400
        ✓  userinfo endpoint         http://127.0.0.1:PORT/me answers 401
        ✓  revocation endpoint       http://127.0.0.1:PORT/token/revocation answers 400
        ✓  introspection endpoint    http://127.0.0.1:PORT/token/introspection answers 400
        ✓  pushed requests endpoint  http://127.0.0.1:PORT/request answers 400
        ✓  end session endpoint      http://127.0.0.1:PORT/session/end answers 200

      What this profile needs of the provider
        ✓  code flow                 response type code, grant authorization_code
        ✓  PKCE S256                 announced
        ✓  scopes                    openid profile email
        ✓  client authentication     none (there is no secret)
        ✓  ID token algorithm        RS256, ES256, EdDSA
        -  prompt                    the profile asks for none
        ✓  signed requests           not required
        ✓  pushed requests           not required

      Key set
        ✓  key set                   3 keys from http://127.0.0.1:PORT/jwks
        ✓  keys                      for RS256, ES256, EdDSA
        ✓  key ids                   each has its own
        ✓  RSA key size              2048 bits
        ✓  private keys              none
        ✓  unsupported keys          none
        ✓  caching                   nothing is said: apps decide themselves how long they keep it

      Authorization request, without a sign-in
        ✓  authorization endpoint    answers 303 and sends the browser to http://127.0.0.1:PORT/interaction/…
        ✓  client known              demo
        ✓  redirect URI registered   http://localhost:8484/callback
        ✓  scopes allowed            openid profile email: not refused before the sign-in
        ✓  iss in the answer         announced (RFC 9207)

      This machine
        ✓  redirect URI              http://localhost:0/callback (--port)
        ✓  port                      any free one
        ✓  to register               http://localhost/callback with any port (RFC 8252 §7.3) for the sign-in, http://localhost:8484/signed-out for the sign-out
        ✓  browser                   /bin/true (BROWSER); CHROME for --with browser
        -  keychain                  not needed: the session is kept in the encrypted file (--store file)
        ✓  session file              the encrypted file in HOME/store

      Versions
        ✓  oidc-cli                  VERSION
        ✓  node                      VERSION
        ✓  operating system          VERSION
        ✓  openid-client             VERSION

      ✓ 127.0.0.1:PORT: nothing to complain of
      "
    `);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('is shown live on a terminal, and the last line of that is taken away', async () => {
    const { issuer } = await identityProvider();
    let stderr = '';
    const { createTerminal } = await import('../../src/terminal.js');
    const { doctor: run } = await import('../../src/commands/doctor/run.js');
    const { PassThrough } = await import('node:stream');
    const deps = {
      ...{ env: { ...SOUND, OIDC_CLI_STORE: 'memory' }, cwd: machine.home, platform: process.platform },
      ...{ folders: { config: machine.home, data: machine.home }, stdin: new PassThrough() },
      ...{ stdout: { write: () => true }, stderr: { isTTY: true, write: (text: string) => (stderr += text) } },
      ...{ clock: { now: () => Date.now() }, signal: new AbortController().signal },
    };
    const flags = { issuer, clientId: 'demo', port: 0 };
    expect(await run({ flags }, deps, await createTerminal(deps))).toBe(0);
    const erase = '\r\u001b[2K';
    expect(stderr.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST').split(erase)).toEqual([
      ...['Connecting to HOST…', 'Asking for the discovery document…', 'Asking the endpoints…'],
      ...['Trying the authorization request…', ''],
    ]);
  });
});

describe('a broken profile', () => {
  it('is told by the one thing to mend first, and then check by check', async () => {
    const { issuer } = await identityProvider({
      clients: [{ clientId: 'shop', clientSecret: SECRET, redirectUris: ['https://shop.example/callback'] }],
    });
    const flags = ['--client-id', 'shop', '--client-secret-env', 'SHOP_SECRET', '--port', '0'];
    const deps = { env: { SHOP_SECRET: `${SECRET}\n`, BROWSER: '' } };
    const { code, stdout, stderr } = await doctor(['--issuer', issuer, ...flags, '--scope', 'openid groups'], deps);
    expect(await unlikeSound(stdout)).toMatchInlineSnapshot(`
      "✗ The registration at the provider: Redirect URI not registered: http://localhost:8484/callback is not among those of this client, to the letter.
        Found: the provider shows a page (400): This request can’t go on The redirect URI is not registered for this client. Register exactly this redirect URI for the client “shop”, or send one that is registered: http://localhost:8484/callback Error code: invalid_redirect_uri (redirect_uri did not match any of the client's registered redirect_u…
        → Register http://localhost:8484/callback for the client "shop" at the provider, or give the registered one with --redirect-uri.
      Configuration
        ✓  client id  shop (--client-id)
        !  client secret  33 characters from $SHOP_SECRET (--client-secret-env); it ends in a line break
            The provider then answers invalid_client, once somebody has signed in.
            → Copy it again from the provider's console, and look at what stands around it.
        ✓  settings  scope openid groups (--scope), redirectUri http://localhost:0/callback (--port), store file (OIDC_CLI_STORE)
      The way to the provider
      Discovery
      Endpoints
      What this profile needs of the provider
        !  scopes  groups not announced
            expected: openid profile email phone address offline_access
            The provider may ignore it, or refuse the request with invalid_scope; it need not announce every one.
            → Take it out of --scope, unless the provider documents it.
        ✓  client authentication  client_secret_basic (the first announced)
      Key set
      Authorization request, without a sign-in
        ✓  authorization endpoint  answers 400
        -  client known  not testable: the request was refused for its redirect URI
        ✗  redirect URI registered  the provider shows a page (400): This request can’t go on The redirect URI is not registered for this client. Register exactly this redirect URI for the client “shop”, or send one that is registered: http://localhost:8484/callback Error code: invalid_redirect_uri (redirect_uri did not match any of the client's registered redirect_u…
            expected: http://localhost:8484/callback
            Redirect URI not registered: http://localhost:8484/callback is not among those of this client, to the letter.
            → Register http://localhost:8484/callback for the client "shop" at the provider, or give the registered one with --redirect-uri.
        -  scopes allowed  not testable: the request was refused for its redirect URI
      This machine
        !  browser  none can be opened: there is no display here; CHROME for --with browser
            login waits until somebody opens the printed address in a browser elsewhere.
            → Use login --no-browser, or sign in without a person: login --with auto.
      Versions
      ✗ 127.0.0.1:PORT: 1 problem, 3 warnings"
    `);
    expect([code, stderr]).toEqual([1, '']);
  });

  it('that reaches no provider says what was not made, and why', async () => {
    const { code, stdout } = await doctor([
      '--issuer',
      'http://127.0.0.1:1/oidc',
      '--client-id',
      'shop',
      '--port',
      '0',
    ]);
    expect(await unlikeSound(stdout)).toMatchInlineSnapshot(`
      "✗ The provider: Nothing listens at 127.0.0.1:PORT: the connection was refused.
        Likely cause: The provider is not running.
        → Start the provider, or correct host and port.
      Configuration
        ✓  profile  127.0.0.1:PORT/oidc (named after its issuer)
        ✓  issuer  http://127.0.0.1:PORT/oidc (--issuer)
        ✓  client id  shop (--client-id)
      The way to the provider
        -  clock skew  no answer said the time (Date header)
        -  answer times  no answer came
      Discovery
        ✗  status  Nothing listens at 127.0.0.1:PORT: the connection was refused.
            Likely cause: The provider is not running.
            → Start the provider, or correct host and port.
        -  content type  not made, since "status" failed (likewise: size, issuer, required members, recommended members)
      Endpoints
        -  endpoints  not made, since "status" failed
      What this profile needs of the provider
        -  what this profile needs  not made, since "status" failed
      Key set
        -  key set  not made, since "status" failed
      Authorization request, without a sign-in
        -  authorization endpoint  not made, since "status" failed
      This machine
      Versions
      ✗ 127.0.0.1:PORT/oidc: 1 problem"
    `);
    expect(code).toBe(1);
  });
});

describe('a narrow terminal', () => {
  it('has every word, on lines that fit', async () => {
    const run = await machine.run(['doctor', '--issuer', 'https://127.0.0.1:1', '--client-id', 'shop', '--port', '0'], {
      env: { ...SOUND, NO_COLOR: '1' },
      columns: 60,
    });
    const lines = run.stdout.split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
    const words = run.stdout.replaceAll(/\s+/g, ' ');
    expect(words).toContain('not made, since "connection" failed (likewise: certificate chain, certificate lifetime)');
  });
});

describe('--json', () => {
  it('has a shape that stays', async () => {
    const { issuer } = await identityProvider();
    const run = await examine(machine, ['--issuer', issuer, '--client-id', 'demo', '--port', '0']);
    const example = /^## doctor\n[\s\S]*?```json\n([\s\S]*?)```/m.exec(readFileSync(JSON_PAGE, 'utf8'))?.[1] ?? '';
    expect(Object.keys(run.document)).toEqual(Object.keys(JSON.parse(example) as object));
    const members = ['group', 'name', 'verdict', 'actual', 'expected', 'why', 'repair', 'side', 'code', 'dependsOn'];
    for (const check of run.document.checks) {
      expect(members).toEqual(expect.arrayContaining(Object.keys(check)));
      expect(check).toMatchObject({ group: expect.any(String), name: expect.any(String), actual: expect.any(String) });
    }
  });
});

describe('the secrets of a run', () => {
  it('are nowhere: not in the report, not in the trace, not in its files', async () => {
    const clients = [{ clientId: 'shop', clientSecret: SECRET, redirectUris: ['https://shop.example/callback'] }];
    const { issuer } = await identityProvider({
      clients,
      faults: [],
      configure: (configuration) => {
        Object.assign(configuration.features ?? {}, {
          pushedAuthorizationRequests: { requirePushedAuthorizationRequests: true },
        });
      },
    });
    const env = { ...SOUND, SHOP_SECRET: SECRET };
    const flags = ['--issuer', issuer, '--client-id', 'shop', '--client-secret-env', 'SHOP_SECRET', '--port', '0'];
    const run = await traced(machine, ['doctor', ...flags, '--client-auth', 'client_secret_post'], { env });
    // The request was pushed, with the secret, and refused for its redirect URI.
    expect(run.code, run.stdout).toBe(1);
    expect(run.stdout).toContain('The registration at the provider:');
    expectNoSecret({ ...run.outputs, stdout: run.stdout }, [SECRET]);
    const steps = traceJson(run.json).events.map(({ step }) => step);
    expect(steps).toEqual(
      expect.arrayContaining([
        'name resolution',
        'discovery',
        'key set',
        'token request',
        'pushed authorization request',
      ]),
    );
    expect(run.stderr).toContain('GET');
    // Who is handed the file sees what was found, beside the requests that showed it.
    const findings = traceJson(run.json).events.find(({ step }) => step === 'findings');
    const actual = { name: 'authorization request: redirect URI registered', verdict: 'fail' };
    expect(findings?.checks).toContainEqual(expect.objectContaining(actual));
    expect(run.html).toContain(actual.name);
  });
});

describe('docs/doctor.md', () => {
  it('shows what its commands write', async () => {
    const page = parsePage(readFileSync(PAGE, 'utf8').replaceAll('\r\n', '\n'));
    const [port, listener] = [await freePort(9401, 9999), await freePort(5000, 8483)];
    const shop = { clientId: 'shop', clientSecret: SECRET, redirectUris: ['https://shop.example/callback'] };
    await identityProvider({ port, clients: [shop] });
    const env = { ...SOUND, SHOP_SECRET: `${SECRET}\n` };
    const parts: PagePart[] = [];
    for (const part of page.parts) {
      if (part.kind !== 'console') {
        parts.push(part);
        continue;
      }
      const entries: ConsoleEntry[] = [];
      for (const { command, output } of part.entries) {
        const [, ...argv] = wordsOf(command.replaceAll(':9400', `:${port}`));
        const run = await machine.run([...argv, '--redirect-uri', `http://localhost:${listener}/callback`], { env });
        const now = run.stdout.replaceAll(`:${port}`, ':9400').replaceAll(String(listener), '8484');
        entries.push({ command, output: isShortened(output, now) ? output : now });
      }
      parts.push({ kind: 'console', entries });
    }
    await expect(rendered({ parts })).toMatchFileSnapshot(PAGE);
  });
});
