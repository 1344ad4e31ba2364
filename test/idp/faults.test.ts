import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportSPKI,
  importJWK,
  type JSONWebKeySet,
} from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultName } from '../../src/idp/faults.js';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { HOSTILE_TEXT } from '../../src/idp/user-faults.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { type Differences, FAULT_DIFFERENCES, type SeenFault } from './fault-differences.js';
import { ALICE } from './relying-party.js';

/** Its secret says something else once it is form-decoded. */
const AWKWARD = { clientId: 'awkward', clientSecret: 'one+two%20three/four=' } as const;
/** This one form-encoding leaves as it is, but a strict reader does not take it raw. */
const SLASHED = { clientId: 'slashed', clientSecret: 'one/two=' } as const;

/** What can be seen of a provider in one sign-in and around it, by name; what differs from run to run is put into words. */
type Observation = Readonly<Record<string, unknown>>;

/** Where the application is: it only has to answer. */
let redirectUri: string;
let application: Server;
/** What came to it by form_post. */
const posted: string[] = [];
let without: Observation;

beforeAll(async () => {
  application = createServer(async (request, response) => {
    let form = '';
    for await (const chunk of request) form += chunk;
    if (request.method === 'POST') posted.push(form);
    response.end('Signed in.');
  });
  await new Promise<void>((listening) => application.listen(0, '127.0.0.1', listening));
  redirectUri = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;
  without = await observe(await provider([]));
});

afterAll(() => {
  application.closeAllConnections();
  application.close();
});

/** Seconds after which a client has had enough, where a fault makes it wait. */
const PATIENCE = 5;

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
  const body = new URLSearchParams(form);
  return fetch(url, { method: 'POST', headers: { authorization }, body, redirect: 'manual' });
}

/** Signs Alice in, with PKCE: the address and the page that her browser ends at. */
async function authorized(idp: IdentityProvider) {
  const url = authorizationUrl(idp, { code_challenge: CHALLENGE, code_challenge_method: 'S256' });
  const { finalUrl, status } = await signInOverHttp(url, ALICE);
  return { answer: new URL(finalUrl), status };
}

/** Sends the code of an authorization response to the token endpoint. */
async function exchange(idp: IdentityProvider, code: string): Promise<Response> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: VERIFIER };
  return post(`${idp.issuer}/token`, form);
}

async function signedIn(idp: IdentityProvider): Promise<Record<string, string>> {
  const { answer: response } = await authorized(idp);
  const answered = await exchange(idp, response.searchParams.get('code') ?? '');
  return (await answered.json()) as Record<string, string>;
}

/** The answer to `exchange`, or why a client of some patience has none. */
async function tokens(idp: IdentityProvider, code: string) {
  const late = new Promise<string>((done) => {
    if (idp.faults.some((name) => /slow|silent/.test(name))) {
      setTimeout(done, PATIENCE * 1_000, `not within ${PATIENCE} seconds`);
    }
  });
  const answered = exchange(idp, code).then(async (response) => ({ answer: response, body: await response.text() }));
  return Promise.race([answered.catch(() => 'broken off'), late]);
}

type Json = Record<string, unknown>;

async function observe(idp: IdentityProvider): Promise<Observation> {
  const seen: Json = {};
  const note = (group: string, members: Json) => {
    for (const [name, value] of Object.entries(members)) seen[`${group}.${name}`] = value;
  };
  const before = await keySetOf(idp);
  const [unproven, { answer: authorization, status }] = await Promise.all([
    fetch(authorizationUrl(idp, {}), { redirect: 'manual' }),
    authorized(idp),
    observeDiscovery(idp, note, seen),
    observeBasic(idp, seen),
  ]);
  const code = authorization.searchParams.get('code');
  seen.authorization = authorization.href.startsWith(redirectUri) ? 'back to the application' : `a page, ${status}`;
  if (authorization.hash !== '') seen.authorization = 'back in the fragment';
  if (status === 200) note('answer', Object.fromEntries(authorization.searchParams));
  if (code !== null) seen['answer.code'] = code.startsWith('a-code') ? code : 'a code';
  const [token, keySet] = [code === null ? 'not asked' : await tokens(idp, code), await keySetOf(idp)];
  seen['key set'] = typeof keySet === 'object' ? describeKeySet(keySet) : keySet;
  seen['key set after the sign-in'] = JSON.stringify(keySet) === JSON.stringify(before) ? 'the same' : 'another';
  const next = new URL(unproven.headers.get('location') ?? '', idp.issuer);
  seen['authorization without PKCE'] = next.searchParams.get('error') ?? next.pathname.split('/')[1];

  if (typeof token === 'string') {
    seen['token answer'] = token;
  } else {
    const { answer: response, body } = token;
    seen['token answer'] = answerInWords(response, body);
    await observeTokens(idp, note, seen, { ...token, keySet });
  }
  return JSON.parse(JSON.stringify(seen, inShort).replaceAll(idp.issuer, 'ISSUER')) as Json;
}

/** Long texts by their length. */
function inShort(_name: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > 200 ? `${value.length} characters` : value;
}

type Note = (group: string, members: Json) => void;

async function observeDiscovery({ issuer }: IdentityProvider, note: Note, seen: Json): Promise<void> {
  const address = `${issuer}/.well-known/openid-configuration`;
  const response = await fetch(address, { redirect: 'manual' });
  const body = await response.text();
  const document = jsonObject(body);
  seen['discovery answer'] = answerInWords(response, body);
  if (!document) return;
  const { claims_supported: claims, ...metadata } = document;
  note('discovery', metadata);
  if (Array.isArray(claims)) for (const claim of claims) seen[`discovery: claim ${claim}`] = 'announced';
}

async function observeTokens(
  idp: IdentityProvider,
  note: Note,
  seen: Json,
  { answer: sent, body, keySet }: { answer: Response; body: string; keySet: JSONWebKeySet | number | string },
): Promise<void> {
  const response = jsonObject(body);
  if (response?.error !== undefined) note('refusal', response);
  if (!response || response.error !== undefined) return;
  note('token', { ...tokenMembers(response), date: dateOf(sent) });
  if (typeof response.id_token === 'string') {
    note('id_token', claimsIn(response.id_token, response.access_token));
    Object.assign(seen, await signatureOf(response.id_token, keySet));
  }
  if (typeof response.access_token === 'string') {
    const headers = { authorization: `Bearer ${response.access_token}` };
    const userinfo = await fetch(`${idp.issuer}/me`, { headers });
    const claims = jsonObject(await userinfo.text()) ?? { sub: 'no JSON' };
    if (claims.error !== undefined || claims.sub === 'no JSON')
      seen['userinfo answer'] = { status: userinfo.status, ...claims };
    else note('userinfo', claims);
  }
  if (typeof response.refresh_token === 'string') {
    const form = { grant_type: 'refresh_token', refresh_token: response.refresh_token };
    note('refresh', tokenMembers((await (await post(`${idp.issuer}/token`, form)).json()) as Json));
  }
}

function jsonObject(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function answerInWords({ status, headers }: Response, body: string): string {
  const content = body === '' ? ', empty' : jsonObject(body) ? '' : ', no JSON';
  const to = headers.has('location') ? `, to ${headers.get('location')}` : '';
  return `${status} ${headers.get('content-type')?.split(';')[0]}${content}${to}`;
}

/** By how much the provider's clock differs, to five minutes. */
function dateOf(response: Response): string {
  return `${Math.round((Date.parse(response.headers.get('date') ?? '') - Date.now()) / 300_000) * 5} minutes`;
}

function describeKeySet({ keys, ...others }: JSONWebKeySet): string {
  const kids = keys.filter(({ kid }) => kid !== undefined).length;
  const more = Object.keys(others).map((name) => `, and ${name}`);
  return `${keys.length} keys, ${kids} with kid${more.join('')}`;
}

/** The key set, or why a client that waits five seconds has none. */
async function keySetOf({ issuer, faults }: IdentityProvider): Promise<JSONWebKeySet | number | string> {
  const signal = faults.includes('jwks-slow') ? AbortSignal.timeout(PATIENCE * 1_000) : null;
  try {
    const response = await fetch(`${issuer}/jwks`, { signal });
    if (!response.ok) return response.status;
    return (jsonObject(await response.text()) as JSONWebKeySet | undefined) ?? 'no JSON';
  } catch {
    return `not within ${PATIENCE} seconds`;
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
      const response = await post(url, { token: 'none' }, basic(client.clientId, secret));
      const { error } = (await response.json()) as { error?: string };
      seen[`${form} Basic, secret with ${of}`] = response.ok ? 'accepted' : `${response.status} ${error}`;
    }
  }
}

function tokenMembers(response: Json): Json {
  const inWords = Object.entries(response).map(([name, value]) => {
    return [name, name.endsWith('_token') && typeof value === 'string' ? 'a token' : value];
  });
  return Object.fromEntries(inWords);
}

function claimsIn(idToken: string, accessToken: unknown): Json {
  if (idToken.split('.').length !== 3) return {};
  const claims: Json = decodeJwt(idToken);
  for (const name of ['iat', 'exp', 'nbf', 'auth_time']) {
    const claim = claims[name];
    // To five minutes, however slow the machine is.
    if (typeof claim === 'string') claims[name] = 'a text';
    else if (Number(claim) > 1e11) claims[name] = 'in milliseconds';
    else if (typeof claim === 'number') claims[name] = `${Math.round((claim - Date.now() / 1000) / 300) * 5} minutes`;
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
  if (idToken.split('.').length !== 3) return { 'id_token: signature': 'no JWT' };
  const { kid, alg } = decodeProtectedHeader(idToken);
  if (typeof keySet !== 'object') {
    return { 'id_token: alg': alg, 'id_token: kid': 'no key set', 'id_token: signature': 'no key set' };
  }
  const known =
    kid === undefined ? 'absent' : keySet.keys.some((key) => key.kid === kid) ? 'in the key set' : 'not in the key set';
  const signature = await compactVerify(idToken, createLocalJWKSet(keySet)).then(
    () => 'valid',
    ({ code }: { code: string }) => code,
  );
  return {
    'id_token: alg': alg,
    'id_token: kid': known,
    'id_token: signature': signature,
  };
}

/** What one observation has otherwise than `without`, with a group that is missing whole as one entry. */
function differences(seen: Observation): Differences {
  const observed: Json = {};
  const missing = ['discovery', 'token', 'id_token', 'userinfo', 'refresh'].filter(
    (group) => !Object.keys(seen).some((name) => name.startsWith(`${group}.`)),
  );
  for (const group of missing) observed[group] = undefined;
  for (const name of new Set([...Object.keys(without), ...Object.keys(seen)])) {
    if (missing.some((group) => name.startsWith(`${group}.`) || name.startsWith(`${group}:`))) continue;
    if (JSON.stringify(seen[name]) !== JSON.stringify(without[name])) observed[name] = seen[name];
  }
  return observed;
}

test('a provider without faults shows none', () => {
  // What it announces has its own test, with the provider's others.
  const beside = Object.entries(without).filter(([name]) => !name.startsWith('discovery'));
  expect(Object.fromEntries(beside)).toMatchInlineSnapshot(`
    {
      "answer.code": "a code",
      "answer.iss": "ISSUER",
      "answer.state": "st",
      "authorization": "back to the application",
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
      "key set": "3 keys, 3 with kid",
      "key set after the sign-in": "the same",
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
      "token.date": "0 minutes",
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

const SEEN = Object.keys(FAULT_DIFFERENCES) as SeenFault[];

describe.concurrent('a provider with the fault', () => {
  test.each(SEEN)('%s shows that and nothing else', async (name) => {
    const idp = await provider([name]);
    expect(idp.faults).toEqual([name]);
    expect(differences(await observe(idp))).toStrictEqual(FAULT_DIFFERENCES[name]);
  });

  test('jwks-slow does have a key set, and stops at once when it is told to', async () => {
    const [patient, stopping] = await Promise.all([provider(['jwks-slow']), provider(['jwks-slow'])]);
    const keys = fetch(`${patient.issuer}/jwks`).then((response) => response.json());
    const cut = expect(fetch(`${stopping.issuer}/jwks`)).rejects.toThrow();
    await fetch(`${stopping.issuer}/.well-known/openid-configuration`);
    await stopping.close();
    await cut;
    expect(await keys).toEqual({ keys: [expect.anything(), expect.anything(), expect.anything()] });
  });
});

test('a token answer that is slow does come', async () => {
  const { issuer } = await provider(['token-slow']);
  expect((await post(`${issuer}/token`, {})).status).toBe(400);
});

test('hs256-with-public-key is signed with what a careless verifier has at hand: the key as a PEM file', async () => {
  const idp = await provider(['hs256-with-public-key']);
  const { id_token = '' } = await signedIn(idp);
  const { keys } = (await keySetOf(idp)) as JSONWebKeySet;
  const key = keys.find(({ kid }) => kid === decodeProtectedHeader(id_token).kid);
  const pem = await exportSPKI((await importJWK({ ...key, alg: 'RS256' })) as CryptoKey);
  await expect(compactVerify(id_token, new TextEncoder().encode(pem))).resolves.toMatchObject({
    protectedHeader: { alg: 'HS256' },
  });
});

test('keys are rotated once, and the new one is the one that signs from then on', async () => {
  const idp = await provider(['rotated-keys']);
  const kids: unknown[] = [];
  for (let turn = 0; turn < 2; turn++) {
    const { id_token = '' } = await signedIn(idp);
    kids.push(decodeProtectedHeader(id_token).kid);
    expect(await signatureOf(id_token, await keySetOf(idp))).toMatchObject({ 'id_token: signature': 'valid' });
  }
  expect(kids).toEqual(['rotated-RS256', 'rotated-RS256']);
});

test('an authorization response by form_post has the faults as well', async () => {
  const idp = await provider(['wrong-state', 'error-with-markup']);
  const url = `${authorizationUrl(idp, { code_challenge: CHALLENGE, code_challenge_method: 'S256' })}&response_mode=form_post`;
  await signInOverHttp(url, ALICE);
  expect(Object.fromEntries(new URLSearchParams(posted[0]))).toEqual({
    error: 'access_denied',
    error_description: HOSTILE_TEXT,
    state: 'another-state',
    iss: idp.issuer,
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
  const { refresh_token = '' } = await signedIn(idp);
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
