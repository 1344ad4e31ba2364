import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signInOverHttp } from '../support/http-browser.js';
import { type LogtoProvider, startLogtoProvider } from '../support/logto-provider.js';

const ALICE = { username: 'alice', password: 'alice-password', timeoutMs: 60_000 };

const application = createServer((_request, response) => response.end('signed in'));
let callback: string;
let logto: LogtoProvider;

beforeAll(async () => {
  await new Promise<void>((listening) => application.listen(0, '127.0.0.1', listening));
  callback = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;
  logto = await startLogtoProvider({ redirectUris: [callback] });
});
afterAll(async () => {
  application.closeAllConnections();
  application.close();
  await logto.close();
});

function authorizationUrl(parameters: Record<string, string> = {}): string {
  const url = new URL(`${logto.issuer}/auth`);
  const asked = { client_id: logto.app.id, redirect_uri: callback, response_type: 'code', scope: 'openid', state: 's' };
  url.search = new URLSearchParams({ ...asked, ...parameters }).toString();
  return url.href;
}

/** Signs Alice in and answers with the callback's parameters. */
async function callbackOf(parameters: Record<string, string> = {}): Promise<URLSearchParams> {
  const { finalUrl } = await signInOverHttp(authorizationUrl(parameters), ALICE);
  expect(finalUrl.startsWith(`${callback}?`)).toBe(true);
  return new URL(finalUrl).searchParams;
}

async function tokenRequest(form: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
  const credentials = Buffer.from(`${logto.app.id}:${logto.app.secret}`).toString('base64');
  const response = await fetch(`${logto.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function exchange(code: string | null) {
  return tokenRequest({ grant_type: 'authorization_code', code: code ?? '', redirect_uri: callback });
}

describe('the provider shaped like Logto', () => {
  it('announces an issuer under /oidc, ES384, and what Logto announces', async () => {
    const response = await fetch(`${logto.endpoint}/oidc/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({
      issuer: `${logto.endpoint}/oidc`,
      authorization_endpoint: `${logto.issuer}/auth`,
      token_endpoint: `${logto.issuer}/token`,
      jwks_uri: `${logto.issuer}/jwks`,
      end_session_endpoint: `${logto.issuer}/session/end`,
      introspection_endpoint: `${logto.issuer}/token/introspection`,
      revocation_endpoint: `${logto.issuer}/token/revocation`,
      pushed_authorization_request_endpoint: `${logto.issuer}/request`,
      id_token_signing_alg_values_supported: ['ES384'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      scopes_supported: expect.arrayContaining(['urn:logto:scope:organizations', 'offline_access']),
    });
    expect((await fetch(`${logto.endpoint}/.well-known/openid-configuration`)).status).toBe(404);
  });

  it('signs in a web application without PKCE: iss in the callback, an ES384 ID token, an opaque access token', async () => {
    const response = await callbackOf();
    expect(response.get('iss')).toBe(logto.issuer);
    const { status, body } = await exchange(response.get('code'));
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'scope', 'token_type']);
    const idToken = String(body.id_token);
    expect(decodeProtectedHeader(idToken).alg).toBe('ES384');
    const { issuer, app } = logto;
    await jwtVerify(idToken, createRemoteJWKSet(new URL(`${issuer}/jwks`)), { issuer, audience: app.id });
    expect(body.access_token).toMatch(/^[\w-]+$/);
  });

  it('takes a redirect URI only to the letter, another loopback port not', async () => {
    const otherPort = callback.replace(/:\d+\//, ':1/');
    for (const redirectUri of [otherPort, `${callback}/`, 'http://localhost:3001/callback']) {
      const page = await fetch(authorizationUrl({ redirect_uri: redirectUri }), { redirect: 'manual' });
      expect(page.status).toBe(400);
    }
    const registered = authorizationUrl({ redirect_uri: 'http://localhost:3000/callback' });
    expect((await fetch(registered, { redirect: 'manual' })).status).toBe(303);
  });

  it('requires PKCE of the single-page application, and knows no prompt select_account', async () => {
    const answered = async (parameters: Record<string, string>) => {
      const page = await fetch(authorizationUrl(parameters), { redirect: 'manual' });
      return new URL(page.headers.get('location') ?? '').searchParams.get('error');
    };
    expect(await answered({ client_id: logto.spaApp.id })).toBe('invalid_request');
    expect(await answered({ prompt: 'select_account' })).toBe('invalid_request');
    expect(await answered({ resource: 'https://nowhere.example.com' })).toBe('invalid_target');
  });

  it('gives a refresh token for offline_access with prompt consent, and none with prompt login', async () => {
    const scope = 'openid offline_access unheard_of';
    const withConsent = await exchange((await callbackOf({ scope, prompt: 'consent' })).get('code'));
    expect(withConsent.body).toMatchObject({ refresh_token: expect.any(String), scope: 'openid offline_access' });
    const withLogin = await exchange((await callbackOf({ scope, prompt: 'login' })).get('code'));
    expect(withLogin.body).not.toHaveProperty('refresh_token');
    expect(withLogin.body.scope).toBe('openid');
  });

  it('records the sign-in parameters, and drops all where one is bad', async () => {
    const good = { first_screen: 'identifier:register', identifier: 'email phone', direct_sign_in: 'social:github' };
    await callbackOf({ ...good, login_hint: 'alice@example.com' });
    expect(logto.requests.authorization.at(-1)).toMatchObject({
      sent: { ...good, login_hint: 'alice@example.com' },
      taken: { ...good, login_hint: 'alice@example.com' },
    });
    const faults: Record<string, string>[] = [
      { first_screen: 'signup' },
      { interaction_mode: 'register' },
      { identifier: 'e-mail' },
    ];
    for (const bad of faults) {
      await callbackOf({ ...good, ...bad });
      expect(logto.requests.authorization.at(-1)).toMatchObject({ sent: { ...good, ...bad }, taken: {} });
      expect(logto.requests.authorization.at(-1)?.taken).toEqual({});
    }
  });

  it('sends the browser back from a sign-out to a registered address alone', async () => {
    const end = (uri: string) =>
      fetch(
        `${logto.issuer}/session/end?client_id=${logto.app.id}&post_logout_redirect_uri=${encodeURIComponent(uri)}`,
      );
    expect((await end('http://localhost:3000/')).status).toBe(200);
    expect((await end('http://localhost:3000/elsewhere')).status).toBe(400);
  });
});
