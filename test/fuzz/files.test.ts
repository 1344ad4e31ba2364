// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { createEncryptedFileStore } from '../../src/sessions/encrypted-file.js';
import { FUZZ_SECRETS, fuzz, fuzzes, fuzzWorld } from '../support/fuzz.js';
import { type Changes, changed, changedText, changes } from '../support/fuzz-documents.js';
import { followRedirects } from '../support/scripted-sign-in.js';

/*
 * Files that come with a folder, what a store holds, and sign-in pages: each
 * begins as a valid one and is changed.
 */

fuzzes();

const REDIRECT = 'http://127.0.0.1:0/callback';
const save = (name: string, text: string) => writeFile(join(fuzzWorld.machine.home, name), text);
const cases = fc.record({ changes, command: fc.nat(100) });

function chosen<T>(from: readonly T[], command: number): T[] {
  return from.slice(command % from.length, (command % from.length) + 1);
}

fuzz('configuration', cases, async ({ changes: made, command }) => {
  const profile = {
    ...{ issuer: fuzzWorld.provider.issuer, clientId: 'app', scope: 'openid profile', prompt: 'login', maxAge: 60 },
    ...{ clientSecretFile: 'secret.txt', redirectUri: REDIRECT, responseMode: 'query', parameters: { audience: 'x' } },
    ...{
      claims: { userinfo: { name: null } },
      clockTolerance: 30,
      store: 'file',
      resource: ['https://api.example.com'],
    },
  };
  const logto = { kind: 'logto', endpoint: fuzzWorld.provider.issuer, appId: 'app', organizations: true };
  fuzzWorld.provider.play({});
  await save('secret.txt', FUZZ_SECRETS.clientSecret);
  await save('oidc-smoke.yaml', '');
  const file = command % 2 === 0 ? 'config.yaml' : 'oidc-cli.yaml';
  await save('config.yaml', '');
  await save('oidc-cli.yaml', '');
  await save(file, changed({ default: 'mine', profiles: { mine: profile, other: logto } }, made));
  const all = [
    ['profile', 'list', '--json'],
    ['profile', 'show', 'mine', '--json'],
    ['profile', 'show', 'other'],
    ['profile', 'set', 'mine', '--scope', 'openid'],
    ['profile', 'export', 'mine', '--format', 'logto'],
    ['whoami', '--json'],
    ['doctor', 'mine', '--json'],
  ];
  return chosen(all, command).map((argv) => ({ argv }));
});

const connector = () => ({
  ...{ authorizationEndpoint: `${fuzzWorld.provider.issuer}/authorize`, clientId: 'app', scope: 'openid profile' },
  ...{ tokenEndpoint: `${fuzzWorld.provider.issuer}/token`, clientSecret: FUZZ_SECRETS.clientSecret },
  ...{ tokenEndpointAuthMethod: 'client_secret_basic', acceptStringTypedBooleanClaims: true },
  authRequestOptionalConfig: { prompt: 'login', maxAge: '60', responseMode: 'query' },
  customConfig: { audience: 'x' },
  idTokenVerificationConfig: {
    ...{ jwksUri: `${fuzzWorld.provider.issuer}/keys`, issuer: fuzzWorld.provider.issuer, clockTolerance: 5 },
    algorithms: ['RS256'],
  },
});

fuzz('connectors', cases, async ({ changes: made, command }) => {
  fuzzWorld.provider.play({});
  await save('config.yaml', '');
  await save('oidc-cli.yaml', '');
  const saved = { target: 'x', connectorId: 'oidc', config: connector() };
  await save('connector.json', changed(command % 2 === 0 ? connector() : saved, made));
  const all = [
    ['doctor', '--connector', 'connector.json', '--json'],
    ['doctor', '--connector', 'connector.json'],
    ['login', '--connector', 'connector.json', '--redirect-uri', REDIRECT, '--timeout', '1', '--json'],
    ['login', '--connector', 'connector.json', '--redirect-uri', REDIRECT, '--timeout', '1', '--show-claims'],
    ['profile', 'import', 'connector.json', '--name', 'imported', '--force'],
  ];
  return chosen(all, command).map((argv) => ({ argv, world: argv[0] === 'login' ? { openUrl: followRedirects } : {} }));
});

fuzz('plans', cases, async ({ changes: made, command }) => {
  const check = {
    ...{ name: 'a sign-in', profile: { issuer: fuzzWorld.provider.issuer, clientId: 'app' }, redirectUri: REDIRECT },
    ...{
      user: 'alice',
      password: '${OIDC_CLI_FUZZ_PASSWORD}',
      tags: ['staging'],
      with: 'http',
      timeout: 3,
      retries: 0,
    },
    expect: {
      claims: { name: 'Alice Example', email: { matches: '^.*@example\\.com$' }, sub: { present: true } },
      ...{ userinfo: { name: 'Alice Example' }, tokens: { refreshToken: 'present' }, discovery: 'baseline.json' },
    },
  };
  const refused = { ...check, name: 'a refusal', expect: { failure: { code: 'access_denied' } } };
  const baseline = { issuers: { [fuzzWorld.provider.issuer]: { issuer: fuzzWorld.provider.issuer } } };
  fuzzWorld.provider.play({});
  await save('config.yaml', '');
  await save('oidc-cli.yaml', '');
  await save('baseline.json', command % 4 === 0 ? changed(baseline, made) : JSON.stringify(baseline));
  await save('oidc-smoke.yaml', changed({ defaults: { timeout: 3 }, checks: [check, refused] }, made));
  const flags = ['--timeout', '3', '--timeout-all', '5', '--no-evidence', '--retries', '0'];
  const all = [
    ['smoke', '--json', ...flags],
    ['smoke', ...flags, '--trust-project'],
    ['smoke', '--reporter', 'junit', ...flags],
    ['smoke', '--filter', 'none', ...flags],
  ];
  return chosen(all, command).map((argv) => ({ argv }));
});

const PAGE = (
  issuer: string,
) => `<!doctype html><html lang="en"><head><title>Sign in</title><base href="${issuer}/"></head>
<body><h1>Sign in</h1><p role="alert">Please sign in</p><form method="post" action="/authorize?again=1" id="f">
<label for="u">User name</label><input id="u" name="user" type="email" autocomplete="username" value="">
<label>Password<input name="password" type="password" autocomplete="current-password" aria-labelledby="p"></label>
<select name="realm"><option value="1" selected>One</option></select><textarea name="t">x</textarea>
<input type="hidden" name="csrf" value="a&amp;b"><input type="checkbox" name="stay" checked> Stay signed in
<button type="submit" formaction="/authorize?again=2">Continue</button></form><a href="/forgot">Forgot?</a>
<meta http-equiv="refresh" content="5; url=/authorize?again=3"><script>var a = "</form>";</script></body></html>`;

const MARKUP = fc.constantFrom(
  ...[
    '<form>',
    '</form>',
    '<input name=x type=password>',
    '<div>'.repeat(3_000),
    '<p hidden>',
    '<!--',
    '-->',
    '<![CDATA[',
  ],
  ...[
    '<base href="javascript:x">',
    '<meta http-equiv=refresh content="0;url=/authorize">',
    '&#x110000;',
    '&#0;',
    '\u0000',
  ],
  ...[
    '<button formmethod=get>',
    '<input type=hidden name=__proto__ value=x>',
    ' aria-labelledby="u u u u"',
    '<svg><style>',
  ],
  ...[
    '<frameset><frame src=/authorize>',
    '<form action="http://[::1">',
    '<form method=dialog>',
    '<title>',
    '<a href="//[">',
  ],
);

const pages = fc.record({
  edits: fc.array(
    fc.record({ at: fc.nat(100_000), act: fc.constantFrom('cut', 'insert', 'double', 'swap'), text: MARKUP }),
    {
      minLength: 1,
      maxLength: 4,
    },
  ) as fc.Arbitrary<Changes['textEdits']>,
  type: fc.constantFrom(
    'text/html',
    'text/html; charset=shift_jis',
    'text/html; charset=x',
    'application/xhtml+xml',
    'text/plain',
  ),
  status: fc.constantFrom(200, 200, 200, 400, 401, 500),
  command: fc.nat(100),
});

fuzz('sign-in pages', pages, ({ edits, type, status, command }) => {
  const { issuer } = fuzzWorld.provider;
  const body = changedText(PAGE(issuer), edits);
  fuzzWorld.provider.play({ page: { status, headers: { 'content-type': type }, body } });
  const login = ['login', '--issuer', issuer, '--client-id', 'app', '--redirect-uri', REDIRECT, '--timeout', '1'];
  const user = ['--with', 'http', '--user', 'alice', '--password-env', 'OIDC_CLI_FUZZ_PASSWORD'];
  const doctor = ['doctor', '--issuer', issuer, '--client-id', 'app', '--json'];
  return chosen([[...login, ...user, '--json'], [...login, ...user], doctor], command).map((argv) => ({ argv }));
});

fuzz('session records', cases, async ({ changes: made, command }) => {
  const { machine, provider } = fuzzWorld;
  await save('config.yaml', '');
  await save('oidc-cli.yaml', '');
  await save('oidc-smoke.yaml', '');
  provider.play({});
  const session = {
    ...{
      version: 1,
      profile: 'fuzz',
      issuer: provider.issuer,
      clientId: 'app',
      clientAuth: 'none',
      redirectUri: REDIRECT,
    },
    ...{
      subject: 'user-1',
      claims: { sub: 'user-1', name: 'Alice' },
      idToken: 'a.b.c',
      accessToken: 'at',
      expiresAt: 1,
    },
    ...{
      tokenType: 'Bearer',
      refreshToken: 'rt',
      scope: { requested: ['openid'], granted: ['openid'] },
      signedInAt: 1,
    },
    ...{ clockTolerance: 30, strict: false, accessTokens: [{ resource: 'https://api', accessToken: 'x', scope: [] }] },
  };
  const entry = {
    ...{ profile: 'fuzz', issuer: provider.issuer, clientId: 'app', subject: 'user-1', store: 'file', key: 'fuzz-key' },
    ...{ signedInAt: 1, savedAt: 1, expiresAt: 1, refreshable: true },
  };
  const index = { version: 1, sessions: [entry], pending: [], clientSecrets: [], unsettled: [] };
  const isRecordCommand = command % 2 === 0;
  const store = createEncryptedFileStore({ dataFolder: machine.home, env: {}, platform: process.platform });
  await store.set('fuzz-key', isRecordCommand ? changed(session, made) : JSON.stringify(session));
  await save('sessions.json', isRecordCommand ? JSON.stringify(index) : changed(index, made));
  const all = [
    ['whoami', '--json'],
    ['whoami', '--all', '--claims'],
    ['token', '--json'],
    ['userinfo', '--json'],
    ['inspect', '--offline'],
    ['logout', '--json'],
    ['token', '--refresh'],
  ];
  return chosen(all, command).map((argv) => ({ argv }));
});
