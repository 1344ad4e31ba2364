// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveProfile } from '../../src/profiles/profile.js';
import { failure, makeWorld, type World } from './environment.js';

const BASE = 'profiles:\n  it:\n    issuer: https://id.example\n    clientId: app\n';

function resolveIt(world: World, flags = {}) {
  return resolveProfile({ name: 'it', flags }, world);
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
    const world = makeWorld(env);
    world.write('.ssh/id_rsa', 'key');
    world.write('code/shop2/secret', 'key');
    world.project(`${BASE}    ${line}\n`);
    const { code, facts } = await failure(resolveIt(world));
    expect(code).toBe('config_untrusted');
    expect(facts).toMatchObject({
      file: world.projectFile,
      line: 5,
      key: `profiles.it.${line.split(':')[0]}`,
      folder: world.cwd,
      how: expect.stringContaining(`ass --trust-project, or add the folder to trustedFolders in ${world.userFile}`),
    });
    // The flag allows it, and so does the user's file, but no flag for the same key makes it right.
    await resolveIt(world, { trustProject: true });
    world.user(`trustedFolders: ["${world.cwd}"]\n`);
    await resolveIt(world);
  });

  test('name a variable that has not begun with OIDC_CLI_, and it says what would be right', async () => {
    const world = makeWorld(env);
    world.project(`${BASE}    clientSecret: \${AWS_SECRET_ACCESS_KEY}\n`);
    expect((await failure(resolveIt(world))).facts).toMatchObject({
      variable: 'AWS_SECRET_ACCESS_KEY',
      how: expect.stringMatching(/^Give the variable a name that begins with OIDC_CLI_, pass/),
    });
  });

  test.each(LINES)('%s: but the user’s own file may', async (line) => {
    const world = makeWorld(env);
    world.user(`${BASE}    ${line}\n`);
    await resolveIt(world);
  });

  test('turn strict off where the user turned it on', async () => {
    const world = makeWorld();
    world.project(`${BASE}    strict: false\n`);
    await resolveIt(world);
    world.user('profiles: {it: {strict: true}}');
    expect(await failure(resolveIt(world))).toMatchObject({
      code: 'config_untrusted',
      facts: { key: 'profiles.it.strict', line: 5 },
    });
  });

  test('reach outside of its folder by a link', async () => {
    const world = makeWorld();
    const key = world.write('.ssh/id_rsa', 'key');
    world.project(`${BASE}    clientSecretFile: ./secret\n`);
    symlinkSync(key, join(world.cwd, 'secret'));
    expect((await failure(resolveIt(world))).facts).toMatchObject({ key: 'profiles.it.clientSecretFile' });
  });

  test('reach outside by a linked folder to a file that is not there yet', async () => {
    const world = makeWorld();
    mkdirSync(join(world.home, '.ssh'));
    symlinkSync(join(world.home, '.ssh'), join(world.cwd, 'keys'));
    world.project(`${BASE}    clientSecretFile: ./keys/later\n`);
    expect((await failure(resolveIt(world))).code).toBe('config_untrusted');
    world.project(`${BASE}    clientSecretFile: ./dangling\n`);
    symlinkSync(join(world.home, '.ssh', 'later'), join(world.cwd, 'dangling'));
    expect((await failure(resolveIt(world))).code).toBe('config_untrusted');
    world.project(`${BASE}    clientSecretFile: ./private/later\n`);
    expect((await resolveIt(world)).profile.clientSecret).toMatchObject({ kind: 'file' });
  });

  test('a flag for the same key does not make the file right', async () => {
    const world = makeWorld();
    world.project(`${BASE}    browser: evil\n`);
    expect((await failure(resolveIt(world, { browser: 'firefox' }))).code).toBe('config_untrusted');
  });

  test('say itself which folders are trusted, not even in a trusted one', async () => {
    const world = makeWorld();
    world.user(`trustedFolders: ["${world.cwd}"]\n`);
    for (const folders of ['[~/code]', '[]']) {
      world.project(`default: it\ntrustedFolders: ${folders}\n${BASE}`);
      expect(await failure(resolveIt(world, { trustProject: true }))).toEqual({
        code: 'config_untrusted',
        facts: {
          file: world.projectFile,
          line: 2,
          key: 'trustedFolders',
          folder: world.cwd,
          how: `Move it to ${world.userFile}`,
        },
      });
    }
  });
});

describe("a project's file may", () => {
  test.each(['insecure: false', 'allowHttp: false', 'clockTolerance: 300', 'strict: true', 'store: memory'])(
    '%s',
    async (line) => {
      const world = makeWorld();
      world.project(`${BASE}    ${line}\n`);
      await resolveIt(world);
    },
  );

  test('take the secret from a file inside its folder, and from a variable meant for this tool', async () => {
    const world = makeWorld({ OIDC_CLI_SHOP_SECRET: 'x' });
    const path = world.write('code/shop/private/secret', 'x');
    world.project(`${BASE}    clientSecretFile: ./private/secret\n`);
    expect((await resolveIt(world)).profile.clientSecret).toMatchObject({ kind: 'file', path });
    world.project(`${BASE}    clientSecret: \${OIDC_CLI_SHOP_SECRET}\n`);
    expect((await resolveIt(world)).profile.clientSecret).toMatchObject({ kind: 'env', name: 'OIDC_CLI_SHOP_SECRET' });
  });

  test('have another profile that is refused, as long as it is not used', async () => {
    const world = makeWorld();
    world.project(`${BASE}  other: {insecure: true}\n`);
    await resolveIt(world);
  });

  test('be a link into the folder, or lie in one that is reached by a link', async () => {
    const world = makeWorld();
    world.write('code/shop/secret', 'x');
    world.project(`${BASE}    clientSecretFile: ./secret\n`);
    symlinkSync(world.cwd, join(world.home, 'linked'));
    const linked = { ...world, cwd: join(world.home, 'linked') };
    expect((await resolveIt(linked)).profile.clientSecret).toMatchObject({
      kind: 'file',
      path: join(world.cwd, 'secret'),
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
    const world = makeWorld();
    symlinkSync(world.cwd, join(world.home, 'link'));
    world.user(`trustedFolders: [/nowhere/at/all, "${entry}"]\n`);
    world.project(`${BASE}    insecure: true\n`);
    expect((await resolveIt(world)).profile.insecure).toBe(true);
  });

  test.each(['~/code/sho', '~/code/shop/packages', '~/code/shop2', '/nowhere'])('but not by %s', async (entry) => {
    const world = makeWorld();
    mkdirSync(join(world.cwd, 'packages'));
    mkdirSync(join(world.home, 'code/sho'));
    mkdirSync(join(world.home, 'code/shop2'));
    world.user(`trustedFolders: ["${entry}"]\n`);
    world.project(`${BASE}    insecure: true\n`);
    expect((await failure(resolveIt(world))).code).toBe('config_untrusted');
  });

  test('by where the file is, not by where the command runs', async () => {
    const world = makeWorld();
    mkdirSync(join(world.cwd, 'packages'));
    world.user('trustedFolders: ["~/code/shop/packages"]\n');
    world.project(`${BASE}    insecure: true\n`);
    const below = { ...world, cwd: join(world.cwd, 'packages') };
    expect((await failure(resolveIt(below))).code).toBe('config_untrusted');
  });
});
