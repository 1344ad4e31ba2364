// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OidcCliError } from '../../src/errors.js';
import { type ProfileFlags, resolveProfile } from '../../src/profiles/profile.js';
import { profileValues } from '../../src/profiles/profile-values.js';
import { removeProfile, saveProfile } from '../../src/profiles/save-profile.js';
import { withTimeStopped } from '../support/time.js';
import { failure, makeWorld, type World } from './environment.js';

const read = (path: string) => readFileSync(path, 'utf8');
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const VALUES = { issuer: 'https://new.example', clientId: 'new' };

const COMMENTED = `# My providers
default: staging   # most days

profiles:
  # The one for tests
  staging:
    issuer: 'https://staging.example'   # ours
    clientId: "app"

    # asks every time
    prompt: login
    parameters: { b: '1', a: '2' }

  prod:
    clientId: app
    issuer: https://prod.example # careful

# the end
`;

describe('saving a profile', () => {
  test('makes the file and its folder, for the user alone', async () => {
    const deps = makeWorld();
    const file = join(deps.home, 'new', 'folder', 'config.yaml');
    await saveProfile(file, 'it', { ...VALUES, maxAge: 0, resource: ['urn:a'], scope: undefined });
    expect(read(file)).toBe(
      'profiles:\n  it:\n    issuer: https://new.example\n    clientId: new\n    maxAge: 0\n    resource:\n      - urn:a\n',
    );
    expect(mode(file)).toBe('600');
    expect(mode(dirname(file))).toBe('700');
    expect(readdirSync(dirname(file))).toEqual(['config.yaml']);
  });

  test('keeps comments, order, quotes and everything else', async () => {
    const deps = makeWorld();
    deps.user(COMMENTED);
    await saveProfile(deps.userFile, 'new', { ...VALUES, clientSecret: '${NEW_SECRET}' });
    const added = '\n\n  new:\n    issuer: https://new.example\n    clientId: new\n    clientSecret: ${NEW_SECRET}\n';
    expect(read(deps.userFile)).toMatchInlineSnapshot(`
      "# My providers
      default: staging # most days

      profiles:
        # The one for tests
        staging:
          issuer: 'https://staging.example' # ours
          clientId: "app"

          # asks every time
          prompt: login
          parameters: { b: '1', a: '2' }

        prod:
          clientId: app
          issuer: https://prod.example # careful

        new:
          issuer: https://new.example
          clientId: new
          clientSecret: \${NEW_SECRET}

      # the end
      "
    `);
    expect(read(deps.userFile)).toContain(added);
  });

  test('replaces a profile whole, and keeps the comments on what stays', async () => {
    const deps = makeWorld();
    deps.user(COMMENTED);
    await saveProfile(
      deps.userFile,
      'staging',
      { issuer: 'https://moved.example', clientId: 'app', scope: 'openid' },
      { replace: true },
    );
    expect(read(deps.userFile)).toMatchInlineSnapshot(`
      "# My providers
      default: staging # most days

      profiles:
        # The one for tests
        staging:
          issuer: https://moved.example # ours
          clientId: "app"
          scope: openid

        prod:
          clientId: app
          issuer: https://prod.example # careful

      # the end
      "
    `);
  });

  test('does not replace a profile unless told to', async () => {
    const deps = makeWorld();
    deps.user(COMMENTED);
    for (const name of ['staging', 'prod']) {
      expect(await failure(saveProfile(deps.userFile, name, VALUES))).toEqual({
        code: 'profile_exists',
        facts: { name, file: deps.userFile },
      });
    }
    expect(read(deps.userFile)).toBe(COMMENTED);
  });

  test('can make it the default', async () => {
    const deps = makeWorld();
    await saveProfile(deps.userFile, 'a', VALUES);
    await saveProfile(deps.userFile, 'b', VALUES, { makeDefault: true });
    expect(read(deps.userFile)).toMatch(/^default: b\nprofiles:\n/);
    deps.user(COMMENTED);
    await saveProfile(deps.userFile, 'new', VALUES, { makeDefault: true });
    expect(read(deps.userFile)).toMatch(/^# My providers\ndefault: new +# most days\n/);
  });

  test('can make it the default of a file that has none, below what heads the file', async () => {
    const deps = makeWorld();
    deps.user('# yaml-language-server: $schema=x.json\nprofiles:\n  a: {}\n');
    await saveProfile(deps.userFile, 'new', VALUES, { makeDefault: true });
    expect(read(deps.userFile)).toMatch(
      /^# yaml-language-server: \$schema=x.json\ndefault: new\nprofiles:\n {2}a: \{\}\n/,
    );
  });

  test.each([
    ['an empty file', ''],
    ['only comments', '# mine\n'],
    ['keys without values', 'default:\nprofiles:\n'],
    ['a byte order mark', '\uFEFFprofiles: {}\n'],
    ['a profile that is empty', 'profiles:\n  other:\n'],
    ['a name that looks like a number', 'profiles:\n  1: {clientId: one}\n'],
  ])('works on %s', async (_, text) => {
    const deps = makeWorld();
    deps.user(text);
    await saveProfile(deps.userFile, 'it', VALUES);
    expect((await resolveProfile({ name: 'it' }, deps)).profile).toMatchObject(VALUES);
    if (text.startsWith('# mine')) expect(read(deps.userFile)).toContain('# mine');
    if (text.includes('1:')) {
      await saveProfile(deps.userFile, '1', VALUES, { replace: true });
      expect((await resolveProfile({ name: '1' }, deps)).profile).toMatchObject(VALUES);
      await removeProfile(deps.userFile, '1');
      expect((await failure(resolveProfile({ name: '1' }, deps))).code).toBe('profile_unknown');
    }
  });

  test.each(['constructor', 'toString', 'null', 'true', '5', 'a:b', '#x', 'localhost:9400/realms/a', '日本'])(
    'takes %s as a name',
    async (name) => {
      const deps = makeWorld();
      await saveProfile(deps.userFile, name, VALUES, { makeDefault: true });
      expect((await resolveProfile({}, deps)).profile).toMatchObject({ name, ...VALUES });
      expect(await removeProfile(deps.userFile, name)).toEqual({ removed: true, defaultRemoved: true });
    },
  );

  test('keeps Windows line ends', async () => {
    const deps = makeWorld();
    deps.user('# mine\r\nprofiles:\r\n  a: {}\r\n');
    await saveProfile(deps.userFile, 'it', VALUES);
    expect(read(deps.userFile).replaceAll('\r\n', '')).not.toContain('\n');
  });

  test('does not fold or requote a long value of another profile', async () => {
    const deps = makeWorld();
    const long = `profiles:\n  a:\n    loginHint: ${'word '.repeat(60)}end\n`;
    deps.user(long);
    await saveProfile(deps.userFile, 'it', VALUES);
    expect(read(deps.userFile)).toContain(long);
  });

  test('writes through a link, and tightens the mode of a file that others could read', async () => {
    const deps = makeWorld();
    const real = deps.write('dotfiles/config.yaml', 'profiles: {}\n');
    chmodSync(real, 0o644);
    symlinkSync(real, deps.userFile);
    await saveProfile(deps.userFile, 'it', VALUES);
    expect(realpathSync(deps.userFile)).toBe(real);
    expect(mode(real)).toBe('600');
  });

  test("leaves the mode of a project's file alone", async () => {
    const deps = makeWorld();
    deps.project('profiles: {}\n');
    chmodSync(deps.projectFile, 0o664);
    await saveProfile(deps.projectFile, 'it', VALUES, { mode: 0o644 });
    expect(mode(deps.projectFile)).toBe('664');
  });

  test('of many at once none is lost', async () => {
    const deps = makeWorld();
    const names = Array.from({ length: 8 }, (_, n) => `p${n}`);
    await Promise.all(names.map((name) => saveProfile(deps.userFile, name, VALUES)));
    for (const name of names) expect(read(deps.userFile)).toContain(`  ${name}:\n`);
    expect(readdirSync(deps.folders.config)).toEqual(['config.yaml']);
  });

  test('waits while others are at it, and gives up when it is told to', async () => {
    const deps = makeWorld();
    deps.user('profiles: {}\n');
    const lock = `${deps.userFile}.lock`;
    mkdirSync(lock);
    const controller = new AbortController();
    let ended = 0;
    await withTimeStopped(async (pass) => {
      const [saving, aborted] = [undefined, controller.signal].map((signal) =>
        saveProfile(deps.userFile, 'it', VALUES, { signal }).finally(() => {
          ended += 1;
        }),
      );
      const snapshot = async () => {
        pass(0.2);
        await stat(deps.userFile);
      };
      // A minute, in which the lock's holder gives a sign of life again and again.
      for (let tick = 0; tick < 300; tick += 1) {
        utimesSync(lock, new Date(), new Date());
        await snapshot();
      }
      expect(ended).toBe(0);
      const refused = expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
      controller.abort();
      while (ended < 1) await snapshot();
      await refused;
      rmdirSync(lock);
      while (ended < 2) await snapshot();
      await saving;
    });
    expect(read(deps.userFile)).toContain('  it:\n');
  });
});

describe('the steps of a change', () => {
  const OLD = { clientId: 'old', clientSecretStored: true };
  const OLD_TEXT = 'profiles:\n  it:\n    clientId: old\n    clientSecretStored: true\n';

  /** Steps that note what they are given and whether the file is locked and changed by then. */
  function noted(deps: World) {
    const notes: unknown[] = [];
    const step = (name: string) => async (old: unknown) => {
      notes.push([name, old, existsSync(`${deps.userFile}.lock`), read(deps.userFile) === OLD_TEXT]);
    };
    return { notes, before: step('before'), after: step('after'), undo: step('undo') };
  }

  test('know what was there, and no other process changes the file meanwhile', async () => {
    const deps = makeWorld();
    deps.user(OLD_TEXT);
    const { notes, ...steps } = noted(deps);
    await saveProfile(deps.userFile, 'it', VALUES, { replace: true, ...steps });
    expect(notes).toEqual([
      ['before', OLD, true, true],
      ['after', OLD, true, false],
    ]);
  });

  test.each([new OidcCliError('store_failed'), new OidcCliError('store_timeout'), new Error('of another kind')])(
    'whose first throws leave the file as it was, undo what they did, and pass it on: %s',
    async (thrown) => {
      const deps = makeWorld();
      deps.user(OLD_TEXT);
      const { notes, ...steps } = noted(deps);
      const before = () => Promise.reject(thrown);
      const works = [
        () => saveProfile(deps.userFile, 'it', VALUES, { replace: true, ...steps, before }),
        () => removeProfile(deps.userFile, 'it', { before }),
      ];
      for (const work of works) {
        await expect(work()).rejects.toBe(thrown);
        expect(read(deps.userFile)).toBe(OLD_TEXT);
      }
      expect(notes).toEqual([['undo', OLD, true, true]]);
    },
  );
});

describe('what is refused, and leaves the file as it was', () => {
  test.each([
    ['a syntax error', 'profiles: {a: \n'],
    ['an unknown key', 'profiles: {a: {issuerr: x}}\n'],
    ['a duplicate key', 'default: a\ndefault: b\n'],
  ])('a file with %s', async (_, text) => {
    const deps = makeWorld();
    deps.user(text);
    const works = [() => saveProfile(deps.userFile, 'it', VALUES), () => removeProfile(deps.userFile, 'a')];
    for (const work of works) {
      expect((await failure(work())).code).toBe('config_file_invalid');
      expect(read(deps.userFile)).toBe(text);
    }
    expect(readdirSync(deps.folders.config)).toEqual(['config.yaml']);
  });

  test.each(['hunter2', '${X}hunter2', 'a${X}'])('the secret %s itself', async (clientSecret) => {
    const deps = makeWorld();
    const error = await failure(saveProfile(deps.userFile, 'it', { ...VALUES, clientSecret }));
    expect(error).toMatchObject({ code: 'config_value_invalid', facts: { where: 'clientSecret', found: 'text' } });
    expect(readdirSync(deps.folders.config)).toEqual([]);
  });

  test('a value or a name that the file could not be read with', async () => {
    const deps = makeWorld();
    const bad = { ...VALUES, issuer: 'nowhere' };
    expect((await failure(saveProfile(deps.userFile, 'it', bad))).facts).toMatchObject({ where: 'issuer' });
    expect((await failure(saveProfile(deps.userFile, 'a b', VALUES))).facts).toMatchObject({ where: 'profile' });
    expect(readdirSync(deps.folders.config)).toEqual([]);
  });

  test.each([
    ['removing', (file: string) => removeProfile(file, 'a')],
    ['replacing', (file: string) => saveProfile(file, 'a', VALUES, { replace: true })],
  ])('%s a profile that an alias elsewhere stands for', async (_how, work) => {
    const deps = makeWorld();
    const text = 'profiles:\n  a: &a\n    clientId: x\n  b: *a\n';
    deps.user(text);
    const outcome = await work(deps.userFile).then(
      () => 'done',
      (reason) => reason,
    );
    expect(outcome).toMatchObject({ code: 'config_file_unreadable', facts: { doing: 'write' } });
    expect(read(deps.userFile)).toBe(text);
  });

  test('replacing the alias itself leaves the profile it stood for', async () => {
    const deps = makeWorld();
    deps.user('profiles:\n  a: &a\n    clientId: x\n  b: *a\n');
    await saveProfile(deps.userFile, 'b', VALUES, { replace: true });
    expect(read(deps.userFile)).toBe(
      'profiles:\n  a: &a\n    clientId: x\n  b:\n    issuer: https://new.example\n    clientId: new\n',
    );
  });

  test('a place that cannot be written', async () => {
    const deps = makeWorld();
    deps.write('blocked', 'a file, not a folder');
    const file = join(deps.home, 'blocked', 'config.yaml');
    expect(await failure(saveProfile(file, 'it', VALUES))).toMatchObject({
      code: 'config_file_unreadable',
      facts: { file, doing: 'write' },
    });
    mkdirSync(deps.userFile);
    expect((await failure(saveProfile(deps.userFile, 'it', VALUES))).code).toBe('config_file_unreadable');
  });
});

describe('removing a profile', () => {
  test('leaves all else as it is, and takes a default that named it along', async () => {
    const deps = makeWorld();
    deps.user(COMMENTED);
    expect(await removeProfile(deps.userFile, 'prod')).toEqual({ removed: true, defaultRemoved: false });
    expect(read(deps.userFile)).toMatchInlineSnapshot(`
      "# My providers
      default: staging # most days

      profiles:
        # The one for tests
        staging:
          issuer: 'https://staging.example' # ours
          clientId: "app"

          # asks every time
          prompt: login
          parameters: { b: '1', a: '2' }

      # the end
      "
    `);
    await saveProfile(deps.userFile, 'last', VALUES);
    expect(await removeProfile(deps.userFile, 'staging')).toEqual({ removed: true, defaultRemoved: true });
    expect(read(deps.userFile)).toMatchInlineSnapshot(`
      "# My providers
      profiles:
        last:
          issuer: https://new.example
          clientId: new

      # the end
      "
    `);
  });

  test('does nothing where there is no such profile, or no file', async () => {
    const deps = makeWorld();
    const nothing = { removed: false, defaultRemoved: false };
    expect(await removeProfile(deps.userFile, 'it')).toEqual(nothing);
    expect(readdirSync(deps.folders.config)).toEqual([]);
    deps.user(COMMENTED);
    expect(await removeProfile(deps.userFile, 'it')).toEqual(nothing);
    expect(read(deps.userFile)).toBe(COMMENTED);
  });
});

describe('a sign-in that is kept as a profile', () => {
  async function again(flags: ProfileFlags, deps: World) {
    const first = await resolveProfile({ flags }, deps);
    const values = profileValues(first);
    await saveProfile(deps.userFile, 'kept', values, { replace: true });
    return { first, values, second: await resolveProfile({ name: 'kept' }, { ...deps, cwd: deps.home }) };
  }

  test('resolves to the same again, from another folder too', async () => {
    const deps = makeWorld({ SECRET: 'x' });
    const flags: ProfileFlags = {
      issuer: 'https://id.example',
      clientId: 'app',
      clientSecretEnv: 'SECRET',
      clientAuth: 'client_secret_post',
      scope: 'openid a',
      port: 9000,
      postLogoutRedirectUri: 'http://localhost:9000/',
      prompt: 'login',
      loginHint: 'a@b.example',
      maxAge: '60',
      uiLocales: 'ja en',
      acrValues: 'x',
      display: 'popup',
      claims: '{"userinfo":{"email":null}}',
      resource: ['urn:a', 'https://b.example'],
      param: ['a=1', 'b=2'],
      responseMode: 'form_post',
      browser: 'firefox --private-window',
      store: 'file',
      clockTolerance: '5',
      timeout: '10',
      strict: true,
      ca: './ca.pem',
      insecure: true,
      allowHttp: true,
    };
    const { first, second } = await again(flags, deps);
    expect(second.profile).toEqual({ ...first.profile, name: 'kept' });
  });

  test('says nothing that is default anyway', async () => {
    const { values } = await again({ issuer: 'https://id.example', clientId: 'app' }, makeWorld());
    expect(values).toEqual({ issuer: 'https://id.example', clientId: 'app' });
  });

  test.each<[ProfileFlags, object]>([
    [{ clientSecretFile: 's' }, { clientSecretFile: expect.stringMatching(/^\/.*\/code\/shop\/s$/) }],
    [{ clientSecretStdin: true }, { clientSecretStored: true }],
    [{ clientSecret: 'hunter2' }, { clientSecretStored: true }],
  ])('says of the secret only where it is: %j', async (flags, expected) => {
    const deps = makeWorld();
    const { values } = await again({ issuer: 'https://id.example', clientId: 'app', ...flags }, deps);
    expect(values).toEqual({ issuer: 'https://id.example', clientId: 'app', ...expected });
    expect(read(deps.userFile)).not.toContain('hunter2');
  });
});
