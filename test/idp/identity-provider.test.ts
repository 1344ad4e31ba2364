import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CookieJar } from 'tough-cookie';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { ALICE, ipv6Loopback, relyingParty } from './relying-party.js';

/** One GET, as anybody may send it. */
function ask(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, body });
    }).once('error', reject);
  });
}

const discovery = (issuer: string) => `${issuer}/.well-known/openid-configuration`;

describe('the discovery document', () => {
  test('announces what the provider does', async () => {
    const { issuer } = await identityProvider();
    const { status, body } = await ask(discovery(issuer));
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/me`,
      revocation_endpoint: `${issuer}/token/revocation`,
      introspection_endpoint: `${issuer}/token/introspection`,
      end_session_endpoint: `${issuer}/session/end`,
      pushed_authorization_request_endpoint: `${issuer}/request`,
      jwks_uri: `${issuer}/jwks`,
      scopes_supported: ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'],
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA'],
      authorization_response_iss_parameter_supported: true,
      claims_parameter_supported: true,
      acr_values_supported: ['urn:oidc-cli:acr:1', 'urn:oidc-cli:acr:2'],
      ui_locales_supported: ['en', 'ja'],
    });
  });

  test('is the same by whichever of the machine’s own names it is asked for', async () => {
    const { issuer, port } = await identityProvider();
    const { body } = await ask(discovery(issuer));
    expect(await ask(discovery(`http://localhost:${port}`))).toEqual({ status: 200, body });
  });

  test('is kept from a page that reaches in under another name', async () => {
    const { issuer, port } = await identityProvider();
    for (const host of ['attacker.example', `attacker.example:${port}`, `127.0.0.1:${port + 1}`, 'a b']) {
      expect(await ask(discovery(issuer), { host })).toEqual({ status: 421, body: '{"error":"misdirected_request"}' });
    }
  });

  test('has new keys on each start', async () => {
    const keyIds = async () => {
      const { issuer } = await identityProvider({ keys: undefined });
      const { keys } = JSON.parse((await ask(`${issuer}/jwks`)).body) as { keys: Record<string, string>[] };
      expect(keys.map(({ alg }) => alg)).toEqual(['RS256', 'ES256', 'EdDSA']);
      expect(keys.every((key) => !('d' in key))).toBe(true);
      return keys.map(({ kid }) => kid);
    };
    expect(await keyIds()).not.toEqual(await keyIds());
  });
});

describe('starting', () => {
  test('on a taken port says which port and which flag', async () => {
    const { port } = await identityProvider();
    await expect(identityProvider({ port })).rejects.toMatchObject({
      code: 'port_taken',
      facts: { port, flag: '--port' },
    });
  });

  test('with a client that cannot be registered says which and why', async () => {
    const clients = [{ clientId: 'odd', tokenEndpointAuthMethod: 'client_secret_post' } as const];
    await expect(identityProvider({ clients })).rejects.toMatchObject({
      code: 'config_value_invalid',
      facts: { where: 'the client "odd"', found: 'client_secret is mandatory property' },
    });
  });

  test('with a user or client of a default one’s name replaces it', async () => {
    const idp = await identityProvider({
      users: [{ username: 'bob', password: 'other', claims: { sub: 'own-sub' } }],
      clients: [{ clientId: 'demo', clientName: 'Another app' }],
    });
    expect(idp.users.map(({ username }) => username)).toEqual(['alice', 'bob']);
    expect(idp.clients.map(({ clientId }) => clientId)).toEqual(['demo', 'demo-confidential']);
    const app = await relyingParty(idp);
    const tokens = await app.signIn({}, { username: 'bob', password: 'other' });
    expect(tokens.claims()?.sub).toBe('own-sub');
  });

  const ipv6 = requirement('::1', ipv6Loopback, 'listening on both loopback addresses is not tried');
  test.runIf(ipv6)('as localhost listens on 127.0.0.1 and ::1, and as 127.0.0.1 there alone', async () => {
    const both = await identityProvider({ host: 'localhost' });
    expect(both.issuer).toBe(`http://localhost:${both.port}`);
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      expect((await ask(discovery(`http://${host}:${both.port}`))).status).toBe(200);
    }
    const one = await identityProvider();
    await expect(ask(discovery(`http://[::1]:${one.port}`))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.runIf(ipv6)('as localhost leaves 127.0.0.1 free again when ::1 is taken', async () => {
    const server = createServer();
    const port = await new Promise<number>((taken) => {
      server.listen(0, '::1', () => taken((server.address() as AddressInfo).port));
    });
    onTestFinished(() => {
      server.close();
    });
    await expect(identityProvider({ host: 'localhost', port })).rejects.toMatchObject({ code: 'port_taken' });
    expect((await identityProvider({ port })).port).toBe(port);
  });

  test('and stopping leaves nothing listening', async () => {
    const idp = await identityProvider();
    await idp.close();
    await expect(ask(discovery(idp.issuer))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

test('two providers on ports of their own keep their users signed in side by side', async () => {
  const jar = new CookieJar();
  // Ports that were free a moment ago.
  const ports = [await identityProvider(), await identityProvider()].map(async (idp) => {
    await idp.close();
    return idp.port;
  });
  const [one, two] = await Promise.all(
    ports.map(async (port) => relyingParty(await identityProvider({ port: await port }))),
  );
  await one?.signIn({}, { jar });
  await two?.signIn({}, { jar });
  const steps: string[] = [];
  await one?.signIn({ prompt: 'none' }, { jar, onStep: ({ action }) => steps.push(action) });
  await two?.signIn({ prompt: 'none' }, { jar, onStep: ({ action }) => steps.push(action) });
  expect(steps).toEqual(['stopped', 'stopped']);
});

test('an unexpected failure is shown as the provider’s own and told to the log, not to stderr', async () => {
  const errors = vi.spyOn(console, 'error');
  const seen: unknown[] = [];
  const idp = await identityProvider({
    onRequest: (event) => seen.push(event),
    configure: (configuration) => {
      configuration.findAccount = () => {
        throw new Error('the account store is gone');
      };
    },
  });
  const app = await relyingParty(idp);
  const { url } = await app.request();
  const page = await signInOverHttp(url, ALICE);
  expect(page.status).toBe(500);
  expect(page.body).toContain('The fault is in the identity provider itself');
  expect(page.body).not.toContain('account store');
  expect(seen).toContainEqual({
    method: 'GET',
    path: '/auth/…',
    status: 500,
    error: 'server_error',
    detail: 'the account store is gone',
  });
  expect(errors).not.toHaveBeenCalled();
});
