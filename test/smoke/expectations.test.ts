// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { startCommand } from '../support/built-command.js';
import { createTestAuthority, opensslPresent } from '../support/certificates.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine } from '../support/run.js';
import { startScriptedProvider } from '../support/scripted-provider.js';
import { ALICE, demo, ENV, type ReportedCheck, runPlan } from '../support/smoke-plan.js';

let machine: Machine;
let provider: IdentityProvider;
beforeAll(async () => {
  machine = await createMachine();
  provider = await identityProvider({
    clients: [
      { clientId: 'service', clientSecret: 'service-secret', grantTypes: ['client_credentials', 'authorization_code'] },
      { clientId: 'es', idTokenSignedResponseAlg: 'ES256' },
    ],
    configure: (configuration) => {
      configuration.features = { ...configuration.features, clientCredentials: { enabled: true } };
    },
  });
});
afterAll(() => machine.remove());

const OFFLINE = { scope: 'openid profile email offline_access' };

/** Runs one check and hands back what the report says of it. */
async function check(
  expected: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
  flags: readonly string[] = [],
): Promise<ReportedCheck> {
  const planned = { name: 'it', profile: demo(provider.issuer, OFFLINE), expect: expected, ...more };
  const { report } = await runPlan(machine, [planned], flags);
  return report.checks[0] as ReportedCheck;
}

/** Each expectation as `name verdict`. */
const verdicts = ({ expectations }: ReportedCheck) => expectations.map(({ name, verdict }) => `${name} ${verdict}`);

describe('claims', () => {
  test('are equal, one of, like a pattern, present, absent and of a type', async () => {
    const result = await check({
      claims: {
        email: 'alice@example.com',
        email_verified: true,
        name: { oneOf: ['Alice', 'Alice Example'] },
        sub: { pattern: '^user-[0-9a-f]+$', type: 'string' },
        picture: { present: true },
        phone_number: { absent: true },
        updated_at: { type: 'number', equals: 1_735_689_600 },
      },
    });
    expect(result.verdict, JSON.stringify(result)).toBe('passed');
    expect(new Set(result.expectations.map(({ verdict }) => verdict))).toEqual(new Set(['met']));
  });

  test('a pattern that backtracks without end is ended, and says on which value', async () => {
    const pattern = '^(?:(?:[^!]+)+)+!$';
    const result = await check({ claims: { sub: { pattern }, email: { pattern: '^alice@' } } });
    expect(result.verdict).toBe('failed');
    expect(result.expectations).toEqual([
      {
        name: 'claims.sub',
        verdict: 'violated',
        expected: `text that matches /${pattern}/`,
        actual: `"${result.subject}", on which the pattern took more than 1 s`,
      },
      expect.objectContaining({ name: 'claims.email', verdict: 'met' }),
    ]);
  });

  test('violated, each says what was expected and what was found', async () => {
    const result = await check({
      claims: {
        email: 'bob@example.com',
        name: { oneOf: ['Bob', 'Bea'] },
        sub: { pattern: '^\\d+$' },
        phone_number: { present: true },
        picture: { absent: true },
        email_verified: { type: 'string' },
      },
    });
    expect(result.verdict).toBe('failed');
    expect(result.error).toBeNull();
    const sub = result.subject ?? '';
    expect(result.expectations.map(({ expected, actual }) => [expected, actual])).toEqual([
      ['"bob@example.com"', '"alice@example.com"'],
      ['"Bob" or "Bea"', '"Alice Example"'],
      ['text that matches /^\\d+$/', `"${sub}"`],
      ['present', 'absent'],
      ['absent', '"https://example.com/people/alice.png"'],
      ['a string', 'true'],
    ]);
    expect(new Set(result.expectations.map(({ verdict }) => verdict))).toEqual(new Set(['violated']));
  });

  test('what binds a token to its sign-in is compared, and not shown', async () => {
    const result = await check({ claims: { nonce: { absent: true } } });
    expect(result.expectations).toEqual([
      { name: 'claims.nonce', verdict: 'violated', expected: 'absent', actual: '(not shown)' },
    ]);
  });
});

describe('tokens', () => {
  test("the ID token's algorithm and lifetime, the scopes, and the access token's shape", async () => {
    const connection = await check(
      {
        idToken: { alg: ['RS256', 'ES256'], lifetime: { atLeast: 3600, atMost: 3600 } },
        scopes: ['openid', 'email'],
        accessToken: { format: 'opaque', lifetime: { atLeast: 3500 } },
      },
      { profile: demo(provider.issuer, { clientId: 'es' }) },
    );
    expect(verdicts(connection)).toEqual([
      'idToken.alg met',
      'idToken.lifetime met',
      'scopes met',
      'accessToken.format met',
      'accessToken.lifetime met',
    ]);
    const violated = await check({
      idToken: { alg: 'ES256', lifetime: { atMost: 60 } },
      scopes: ['openid', 'phone'],
      accessToken: { format: 'jwt', audience: 'https://api.example.com', lifetime: { atMost: 60 } },
    });
    expect(violated.expectations.map(({ actual }) => actual)).toEqual([
      'RS256',
      '3600 s',
      'openid, profile, email and offline_access; missing: phone',
      'opaque',
      'the access token is opaque, and names no audience',
      '3600 s',
    ]);
  });

  test('a JWT for an API is known by its audience', async () => {
    const profile = demo(provider.issuer, { scope: 'openid read', resource: 'urn:api' });
    const connection = await check({ accessToken: { format: 'jwt', audience: 'urn:api' } }, { profile });
    expect(verdicts(connection)).toEqual(['accessToken.format met', 'accessToken.audience met']);
    const other = await check({ accessToken: { audience: ['urn:api', 'urn:other'] } }, { profile });
    expect(other.expectations[0]).toMatchObject({
      verdict: 'violated',
      expected: 'urn:api and urn:other',
      actual: '"urn:api"',
    });
  });
});

describe('what the provider does with tokens', () => {
  test('userinfo, introspection, refresh, revocation and sign-out of an honest provider', async () => {
    const result = await check({
      userinfo: { claims: { email: 'alice@example.com' } },
      introspection: true,
      refresh: { works: true, rotates: true, oldRefused: true },
      revocation: true,
      logout: true,
    });
    expect(verdicts(result)).toEqual([
      'userinfo.sub met',
      'userinfo.claims.email met',
      'introspection met',
      'refresh.works met',
      'refresh.rotates met',
      'revocation.accessToken met',
      'refresh.oldRefused met',
      'revocation.refreshToken met',
      'logout.returns met',
      'logout.silentRefused met',
    ]);
  });

  test('without a refresh token nothing refreshes', async () => {
    const result = await check({ refresh: { works: true, rotates: true } }, { profile: demo(provider.issuer) });
    expect(result.expectations).toEqual([
      {
        name: 'refresh.works',
        verdict: 'violated',
        expected: 'a new access token for the refresh token',
        actual:
          'the provider gave no refresh token: the scope offline_access, which most want for it, is not in the profile',
      },
      {
        name: 'refresh.rotates',
        verdict: 'skipped',
        expected: 'a new refresh token with each refresh',
        actual: 'the provider gave no refresh token',
      },
    ]);
    const wanted = await check({ refresh: { works: false } }, { profile: demo(provider.issuer) });
    expect(wanted.verdict).toBe('passed');
  });

  test('a provider that keeps one refresh token, revokes nothing and hears no sign-out', async () => {
    const careless = await identityProvider({
      configure: (configuration) => {
        configuration.rotateRefreshToken = false;
        configuration.features = {
          ...configuration.features,
          revocation: { enabled: true, allowedPolicy: () => false },
          introspection: { enabled: false },
          rpInitiatedLogout: { enabled: false },
        };
      },
    });
    const profile = demo(careless.issuer, OFFLINE);
    const expected = {
      introspection: true,
      refresh: { rotates: true, oldRefused: true },
      revocation: true,
      logout: true,
    };
    const result = await check(expected, { profile });
    expect(verdicts(result)).toEqual([
      'introspection violated',
      'refresh.works met',
      'refresh.rotates violated',
      'revocation.accessToken violated',
      'refresh.oldRefused violated',
      'revocation.refreshToken violated',
      'logout.returns violated',
      'logout.silentRefused skipped',
    ]);
    expect(result.expectations[0]?.actual).toMatch(/^endpoint_missing: .*introspection_endpoint/);
    expect(result.expectations[2]?.actual).toBe('the same one goes on');
    expect(result.expectations[5]?.actual).toBe('it still gets tokens');
  });

  test('userinfo that answers for somebody else fails the sign-in with its own reason', async () => {
    const other = await startScriptedProvider();
    other.play({ userinfo: (honest) => ({ body: { ...honest, sub: 'somebody' } }) });
    const result = await check({ userinfo: true }, { profile: { issuer: other.issuer, clientId: 'app' } });
    expect([result.verdict, result.error?.code]).toEqual(['failed', 'userinfo_subject_mismatch']);
    await other.close();
  });
});

describe('a failure that is expected', () => {
  test('passes with its code, and keeps no error', async () => {
    const result = await check({ failure: 'sign_in_rejected' }, { password: '${OIDC_CLI_WRONG}' });
    // The variable is not set: that is another failure, with its own reason.
    expect([result.verdict, result.error?.code]).toEqual(['failed', 'smoke_secret_unavailable']);
    expect(result.expectations[0]).toMatchObject({
      name: 'failure',
      verdict: 'violated',
      expected: 'sign_in_rejected',
    });

    await writeFile(join(machine.home, 'wrong'), 'not-the-password\n');
    const wrong = { password: { file: 'wrong' } };
    const refused = await check({ failure: ['access_denied', 'sign_in_rejected'] }, wrong, ['--trust-project']);
    expect([refused.verdict, refused.error]).toEqual(['passed', null]);
    expect(refused.expectations[0]).toMatchObject({ verdict: 'met', expected: 'access_denied or sign_in_rejected' });
  });

  test('a success instead is a violation', async () => {
    const result = await check({ failure: 'access_denied' });
    expect([result.verdict, result.error]).toEqual(['failed', null]);
    expect(result.expectations[0]).toMatchObject({ verdict: 'violated', actual: 'the sign-in succeeded' });
  });
});

describe('time, discovery and certificates', () => {
  test('a budget for each phase', async () => {
    const within = {
      total: 600,
      discovery: 600,
      authorizationRequest: 600,
      signInPages: 600,
      tokenRequest: 600,
      userinfo: 600,
    };
    const connection = await check({ within, userinfo: true });
    expect(
      connection.expectations.filter(({ name }) => name.startsWith('within')).map(({ verdict }) => verdict),
    ).toEqual(Array(6).fill('met'));
    const late = await check({ within: { signInPages: 0.001, userinfo: 1 } });
    expect(verdicts(late)).toEqual(['within.signInPages violated', 'within.userinfo skipped']);
    expect(late.expectations[0]?.expected).toBe('at most 0.001 s');
  });

  test('discovery as in the baseline, and a difference in words', async () => {
    const plan = [{ name: 'it', profile: demo(provider.issuer), expect: { discovery: 'oidc-baseline.json' } }];
    const before = await runPlan(machine, plan);
    expect(before.report.checks[0]?.expectations[0]?.actual).toMatch(/^smoke_baseline_unreadable: .*no such file/);
    expect((await machine.run(['smoke'], { env: ENV })).stdout).toContain(
      'where what was found is right; a new baseline is written with: oidc-cli smoke baseline\n',
    );

    const written = await machine.run(['smoke', 'baseline']);
    expect([written.code, written.stderr]).toEqual([
      0,
      `${provider.issuer}: new\nBaseline written to ${join(machine.home, 'oidc-baseline.json')}\n`,
    ]);
    expect((await runPlan(machine, plan)).report.checks[0]?.verdict).toBe('passed');

    const file = join(machine.home, 'oidc-baseline.json');
    const baseline = JSON.parse(await readFile(file, 'utf8'));
    const known = baseline.issuers[provider.issuer];
    const then = {
      ...known,
      token_endpoint: 'https://old.example/token',
      scopes_supported: [...known.scopes_supported.filter((scope: string) => scope !== 'phone'), 'groups'],
      gone: true,
      introspection_endpoint: undefined,
    };
    await writeFile(file, JSON.stringify({ issuers: { [provider.issuer]: then } }));
    const after = await runPlan(machine, plan);
    expect(after.report.checks[0]?.expectations).toEqual([
      {
        name: 'discovery',
        verdict: 'violated',
        expected: 'as in the baseline',
        actual: [
          'gone is gone (was true)',
          `introspection_endpoint is new: "${provider.issuer}/token/introspection"`,
          'scopes_supported now has "phone" and no longer has "groups"',
          `token_endpoint is "${provider.issuer}/token" (was "https://old.example/token")`,
        ].join('; '),
      },
    ]);
    const again = await machine.run(['smoke', 'baseline']);
    expect(again.stderr).toContain(`${provider.issuer}: changed\n  gone is gone (was true)\n`);
  });

  test('a baseline goes into a folder that is made for it', async () => {
    const plan = [{ name: 'it', profile: demo(provider.issuer) }];
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks: plan }));
    const { code } = await machine.run(['smoke', 'baseline', '--output', 'new/base.json'], { env: ENV });
    expect(code).toBe(0);
    expect(await readFile(join(machine.home, 'new', 'base.json'), 'utf8')).toContain(provider.issuer);
    const refused = await machine.run(['smoke', 'baseline', '--output', 'new/base.json/x'], { env: ENV });
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('Name another file with --output')]);
  });

  test('a provider that is away takes nobody else out of the baseline, nor itself', async () => {
    const file = join(machine.home, 'oidc-baseline.json');
    const away = 'http://127.0.0.1:1';
    const plan = [away, provider.issuer].map((issuer) => ({ name: issuer, profile: demo(issuer) }));
    const { issuer } = provider;
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks: plan }));
    await writeFile(file, JSON.stringify({ issuers: { [away]: { issuer: away, kept: true } } }));
    const { code, stderr } = await machine.run(['smoke', 'baseline'], { env: ENV });
    expect([code, stderr]).toEqual([
      8,
      `${issuer}: new\n${away}: Nothing listens at 127.0.0.1:1: the connection was refused. (network_refused); the baseline keeps what it said before\nBaseline written to ${file}\n`,
    ]);
    const { issuers } = JSON.parse(await readFile(file, 'utf8'));
    expect([issuers[away], issuers[issuer].issuer]).toEqual([{ issuer: away, kept: true }, issuer]);
    const json = JSON.parse((await machine.run(['smoke', 'baseline', '--json'], { env: ENV })).stdout);
    expect(json).toMatchObject({
      issuers: [{ issuer, new: false, changes: [] }],
      failed: [{ issuer: away, error: { code: 'network_refused' } }],
    });
    // Where none answers nothing is written.
    await writeFile(
      join(machine.home, 'oidc-smoke.yaml'),
      JSON.stringify({ defaults: ALICE, checks: plan.slice(0, 1) }),
    );
    const before = await readFile(file, 'utf8');
    expect((await machine.run(['smoke', 'baseline'], { env: ENV })).code).toBe(8);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test('a provider on http has no certificate to expire', async () => {
    const result = await check({ certificateDays: 14 });
    expect(verdicts(result)).toEqual(['certificateDays.tls skipped']);
  });
});

describe.runIf(requirement('openssl', opensslPresent(), 'makes the certificates of the TLS tests'))(
  'certificates',
  () => {
    test('that of the connection and that of a key, with the days they have left', async () => {
      const authority = createTestAuthority();
      const secure = await startScriptedProvider({ tls: authority.issue('soon', 'DNS:localhost,IP:127.0.0.1', 20) });
      const x5c = [authority.issue('key', 'DNS:key', 5).cert.replace(/-----[^-]+-----|\s/g, '')];
      secure.play({ keySet: ({ keys }) => ({ body: { keys: keys.map((key) => ({ ...key, x5c })) } }) });
      const profile = { issuer: secure.issuer, clientId: 'app', ca: authority.caFile };
      const plan = (days: number) => [{ name: 'it', profile, expect: { certificateDays: days } }];
      await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks: plan(3) }));
      const untrusted = await machine.run(['smoke', '--json'], { env: ENV });
      expect(JSON.parse(untrusted.stdout).error).toMatchObject({
        code: 'config_untrusted',
        facts: { key: 'checks.0.profile.ca' },
      });
      const trusted = async (days: number) =>
        (await runPlan(machine, plan(days), ['--trust-project'])).report.checks[0] as ReportedCheck;
      const good = await trusted(3);
      expect(verdicts(good)).toEqual(['certificateDays.tls met', 'certificateDays.keys.RS256-key met']);
      expect(Date.parse(good.certificateExpiresAt ?? '')).toBeGreaterThan(Date.now());
      const soon = await trusted(10);
      expect(verdicts(soon)).toEqual(['certificateDays.tls met', 'certificateDays.keys.RS256-key violated']);
      expect(soon.expectations[1]?.actual).toMatch(/^expires on \d{4}-\d\d-\d\d, in 4 days$/);
      expect(verdicts(await trusted(30))[0]).toBe('certificateDays.tls violated');
      await secure.close();
      authority.remove();
    });

    test("that of a Logto connector's provider, whether or not the connector names the issuer", async () => {
      const authority = createTestAuthority();
      const secure = await startScriptedProvider({ tls: authority.issue('soon', 'DNS:localhost,IP:127.0.0.1', 20) });
      const connector = (more: Readonly<Record<string, unknown>>) => ({
        authorizationEndpoint: `${secure.issuer}/authorize`,
        tokenEndpoint: `${secure.issuer}/token`,
        clientId: 'app',
        clientSecret: '${OIDC_CLI_CONNECTOR}',
        scope: 'openid',
        idTokenVerificationConfig: { jwksUri: `${secure.issuer}/keys`, ...more },
      });
      const names = { named: { issuer: secure.issuer }, unnamed: {} };
      for (const [name, more] of Object.entries(names)) {
        await writeFile(join(machine.home, `${name}.json`), JSON.stringify(connector(more)));
      }
      const checks = Object.keys(names).map((name) => ({
        name,
        connector: `${name}.json`,
        expect: { certificateDays: 30 },
      }));
      const file = join(machine.home, 'oidc-smoke.yaml');
      await writeFile(file, JSON.stringify({ defaults: ALICE, checks }));
      // Node reads this variable when it starts.
      const env = { ...ENV, HOME: machine.home, OIDC_CLI_CONNECTOR: 'x', NODE_EXTRA_CA_CERTS: authority.caFile };
      const { code, stdout } = await startCommand(['smoke', '--json', file], env).finished;
      const results = JSON.parse(stdout).checks as ReportedCheck[];
      expect([code, results.map(verdicts)], stdout).toEqual([
        1,
        [['certificateDays.tls violated'], ['certificateDays.tls violated']],
      ]);
      await secure.close();
      authority.remove();
    });
  },
);

/** A sound one at the provider; `more` replaces members. */
const connector = (more: Readonly<Record<string, unknown>> = {}) => ({
  authorizationEndpoint: `${provider.issuer}/auth`,
  tokenEndpoint: `${provider.issuer}/token`,
  clientId: 'demo-confidential',
  clientSecret: '${OIDC_CLI_CONNECTOR}',
  scope: 'openid profile email',
  tokenEndpointAuthMethod: 'client_secret_basic',
  idTokenVerificationConfig: { jwksUri: `${provider.issuer}/jwks`, issuer: provider.issuer },
  ...more,
});

describe('a Logto connector', () => {
  const run = async (expected: Readonly<Record<string, unknown>>, config: unknown) => {
    await writeFile(join(machine.home, 'connector.json'), JSON.stringify(config));
    const plan = [{ name: 'it', connector: 'connector.json', expect: expected }];
    const { report } = await runPlan(machine, plan, [], { env: { OIDC_CLI_CONNECTOR: 'demo-secret' } });
    return report.checks[0] as ReportedCheck;
  };

  test('signs in as Logto would, and makes the profile that is expected', async () => {
    const expected = {
      claims: { sub: { present: true } },
      profile: {
        id: { pattern: '^user-' },
        name: 'Alice Example',
        email: 'alice@example.com',
        phone: { absent: true },
      },
    };
    const result = await run(expected, connector());
    expect([result.verdict, result.way, result.issuer], JSON.stringify(result)).toEqual([
      'passed',
      'http',
      provider.issuer,
    ]);
    expect(verdicts(result)).toEqual([
      'claims.sub met',
      'profile.id met',
      'profile.name met',
      'profile.email met',
      'profile.phone met',
    ]);
  });

  test('an empty field says why it is, and a refusal of Logto fails the check', async () => {
    const result = await run({ profile: { email: 'alice@example.com' } }, connector({ scope: 'openid profile' }));
    const { stdout } = await machine.run(['smoke'], { env: { ...ENV, OIDC_CLI_CONNECTOR: 'demo-secret' } });
    expect(stdout).toContain(`\n  Connector connector.json, ${provider.issuer}, by http\n`);
    expect(result.expectations[0]).toMatchObject({ name: 'profile.email', verdict: 'violated' });
    expect(result.expectations[0]?.actual).toMatch(/^absent: the ID token has no claim email/);
    const other = { jwksUri: `${provider.issuer}/jwks`, issuer: 'https://other.example' };
    const refused = await run({}, connector({ idTokenVerificationConfig: other }));
    expect([refused.verdict, refused.error?.code]).toEqual(['failed', 'connector_id_token_refused']);
    const expected = await run(
      { failure: 'connector_id_token_refused' },
      connector({ idTokenVerificationConfig: other }),
    );
    expect(expected.verdict).toBe('passed');
  });
});

describe("a Logto connector's provider", () => {
  const plan = (issuer: string | undefined, expected: Readonly<Record<string, unknown>>) => {
    const issued = issuer === undefined ? {} : { issuer };
    const config = connector({ idTokenVerificationConfig: { jwksUri: `${provider.issuer}/jwks`, ...issued } });
    return { config, checks: [{ name: 'it', connector: 'connector.json', expect: expected }] };
  };
  const env = { OIDC_CLI_CONNECTOR: 'demo-secret' };

  test('is held against a baseline, which is written of it too', async () => {
    const file = join(machine.home, 'oidc-baseline.json');
    const { config, checks } = plan(provider.issuer, { discovery: 'oidc-baseline.json' });
    await writeFile(join(machine.home, 'connector.json'), JSON.stringify(config));
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
    await writeFile(file, '{"issuers":{}}');
    const written = await machine.run(['smoke', 'baseline'], { env: { ...ENV, ...env } });
    expect(written.stderr).toBe(`${provider.issuer}: new\nBaseline written to ${file}\n`);
    const same = (await runPlan(machine, checks, [], { env })).report.checks[0] as ReportedCheck;
    expect(verdicts(same)).toEqual(['discovery met']);
    const { issuers } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ issuers: { [provider.issuer]: { ...issuers[provider.issuer], gone: 1 } } }));
    const other = (await runPlan(machine, checks, [], { env })).report.checks[0] as ReportedCheck;
    expect([other.verdict, other.expectations[0]?.actual]).toEqual(['failed', 'gone is gone (was 1)']);
  });

  test('is not known where the connector names no issuer, and the baseline says so', async () => {
    const { config, checks } = plan(undefined, { discovery: 'oidc-baseline.json' });
    await writeFile(join(machine.home, 'connector.json'), JSON.stringify(config));
    const result = (await runPlan(machine, checks, [], { env })).report.checks[0] as ReportedCheck;
    expect(verdicts(result)).toEqual(['discovery skipped']);
    const { stderr } = await machine.run(['smoke', 'baseline'], { env: { ...ENV, ...env } });
    expect(stderr).toContain('it: its connector names no issuer, so there is no discovery to write down\n');
  });

  test('need not have discovery, unless a check expects something of it', async () => {
    const file = join(machine.home, 'oidc-baseline.json');
    const sound = { name: 'sound', profile: demo(provider.issuer) };
    for (const [issuer, code] of [
      ['accounts.example.com', 'issuer_invalid'],
      [`${provider.issuer}/other`, 'discovery_not_found'],
    ] as const) {
      const { config, checks } = plan(issuer, {});
      await writeFile(join(machine.home, 'connector.json'), JSON.stringify(config));
      const write = (all: readonly unknown[]) =>
        writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks: all }));
      await write([...checks, sound]);
      await rm(file, { force: true });
      const written = await machine.run(['smoke', 'baseline'], { env: { ...ENV, ...env } });
      expect(written.stderr).toBe(
        `${provider.issuer}: new\n${issuer}: no discovery to write down (${code}); its connector works without\nBaseline written to ${file}\n`,
      );
      expect(written.code).toBe(0);
      await write([...plan(issuer, { discovery: 'oidc-baseline.json' }).checks, sound]);
      const wanted = await machine.run(['smoke', 'baseline'], { env: { ...ENV, ...env } });
      expect(wanted.code).not.toBe(0);
      expect(wanted.stderr).toContain(code);
    }
  });
});

describe('where nobody signs in', () => {
  test('client_credentials says so, and its tokens are looked at', async () => {
    await writeFile(join(machine.home, 'service-secret'), 'service-secret');
    const profile = { issuer: provider.issuer, clientId: 'service', clientSecretFile: 'service-secret' };
    const expected = { accessToken: { format: 'opaque' }, userinfo: true, claims: { sub: 'x' } };
    const result = await check(expected, { profile, with: 'client_credentials' }, ['--trust-project']);
    expect([result.verdict, result.way, result.signedIn]).toEqual(['passed', 'client_credentials', false]);
    expect(verdicts(result)).toEqual(['claims.sub skipped', 'accessToken.format met', 'userinfo.sub skipped']);
  });

  test("advice to be copied has a stranger's client id as one word", async () => {
    const other = await identityProvider();
    const clientId = "my app; echo 'x' $(id)";
    const profile = { ...demo(other.issuer), clientId };
    const { report } = await runPlan(machine, [{ name: 'it', profile, with: 'refresh' }]);
    const quoted = `'my app; echo '\\''x'\\'' $(id)'`;
    expect((report.checks[0]?.error as { fix?: string } | undefined)?.fix).toBe(
      `Sign in with: oidc-cli login --issuer ${other.issuer} --client-id ${quoted}`,
    );
  });

  test('a profile that only the plan has is signed in with by issuer and client', async () => {
    const other = await identityProvider();
    const { report } = await runPlan(machine, [{ name: 'it', profile: demo(other.issuer), with: 'refresh' }]);
    expect(report.checks[0]?.error).toMatchObject({
      code: 'not_signed_in',
      fix: `Sign in with: oidc-cli login --issuer ${other.issuer} --client-id demo`,
    });
  });

  test('a refresh token from a file, and that of the kept session', async () => {
    const { run } = machine;
    const login = [
      'login',
      '--issuer',
      provider.issuer,
      '--client-id',
      'demo',
      '--scope',
      OFFLINE.scope,
      '--port',
      '0',
    ];
    const { aliceSignsIn } = await import('../support/run.js');
    const signedIn = await run([...login, '--save', 'kept'], { openUrl: aliceSignsIn });
    expect(signedIn.code, signedIn.stderr).toBe(0);
    const plan = [{ name: 'it', profile: 'kept', with: 'refresh', expect: { accessToken: { format: 'opaque' } } }];
    const first = await runPlan(machine, plan);
    expect([first.report.checks[0]?.verdict, first.report.checks[0]?.way]).toEqual(['passed', 'refresh']);
    // What came back was kept: the next one works as well.
    expect((await runPlan(machine, plan)).report.checks[0]?.verdict).toBe('passed');
    // And so is what an expectation gets for it, also where several checks share the session.
    const shared = ['one', 'two', 'three'].map((name) => {
      return { name, profile: 'kept', with: 'refresh', expect: { refresh: { works: true, rotates: true } } };
    });
    for (const _ of ['once', 'again']) {
      const { report } = await runPlan(machine, shared);
      expect(report.counts).toMatchObject({ passed: 3 });
    }
    expect((await run(['token', 'kept', '--refresh'])).code).toBe(0);

    await mkdir(join(machine.home, 'secrets'), { recursive: true });
    await writeFile(join(machine.home, 'secrets', 'refresh'), 'no-such-token');
    const fromFile = [{ ...plan[0], refreshToken: { file: 'secrets/refresh' } }];
    const other = await runPlan(machine, fromFile, ['--trust-project']);
    expect(other.report.checks[0]?.error).toMatchObject({
      code: 'invalid_grant',
      message: expect.stringContaining('The provider refuses the refresh token.'),
    });
    expect(JSON.stringify(other.report.checks[0]?.error)).not.toMatch(/authorization code|redirect URI|PKCE/);
    expect(other.code).toBe(5);
  });
});
