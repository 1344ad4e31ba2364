import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMachine } from '../support/run.js';
import {
  type Json,
  makeKey,
  oauthError,
  providerKey,
  type Reply,
  type Script,
  type ScriptedProvider,
  startScriptedProvider,
} from '../support/scripted-provider.js';
import {
  asRefused,
  expectFailure,
  type Failure,
  loginOn,
  refused,
  signIn,
  verdicts,
} from '../support/scripted-sign-in.js';

const page = (status: number): Reply => ({ status, headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' });
const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

describe('each fault of the ID token', () => {
  const claims = (changes: Json, code: Failure['code'], more: Partial<Failure> = {}): Failure => ({
    script: { claims: changes },
    code,
    ...more,
  });
  test.each<[string, Failure]>([
    ['no JWT', { script: { idToken: () => 'garbage' }, code: 'id_token_malformed', says: /one part/ }],
    ['empty', { script: { idToken: () => '' }, code: 'id_token_malformed', says: /Found: an empty text\.$/ }],
    [
      'encrypted',
      {
        script: { idToken: () => `${encode({ alg: 'RSA-OAEP', enc: 'A128GCM' })}.a.b.c.d` },
        code: 'id_token_encrypted',
      },
    ],
    [
      'tampered with',
      {
        script: {
          idToken: (honest) => {
            const [header, payload = '', signature] = honest.split('.');
            const read = JSON.parse(Buffer.from(payload, 'base64url').toString());
            return `${header}.${encode({ ...read, sub: 'admin' })}.${signature}`;
          },
        },
        code: 'id_token_signature_invalid',
      },
    ],
    [
      'not signed',
      {
        script: { idToken: (honest) => `${encode({ alg: 'none' })}.${honest.split('.')[1]}.` },
        code: 'id_token_alg_mismatch',
        because: /does not sign at all/,
      },
    ],
    [
      'signed with another algorithm than announced',
      {
        script: { metadata: { id_token_signing_alg_values_supported: ['ES256'] } },
        code: 'id_token_alg_mismatch',
        says: /Expected: ES256\. Found: RS256\.$/,
      },
    ],
    [
      'signed by a key that is not published',
      { script: { header: { kid: 'new' } }, code: 'id_token_key_not_found', because: /rotated its keys/ },
    ],
    [
      'of another issuer',
      claims({ iss: 'https://other.example' }, 'id_token_issuer_mismatch', { because: /issuer setting differs/ }),
    ],
    ['without iss', claims({ iss: undefined }, 'id_token_claim_missing', { says: /lacks the claim iss/ })],
    [
      'for another client',
      claims({ aud: 'other' }, 'id_token_audience_mismatch', { because: /writes ID tokens for another/ }),
    ],
    ['without aud', claims({ aud: undefined }, 'id_token_claim_missing', { says: /lacks the claim aud/ })],
    [
      'for several, and not said for whom',
      claims({ aud: ['app', 'api'] }, 'id_token_authorized_party_mismatch', { because: /several audiences/ }),
    ],
    [
      'expired',
      claims({ exp: seconds(-100) }, 'id_token_expired', { because: /very short life/, fix: /a longer life\.$/ }),
    ],
    ['without exp', claims({ exp: undefined }, 'id_token_claim_missing', { says: /lacks the claim exp/ })],
    [
      'with exp as a text',
      claims({ exp: '1' }, 'id_token_claim_missing', { says: /exp is of another kind.*Found: "1"\.$/ }),
    ],
    ['without iat', claims({ iat: undefined }, 'id_token_claim_missing', { says: /lacks the claim iat/ })],
    ['of the future', claims({ iat: seconds(100) }, 'id_token_issued_in_future', { because: /later than its own/ })],
    ['not yet valid', claims({ nbf: seconds(100) }, 'id_token_not_yet_valid')],
    [
      'without the nonce',
      claims({ nonce: undefined }, 'id_token_nonce_mismatch', { because: /does not pass nonce on/ }),
    ],
    ['with another nonce', claims({ nonce: 'other' }, 'id_token_nonce_mismatch', { says: /Found: another value\.$/ })],
    ['without sub', claims({ sub: undefined }, 'id_token_subject_invalid', { because: /no value/ })],
    ['with a number for sub', claims({ sub: 5 }, 'id_token_subject_invalid', { because: /as a number/ })],
    ['with a long sub', claims({ sub: 'x'.repeat(256) }, 'id_token_subject_invalid', { because: /a long name/ })],
    ['of another access token', claims({ at_hash: 'AAAA' }, 'id_token_at_hash_mismatch')],
    ['of another code', claims({ c_hash: 'AAAA' }, 'id_token_c_hash_mismatch')],
    [
      'of an older sign-in than asked for',
      { ...claims({ auth_time: seconds(-900) }, 'id_token_auth_time_invalid'), flags: ['--max-age', '60'] },
    ],
    ['without auth_time, though asked', { flags: ['--max-age', '60'], code: 'id_token_auth_time_invalid' }],
    ['with an auth_time that is no time', claims({ auth_time: 'today' }, 'id_token_auth_time_invalid')],
  ])('%s', async (_name, failure) => {
    const { document, code } = await expectFailure(provider, failure);
    expect(code).toBe(7);
    const failed = document.checks.filter(({ verdict }) => verdict === 'fail');
    expect(failed[0]?.code).toBe(failure.code);
    // The whole report, unless nothing of the token could be read.
    expect(document.checks.length).toBeGreaterThanOrEqual(failed[0]?.name === 'format' ? 1 : 14);
    expect(provider.requests('/userinfo')).toEqual([]);
  });

  test("clocks that differ are the cause, where the provider's Date header shows it", async () => {
    const { document, error } = await expectFailure(provider, {
      script: { claims: { iat: seconds(100) }, date: 100 },
      code: 'id_token_issued_in_future',
      because: /^The two clocks differ: the provider's is (99|100|101) s ahead of this machine's\.$/,
      fix: /NTP/,
    });
    expect(error.facts.clockSkew).toBeGreaterThan(90);
    expect(verdicts(document.checks)['clock skew']).toBe('warn');
  });

  test('a larger --clock-tolerance lets the same token pass, for both readers', async () => {
    const script = { claims: { iat: seconds(100), nbf: seconds(100) }, date: 100 };
    const { code, document } = await signIn(provider, script, ['--clock-tolerance', '150']);
    expect(code).toBe(0);
    expect(verdicts(document.checks)).toMatchObject({ iat: 'pass', nbf: 'pass', 'clock skew': 'pass' });
  });

  test('all faults are in the document and in the table, not only the first', async () => {
    const bad = { iss: 'https://x.example', aud: 'x', exp: 5, nonce: 'x', sub: '' };
    const { document } = await expectFailure(provider, { script: { claims: bad }, code: 'id_token_issuer_mismatch' });
    expect(verdicts(document.checks)).toEqual({
      ...{ alg: 'pass', signature: 'pass', iat: 'pass', 'clock skew': 'pass' },
      ...{ iss: 'fail', aud: 'fail', exp: 'fail', nonce: 'fail', sub: 'fail' },
    });
  });
});

describe('--strict makes a refusal of every warning', () => {
  test.each<[string, Script, string[], Failure['code']]>([
    ['a foreign azp', { claims: { azp: 'other' } }, [], 'id_token_authorized_party_mismatch'],
    ['an old token', { claims: { iat: seconds(-10_000) } }, [], 'id_token_too_old'],
    ['another acr', { claims: { acr: 'pwd' } }, ['--acr-values', 'mfa'], 'id_token_acr_mismatch'],
    ['clocks that differ', { date: -100 }, [], 'clock_skew'],
    ['userinfo 401', { userinfo: () => oauthError(401, 'invalid_token', 'no') }, [], 'userinfo_refused'],
    ['userinfo in HTML', { userinfo: () => page(200) }, [], 'userinfo_invalid'],
    ['userinfo without sub', { userinfo: () => ({ body: { name: 'Alice' } }) }, [], 'userinfo_invalid'],
    ['userinfo that fails', { userinfo: () => page(500) }, [], 'userinfo_refused'],
  ])('%s', async (_name, script, flags, code) => {
    const lenient = await signIn(provider, script, flags);
    expect(lenient.code).toBe(0);
    expect(lenient.document.checks.filter(({ verdict }) => verdict === 'warn')).toMatchObject([{ code }]);
    const strict = await expectFailure(provider, {
      script,
      flags: [...flags, '--strict'],
      code,
      says: /\(a warning; --strict refuses it\)/,
    });
    expect(strict.document.checks.filter(({ verdict }) => verdict === 'warn')).toHaveLength(1);
  });

  test('and keeps no session then', async () => {
    const machine = await createMachine();
    provider.play({ claims: { azp: 'other' } });
    expect((await loginOn(machine, provider.issuer, ['--strict'])).code).toBe(7);
    expect((await machine.run(['whoami'])).code).toBe(4);
    await machine.remove();
  });
});

describe('userinfo', () => {
  const challenge = { 'www-authenticate': 'Bearer error="invalid_token", error_description="expired"' };

  test('that refuses ends nothing: a warning in the report, and a line to follow up', async () => {
    const script: Script = { userinfo: () => ({ status: 401, headers: challenge }) };
    const { code, document } = await signIn(provider, script);
    expect(code).toBe(0);
    expect(document.userinfo).toBeNull();
    expect(document.checks.at(-1)).toEqual({
      name: 'userinfo sub',
      verdict: 'warn',
      expected: 'user-1',
      actual: 'no answer to compare (userinfo_refused)',
      code: 'userinfo_refused',
    });
    const { error } = await refused(provider, script, ['--strict']);
    expect(error.message).toContain('with status 401');
    expect(error.message).toMatch(/It says: invalid_token: "expired"\.$/);
  });

  test('of another person is refused, with the whole report', async () => {
    const { document, error } = await expectFailure(provider, {
      script: { userinfo: () => ({ body: { sub: 'user-2' } }) },
      code: 'userinfo_subject_mismatch',
    });
    expect(error.message).toBe('Userinfo speaks of "user-2", and the ID token of "user-1": these are two people.');
    expect(document.checks).toHaveLength(15);
    expect(document.checks.at(-1)).toMatchObject({ name: 'userinfo sub', verdict: 'fail', actual: 'user-2' });
  });

  test('is not asked with --no-userinfo', async () => {
    const { document } = await signIn(provider, {}, ['--no-userinfo']);
    expect(provider.requests('/userinfo')).toEqual([]);
    expect(document.checks.at(-1)).toMatchObject({ name: 'userinfo sub', verdict: 'skip' });
  });
});

describe('keys that are rotated while the person signs in', () => {
  test('a kid that is unknown makes the key set be fetched again, once, however young it is', async () => {
    const old = await makeKey('RS256', 'old');
    const { code, document } = await signIn(provider, {
      keySet: (honest, fetch) => ({ body: fetch === 1 ? { keys: [old.jwk] } : honest }),
    });
    expect(code).toBe(0);
    expect(verdicts(document.checks).signature).toBe('pass');
    expect(provider.requests('/keys')).toHaveLength(2);
  });

  test('a kid that stays unknown is asked for no third time', async () => {
    await refused(provider, { header: { kid: 'never-published' } });
    expect(provider.requests('/keys')).toHaveLength(2);
  });

  test('a known kid needs one fetch', async () => {
    await signIn(provider);
    expect(provider.requests('/keys')).toHaveLength(1);
  });

  test('a key set that failed at first is asked again when it is needed', async () => {
    const { code } = await signIn(provider, {
      keySet: (honest, fetch) => (fetch === 1 ? page(503) : { body: honest }),
    });
    expect(code).toBe(0);
    expect(provider.requests('/keys')).toHaveLength(2);
  });

  test('a refetch that fails is the cause, and not the key', async () => {
    const old = await makeKey('RS256', 'old');
    const { error } = await refused(provider, {
      keySet: (_honest, fetch) => (fetch === 1 ? { body: { keys: [old.jwk] } } : page(503)),
    });
    expect(error).toMatchObject({ code: 'key_set_unavailable', exitCode: 3 });
    expect(error.message).toMatch(/it answered 503\.$/);
  });
});

describe('a refresh', () => {
  /** A machine that is signed in, and what `token --refresh --json` says when the provider then plays `script`. */
  const afterSignIn = async (script: Script, flags: readonly string[] = []) => {
    const machine = await createMachine();
    provider.play({});
    expect((await loginOn(machine, provider.issuer, flags)).code).toBe(0);
    const before = await machine.run(['token']);
    provider.play(script);
    const finished = await machine.run(['token', '--refresh', '--json']);
    provider.play({});
    const after = await machine.run(['token']);
    await machine.remove();
    return { finished, kept: before.stdout === after.stdout };
  };
  const refreshed = (claims: Json): Script => ({ claims: { aud: 'app', nonce: undefined, ...claims } });

  test('takes an ID token of the same person', async () => {
    const { finished, kept: saved } = await afterSignIn(refreshed({}));
    expect(finished.code).toBe(0);
    expect(saved).toBe(false);
  });

  test.each<[string, Script, string, number]>([
    ['of another person', refreshed({ sub: 'user-2' }), 'refreshed_identity_changed', 7],
    ['for another client', refreshed({ aud: 'other' }), 'id_token_audience_mismatch', 7],
    ['of another issuer', refreshed({ iss: 'https://other.example' }), 'id_token_issuer_mismatch', 7],
    ['expired', refreshed({ exp: seconds(-100) }), 'id_token_expired', 7],
    ['refused', { token: () => oauthError(400, 'invalid_grant', 'revoked') }, 'refresh_refused', 4],
  ])('keeps nothing of an answer that is %s', async (_name, script, code, exitCode) => {
    const { finished, kept: saved } = await afterSignIn(script);
    expect(asRefused(finished).error).toMatchObject({ code, exitCode });
    expect(saved).toBe(true);
  });
});

test('an at_hash that is right passes', async () => {
  const half = (value: string) => createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');
  const access_token = 'an-access-token-of-a-known-value';
  const { document } = await signIn(provider, { tokens: { access_token }, claims: { at_hash: half(access_token) } });
  expect(verdicts(document.checks).at_hash).toBe('pass');
});

test.each(['ES256', 'PS256', 'EdDSA', 'ES384'])(
  'an ID token signed with %s is verified by both readers',
  async (alg) => {
    await providerKey(alg);
    const { code, document } = await signIn(provider, { alg });
    expect(code).toBe(0);
    expect(verdicts(document.checks)).toMatchObject({ alg: 'pass', signature: 'pass' });
  },
);
