// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of references
import { chmod, cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { atEndOfFile } from './support/end-of-file.js';
import { createMachine, type Machine, type RunWorld } from './support/run.js';
import { startScriptedProvider } from './support/scripted-provider.js';

/*
 * What people have on their machines and in their projects since commit
 * f85ae01 is read as it was written. See fixtures/f85ae01/README.md.
 */

const FIXTURES = fileURLToPath(new URL('fixtures/f85ae01', import.meta.url));

/** The time at which the files are read: a minute after the last was written, while the tokens are good. */
const NOW = Date.UTC(2026, 11, 1, 0, 1);

/** A provider whose ID tokens are of that time, and which tells no other. */
const AT_THAT_TIME = { claims: { iat: NOW / 1000, exp: NOW / 1000 + 300 }, date: 'none' } as const;

const provider = await startScriptedProvider({ issuer: 'http://op.example.test' });
atEndOfFile(() => provider.close());

const ENV = {
  OIDC_CLI_STORE_KEY: 'a passphrase of the tests, and no secret',
  OIDC_CLI_PW: 'alice-password',
  OIDC_CLI_STAGING_PASSWORD: 'alice-password',
  OIDC_CLI_LOGTO_SECRET: 'test-logto-secret',
  http_proxy: `http://127.0.0.1:${provider.port}`,
};

let machine: Machine;
let project: string;
beforeEach(async () => {
  const home = await mkdtemp(join(tmpdir(), 'oidc-cli-earlier-'));
  project = join(home, 'project');
  await cp(join(FIXTURES, 'home'), home, { recursive: true });
  await cp(join(FIXTURES, 'project'), project, { recursive: true });
  // Git keeps no permissions but one.
  for (const file of await readdir(join(home, 'store'))) await chmod(join(home, 'store', file), 0o600);
  machine = await createMachine(home);
  machine.passTime((NOW - Date.now()) / 1000);
  provider.play(AT_THAT_TIME);
});
afterEach(() => machine.remove());

/** Runs a command in the project, and returns its output with this machine's folder as HOME. */
async function run(argv: readonly string[], deps: RunWorld = {}) {
  const finished = await machine.run(argv, { cwd: project, ...deps, env: { ...ENV, ...deps.env } });
  const shown = (text: string) =>
    text
      .replaceAll(machine.home, 'HOME')
      .replaceAll(/\d+\.\d s\b/g, 'TIME')
      .replaceAll(/\d+ seconds ago/g, 'SECONDS AGO')
      .replaceAll(/in \d+ minutes( \(2026-12-01T00:1[12]:\d\dZ\))?/g, 'IN MINUTES')
      .replaceAll(/localhost:\d{5}/g, 'localhost:PORT');
  return { code: finished.code, stdout: shown(finished.stdout), stderr: shown(finished.stderr) };
}

/** As `run`, for a command that succeeds and writes one JSON document, which is returned. */
async function runJson(argv: readonly string[], deps: RunWorld = {}): Promise<unknown> {
  const { code, stdout, stderr } = await run([...argv, '--json'], deps);
  expect(code, stderr + stdout).toBe(0);
  return JSON.parse(stdout);
}

async function fixture(name: string) {
  return JSON.parse(await readFile(join(FIXTURES, name), 'utf8'));
}

describe('sessions', () => {
  test('are listed', async () => {
    expect(await run(['whoami', '--all'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "   PROFILE          WHO            ISSUER                  STATE  ACCESS TOKEN  STORE
      ✓  op-connector     Alice Example  http://op.example.test  valid  IN MINUTES  file
      ✓  op.example.test  Alice Example  http://op.example.test  valid  IN MINUTES  file
      ✓  staging          Alice Example  http://op.example.test  valid  IN MINUTES  file
      ",
      }
    `);
  });

  test('are shown whole', async () => {
    expect(await runJson(['whoami', 'staging'])).toMatchInlineSnapshot(`
      {
        "accessTokens": [
          {
            "expiresAt": "2026-12-01T00:09:40Z",
            "resource": "https://api.example.test",
          },
        ],
        "clientId": "app",
        "email": "alice@example.com",
        "expiresAt": "2026-12-01T00:09:38Z",
        "issuer": "http://op.example.test",
        "name": "Alice Example",
        "profile": "staging",
        "refreshable": true,
        "schemaVersion": 1,
        "signedIn": true,
        "signedInAt": "2026-11-30T23:59:39Z",
        "state": "valid",
        "store": "file",
        "subject": "user-1",
      }
    `);
    expect(await run(['whoami', 'op-connector'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "✓ Alice Example <alice@example.com> — signed in
        subject        user-1
        issuer         http://op.example.test
        client         logto
        profile        op-connector
        access token   expires IN MINUTES (2026-12-01T00:10:04Z)
        refresh token  yes
        signed in      SECONDS AGO
        kept           in an encrypted file in HOME
      ",
      }
    `);
  });

  test('have their access tokens, also that for a resource', async () => {
    expect(await runJson(['token', 'staging'])).toMatchInlineSnapshot(`
      {
        "accessToken": "at~5YmtH0xGnL0r6cqmDjxET73GFmnZ0fiF",
        "expiresAt": "2026-12-01T00:09:38Z",
        "issuer": "http://op.example.test",
        "profile": "staging",
        "refreshed": false,
        "schemaVersion": 1,
        "scope": [
          "openid",
          "profile",
          "email",
          "offline_access",
        ],
        "tokenType": "bearer",
      }
    `);
    expect(await runJson(['token', 'staging', '--resource', 'https://api.example.test'])).toMatchInlineSnapshot(`
      {
        "accessToken": "at~W0K7-bSX_HXwz7tnjoWb4U1nZsrIB5s9",
        "expiresAt": "2026-12-01T00:09:40Z",
        "issuer": "http://op.example.test",
        "profile": "staging",
        "refreshed": false,
        "resource": "https://api.example.test",
        "schemaVersion": 1,
        "scope": [
          "openid",
          "profile",
          "email",
          "offline_access",
        ],
        "tokenType": "bearer",
      }
    `);
    expect(provider.requests('/token')).toEqual([]);
  });

  test('have their ID token', async () => {
    expect(await run(['inspect', '--profile', 'op.example.test', '--offline'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "No provider was asked (--offline): nothing says that this is genuine.
      ",
        "stdout": "ID token — a JWT signed with RS256 (it came as id_token)
      Header
        alg  RS256
        kid  RS256-key
      Claims
        iss    http://op.example.test
        aud    public
        iat    1796083182  2026-11-30T23:59:42Z, SECONDS AGO
        exp    1796083482  2026-12-01T00:04:42Z, IN MINUTES
        nonce  RCEWGGDk5NfQVgDmt41C8RCSnnZOJs2D09RGS-gY0KU
        sub    user-1
        name   Alice Example
        email  alice@example.com
      Checks
        ✓  alg  RS256
        ✓  iss  http://op.example.test
        ✓  aud  public
        ✓  exp  2026-12-01T00:04:42Z
        ✓  iat  2026-11-30T23:59:42Z
        ✓  sub  user-1
        -  nothing to check: azp, nbf, at_hash, auth_time
        -  signature  not verified: no provider was asked for its keys
        -  nonce      present, and what was sent is not known here
      ",
      }
    `);
  });

  test('are refreshed with their refresh token and the saved client secret', async () => {
    const refreshed = await run(['token', 'staging', '--refresh']);
    expect(refreshed).toEqual({ code: 0, stdout: expect.stringMatching(/^at~\S+\n$/), stderr: 'refreshed\n' });
    const [request] = provider.requests('/token');
    expect(Object.fromEntries(request?.form ?? [])).toMatchInlineSnapshot(`
      {
        "grant_type": "refresh_token",
        "refresh_token": "rt~1rYr_FdU98LEGe6RoC_p9I7h0OsRQh7i",
        "resource": "https://api.example.test",
      }
    `);
    expect(request?.headers.authorization).toBe(`Basic ${btoa('app:test-client-secret')}`);
    expect(await run(['token', 'staging'])).toEqual({ code: 0, stdout: refreshed.stdout, stderr: '' });
  });

  test('are revoked and forgotten', async () => {
    expect(await run(['logout', 'staging', '--no-end-session'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "Alice Example at http://op.example.test
        ✓ refresh token revoked
        ✓ access token revoked
        ✓ session forgotten on this machine
        - not signed out at the provider: not asked to
      ",
      }
    `);
    expect(provider.requests('/revoke').map(({ form }) => form.get('token'))).toMatchInlineSnapshot(`
      [
        "rt~1rYr_FdU98LEGe6RoC_p9I7h0OsRQh7i",
        "at~5YmtH0xGnL0r6cqmDjxET73GFmnZ0fiF",
      ]
    `);
    expect((await run(['whoami', '--all'])).stdout).not.toContain('staging');
  });
});

test('a sign-in that was begun is finished', async () => {
  const { authorizationUrl } = await fixture('started.json');
  const { pathname, search } = new URL(authorizationUrl);
  const response = await fetch(`http://127.0.0.1:${provider.port}${pathname}${search}`, { redirect: 'manual' });
  const callback = response.headers.get('location') ?? '';
  expect(await run(['login', '--callback-url', '-'], { stdin: callback })).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "",
      "stdout": "✓ Signed in as Alice Example <alice@example.com>
      subject       user-1
      issuer        http://op.example.test
      client        app, client_secret_basic (the first that the provider announces)
      profile       op.example.test
      access token  expires IN MINUTES, with a refresh token
      scopes        openid profile email
      kept          in an encrypted file in HOME

    ID token
      ✓  alg           RS256
      ✓  signature     valid (RS256, kid RS256-key)
      ✓  iss           http://op.example.test
      ✓  aud           app
      ✓  exp           2026-12-01T00:06:00Z
      ✓  iat           2026-12-01T00:01:00Z
      ✓  nonce         the same
      ✓  sub           user-1
      ✓  userinfo sub  user-1
      -  nothing to check: azp, nbf, at_hash, auth_time, acr, clock skew
    ",
    }
  `);
  expect(provider.requests('/token')[0]?.headers.authorization).toBe(`Basic ${btoa('app:test-client-secret')}`);
});

describe('profiles', () => {
  test('are listed', async () => {
    expect(await run(['profile', 'list'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "PROFILE                 ISSUER                              CLIENT ID  FILE
      bookstore               https://tenant.logto.app/oidc       web        HOME/config.yaml
      connector-api           https://id.example.com/realms/main  logto      HOME/config.yaml
      connector-env           https://id.example.com/realms/main  logto      HOME/config.yaml
      connector-optional      https://id.example.com/realms/main  logto      HOME/config.yaml
      connector-plain         https://id.example.com/realms/main  logto      HOME/config.yaml
      connector-reference     https://id.example.com/realms/main  logto      HOME/config.yaml
      connector-verification  https://id.example.com/realms/main  logto      HOME/config.yaml
      every-key (default)     https://id.example.com              app        HOME/config.yaml
      file-secret             https://id.example.com              app        HOME/config.yaml
      op-connector            http://op.example.test              logto      HOME/config.yaml
      project                 http://op.example.test              app        HOME/project/oidc-cli.yaml
      project-connector       https://id.example.com/realms/main  logto      HOME/project/oidc-cli.yaml
      staging                 http://op.example.test              app        HOME/config.yaml
      ",
      }
    `);
  });

  test('are shown', async () => {
    const names = ['every-key', 'file-secret', 'bookstore', 'staging', 'connector-optional'];
    const shown: string[] = [];
    for (const name of names) {
      const { stdout, stderr } = await run(['profile', 'show', name]);
      shown.push(stderr, stdout.replaceAll(/ +$/gm, ''));
    }
    expect(shown.join('')).toMatchInlineSnapshot(`
      "Profile every-key (as named)
      KEY                    VALUE                                      SOURCE
      issuer                 https://id.example.com                     user file (HOME/config.yaml:14)
      clientId               app                                        user file (HOME/config.yaml:15)
      clientSecret           from $OIDC_CLI_APP_SECRET (not set)        user file (HOME/config.yaml:16)
      clientAuth             client_secret_post                         user file (HOME/config.yaml:17)
      scope                  openid email                               user file (HOME/config.yaml:18)
      redirectUri            http://127.0.0.1:8484/callback             user file (HOME/config.yaml:19)
      postLogoutRedirectUri  http://127.0.0.1:8484/                     user file (HOME/config.yaml:20)
      prompt                 login                                      user file (HOME/config.yaml:21)
      loginHint              alice@example.com                          user file (HOME/config.yaml:22)
      maxAge                 3600                                       user file (HOME/config.yaml:23)
      uiLocales              ja en                                      user file (HOME/config.yaml:24)
      acrValues              urn:example:mfa                            user file (HOME/config.yaml:25)
      display                page                                       user file (HOME/config.yaml:26)
      claims                 {"id_token":{"email":{"essential":true}}}  user file (HOME/config.yaml:27)
      resource               https://api.example.test                   user file (HOME/config.yaml:28)
      parameters.audience    app                                        user file (HOME/config.yaml:31)
      responseMode           form_post                                  user file (HOME/config.yaml:32)
      store                  file                                       environment (OIDC_CLI_STORE)
      clockTolerance         60                                         user file (HOME/config.yaml:34)
      timeout                120                                        user file (HOME/config.yaml:35)
      strict                 true                                       user file (HOME/config.yaml:36)
      insecure               false                                      default
      allowHttp              false                                      default
      Profile file-secret (as named)
      KEY             VALUE                                          SOURCE
      issuer          https://id.example.com                         user file (HOME/config.yaml:38)
      clientId        app                                            user file (HOME/config.yaml:39)
      clientSecret    from the file /run/secrets/client (not there)  user file (HOME/config.yaml:40)
      scope           openid profile email                           default
      redirectUri     http://localhost:8484/callback                 default
      store           file                                           environment (OIDC_CLI_STORE)
      clockTolerance  30                                             default
      timeout         300                                            default
      strict          false                                          default
      insecure        false                                          default
      allowHttp       false                                          default
      Profile bookstore (as named)
      KEY                       VALUE                                                              SOURCE
      kind                      logto                                                              user file (HOME/config.yaml:42)
      endpoint (issuer)         https://tenant.logto.app/oidc                                      user file (HOME/config.yaml:43)
      appId (clientId)          web                                                                user file (HOME/config.yaml:44)
      appSecret (clientSecret)  from $OIDC_CLI_LOGTO_SECRET (set)                                  user file (HOME/config.yaml:45)
      clientAuth                client_secret_basic                                                default
      scopes (scope)            openid offline_access profile email urn:logto:scope:organizations  user file (HOME/config.yaml:48)
      redirectUri               http://localhost:3000/callback                                     default
      prompt                    consent                                                            default
      resources (resource)      https://api.example.test urn:logto:resource:organizations          user file (HOME/config.yaml:46)
      store                     file                                                               environment (OIDC_CLI_STORE)
      clockTolerance            30                                                                 default
      timeout                   300                                                                default
      strict                    false                                                              default
      insecure                  false                                                              default
      allowHttp                 false                                                              default
      Profile staging (as named)
      KEY             VALUE                                SOURCE
      issuer          http://op.example.test               user file (HOME/config.yaml:4)
      clientId        app                                  user file (HOME/config.yaml:5)
      clientSecret    in the session store                 user file (HOME/config.yaml:6)
      scope           openid profile email offline_access  user file (HOME/config.yaml:7)
      redirectUri     http://127.0.0.1:0/callback          user file (HOME/config.yaml:8)
      resource        https://api.example.test             user file (HOME/config.yaml:9)
      store           file                                 environment (OIDC_CLI_STORE)
      clockTolerance  30                                   default
      timeout         300                                  default
      strict          false                                default
      insecure        false                                default
      allowHttp       true                                 user file (HOME/config.yaml:12)
      Profile connector-optional (as named)
      KEY                    VALUE                                                                                                                     SOURCE
      issuer                 https://id.example.com/realms/main                                                                                        user file (HOME/config.yaml:64)
      clientId               logto                                                                                                                     user file (HOME/config.yaml:65)
      clientSecret           in the session store                                                                                                      user file (HOME/config.yaml:66)
      clientAuth             client_secret_basic                                                                                                       user file (HOME/config.yaml:67)
      scope                  openid profile email                                                                                                      user file (HOME/config.yaml:68)
      redirectUri            http://localhost:8484/callback                                                                                            default
      prompt                 login                                                                                                                     user file (HOME/config.yaml:69)
      maxAge                 3600                                                                                                                      user file (HOME/config.yaml:70)
      parameters.audience    https://api.example.com                                                                                                   user file (HOME/config.yaml:72)
      parameters.foo_bar     1                                                                                                                         user file (HOME/config.yaml:73)
      store                  file                                                                                                                      environment (OIDC_CLI_STORE)
      clockTolerance         30                                                                                                                        default
      timeout                300                                                                                                                       default
      strict                 false                                                                                                                     default
      insecure               false                                                                                                                     default
      allowHttp              false                                                                                                                     default
      authorizationEndpoint  https://id.example.com/realms/main/authorize                                                                              user file (HOME/config.yaml:74)
      tokenEndpoint          https://id.example.com/realms/main/token                                                                                  user file (HOME/config.yaml:75)
      jwksUri                https://id.example.com/realms/main/jwks                                                                                   user file (HOME/config.yaml:76)
      connector.stored       /config/authRequestOptionalConfig/idTokenHint /config/customConfig/client_assertion                                       user file (HOME/config.yaml:77)
      connector.customKeys   audience fooBar client_assertion                                                                                          user file (HOME/config.yaml:77)
      connector.order        {"":["authorizationEndpoint","tokenEndpoint","clientId","clientSecret","scope","idTokenVerificationConfig","tokenEndpoi…  user file (HOME/config.yaml:77)
      "
    `);
  });

  test('of the project need its trust', async () => {
    expect((await run(['profile', 'show', 'project-connector'])).stderr).toContain('(config_untrusted, exit code 3)');
  });

  test('that were imported are exported as the connectors they were, with their secrets', async () => {
    const text = JSON.stringify(await fixture('connectors.json'));
    const connectors = JSON.parse(text.replaceAll('${OIDC_CLI_LOGTO_SECRET}', ENV.OIDC_CLI_LOGTO_SECRET));
    for (const [name, connector] of Object.entries(connectors)) {
      const { stdout } = await run(['profile', 'export', name, '--show-secrets']);
      expect(stdout).toBe(`${JSON.stringify(connector, undefined, 2)}\n`);
    }
  });
});

describe('smoke', () => {
  /** Not in the other tests, where it would go before the profiles' own secrets. */
  const APP_SECRET = { env: { OIDC_CLI_APP_SECRET: 'test-app-secret' } };

  test('runs the plan, and compares discovery with its baseline', async () => {
    expect(await run(['smoke', '--trust-project', '--concurrency', '1'], APP_SECRET)).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "3 checks, 1 at once
      ✓ the profile of the user (http, TIME)
      ✓ the profile of the project (http, TIME)
      ✓ a profile in the plan (http, TIME)

      ✓ 3 checks in TIME: 3 passed
      ",
      }
    `);
    provider.play({
      ...AT_THAT_TIME,
      metadata: { code_challenge_methods_supported: ['S256', 'plain'] },
    });
    const changed = await run(['smoke', '--trust-project', '--filter', 'of the user']);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toContain('code_challenge_methods_supported');
  });

  test('runs a plan that smoke init wrote', async () => {
    expect(await run(['smoke', 'first-plan.yaml'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "HOME/project/first-plan.yaml sends OIDC_CLI_STAGING_PASSWORD to http://op.example.test.
      ",
        "stdout": "1 check
      ✓ sign-in at staging (http, TIME)

      ✓ 1 check in TIME: 1 passed
      ",
      }
    `);
  });
});

test('a connector file signs in', async () => {
  const flags = ['--with', 'http', '--user', 'alice', '--password-env', 'OIDC_CLI_PW', '--port', '0'];
  expect(await run(['login', '--connector', 'op-connector.json', ...flags])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "op-connector.json sends OIDC_CLI_LOGTO_SECRET to http://op.example.test.
    Signing in as Logto would, at http://op.example.test/authorize as client logto
    Warning: Plain http (authorizationEndpoint, tokenEndpoint, jwksUri): anybody on the way can read or change what is sent, codes and the client secret included.
    Signing in by http …
    signed in without a person (http, 0 pages)
    ",
      "stdout": "✓ Logto would accept this sign-in of Alice Example
      subject       user-1
      client        logto, client_secret_post
      redirect URI  http://localhost:PORT/callback
      scopes        openid profile email

      ID token        the standard                     Logto
      alg          ✓  RS256                         ✓  any that the key set has a key for
      signature    ✓  valid (RS256, kid RS256-key)  ✓  with the key set of jwksUri
      iss          ✓  http://op.example.test        ✓  http://op.example.test
      aud          ✓  logto                         ✓  logto
      exp          ✓  2026-12-01T00:06:00Z          ✓  in the future, to the second
      iat          ✓  2026-12-01T00:01:00Z          -  not checked without maxTokenAge
      nonce        ✓  the same                      ✓  the one it sent
      sub          ✓  user-1                        ✓  any text
      claim types                                   ✓  of the claims it reads

    Profile in Logto
      id      user-1         from the claim sub
      name    Alice Example  from the claim name
      avatar  -              the ID token has no claim picture, and Logto never asks the userinfo endpoint
      email   -              the ID token does not say email_verified; trustUnverifiedEmail would take the address all the same
      phone   -              the ID token has no claim phone, and Logto never asks the userinfo endpoint
      first sign-in  name
      later ones     with "sync at each sign-in": name; otherwise nothing
      known again    by id, under the connector's target

    Tokens in Logto
      stored   yes, good for 600 s
      refresh  fails: Logto cannot refresh stored tokens with this connector: tokenEndpointAuthMethod is not written out in its configuration. Who asks Logto for the stored token gets only: 500 Internal server error.
      to fix   Write tokenEndpointAuthMethod out, even where it is the default.

    Nothing was kept (--save NAME keeps session and profile).
    ",
    }
  `);
});
