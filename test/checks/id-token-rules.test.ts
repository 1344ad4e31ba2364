import { expect, test } from 'vitest';
import { logtoColumn, RULE_NAMES, ruleOf } from '../../src/checks/id-token-rules.js';

const SETTINGS = {
  clientId: 'app',
  idTokenVerificationConfig: {
    issuer: ['https://a.example', 'https://b.example'],
    clockTolerance: '5 s',
    maxTokenAge: 60,
  },
};

test('every rule names the section it is in, and can refuse or warn', () => {
  for (const name of RULE_NAMES) {
    const { section, refuse, warn = [] } = ruleOf(name);
    expect(section, name).toMatch(/^(OIDC Core|RFC \d+) §\d/);
    expect(refuse.length + warn.length, name).toBeGreaterThan(0);
  }
});

test('the rules that openid-client checks, too, are those on which the readings must agree', () => {
  const shared = RULE_NAMES.filter((name) => ruleOf(name).shared);
  expect(shared).toEqual(['signature', 'iss', 'aud', 'exp', 'nbf', 'nonce']);
});

test("Logto's reading is a column of the same rows", () => {
  const words = RULE_NAMES.map((name) => [name, logtoColumn(name).logto?.(SETTINGS)]);
  expect(Object.fromEntries(words)).toEqual({
    alg: 'any that the key set has a key for',
    signature: 'with the key set of jwksUri',
    iss: 'https://a.example or https://b.example',
    aud: 'app',
    azp: undefined,
    exp: 'in the future, tolerance 5 s',
    iat: 'at most 60 s old',
    nbf: 'in the past, tolerance 5 s',
    nonce: 'the one it sent',
    sub: 'any text',
    at_hash: undefined,
    c_hash: undefined,
    auth_time: undefined,
    acr: undefined,
    'clock skew': undefined,
    'same iss': undefined,
    'same sub': undefined,
    'same aud': undefined,
  });
});
