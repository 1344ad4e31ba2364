import { type DifferentialCase, type Ending, each, ISSUER } from './differential-case.js';

/** The wrong values that every field is tried with. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ['missing', undefined],
  ['null', null],
  ['a number', 5],
  ['a list', ['x']],
  ['an object', { x: 'y' }],
];

function field(key: string, right: readonly (readonly [string, unknown, Ending])[], missing: Ending) {
  const wrong = WRONG.filter(([name]) => !right.some(([known]) => known === name)).map(
    ([name, value]) => [name, value, name === 'missing' ? missing : 'invalid_config'] as const,
  );
  return each([...right, ...wrong], (value) => ({ config: { [key]: value } }), key);
}

function verificationField(key: string, values: readonly (readonly [string, unknown, Ending])[]) {
  return each(values, (value) => ({ verification: { [key]: value } }), `idTokenVerificationConfig.${key}`);
}

/** What Logto's check of a configuration lets through, and what it does not. */
export const CONFIGURATION_CASES: readonly DifferentialCase[] = [
  { name: 'a plain configuration', ends: 'accepted', refreshEnds: 'accepted' },
  ...each<unknown>(
    [
      ['null', null, 'invalid_config'],
      ['a text', 'config', 'invalid_config'],
      ['a list', [], 'invalid_config'],
      ['an empty object', {}, 'invalid_config'],
      ['true', true, 'invalid_config'],
    ],
    (wholeConfig) => ({ wholeConfig }),
    'the whole',
  ),
  {
    name: 'only what is required',
    ends: 'accepted',
    refreshEnds: 'server_error',
    wholeConfig: {
      authorizationEndpoint: '%ORIGIN%/authorize',
      tokenEndpoint: '%ORIGIN%/token',
      clientId: 'client',
      clientSecret: 'secret',
      scope: 'openid',
      idTokenVerificationConfig: { jwksUri: '%ORIGIN%/jwks' },
    },
  },
  ...field('authorizationEndpoint', [['empty', '', 'accepted']], 'invalid_config'),
  ...field('tokenEndpoint', [['empty', '', 'server_error']], 'invalid_config'),
  ...field('clientId', [['empty', '', 'server_error']], 'invalid_config'),
  ...field('clientSecret', [['empty', '', 'accepted']], 'invalid_config'),
  ...field(
    'scope',
    [
      ['openid alone', 'openid', 'accepted'],
      ['empty', '', 'accepted'],
      ['without openid', 'email profile', 'accepted'],
      ['without openid, with +', 'email+profile', 'accepted'],
      ['openid with +', 'openid+email', 'accepted'],
      ['openid last, with +', 'email+openid', 'accepted'],
      ['two spaces', 'email  profile', 'accepted'],
      ['two spaces around openid', ' openid  email ', 'accepted'],
      ['only spaces and +', ' + ', 'accepted'],
      ['openid in capitals', 'OpenID', 'accepted'],
      ['a word that begins with openid', 'openid2 email', 'accepted'],
      ['a line break', 'openid\nemail', 'accepted'],
      ['a tab', 'email\topenid', 'accepted'],
      ['a comma', 'openid,email', 'accepted'],
      ['letters beyond ASCII', 'é ü', 'accepted'],
    ],
    'invalid_config',
  ),
  ...field(
    'responseType',
    [
      ['code', 'code', 'accepted'],
      ['id_token', 'id_token', 'invalid_config'],
      ['in capitals', 'CODE', 'invalid_config'],
      ['empty', '', 'invalid_config'],
    ],
    'accepted',
  ),
  ...field(
    'grantType',
    [
      ['authorization_code', 'authorization_code', 'accepted'],
      ['refresh_token', 'refresh_token', 'invalid_config'],
      ['empty', '', 'invalid_config'],
    ],
    'accepted',
  ),
  ...field(
    'tokenEndpointAuthMethod',
    [
      ['post', 'client_secret_post', 'accepted'],
      ['basic', 'client_secret_basic', 'accepted'],
      ['jwt', 'client_secret_jwt', 'accepted'],
      ['none', 'none', 'invalid_config'],
      ['private_key_jwt', 'private_key_jwt', 'invalid_config'],
      ['empty', '', 'invalid_config'],
    ],
    'accepted',
  ),
  ...field(
    'clientSecretJwtSigningAlgorithm',
    [
      ['HS256', 'HS256', 'accepted'],
      ['HS384', 'HS384', 'accepted'],
      ['HS512', 'HS512', 'accepted'],
      ['RS256', 'RS256', 'invalid_config'],
      ['in small letters', 'hs256', 'invalid_config'],
      ['empty', '', 'invalid_config'],
    ],
    'accepted',
  ),
  ...['acceptStringTypedBooleanClaims', 'trustUnverifiedEmail'].flatMap((key) =>
    field(
      key,
      [
        ['true', true, 'accepted'],
        ['false', false, 'accepted'],
        ['the text true', 'true', 'invalid_config'],
      ],
      'accepted',
    ),
  ),
  ...field('idTokenVerificationConfig', [['empty', {}, 'invalid_config']], 'invalid_config'),
  ...verificationField('jwksUri', [
    ['missing', undefined, 'invalid_config'],
    ['null', null, 'invalid_config'],
    ['a number', 1, 'invalid_config'],
    ['empty', '', 'server_error'],
    ['not a URL', 'jwks', 'server_error'],
  ]),
  ...verificationField('issuer', [
    ['missing', undefined, 'accepted'],
    ['null', null, 'invalid_config'],
    ['a number', 1, 'invalid_config'],
    ['a list with a number', [ISSUER, 1], 'invalid_config'],
    ['an object', {}, 'invalid_config'],
  ]),
  ...verificationField('audience', [
    ['null', null, 'invalid_config'],
    ['a number', 1, 'invalid_config'],
    ['a list with null', [null], 'invalid_config'],
    ['an empty list', [], 'accepted'],
  ]),
  ...verificationField('algorithms', [
    ['null', null, 'invalid_config'],
    ['a text', 'RS256', 'invalid_config'],
    ['a list with a number', [256], 'invalid_config'],
  ]),
  ...verificationField('clockTolerance', [
    ['null', null, 'invalid_config'],
    ['true', true, 'invalid_config'],
    ['a list', [5], 'invalid_config'],
  ]),
  ...verificationField('crit', [
    ['null', null, 'invalid_config'],
    ['a list', ['b64'], 'invalid_config'],
    ['a text in it', { x: 'true' }, 'invalid_config'],
    ['a boolean in it', { x: true }, 'accepted'],
    ['__proto__ with a boolean', { '%PROTO%': true }, 'accepted'],
    ['__proto__ with a text', { '%PROTO%': 'true' }, 'invalid_config'],
    ['constructor', { constructor: true }, 'accepted'],
  ]),
  ...verificationField('currentDate', [
    ['a text', '2030-01-01T00:00:00Z', 'invalid_config'],
    ['a number', 0, 'invalid_config'],
    ['null', null, 'invalid_config'],
  ]),
  ...verificationField('maxTokenAge', [
    ['null', null, 'invalid_config'],
    ['false', false, 'invalid_config'],
    ['1e999', '%HUGE%', 'server_error'],
  ]),
  ...verificationField('subject', [
    ['null', null, 'invalid_config'],
    ['a number', 1, 'invalid_config'],
  ]),
  ...verificationField('typ', [
    ['null', null, 'invalid_config'],
    ['a list', ['JWT'], 'invalid_config'],
  ]),
  ...verificationField('requiredClaims', [
    ['is no setting', ['a-claim-that-is-not-there'], 'accepted'],
    ['of a wrong type', 5, 'accepted'],
  ]),
  ...field(
    'authRequestOptionalConfig',
    [
      ['an object', {}, 'accepted'],
      ['null', null, 'invalid_config'],
    ],
    'accepted',
  ),
  ...field(
    'customConfig',
    [
      ['an object', { x: 'y' }, 'accepted'],
      ['an empty object', {}, 'accepted'],
      ['a number in it', { x: 5 }, 'invalid_config'],
      ['null in it', { x: null }, 'invalid_config'],
      ['true in it', { x: true }, 'invalid_config'],
      ['an object in it', { x: {} }, 'invalid_config'],
      ['an empty text in it', { x: '' }, 'accepted'],
    ],
    'accepted',
  ),
  { name: 'unknown keys', ends: 'accepted', config: { userInfoEndpoint: 5, '%PROTO%': 5, constructor: null } },
];
