// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveProfile } from '../../src/profiles/profile.js';
import { failure, makeWorld, type World } from './environment.js';

const BASE = 'profiles:\n  it:\n    issuer: https://id.example\n    clientId: app\n';

function resolveIt(deps: World, flags = {}) {
  return resolveProfile({ name: 'it', flags }, deps);
}

describe("a project's file may not, unless its folder is trusted", () => {
  const LINES = [
    'browser: /tmp/evil',
    'insecure: true',
    'allowHttp: true',
    'ca: ./evil.pem',
    'clockTolerance: 301',
    'clientSecret: ${AWS_SECRET_ACCESS_KEY}',
    'clientSecretFile: ../../.ssh/id_rsa',
    'clientSecretFile: ~/.ssh/id_rsa',
    'clientSecretFile: /etc/hostname',
    'clientSecretFile: ../shop2/secret',
  ];
  const env = { AWS_SECRET_ACCESS_KEY: 'x' };

  test.each(LINES)('%s', async (line) => {
    const deps = makeWorld(env);
    deps.write('.ssh/id_rsa', 'key');
    deps.write('code/shop2/secret', 'key');
    deps.project(`${BASE}    ${line}\n`);
    const { code, facts } = await failure(resolveIt(deps));
    expect(code).toBe('config_untrusted');
    expect(facts).toMatchObject({
      file: deps.projectFile,
      line: 5,
      key: `profiles.it.${line.split(':')[0]}`,
      folder: deps.cwd,
      how: expect.stringContaining(`ass --trust-project, or add the folder to trustedFolders in ${deps.userFile}`),
    });
    // The flag allows it, and so does the user's file, but no flag for the same key makes it right.
    await resolveIt(deps, { trustProject: true });
    deps.user(`trustedFolders: ["${deps.cwd}"]\n`);
    await resolveIt(deps);
  });

  test('name a variable that has not begun with OIDC_CLI_, and it says what would be right', async () => {
    const deps = makeWorld(env);
    deps.project(`${BASE}    clientSecret: \${AWS_SECRET_ACCESS_KEY}\n`);
    expect((await failure(resolveIt(deps))).facts).toMatchObject({
      variable: 'AWS_SECRET_ACCESS_KEY',
      how: expect.stringMatching(/^Give the variable a name that begins with OIDC_CLI_, pass/),
    });
  });

  test.each(LINES)('%s: but the user’s own file may', async (line) => {
    const deps = makeWorld(env);
    deps.user(`${BASE}    ${line}\n`);
    await resolveIt(deps);
  });

  test('turn strict off where the user turned it on', async () => {
    const deps = makeWorld();
    deps.project(`${BASE}    strict: false\n`);
    await resolveIt(deps);
    deps.user('profiles: {it: {strict: true}}');
    expect(await failure(resolveIt(deps))).toMatchObject({
      code: 'config_untrusted',
      facts: { key: 'profiles.it.strict', line: 5 },
    });
  });

  test('reach outside of its folder by a link', async () => {
    const deps = makeWorld();
    const key = deps.write('.ssh/id_rsa', 'key');
    deps.project(`${BASE}    clientSecretFile: ./secret\n`);
    symlinkSync(key, join(deps.cwd, 'secret'));
    expect((await failure(resolveIt(deps))).facts).toMatchObject({ key: 'profiles.it.clientSecretFile' });
  });

  test('reach outside by a linked folder to a file that is not there yet', async () => {
    const deps = makeWorld();
    mkdirSync(join(deps.home, '.ssh'));
    symlinkSync(join(deps.home, '.ssh'), join(deps.cwd, 'keys'));
    deps.project(`${BASE}    clientSecretFile: ./keys/later\n`);
    expect((await failure(resolveIt(deps))).code).toBe('config_untrusted');
    deps.project(`${BASE}    clientSecretFile: ./dangling\n`);
    symlinkSync(join(deps.home, '.ssh', 'later'), join(deps.cwd, 'dangling'));
    expect((await failure(resolveIt(deps))).code).toBe('config_untrusted');
    deps.project(`${BASE}    clientSecretFile: ./private/later\n`);
    expect((await resolveIt(deps)).profile.clientSecret).toMatchObject({ kind: 'file' });
  });

  test('a flag for the same key does not make the file right', async () => {
    const deps = makeWorld();
    deps.project(`${BASE}    browser: evil\n`);
    expect((await failure(resolveIt(deps, { browser: 'firefox' }))).code).toBe('config_untrusted');
  });

  test('say itself which folders are trusted, not even in a trusted one', async () => {
    const deps = makeWorld();
    deps.user(`trustedFolders: ["${deps.cwd}"]\n`);
    for (const folders of ['[~/code]', '[]']) {
      deps.project(`default: it\ntrustedFolders: ${folders}\n${BASE}`);
      expect(await failure(resolveIt(deps, { trustProject: true }))).toEqual({
        code: 'config_untrusted',
        facts: {
          file: deps.projectFile,
          line: 2,
          key: 'trustedFolders',
          folder: deps.cwd,
          how: `Move it to ${deps.userFile}`,
        },
      });
    }
  });
});

describe("a project's file may", () => {
  test.each(['insecure: false', 'allowHttp: false', 'clockTolerance: 300', 'strict: true', 'store: memory'])(
    '%s',
    async (line) => {
      const deps = makeWorld();
      deps.project(`${BASE}    ${line}\n`);
      await resolveIt(deps);
    },
  );

  test('take the secret from a file inside its folder, and from a variable meant for this tool', async () => {
    const deps = makeWorld({ OIDC_CLI_SHOP_SECRET: 'x' });
    const path = deps.write('code/shop/private/secret', 'x');
    deps.project(`${BASE}    clientSecretFile: ./private/secret\n`);
    expect((await resolveIt(deps)).profile.clientSecret).toMatchObject({ kind: 'file', path });
    deps.project(`${BASE}    clientSecret: \${OIDC_CLI_SHOP_SECRET}\n`);
    expect((await resolveIt(deps)).profile.clientSecret).toMatchObject({ kind: 'env', name: 'OIDC_CLI_SHOP_SECRET' });
  });

  test('have another profile that is refused, as long as it is not used', async () => {
    const deps = makeWorld();
    deps.project(`${BASE}  other: {insecure: true}\n`);
    await resolveIt(deps);
  });

  test('be a link into the folder, or lie in one that is reached by a link', async () => {
    const deps = makeWorld();
    deps.write('code/shop/secret', 'x');
    deps.project(`${BASE}    clientSecretFile: ./secret\n`);
    symlinkSync(deps.cwd, join(deps.home, 'linked'));
    const linked = { ...deps, cwd: join(deps.home, 'linked') };
    expect((await resolveIt(linked)).profile.clientSecret).toMatchObject({
      kind: 'file',
      path: join(deps.cwd, 'secret'),
    });
  });
});

describe('a folder is trusted', () => {
  test.each([
    ['itself', '~/code/shop'],
    ['by one above it', '~/code'],
    ['by the whole home', '~'],
    ['with a slash at the end', '~/code/shop/'],
    ['by the name of a link to it', '~/link'],
  ])('%s', async (_, entry) => {
    const deps = makeWorld();
    symlinkSync(deps.cwd, join(deps.home, 'link'));
    deps.user(`trustedFolders: [/nowhere/at/all, "${entry}"]\n`);
    deps.project(`${BASE}    insecure: true\n`);
    expect((await resolveIt(deps)).profile.insecure).toBe(true);
  });

  test.each(['~/code/sho', '~/code/shop/packages', '~/code/shop2', '/nowhere'])('but not by %s', async (entry) => {
    const deps = makeWorld();
    mkdirSync(join(deps.cwd, 'packages'));
    mkdirSync(join(deps.home, 'code/sho'));
    mkdirSync(join(deps.home, 'code/shop2'));
    deps.user(`trustedFolders: ["${entry}"]\n`);
    deps.project(`${BASE}    insecure: true\n`);
    expect((await failure(resolveIt(deps))).code).toBe('config_untrusted');
  });

  test('by where the file is, not by where the command runs', async () => {
    const deps = makeWorld();
    mkdirSync(join(deps.cwd, 'packages'));
    deps.user('trustedFolders: ["~/code/shop/packages"]\n');
    deps.project(`${BASE}    insecure: true\n`);
    const below = { ...deps, cwd: join(deps.cwd, 'packages') };
    expect((await failure(resolveIt(below))).code).toBe('config_untrusted');
  });
});
