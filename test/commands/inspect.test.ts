import { createHmac } from 'node:crypto';
import { CompactEncrypt, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { type IdentityProvider, startIdentityProvider } from '../../src/idp/identity-provider.js';
import { LOGOUT_EVENT } from '../../src/oidc/decode-token.js';
import { aliceSignsIn, createMachine, type Finished, type Machine } from '../support/run.js';
import { providerKey, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';

/** The honest provider, whose tokens are real. */
let idp: IdentityProvider;
/** For tokens that no honest provider makes. */
let scripted: ScriptedProvider;
let machine: Machine;
/** Every request that the honest provider got. */
let requests: string[] = [];

beforeAll(async () => {
  idp = await startIdentityProvider({ port: 0, onRequest: ({ path }) => requests.push(path) });
  scripted = await startScriptedProvider();
});
afterAll(() => Promise.all([idp.close(), scripted.close()]));
beforeEach(async () => {
  machine = await createMachine();
  requests = [];
  scripted.play({});
});
afterEach(() => machine.remove());

interface Documented {
  readonly from: string;
  readonly asked: boolean;
  readonly failed: number;
  readonly warned: number;
  readonly address: {
    readonly kind: string;
    readonly parameters: readonly { readonly name: string; readonly value: string; readonly means: string }[];
    readonly error: { readonly code: string; readonly causes: readonly string[] } | null;
    readonly checks: readonly { readonly name: string; readonly verdict: string; readonly actual: string }[];
  } | null;
  readonly tokens: readonly {
    readonly name: string | null;
    readonly kind: string;
    readonly form: string;
    readonly header: Record<string, unknown>;
    readonly claims: Record<string, unknown>;
    readonly times: Record<string, { readonly at: string; readonly inWords: string }>;
    readonly notes: readonly string[];
    readonly checks: readonly { readonly name: string; readonly verdict: string; readonly actual: string }[];
    readonly introspection: Record<string, unknown> | null;
    readonly nested: Documented['tokens'][number] | null;
  }[];
}

function documentOf({ stdout }: Finished): Documented {
  return JSON.parse(stdout) as Documented;
}

type Checked = { readonly checks: readonly { readonly name: string; readonly verdict: string }[] };

/** The verdicts by name, without those that had nothing to look at. */
function verdicts(of: Checked | null | undefined): Record<string, string> {
  const made = of?.checks.filter(({ verdict }) => verdict !== 'skip') ?? [];
  return Object.fromEntries(made.map(({ name, verdict }) => [name, verdict]));
}

async function signIn(...more: string[]): Promise<void> {
  const client = ['--issuer', idp.issuer, '--client-id', 'demo-confidential', '--client-secret-env', 'SECRET'];
  const argv = ['login', ...client, '--port', '0', '--scope', 'openid profile email offline_access', ...more];
  const { code } = await machine.run(argv, { openUrl: aliceSignsIn, env });
  expect(code).toBe(0);
}

const env = { SECRET: 'demo-secret' };

async function tokenOf(...flags: string[]): Promise<string> {
  return (await machine.run(['token', ...flags], { env })).stdout.trim();
}

/** Runs `inspect -` with a text on stdin, as text and as JSON, and holds both against what each owes. */
async function inspected(text: string, flags: readonly string[] = []): Promise<Finished & { document: Documented }> {
  const seen = await machine.run(['inspect', '-', ...flags], { stdin: text, env });
  const inJson = await machine.run(['inspect', '-', '--json', ...flags], { stdin: text, env });
  expect(inJson.code).toBe(seen.code);
  const all = seen.stdout + seen.stderr + inJson.stdout + inJson.stderr;
  // Nothing that somebody else could use, and nothing that drives a terminal.
  expect(all).not.toContain(text.trim());
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
  expect(all).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  return { ...seen, document: documentOf(inJson) };
}

const now = () => Math.floor(Date.now() / 1000);

/** An ID token of the scripted provider, with claims and header as told. */
async function idTokenWith(claims: object = {}, header: object = {}): Promise<string> {
  const { privateKey, jwk } = await providerKey();
  return new SignJWT({ iss: scripted.issuer, aud: 'app', sub: 'user-1', iat: now(), exp: now() + 300, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: jwk.kid ?? '', ...header })
    .sign(privateKey);
}

const scriptedFlags = () => ['--issuer', scripted.issuer, '--client-id', 'app'];

/** Header and payload as a JWT writes them, with whatever stands behind. */
function handMade(header: object, payload: unknown, signature = 'c2ln'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}

describe("the session's tokens", () => {
  it('the ID token is verified against the provider, with its times in words', async () => {
    await signIn();
    const token = await tokenOf('--id-token');
    const { code, stdout } = await machine.run(['inspect'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ID token — a JWT signed with RS256 \(it came as id_token\)\n/);
    expect(stdout).toMatch(/\n {2}exp {2,}\d+ {2}20[^ ]+Z, in (59|60) minutes\n/);
    expect(stdout).toMatch(/✓ {2}signature {2,}valid \(RS256, kid /);
    expect(stdout).toMatch(/✓ {2}aud {2,}demo-confidential\n/);
    expect(stdout).not.toContain(token);
    const document = documentOf(await machine.run(['inspect', '--json'], { env }));
    expect(document).toMatchObject({ from: 'session', asked: true, failed: 0, address: null });
    expect(document.tokens[0]?.times.exp?.at).toMatch(/^20.+Z$/);
  });

  it('the opaque access token is said to be none, and the provider says what it is', async () => {
    await signIn();
    const token = await tokenOf();
    const seen = await machine.run(['inspect', '--access-token'], { env });
    expect(seen.code).toBe(0);
    expect(seen.stdout).toContain('Opaque token — no JWT: ');
    expect(seen.stdout).toMatch(/Introspection\n {2}active +true\n/);
    expect(seen.stdout).toMatch(/✓ {2}introspection {2}active/);
    expect(seen.stdout + seen.stderr).not.toContain(token);
    expect(seen.stdout + seen.stderr).not.toContain('demo-secret');
  });

  it('a revoked token is not active: exit code 1', async () => {
    await signIn('--save', 'staging');
    const token = await tokenOf();
    await machine.run(['logout', '--no-end-session'], { env });
    const { code, document } = await inspected(token, ['--profile', 'staging']);
    expect(code).toBe(1);
    expect(verdicts(document.tokens[0])).toEqual({ introspection: 'fail' });
  });

  it('the refresh token is introspected, and never shown', async () => {
    await signIn();
    const { code, stdout } = await machine.run(['inspect', '--refresh-token', '--json'], { env });
    expect(code).toBe(0);
    const [token] = documentOf({ code, stdout, stderr: '' }).tokens;
    expect(token).toMatchObject({ kind: 'refresh token', form: 'opaque', introspection: { active: true } });
  });

  it('an access token for an API (RFC 9068) is held against what that standard wants', async () => {
    await signIn('--resource', 'https://api.example.com');
    const document = documentOf(await machine.run(['inspect', '--access-token', '--json'], { env }));
    expect(document.tokens[0]).toMatchObject({ kind: 'access token', header: { typ: 'at+jwt' } });
    expect(verdicts(document.tokens[0])).toEqual({
      alg: 'pass',
      signature: 'pass',
      typ: 'pass',
      iss: 'pass',
      aud: 'pass',
      exp: 'pass',
      iat: 'pass',
      sub: 'pass',
      jti: 'pass',
      client_id: 'pass',
      'clock skew': 'pass',
    });
  });

  it('--offline makes no request', async () => {
    await signIn();
    requests = [];
    const { code, stdout, stderr } = await machine.run(['inspect', '--offline'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/- {2}signature {2}not verified/);
    expect(stderr).toContain('No provider was asked (--offline)');
    expect(requests).toEqual([]);
  });

  it('nobody signed in: exit code 4', async () => {
    expect((await machine.run(['inspect'])).code).toBe(4);
  });
});

describe('a token that is handed in', () => {
  it('is only decoded where no provider is named, and is not called genuine', async () => {
    const { code, stdout, stderr, document } = await inspected(await idTokenWith({ nonce: 'n-1' }));
    expect(code).toBe(0);
    expect(stdout).toMatch(/- {2}signature {2}not verified/);
    expect(stderr).toContain('Nothing says that this is genuine');
    expect(document).toMatchObject({ from: 'stdin', asked: false, tokens: [{ kind: 'ID token' }] });
    expect(scripted.requests('/keys')).toEqual([]);
  });

  it('is verified where one is', async () => {
    const { code, document } = await inspected(await idTokenWith(), scriptedFlags());
    expect(code).toBe(0);
    expect(verdicts(document.tokens[0])).toEqual({
      alg: 'pass',
      signature: 'pass',
      iss: 'pass',
      aud: 'pass',
      exp: 'pass',
      iat: 'pass',
      sub: 'pass',
      'clock skew': 'pass',
    });
  });

  it('on the command line works, and warns', async () => {
    const token = await idTokenWith();
    const { code, stdout, stderr } = await machine.run(['inspect', token]);
    expect(code).toBe(0);
    expect(stderr).toContain('Warning: what stands on a command line is visible to others');
    expect(stdout + stderr).not.toContain(token);
  });

  test.each<[string, (token: string) => string]>([
    ['Bearer', (token) => `Bearer ${token}`],
    ['a header line', (token) => `Authorization: Bearer ${token}\n`],
    ['an argument of curl', (token) => `-H "Authorization: Bearer ${token}"`],
    ['quotes', (token) => `"${token}"`],
    ['single quotes and a comma', (token) => `'${token}',`],
    ['line breaks within', (token) => `\n${token.slice(0, 60)}\r\n  ${token.slice(60)}\n`],
    ['a zero-width space', (token) => `\u200b${token}`],
  ])('with %s around it is read all the same', async (_what, wrapped) => {
    const { code, stderr, document } = await inspected(wrapped(await idTokenWith()), scriptedFlags());
    expect(code).toBe(0);
    expect(stderr).toContain('Before reading: ');
    expect(verdicts(document.tokens[0]).signature).toBe('pass');
  });

  it('a line copied out of JSON keeps its name', async () => {
    const { document } = await inspected(`"access_token": "${await idTokenWith()}",`);
    expect(document.tokens[0]).toMatchObject({ name: 'access_token', kind: 'access token' });
  });

  it('a whole token response is read token by token, and at_hash compared', async () => {
    await signIn();
    const [idToken, accessToken] = [await tokenOf('--id-token'), 'another-access-token-than-the-one-hashed'];
    const real = JSON.stringify({
      id_token: idToken,
      access_token: await tokenOf(),
      refresh_token: 'rt',
      expires_in: 5,
    });
    const first = await inspected(real);
    expect(first.code).toBe(0);
    expect(first.document.tokens.map(({ name }) => name)).toEqual(['id_token', 'access_token', 'refresh_token']);
    // In the code flow the built-in provider leaves at_hash out; one made by hand tells.
    const hashed = await idTokenWith({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' });
    const second = await inspected(JSON.stringify({ id_token: hashed, access_token: accessToken }));
    expect(second.code).toBe(1);
    expect(verdicts(second.document.tokens[0]).at_hash).toBe('fail');
    expect(second.stdout + second.stderr).not.toContain(accessToken);
    expect(first.stdout + first.stderr).not.toContain(idToken);
  });

  test.each<[string, object, object, string[], number]>([
    ['has expired', { exp: 1 }, {}, ['exp'], 1],
    ['is for another client', { aud: 'other' }, {}, ['aud'], 1],
    ['is of another issuer', { iss: 'https://id.example.com' }, {}, ['iss'], 7],
    ['was signed with an unknown key', {}, { kid: 'nobody' }, ['signature'], 7],
    ['was issued in the future', { iat: 99_999_999_999 }, {}, ['iat'], 1],
    ['names nobody', { sub: '' }, {}, ['sub'], 1],
  ])('%s', async (_what, claims, header, failing, exitCode) => {
    const { code, document } = await inspected(await idTokenWith(claims, header), scriptedFlags());
    const failed = Object.entries(verdicts(document.tokens[0])).filter(([, verdict]) => verdict === 'fail');
    expect(failed.map(([name]) => name)).toEqual(failing);
    expect(code).toBe(exitCode);
  });

  it('with a critical extension that nobody knows is refused', async () => {
    const { code, document } = await inspected(handMade({ alg: 'RS256', crit: ['new'] }, { exp: now() + 60 }));
    expect(code).toBe(1);
    expect(verdicts(document.tokens[0]).crit).toBe('fail');
  });

  it('changed by one letter: its signature is not valid, exit code 7', async () => {
    const token = await idTokenWith();
    const [header, , signature] = token.split('.');
    const claims = { iss: scripted.issuer, aud: 'app', sub: 'admin', iat: now(), exp: now() + 300 };
    const changed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    const { code, stdout } = await inspected(changed, scriptedFlags());
    expect(code).toBe(7);
    expect(stdout).toMatch(/✗ {2}signature {2,}not valid/);
  });

  it('alg none is said plainly, and is 7 where an issuer is named', async () => {
    const token = new UnsecuredJWT({
      iss: scripted.issuer,
      sub: 'a',
      aud: 'app',
      iat: now(),
      exp: now() + 60,
    }).encode();
    const alone = await inspected(token);
    expect(alone.code).toBe(1);
    expect(alone.stdout).toContain('a JWT that is not signed (alg none');
    expect(alone.stdout).toContain('none: it is not signed, and anybody could have written it');
    expect((await inspected(token, scriptedFlags())).code).toBe(7);
  });

  it('HS256 is said to verify with the client secret alone', async () => {
    const body = handMade({ alg: 'HS256' }, { iss: 'x', sub: 'a', aud: 'app', iat: now(), exp: now() + 60 }, '');
    const signature = createHmac('sha256', 'demo-secret').update(body.slice(0, -1)).digest('base64url');
    const { code, document } = await inspected(`${body}${signature}`);
    expect(code).toBe(0);
    expect(document.tokens[0]?.checks.find(({ name }) => name === 'alg')).toMatchObject({
      verdict: 'warn',
      actual: expect.stringContaining('verifies with the client secret alone'),
    });
  });

  it('an unknown algorithm is said to be one', async () => {
    const { code, stdout } = await inspected(handMade({ alg: 'QX999' }, { exp: now() + 60 }));
    expect(code).toBe(1);
    expect(stdout).toContain('QX999: an algorithm that is not known here');
  });

  it('a key that the token brings itself is warned of', async () => {
    const { document } = await inspected(await idTokenWith({}, { jku: 'https://evil.example/keys' }), scriptedFlags());
    expect(verdicts(document.tokens[0])['key in header']).toBe('warn');
  });

  it('times in milliseconds are noticed', async () => {
    const { document } = await inspected(await idTokenWith({ exp: Date.now() + 60_000 }));
    expect(verdicts(document.tokens[0]).units).toBe('warn');
  });

  it('of a JWE the header is shown, and what it would take to read it', async () => {
    const { publicKey } = await generateKeyPair('RSA-OAEP-256');
    const jwe = await new CompactEncrypt(new TextEncoder().encode('{"sub":"hidden"}'))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'enc-1', cty: 'JWT' })
      .encrypt(publicKey);
    const { code, stdout } = await inspected(jwe);
    expect(code).toBe(0);
    expect(stdout).toContain('Encrypted token (JWE) — RSA-OAEP-256, A256GCM');
    expect(stdout).toContain('the RSA private key of whom it is for (kid enc-1). It says that a signed JWT is inside');
  });

  it('a JWT within a JWT is read as well', async () => {
    const { privateKey } = await providerKey();
    const inner = await idTokenWith({ name: 'Alice Inside' });
    const { CompactSign } = await import('jose');
    const outer = await new CompactSign(new TextEncoder().encode(inner))
      .setProtectedHeader({ alg: 'RS256', cty: 'JWT' })
      .sign(privateKey);
    const { code, stdout, document } = await inspected(outer, scriptedFlags());
    expect(code).toBe(0);
    expect(stdout).toContain('Alice Inside');
    expect(stdout).not.toContain(inner);
    expect(verdicts(document.tokens[0]?.nested).signature).toBe('pass');
  });

  it('base64 in place of base64url is a fault, and read all the same', async () => {
    const token = handMade({ alg: 'RS256' }, { sub: '???>>>~~~', exp: now() + 60 });
    const [header, payload, signature] = token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('base64'));
    const { code, stdout } = await inspected(`${header}.${payload}.${signature}`);
    expect(code).toBe(1);
    expect(stdout).toMatch(/sub {2,}\?\?\?>>>~~~/);
    expect(stdout).toContain('It is written in base64 (+, / or =)');
  });

  test.each<[string, string, RegExp]>([
    ['a detached payload', 'eyJhbGciOiJSUzI1NiJ9..c2ln', /payload is detached/],
    ['no signature', 'eyJhbGciOiJSUzI1NiJ9.e30.', /signature is missing/],
    ['two parts', 'eyJhbGciOiJSUzI1NiJ9.e30', /two parts/],
    ['a header alone', 'eyJhbGciOiJSUzI1NiJ9', /the header of a JWT alone/],
    ['four parts', 'eyJhbGciOiJSUzI1NiJ9.e30.a.b', /4 parts/],
    ['a header that was cut off', 'eyJhbGciOiJSUz.e30.c2ln', /does not decode to JSON/],
    ['dots in its middle', 'eyJhbGciOiJSUzI1NiJ9.e30…c2ln', /shortened/],
    ['a payload that is no object', 'eyJhbGciOiJSUzI1NiJ9.WzFd.c2ln', /payload is not a JSON object/],
    ['words', 'this is no token', /has spaces or line breaks/],
    ['strange characters', 'abc{def}', /characters that no token may have/],
  ])('%s: exit code 1, with what is wrong', async (_what, text, says) => {
    const { code, stdout } = await inspected(text);
    expect(code).toBe(1);
    expect(stdout).toMatch(says);
  });

  test.each<[string, string, RegExp]>([
    ['nothing', '  \n', /nothing to inspect/],
    ['JSON without a token', '{"a":1}', /JSON without a token/],
    ['decoded claims', '{"iss":"x","sub":"y","exp":1}', /decoded content of a token/],
  ])('%s: a usage error', async (_what, text, says) => {
    const { code, stderr } = await machine.run(['inspect', '-'], { stdin: text });
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });

  it('hostile claims are shown and drive nothing', async () => {
    const hostile = {
      name: 'A\u001b[2J\u001b]0;title\u0007',
      bidi: 'user\u202egpj.exe',
      'na\u009bme': 'x',
      markup: '<script>alert(1)</script>',
      __proto__: { polluted: true },
      long: 'y'.repeat(5000),
    };
    const { code, stdout, document } = await inspected(await idTokenWith(hostile, { odd: '\u001b[31m' }));
    expect(code).toBe(0);
    expect(stdout).toContain('\\u{1b}[2J');
    expect(stdout).toContain('\\u{202e}');
    expect(document.tokens[0]?.claims.long).toHaveLength(5000);
    expect(stdout).not.toContain('y'.repeat(1000));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('tokens among the claims are not told, and nesting without end is cut', async () => {
    const inner = await idTokenWith();
    let deep: unknown = 'bottom';
    for (let level = 0; level < 500; level += 1) deep = { deep };
    const token = await idTokenWith({ act: { token: inner }, access_token: 'at-very-secret', deep });
    const { stdout, document } = await inspected(token);
    const all = stdout + JSON.stringify(document);
    expect(all).not.toContain(inner);
    expect(all).not.toContain('at-very-secret');
    expect(all).toContain('nested too deep');
  });

  it('a logout token is held against OIDC Back-Channel Logout', async () => {
    const event = { events: { [LOGOUT_EVENT]: {} }, sid: 's-1', jti: 'j-1' };
    const good = await inspected(await idTokenWith(event, { typ: 'logout+jwt' }), scriptedFlags());
    expect(good.code).toBe(0);
    expect(good.document.tokens[0]?.kind).toBe('logout token');
    const bad = await inspected(await idTokenWith({ ...event, nonce: 'n', jti: undefined }), scriptedFlags());
    expect(bad.code).toBe(1);
    expect(verdicts(bad.document.tokens[0])).toMatchObject({ typ: 'warn', nonce: 'fail', jti: 'fail', events: 'pass' });
  });

  it('an access token without typ can be taken for an ID token, and one that says at+jwt must be whole', async () => {
    const loose = await inspected(await idTokenWith({ scope: 'read' }), scriptedFlags());
    expect(loose.code).toBe(0);
    expect(verdicts(loose.document.tokens[0]).typ).toBe('warn');
    const strict = await inspected(await idTokenWith({ aud: undefined }, { typ: 'at+jwt' }), scriptedFlags());
    expect(strict.code).toBe(1);
    expect(verdicts(strict.document.tokens[0])).toMatchObject({ aud: 'fail', jti: 'fail', client_id: 'fail' });
  });

  it('is never sent to another provider than its own', async () => {
    const { code, document } = await inspected(await idTokenWith({ scope: 'read' }), [
      ...['--issuer', idp.issuer, '--client-id', 'demo-confidential', '--client-secret-env', 'SECRET'],
    ]);
    expect(code).toBe(7);
    expect(requests.some((path) => path.includes('introspection'))).toBe(false);
    expect(document.tokens[0]?.checks.find(({ name }) => name === 'introspection')?.actual).toMatch(/another issuer/);
  });

  it('a provider that does not answer is an error of its own, after what could be read', async () => {
    const gone = await startScriptedProvider();
    await gone.close();
    const token = await idTokenWith();
    const seen = await machine.run(['inspect', '-', '--issuer', gone.issuer], { stdin: token });
    expect(seen.code).toBe(8);
    expect(seen.stdout).toContain('user-1');
    expect(seen.stderr).toContain('(network_refused, exit code 8)');
    const inJson = await machine.run(['inspect', '-', '--json', '--issuer', gone.issuer], { stdin: token });
    expect(JSON.parse(inJson.stdout)).toMatchObject({
      error: { code: 'network_refused' },
      tokens: [{ form: 'signed' }],
    });
    expect(seen.stdout + seen.stderr + inJson.stdout).not.toContain(token);
  });

  it('a profile that happens to be the default is not asked, and a client id alone asks nobody', async () => {
    await signIn('--save', 'staging');
    await machine.run(['profile', 'add', 'other', '--issuer', idp.issuer, '--client-id', 'demo', '--default']);
    requests = [];
    const { code, document } = await inspected(await idTokenWith(), ['--client-id', 'another']);
    expect(code).toBe(1);
    expect(verdicts(document.tokens[0])).toMatchObject({ aud: 'fail' });
    expect(document).toMatchObject({ asked: false });
    expect(requests).toEqual([]);
  });

  it("the provider's clock is told where it was asked", async () => {
    scripted.play({ date: -73 });
    const token = await idTokenWith({ exp: now() - 60 });
    const { code, stdout } = await inspected(token, scriptedFlags());
    expect(code).toBe(1);
    expect(stdout).toMatch(/! {2}clock skew +7[234] s, the provider's clock is behind/);
  });

  it('an ID token that is no JWT is a failure, and is not introspected', async () => {
    const { code, document } = await inspected('an-opaque-token-of-some-length', ['--id-token']);
    expect(code).toBe(1);
    expect(verdicts(document.tokens[0])).toEqual({ format: 'fail' });
  });

  it('two kinds at once: a usage error', async () => {
    expect((await machine.run(['inspect', '--id-token', '--access-token'])).code).toBe(2);
  });
});

describe('a callback URL', () => {
  const CODE = 'the-code-itself-which-is-a-secret-for-a-minute';

  it('is explained parameter by parameter, with the code shortened', async () => {
    const url = `http://localhost:8484/callback?code=${CODE}&state=s-1&iss=${encodeURIComponent('https://a.example')}&x=1`;
    const { code, stdout, document } = await inspected(url);
    expect(code).toBe(0);
    expect(stdout).not.toContain(CODE);
    expect(stdout).toMatch(/code {2,}the-… \(46 characters\) {2}the authorization code: good once/);
    expect(stdout).toMatch(/x {2,}1 +of no standard/);
    expect(document.address?.parameters.map(({ name }) => name)).toEqual(['code', 'state', 'iss', 'x']);
  });

  it('with an error is explained, and the provider’s own code is passed on whole', async () => {
    const words = encodeURIComponent('AADSTS65004: User declined to consent.\u001b[31m');
    const url = `http://localhost:8484/callback?error=access_denied&error_description=${words}&state=s`;
    const { code, stdout, document } = await inspected(url);
    expect(code).toBe(0);
    expect(stdout).toContain('AADSTS65004: User declined to consent.');
    expect(document.address?.error).toMatchObject({ code: 'access_denied' });
    expect(document.address?.error?.causes[0]).toContain('The person declined the permissions');
  });

  it('with an error of its own is said to have one', async () => {
    const { document } = await inspected('http://localhost/cb?error=odd_thing&state=s');
    expect(document.address?.error).toMatchObject({ code: 'odd_thing', standard: null });
  });

  test.each<[string, string, string, string]>([
    ['neither code nor error', '/callback?state=s', 'answer', 'fail'],
    ['both', '/callback?code=c&error=e&state=s', 'answer', 'fail'],
    ['a parameter twice', '/callback?code=c&code=d&state=s', 'parameters', 'fail'],
    ['no state', '/callback?code=c', 'state', 'warn'],
    ['parameters alone', 'code=c&state=s', 'answer', 'pass'],
    ['a line of a log', 'GET /callback?code=c&state=s HTTP/1.1', 'answer', 'pass'],
    ['a scheme of an app', 'com.example.app:/callback?code=c&state=s', 'answer', 'pass'],
  ])('%s', async (_what, text, name, verdict) => {
    const { code, document } = await inspected(text);
    expect(verdicts(document.address)[name]).toBe(verdict);
    expect(code).toBe(verdict === 'fail' ? 1 : 0);
  });

  it('iss is compared with the issuer that is named, and missed where it is announced', async () => {
    const other = await inspected('http://localhost/cb?code=c&state=s&iss=https://other.example', scriptedFlags());
    expect(other.code).toBe(7);
    expect(verdicts(other.document.address).iss).toBe('fail');
    const absent = await inspected('http://localhost/cb?code=c&state=s', scriptedFlags());
    expect(verdicts(absent.document.address).iss).toBe('fail');
  });

  it('belongs to the sign-in that was begun here: state, issuer and redirect URI', async () => {
    const start = ['login', '--start', '--issuer', idp.issuer, '--client-id', 'demo'];
    const begun = await machine.run([...start, '--redirect-uri', 'http://localhost:8484/callback']);
    const state = new URL(begun.stdout.trim()).searchParams.get('state') ?? '';
    const query = `code=c&state=${state}&iss=${encodeURIComponent(idp.issuer)}`;
    const { document } = await inspected(`http://localhost:8484/callback?${query}`);
    expect(verdicts(document.address)).toEqual({ answer: 'pass', state: 'pass', iss: 'pass', 'redirect URI': 'pass' });
    const elsewhere = await inspected(`http://localhost:8484/callback/?${query}`);
    expect(verdicts(elsewhere.document.address)['redirect URI']).toBe('fail');
    // Looking at it has not used it up.
    const finish = [
      'login',
      '--callback-url',
      `http://localhost:8484/callback?error=access_denied&state=${state}&iss=${encodeURIComponent(idp.issuer)}`,
    ];
    expect((await machine.run(finish)).stderr).toContain('access_denied');
  });

  it('with tokens behind the # has them inspected, and shows none', async () => {
    const token = await idTokenWith();
    const { code, stdout, document } = await inspected(
      `https://app.example/cb#id_token=${token}&state=s`,
      scriptedFlags(),
    );
    // The scripted provider announces iss in its answers.
    expect(code).toBe(7);
    expect(stdout).not.toContain(token);
    expect(verdicts(document.tokens[0]).signature).toBe('pass');
  });

  it('shows no JWT, whatever its parameter is called', async () => {
    const token = await idTokenWith();
    const { stdout } = await inspected(`https://app.example/cb?code=c&state=s&thing=${token}`);
    expect(stdout).not.toContain(token);
    expect(stdout).toMatch(/thing +eyJh… \(\d+ characters\)/);
  });

  it('that is a request is said to be one', async () => {
    const url = 'https://id.example/authorize?response_type=code&client_id=app&redirect_uri=http://localhost&state=s';
    const { code, document } = await inspected(url);
    expect(code).toBe(0);
    expect(document.address).toMatchObject({ kind: 'authorization request', checks: [] });
  });
});
