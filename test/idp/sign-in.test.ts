import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import * as openid from 'openid-client';
import { CookieJar } from 'tough-cookie';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ClientRegistration } from '../../src/idp/clients.js';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import type { RequestEvent } from '../../src/idp/request-log.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { ALICE, ipv6Loopback, relyingParty } from './relying-party.js';

const ipv6 = requirement('::1', ipv6Loopback, 'redirect URIs on IPv6 are not tried');

let idp: IdentityProvider;
const seen: RequestEvent[] = [];
const LONG_SECRET = 'a secret of at least thirty-two bytes';

const CLIENTS: ClientRegistration[] = [
  { clientId: 'strict', redirectUris: ['http://127.0.0.1/registered'] },
  { clientId: 'jwt', clientSecret: LONG_SECRET, tokenEndpointAuthMethod: 'client_secret_jwt' },
  { clientId: 'es256', idTokenSignedResponseAlg: 'ES256' },
  { clientId: 'eddsa', idTokenSignedResponseAlg: 'EdDSA' },
];

beforeAll(async () => {
  const users = [{ username: 'carol', password: 'carol-password', claims: { email: 'carol@example.com' } }];
  idp = await identityProvider({ clients: CLIENTS, users, onRequest: (event) => seen.push(event) });
});

describe('a sign-in with code and PKCE', () => {
  test.each([
    { client: 'demo', secret: undefined, auth: openid.None() },
    { client: 'demo-confidential', secret: 'demo-secret', auth: openid.ClientSecretBasic('demo-secret') },
    { client: 'demo-confidential', secret: 'demo-secret', auth: openid.ClientSecretPost('demo-secret') },
    { client: 'jwt', secret: LONG_SECRET, auth: openid.ClientSecretJwt(LONG_SECRET) },
  ])('brings $client an ID token with name and e-mail address', async ({ client, secret, auth }) => {
    const app = await relyingParty(idp, { clientId: client, auth, ...(secret === undefined ? {} : { secret }) });
    const tokens = await app.signIn({ scope: 'openid profile email' });
    expect(tokens.scope).toBe('openid profile email');
    expect(tokens.refresh_token).toBeUndefined();
    expect(tokens.claims()).toMatchObject({
      iss: idp.issuer,
      aud: client,
      sub: idp.users.find(({ username }) => username === 'alice')?.claims.sub,
      name: 'Alice Example',
      email: 'alice@example.com',
      email_verified: true,
    });
    expect(decodeProtectedHeader(tokens.id_token ?? '')).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
  });

  test.each([
    ['es256', 'ES256'],
    ['eddsa', 'EdDSA'],
  ])('signs the ID token of the client %s with %s', async (clientId, alg) => {
    const app = await relyingParty(idp, { clientId, alg });
    const tokens = await app.signIn();
    expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe(alg);
  });

  test.each([
    { host: '127.0.0.1', path: '/' },
    { host: '127.0.0.1', path: '/a/b?c=d' },
    { host: 'localhost', path: '/callback' },
    ...(ipv6 ? [{ host: '[::1]', path: '/callback' }] : []),
  ])('comes back to http://$host:PORT$path without registration', async ({ host, path }) => {
    const app = await relyingParty(idp, { host, path });
    const { url } = await app.request();
    const { finalUrl, status } = await signInOverHttp(url, ALICE);
    expect({ status, at: finalUrl.startsWith(app.redirectUri) }).toEqual({ status: 200, at: true });
    expect(new URL(finalUrl).searchParams.get('iss')).toBe(idp.issuer);
  });

  test.each([
    ['demo', 'https://app.example/callback'],
    ['demo', 'http://127.0.0.1.example/callback'],
    ['demo', 'http://user@127.0.0.1:8080/callback'],
    ['demo', 'http://127.0.0.1:8080/callback#fragment'],
    ['demo', 'com.example.app:/callback'],
    ['strict', 'http://127.0.0.1:8080/registered'],
  ])('the client %s is refused the redirect URI %s on a page that shows it', async (clientId, redirectUri) => {
    const app = await relyingParty(idp, { clientId });
    const { url } = await app.request({ redirect_uri: redirectUri });
    const page = await signInOverHttp(url, ALICE);
    expect(page.status).toBe(400);
    expect(page.finalUrl).toContain(`${idp.issuer}/auth?`);
    expect(page.body).toContain(`<code class="block">${redirectUri}</code>`);
  });

  test('takes a wrong password with the message, and keeps what was typed', async () => {
    const app = await relyingParty(idp);
    const { url } = await app.request();
    const page = await signInOverHttp(url, { username: 'alice', password: 'wrong' });
    expect(page.status).toBe(403);
    expect(page.body).toContain('role="alert">That user name and password do not match. Try again.</p>');
    expect(page.body).toContain('value="alice" aria-invalid="true" aria-describedby="refused"');
    expect(page.body).not.toContain('wrong"');
  });

  test('takes the e-mail address for the user name, in any case, and users that were added', async () => {
    const app = await relyingParty(idp);
    const tokens = await app.signIn(
      { scope: 'openid email profile' },
      { username: 'CAROL@example.com', password: 'carol-password' },
    );
    expect(tokens.claims()).toMatchObject({ email: 'carol@example.com', preferred_username: 'carol' });
  });

  test('cancelled at the sign-in page is answered with access_denied', async () => {
    const app = await relyingParty(idp);
    const { url } = await app.request({ state: 'kept' });
    const { finalUrl } = await signInOverHttp(url, { username: 'alice', deny: true });
    expect(Object.fromEntries(new URL(finalUrl).searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'the user cancelled the sign-in',
      state: 'kept',
      iss: idp.issuer,
    });
  });

  test('denied at the consent page is answered with access_denied', async () => {
    const app = await relyingParty(idp);
    const { url } = await app.request();
    const actions: string[] = [];
    const { finalUrl } = await signInOverHttp(url, {
      ...ALICE,
      deny: true,
      onStep: ({ action }) => actions.push(action),
    });
    expect(actions).toEqual(['signed in', 'denied', 'stopped']);
    expect(new URL(finalUrl).searchParams.get('error')).toBe('access_denied');
  });

  test('wants PKCE from a public client', async () => {
    const app = await relyingParty(idp);
    const url = openid.buildAuthorizationUrl(app.config, { redirect_uri: app.redirectUri, scope: 'openid' });
    const { finalUrl } = await signInOverHttp(url.href, ALICE);
    expect(new URL(finalUrl).searchParams.get('error')).toBe('invalid_request');
  });

  test('refuses a wrong client secret, and says why in the log without it', async () => {
    const app = await relyingParty(idp, { clientId: 'demo-confidential', secret: 'not-the-secret' });
    await expect(app.signIn()).rejects.toMatchObject({ status: 401 });
    expect(seen.at(-1)).toEqual({
      method: 'POST',
      path: '/token',
      status: 401,
      error: 'invalid_client',
      detail: 'invalid secret provided',
    });
    expect(JSON.stringify(seen)).not.toContain('not-the-secret');
  });

  test('answers by form_post', async () => {
    const app = await relyingParty(idp);
    const { url, checks } = await app.request({ response_mode: 'form_post' });
    await signInOverHttp(url, ALICE);
    expect(Object.fromEntries(app.posted[0] ?? [])).toEqual({
      code: expect.any(String),
      state: checks.expectedState,
      iss: idp.issuer,
    });
  });

  test('takes a pushed authorization request, with its offline_access', async () => {
    const app = await relyingParty(idp, { clientId: 'demo-confidential', secret: 'demo-secret' });
    const { url, checks } = await app.request({ scope: 'openid offline_access' });
    const parameters = new URL(url).searchParams;
    const pushed = await openid.buildAuthorizationUrlWithPAR(app.config, parameters);
    expect(pushed.searchParams.has('scope')).toBe(false);
    const { finalUrl } = await signInOverHttp(pushed.href, ALICE);
    const tokens = await openid.authorizationCodeGrant(app.config, new URL(finalUrl), checks);
    expect(tokens.scope).toBe('openid offline_access');
    expect(tokens.refresh_token).toBeTypeOf('string');
  });

  test('authenticates a client by its own key (private_key_jwt)', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kty: 'EC', alg: 'ES256', use: 'sig' };
    const client: ClientRegistration = {
      clientId: 'key',
      tokenEndpointAuthMethod: 'private_key_jwt',
      jwks: { keys: [jwk] },
    };
    const other = await identityProvider({ clients: [client] });
    const app = await relyingParty(other, { clientId: 'key', auth: openid.PrivateKeyJwt(privateKey) });
    expect((await app.signIn()).claims()?.aud).toBe('key');
  });
});

describe('what a request asks of the sign-in', () => {
  test('prompt=none without a session is answered with login_required', async () => {
    const app = await relyingParty(idp);
    const { url } = await app.request({ prompt: 'none' });
    const { finalUrl } = await signInOverHttp(url, ALICE);
    expect(new URL(finalUrl).searchParams.get('error')).toBe('login_required');
  });

  test('a second sign-in in the same browser asks nothing, and prompt=login asks again', async () => {
    const app = await relyingParty(idp);
    const jar = new CookieJar();
    await app.signIn({}, { jar });
    const actions = async (parameters: Record<string, string>) => {
      const done: string[] = [];
      await app.signIn(parameters, { jar, onStep: ({ action }) => done.push(action) });
      return done;
    };
    expect(await actions({})).toEqual(['stopped']);
    expect(await actions({ prompt: 'none' })).toEqual(['stopped']);
    expect(await actions({ prompt: 'login' })).toEqual(['signed in', 'stopped']);
    expect(await actions({ prompt: 'consent' })).toEqual(['allowed', 'stopped']);
    expect(await actions({ prompt: 'select_account' })).toEqual(['signed in', 'stopped']);
    expect(await actions({ max_age: '0' })).toEqual(['signed in', 'stopped']);
  });

  test('prompt=select_account lets another user sign in', async () => {
    const app = await relyingParty(idp);
    const jar = new CookieJar();
    await app.signIn({}, { jar });
    const tokens = await app.signIn(
      { prompt: 'select_account', scope: 'openid profile' },
      { jar, username: 'bob', password: 'bob-password' },
    );
    expect(tokens.claims()?.name).toBe('Bob Example');
  });

  test('max_age brings auth_time', async () => {
    const app = await relyingParty(idp);
    const before = Math.floor(Date.now() / 1000);
    const claims = (await app.signIn({ max_age: '600' })).claims();
    expect(claims?.auth_time).toBeGreaterThanOrEqual(before);
  });

  test('acr_values: the first that the provider has', async () => {
    const app = await relyingParty(idp);
    const claims = (await app.signIn({ acr_values: 'urn:example:other urn:oidc-cli:acr:2' })).claims();
    expect(claims?.acr).toBe('urn:oidc-cli:acr:2');
  });

  test('an essential acr that it does not have is answered with unmet_authentication_requirements', async () => {
    const app = await relyingParty(idp);
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:example:other' } } });
    const { url } = await app.request({ claims });
    const { finalUrl } = await signInOverHttp(url, ALICE);
    expect(new URL(finalUrl).searchParams.get('error')).toBe('unmet_authentication_requirements');
  });

  test('the claims parameter brings single claims', async () => {
    const app = await relyingParty(idp);
    const tokens = await app.signIn({ claims: JSON.stringify({ id_token: { phone_number: null } }) });
    expect(tokens.claims()).toMatchObject({ phone_number: '+1 555 0100' });
    expect(tokens.claims()).not.toHaveProperty('email');
  });
});

test('the log holds no query, no code and no name of a sign-in that is going on', async () => {
  const app = await relyingParty(idp);
  seen.length = 0;
  const tokens = await app.signIn({ login_hint: 'someone' });
  expect(seen.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
    'GET /auth 303',
    'GET /interaction/… 200',
    'POST /interaction/… 303',
    'GET /auth/… 303',
    'GET /interaction/… 200',
    'POST /interaction/… 303',
    'GET /auth/… 303',
    'POST /token 200',
    'GET /jwks 200',
  ]);
  expect(tokens.access_token).toBeTypeOf('string');
});
