import { describe, expect, test } from 'vitest';
import { OidcCliError } from '../../src/errors.js';
import { explain } from '../../src/explain/explain.js';
import { acceptConnector, type Connector } from '../../src/logto/connector/connector.js';
import { savedForm } from '../../src/logto/connector/schema.js';

/*
 * What Logto's server does with a configuration when it is saved. That code is
 * not part of the connector, so there is no oracle here: the rule is that
 * empty values are removed, at every depth, after the check.
 */

const CONFIG = {
  authorizationEndpoint: 'https://id.example.com/authorize',
  tokenEndpoint: 'https://id.example.com/token',
  clientId: 'client',
  clientSecret: 'secret',
  scope: 'openid',
  idTokenVerificationConfig: { jwksUri: 'https://id.example.com/jwks', issuer: 'https://id.example.com' },
};

function accept(config: Record<string, unknown>, secret?: string): Connector {
  const file = {
    name: 'connector.json',
    config,
    whole: config,
    pathOf: (path: readonly string[]) => path.join('.'),
    lineOf: () => 1,
  };
  return acceptConnector(file, secret);
}

function refused(config: Record<string, unknown>): OidcCliError {
  try {
    accept(config);
  } catch (error) {
    if (error instanceof OidcCliError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('saving removes', () => {
  test.each<[string, unknown, unknown]>([
    ['an empty text', { a: '', b: 'x' }, { b: 'x' }],
    ['null', { a: null }, {}],
    ['an empty list', { a: [], b: ['x'] }, { b: ['x'] }],
    ['an empty object', { a: {}, b: { c: 1 } }, { b: { c: 1 } }],
    ['what is empty once its parts are removed', { a: { b: { c: '' } }, d: [[], ['']] }, {}],
    ['empty values in a list', { a: ['', 'x', null, {}] }, { a: ['x'] }],
  ])('%s', (_name, given, saved) => {
    expect(savedForm(given)).toEqual(saved);
  });

  test('neither false, nor zero, nor white space', () => {
    const given = { a: false, b: 0, c: ' ', d: [false, 0] };
    expect(savedForm(given)).toEqual(given);
  });

  test('nothing from the configuration that was given', () => {
    const given = { a: '', b: ['', { c: '' }] };
    savedForm(given);
    expect(given).toEqual({ a: '', b: ['', { c: '' }] });
  });
});

describe('a connector that Logto accepts', () => {
  test('has its defaults in what it signs in with, and not in what is saved', () => {
    const { config, saved } = accept(CONFIG);
    expect(config).toMatchObject({ tokenEndpointAuthMethod: 'client_secret_post', responseType: 'code' });
    expect(saved).toEqual(CONFIG);
  });

  test('is not checked for an issuer or algorithms that were an empty list', () => {
    const verification = { ...CONFIG.idTokenVerificationConfig, issuer: [], algorithms: [] };
    const { config } = accept({ ...CONFIG, idTokenVerificationConfig: verification });
    expect(config.idTokenVerificationConfig).toEqual({ jwksUri: 'https://id.example.com/jwks' });
  });

  test('loses empty parameters of its own', () => {
    const { config } = accept({
      ...CONFIG,
      customConfig: { audience: '', x: 'y' },
      authRequestOptionalConfig: { prompt: '' },
    });
    expect(config.customConfig).toEqual({ x: 'y' });
    expect(config.authRequestOptionalConfig).toBeUndefined();
  });

  test('takes its secret from elsewhere', () => {
    expect(accept({ ...CONFIG, clientSecret: undefined }, 'from the keychain').config.clientSecret).toBe(
      'from the keychain',
    );
  });
});

describe('a connector that Logto refuses', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['an empty scope', { scope: '' }, 'scope'],
    ['an empty client secret', { clientSecret: '' }, 'clientSecret'],
    ['an empty token endpoint', { tokenEndpoint: '' }, 'tokenEndpoint'],
    ['an empty jwksUri alone', { idTokenVerificationConfig: { jwksUri: '' } }, 'idTokenVerificationConfig'],
  ])('saves, and fails at each sign-in: %s', (_name, change, path) => {
    const { code, facts } = refused({ ...CONFIG, ...change });
    expect(code).toBe('connector_config_invalid');
    expect(facts).toMatchObject({ path, found: 'empty', logtoStatus: 400, logtoCode: 'connector.invalid_config' });
    const words = explain(code, facts);
    expect(words.message).toMatch(/^Logto saves this configuration, and refuses it at each sign-in: \w+ .*is empty\./);
    expect(words.causes).toEqual(['Logto removes empty values when it saves a connector.']);
  });

  test('is named with every fault, and without the values', () => {
    const { facts } = refused({
      ...CONFIG,
      clientSecret: 12345,
      scope: undefined,
      customConfig: { key: 67890, other: 'x' },
    });
    expect(facts).toMatchObject({
      when: 'when the connector is saved',
      found: 'a number',
      path: 'clientSecret',
      more: 2,
    });
    expect(facts.others).toEqual([
      'scope (line 1) is nothing; allowed: text in quotes.',
      'customConfig.key (line 1) is a number; allowed: text in quotes.',
    ]);
    expect(JSON.stringify(facts)).not.toMatch(/12345|67890/);
  });
});
