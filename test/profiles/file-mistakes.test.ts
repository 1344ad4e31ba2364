// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { resolveProfile } from '../../src/profiles/profile.js';
import { loadProfileFiles } from '../../src/profiles/profile-file.js';
import { failure, makeWorld } from './environment.js';

const KEYS_OF_A_FILE = 'default, trustedFolders, profiles';

/** The facts of what is refused in a user's file with this text. */
async function mistake(text: string | Buffer) {
  const deps = makeWorld();
  deps.user(text);
  const { code, facts } = await failure(loadProfileFiles(deps));
  expect({ code, file: facts.file }).toEqual({ code: 'config_file_invalid', file: deps.userFile });
  const { file: _, ...rest } = facts;
  return rest;
}

describe('a mistake names the line, the key, what was found and what is allowed', () => {
  test('a value that is none of the allowed ones', async () => {
    expect(await mistake('profiles:\n  staging:\n    clientAuth: basic\n')).toEqual({
      line: 3,
      column: 17,
      key: 'profiles.staging.clientAuth',
      found: '"basic"',
      allowed: 'one of client_secret_basic, client_secret_post, client_secret_jwt, none',
    });
  });

  test('a mistyped key, with the one that was meant', async () => {
    const facts = await mistake('profiles:\n  staging:\n    issuer: https://id.example\n    client_id: app\n');
    expect(facts).toMatchObject({
      line: 4,
      column: 5,
      key: 'profiles.staging.client_id',
      found: 'an unknown key',
      suggestion: 'clientId',
    });
    expect(facts.allowed).toContain('issuer, clientId, clientSecret');
  });

  test('a mistyped key at the top', async () => {
    expect(await mistake('# x\nprofile:\n  a: {}\n')).toEqual({
      line: 2,
      column: 1,
      key: 'profile',
      found: 'an unknown key',
      allowed: KEYS_OF_A_FILE,
      suggestion: 'profiles',
    });
  });

  test('a key that resembles none gets no suggestion', async () => {
    const facts = await mistake('colour: blue\n');
    expect(facts).toEqual({ line: 1, column: 1, key: 'colour', found: 'an unknown key', allowed: KEYS_OF_A_FILE });
  });

  test('a key that is there twice', async () => {
    expect(await mistake('profiles:\n  a:\n    scope: openid\n    clientId: x\n    scope: openid email\n')).toEqual({
      line: 5,
      column: 5,
      key: 'profiles.a.scope',
      found: 'the key for the second time',
      allowed: 'each key once (the first is on line 3)',
    });
  });

  test('a profile that is there twice', async () => {
    const facts = await mistake('profiles:\n  a: {scope: openid}\n  b: {}\n  a: {}\n');
    expect(facts).toMatchObject({ line: 4, key: 'profiles.a', allowed: 'each key once (the first is on line 2)' });
  });

  test.each([
    ['a tab', 'profiles:\n\ta: {}\n', 2, 'a tab as indentation'],
    [
      'an open quote',
      'profiles:\n  a: {issuer: "https://id.example\n',
      3,
      expect.stringContaining('missing character'),
    ],
    ['an open bracket', 'profiles: {a: {}\n', 2, expect.stringContaining('a bracket that is not closed')],
    ['a colon in plain text', 'default: a: b\n', 1, 'a mapping on the line of another key'],
    ['a reserved character', 'default: @a\n', 1, 'text that begins with a character that needs quotes'],
    ['a second document', 'default: a\n---\ndefault: b\n', 2, 'a second document (---)'],
    ['an unknown tag', 'default: !env a\n', 1, 'a tag (!) that is unknown'],
    ['a wrong indentation', 'profiles:\n  a:\n    scope: x\n   b: {}\n', 4, expect.any(String)],
  ])('YAML that cannot be read: %s', async (_, text, line, what) => {
    expect(await mistake(text)).toMatchObject({ line, found: what, allowed: expect.any(String) });
  });

  test.each([
    ['issuer: id.example', 'issuer', '"id.example"'],
    ['issuer: https://id.example?x=1', 'issuer', '"https://id.example?x=1"'],
    ['issuer: "https://id.example/#a"', 'issuer', '"https://id.example/#a"'],
    ['issuer: https://me:pass@id.example', 'issuer', 'a URL with a user name or password'],
    ['issuer: ftp://id.example', 'issuer', '"ftp://id.example"'],
    ['clientId: 12345', 'clientId', '12345'],
    ['clientId: ""', 'clientId', 'empty text'],
    ['clientId:', 'clientId', 'nothing'],
    ['clientId: "a\\u001b[2J"', 'clientId', '"a\\u001b[2J"'],
    ['clientSecret: 12345', 'clientSecret', 'a number'],
    ['clientSecret: "pre-${X}"', 'clientSecret', 'text'],
    ['clientSecret: "${X Y}"', 'clientSecret', 'text'],
    ['clientSecretStored: perhaps', 'clientSecretStored', 'text'],
    ['scope: [openid]', 'scope', 'a list'],
    ['redirectUri: "http://localhost/#x"', 'redirectUri', '"http://localhost/#x"'],
    ['redirectUri: myapp:/cb', 'redirectUri', '"myapp:/cb"'],
    ['postLogoutRedirectUri: /bye', 'postLogoutRedirectUri', '"/bye"'],
    ['prompt: none login', 'prompt', '"none login"'],
    ['maxAge: -1', 'maxAge', '-1'],
    ['maxAge: 1.5', 'maxAge', '1.5'],
    ['maxAge: "60"', 'maxAge', '"60"'],
    ['display: big', 'display', '"big"'],
    ['claims: "[1]"', 'claims', '"[1]"'],
    ['claims: [a]', 'claims', 'a list'],
    ['resource: /api', 'resource', '"/api"'],
    ['resource: [https://a.example, "b#c"]', 'resource.1', '"b#c"'],
    ['parameters: {state: x}', 'parameters.state', 'text'],
    ['parameters: {redirect_uri: x}', 'parameters.redirect_uri', 'text'],
    ['parameters: {request: x}', 'parameters.request', 'text'],
    ['parameters: {prompt: x}', 'parameters.prompt', 'text'],
    ['parameters: {"a b": x}', 'parameters.a b', '"a b"'],
    ['parameters: {a: 1}', 'parameters.a', 'a number'],
    ['responseMode: fragment', 'responseMode', '"fragment"'],
    ['store: cloud', 'store', '"cloud"'],
    ['clockTolerance: 1d', 'clockTolerance', '"1d"'],
    ['timeout: 0', 'timeout', '0'],
    ['strict: "yes"', 'strict', '"yes"'],
  ])('%s is refused', async (line, key, actual) => {
    const facts = await mistake(`profiles:\n  it:\n    ${line}\n`);
    expect(facts).toMatchObject({ line: 3, key: `profiles.it.${key}`, found: actual });
    expect(facts.allowed).not.toBe('');
  });

  test.each([
    ['[1]', '', 'a list'],
    ['just text', '', 'text'],
    ['profiles: [a]', 'profiles', 'a list'],
    ['profiles: {it: 5}', 'profiles.it', 'a number'],
    ['profiles: {"a b": {}}', 'profiles.a b', '"a b"'],
    ['default: 5', 'default', '5'],
    ['trustedFolders: ~/work', 'trustedFolders', '"~/work"'],
    ['trustedFolders: [work]', 'trustedFolders.0', '"work"'],
    ['{? [a] : b}', '[ a ]', 'an unknown key'],
  ])('%s is no configuration', async (text, key, actual) => {
    expect(await mistake(text)).toMatchObject({ line: 1, key, found: actual });
  });

  test('two places for one secret', async () => {
    const facts = await mistake('profiles:\n  a:\n    clientSecret: ${X}\n    clientSecretFile: ./s\n');
    expect(facts).toMatchObject({ line: 4, key: 'profiles.a.clientSecretFile' });
  });

  test('a secret in the file is never quoted back, whatever is wrong with it', async () => {
    const texts = [
      'profiles: {a: {clientSecret: "hunter2\\q"}}',
      'profiles: {a: {clientSecret: hunter2${}}',
      'profiles: {a: {clientSecret: [hunter2]}}',
      'profiles: {a: {clientSecret: @hunter2}}',
      'profiles: {a: {clientSecret: *hunter2}}',
      'profiles:\n  a:\n   clientSecret: hunter2\n  clientAuth: none: x\n',
      'profiles: {a: {clientSecret: !hunter2 x}}',
      'hunter2',
      'profiles: hunter2',
      'profiles: {clientSecret: hunter2}',
      'profiles: {a: {parameters: {key: {x: hunter2}}}}',
    ];
    for (const text of texts) {
      const deps = makeWorld();
      deps.user(text);
      const error = await loadProfileFiles(deps).catch((reason: Error) => reason);
      expect(error).toBeInstanceOf(Error);
      const details = JSON.stringify([error, (error as Error).message, (error as Error).stack, (error as Error).cause]);
      expect(details, text).not.toContain('hunter2');
    }
  });

  test('aliases and nesting beyond reason end with an error, not with a hang', async () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let n = 1; n < 9; n += 1)
      bomb.push(`${'abcdefghij'[n]}: &${'abcdefghij'[n]} [${Array(9).fill(`*${'abcdefghij'[n - 1]}`)}]`);
    expect(await mistake(bomb.join('\n'))).toMatchObject({ found: expect.any(String) });
    expect(await mistake('['.repeat(200_000))).toMatchObject({ found: expect.any(String) });
  });

  test('bytes that are not UTF-8', async () => {
    expect(await mistake(Buffer.from([0xff, 0xfe, 0x64, 0x00]))).toMatchObject({ found: 'bytes that are not UTF-8' });
  });
});

describe('files that are no mistake', () => {
  test.each([
    ['an empty file', ''],
    ['only comments', '# nothing yet\n# at all\n'],
    ['only a document start', '---\n'],
    ['keys without values', 'default:\nprofiles:\n'],
    ['a byte order mark', '\uFEFFdefault: a\n'],
    ['Windows line ends', 'default: a\r\nprofiles:\r\n  a: {}\r\n'],
  ])('%s', async (_, text) => {
    const deps = makeWorld();
    deps.user(text);
    deps.project(text);
    const { user, project } = await loadProfileFiles(deps);
    expect(user?.path).toBe(deps.userFile);
    expect(project?.path).toBe(deps.projectFile);
  });

  test('a profile without keys, whose values come from elsewhere', async () => {
    const deps = makeWorld({ OIDC_CLI_ISSUER: 'https://id.example', OIDC_CLI_CLIENT_ID: 'app' });
    deps.user('profiles:\n  it:\n');
    expect((await resolveProfile({ name: 'it' }, deps)).chosenBy).toBe('argument');
  });

  test('anchors and aliases', async () => {
    const deps = makeWorld();
    deps.user('profiles:\n  a: &a {issuer: https://id.example, clientId: app}\n  b: *a\n');
    expect((await resolveProfile({ name: 'b' }, deps)).profile.clientId).toBe('app');
  });
});

describe('files that cannot be read', () => {
  test('a folder of that name', async () => {
    const deps = makeWorld();
    mkdirSync(deps.projectFile);
    expect(await failure(loadProfileFiles(deps))).toEqual({
      code: 'config_file_unreadable',
      facts: { file: deps.projectFile, reason: 'it is not a file' },
    });
  });

  test('a named pipe, which would wait for ever', async () => {
    const deps = makeWorld();
    execFileSync('mkfifo', [deps.projectFile]);
    expect((await failure(loadProfileFiles(deps))).facts.reason).toBe('it is not a file');
  });

  test('more than 1 MiB', async () => {
    const deps = makeWorld();
    deps.user(`# ${'x'.repeat(1024 * 1024)}\n`);
    expect(await failure(loadProfileFiles(deps))).toEqual({
      code: 'config_file_unreadable',
      facts: { file: deps.userFile, reason: 'it is larger than 1 MiB' },
    });
  });

  test('a link that leads in a circle', async () => {
    const deps = makeWorld();
    symlinkSync(deps.userFile, deps.userFile);
    expect((await failure(loadProfileFiles(deps))).facts).toEqual({ file: deps.userFile, reason: 'ELOOP' });
  });
});
