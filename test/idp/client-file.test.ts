import { describe, expect, test } from 'vitest';
import { parseClientFile } from '../../src/idp/client-file.js';

async function mistake(content: string) {
  const error = await parseClientFile('clients.yaml', content).then(
    () => undefined,
    (caught) => caught,
  );
  expect(error).toMatchObject({ code: 'config_file_invalid', exitCode: 3 });
  return error.facts;
}

describe('a file of clients', () => {
  test('is read under the standard’s names, in YAML', async () => {
    const clients = await parseClientFile(
      'clients.yaml',
      `
- client_id: web
  client_secret: web-secret
  client_name: Web app
  redirect_uris: [https://app.example/callback]
  post_logout_redirect_uris: []
  token_endpoint_auth_method: client_secret_post
- client_id: native
  default_max_age: 60
  require_auth_time: true
`,
    );
    expect(clients).toEqual([
      {
        clientId: 'web',
        clientSecret: 'web-secret',
        clientName: 'Web app',
        redirectUris: ['https://app.example/callback'],
        postLogoutRedirectUris: [],
        tokenEndpointAuthMethod: 'client_secret_post',
      },
      { clientId: 'native', defaultMaxAge: 60, requireAuthTime: true },
    ]);
  });

  test('is read in JSON', async () => {
    const jwks = { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] };
    const client = { client_id: 'key', token_endpoint_auth_method: 'private_key_jwt', jwks };
    expect(await parseClientFile('clients.json', JSON.stringify([client]))).toEqual([
      { clientId: 'key', tokenEndpointAuthMethod: 'private_key_jwt', jwks },
    ]);
  });

  test.each([
    {
      name: 'an unknown key',
      content: '- client_id: a\n  redirect_uri: https://a.example/',
      facts: {
        line: 2,
        key: '[0].redirect_uri',
        found: 'an unknown key',
        allowed: expect.stringContaining('redirect_uris'),
      },
    },
    {
      name: 'a redirect URI that is none',
      content: '- client_id: a\n- client_id: b\n  redirect_uris:\n    - https://b.example/\n    - b.example/cb',
      facts: {
        line: 5,
        key: '[1].redirect_uris[1]',
        found: '"b.example/cb"',
        allowed: 'an absolute URI without a fragment',
      },
    },
    {
      name: 'an unknown authentication method',
      content: '- client_id: a\n  token_endpoint_auth_method: basic',
      facts: {
        line: 2,
        key: '[0].token_endpoint_auth_method',
        found: '"basic"',
        allowed: 'one of client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, none',
      },
    },
    {
      name: 'a method without its secret',
      content: '- client_id: a\n  token_endpoint_auth_method: client_secret_jwt',
      facts: { line: 1, key: '[0].client_secret', found: 'nothing', allowed: 'a text, required by client_secret_jwt' },
    },
    {
      name: 'a client without an id',
      content: '- client_name: a',
      facts: { line: 1, key: '[0].client_id', found: 'nothing', allowed: 'a text, required' },
    },
    {
      name: 'two clients of one id',
      content: '- client_id: a\n- client_id: a',
      facts: { line: 2, key: '[1].client_id', found: 'a', allowed: 'each client_id once' },
    },
    {
      name: 'no list',
      content: 'client_id: a',
      facts: { line: 1, key: '', found: 'a mapping', allowed: 'a list of clients' },
    },
    { name: 'nothing', content: '', facts: { line: 1, key: '', found: 'null', allowed: 'a list of clients' } },
    {
      name: 'no client in the list',
      content: '- a',
      facts: { line: 1, key: '[0]', found: '"a"', allowed: 'a client: a mapping with client_id' },
    },
    {
      name: 'no YAML',
      content: '- client_id: a\n  client_name: "b\n',
      facts: { key: '', found: expect.stringContaining('a mistake in the YAML'), allowed: 'YAML or JSON' },
    },
    {
      name: 'aliases without end',
      content: `- &a [x, x]\n- &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n- &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n- [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]`,
      facts: { found: 'more aliases than is reasonable' },
    },
  ])('with $name is refused with line, key, what was found and what is allowed', async ({ content, facts }) => {
    expect(await mistake(content)).toMatchObject({ file: 'clients.yaml', ...facts });
  });

  test('is never quoted where it holds a secret', async () => {
    const contents = [
      '- client_id: a\n  client_secret: [the-secret]',
      '- client_id: a\n  client_secret: 8472619355',
      '- client_id: a\n  client_secret: "the-secret\n',
      '- client_id: a\n  client_secret: the-secret: other',
      '- client_id: a\n  jwks: the-secret',
    ];
    for (const content of contents) {
      expect(JSON.stringify(await mistake(content))).not.toMatch(/the-secret|8472619355/);
    }
  });
});
