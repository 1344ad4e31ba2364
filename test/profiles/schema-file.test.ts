// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkFile } from '../../src/profiles/file-check.js';
import { jsonSchema } from '../../src/profiles/json-schema.js';

const FILE = new URL('../../schema/oidc-cli.schema.json', import.meta.url);

test('the JSON Schema in the package is the one the tool checks with (npm run build writes it)', () => {
  expect(readFileSync(FILE, 'utf8').replaceAll('\r\n', '\n')).toBe(jsonSchema());
});

test('every key is described for editors', () => {
  const { properties } = JSON.parse(jsonSchema());
  const [profile] = properties.profiles.anyOf[0].additionalProperties.anyOf;
  for (const [key, value] of Object.entries<{ description?: string }>(profile.properties)) {
    expect(value.description, key).toMatch(/^[A-Z].+\.$/);
  }
});

/** What an editor says, by the schema alone. */
function editorAccepts(content: unknown): boolean {
  return z.fromJSONSchema(JSON.parse(readFileSync(FILE, 'utf8'))).safeParse(content).success;
}

async function toolAccepts(content: unknown): Promise<boolean> {
  return checkFile('oidc-cli.yaml', JSON.stringify(content)).then(
    () => true,
    () => false,
  );
}

const profile = (values: unknown) => ({ profiles: { it: values } });

describe('an editor and the tool agree', () => {
  test.each<unknown>([
    {},
    { default: 'it', trustedFolders: ['~/work', '/src', 'C:\\src'], profiles: {} },
    { default: null, profiles: null },
    profile(null),
    profile({}),
    profile({ issuer: 'https://id.example.com/realms/a', clientId: 'app', clientSecret: '${NAME}' }),
    profile({ clientSecret: 'literal', redirectUri: 'http://127.0.0.1:0/callback?x=1', prompt: 'login consent' }),
    profile({ prompt: 'none', maxAge: 0, timeout: 1, clockTolerance: 86_400, strict: true }),
    profile({ claims: { userinfo: { email: null } }, resource: ['https://api.example', 'urn:b'] }),
    profile({ claims: '{"id_token":{}}', resource: 'urn:b', parameters: { audience: 'x', 'a:b[c]': '' } }),
    profile({ kind: 'logto', endpoint: 'https://tenant.logto.app', appId: 'app', appSecret: '${NAME}' }),
    profile({ kind: 'logto', resources: 'urn:a', scopes: 'email phone', prompt: 'login consent' }),
    profile({ redirectUri: 'com.example.app:/callback', postLogoutRedirectUri: 'io.example://signed-out' }),
    profile({ kind: 'logto', resources: ['urn:a', 'https://b.example'], scopes: ['email'], redirectUri: 'http://a/' }),
    profile({ kind: 'logto', appSecretStored: true, clientAuth: 'client_secret_post', parameters: { a: 'b' } }),
    profile({ prompt: 'select_account' }),
    profile({ store: 'memory', display: 'page', responseMode: 'form_post', clientAuth: 'none' }),
  ])('that this is right: %j', async (content) => {
    expect([editorAccepts(content), await toolAccepts(content)]).toEqual([true, true]);
  });

  test.each<unknown>([
    [],
    'text',
    { profile: {} },
    { default: 5 },
    { default: '-x' },
    { default: 'a b' },
    { default: 'x'.repeat(201) },
    { trustedFolders: '~/work' },
    { trustedFolders: ['work'] },
    { profiles: { 'a b': {} } },
    profile(5),
    profile({ client_id: 'app' }),
    profile({ clientId: '' }),
    profile({ clientId: 5 }),
    profile({ clientId: 'a\u001bb' }),
    profile({ clientId: null }),
    profile({ issuer: 'id.example.com' }),
    profile({ issuer: 'ftp://id.example.com' }),
    profile({ issuer: 'https://id.example.com?x' }),
    profile({ issuer: 'https://id.example.com#x' }),
    profile({ redirectUri: 'http://localhost/#x' }),
    profile({ redirectUri: 'app:/callback' }),
    profile({ redirectUri: 'com.example.app:callback' }),
    profile({ clientSecret: 'pre-${NAME}' }),
    profile({ clientSecret: '${A B}' }),
    profile({ clientAuth: 'basic' }),
    profile({ prompt: 'none login' }),
    profile({ maxAge: -1 }),
    profile({ maxAge: 1.5 }),
    profile({ timeout: 0 }),
    profile({ claims: ['email'] }),
    profile({ resource: ['/api'] }),
    profile({ resource: 'urn:a#b' }),
    profile({ parameters: { state: 'x' } }),
    profile({ parameters: { 'a b': 'x' } }),
    profile({ parameters: { a: 1 } }),
    profile({ store: 'cloud' }),
    profile({ strict: 'yes' }),
    profile({ kind: 'auth0' }),
    profile({ kind: 'logto', issuer: 'https://tenant.logto.app/oidc' }),
    profile({ kind: 'logto', clientId: 'app' }),
    profile({ kind: 'logto', clientSecret: '${NAME}' }),
    profile({ kind: 'logto', scope: 'openid' }),
    profile({ kind: 'logto', resource: 'urn:a' }),
    profile({ kind: 'logto', endpoint: 'tenant.logto.app' }),
    profile({ kind: 'logto', scopes: ['a b'] }),
    profile({ kind: 'logto', prompt: 'select_account' }),
    profile({ kind: 'logto', prompt: 'consent select_account' }),
    profile({ endpoint: 'https://tenant.logto.app' }),
    profile({ appId: 'app' }),
    profile({ scopes: ['email'] }),
    profile({ parameters: { one_time_token: 'x' } }),
  ])('that this is wrong: %j', async (content) => {
    expect([editorAccepts(content), await toolAccepts(content)]).toEqual([false, false]);
  });
});
