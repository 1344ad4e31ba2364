import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signInOverHttp } from '../../src/browser/http-browser.js';
import { FAULT_NAMES, type FaultName } from '../../src/idp/faults.js';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { identityProvider } from '../support/identity-provider.js';
import { ALICE } from './relying-party.js';

/** Its secret says something else once it is form-decoded. */
const AWKWARD = { clientId: 'awkward', clientSecret: 'one+two%20three/four=' } as const;
/** This one form-encoding leaves as it is, but a strict reader does not take it raw. */
const SLASHED = { clientId: 'slashed', clientSecret: 'one/two=' } as const;

/** What can be seen of a provider in one sign-in and around it, by name; what differs from run to run is put into words. */
type Observation = Readonly<Record<string, unknown>>;

/** Differences from a provider without faults. `undefined`: the member, or the whole group, is not there. */
type Differences = Readonly<Record<string, unknown>>;

/** The groups of an observation that are not there without a token answer. */
const NO_TOKENS: Differences = { token: undefined, id_token: undefined, userinfo: undefined, refresh: undefined };

const EXPECTED: Readonly<Record<FaultName, Differences>> = {
  'claims-in-userinfo-only': {
    'id_token.address': undefined,
    'id_token.email': undefined,
    'id_token.email_verified': undefined,
    'id_token.family_name': undefined,
    'id_token.given_name': undefined,
    'id_token.locale': undefined,
    'id_token.name': undefined,
    'id_token.nickname': undefined,
    'id_token.phone_number': undefined,
    'id_token.phone_number_verified': undefined,
    'id_token.picture': undefined,
    'id_token.preferred_username': undefined,
    'id_token.updated_at': undefined,
    'id_token.website': undefined,
    'id_token.zoneinfo': undefined,
  },
  'string-booleans': {
    'id_token.email_verified': 'true',
    'id_token.phone_number_verified': 'true',
    'userinfo.email_verified': 'true',
    'userinfo.phone_number_verified': 'true',
  },
  'phone-claim': {
    'discovery: claim phone': 'announced',
    'discovery: claim phone_verified': 'announced',
    'discovery: claim phone_number': undefined,
    'discovery: claim phone_number_verified': undefined,
    'id_token.phone': '+1 555 0100',
    'id_token.phone_number': undefined,
    'id_token.phone_number_verified': undefined,
    'id_token.phone_verified': true,
    'userinfo.phone': '+1 555 0100',
    'userinfo.phone_number': undefined,
    'userinfo.phone_number_verified': undefined,
    'userinfo.phone_verified': true,
  },
  'unverified-email': { 'id_token.email_verified': false, 'userinfo.email_verified': false },
  'no-email-verified': { 'id_token.email_verified': undefined, 'userinfo.email_verified': undefined },
  'number-name': { 'id_token.name': 5, 'userinfo.name': 5 },
  'pkce-required': { 'authorization without PKCE': 'invalid_request' },
  'strict-basic': { 'raw Basic, secret with / and =': '401 invalid_client' },
  'raw-basic': {
    'raw Basic, secret with + and %': 'accepted',
    'encoded Basic, secret with + and %': '401 invalid_client',
    'encoded Basic, secret with / and =': '401 invalid_client',
  },
  'wrong-issuer': { 'id_token.iss': 'https://another-issuer.example' },
  'wrong-audience': { 'id_token.aud': 'another-client' },
  'foreign-azp': { 'id_token.azp': 'another-client' },
  'expired-id-token': { 'id_token.iat': '-120 minutes', 'id_token.exp': '-60 minutes' },
  'missing-exp': { 'id_token.exp': undefined },
  'future-iat': { 'id_token.iat': '60 minutes', 'id_token.exp': '120 minutes' },
  'missing-iat': { 'id_token.iat': undefined },
  'future-nbf': { 'id_token.nbf': '60 minutes', 'id_token.exp': '120 minutes' },
  'no-nonce': { 'id_token.nonce': undefined },
  'empty-nonce': { 'id_token.nonce': '' },
  'wrong-nonce': { 'id_token.nonce': 'another-nonce' },
  'wrong-at-hash': { 'id_token.at_hash': 'of another token' },
  'bad-signature': { 'id_token: signature': 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
  'unknown-kid': { 'id_token: signature': 'ERR_JWKS_NO_MATCHING_KEY', 'id_token: kid': 'not in the key set' },
  'no-id-token': { 'token.id_token': undefined, 'refresh.id_token': undefined, id_token: undefined },
  'refresh-without-id-token': { 'refresh.id_token': undefined },
  'null-refresh-token': { 'token.refresh_token': null, refresh: undefined },
  'no-access-token': { 'token.access_token': undefined, 'refresh.access_token': undefined, userinfo: undefined },
  'no-expires-in': { 'token.expires_in': undefined, 'refresh.expires_in': undefined },
  'expires-in-string': { 'token.expires_in': '3600', 'refresh.expires_in': '3600' },
  'token-not-json': { 'token answer': '200 text/html', ...NO_TOKENS },
  'token-500': { 'token answer': '500 text/plain', ...NO_TOKENS },
  'jwks-404': { 'key set': 404, 'id_token: signature': 'no key set', 'id_token: kid': 'no key set' },
  'jwks-slow': {
    'key set': 'not within 5 seconds',
    'id_token: signature': 'no key set',
    'id_token: kid': 'no key set',
  },
};

/** Where the application is: it only has to answer. */
let redirectUri: string;
let application: Server;
let without: Observation;

beforeAll(async () => {
  application = createServer((_request, response) => response.end('Signed in.'));
  await new Promise<void>((listening) => application.listen(0, '127.0.0.1', listening));
  redirectUri = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;
  without = await observe(await provider([]));
});

afterAll(() => {
  application.closeAllConnections();
  application.close();
});

function provider(faults: readonly FaultName[]): Promise<IdentityProvider> {
  return identityProvider({ faults, clients: [AWKWARD, SLASHED] });
}

const VERIFIER = 'a-code-verifier-that-is-long-enough-for-rfc-7636';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const NONCE = 'the-nonce-of-this-sign-in';
const SCOPE = 'openid profile email phone address offline_access';

function authorizationUrl({ issuer }: IdentityProvider, pkce: Readonly<Record<string, string>>): string {
  const asked = { client_id: 'demo-confidential', response_type: 'code', redirect_uri: redirectUri };
  return `${issuer}/auth?${new URLSearchParams({ ...asked, scope: SCOPE, state: 'st', nonce: NONCE, ...pkce })}`;
}

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

function post(url: string, form: Record<string, string>, authorization = basic('demo-confidential', 'demo-secret')) {
  return fetch(url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
}

/** Signs Alice in, with PKCE, and sends the code to the token endpoint. */
async function exchange(idp: IdentityProvider): Promise<Response> {
  const url = authorizationUrl(idp, { code_challenge: CHALLENGE, code_challenge_method: 'S256' });
  const { finalUrl } = await signInOverHttp(url, ALICE);
  const code = new URL(finalUrl).searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: VERIFIER };
  return post(`${idp.issuer}/token`, form);
}

type Json = Record<string, unknown>;

async function observe(idp: IdentityProvider): Promise<Observation> {
  const seen: Json = {};
  const note = (group: string, members: Json) => {
    for (const [name, value] of Object.entries(members)) seen[`${group}.${name}`] = value;
  };
  const [discovery, keySet, unproven, tokens] = await Promise.all([
    fetch(`${idp.issuer}/.well-known/openid-configuration`).then((answer) => answer.json() as Promise<Json>),
    keySetOf(idp),
    fetch(authorizationUrl(idp, {}), { redirect: 'manual' }),
    exchange(idp),
    observeBasic(idp, seen),
  ]);
  const { claims_supported: claims, ...announced } = discovery;
  note('discovery', announced);
  for (const claim of claims as string[]) seen[`discovery: claim ${claim}`] = 'announced';
  seen['key set'] = typeof keySet === 'object' ? 200 : keySet;
  const next = new URL(unproven.headers.get('location') ?? '', idp.issuer);
  seen['authorization without PKCE'] = next.searchParams.get('error') ?? next.pathname.split('/')[1];

  seen['token answer'] = `${tokens.status} ${tokens.headers.get('content-type')?.split(';')[0]}`;
  if (tokens.headers.get('content-type')?.startsWith('application/json')) {
    const answer = (await tokens.json()) as Json;
    note('token', tokenMembers(answer));
    if (typeof answer.id_token === 'string') {
      note('id_token', claimsIn(answer.id_token, answer.access_token));
      Object.assign(seen, await signatureOf(answer.id_token, keySet));
    }
    if (typeof answer.access_token === 'string') {
      const headers = { authorization: `Bearer ${answer.access_token}` };
      note('userinfo', (await (await fetch(`${idp.issuer}/me`, { headers })).json()) as Json);
    }
    if (typeof answer.refresh_token === 'string') {
      const form = { grant_type: 'refresh_token', refresh_token: answer.refresh_token };
      note('refresh', tokenMembers((await (await post(`${idp.issuer}/token`, form)).json()) as Json));
    }
  }
  return JSON.parse(JSON.stringify(seen).replaceAll(idp.issuer, 'ISSUER')) as Json;
}

/** The key set, or why a client that waits five seconds has none. */
async function keySetOf({ issuer }: IdentityProvider): Promise<JSONWebKeySet | number | string> {
  try {
    const answer = await fetch(`${issuer}/jwks`, { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? ((await answer.json()) as JSONWebKeySet) : answer.status;
  } catch {
    return 'not within 5 seconds';
  }
}

/** How Basic credentials fare, raw and form-encoded, where the secret tells the two apart. */
async function observeBasic(idp: IdentityProvider, seen: Json): Promise<void> {
  for (const [client, of] of [
    [AWKWARD, '+ and %'],
    [SLASHED, '/ and ='],
  ] as const) {
    for (const [form, secret] of [
      ['raw', client.clientSecret],
      ['encoded', encodeURIComponent(client.clientSecret)],
    ] as const) {
      const url = `${idp.issuer}/token/introspection`;
      const answer = await post(url, { token: 'none' }, basic(client.clientId, secret));
      const { error } = (await answer.json()) as { error?: string };
      seen[`${form} Basic, secret with ${of}`] = answer.ok ? 'accepted' : `${answer.status} ${error}`;
    }
  }
}

function tokenMembers(answer: Json): Json {
  const inWords = Object.entries(answer).map(([name, value]) => {
    return [name, name.endsWith('_token') && typeof value === 'string' ? 'a token' : value];
  });
  return Object.fromEntries(inWords);
}

function claimsIn(idToken: string, accessToken: unknown): Json {
  const claims: Json = decodeJwt(idToken);
  for (const name of ['iat', 'exp', 'nbf', 'auth_time']) {
    const claim = claims[name];
    // To five minutes, however slow the machine is.
    if (typeof claim === 'number') claims[name] = `${Math.round((claim - Date.now() / 1000) / 300) * 5} minutes`;
  }
  if (claims.nonce === NONCE) claims.nonce = 'as sent';
  if (claims.sid !== undefined) claims.sid = 'a session';
  if (claims.at_hash !== undefined) {
    const hash = createHash('sha256').update(String(accessToken)).digest().subarray(0, 16).toString('base64url');
    claims.at_hash = claims.at_hash === hash ? 'of this token' : 'of another token';
  }
  return claims;
}

async function signatureOf(idToken: string, keySet: JSONWebKeySet | number | string): Promise<Json> {
  const { kid, alg } = decodeProtectedHeader(idToken);
  if (typeof keySet !== 'object') {
    return { 'id_token: alg': alg, 'id_token: kid': 'no key set', 'id_token: signature': 'no key set' };
  }
  const known = keySet.keys.some((key) => key.kid === kid);
  const signature = await compactVerify(idToken, createLocalJWKSet(keySet)).then(
    () => 'valid',
    ({ code }: { code: string }) => code,
  );
  return {
    'id_token: alg': alg,
    'id_token: kid': known ? 'in the key set' : 'not in the key set',
    'id_token: signature': signature,
  };
}

/** What one observation has otherwise than `without`, with a group that is missing whole as one entry. */
function differences(seen: Observation): Differences {
  const found: Json = {};
  const missing = ['token', 'id_token', 'userinfo', 'refresh'].filter(
    (group) => !Object.keys(seen).some((name) => name.startsWith(`${group}.`)),
  );
  for (const group of missing) found[group] = undefined;
  for (const name of new Set([...Object.keys(without), ...Object.keys(seen)])) {
    if (missing.some((group) => name.startsWith(`${group}.`) || name.startsWith(`${group}:`))) continue;
    if (JSON.stringify(seen[name]) !== JSON.stringify(without[name])) found[name] = seen[name];
  }
  return found;
}

test('a provider without faults shows none', () => {
  // What it announces has its own test, with the provider's others.
  const beside = Object.entries(without).filter(([name]) => !name.startsWith('discovery'));
  expect(Object.fromEntries(beside)).toMatchInlineSnapshot(`
    {
      "authorization without PKCE": "interaction",
      "encoded Basic, secret with + and %": "accepted",
      "encoded Basic, secret with / and =": "accepted",
      "id_token.address": {
        "country": "FR",
        "formatted": "1 Example Street
    Paris",
        "locality": "Paris",
      },
      "id_token.aud": "demo-confidential",
      "id_token.email": "alice@example.com",
      "id_token.email_verified": true,
      "id_token.exp": "60 minutes",
      "id_token.family_name": "Example",
      "id_token.given_name": "Alice",
      "id_token.iat": "0 minutes",
      "id_token.iss": "ISSUER",
      "id_token.locale": "en-GB",
      "id_token.name": "Alice Example",
      "id_token.nickname": "Al",
      "id_token.nonce": "as sent",
      "id_token.phone_number": "+1 555 0100",
      "id_token.phone_number_verified": true,
      "id_token.picture": "https://example.com/people/alice.png",
      "id_token.preferred_username": "alice",
      "id_token.sub": "user-2bd806c97f0e00af",
      "id_token.updated_at": 1735689600,
      "id_token.website": "https://example.com/people/alice",
      "id_token.zoneinfo": "Europe/Paris",
      "id_token: alg": "RS256",
      "id_token: kid": "in the key set",
      "id_token: signature": "valid",
      "key set": 200,
      "raw Basic, secret with + and %": "401 invalid_client",
      "raw Basic, secret with / and =": "accepted",
      "refresh.access_token": "a token",
      "refresh.expires_in": 3600,
      "refresh.id_token": "a token",
      "refresh.refresh_token": "a token",
      "refresh.scope": "openid profile email phone address offline_access",
      "refresh.token_type": "Bearer",
      "token answer": "200 application/json",
      "token.access_token": "a token",
      "token.expires_in": 3600,
      "token.id_token": "a token",
      "token.refresh_token": "a token",
      "token.scope": "openid profile email phone address offline_access",
      "token.token_type": "Bearer",
      "userinfo.address": {
        "country": "FR",
        "formatted": "1 Example Street
    Paris",
        "locality": "Paris",
      },
      "userinfo.email": "alice@example.com",
      "userinfo.email_verified": true,
      "userinfo.family_name": "Example",
      "userinfo.given_name": "Alice",
      "userinfo.locale": "en-GB",
      "userinfo.name": "Alice Example",
      "userinfo.nickname": "Al",
      "userinfo.phone_number": "+1 555 0100",
      "userinfo.phone_number_verified": true,
      "userinfo.picture": "https://example.com/people/alice.png",
      "userinfo.preferred_username": "alice",
      "userinfo.sub": "user-2bd806c97f0e00af",
      "userinfo.updated_at": 1735689600,
      "userinfo.website": "https://example.com/people/alice",
      "userinfo.zoneinfo": "Europe/Paris",
    }
  `);
});

describe.concurrent('a provider with the fault', () => {
  test.each(FAULT_NAMES)('%s shows that and nothing else', async (name) => {
    const idp = await provider([name]);
    expect(idp.faults).toEqual([name]);
    expect(differences(await observe(idp))).toStrictEqual(EXPECTED[name]);
  });

  test('jwks-slow does have a key set, and stops at once when it is told to', async () => {
    const [patient, stopping] = await Promise.all([provider(['jwks-slow']), provider(['jwks-slow'])]);
    const keys = fetch(`${patient.issuer}/jwks`).then((answer) => answer.json());
    const cut = expect(fetch(`${stopping.issuer}/jwks`)).rejects.toThrow();
    await fetch(`${stopping.issuer}/.well-known/openid-configuration`);
    await stopping.close();
    await cut;
    expect(await keys).toEqual({ keys: [expect.anything(), expect.anything(), expect.anything()] });
  });
});

test('several faults act together, and the one named later has the last word', async () => {
  const idp = await provider(['phone-claim', 'string-booleans', 'no-nonce', 'wrong-nonce', 'no-nonce']);
  expect(idp.faults).toEqual(['phone-claim', 'string-booleans', 'no-nonce', 'wrong-nonce']);
  expect(differences(await observe(idp))).toMatchObject({
    'id_token.phone': '+1 555 0100',
    'id_token.phone_verified': 'true',
    'id_token.email_verified': 'true',
    'id_token.nonce': 'another-nonce',
  });
});

test('a fault of the ID token is in refreshed ones too', async () => {
  const idp = await provider(['wrong-issuer']);
  const { refresh_token = '' } = (await (await exchange(idp)).json()) as Record<string, string>;
  const refreshed = await post(`${idp.issuer}/token`, { grant_type: 'refresh_token', refresh_token });
  const { id_token = '' } = (await refreshed.json()) as Record<string, string>;
  expect(decodeJwt(id_token).iss).toBe('https://another-issuer.example');
});

test('each algorithm’s ID tokens are changed and signed again with its own key', async () => {
  for (const idTokenSignedResponseAlg of ['RS256', 'ES256', 'EdDSA'] as const) {
    const client = { clientId: 'demo-confidential', clientSecret: 'demo-secret', idTokenSignedResponseAlg };
    const seen = async (fault: FaultName) =>
      observe(await identityProvider({ faults: [fault], clients: [client, AWKWARD, SLASHED] }));
    expect(await seen('no-nonce')).toMatchObject({
      'id_token: alg': idTokenSignedResponseAlg,
      'id_token: signature': 'valid',
    });
    expect(await seen('bad-signature')).toMatchObject({
      'id_token: kid': 'in the key set',
      'id_token: signature': 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  }
});
