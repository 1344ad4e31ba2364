import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { CookieJar } from 'tough-cookie';
import { beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { ALICE, type RelyingParty, relyingParty } from './relying-party.js';

const CONFIDENTIAL = { clientId: 'demo-confidential', secret: 'demo-secret' };
const OFFLINE = { scope: 'openid offline_access' };

let idp: IdentityProvider;

beforeAll(async () => {
  idp = await identityProvider();
});

async function refused(response: Promise<unknown>): Promise<string> {
  return response.then(
    () => 'not refused',
    (error: { error?: string }) => error.error ?? String(error),
  );
}

describe('refresh tokens', () => {
  test('offline_access brings one, without prompt=consent, and the consent page names it', async () => {
    const app = await relyingParty(idp);
    const { url } = await app.request(OFFLINE);
    const titles: string[] = [];
    const jar = new CookieJar();
    await signInOverHttp(url, { ...ALICE, jar, onStep: ({ title }) => titles.push(title) });
    expect(titles).toEqual(['Sign in', 'Allow Demo app?', 'Application']);
    // Allowed before: it comes without being asked for again.
    const tokens = await app.signIn(OFFLINE, { jar, onStep: ({ title }) => titles.push(title) });
    expect(titles.slice(3)).toEqual(['Application']);
    expect(tokens.refresh_token).toBeTypeOf('string');
    expect(tokens.scope).toBe('openid offline_access');
  });

  test.each([
    { kind: 'public', options: {} },
    { kind: 'confidential', options: CONFIDENTIAL },
  ])('of a $kind client rotate, and a used one is refused with its whole family', async ({ options }) => {
    const app = await relyingParty(idp, options);
    const first = await app.signIn(OFFLINE);
    const second = await openid.refreshTokenGrant(app.config, first.refresh_token ?? '');
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.claims()).toMatchObject({ sub: first.claims()?.sub, aud: first.claims()?.aud });
    expect(await refused(openid.refreshTokenGrant(app.config, first.refresh_token ?? ''))).toBe('invalid_grant');
    expect(await refused(openid.refreshTokenGrant(app.config, second.refresh_token ?? ''))).toBe('invalid_grant');
  });

  test('are not issued where the client may not use them', async () => {
    const other = await identityProvider({ clients: [{ clientId: 'code-only', grantTypes: ['authorization_code'] }] });
    const app = await relyingParty(other, { clientId: 'code-only' });
    const tokens = await app.signIn(OFFLINE);
    expect(tokens.refresh_token).toBeUndefined();
    expect(tokens.scope).toBe('openid');
  });
});

describe('an access token', () => {
  test('opens userinfo with the claims of its scopes', async () => {
    const app = await relyingParty(idp);
    const tokens = await app.signIn({ scope: 'openid email phone address' });
    const claims = await openid.fetchUserInfo(app.config, tokens.access_token, tokens.claims()?.sub ?? '');
    expect(claims).toEqual({
      sub: tokens.claims()?.sub,
      email: 'alice@example.com',
      email_verified: true,
      phone_number: '+1 555 0100',
      phone_number_verified: true,
      address: { formatted: '1 Example Street\nParis', locality: 'Paris', country: 'FR' },
    });
  });

  test('is active at introspection until it is revoked, and then opens nothing', async () => {
    const app = await relyingParty(idp, CONFIDENTIAL);
    const { access_token } = await app.signIn(OFFLINE);
    expect(await openid.tokenIntrospection(app.config, access_token)).toMatchObject({
      active: true,
      client_id: 'demo-confidential',
      scope: 'openid offline_access',
      token_type: 'Bearer',
    });
    await openid.tokenRevocation(app.config, access_token);
    expect(await openid.tokenIntrospection(app.config, access_token)).toEqual({ active: false });
    await expect(openid.fetchUserInfo(app.config, access_token, openid.skipSubjectCheck)).rejects.toThrow();
  });

  test('of another client is neither shown to a public client nor revoked by it', async () => {
    const owner = await relyingParty(idp, CONFIDENTIAL);
    const stranger = await relyingParty(idp);
    const { access_token } = await owner.signIn();
    expect(await openid.tokenIntrospection(stranger.config, access_token)).toEqual({ active: false });
    await openid.tokenRevocation(stranger.config, access_token).catch(() => undefined);
    expect(await openid.tokenIntrospection(owner.config, access_token)).toMatchObject({ active: true });
  });

  test('for a resource is a signed JWT for it, with the scopes asked for', async () => {
    const app = await relyingParty(idp);
    const resource = 'https://api.example.com/v1';
    const { url, checks } = await app.request({ ...OFFLINE, resource, scope: 'openid offline_access read write' });
    const { finalUrl } = await signInOverHttp(url, ALICE);
    const tokens = await openid.authorizationCodeGrant(app.config, new URL(finalUrl), checks, { resource });
    const keys = createRemoteJWKSet(new URL(app.config.serverMetadata().jwks_uri ?? ''));
    const { payload } = await jwtVerify(tokens.access_token, keys, { issuer: idp.issuer, audience: resource });
    expect(payload).toMatchObject({ scope: 'read write', client_id: 'demo' });
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ typ: 'at+jwt' });
    const refreshed = await openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '', { resource });
    expect((await jwtVerify(refreshed.access_token, keys)).payload.scope).toBe('read write');
  });
});

test('a revoked refresh token is refused', async () => {
  const app = await relyingParty(idp);
  const { refresh_token = '' } = await app.signIn(OFFLINE);
  await openid.tokenRevocation(app.config, refresh_token);
  expect(await refused(openid.refreshTokenGrant(app.config, refresh_token))).toBe('invalid_grant');
});

test('a code is good for one use, and using it again takes the tokens back', async () => {
  const app = await relyingParty(idp);
  const { url, checks } = await app.request();
  const { finalUrl } = await signInOverHttp(url, ALICE);
  const tokens = await openid.authorizationCodeGrant(app.config, new URL(finalUrl), checks);
  expect(await refused(openid.authorizationCodeGrant(app.config, new URL(finalUrl), checks))).toBe('invalid_grant');
  await expect(openid.fetchUserInfo(app.config, tokens.access_token, openid.skipSubjectCheck)).rejects.toThrow();
});

test('lifetimes and keys can be changed for a test', async () => {
  const short = await identityProvider({
    configure: (configuration) => {
      configuration.ttl = { ...configuration.ttl, AccessToken: 5 };
    },
  });
  const app: RelyingParty = await relyingParty(short);
  expect((await app.signIn()).expires_in).toBe(5);
});

describe('RP-initiated logout', () => {
  async function signedIn(parameters = { scope: 'openid' }) {
    const app = await relyingParty(idp);
    const jar = new CookieJar();
    const tokens = await app.signIn(parameters, { jar });
    const endSession = (more: Record<string, string> = {}) =>
      openid.buildEndSessionUrl(app.config, {
        post_logout_redirect_uri: app.redirectUri,
        id_token_hint: tokens.id_token ?? '',
        state: 'kept',
        ...more,
      }).href;
    return { app, jar, tokens, endSession };
  }

  test('asks, ends the session, takes back its tokens and leads back to any loopback URI', async () => {
    const { app, jar, tokens, endSession } = await signedIn();
    const steps: string[] = [];
    const end = await signInOverHttp(endSession(), {
      ...ALICE,
      jar,
      onStep: (s) => steps.push(`${s.title}: ${s.action}`),
    });
    expect(steps).toEqual(['Sign out?: allowed', 'Application: stopped']);
    expect(end.finalUrl).toBe(`${app.redirectUri}?state=kept`);
    await expect(openid.fetchUserInfo(app.config, tokens.access_token, openid.skipSubjectCheck)).rejects.toThrow();
    const { url } = await app.request({ prompt: 'none' });
    const { finalUrl } = await signInOverHttp(url, { ...ALICE, jar });
    expect(new URL(finalUrl).searchParams.get('error')).toBe('login_required');
  });

  test('leaves a refresh token for offline access as it is', async () => {
    const { app, jar, tokens, endSession } = await signedIn(OFFLINE);
    await signInOverHttp(endSession(), { ...ALICE, jar });
    const refreshed = await openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '');
    expect(refreshed.access_token).toBeTypeOf('string');
  });

  test('answered with no keeps the browser signed in', async () => {
    const { app, jar, endSession } = await signedIn();
    await signInOverHttp(endSession(), { ...ALICE, jar, deny: true });
    const titles: string[] = [];
    await app.signIn({}, { jar, onStep: ({ title }) => titles.push(title) });
    expect(titles).toEqual(['Allow Demo app?', 'Application']);
  });

  test('without a post-logout redirect URI ends at a page that says so', async () => {
    const { app, jar } = await signedIn();
    const url = openid.buildEndSessionUrl(app.config).href;
    const end = await signInOverHttp(url, { ...ALICE, jar });
    expect(end.body).toContain('<h1>You are signed out</h1>');
  });

  test('without a session asks nothing', async () => {
    const { endSession } = await signedIn();
    const steps: string[] = [];
    await signInOverHttp(endSession(), { ...ALICE, onStep: ({ action }) => steps.push(action) });
    expect(steps).toEqual(['went on', 'stopped']);
  });

  test('refuses a URI elsewhere on a page that shows it', async () => {
    const { jar, endSession } = await signedIn();
    const elsewhere = 'https://app.example/bye';
    const end = await signInOverHttp(endSession({ post_logout_redirect_uri: elsewhere }), { ...ALICE, jar });
    expect(end.status).toBe(400);
    expect(end.body).toContain(`<code class="block">${elsewhere}</code>`);
  });
});
