import { expect, test } from 'vitest';
import { isCredentialName, isSecretName, isSecretVariable } from '../../src/masking/secret-names.js';
import { receivedSecrets, sentSecrets } from '../../src/trace/exchange-secrets.js';

const exchange = {
  url: 'https://id.example.com/token',
  method: 'POST',
  step: 'token request',
  startedAt: 0,
  requestHeaders: {},
  requestBody: '',
};

test('a credential is known by its name in whichever case', () => {
  for (const name of ['access_token', 'accessToken', 'Id-Token', 'actor_token', 'token', 'user_code']) {
    expect(isCredentialName(name), name).toBe(true);
  }
  for (const name of ['token_type', 'codes', 'sub', 'pin']) expect(isCredentialName(name), name).toBe(false);
});

test('a name that somebody chose says by its last word that it is a secret', () => {
  for (const name of ['api_key', 'my_password', 'x_jwt']) expect(isSecretName(name), name).toBe(true);
  for (const name of ['public_key', 'token_endpoint', 'key_id']) expect(isSecretName(name), name).toBe(false);
});

test('a browser gets no variable that may hold a secret, or say where one is', () => {
  for (const name of ['GITHUB_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'TOKEN_FILE', 'SESSION_COOKIE', 'API_JWT']) {
    expect(isSecretVariable(name), name).toBe(true);
  }
  for (const name of ['PATH', 'XAUTHORITY', 'DBUS_SESSION_BUS_ADDRESS']) {
    expect(isSecretVariable(name), name).toBe(false);
  }
});

test('a response that names its error "code" holds no secret by that', () => {
  const responseBody = JSON.stringify({ code: 'invalid_grant', token_type: 'Bearer', refresh_token: 'r1' });
  expect(receivedSecrets({ ...exchange, status: 400, responseBody })).toEqual(['r1']);
  expect(sentSecrets({ ...exchange, requestBody: 'code=c1&actor_token=a1&scope=openid' }).sort()).toEqual(['a1', 'c1']);
});
