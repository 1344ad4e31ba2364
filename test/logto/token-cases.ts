import { type DifferentialCase, type Ending, each } from './differential-case.js';

const METHODS = ['client_secret_post', 'client_secret_basic', 'client_secret_jwt'];

/** An answer without a token in it, for refusals and for answers that are no object. */
const refusal = { error: 'invalid_grant', error_description: 'no' };

const redirects: readonly (readonly [string, string, Ending])[] = [
  ['to another path', '/moved/token', 'accepted'],
  ['to another origin', '%OTHER%/moved/token', 'accepted'],
  ['to no path that is there', '/nowhere', 'general'],
  ['to itself, without end', '/token', 'server_error'],
  ['to a user name', 'http://user@127.0.0.1:1/moved/token', 'server_error'],
  ['to another scheme', 'ftp://127.0.0.1/token', 'server_error'],
  ['to no URL', 'http://', 'server_error'],
];

/** Client authentication, the callback, and what the token endpoint may answer. */
export const TOKEN_CASES: readonly DifferentialCase[] = [
  ...METHODS.flatMap((tokenEndpointAuthMethod) =>
    each<Readonly<Record<string, string>>>(
      [
        ['characters to be encoded', { clientSecret: 'a+b%2B c&d=é:/"' }, 'accepted'],
        ['an id with characters to be encoded', { clientId: 'client:1 é+%41' }, 'server_error'],
        ['a line break at its end', { clientSecret: 'secret\n' }, 'accepted'],
        ['beyond the basic plane', { clientSecret: '🔑' }, 'accepted'],
        ['empty', { clientSecret: '' }, tokenEndpointAuthMethod === 'client_secret_jwt' ? 'general' : 'accepted'],
        ['of one character', { clientSecret: 'x' }, 'accepted'],
      ],
      (config) => ({ config: { tokenEndpointAuthMethod, ...config } }),
      `the secret by ${tokenEndpointAuthMethod}`,
    ),
  ),
  ...['HS256', 'HS384', 'HS512'].map(
    (clientSecretJwtSigningAlgorithm): DifferentialCase => ({
      name: `a client assertion with ${clientSecretJwtSigningAlgorithm}`,
      ends: 'accepted',
      refreshEnds: 'accepted',
      config: { tokenEndpointAuthMethod: 'client_secret_jwt', clientSecretJwtSigningAlgorithm },
    }),
  ),
  {
    name: 'an empty secret is found before a token endpoint that is no URL',
    ends: 'general',
    config: { tokenEndpointAuthMethod: 'client_secret_jwt', clientSecret: '', tokenEndpoint: 'x' },
  },
  ...each<Readonly<Record<string, string>>>(
    [
      ['a code', { code: 'x' }, 'accepted'],
      ['an empty code', { code: '' }, 'accepted'],
      ['a code with characters to be encoded', { code: 'a+b c/%é' }, 'accepted'],
      ['no code', { state: 'x' }, 'general'],
      ['nothing', {}, 'general'],
      ['an error', { error: 'access_denied', error_description: 'no', state: 'x' }, 'general'],
      ['a code and an error', { code: 'x', error: 'access_denied' }, 'accepted'],
      ['an iss of somebody else', { code: 'x', iss: 'https://evil.example', session_state: 'y' }, 'accepted'],
      ['a code in capitals', { Code: 'x' }, 'general'],
    ],
    (callback) => ({ callback }),
    'the callback has',
  ),
  ...each<string>(
    [
      ['not a URL', 'token', 'server_error'],
      ['relative', '/token', 'server_error'],
      ['with a user name', 'http://user@127.0.0.1:9/token', 'server_error'],
      ['with a user name and password', 'http://user:pass@127.0.0.1:9/token', 'server_error'],
      ['of another scheme', 'ftp://127.0.0.1/token', 'server_error'],
      ['a script', 'javascript:alert(1)', 'server_error'],
      ['a blob', 'blob:http://127.0.0.1/1', 'server_error'],
      ['a file', 'file:///etc/hostname', 'server_error'],
      ['about:blank', 'about:blank', 'server_error'],
      ['where nobody listens', 'http://127.0.0.1:1/token', 'server_error'],
      ['with a query', '%ORIGIN%/token?tenant=1&x=%20', 'accepted'],
      ['with a fragment', '%ORIGIN%/token#here', 'accepted'],
      ['with spaces around it', '  %ORIGIN%/token ', 'accepted'],
      ['with dots in its path', '%ORIGIN%/a/../token', 'accepted'],
      ['that is not there', '%ORIGIN%/nowhere', 'general'],
    ],
    (tokenEndpoint) => ({ config: { tokenEndpoint } }),
    'a token endpoint',
  ),
  {
    name: 'a token endpoint with a query, as the audience of an assertion',
    ends: 'accepted',
    config: { tokenEndpointAuthMethod: 'client_secret_jwt', tokenEndpoint: ' %ORIGIN%/token?x=1#y ' },
  },
  ...[200, 201, 202, 206, 299].map(
    (status): DifferentialCase => ({
      name: `the token endpoint answers ${status}`,
      ends: 'accepted',
      answers: { '/token': { status, body: { id_token: '%TOKEN%' } } },
    }),
  ),
  ...[204, 205].map(
    (status): DifferentialCase => ({
      name: `the token endpoint answers ${status}, which has no body`,
      ends: 'invalid_response',
      answers: { '/token': { status } },
    }),
  ),
  ...[300, 304, 305, 306, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 599].map(
    (status): DifferentialCase => ({
      name: `the token endpoint answers ${status}`,
      ends: 'general',
      refreshEnds: 'general',
      answers: { '/token': { status, body: { id_token: '%TOKEN%', ...refusal } } },
    }),
  ),
  {
    name: 'the token endpoint answers 401 with a challenge',
    ends: 'general',
    answers: { '/token': { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: refusal } },
  },
  {
    name: 'the token endpoint answers 503 with Retry-After',
    ends: 'general',
    answers: { '/token': { status: 503, headers: { 'retry-after': '0' }, body: refusal } },
  },
  ...[301, 302, 303, 307, 308].flatMap((status) => [
    ...each<string>(
      redirects,
      (location) => ({ answers: { '/token': { status, headers: { location } } } }),
      `the token endpoint redirects (${status})`,
    ),
    {
      name: `the token endpoint redirects (${status}) nowhere`,
      ends: 'general' as const,
      answers: { '/token': { status } },
    },
  ]),
  ...METHODS.flatMap((tokenEndpointAuthMethod) =>
    [302, 307].flatMap((status) =>
      each<string>(
        redirects.slice(0, 2),
        (location) => ({
          config: { tokenEndpointAuthMethod },
          answers: { '/token': { status, headers: { location } } },
        }),
        `a redirect (${status}) with ${tokenEndpointAuthMethod}`,
      ),
    ),
  ),
  {
    name: 'a redirect with an empty Location',
    ends: 'server_error',
    answers: { '/token': { status: 302, headers: { location: '' } } },
  },
  {
    name: 'a redirect to the same origin with a user name',
    ends: 'server_error',
    answers: { '/token': { status: 307, headers: { location: '//user@%HOST%/moved/token' } } },
  },
  {
    name: 'a redirect to a path in UTF-8',
    ends: 'accepted',
    answers: {
      '/token': { status: 307, headers: { location: Buffer.from('/é').toString('latin1') } },
      '/%C3%A9': { body: { id_token: '%TOKEN%' } },
    },
  },
  {
    name: 'a redirect from POST to GET and on by 307',
    ends: 'accepted',
    answers: {
      '/token': { status: 303, headers: { location: '/second' } },
      '/second': { status: 307, headers: { location: '%OTHER%/moved/token#x' } },
    },
  },
  {
    name: 'a chain of 307 over another origin and back',
    ends: 'accepted',
    config: { tokenEndpointAuthMethod: 'client_secret_basic' },
    answers: {
      '/token': { status: 307, headers: { location: '%OTHER%/second' } },
      '/second': { status: 308, headers: { location: '%ORIGIN%/moved/token' } },
    },
  },
  {
    name: 'twenty redirects',
    ends: 'accepted',
    answers: {
      '/token': { status: 302, headers: { location: '/hop/1' } },
      ...Object.fromEntries(
        Array.from({ length: 19 }, (_, hop) => [
          `/hop/${hop + 1}`,
          { status: 302, headers: { location: hop === 18 ? '/moved/token' : `/hop/${hop + 2}` } },
        ]),
      ),
    },
  },
  {
    name: 'twenty-one redirects',
    ends: 'server_error',
    answers: {
      '/token': { status: 302, headers: { location: '/hop/1' } },
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, hop) => [
          `/hop/${hop + 1}`,
          { status: 302, headers: { location: hop === 19 ? '/moved/token' : `/hop/${hop + 2}` } },
        ]),
      ),
    },
  },
  {
    name: 'the token endpoint breaks off',
    ends: 'server_error',
    answers: { '/token': { cut: true, body: 'x'.repeat(1000), headers: { 'content-length': '1000' } } },
  },
  ...each<unknown>(
    [
      ['empty', '', 'invalid_response'],
      ['not JSON', '<html>', 'invalid_response'],
      ['a form', 'id_token=x&access_token=y', 'invalid_response'],
      ['null', 'null', 'invalid_response'],
      ['a text', '"id_token"', 'invalid_response'],
      ['a number', '1', 'invalid_response'],
      ['a list', [{ id_token: '%TOKEN%' }], 'invalid_response'],
      ['an empty object', {}, 'invalid_response'],
      ['JSON with a BOM', '\ufeff{"id_token":"%TOKEN%"}', 'accepted'],
      ['JSON with white space', ' \n{"id_token" : "%TOKEN%"}\r\n', 'accepted'],
      ['JSON with a comma too many', '{"id_token":"%TOKEN%",}', 'invalid_response'],
      ['two ID tokens, the last of which counts', '{"id_token":5,"id_token":"%TOKEN%"}', 'accepted'],
      ['an ID token in __proto__', '{"__proto__":{"id_token":"%TOKEN%"}}', 'invalid_response'],
      ['JSON and a NUL', '{"id_token":"%TOKEN%"}\u0000', 'invalid_response'],
      ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'invalid_response'],
    ],
    (body) => ({ answers: { '/token': { body } } }),
    'the token response is',
  ),
  {
    name: 'the token response is JSON in UTF-16',
    ends: 'invalid_response',
    answers: { '/token': { body: Buffer.from('\ufeff{"id_token":"x"}', 'utf16le') } },
  },
  ...each<string>(
    [
      ['text/html', 'text/html', 'accepted'],
      ['of another charset', 'application/json; charset=latin1', 'accepted'],
    ],
    (type) => ({ answers: { '/token': { headers: { 'content-type': type }, body: { id_token: '%TOKEN%', x: 'é' } } } }),
    'the token response is called',
  ),
  ...(['gzip', 'br', 'deflate'] as const).flatMap((compress): DifferentialCase[] => [
    {
      name: `a refusal compressed with ${compress}`,
      ends: 'general',
      answers: { '/token': { status: 400, compress, body: refusal } },
    },
    {
      name: `an answer compressed with ${compress}`,
      ends: 'accepted',
      answers: { '/token': { compress, body: { id_token: '%TOKEN%' } } },
    },
    {
      name: `an answer compressed with ${compress} that is not JSON`,
      ends: 'invalid_response',
      answers: { '/token': { compress, body: '<html>' } },
    },
  ]),
  {
    name: 'an answer that is not compressed but says so',
    ends: 'server_error',
    answers: { '/token': { headers: { 'content-encoding': 'gzip' }, body: { id_token: '%TOKEN%' } } },
  },
  ...each<unknown>(
    [
      ['missing', undefined, 'invalid_response'],
      ['null', null, 'invalid_response'],
      ['empty', '', 'social_invalid_id_token'],
      ['a number', 5, 'invalid_response'],
      ['an object', {}, 'invalid_response'],
      ['no JWT', 'x', 'server_error'],
      ['of two parts', 'x.y', 'server_error'],
      ['of five parts', 'a.b.c.d.e', 'server_error'],
      ['of three parts that are nothing', '..', 'server_error'],
      ['of three parts that are not base64', '%.%.%', 'server_error'],
    ],
    (id_token) => ({ tokens: { id_token } }),
    'id_token',
  ),
  ...['access_token', 'token_type', 'refresh_token', 'scope', 'code'].flatMap((member) =>
    each<unknown>(
      [
        ['missing', undefined, 'accepted'],
        ['null', null, 'invalid_response'],
        ['empty', '', 'accepted'],
        ['a text', 'x', 'accepted'],
        ['a number', 5, 'invalid_response'],
        ['a list', ['x'], 'invalid_response'],
      ],
      (value) => ({ tokens: { [member]: value } }),
      `the member ${member}`,
    ),
  ),
  ...each<unknown>(
    [
      ['missing', undefined, 'accepted'],
      ['null', null, 'invalid_response'],
      ['a text', '3600', 'invalid_response'],
      ['zero', 0, 'accepted'],
      ['negative', -1, 'accepted'],
      ['a fraction', 0.5, 'accepted'],
      ['1e999', '%HUGE%', 'accepted'],
    ],
    (expires_in) => ({ tokens: { expires_in } }),
    'expires_in',
  ),
  {
    name: 'members that Logto does not know',
    ends: 'accepted',
    tokens: { refresh_expires_in: null, not_before_policy: '%HUGE%', '%PROTO%': 5, nested: { a: [null, true] } },
  },
  {
    name: 'an error beside the tokens',
    ends: 'accepted',
    tokens: { error: 'invalid_grant' },
  },
  {
    name: 'refresh without tokenEndpointAuthMethod',
    ends: 'accepted',
    refreshEnds: 'server_error',
    config: { tokenEndpointAuthMethod: undefined },
  },
  {
    name: 'refresh by jwt without an algorithm',
    ends: 'accepted',
    refreshEnds: 'general',
    config: { tokenEndpointAuthMethod: 'client_secret_jwt', clientSecretJwtSigningAlgorithm: undefined },
  },
  {
    name: 'refresh by basic without an algorithm',
    ends: 'accepted',
    refreshEnds: 'accepted',
    config: { tokenEndpointAuthMethod: 'client_secret_basic', clientSecretJwtSigningAlgorithm: undefined },
  },
  {
    name: 'refresh answered without an ID token',
    ends: 'invalid_response',
    refreshEnds: 'invalid_response',
    tokens: { id_token: undefined },
  },
  {
    name: 'refresh answered with an empty ID token',
    ends: 'social_invalid_id_token',
    refreshEnds: 'accepted',
    tokens: { id_token: '' },
  },
  {
    name: 'refresh answered with an ID token that is none',
    ends: 'server_error',
    refreshEnds: 'accepted',
    tokens: { id_token: 'x' },
  },
  {
    name: 'refresh with customConfig as it was saved, __proto__ too',
    ends: 'accepted',
    refreshEnds: 'accepted',
    config: { customConfig: { '%PROTO%': 'x', scope: 'email', refresh_token: 'other', 7: 'seven' } },
  },
  { name: 'refresh with an unknown key', ends: 'accepted', refreshEnds: 'accepted', config: { timeout: 1 } },
];
