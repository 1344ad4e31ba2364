import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectorFile, connectorFor, loginWithConnector } from '../../support/connector.js';
import { CookieBrowser } from '../../support/cookie-browser.js';
import { signInOverHttp } from '../../support/http-browser.js';
import { identityProvider } from '../../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine, type RunWorld } from '../../support/run.js';
import { startScriptedProvider } from '../../support/scripted-provider.js';
import { followRedirects } from '../../support/scripted-sign-in.js';

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(() => machine.remove());

const plain = await identityProvider();

/** Everything that is in a folder, but for one file. */
async function filesIn(folder: string, without: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== without);
  return Buffer.concat(await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name)))));
}

/** One `login --connector --json` at a provider with these faults. */
async function documentOf(
  faults: Parameters<typeof identityProvider>[0] & object,
  changes: Readonly<Record<string, unknown>> = {},
  flags: readonly string[] = [],
  deps: RunWorld = {},
) {
  const idp = Object.keys(faults).length === 0 ? plain : await identityProvider(faults);
  const finished = await loginWithConnector(machine, connectorFor(idp.issuer, changes), ['--json', ...flags], deps);
  return { ...finished, idp, document: JSON.parse(finished.stdout) };
}

describe('a sign-in that Logto would accept', () => {
  test('is shown with both readings, the profile, and what becomes of the tokens', async () => {
    const { stdout, stderr, code } = await loginWithConnector(machine, connectorFor(plain.issuer));
    expect(code).toBe(0);
    const steady = stdout
      .replaceAll(plain.issuer, 'http://127.0.0.1:PORT')
      .replaceAll(/localhost:\d+/g, 'localhost:PORT')
      .replaceAll(/kid \S+/g, 'kid …')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
      .replaceAll(/ {2,}/g, '  ');
    expect(steady).toMatchInlineSnapshot(`
      "✓ Logto would accept this sign-in of Alice Example
        subject  user-2bd806c97f0e00af
        client  demo-confidential, client_secret_basic
        redirect URI  http://localhost:PORT/callback
        scopes  openid profile email phone offline_access

        ID token  the standard  Logto
        alg  ✓  RS256  ✓  any that the key set has a key for
        signature  ✓  valid (RS256, kid …  ✓  with the key set of jwksUri
        iss  ✓  http://127.0.0.1:PORT  ✓  http://127.0.0.1:PORT
        aud  ✓  demo-confidential  ✓  demo-confidential
        exp  ✓  TIME  ✓  in the future, to the second
        iat  ✓  TIME  -  not checked without maxTokenAge
        nonce  ✓  the same  ✓  the one it sent
        sub  ✓  user-2bd806c97f0e00af  ✓  any text
        clock skew  ✓  0 s  -  not checked
        claim types  ✓  of the claims it reads

      Profile in Logto
        id  user-2bd806c97f0e00af  from the claim sub
        name  Alice Example  from the claim name
        avatar  https://example.com/people/alice.png  from the claim picture
        email  alice@example.com  from the claim email
        phone  -  the ID token has phone_number, as the standard says, but Logto reads only phone and phone_verified
        first sign-in  name, avatar, email (email and phone only if no other user has them)
        later ones  with "sync at each sign-in": name, avatar; otherwise nothing
        known again  by id, under the connector's target; a new one may be linked to the user with the same email

      Tokens in Logto
        stored  yes, good for 3600 s
        refresh  works (tried just now)

      Nothing was kept (--save NAME keeps session and profile).
      "
    `);
    expect(stderr).toContain(`Signing in as Logto would, at ${plain.issuer}/auth as client demo-confidential\n`);
  });

  test('keeps its two columns on a narrow terminal, and has one line a check on a wide one', async () => {
    const shownAt = async (columns: number) => {
      const deps = { openUrl: aliceSignsIn, columns, env: { NO_COLOR: '1' } };
      const { stdout } = await loginWithConnector(machine, connectorFor(plain.issuer), [], deps);
      return stdout.split('\n');
    };
    const narrow = await shownAt(72);
    expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(72);
    const at = narrow.findIndex((line) => line.startsWith('  ID token '));
    const column = narrow[at]?.indexOf('Logto') ?? -1;
    expect(narrow.slice(at, at + 3).map((line) => line.slice(column))).toEqual([
      'Logto',
      'any that the key set has',
      'a key for',
    ]);
    expect(await shownAt(140)).toContainEqual(expect.stringMatching(/^ {2}alg .* any that the key set has a key for$/));
  });

  test('sends the very address that Logto would, without PKCE, and keeps nothing', async () => {
    const asked: string[] = [];
    const { code } = await loginWithConnector(
      machine,
      connectorFor(plain.issuer, {
        scope: 'email+profile',
        authRequestOptionalConfig: { uiLocales: 'en', prompt: 'consent', loginHint: 'alice' },
        customConfig: { 'x.y-Z': '1', accessType: 'offline' },
      }),
      [],
      {
        openUrl: async (url) => {
          const browser = new CookieBrowser();
          const { href } = await browser.authorizationRequest(url);
          asked.push(href);
          await signInOverHttp(href, { username: 'alice', password: 'alice-password', jar: browser.jar });
        },
      },
    );
    expect(code).toBe(0);
    const url = new URL(asked[0] ?? '');
    expect([...url.searchParams.keys()]).toEqual([
      ...['response_type', 'client_id', 'scope', 'redirect_uri', 'state', 'nonce'],
      // In the order of Logto's own schema, and not of the file.
      ...['prompt', 'ui_locales', 'login_hint', 'x_y_z', 'access_type'],
    ]);
    expect(url.searchParams.get('scope')).toBe('email profile openid');
    expect(await readdir(machine.home)).toEqual(['connector.json']);
  });

  test('has one JSON document, and no secret of the run in any output', async () => {
    const { document, stdout, stderr, code } = await documentOf({});
    expect(code).toBe(0);
    expect(document).toMatchObject({
      connector: { clientId: 'demo-confidential', tokenEndpointAuthMethod: 'client_secret_basic' },
      logto: {
        accepted: true,
        profile: { name: 'Alice Example', email: 'alice@example.com', phone: null },
        sync: { first: ['name', 'avatar', 'email', 'phone'], later: ['name', 'avatar'], on: null },
        linkedBy: ['email'],
        tokens: { stored: true, expiresIn: 3600, refresh: 'works', error: null },
      },
      standard: { accepted: true, refusedBy: null },
      saved: null,
    });
    expect(document.checks.find(({ name }: { name: string }) => name === 'iat').logto).toEqual({
      verdict: 'ignored',
      note: 'not checked without maxTokenAge',
    });
    const secrets = ['demo-secret', Buffer.from('demo-confidential:demo-secret').toString('base64'), 'alice-password'];
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
    // No JWT, no opaque token: nothing that long and random.
    expect(stdout + stderr).not.toMatch(/eyJ|[\w-]{60,}/);
  });

  test('takes the connector from stdin, and the secret from the environment', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
    const connector = connectorFor(plain.issuer, { clientSecret: '${OIDC_CLI_THE_SECRET}' });
    const fromStdin = await machine.run(['login', '--connector', '-', '--port', '0'], {
      openUrl: aliceSignsIn,
      stdin: JSON.stringify(connector),
      env: { OIDC_CLI_THE_SECRET: 'demo-secret' },
    });
    expect(fromStdin.stderr).not.toContain('✗');
    expect(fromStdin.code).toBe(0);
    const flag = await loginWithConnector(
      machine,
      connectorFor(plain.issuer, { clientSecret: 'another' }),
      ['--client-secret-env', 'THE_SECRET'],
      { env: { THE_SECRET: 'demo-secret' } },
    );
    expect(flag.code).toBe(0);
  });

  test('shows what an answer of the Management API says of sync and storage', async () => {
    const response = {
      id: 'ab12',
      connectorId: 'oidc',
      syncProfile: true,
      enableTokenStorage: false,
      metadata: { name: { en: 'Example' } },
      config: connectorFor(plain.issuer),
    };
    const { stdout, code } = await loginWithConnector(machine, response);
    expect(code).toBe(0);
    expect(stdout).toContain('name, avatar (sync at each sign-in is on)');
    expect(stdout).toContain('is off in this connector');
  });
});

describe("Logto's own callback as the redirect URI", () => {
  test('the person pastes where the browser ended, and another state is not taken', async () => {
    const provider = await startScriptedProvider();
    try {
      provider.play({ client: { id: 'app', secret: 'app-secret' } });
      const callback = 'https://tenant.logto.app/callback/ab12';
      let ended = '';
      const { code, stderr, stdout } = await loginWithConnector(
        machine,
        {
          ...connectorFor(provider.issuer, { clientId: 'app', clientSecret: 'app-secret' }),
          authorizationEndpoint: `${provider.issuer}/authorize`,
          idTokenVerificationConfig: { jwksUri: `${provider.issuer}/keys` },
        },
        ['--redirect-uri', callback],
        {
          openUrl: async (url) => {
            const browser = new CookieBrowser();
            const response = await browser.request(await browser.authorizationRequest(url));
            ended = response.headers.get('location') ?? '';
          },
          onStderr: (text, stdin) => {
            if (!text.includes('Waiting up to') || ended === '') return;
            stdin.write(`${ended.replace(/state=[^&]+/, 'state=another')}\n`);
            if (text.includes('another sign-in')) stdin.write(`${ended}\n`);
          },
        },
      );
      expect(stderr).toContain('That address belongs to another sign-in (its state differs).');
      expect(stdout).toContain(callback);
      expect(code).toBe(0);
      expect(new URL(ended).origin).toBe('https://tenant.logto.app');
    } finally {
      await provider.close();
    }
  });
});

describe('what Logto would refuse', () => {
  const cases: readonly {
    readonly faults?: Parameters<typeof identityProvider>[0] & object;
    readonly changes?: (issuer: string) => Readonly<Record<string, unknown>>;
    readonly code: string;
    readonly exit: number;
    readonly logto: readonly [number, string];
    readonly says: RegExp;
    readonly because?: RegExp;
    readonly repair?: RegExp;
  }[] = [
    {
      faults: { faults: ['wrong-issuer'] },
      ...{ code: 'connector_id_token_refused', exit: 7, logto: [500, 'Internal server error'] },
      says: /claim iss/,
      because: /discovery document states the issuer of the connector/,
      repair: /^Have the provider write/,
    },
    {
      changes: (issuer) => ({ idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer: `${issuer}/` } }),
      ...{ code: 'connector_id_token_refused', exit: 7, logto: [500, 'Internal server error'] },
      says: /claim iss/,
      because: /slash/,
      repair: /^Set idTokenVerificationConfig.issuer to http/,
    },
    {
      faults: { faults: ['expired-id-token'] },
      ...{ code: 'connector_id_token_refused', exit: 7, logto: [500, 'Internal server error'] },
      says: /claim exp/,
      because: /allows no difference at all/,
    },
    {
      faults: { faults: ['wrong-nonce'] },
      ...{ code: 'connector_nonce_mismatch', exit: 7, logto: [401, 'connector.social_invalid_id_token'] },
      says: /nonce/,
    },
    {
      faults: { faults: ['string-booleans'] },
      ...{ code: 'connector_claims_refused', exit: 7, logto: [401, 'connector.social_invalid_id_token'] },
      says: /email_verified/,
      because: /booleans as texts/,
    },
    {
      faults: { faults: ['token-500'] },
      ...{ code: 'connector_token_refused', exit: 5, logto: [400, 'connector.general'] },
      says: /500/,
    },
    {
      faults: { faults: ['expires-in-string'] },
      ...{ code: 'connector_token_response_invalid', exit: 5, logto: [400, 'connector.invalid_response'] },
      says: /expires_in/,
    },
    {
      faults: { faults: ['pkce-required'] },
      ...{ code: 'connector_code_missing', exit: 5, logto: [400, 'connector.general'] },
      says: /requires PKCE/,
      because: /PKCE, which Logto does not do/,
      repair: /^Switch off the PKCE requirement/,
    },
    {
      changes: () => ({ customConfig: { grantType: 'password', client_id: 'demo-confidential' } }),
      ...{ code: 'connector_token_refused', exit: 5, logto: [400, 'connector.general'] },
      says: /unsupported_grant_type/,
      because: /customConfig overrides grantType in/,
      repair: /^Remove grantType from customConfig/,
    },
    {
      changes: () => ({ scope: 'openid+email' }),
      ...{ code: 'connector_code_missing', exit: 5, logto: [400, 'connector.general'] },
      says: /invalid_request/,
      because: /"openid\+email" has a \+ in it/,
      repair: /^Separate the scopes by spaces/,
    },
    {
      changes: (issuer) => ({ authorizationEndpoint: `${issuer}/auth?tenant=1` }),
      ...{ code: 'connector_code_missing', exit: 5, logto: [400, 'connector.general'] },
      says: /response_type/,
      because: /a second one/,
      repair: /^Remove the \? and what follows from authorizationEndpoint/,
    },
    {
      changes: (issuer) => ({
        idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer, algorithms: ['ES256'] },
      }),
      ...{ code: 'connector_id_token_refused', exit: 7, logto: [500, 'Internal server error'] },
      says: /alg/,
      because: /does not list the algorithm the provider signs with: RS256/,
      repair: /^Add RS256 to/,
    },
    {
      faults: { faults: ['jwks-404'] },
      ...{ code: 'connector_key_set_unavailable', exit: 3, logto: [500, 'Internal server error'] },
      says: /answered 404/,
      because: /names this very address/,
      repair: /^Have the provider serve its key set there/,
    },
    {
      changes: () => ({ clientSecret: 'wrong' }),
      ...{ code: 'connector_token_refused', exit: 5, logto: [400, 'connector.general'] },
      says: /invalid_client/,
      because: /client secret is wrong/,
    },
    {
      changes: () => ({ clientSecret: 'with+plus' }),
      ...{ code: 'connector_token_refused', exit: 5, logto: [400, 'connector.general'] },
      says: /invalid_client/,
      because: /without encoding it first/,
    },
    {
      changes: (issuer) => ({ idTokenVerificationConfig: { jwksUri: `${issuer}/nowhere`, issuer } }),
      ...{ code: 'connector_key_set_unavailable', exit: 3, logto: [500, 'Internal server error'] },
      says: /answered 404/,
    },
    {
      changes: (issuer) => ({ idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer, clockTolerance: '5' } }),
      ...{ code: 'connector_verification_config_invalid', exit: 3, logto: [500, 'Internal server error'] },
      says: /clockTolerance/,
    },
    {
      changes: () => ({ tokenEndpoint: '/token' }),
      ...{ code: 'connector_endpoint_invalid', exit: 3, logto: [500, 'Internal server error'] },
      says: /not an absolute URL/,
    },
  ];
  test.each(cases)('$code: $says', async ({ faults = {}, changes, code, exit, logto, says, because, repair }) => {
    const idp = Object.keys(faults).length === 0 ? plain : await identityProvider(faults);
    const connector = connectorFor(idp.issuer, changes?.(idp.issuer));
    const finished = await loginWithConnector(machine, connector, ['--json']);
    const document = JSON.parse(finished.stdout);
    expect(document.error).toMatchObject({ code, exitCode: exit });
    expect(finished.code).toBe(exit);
    expect(document.logto).toEqual({ accepted: false, status: logto[0], code: logto[1] });
    expect(document.error.message).toMatch(says);
    if (because) expect(document.error.causes[0]).toMatch(because);
    if (repair) expect(document.error.fix).toMatch(repair);
    expect(document.error.message).toContain(`Logto shows its user only: ${logto[0]} ${logto[1]}`);
    expect(finished.stdout + finished.stderr).not.toMatch(/demo-secret|with\+plus|alice-password|eyJ/);
    expect(await readdir(machine.home)).toEqual(['connector.json']);
  });

  test('with the ID token at hand, both readings are shown on a failure too', async () => {
    const idp = await identityProvider({ faults: ['wrong-issuer'] });
    const { stdout, stderr, code } = await loginWithConnector(machine, connectorFor(idp.issuer));
    expect(code).toBe(7);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /iss +✗ {2}https:\/\/another-issuer\.example, expected http:\/\/127\.0\.0\.1:\d+ +✗ {2}http/,
    );
    expect(stderr).toMatch(/signature +✓.*✓ {2}with the key set of jwksUri\n/);
    expect(stderr).toMatch(/aud +✓ {2}demo-confidential +\? {2}demo-confidential\n/);
  });

  test.each([
    ['state', 'state'],
    ['nonce', 'Nonce'],
    ['redirect_uri', 'redirectUri'],
  ])('a customConfig that overrides %s never opens a browser', async (name, key) => {
    let opened = false;
    const { code, stderr, stdout } = await loginWithConnector(
      machine,
      connectorFor(plain.issuer, { customConfig: { [key]: 'https://example.com/x' } }),
      [],
      {
        openUrl: async () => {
          opened = true;
        },
      },
    );
    expect(code).toBe(3);
    expect(opened).toBe(false);
    expect(stdout).toBe('');
    expect(stderr).toContain(`customConfig overrides ${name} `);
    expect(stderr).toContain('Logto would send the browser there');
    expect(stderr).toContain(`Remove customConfig.${key} `);
  });
});

describe('what Logto takes and the standard does not', () => {
  test('no nonce: accepted, with a word on it; refused with --strict', async () => {
    const { document, code, idp } = await documentOf({ faults: ['no-nonce'] });
    expect(code).toBe(0);
    expect(document.logto.accepted).toBe(true);
    expect(document.standard).toEqual({ accepted: false, refusedBy: 'nonce' });
    const nonce = document.checks.find(({ name }: { name: string }) => name === 'nonce');
    expect(nonce).toMatchObject({ verdict: 'fail', logto: { verdict: 'ignored' } });

    const strict = await loginWithConnector(machine, connectorFor(idp.issuer), ['--strict', '--json']);
    expect(strict.code).toBe(7);
    expect(JSON.parse(strict.stdout)).toMatchObject({
      logto: { accepted: true },
      error: { code: 'id_token_nonce_mismatch' },
    });
  });

  test.each(['missing-exp', 'missing-iat', 'foreign-azp', 'wrong-at-hash'] as const)('%s', async (fault) => {
    const { document, code } = await documentOf({ faults: [fault] });
    expect(code).toBe(0);
    expect(document.logto.accepted).toBe(true);
    if (fault !== 'foreign-azp') expect(document.standard.accepted).toBe(false);
  });
});

describe('the profile', () => {
  test.each([
    [{ faults: ['claims-in-userinfo-only'] }, {}, { name: null, email: null, phone: null }, /never asks the userinfo/],
    [{ faults: ['phone-claim'] }, {}, { phone: '+1 555 0100' }, undefined],
    [{}, {}, { phone: null }, /phone_number, as the standard says/],
    [{ faults: ['unverified-email'] }, { trustUnverifiedEmail: true }, { email: null }, /does not help/],
    [{ faults: ['no-email-verified'] }, {}, { email: null }, /does not say email_verified/],
    [{ faults: ['no-email-verified'] }, { trustUnverifiedEmail: true }, { email: 'alice@example.com' }, undefined],
    [
      { faults: ['string-booleans'] },
      { acceptStringTypedBooleanClaims: true },
      { email: 'alice@example.com' },
      undefined,
    ],
  ] as const)('%o with %o', async (faults, changes, profile, reason) => {
    const { document, code } = await documentOf(
      faults as unknown as Parameters<typeof identityProvider>[0] & object,
      changes,
    );
    expect(code).toBe(0);
    expect(document.logto.profile).toMatchObject(profile);
    if (!reason) return;
    const reasons = document.logto.profileSources.map(({ reason: why }: { reason: string | null }) => why ?? '');
    expect(reasons.some((why: string) => reason.test(why))).toBe(true);
  });
});

test.each([
  [
    'phone-claim',
    ['phone', 'email'],
    "by id, under the connector's target; a new one may be linked to the user with the same phone, else email",
  ],
  ['claims-in-userinfo-only', [], "by id, under the connector's target"],
] as const)('by what Logto knows a person again: %s', async (fault, linkedBy, words) => {
  const idp = await identityProvider({ faults: [fault] });
  const { stdout } = await loginWithConnector(machine, connectorFor(idp.issuer), ['--json']);
  expect(JSON.parse(stdout).logto.linkedBy).toEqual(linkedBy);
  expect((await loginWithConnector(machine, connectorFor(idp.issuer))).stdout).toContain(`known again    ${words}\n`);
});

describe('the tokens', () => {
  test.each([
    [{}, {}, { stored: true, refresh: 'works' }],
    [{}, { scope: 'openid' }, { stored: true, refresh: 'no refresh token' }],
    [{ faults: ['no-access-token'] }, {}, { stored: false, refresh: 'nothing stored' }],
    [{ faults: ['no-expires-in'] }, { scope: 'openid' }, { stored: true, refresh: 'never needed', expiresIn: null }],
    [
      { faults: ['refresh-without-id-token'] },
      {},
      {
        refresh: 'fails',
        error: {
          code: 'connector_token_response_invalid',
          fix: 'Have the provider send an ID token with each refresh as well; no setting of the connector helps.',
        },
      },
    ],
  ] as const)('%o with %o', async (faults, changes, tokens) => {
    const { document, code } = await documentOf(
      faults as unknown as Parameters<typeof identityProvider>[0] & object,
      changes,
    );
    expect(code).toBe(0);
    expect(document.logto.tokens).toMatchObject(tokens);
  });

  test.each([
    ['client_secret_post', {}, 'connector_refresh_unsupported', 'Write tokenEndpointAuthMethod out'],
    [
      'client_secret_jwt',
      { tokenEndpointAuthMethod: 'client_secret_jwt' },
      'connector_client_assertion_failed',
      'Fill in clientSecret and clientSecretJwtSigningAlgorithm.',
    ],
  ] as const)(
    'by %s cannot be refreshed where what it takes is left to its default, and it is said what to write',
    async (tokenEndpointAuthMethod, written, refusal, repair) => {
      const client = { clientId: 'posting', clientSecret: 'a-secret-of-thirty-two-characters' };
      const idp = await identityProvider({ clients: [{ ...client, tokenEndpointAuthMethod }] });
      const connector = connectorFor(idp.issuer, { ...client, tokenEndpointAuthMethod: undefined, ...written });
      const { stdout, code } = await loginWithConnector(machine, connector, ['--json']);
      expect(code).toBe(0);
      expect(JSON.parse(stdout).logto.tokens).toMatchObject({ refresh: 'fails', error: { code: refusal } });
      const shown = await loginWithConnector(machine, connector);
      expect(shown.stdout).toContain(`\n  to fix   ${repair}`);
      expect(shown.stdout).toMatch(/\n {2}refresh {2}fails: .* Who asks Logto for the stored token gets only: \d{3} /);
      expect(shown.stdout).not.toContain('shows its user');
    },
  );
});

describe('--save', () => {
  test('keeps session and profile, the secret in the store alone', async () => {
    const { stdout, code } = await loginWithConnector(machine, connectorFor(plain.issuer), ['--save', 'partner']);
    expect(code).toBe(0);
    expect(stdout).toContain('Kept as profile partner.');
    const whoami = await machine.run(['whoami', 'partner', '--json']);
    expect(whoami.code).toBe(0);
    expect(JSON.parse(whoami.stdout)).toMatchObject({ profile: 'partner', issuer: plain.issuer });
    // The refresh that was tried has replaced the refresh token: the newest is the one kept.
    const refreshed = await machine.run(['token', 'partner', '--refresh']);
    expect(refreshed.code).toBe(0);
    const profile = await machine.run(['profile', 'export', 'partner', '--format', 'logto', '--show-secrets']);
    expect(JSON.parse(profile.stdout)).toEqual(connectorFor(plain.issuer));
    expect((await filesIn(machine.home, 'connector.json')).toString()).not.toContain('demo-secret');
  });

  test('is refused before a browser opens where the profile is there, or no issuer is known', async () => {
    const refuseToOpen = async () => {
      throw new Error('a browser was opened');
    };
    await machine.run(['profile', 'add', 'partner', '--issuer', plain.issuer, '--client-id', 'demo']);
    const taken = await loginWithConnector(machine, connectorFor(plain.issuer), ['--save', 'partner'], {
      openUrl: refuseToOpen,
    });
    expect(taken).toMatchObject({ code: 3, stderr: expect.stringContaining('profile_exists') });
    const unknown = await loginWithConnector(
      machine,
      connectorFor(plain.issuer, {
        authorizationEndpoint: `${plain.issuer}/auth?x`,
        idTokenVerificationConfig: { jwksUri: `${plain.issuer}/jwks` },
      }),
      ['--save', 'another'],
      { openUrl: refuseToOpen },
    );
    expect(unknown).toMatchObject({ code: 3, stderr: expect.stringContaining('--issuer') });
  });

  test('leaves no session behind where the profile cannot be written after all', async () => {
    const { code, stderr } = await loginWithConnector(machine, connectorFor(plain.issuer), ['--save', 'partner'], {
      openUrl: async (url) => {
        await mkdir(join(machine.home, 'config.yaml'));
        await aliceSignsIn(url);
      },
    });
    expect(code).toBe(3);
    expect(stderr).toContain('config.yaml');
    await rmdir(join(machine.home, 'config.yaml'));
    expect(await machine.run(['whoami', 'partner'])).toMatchObject({ code: 4 });
  });

  test('keeps nothing where the standard refuses, though Logto accepts', async () => {
    const idp = await identityProvider({ faults: ['no-nonce'] });
    const { code, stderr } = await loginWithConnector(machine, connectorFor(idp.issuer), ['--save', 'partner']);
    expect(code).toBe(7);
    expect(stderr).toContain('id_token_nonce_mismatch');
    expect(await machine.run(['whoami', 'partner'])).toMatchObject({ code: 4 });
    expect((await machine.run(['profile', 'list'])).stdout).not.toContain('partner');
  });
});

describe('what else is typed with --connector', () => {
  test.each([
    [['--scope', 'openid'], '--scope'],
    [['--client-id', 'x'], '--client-id'],
    [['--start'], '--start'],
    [['--demo'], '--demo'],
    [['--first-screen', 'register'], '--first-screen'],
  ])('%o is refused: the connector says it', async (flags, named) => {
    const file = await connectorFile(machine, connectorFor(plain.issuer));
    const { code, stderr } = await machine.run(['login', '--connector', file, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(`takes no ${named}`);
  });

  test('a browser that brings nothing back ends in a time-out that names the redirect URI', async () => {
    const { code, stderr } = await loginWithConnector(machine, connectorFor(plain.issuer), ['--timeout', '1'], {
      openUrl: async () => {},
    });
    expect(code).toBe(6);
    expect(stderr).toContain('login_timeout');
  });

  test('the person says no', async () => {
    const provider = await startScriptedProvider();
    try {
      provider.play({ authorization: { code: undefined, error: 'access_denied' } });
      const { code, stderr } = await loginWithConnector(
        machine,
        { ...connectorFor(provider.issuer), authorizationEndpoint: `${provider.issuer}/authorize` },
        [],
        { openUrl: followRedirects },
      );
      expect(code).toBe(5);
      expect(stderr).toContain('access_denied');
      expect(stderr).toContain('400 connector.general, with {} in place of the reason');
    } finally {
      await provider.close();
    }
  });
});

/** A provider that answers as it is told, with the connector for it, whose secrets nothing may show. */
const scripted = await startScriptedProvider();
afterAll(() => scripted.close());
const ID_TOKEN_HINT = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln';
const API_KEY = 'api-key-of-the-connector';
const scriptedConnector = (changes: Readonly<Record<string, unknown>> = {}) =>
  connectorFor(scripted.issuer, {
    authorizationEndpoint: `${scripted.issuer}/authorize`,
    clientId: 'app',
    clientSecret: 'app-secret',
    idTokenVerificationConfig: { jwksUri: `${scripted.issuer}/keys`, issuer: scripted.issuer },
    ...changes,
  });
const secretParameters = {
  authRequestOptionalConfig: { idTokenHint: ID_TOKEN_HINT },
  customConfig: { apiKey: API_KEY },
};

describe('an authorization URL with a secret in it', () => {
  test('is neither shown nor given to a program: a one-time address leads there', async () => {
    scripted.play({});
    const opened: string[] = [];
    const { code, stdout, stderr } = await loginWithConnector(machine, scriptedConnector(secretParameters), [], {
      openUrl: async (url) => {
        opened.push(url);
        await followRedirects(url);
      },
    });
    expect(code).toBe(0);
    const [asked] = scripted.requests('/authorize');
    expect(asked?.query.get('id_token_hint')).toBe(ID_TOKEN_HINT);
    expect(asked?.query.get('api_key')).toBe(API_KEY);
    expect(opened.join() + stdout + stderr).not.toMatch(new RegExp(`${ID_TOKEN_HINT}|${API_KEY}`));
  });

  test('cannot be shown for an answer to be pasted, and that is said before anything else', async () => {
    const flags = ['--redirect-uri', 'https://tenant.logto.app/callback/ab12'];
    const { code, stderr } = await loginWithConnector(machine, scriptedConnector(secretParameters), flags);
    expect(code).toBe(2);
    expect(stderr).toContain('authRequestOptionalConfig.idTokenHint and customConfig.apiKey are secrets');
    expect(stderr).not.toContain(API_KEY);
  });

  test.each([[[]], [['--json']]])('is not repeated from the words of the provider (%o)', async (flags) => {
    const words = `the id_token_hint ${ID_TOKEN_HINT} has expired, ${API_KEY}`;
    scripted.play({ authorization: { code: undefined, error: 'invalid_request', error_description: words } });
    const connector = scriptedConnector(secretParameters);
    const { code, stdout, stderr } = await loginWithConnector(machine, connector, flags, { openUrl: followRedirects });
    expect(code).toBe(5);
    expect(stdout + stderr).toContain('the id_token_hint (not shown) has expired, (not shown)');
    expect(stdout + stderr).not.toContain('requires PKCE');
  });
});

describe('what a connector or its provider writes', () => {
  test('does not drive the terminal by an endpoint', async () => {
    const authorizationEndpoint = `${scripted.issuer}/authorize\u001b]0;title\u0007\u202e`;
    const flags = ['--no-browser', '--timeout', '1'];
    const { stderr } = await loginWithConnector(machine, scriptedConnector({ authorizationEndpoint }), flags);
    expect(stderr).toContain('/authorize%1B]0;title%07%E2%80%AE?response_type=code&');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
    expect(stderr).not.toMatch(/[\u0007\u001b\u202e]/);
  });

  test.each([
    ['/authorize', 'it is not an absolute URL'],
    ['https://login.example.com/{tenant}/authorize', 'it is still a placeholder'],
    ['http://user:the-password@127.0.0.1/authorize', 'it has a user name or password in it'],
  ])('opens no browser at %s', async (authorizationEndpoint, reason) => {
    const connector = scriptedConnector({ authorizationEndpoint });
    const { code, stderr } = await loginWithConnector(machine, connector, [], {
      openUrl: async () => {
        throw new Error('a browser was opened');
      },
    });
    expect(code).toBe(3);
    expect(stderr).toContain(`authorizationEndpoint of the connector is no address that can be requested: ${reason}.`);
    expect(stderr).not.toContain('the-password');
    // Logto redirects there all the same.
    expect(stderr).not.toContain('Logto shows');
  });

  test('shows endpoints without their query or a password', async () => {
    scripted.play({});
    for (const [endpoint, code] of [
      [`${scripted.issuer}/token?key=${API_KEY}`, 0],
      [`${scripted.issuer.replace('//', `//user:${API_KEY}@`)}/token`, 3],
    ] as const) {
      const connector = scriptedConnector({ tokenEndpoint: endpoint });
      const finished = await loginWithConnector(machine, connector, ['--json'], { openUrl: followRedirects });
      expect(finished.code).toBe(code);
      expect(finished.stdout + finished.stderr).not.toContain(API_KEY);
    }
  });

  test('is warned of where it is plain http outside of this machine', async () => {
    const connector = scriptedConnector({ authorizationEndpoint: 'http://id.example.com/authorize' });
    const { stderr } = await loginWithConnector(machine, connector, ['--timeout', '1'], { openUrl: async () => {} });
    expect(stderr).toContain(
      'Warning: Plain http (authorizationEndpoint): anybody on the way can read or change what is sent',
    );
  });

  test('is cut where it is shown to people', async () => {
    const huge = 'x'.repeat(100_000);
    scripted.play({ claims: { name: huge, picture: huge }, tokens: { scope: huge } });
    const { code, stdout } = await loginWithConnector(machine, scriptedConnector(), [], { openUrl: followRedirects });
    expect(code).toBe(0);
    expect(stdout.length).toBeLessThan(5_000);
  });

  test('may be of any size, also where the provider refuses the request that holds it', async () => {
    // The browser of these tests takes no longer redirect.
    const huge = 'z'.repeat(12_000);
    scripted.play({
      token: () => ({ status: 400, body: { error: 'invalid_client', error_description: `no ${huge}` } }),
    });
    const connector = scriptedConnector({ customConfig: { filler: huge } });
    const { code, stderr } = await loginWithConnector(machine, connector, [], {
      openUrl: async (url) => {
        const browser = new CookieBrowser();
        const { href } = await browser.authorizationRequest(url);
        await browser.open(href.replace(/&filler=z+/, ''));
      },
    });
    expect(code).toBe(5);
    expect(stderr).toContain('The provider says: invalid_client: "no (not shown)".');
  });
});

describe('what is said of it', () => {
  test('a moment of zero is a moment, and Logto compares it', async () => {
    scripted.play({ claims: { nbf: 0 } });
    const { stdout } = await loginWithConnector(machine, scriptedConnector(), ['--json'], { openUrl: followRedirects });
    const nbf = JSON.parse(stdout).checks.find(({ name }: { name: string }) => name === 'nbf');
    expect(nbf.logto.verdict).toBe('pass');
  });

  test('a refused code is not first blamed on PKCE, of which nobody spoke', async () => {
    scripted.play({
      token: () => ({ status: 400, body: { error: 'invalid_grant', error_description: 'it differs' } }),
    });
    const finished = await loginWithConnector(machine, scriptedConnector(), ['--json'], { openUrl: followRedirects });
    const [first, second] = JSON.parse(finished.stdout).error.causes;
    expect(first).toContain('the redirect URI differs');
    expect(second).toContain('PKCE');
  });
});

describe('the issuer', () => {
  const several = () => ({
    idTokenVerificationConfig: {
      jwksUri: `${scripted.issuer}/keys`,
      issuer: ['https://other.example.com', scripted.issuer],
    },
  });

  test.each([[[]], [['--issuer', scripted.issuer]]])(
    'of several is the one that the ID token is from (%o)',
    async (flags) => {
      scripted.play({});
      const { code, stdout } = await loginWithConnector(
        machine,
        scriptedConnector(several()),
        ['--strict', '--json', ...flags],
        { openUrl: followRedirects },
      );
      expect(code).toBe(0);
      expect(JSON.parse(stdout).issuer).toBe(scripted.issuer);
    },
  );

  test('that is named beside the connector is one of its own', async () => {
    const flags = ['--issuer', 'https://another.example.com'];
    const { code, stderr } = await loginWithConnector(machine, scriptedConnector(several()), flags);
    expect(code).toBe(3);
    expect(stderr).toContain('config_value_invalid');
  });
});

describe('what does not come', () => {
  /** A server that accepts connections and says nothing. */
  const mute = createServer(() => {});
  let muteOrigin = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    muteOrigin = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    mute.closeAllConnections();
    mute.close();
  });

  test('discovery does not keep the verdict waiting, nor is it missed where nobody signs in', async () => {
    scripted.play({});
    const unnamed = scriptedConnector({ idTokenVerificationConfig: { jwksUri: `${scripted.issuer}/keys` } });
    // The limit of one request is 30 s: who waited for that would end this test by its own limit.
    const { code } = await loginWithConnector(machine, unnamed, ['--issuer', muteOrigin], { openUrl: followRedirects });
    expect(code).toBe(0);
    const nobody = await loginWithConnector(machine, unnamed, ['--issuer', muteOrigin, '--timeout', '1'], {
      openUrl: async () => {},
    });
    expect(nobody.code).toBe(6);
  });

  test('a key set ends the sign-in when Logto has waited long enough', async () => {
    scripted.play({});
    const connector = scriptedConnector({
      idTokenVerificationConfig: { jwksUri: `${muteOrigin}/keys`, issuer: scripted.issuer },
    });
    const { code, stderr } = await loginWithConnector(machine, connector, [], { openUrl: followRedirects });
    expect(code).toBe(6);
    expect(stderr).toContain('it did not answer within 5 s');
  });

  test('Ctrl-C while the key set is fetched is no refusal', async () => {
    scripted.play({});
    const interrupted = new AbortController();
    mute.once('request', () => setTimeout(() => interrupted.abort(), 50));
    const connector = scriptedConnector({
      idTokenVerificationConfig: { jwksUri: `${muteOrigin}/keys`, issuer: scripted.issuer },
    });
    const { code, stderr } = await loginWithConnector(machine, connector, [], {
      openUrl: followRedirects,
      signal: interrupted.signal,
    });
    expect(code).toBe(130);
    expect(stderr).toContain('Interrupted.');
  });

  test('a code in a fragment: it is said what keeps it in the browser', async () => {
    const connector = scriptedConnector({ authRequestOptionalConfig: { responseMode: 'fragment' } });
    const { code, stderr } = await loginWithConnector(machine, connector, ['--timeout', '3'], {
      openUrl: async (url) => {
        const browser = new CookieBrowser();
        await browser.open((await browser.authorizationRequest(url)).searchParams.get('redirect_uri') ?? '');
      },
    });
    expect(code).toBe(5);
    expect(stderr).toContain('responseMode is fragment, which never reaches a server.');
    expect(stderr).toContain('To fix: Remove responseMode');
  });

  test('an address to paste, where stdin gave the connector or has ended', async () => {
    scripted.play({});
    const flags = ['--redirect-uri', 'https://tenant.logto.app/callback/ab12'];
    const given = await machine.run(['login', '--connector', '-', ...flags], {
      stdin: JSON.stringify(scriptedConnector()),
    });
    expect(given).toMatchObject({ code: 2, stderr: expect.stringContaining('stdin gave the connector') });
    const ended = await loginWithConnector(machine, scriptedConnector(), flags, { stdin: '', openUrl: async () => {} });
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('stdin has ended') });
    // An ordinary sign-in has it, this one does not.
    expect(given.stderr + ended.stderr).not.toContain('--start');
  });
});
