import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import { CompactEncrypt, type JSONWebKeySet, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { type CheckName, firstRefusal, type IdTokenCheck, reportIdToken } from '../../src/checks/id-token-report.js';
import type { IdTokenExpectations } from '../../src/checks/id-token-rules.js';
import { measureClockSkew } from '../../src/oidc/response-facts.js';
import { type Json, makeKey, providerKey } from '../support/scripted-provider.js';

const NOW = 1_800_000_000;
const TOLERANCE = 30;
const ISSUER = 'https://id.example.com';
const CLAIMS: Json = { iss: ISSUER, aud: 'app', sub: 'user-1', iat: NOW, exp: NOW + 300, nonce: 'n-1' };

async function keySet(alg = 'RS256'): Promise<JSONWebKeySet> {
  return { keys: [(await providerKey(alg)).jwk] };
}

async function expectations(changes: Partial<IdTokenExpectations> = {}): Promise<IdTokenExpectations> {
  return {
    issuer: ISSUER,
    clientId: 'app',
    algorithms: undefined,
    jwks: await keySet(),
    nonce: 'n-1',
    now: NOW,
    tolerance: TOLERANCE,
    ...changes,
  };
}

/** Signs claims, laid over the good ones; undefined takes one away. */
async function signed(claims: Json = {}, header: Json = {}, key?: Parameters<SignJWT['sign']>[0]): Promise<string> {
  const alg = String(header.alg ?? 'RS256');
  const { privateKey, jwk } = await providerKey(alg.startsWith('HS') ? 'RS256' : alg);
  const whole = JSON.parse(JSON.stringify({ alg, kid: jwk.kid, ...header }));
  return new SignJWT(JSON.parse(JSON.stringify({ ...CLAIMS, ...claims })))
    .setProtectedHeader(whole)
    .sign(key ?? privateKey);
}

async function checksOf(token: string, changes: Partial<IdTokenExpectations> = {}): Promise<readonly IdTokenCheck[]> {
  return (await reportIdToken(token, await expectations(changes))).checks;
}

/** One line of a report as "verdict: actual", with its code where it is not a pass. */
async function line(name: CheckName, token: string, changes: Partial<IdTokenExpectations> = {}): Promise<string> {
  const check = (await checksOf(token, changes)).find((candidate) => candidate.name === name);
  if (!check) return 'no such check';
  return `${check.verdict}: ${check.actual}${check.code === undefined ? '' : ` [${check.code}]`}`;
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

test('a good token passes every check that has something to check, in a fixed order', async () => {
  const report = await reportIdToken(await signed(), await expectations({ clockSkew: 0 }));
  expect(report.checks.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
    'alg pass',
    'signature pass',
    'iss pass',
    'aud pass',
    'azp skip',
    'exp pass',
    'iat pass',
    'nbf skip',
    'nonce pass',
    'sub pass',
    'at_hash skip',
    'auth_time skip',
    'acr skip',
    'clock skew pass',
  ]);
  expect(report.claims).toEqual(CLAIMS);
  expect(firstRefusal(report, true)).toBeUndefined();
});

describe('alg', () => {
  test('RS256 is expected where the provider announces nothing', async () => {
    expect(await line('alg', await signed())).toBe('pass: RS256');
    const token = await signed({}, { alg: 'ES256' });
    expect(await line('alg', token, { jwks: await keySet('ES256') })).toBe('fail: ES256 [id_token_alg_mismatch]');
  });

  test.each(['RS256', 'ES256', 'ES384', 'PS256', 'EdDSA'])('%s is verified where it is announced', async (alg) => {
    const checks = await checksOf(await signed({}, { alg }), { algorithms: [alg], jwks: await keySet(alg) });
    expect(checks.slice(0, 2).map(({ name, verdict }) => [name, verdict])).toEqual([
      ['alg', 'pass'],
      ['signature', 'pass'],
    ]);
  });

  test('one that is not announced is refused, though its signature is valid', async () => {
    const token = await signed();
    expect(await line('alg', token, { algorithms: ['ES256', 'PS256'] })).toBe('fail: RS256 [id_token_alg_mismatch]');
    expect(await line('signature', token, { algorithms: ['ES256'] })).toBe('pass: valid (RS256, kid RS256-key)');
    expect(await line('alg', token, { algorithms: [] })).toBe('fail: RS256 [id_token_alg_mismatch]');
  });

  test('"none" is refused, announced or not', async () => {
    const token = `${encode({ alg: 'none' })}.${encode(CLAIMS)}.`;
    expect(await line('alg', token)).toBe('fail: none [id_token_alg_mismatch]');
    expect(await line('alg', token, { algorithms: ['none'] })).toBe('fail: none [id_token_alg_unsupported]');
    expect(await line('signature', token, { algorithms: ['none'] })).toMatch(/^fail: not verifiable with a public key/);
  });

  test('HS256 signed with the public key is refused, announced or not', async () => {
    const { jwk } = await providerKey();
    const pem = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const token = await signed({}, { alg: 'HS256' }, Buffer.from(pem));
    expect(await line('alg', token)).toBe('fail: HS256 [id_token_alg_mismatch]');
    expect(await line('alg', token, { algorithms: ['RS256', 'HS256'] })).toBe('fail: HS256 [id_token_alg_unsupported]');
    expect(await line('signature', token, { algorithms: ['RS256', 'HS256'] })).toBe(
      'fail: not verifiable with a public key (alg HS256) [id_token_signature_invalid]',
    );
  });

  test('a token without alg is refused', async () => {
    const token = `${encode({ kid: 'RS256-key' })}.${encode(CLAIMS)}.AAAA`;
    expect(await line('alg', token)).toBe('fail: absent [id_token_alg_mismatch]');
  });
});

describe('signature', () => {
  test('a tampered payload is refused', async () => {
    const [header, , signature] = (await signed()).split('.');
    const token = `${header}.${encode({ ...CLAIMS, sub: 'admin' })}.${signature}`;
    expect(await line('signature', token)).toBe('fail: not valid [id_token_signature_invalid]');
  });

  test('a tampered signature is refused', async () => {
    const [header, payload, signature = ''] = (await signed()).split('.');
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await line('signature', `${header}.${payload}.${other}`)).toMatch(/^fail: not valid/);
    expect(await line('signature', `${header}.${payload}.`)).toMatch(/^fail: not/);
  });

  test('another key under the same kid is refused', async () => {
    const { privateKey } = await makeKey();
    expect(await line('signature', await signed({}, {}, privateKey))).toMatch(/^fail: not valid/);
  });

  test('an unknown kid is told apart from a bad signature', async () => {
    expect(await line('signature', await signed({}, { kid: 'rotated' }))).toBe(
      'fail: no key for it in the key set (RS256-key) [id_token_key_not_found]',
    );
    expect(await line('signature', await signed(), { jwks: { keys: [] } })).toBe(
      'fail: no key for it in the key set (it is empty) [id_token_key_not_found]',
    );
  });

  test('one key and no kid is enough; two of a kind are not', async () => {
    const token = await signed({}, { kid: undefined });
    expect(await line('signature', token)).toBe('pass: valid (RS256, no kid)');
    const { jwk: second } = await makeKey('RS256', 'second');
    const { keys } = await keySet();
    expect(await line('signature', token, { jwks: { keys: [...keys, second] } })).toBe(
      'fail: several keys fit and the token names none (key set: RS256-key, second) [id_token_key_not_found]',
    );
    const { jwk: elliptic } = await providerKey('ES256');
    expect(await line('signature', token, { jwks: { keys: [...keys, elliptic] } })).toMatch(/^pass/);
  });

  test('a key for encryption is no key for signatures', async () => {
    const [key] = (await keySet()).keys;
    expect(await line('signature', await signed(), { jwks: { keys: [{ ...key, kty: 'RSA', use: 'enc' }] } })).toMatch(
      /id_token_key_not_found/,
    );
  });

  test('a malformed key is told apart from a bad signature', async () => {
    const broken = { kty: 'RSA', kid: 'RS256-key', alg: 'RS256', n: '!', e: 'AQAB' };
    expect(await line('signature', await signed(), { jwks: { keys: [broken] } })).toBe(
      'fail: not verifiable: token header and key do not fit each other [id_token_signature_invalid]',
    );
  });

  test('without a key set nothing is believed', async () => {
    expect(await line('signature', await signed(), { jwks: undefined })).toBe(
      'fail: the key set could not be had [key_set_unavailable]',
    );
  });
});

describe('iss', () => {
  test('is compared to the letter', async () => {
    expect(await line('iss', await signed())).toBe(`pass: ${ISSUER}`);
    expect(await line('iss', await signed({ iss: `${ISSUER}/` }))).toBe(`fail: ${ISSUER}/ [id_token_issuer_mismatch]`);
    expect(await line('iss', await signed({ iss: ISSUER.toUpperCase() }))).toMatch(/id_token_issuer_mismatch/);
    expect(await line('iss', await signed({ iss: undefined }))).toBe('fail: absent [id_token_claim_missing]');
  });

  test("Microsoft's placeholder stands for the token's own tenant", async () => {
    const issuer = 'https://login.microsoftonline.com/{tenantid}/v2.0';
    const iss = 'https://login.microsoftonline.com/t-1/v2.0';
    expect(await line('iss', await signed({ iss, tid: 't-1' }), { issuer })).toBe(`pass: ${iss}`);
    expect(await line('iss', await signed({ iss, tid: 't-2' }), { issuer })).toMatch(/id_token_issuer_mismatch/);
    expect(await line('iss', await signed({ iss }), { issuer })).toMatch(/id_token_issuer_mismatch/);
  });

  test("nobody else's placeholder stands for anything", async () => {
    const issuer = `${ISSUER}/{tenantid}`;
    expect(await line('iss', await signed({ iss: `${ISSUER}/t-1`, tid: 't-1' }), { issuer })).toMatch(/^fail/);
  });
});

describe('aud and azp', () => {
  test.each<[string, Json, string, string]>([
    ['a text', { aud: 'app' }, 'pass: app', 'skip: absent'],
    ['a list of one', { aud: ['app'] }, 'pass: ["app"]', 'skip: absent'],
    ['another client', { aud: 'other' }, 'fail: other [id_token_audience_mismatch]', 'skip: absent'],
    ['none', { aud: undefined }, 'fail: absent [id_token_claim_missing]', 'skip: absent'],
    [
      'an empty list',
      { aud: [] },
      'fail: [] [id_token_audience_mismatch]',
      'fail: absent [id_token_authorized_party_mismatch]',
    ],
    [
      'this client among several, named by azp',
      { aud: ['app', 'api'], azp: 'app' },
      'pass: ["app","api"]',
      'pass: app',
    ],
    [
      'this client among several, unnamed',
      { aud: ['app', 'api'] },
      'pass: ["app","api"]',
      'fail: absent [id_token_authorized_party_mismatch]',
    ],
    [
      'this client among several, another named',
      { aud: ['app', 'api'], azp: 'api' },
      'pass: ["app","api"]',
      'fail: api [id_token_authorized_party_mismatch]',
    ],
    [
      'one audience and a foreign azp: a warning',
      { azp: 'other' },
      'pass: app',
      'warn: other [id_token_authorized_party_mismatch]',
    ],
  ])('%s', async (_name, claims, aud, azp) => {
    const token = await signed(claims);
    expect(await line('aud', token)).toBe(aud);
    expect(await line('azp', token)).toBe(azp);
  });
});

describe('times, at the edge of the tolerance', () => {
  test('exp', async () => {
    expect(await line('exp', await signed({ exp: NOW - TOLERANCE + 1 }))).toMatch(/^pass/);
    expect(await line('exp', await signed({ exp: NOW - TOLERANCE }))).toBe(
      'fail: 2027-01-15T07:59:30Z, 30 seconds ago [id_token_expired]',
    );
    expect(await line('exp', await signed({ exp: NOW }), { tolerance: 0 })).toMatch(/^fail/);
    expect(await line('exp', await signed({ exp: NOW + 1 }), { tolerance: 0 })).toMatch(/^pass/);
  });

  test('iat', async () => {
    expect(await line('iat', await signed({ iat: NOW + TOLERANCE }))).toMatch(/^pass/);
    expect(await line('iat', await signed({ iat: NOW + TOLERANCE + 1 }))).toBe(
      'fail: 2027-01-15T08:00:31Z, in 31 seconds [id_token_issued_in_future]',
    );
    expect(await line('iat', await signed({ iat: NOW - 600 - TOLERANCE }))).toMatch(/^pass/);
    expect(await line('iat', await signed({ iat: NOW - 600 - TOLERANCE - 1 }))).toBe(
      'warn: 2027-01-15T07:49:29Z, 10 minutes ago [id_token_too_old]',
    );
  });

  test.each([
    ['exp', -3 * 86_400, '3 days ago'],
    ['exp', -3 * 3600, '3 hours ago'],
    ['iat', -1200, '20 minutes ago'],
    ['iat', 90, 'in 90 seconds'],
    ['nbf', 7200, 'in 2 hours'],
    ['auth_time', -5 * 86_400, '5 days ago'],
  ] as const)('%s that is %d s away is told in words, and in seconds to programs', async (claim, away, words) => {
    const token = await signed({ [claim]: NOW + away });
    const checks = await checksOf(token, { maxAge: claim === 'auth_time' ? 60 : undefined });
    const { actual, secondsAway } = checks.find(({ name }) => name === claim) ?? {};
    expect([actual, secondsAway]).toEqual([expect.stringMatching(new RegExp(`^2027-01-\\d\\dT.*Z, ${words}$`)), away]);
  });

  test('nbf', async () => {
    expect(await line('nbf', await signed({ nbf: NOW + TOLERANCE }))).toMatch(/^pass/);
    expect(await line('nbf', await signed({ nbf: NOW + TOLERANCE + 1 }))).toMatch(
      /^fail: .* \[id_token_not_yet_valid\]$/,
    );
    expect(await line('nbf', await signed({ nbf: 'soon' }))).toBe('fail: "soon" [id_token_not_yet_valid]');
  });

  test.each(['exp', 'iat'] as const)('%s must be there, as a number', async (claim) => {
    expect(await line(claim, await signed({ [claim]: undefined }))).toBe('fail: absent [id_token_claim_missing]');
    expect(await line(claim, await signed({ [claim]: String(NOW) }))).toBe(`fail: "${NOW}" [id_token_claim_missing]`);
  });

  test('a number that is no time does not stop the report', async () => {
    expect(await line('exp', await signed({ exp: 1e300 }))).toBe('pass: 1e+300');
  });

  test('auth_time with max_age', async () => {
    const at = (auth_time: unknown, maxAge?: number) =>
      signed({ auth_time }).then((token) => line('auth_time', token, { maxAge }));
    expect(await at(NOW - 60 - TOLERANCE, 60)).toMatch(/^pass/);
    expect(await at(NOW - 60 - TOLERANCE - 1, 60)).toMatch(/^fail: .* \[id_token_auth_time_invalid\]$/);
    expect(await at(undefined, 60)).toBe('fail: absent [id_token_auth_time_invalid]');
    expect(await at(String(NOW), 60)).toMatch(/^fail: "1800000000"/);
    expect(await at(NOW - TOLERANCE, 0)).toMatch(/^pass/);
    expect(await at(NOW - TOLERANCE - 1, 0)).toMatch(/^fail/);
    expect(await at(undefined)).toBe('skip: absent');
    expect(await at(NOW - 9999)).toMatch(/^skip/);
    expect(await at('yesterday')).toBe('fail: "yesterday" [id_token_auth_time_invalid]');
    expect(await at(-1)).toMatch(/^fail/);
  });

  test('clock skew', async () => {
    const at = async (clockSkew?: number) => line('clock skew', await signed(), { clockSkew });
    expect(await at(0)).toBe('pass: 0 s');
    expect(await at(TOLERANCE)).toBe("pass: 30 s, the provider's clock is ahead");
    expect(await at(TOLERANCE + 1)).toBe("warn: 31 s, the provider's clock is ahead [clock_skew]");
    expect(await at(-TOLERANCE - 1)).toBe("warn: 31 s, the provider's clock is behind [clock_skew]");
    expect(await at(undefined)).toBe('skip: unknown: the answer has no Date header');
  });

  test('no clock is called wrong for a Date header that is as late as servers make it, or an answer that took long', () => {
    const second = Date.parse('2026-03-01T10:00:00Z');
    const dated = (startedAt: number, durationMs: number) =>
      measureClockSkew({
        step: 'token request',
        method: 'POST',
        url: 'https://id.example/token',
        requestHeaders: {},
        requestBody: undefined,
        startedAt: second + startedAt,
        durationMs,
        responseHeaders: { date: new Date(second).toUTCString() },
      });
    expect(dated(0, 20)).toBe(0);
    expect(dated(980, 15)).toBe(0);
    // Renewed by a timer that came late.
    expect(dated(1_900, 50)).toBe(0);
    expect(dated(-8_000, 9_000)).toBe(0);
    expect(dated(2_400, 50)).toBe(-2);
    expect(dated(-1_500, 20)).toBe(2);
    expect(dated(600_000, 20)).toBe(-600);
  });
});

describe('nonce', () => {
  test('must be the one that was sent, and is never shown', async () => {
    expect(await line('nonce', await signed())).toBe('pass: the same');
    expect(await line('nonce', await signed({ nonce: 'n-2' }))).toBe('fail: another value [id_token_nonce_mismatch]');
    expect(await line('nonce', await signed({ nonce: undefined }))).toBe('fail: absent [id_token_nonce_mismatch]');
    expect(await line('nonce', await signed({ nonce: ['n-1'] }))).toMatch(/^fail: another value/);
    expect(JSON.stringify(await checksOf(await signed({ nonce: 'n-2' })))).not.toMatch(/n-[12]/);
  });

  test('is not asked for where none was sent', async () => {
    expect(await line('nonce', await signed(), { nonce: undefined })).toBe('skip: present');
    expect(await line('nonce', await signed({ nonce: undefined }), { nonce: undefined })).toBe('skip: absent');
  });
});

describe('sub', () => {
  test.each<[string, unknown, string]>([
    ['missing', undefined, 'fail: absent [id_token_subject_invalid]'],
    ['empty', '', 'fail: empty [id_token_subject_invalid]'],
    ['a number', 7, 'fail: the number 7 [id_token_subject_invalid]'],
    ['null', null, 'fail: null [id_token_subject_invalid]'],
    ['of 255 characters', 'x'.repeat(255), `pass: ${'x'.repeat(255)}`],
    ['of 256 characters', 'x'.repeat(256), 'fail: 256 characters [id_token_subject_invalid]'],
  ])('%s', async (_name, sub, expected) => {
    expect(await line('sub', await signed({ sub }))).toBe(expected);
  });
});

describe('at_hash and c_hash', () => {
  const half = (algorithm: string, value: string) => {
    const digest = createHash(algorithm).update(value).digest();
    return digest.subarray(0, digest.length / 2).toString('base64url');
  };

  test.each([
    ['RS256', 'sha256'],
    ['ES384', 'sha384'],
    ['EdDSA', 'sha512'],
  ])('are hashed as %s has it', async (alg, algorithm) => {
    const values = { accessToken: 'token-value', code: 'code-value' };
    const changes = { algorithms: [alg], jwks: await keySet(alg), ...values };
    const token = await signed(
      { at_hash: half(algorithm, values.accessToken), c_hash: half(algorithm, values.code) },
      { alg },
    );
    expect(await line('at_hash', token, changes)).toBe('pass: matches');
    expect(await line('c_hash', token, changes)).toBe('pass: matches');
    expect(await line('at_hash', token, { ...changes, accessToken: 'another' })).toBe(
      'fail: does not match [id_token_at_hash_mismatch]',
    );
    expect(await line('c_hash', token, { ...changes, code: 'another' })).toBe(
      'fail: does not match [id_token_c_hash_mismatch]',
    );
  });

  test('a hash that is no text is refused, and none is needed', async () => {
    expect(await line('at_hash', await signed({ at_hash: 5 }), { accessToken: 'a' })).toMatch(/^fail: does not match/);
    expect(await line('at_hash', await signed(), { accessToken: 'a' })).toBe('skip: absent');
    expect(await line('c_hash', await signed(), { code: 'a' })).toBe('no such check');
    expect(await line('c_hash', await signed({ c_hash: 'x' }))).toBe('skip: x');
  });
});

test('acr other than asked for is a warning: it was a request, no demand', async () => {
  const at = async (acr: unknown, acrValues?: string) => line('acr', await signed({ acr }), { acrValues });
  expect(await at('mfa', 'pwd mfa')).toBe('pass: mfa');
  expect(await at('pwd', 'mfa')).toBe('warn: pwd [id_token_acr_mismatch]');
  expect(await at(undefined, 'mfa')).toBe('warn: absent [id_token_acr_mismatch]');
  expect(await at('pwd')).toBe('skip: pwd');
});

describe('what is no signed JWT', () => {
  const only = async (token: string) =>
    (await checksOf(token)).map((check) => `${check.name}: ${check.actual} [${check.code}]`);

  test.each([
    ['', 'an empty text'],
    ['opaque-token', 'one part that does not decode'],
    ['a.b', '2 parts that do not decode'],
    ['a.b.c', '3 parts that do not decode'],
    [`${encode({ alg: 'RS256' })}.${encode(['a list'])}.AAAA`, '3 parts that do not decode'],
  ])('"%s"', async (token, actual) => {
    expect(await only(token)).toEqual([`format: ${actual} [id_token_malformed]`]);
  });

  test('a JWE is named as one', async () => {
    const { publicKey } = await crypto.subtle.generateKey(
      { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      false,
      ['encrypt', 'decrypt'],
    );
    const token = await new CompactEncrypt(new TextEncoder().encode(await signed()))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A128GCM' })
      .encrypt(publicKey);
    expect(await only(token)).toEqual(['format: an encrypted token (RSA-OAEP-256) [id_token_encrypted]']);
  });
});

describe('a refreshed ID token (OIDC Core §12.2)', () => {
  const refresh = (claims: Json) =>
    signed({ nonce: undefined, ...claims }).then((token) => checksOf(token, { nonce: undefined, previous: CLAIMS }));
  const verdicts = async (claims: Json) =>
    Object.fromEntries((await refresh(claims)).slice(-3).map((check) => [check.name, check.verdict]));

  test('keeps iss, sub and aud', async () => {
    expect(await verdicts({})).toEqual({ 'same iss': 'pass', 'same sub': 'pass', 'same aud': 'pass' });
    expect((await refresh({})).find(({ name }) => name === 'nonce')?.verdict).toBe('skip');
  });

  test.each<[string, Json]>([
    ['same sub', { sub: 'somebody-else' }],
    ['same iss', { iss: 'https://other.example' }],
    ['same aud', { aud: 'other' }],
    ['same aud', { aud: ['app', 'api'], azp: 'app' }],
    ['same sub', { sub: undefined }],
  ])('is refused when %s does not hold: %o', async (name, claims) => {
    const check = (await refresh(claims)).find((candidate) => candidate.name === name);
    expect(check).toMatchObject({ verdict: 'fail', code: 'refreshed_identity_changed' });
  });

  test('may write its audience as a list of one, or in another order', async () => {
    expect(await verdicts({ aud: ['app'] })).toMatchObject({ 'same aud': 'pass' });
    const previous = { ...CLAIMS, aud: ['app', 'api'], azp: 'app' };
    const token = await signed({ aud: ['api', 'app'], azp: 'app' });
    expect(await line('same aud', token, { previous })).toBe('pass: ["api","app"]');
  });
});

test('every fault is in the report, not only the first', async () => {
  const { privateKey } = await makeKey();
  const bad = { iss: 'https://x.example', aud: 'x', exp: 1, iat: NOW + 999, nbf: NOW + 999, nonce: 'x', sub: '' };
  const report = await reportIdToken(await signed(bad, {}, privateKey), await expectations());
  const failed = report.checks.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name);
  expect(failed).toEqual(['signature', 'iss', 'aud', 'exp', 'iat', 'nbf', 'nonce', 'sub']);
  expect(firstRefusal(report, false)?.name).toBe('signature');
});

test('a warning refuses a strict sign-in only, and a fault comes before it', async () => {
  const warned = await reportIdToken(await signed({ azp: 'other' }), await expectations());
  expect(firstRefusal(warned, false)).toBeUndefined();
  expect(firstRefusal(warned, true)?.name).toBe('azp');
  const both = await reportIdToken(await signed({ azp: 'other', sub: '' }), await expectations());
  expect(firstRefusal(both, true)?.name).toBe('sub');
});
