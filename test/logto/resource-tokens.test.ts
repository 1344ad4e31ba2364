import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { ErrorCode } from '../../src/errors.js';
import type { Session } from '../../src/sessions/session-store.js';
import { createSessions } from '../../src/sessions/sessions.js';
import { runCommand } from '../support/built-command.js';
import { freePort } from '../support/free-port.js';
import { type LogtoProvider, type LogtoResource, startLogtoProvider } from '../support/logto-provider.js';
import { aliceSignsIn, createMachine, type Finished, type Machine } from '../support/run.js';
import {
  type Json,
  oauthError,
  type Script,
  type ScriptedProvider,
  startScriptedProvider,
} from '../support/scripted-provider.js';
import { asRefused, loginOn } from '../support/scripted-sign-in.js';

const ORDERS = 'https://orders.example.com/api';
const STOCK = 'https://stock.example.com/api';
const ORGANIZATIONS = 'urn:logto:scope:organizations';

let machine: Machine;
let logto: LogtoProvider;
/** What is registered at the provider: it may change while it runs. */
let resources: LogtoResource[];
/** Where the browser comes back to after a sign-out, as registered. */
let signedOut: string;

beforeEach(async () => {
  machine = await createMachine();
  const [port, otherPort] = [await freePort(), await freePort()];
  const redirectUri = `http://127.0.0.1:${port}/callback`;
  signedOut = `http://127.0.0.1:${otherPort}/signed-out`;
  resources = [
    { indicator: ORDERS, scopes: ['read:orders', 'write:orders'] },
    { indicator: STOCK, scopes: ['read:stock'] },
  ];
  logto = await startLogtoProvider({ redirectUris: [redirectUri], postLogoutRedirectUris: [signedOut], resources });
  await profile(`scopes: [${ORGANIZATIONS}, 'read:orders']`, redirectUri);
});
afterEach(async () => {
  await logto.close();
  await machine.remove();
});

/** Writes the user's configuration file: one profile, of the traditional web application. */
async function profile(more: string, redirectUri: string): Promise<void> {
  const lines = [
    'profiles:',
    '  shop:',
    '    kind: logto',
    `    endpoint: ${logto.endpoint}`,
    `    appId: ${logto.app.id}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
    '    appSecret: ${SHOP_SECRET}',
    `    resources: [${ORDERS}, ${STOCK}]`,
    `    redirectUri: ${redirectUri}`,
    `    ${more}`,
  ];
  await writeFile(join(machine.home, 'config.yaml'), lines.join('\n'));
}

function run(...argv: string[]): Promise<Finished> {
  return machine.run(argv, { openUrl: aliceSignsIn, env: { SHOP_SECRET: logto.app.secret } });
}

async function signIn(...more: string[]): Promise<void> {
  const { code, stderr } = await run('login', 'shop', ...more);
  expect(stderr).not.toContain('✗');
  expect(code).toBe(0);
}

/** `token --json …` as a document. */
async function tokenDocument(...flags: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run('token', 'shop', '--json', ...flags);
  expect(stderr).not.toContain('✗');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** What `token --json …` fails with. */
async function refusal(...flags: string[]) {
  const { code, stdout } = await run('token', 'shop', '--json', ...flags);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; causes: string[]; fix: string } };
  return { exit: code, ...error, text: [error.message, ...error.causes, error.fix].join('\n') };
}

/** The session as it is kept. */
async function saved(issuer = logto.issuer): Promise<Session> {
  const sessions = createSessions({ dataFolder: machine.home, env: {}, platform: process.platform, clock: Date });
  const entry = await sessions.find({ issuer });
  const session = entry && (await sessions.read(entry));
  if (!session) throw new Error('nothing is kept');
  return session;
}

describe('token --resource', () => {
  it('gives each resource its own JWT, and leaves the ordinary token for userinfo', async () => {
    await signIn();
    // With the code no resource is named: the token of that is for userinfo.
    expect(logto.requests.token.map(({ form }) => form.resource)).toEqual([undefined]);
    const ordinary = await tokenDocument();
    const orders = await tokenDocument('--resource', ORDERS);
    const stock = await tokenDocument('--resource', STOCK);
    expect(decodeJwt(String(orders.accessToken))).toMatchObject({ aud: ORDERS, scope: 'read:orders' });
    expect(decodeJwt(String(stock.accessToken))).toMatchObject({ aud: STOCK, iss: logto.issuer });
    expect(orders).toMatchObject({ resource: ORDERS, scope: ['read:orders'], refreshed: true, tokenType: 'bearer' });
    expect(orders).not.toHaveProperty('organization');
    expect(Object.keys(orders)).toEqual([
      ...[
        'schemaVersion',
        'profile',
        'issuer',
        'accessToken',
        'tokenType',
        'expiresAt',
        'resource',
        'scope',
        'refreshed',
      ],
    ]);
    expect(await tokenDocument()).toEqual(ordinary);
    expect((await run('userinfo', 'shop')).code).toBe(0);
  });

  it('hands out the kept one without a request, until 30 seconds before its own expiry', async () => {
    await signIn();
    const first = await tokenDocument('--resource', ORDERS);
    const asked = logto.requests.all.length;
    machine.passTime(3600 - 60);
    const second = await tokenDocument('--resource', ORDERS);
    expect(second).toEqual({ ...first, refreshed: false });
    expect(logto.requests.all).toHaveLength(asked);
    machine.passTime(31);
    const third = await tokenDocument('--resource', ORDERS);
    expect(third).toMatchObject({ refreshed: true, resource: ORDERS });
    expect(third.accessToken).not.toBe(first.accessToken);
  });

  it('keeps the tokens of resources when the ordinary one is refreshed, which names no resource', async () => {
    await signIn();
    const orders = await tokenDocument('--resource', ORDERS);
    const { refreshed } = await tokenDocument('--refresh');
    expect(refreshed).toBe(true);
    expect(logto.requests.token.at(-1)?.form).not.toHaveProperty('resource');
    expect((await tokenDocument('--resource', ORDERS)).accessToken).toBe(orders.accessToken);
    const forced = await tokenDocument('--resource', ORDERS, '--refresh');
    expect(forced.accessToken).not.toBe(orders.accessToken);
    expect((await saved()).accessTokens).toHaveLength(1);
  });

  it('writes the token alone on stdout, and as a header', async () => {
    await signIn();
    const plain = await run('token', 'shop', '--resource', ORDERS);
    expect(plain.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const header = await run('token', 'shop', '--resource', ORDERS, '--header');
    expect(header.stdout).toBe(`Authorization: Bearer ${plain.stdout}`);
  });

  it('spends each refresh token once when two ask at the same time, for the same and for different resources', async () => {
    await signIn();
    const before = logto.requests.token.length;
    const same = await Promise.all([tokenDocument('--resource', ORDERS), tokenDocument('--resource', ORDERS)]);
    expect(same[0].accessToken).toBe(same[1].accessToken);
    expect(logto.requests.token).toHaveLength(before + 1);
    machine.passTime(3600);
    await Promise.all([tokenDocument('--resource', ORDERS), tokenDocument('--resource', STOCK), tokenDocument()]);
    const spent = logto.requests.token.slice(before).map(({ form }) => form.refresh_token);
    expect(new Set(spent).size).toBe(4);
    expect(logto.requests.token.every(({ error }) => error === undefined)).toBe(true);
  });

  it('does so for three processes as well', async () => {
    await signIn();
    const before = logto.requests.token.length;
    const env = {
      OIDC_CLI_HOME: machine.home,
      OIDC_CLI_STORE: 'file',
      HOME: machine.home,
      SHOP_SECRET: logto.app.secret,
    };
    const ask = (resource: string) => runCommand(['token', 'shop', '--resource', resource], env);
    const [orders, again, stock] = await Promise.all([ask(ORDERS), ask(ORDERS), ask(STOCK)]);
    expect([orders, again, stock].map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(again.stdout).toBe(orders.stdout);
    expect([orders, stock].map(({ stdout }) => decodeJwt(stdout).aud)).toEqual([ORDERS, STOCK]);
    const asked = logto.requests.token.slice(before);
    expect(asked.map(({ form }) => form.resource).sort()).toEqual([ORDERS, STOCK]);
    expect(new Set(asked.map(({ form }) => form.refresh_token)).size).toBe(2);
    expect(asked.every(({ error }) => error === undefined)).toBe(true);
    expect((await saved()).accessTokens).toHaveLength(2);
  });

  it('explains a resource that was not asked for, without spending the refresh token', async () => {
    await signIn();
    const before = await saved();
    const asked = logto.requests.all.length;
    const other = await refusal('--resource', `${ORDERS}/`);
    expect(other).toMatchObject({ code: 'invalid_target', exit: 5 });
    expect(other.message).toContain(`did not ask for the resource "${ORDERS}/"`);
    expect(other.causes[0]).toBe(`It asked for: ${ORDERS}, ${STOCK}, urn:logto:resource:organizations.`);
    expect(other.fix).toContain('oidc-cli login shop --resource');
    expect(other.fix).toContain(`--resource ${ORDERS}/`);
    expect(await saved()).toEqual(before);
    expect(logto.requests.all).toHaveLength(asked);
    expect((await run('token', 'shop', '--resource', ORDERS)).code).toBe(0);
  });

  it('explains a resource that the provider does not know, at the sign-in and where it is gone since', async () => {
    const { code, stdout } = await run('login', 'shop', '--resource', 'https://nowhere.example.com', '--json');
    expect(code).toBe(5);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'invalid_target',
      causes: [expect.stringMatching(/not registered/)],
    });
    await signIn();
    resources.pop();
    const gone = await refusal('--resource', STOCK);
    expect(gone).toMatchObject({ code: 'invalid_target', exit: 5 });
    expect(gone.message).toContain(`The provider gives no token for the resource "${STOCK}". It says: invalid_target`);
    expect((await saved()).accessTokens).toBeUndefined();
  });

  it('says that there is no refresh token, and how to get one', async () => {
    await signIn('--prompt', 'login');
    const none = await refusal('--resource', ORDERS);
    expect(none).toMatchObject({ code: 'no_refresh_token', exit: 4 });
    expect(none.message).toContain(ORDERS);
    expect(none.text).toContain('--prompt consent');
  });

  it('after its expiry, says the same of the ordinary token', async () => {
    await signIn('--prompt', 'login');
    machine.passTime(3601);
    const expired = await refusal();
    expect(expired).toMatchObject({ code: 'session_expired', exit: 4 });
    expect(expired.causes).toEqual([expect.stringContaining('though offline_access was asked for')]);
    expect(expired.fix).toBe('Sign in again with: oidc-cli login shop --prompt consent');
    const asked = await run('whoami', 'shop');
    expect([asked.code, asked.stderr]).toEqual([4, `${expired.fix}\n`]);
  });

  it('refuses --id-token beside it, and what is no resource, before anything is asked', async () => {
    for (const flags of [
      ['--resource', ORDERS, '--id-token'],
      ['--organization', 'org-of-alice', '--id-token'],
      ['--resource', 'orders'],
      ['--resource', `${ORDERS}#part`],
      ['--organization', ' '],
    ]) {
      expect(await refusal(...flags)).toMatchObject({ code: 'usage', exit: 2 });
    }
    expect(logto.requests.all).toEqual([]);
  });
});

describe('token --organization', () => {
  it('gives a token for the organization, and for a resource on its behalf, each kept by itself', async () => {
    await signIn();
    const own = await tokenDocument('--organization', 'org-of-alice');
    expect(decodeJwt(String(own.accessToken)).aud).toBe('urn:logto:organization:org-of-alice');
    expect(own).toMatchObject({ organization: 'org-of-alice', refreshed: true });
    expect(logto.requests.token.at(-1)?.form).toMatchObject({ organization_id: 'org-of-alice' });
    const both = await tokenDocument('--organization', 'org-of-alice', '--resource', ORDERS);
    expect(decodeJwt(String(both.accessToken))).toMatchObject({ aud: ORDERS, organization_id: 'org-of-alice' });
    const resource = await tokenDocument('--resource', ORDERS);
    expect(decodeJwt(String(resource.accessToken))).not.toHaveProperty('organization_id');
    const asked = logto.requests.all.length;
    const again = await tokenDocument('--resource', ORDERS, '--organization', 'org-of-alice');
    expect(again).toEqual({ ...both, refreshed: false });
    expect((await tokenDocument('--organization', 'org-of-alice')).accessToken).toBe(own.accessToken);
    expect(logto.requests.all).toHaveLength(asked);

    const { accessTokens } = JSON.parse((await run('whoami', 'shop', '--json')).stdout) as { accessTokens: unknown[] };
    expect(accessTokens).toEqual([
      { organization: 'org-of-alice', expiresAt: own.expiresAt },
      { organization: 'org-of-alice', resource: ORDERS, expiresAt: both.expiresAt },
      { resource: ORDERS, expiresAt: resource.expiresAt },
    ]);
  });

  it('explains the refusal for an organization the person is no member of', async () => {
    await signIn();
    const before = await saved();
    const foreign = await refusal('--organization', 'org-of-bob');
    expect(foreign).toMatchObject({ code: 'organization_refused', exit: 5 });
    expect(foreign.message).toContain('"org-of-bob"');
    expect(foreign.causes[0]).toMatch(/not a member/);
    expect(await saved()).toEqual(before);
    expect((await run('token', 'shop', '--organization', 'org-of-alice')).code).toBe(0);
  });

  it('names the scope that was not asked for, and the sign-in that asks for it', async () => {
    await profile("scopes: ['email']", logto.app.redirectUris.at(-1) ?? '');
    await signIn();
    const asked = logto.requests.all.length;
    const refused = await refusal('--organization', 'org-of-alice');
    expect(refused).toMatchObject({ code: 'organization_refused', exit: 5 });
    expect(refused.message).toBe(
      'The sign-in did not ask for organizations, so there can be no token for "org-of-alice".',
    );
    expect(logto.requests.all).toHaveLength(asked);
    expect(refused.causes[0]).toContain(`The scope ${ORGANIZATIONS} was not asked for`);
    expect(refused.fix).toMatch(new RegExp(`oidc-cli login shop --scope ".*email ${ORGANIZATIONS}" --prompt consent`));
  });
});

describe('an ordinary profile', () => {
  it('has tokens for resources by a refresh as well, of what it asked for at the sign-in', async () => {
    const flags = [
      'login',
      '--issuer',
      logto.issuer,
      '--client-id',
      logto.app.id,
      '--client-secret-env',
      'SHOP_SECRET',
    ];
    const scope = 'openid offline_access profile read:stock';
    const redirectUri = logto.app.redirectUris.at(-1) ?? '';
    const asked = ['--redirect-uri', redirectUri, '--scope', scope, '--prompt', 'consent', '--resource', STOCK];
    const signedIn = await run(...flags, ...asked, '--no-userinfo');
    expect(signedIn.code).toBe(0);
    const { code, stdout } = await run('token', '--issuer', logto.issuer, '--resource', STOCK);
    expect(code).toBe(0);
    expect(decodeJwt(stdout.trim())).toMatchObject({ aud: STOCK, scope: 'read:stock' });
  });

  it('has no token for an organization, of which an ordinary provider knows nothing', async () => {
    const scripted = await startScriptedProvider();
    try {
      scripted.play({});
      expect((await loginOn(machine, scripted.issuer, [])).code).toBe(0);
      const before = await saved(scripted.issuer);
      const refused = await machine.run(['token', '--json', '--organization', 'org-of-alice']);
      expect(asRefused(refused).error).toMatchObject({ code: 'organization_refused', exitCode: 5 });
      expect(await saved(scripted.issuer)).toEqual(before);
    } finally {
      await scripted.close();
    }
  });
});

describe('the answer to a refresh for a resource', () => {
  let scripted: ScriptedProvider;
  beforeAll(async () => {
    scripted = await startScriptedProvider();
  });
  afterAll(() => scripted.close());
  const refreshed = (claims: Json): Script => ({ claims: { aud: 'app', nonce: undefined, ...claims } });

  test.each<[string, Script, ErrorCode, number]>([
    ['of another person', refreshed({ sub: 'user-2' }), 'refreshed_identity_changed', 7],
    ['for another client', refreshed({ aud: 'other' }), 'id_token_audience_mismatch', 7],
    ['that denies access', { token: () => oauthError(400, 'access_denied') }, 'token_request_refused', 5],
    ['that refuses the refresh token', { token: () => oauthError(400, 'invalid_grant') }, 'refresh_refused', 4],
  ])('is not kept when it is one %s', async (_name, script, code, exitCode) => {
    scripted.play({});
    expect((await loginOn(machine, scripted.issuer, ['--resource', ORDERS])).code).toBe(0);
    const before = await saved(scripted.issuer);
    scripted.play(script);
    const finished = await machine.run(['token', '--json', '--resource', ORDERS]);
    expect(asRefused(finished).error).toMatchObject({ code, exitCode });
    expect(await saved(scripted.issuer)).toEqual(before);
    // An honest one is, and a refused one after it takes nothing away.
    scripted.play(refreshed({}));
    const honest = await machine.run(['token', '--resource', ORDERS]);
    expect(honest.code).toBe(0);
    scripted.play(script);
    expect((await machine.run(['token', '--resource', ORDERS, '--refresh'])).code).toBe(exitCode);
    expect((await machine.run(['token', '--resource', ORDERS])).stdout).toBe(honest.stdout);
  });
});

describe('whoami and logout', () => {
  it('whoami says by its exit code whether somebody is signed in, before and after logout', async () => {
    expect((await run('whoami', 'shop')).code).toBe(4);
    await signIn();
    await tokenDocument('--resource', ORDERS);
    expect((await run('whoami', 'shop')).code).toBe(0);
    const out = await run('logout', 'shop', '--post-logout-redirect-uri', signedOut);
    expect(out.stderr + out.stdout).not.toContain('✗');
    expect(out.code).toBe(0);
    expect((await run('whoami', 'shop')).code).toBe(4);
    expect(await refusal('--resource', ORDERS)).toMatchObject({ code: 'not_signed_in', exit: 4 });
  });

  it('says which post-logout redirect URI is not registered', async () => {
    await signIn();
    const elsewhere = signedOut.replace('signed-out', 'elsewhere');
    const out = await run('logout', 'shop', '--post-logout-redirect-uri', elsewhere, '--timeout', '1');
    expect(out.code).toBe(6);
    expect(out.stdout).toContain(`Register ${elsewhere} at the provider`);
    expect(logto.requests.all.at(-1)).toMatchObject({ path: '/oidc/session/end', status: 400 });
    expect((await run('whoami', 'shop')).code).toBe(4);
  });
});

describe('secrets', () => {
  it('shows a token where it was asked for, and nowhere else', async () => {
    const outputs: Finished[] = [];
    const note = async (...argv: string[]) => {
      outputs.push(await run(...argv));
    };
    await note('login', 'shop', '--json');
    await run('token', 'shop', '--resource', ORDERS);
    await run('token', 'shop', '--organization', 'org-of-alice');
    const shown = await run('token', 'shop', '--resource', ORDERS);
    const session = await saved();
    await note('whoami', 'shop', '--json');
    await note('whoami', 'shop');
    await note('token', 'shop', '--resource', 'https://nowhere.example.com');
    await note('token', 'shop', '--organization', 'org-of-bob', '--json');
    await note('logout', 'shop', '--no-end-session', '--json');
    const tokens = (session.accessTokens ?? []).map(({ accessToken }) => accessToken);
    expect(tokens).toHaveLength(2);
    expect(shown.stdout.trim()).toBe(tokens[0]);
    const secrets = [...tokens, session.accessToken, session.idToken, session.refreshToken, logto.app.secret];
    const spent = logto.requests.token.flatMap(({ form }) => [form.refresh_token, form.code, form.code_verifier]);
    for (const secret of [...secrets, ...spent]) {
      if (typeof secret !== 'string') continue;
      expect(secret.length).toBeGreaterThan(10);
      for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain(secret);
      expect(shown.stderr).not.toContain(secret);
    }
  });
});
