import { type DifferentialCase, each } from './differential-case.js';

const OPTIONS = [
  'responseMode',
  'display',
  'prompt',
  'maxAge',
  'uiLocales',
  'idTokenHint',
  'loginHint',
  'acrValues',
] as const;

/** What goes into the authorization URL and, by customConfig, into the token request. */
export const AUTHORIZATION_CASES: readonly DifferentialCase[] = [
  ...each(
    [
      ['with a query', 'https://id.example.com/authorize?tenant=1', 'accepted'],
      ['ending in ?', 'https://id.example.com/authorize?', 'accepted'],
      ['with a fragment', 'https://id.example.com/authorize#x', 'accepted'],
      ['relative', '/authorize', 'accepted'],
      ['not a URL', 'nowhere at all', 'accepted'],
      ['with spaces around it', ' https://id.example.com/authorize ', 'accepted'],
      ['with letters beyond ASCII', 'https://id.example.com/ログイン', 'accepted'],
    ],
    (authorizationEndpoint) => ({ config: { authorizationEndpoint } }),
    'authorizationEndpoint',
  ),
  ...OPTIONS.flatMap((key) =>
    each<unknown>(
      [
        ['a text', `a value of ${key}+&=é`, 'accepted'],
        ['empty', '', 'accepted'],
        ['a number', 60, 'invalid_config'],
        ['null', null, 'invalid_config'],
      ],
      (value) => ({ config: { authRequestOptionalConfig: { [key]: value } } }),
      `authRequestOptionalConfig.${key}`,
    ),
  ),
  {
    name: 'optional parameters in another order than the schema has them',
    ends: 'accepted',
    config: { authRequestOptionalConfig: { acrValues: 'a', prompt: 'login', responseMode: 'query' } },
  },
  {
    name: 'optional parameters that are not read',
    ends: 'accepted',
    config: {
      authRequestOptionalConfig: { responseType: 'token', tokenEndpoint: 5, nonce: 'n', max_age: '5', prompt: 'none' },
    },
  },
  ...each<Readonly<Record<string, string>>>(
    [
      ['camelCase', { loginHint: 'a', someOtherThing: 'b' }, 'accepted'],
      ['snake_case', { login_hint: 'a' }, 'accepted'],
      ['other separators', { 'x.y-Z': 'a', 'p q/r': 'b', 'a:b': 'c' }, 'accepted'],
      ['capitals in a row', { HTTPProxyURL: 'a', ABc: 'b', aBC: 'c', X: 'd' }, 'accepted'],
      ['digits', { v2Key: 'a', key2: 'b', '2FA': 'c', sha256Hash: 'd', a1B2C3: 'e' }, 'accepted'],
      ['numeric keys, which come first', { 10: 'ten', b: 'x', 2: 'two' }, 'accepted'],
      ['letters beyond ASCII', { größe: 'a', 名: 'b' }, 'accepted'],
      ['no letters at all', { _: 'a', '': 'b', '--': 'c' }, 'accepted'],
      ['underscores around', { __a__b__: 'x' }, 'accepted'],
      ['__proto__', { '%PROTO%': 'x' }, 'accepted'],
      ['toString and valueOf', { toString: 'x', valueOf: 'y', hasOwnProperty: 'z' }, 'accepted'],
      ['constructor, on which Logto fails', { constructor: 'x' }, 'server_error'],
      ['Constructor, on which it does not', { Constructor: 'x' }, 'accepted'],
      ['keys that become one', { fooBar: '1', foo_bar: '2', 'foo-bar': '3', other: '4' }, 'accepted'],
      ['values to be encoded', { a: 'ä +&=%#\n\u0000', b: '\ud800', c: "!'()*~" }, 'accepted'],
      ['an empty value', { audience: '' }, 'accepted'],
      ['an override of scope', { scope: 'email' }, 'accepted'],
      ['an override of responseType', { responseType: 'token' }, 'accepted'],
      ['an override of response_type', { response_type: 'token' }, 'accepted'],
      ['an override of state', { State: 'x' }, 'accepted'],
      ['an override of nonce', { nonce: 'x' }, 'accepted'],
      ['an override of redirectUri', { redirectUri: 'https://x.example' }, 'accepted'],
      ['an override of redirect-uri', { 'redirect-uri': 'https://x.example' }, 'accepted'],
      ['an override of clientId', { clientId: 'other' }, 'accepted'],
      ['an override of client_id', { client_id: 'other' }, 'accepted'],
      ['an override of clientSecret', { clientSecret: 'other secret' }, 'accepted'],
      ['an override of client_secret', { client_secret: 'other secret' }, 'accepted'],
      ['an override of code', { code: 'other' }, 'accepted'],
      ['an override of grantType', { grantType: 'password' }, 'accepted'],
      ['an override of grant_type', { GRANT_TYPE: 'password' }, 'accepted'],
      ['an override of refreshToken', { refreshToken: 'other' }, 'accepted'],
      ['an override of clientAssertion', { clientAssertion: 'x', clientAssertionType: 'y' }, 'accepted'],
      ['an override of client_assertion', { client_assertion: 'x', 'client.assertion.type': 'y' }, 'accepted'],
      ['a code verifier', { codeVerifier: 'v', codeChallenge: 'c' }, 'accepted'],
    ],
    (customConfig) => ({ config: { customConfig } }),
    'customConfig by post',
  ),
  ...['client_secret_basic', 'client_secret_jwt'].flatMap((tokenEndpointAuthMethod) =>
    each<Readonly<Record<string, string>>>(
      [
        ['clientId', { clientId: 'other' }, 'accepted'],
        ['client_id', { client_id: 'other' }, 'accepted'],
        ['clientSecret', { clientSecret: 'other secret' }, 'accepted'],
        ['client_secret', { client_secret: 'other secret' }, 'accepted'],
        ['clientAssertion', { clientAssertion: 'x', clientAssertionType: 'y' }, 'accepted'],
        ['client_assertion', { client_assertion: 'x', client_assertion_type: 'y' }, 'accepted'],
        ['constructor', { constructor: 'x' }, 'server_error'],
        ['an empty clientId', { clientId: '' }, 'accepted'],
      ],
      (customConfig) => ({ config: { tokenEndpointAuthMethod, customConfig } }),
      `customConfig by ${tokenEndpointAuthMethod}`,
    ),
  ),
  {
    name: 'customConfig over authRequestOptionalConfig',
    ends: 'accepted',
    config: {
      authRequestOptionalConfig: { prompt: 'none', loginHint: 'a' },
      customConfig: { prompt: 'login', login_hint: 'b' },
    },
  },
];
