import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LOGTO_KEYS } from '../../src/profiles/logto-kind.js';
import { type ProfileFlags, resolveProfile } from '../../src/profiles/profile.js';
import { SETTING_KEYS } from '../../src/profiles/settings.js';
import { makeWorld } from './environment.js';

type Four = readonly [user: unknown, project: unknown, environment: string, flag: unknown];

/** For each key, four values that differ: in the user's file, in the project's, in the environment, as a flag. */
const VALUES: Record<string, Four> = {
  issuer: ['https://a.example', 'https://b.example', 'https://c.example', 'https://d.example'],
  clientId: ['a', 'b', 'c', 'd'],
  clientAuth: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'none'],
  scope: ['openid a', 'openid b', 'openid c', 'openid d'],
  redirectUri: ['http://localhost:1/', 'http://localhost:2/', 'http://localhost:3/', 'http://localhost:4/'],
  postLogoutRedirectUri: ['http://localhost:1/', 'http://localhost:2/', 'http://localhost:3/', 'http://localhost:4/'],
  prompt: ['none', 'login', 'consent', 'login consent'],
  loginHint: ['a', 'b', 'c', 'd'],
  maxAge: [1, 2, '3', '4'],
  uiLocales: ['en', 'ja', 'fr', 'de'],
  acrValues: ['a', 'b', 'c', 'd'],
  display: ['page', 'popup', 'touch', 'wap'],
  claims: [{ userinfo: { a: null } }, '{"userinfo":{"b":null}}', '{"c":1}', '{"d":1}'],
  resource: ['https://a.example', ['https://b.example', 'urn:b'], 'https://c.example urn:c', ['https://d.example']],
  responseMode: ['query', 'form_post', 'query', 'form_post'],
  browser: ['a', 'b', 'c', 'd'],
  store: ['auto', 'keychain', 'file', 'memory'],
  clockTolerance: [1, 2, '3', '4'],
  timeout: [1, 2, '3', '4'],
  strict: [true, false, 'yes', false],
  ca: ['a.pem', './b.pem', 'c.pem', '~/d.pem'],
  insecure: [true, false, '1', false],
  allowHttp: [true, false, 'true', false],
};

const VARIABLE = (key: string) => `OIDC_CLI_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** For files alone: neither a flag nor a variable gives them. */
const IN_FILES = ['authorizationEndpoint', 'tokenEndpoint', 'jwksUri', 'connector'];

test('every key of a profile is in this test, but for parameters, secrets and those of Logto, which have their own', () => {
  const apart = ['clientSecret', 'clientSecretFile', 'clientSecretStored', 'parameters', 'kind'].concat(
    IN_FILES,
    Object.keys(LOGTO_KEYS),
  );
  expect([...Object.keys(VALUES), ...apart].sort()).toEqual([...SETTING_KEYS].sort());
});

test.each(Object.entries(VALUES))(
  '%s: flag, then environment, then project file, then user file',
  async (key, four) => {
    const [user, project, environment, flag] = four;
    const deps = makeWorld();
    const file = (value: unknown) => {
      const base = { issuer: 'https://id.example', clientId: 'app' };
      return JSON.stringify({ trustedFolders: undefined, profiles: { it: { ...base, [key]: value } } });
    };
    deps.user(file(user).replace('{', '{ trustedFolders: ["~/code/shop"], '));
    const seen = async (flags: ProfileFlags = {}) => {
      const { profile, sources } = await resolveProfile({ name: 'it', flags }, deps);
      return { value: profile[key as keyof typeof profile], source: sources[key] };
    };
    const asList = (value: unknown) => (Array.isArray(value) ? value : [value]);
    const as = (value: unknown, folder: string): unknown => {
      if (key === 'claims') return typeof value === 'string' ? value : JSON.stringify(value);
      if (key === 'resource') return typeof value === 'string' ? value.split(' ') : asList(value);
      if (key === 'ca') return join(folder, String(value).replace('~/', ''));
      if (['maxAge', 'clockTolerance', 'timeout'].includes(key)) return Number(value);
      return ['yes', '1', 'true'].includes(String(value)) ? true : value;
    };
    expect(await seen()).toEqual({
      value: as(user, deps.folders.config),
      source: { layer: 'user file', where: `${deps.userFile}:1` },
    });
    deps.project(file(project));
    expect(await seen()).toEqual({
      value: as(project, deps.cwd),
      source: { layer: 'project file', where: `${deps.projectFile}:1` },
    });
    deps.env[VARIABLE(key)] = environment;
    expect(await seen()).toEqual({
      value: as(environment, deps.cwd),
      source: { layer: 'environment', where: VARIABLE(key) },
    });
    const dashed = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    expect(await seen({ [key]: flag })).toEqual({
      value: as(flag, key === 'ca' ? deps.home : deps.cwd),
      source: { layer: 'flag', where: dashed },
    });
  },
);

test('what nobody sets has the documented defaults', async () => {
  const deps = makeWorld();
  deps.user('profiles: {it: {issuer: https://id.example, clientId: app}}');
  const { profile, sources, warnings, chosenBy } = await resolveProfile({ name: 'it' }, deps);
  expect(profile).toEqual({
    name: 'it',
    issuer: 'https://id.example',
    clientId: 'app',
    scope: 'openid profile email',
    redirectUri: 'http://localhost:8484/callback',
    redirectUriIsDefault: true,
    resource: [],
    parameters: {},
    store: 'auto',
    clockTolerance: 30,
    timeout: 300,
    strict: false,
    insecure: false,
    allowHttp: false,
  });
  expect(sources.scope).toEqual({ layer: 'default', where: '' });
  expect(warnings).toEqual([]);
  expect(chosenBy).toBe('argument');
});

test('the line of each key is its own, and keys of one profile may come from both files', async () => {
  const deps = makeWorld();
  deps.user('# mine\nprofiles:\n  it:\n    issuer: https://id.example\n    clientId: app\n');
  deps.project('profiles:\n  it:\n\n    scope: openid\n');
  const { sources } = await resolveProfile({ name: 'it' }, deps);
  expect(sources).toMatchObject({
    issuer: { where: `${deps.userFile}:4` },
    clientId: { where: `${deps.userFile}:5` },
    scope: { where: `${deps.projectFile}:4` },
  });
});

test('parameters are taken together by name, the higher layer first', async () => {
  const deps = makeWorld({ OIDC_CLI_PARAMETERS: 'c=env&d=a+b%26' });
  deps.user('profiles: {it: {issuer: https://id.example, clientId: app, parameters: {a: user, b: user, c: user}}}');
  deps.project('profiles:\n  it:\n    parameters:\n      b: project\n      c: project\n');
  const flags = { param: ['e=flag', 'e=x=y', 'f='] };
  const { profile, sources } = await resolveProfile({ name: 'it', flags }, deps);
  expect(profile.parameters).toEqual({ a: 'user', b: 'project', c: 'env', d: 'a b&', e: 'x=y', f: '' });
  expect(sources['parameters.a']?.where).toBe(`${deps.userFile}:1`);
  expect(sources['parameters.b']?.where).toBe(`${deps.projectFile}:4`);
  expect(sources['parameters.c']?.where).toBe('OIDC_CLI_PARAMETERS');
  expect(sources['parameters.e']?.where).toBe('--param');
});

test('the project file of the nearest folder above is used, and paths in it begin at its own folder', async () => {
  const deps = makeWorld();
  deps.write('code/oidc-cli.yaml', 'profiles: {far: {issuer: https://far.example, clientId: far}}');
  deps.project('profiles: {near: {issuer: https://near.example, clientId: near, ca: ca/root.pem}}');
  const below = { ...deps, cwd: join(deps.cwd, 'packages', 'web') };
  const { profile } = await resolveProfile({ name: 'near', flags: { trustProject: true } }, below);
  expect(profile.ca).toBe(join(deps.cwd, 'ca', 'root.pem'));
  await expect(resolveProfile({ name: 'far' }, below)).rejects.toThrow('profile_unknown');
});

test('an empty variable counts as not set', async () => {
  const deps = makeWorld({ OIDC_CLI_ISSUER: '', OIDC_CLI_MAX_AGE: '', OIDC_CLI_PROFILE: '' });
  deps.user('default: it\nprofiles: {it: {issuer: https://id.example, clientId: app}}');
  const { profile, chosenBy } = await resolveProfile({}, deps);
  expect(profile).toMatchObject({ issuer: 'https://id.example' });
  expect(profile).not.toHaveProperty('maxAge');
  expect(chosenBy).toBe('default in file');
});

test('a variable that is nearly one of ours is named', async () => {
  const deps = makeWorld({ OIDC_CLI_CLIENTID: 'x', OIDC_CLI_STAGING_SECRET: 'y', OIDC_CLI_HOME: '/z' });
  const flags = { issuer: 'https://id.example', clientId: 'app' };
  const { warnings } = await resolveProfile({ flags }, deps);
  expect(warnings).toEqual(['OIDC_CLI_CLIENTID is not a variable of oidc-cli: did you mean OIDC_CLI_CLIENT_ID?']);
});
