import { type DifferentialCase, each } from './differential-case.js';
import { PUBLIC_KEYS, type Signer } from './differential-provider.js';

const { rsa, otherRsa, shortRsa, ec, ed, symmetric } = PUBLIC_KEYS;

function keySet(body: unknown, more: object = {}): Pick<DifferentialCase, 'answers'> {
  return { answers: { '/jwks': { body, ...more } } };
}

function withoutKid({ kid: _kid, ...key }: Record<string, unknown>): Record<string, unknown> {
  return key;
}

/** The key set, and which keys and algorithms an ID token may be signed with. */
export const KEY_SET_CASES: readonly DifferentialCase[] = [
  ...each<unknown>(
    [
      ['empty', { keys: [] }, 'server_error'],
      ['an empty body', '', 'server_error'],
      ['not JSON', '<html>', 'server_error'],
      ['null', 'null', 'server_error'],
      ['a list of keys', [rsa], 'server_error'],
      ['keys that are no list', { keys: rsa }, 'server_error'],
      ['keys that are no objects', { keys: ['x'] }, 'server_error'],
      ['the right key among broken ones', { keys: [{ kty: 'RSA' }, rsa] }, 'server_error'],
      ['the right key among broken ones of another kind', { keys: [{ kty: 'EC' }, rsa] }, 'accepted'],
      ['the right key among unknown ones', { keys: [{ kty: 'X', kid: 'x' }, rsa] }, 'accepted'],
      ['a BOM before it', `\ufeff${JSON.stringify({ keys: [rsa] })}`, 'accepted'],
      ['more beside the keys', { keys: [rsa], issuer: 'x' }, 'accepted'],
      ['another key', { keys: [otherRsa] }, 'server_error'],
      ['two keys and a token without kid', { keys: [rsa, otherRsa] }, 'server_error'],
      ['a key without kid', { keys: [withoutKid(rsa)] }, 'accepted'],
      ['a key for encryption', { keys: [{ ...rsa, use: 'enc' }] }, 'server_error'],
      ['a key for signatures', { keys: [{ ...rsa, use: 'sig', alg: 'RS256' }] }, 'accepted'],
      ['a key for another algorithm', { keys: [{ ...rsa, alg: 'PS256' }] }, 'server_error'],
      ['a key with key_ops to verify', { keys: [{ ...rsa, key_ops: ['verify'] }] }, 'accepted'],
      ['a key with other key_ops', { keys: [{ ...rsa, key_ops: ['encrypt'] }] }, 'server_error'],
      ['no RSA key', { keys: [ec] }, 'server_error'],
    ],
    (body) => keySet(body),
    'the key set is or has',
  ),
  ...[201, 204, 301, 302, 307, 400, 404, 500].map(
    (status): DifferentialCase => ({
      name: `the key set is answered ${status}`,
      ends: 'server_error',
      ...keySet({ keys: [rsa] }, { status, headers: status < 400 ? { location: '/moved/jwks' } : {} }),
    }),
  ),
  { name: 'a compressed key set', ends: 'accepted', ...keySet({ keys: [rsa] }, { compress: 'gzip' }) },
  {
    name: 'a key set called text/html',
    ends: 'accepted',
    ...keySet({ keys: [rsa] }, { headers: { 'content-type': 'text/html' } }),
  },
  { name: 'a key set that breaks off', ends: 'server_error', ...keySet({ keys: [rsa] }, { cut: true }) },
  ...each<string>(
    [
      ['with a query', '%ORIGIN%/jwks?x=1', 'accepted'],
      ['with a fragment', '%ORIGIN%/jwks#x', 'accepted'],
      ['with spaces around it', ' %ORIGIN%/jwks ', 'accepted'],
      ['of another origin', '%OTHER%/jwks', 'accepted'],
      ['relative', '/jwks', 'server_error'],
      ['with a user name', 'http://user@127.0.0.1:1/jwks', 'server_error'],
      ['of another scheme', 'ftp://127.0.0.1/jwks', 'server_error'],
      ['where nobody listens', 'http://127.0.0.1:1/jwks', 'server_error'],
    ],
    (jwksUri) => ({ verification: { jwksUri } }),
    'jwksUri',
  ),
  ...each<[Signer, Record<string, unknown>, unknown?]>(
    [
      ['RS256 with its kid', ['rsa', { kid: 'rsa' }], 'accepted'],
      ['RS256 with an unknown kid', ['rsa', { kid: 'gone' }], 'server_error'],
      ['RS256 with the kid of another kind of key', ['rsa', { kid: 'ec' }], 'server_error'],
      ['RS256 with a kid that is a number', ['rsa', { kid: 5 }], 'server_error'],
      ['RS256 with its kid, of two keys', ['rsa', { kid: 'rsa' }, { keys: [otherRsa, rsa] }], 'accepted'],
      ['RS256 by a key that is not published', ['other-rsa', {}], 'server_error'],
      ['RS256 by a key that is too short', ['short-rsa', {}, { keys: [shortRsa] }], 'server_error'],
      [
        'RS256 with two keys of one kid',
        ['rsa', { kid: 'rsa' }, { keys: [rsa, { ...otherRsa, kid: 'rsa' }] }],
        'server_error',
      ],
      ['PS256', ['rsa-pss', {}], 'accepted'],
      ['ES256', ['ec', {}], 'accepted'],
      ['EdDSA', ['ed', {}, { keys: [ed] }], 'accepted'],
      ['HS256 with the client secret', ['client-secret', {}], 'server_error'],
      ['HS256 with a published key', ['client-secret', {}, { keys: [symmetric] }], 'server_error'],
      ['none', ['none', {}], 'server_error'],
      ['an algorithm that does not exist', ['rsa', { alg: 'XY999' }], 'server_error'],
      ['no algorithm', ['rsa', { alg: undefined }], 'server_error'],
      ['an algorithm in small letters', ['rsa', { alg: 'rs256' }], 'server_error'],
      ['a key of its own in the header', ['other-rsa', { jwk: otherRsa }], 'server_error'],
    ],
    ([signer, header, keys]) => ({ signer, header, ...(keys === undefined ? {} : keySet(keys)) }),
    'signed by',
  ),
  ...each<unknown>(
    [
      ['the one in use', ['RS256'], 'accepted'],
      ['it among others', ['ES256', 'RS256'], 'accepted'],
      ['another', ['ES256'], 'server_error'],
      ['none at all, not saved', [], 'server_error'],
      ['one in small letters', ['rs256'], 'server_error'],
      ['one that does not exist', ['XY999', 'RS256'], 'accepted'],
      ['none, the algorithm', ['none'], 'server_error'],
    ],
    (algorithms) => ({ verification: { algorithms } }),
    'algorithms allow',
  ),
  {
    name: 'algorithms allow HS256, and the token has it',
    ends: 'server_error',
    verification: { algorithms: ['HS256'] },
    signer: 'client-secret',
    ...keySet({ keys: [symmetric] }),
  },
  {
    name: 'algorithms allow none, and the token has it',
    ends: 'server_error',
    verification: { algorithms: ['none'] },
    signer: 'none',
  },
];

/** They wait for as long as Logto does. */
export const SLOW_CASES: readonly DifferentialCase[] = [
  {
    name: 'a key set that takes longer than 5 s',
    ends: 'server_error',
    slow: true,
    ...keySet({ keys: [rsa] }, { hangs: true }),
  },
  {
    name: 'a token endpoint that takes longer than 10 s',
    ends: 'server_error',
    slow: true,
    answers: { '/token': { hangs: true } },
  },
];
