import { describe, expect, test, vi } from 'vitest';
import { chooseProfileName, resolveProfile } from '../../src/profiles/profile.js';
import { adHocName } from '../../src/profiles/profile-choice.js';
import { failure, makeWorld } from './environment.js';

const TWO = `profiles:
  staging: {issuer: https://staging.example, clientId: app}
  prod: {issuer: https://prod.example, clientId: app, scope: openid prod}
`;

describe('which profile is meant', () => {
  test('the argument, else OIDC_CLI_PROFILE, else the default of the project, of the user, else the last sign-in', async () => {
    const deps = makeWorld({ OIDC_CLI_PROFILE: 'b' });
    deps.user('default: d');
    deps.project('# shop\ndefault: c');
    const request = { lastSignedIn: 'e' };
    expect(await chooseProfileName({ ...request, name: 'a' }, deps)).toEqual({ name: 'a', chosenBy: 'argument' });
    expect(await chooseProfileName(request, deps)).toEqual({ name: 'b', chosenBy: 'OIDC_CLI_PROFILE' });
    delete deps.env.OIDC_CLI_PROFILE;
    const where = `${deps.projectFile}:2`;
    expect(await chooseProfileName(request, deps)).toEqual({ name: 'c', chosenBy: 'default in file', where });
    deps.project('');
    expect(await chooseProfileName(request, deps)).toMatchObject({ name: 'd', chosenBy: 'default in file' });
    deps.user('');
    expect(await chooseProfileName(request, deps)).toEqual({ name: 'e', chosenBy: 'last signed in to' });
    expect(await chooseProfileName({}, deps)).toEqual({});
  });

  test('login resolves the same profile that the session commands name', async () => {
    const deps = makeWorld();
    deps.user(`default: prod\n${TWO}`);
    for (const name of [undefined, 'staging']) {
      for (const issuer of [undefined, 'https://other.example:8443/realms/a/']) {
        const request = { name, flags: { issuer, clientId: 'x' } };
        const { profile, chosenBy } = await resolveProfile(request, deps);
        expect(await chooseProfileName(request, deps)).toMatchObject({ name: profile.name, chosenBy });
      }
    }
    deps.env.OIDC_CLI_ISSUER = 'http://localhost:9400';
    expect(await chooseProfileName({}, deps)).toEqual({ name: 'localhost:9400', chosenBy: 'OIDC_CLI_ISSUER' });
    expect((await resolveProfile({ flags: { clientId: 'x' } }, deps)).profile.name).toBe('localhost:9400');
  });

  test.each([
    ['http://localhost:9400', 'localhost:9400'],
    ['http://localhost:9400/', 'localhost:9400'],
    ['https://id.example.com/realms/a', 'id.example.com/realms/a'],
    ['https://id.example.com/realms/a/', 'id.example.com/realms/a'],
    ['https://[::1]:8443', '[::1]:8443'],
  ])('a sign-in at %s without a profile is called %s', (issuer, name) => {
    expect(adHocName(issuer)).toBe(name);
  });

  test('an issuer without a profile inherits nothing from the default profile', async () => {
    const deps = makeWorld();
    deps.user(`default: prod\n${TWO}`);
    const { profile, chosenBy } = await resolveProfile(
      { flags: { issuer: 'https://new.example', clientId: 'new' }, lastSignedIn: 'staging' },
      deps,
    );
    expect(profile).toMatchObject({
      name: 'new.example',
      issuer: 'https://new.example',
      scope: 'openid profile email',
    });
    expect(chosenBy).toBe('flags');
    const error = await failure(resolveProfile({ flags: { issuer: 'https://new.example' } }, deps));
    expect(error).toMatchObject({ code: 'config_missing', facts: { key: 'clientId', flag: '--client-id' } });
  });

  test('an issuer beside a known profile replaces that of the profile', async () => {
    const deps = makeWorld();
    deps.user(TWO);
    const { profile } = await resolveProfile({ name: 'prod', flags: { issuer: 'https://new.example' } }, deps);
    expect(profile).toMatchObject({ name: 'prod', issuer: 'https://new.example', scope: 'openid prod' });
  });

  test('an unknown name with an issuer is a profile of that name', async () => {
    const deps = makeWorld();
    deps.user(TWO);
    const flags = { issuer: 'https://new.example', clientId: 'new' };
    expect((await resolveProfile({ name: 'mine', flags }, deps)).profile).toMatchObject({ name: 'mine', ...flags });
  });

  test('an unknown name without an issuer says which are known, where it looked, and what was meant', async () => {
    const deps = makeWorld();
    deps.user(TWO);
    expect(await failure(resolveProfile({ name: 'stagign' }, deps))).toEqual({
      code: 'profile_unknown',
      facts: {
        name: 'stagign',
        known: ['prod', 'staging'],
        files: [deps.projectFile, deps.userFile],
        chosenBy: 'argument',
        suggestion: 'staging',
      },
    });
    deps.project('\ndefault: nowhere');
    const { facts } = await failure(resolveProfile({}, deps));
    expect(facts).toMatchObject({ name: 'nowhere', chosenBy: `${deps.projectFile}:2` });
  });

  test.each(['constructor', '__proto__', 'toString'])(
    'the name %s finds nothing that is not in a file',
    async (name) => {
      const deps = makeWorld();
      deps.user(TWO);
      expect((await failure(resolveProfile({ name }, deps))).code).toMatch(/profile_unknown|config_value_invalid/);
    },
  );

  test.each(['', 'a b', '-x', 'a\u001b[2J', 'x'.repeat(201)])('%j is no name', async (name) => {
    const flags = { issuer: 'https://id.example', clientId: 'app' };
    const { code, facts } = await failure(resolveProfile({ name, flags }, makeWorld()));
    expect({ code, where: facts.where }).toEqual({ code: 'config_value_invalid', where: 'profile' });
  });

  test('with nothing at all, the issuer is what is missing', async () => {
    const deps = makeWorld();
    expect(await failure(resolveProfile({}, deps))).toEqual({
      code: 'config_missing',
      facts: {
        key: 'issuer',
        flag: '--issuer',
        variable: 'OIDC_CLI_ISSUER',
        known: [],
        profile: undefined,
        files: [deps.projectFile, deps.userFile],
      },
    });
  });

  test.each(['issuer', 'clientId'])('a profile without %s says so', async (key) => {
    const deps = makeWorld();
    const whole: Record<string, string> = { issuer: 'https://id.example', clientId: 'app' };
    delete whole[key];
    deps.user(JSON.stringify({ profiles: { it: whole } }));
    expect(await failure(resolveProfile({ name: 'it' }, deps))).toMatchObject({
      code: 'config_missing',
      facts: { key, profile: 'it' },
    });
  });
});

test('without a configuration file neither yaml nor zod is loaded to find the name', async () => {
  vi.resetModules();
  for (const name of ['yaml', 'zod']) {
    vi.doMock(name, () => {
      throw new Error(`${name} was loaded`);
    });
  }
  const fresh = await import('../../src/profiles/profile.js');
  const deps = makeWorld();
  expect(await fresh.chooseProfileName({ lastSignedIn: 'it' }, deps)).toMatchObject({ name: 'it' });
  deps.user('default: other');
  await expect(fresh.chooseProfileName({ lastSignedIn: 'it' }, deps)).rejects.toThrow();
  vi.doUnmock('yaml');
  vi.doUnmock('zod');
  vi.resetModules();
});
