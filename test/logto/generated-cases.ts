import fc from 'fast-check';
import { ISSUER, NONCE, NOW } from './differential-case.js';
import { PUBLIC_KEYS, type Signer } from './differential-provider.js';

/** Mostly what is right, sometimes one of the others, so that errors do not hide each other. */
function mostly<T>(right: fc.Arbitrary<T>, others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 40, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

/** A member that is often not there. */
function perhaps<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined });
}

const anyText = fc.string({ unit: 'binary', maxLength: 12 });
const words = fc.constantFrom('openid', 'email', 'profile', 'offline_access', 'OPENID', 'é', '');
const separator = fc.constantFrom(' ', '+', '  ', ' +', '\n');

const scope = fc
  .array(fc.tuple(words, separator), { maxLength: 5 })
  .map((parts) => parts.map(([word, between]) => word + between).join(''));

/** Keys in which the rules for snake_case meet, those of the protocol among them. */
const parameterName = fc.oneof(
  fc.constantFrom(
    'scope',
    'loginHint',
    'login_hint',
    'Code',
    'clientId',
    'client-secret',
    'grantType',
    'state',
    '%PROTO%',
  ),
  fc.string({ unit: fc.constantFrom(...'abABC01_.- é'), maxLength: 8 }),
);

const parameters = fc.dictionary(parameterName, anyText, { maxKeys: 4 });

const claimText = mostly<unknown>(anyText, [null, 5, false, [], '']);
const verified = mostly<unknown>(fc.constantFrom(true, false, undefined, 'true', 'no', 'Yes'), [null, 1, '']);
const moment = (offset: number) =>
  mostly<unknown>(
    fc.integer({ min: -90, max: 90 }).map((by) => NOW + offset + by),
    [null, 'now', 0],
  );

const duration = mostly<unknown>(
  fc.oneof(
    fc.integer({ min: 0, max: 120 }),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(' s', 'm', ' minutes', ' min', 'h ago', ''))
      .map((parts) => parts.join('')),
  ),
  [-5, '5', null, 'x', '%HUGE%'],
);

/** A configuration, a token response and an ID token, of values that are right and wrong in all mixtures. */
export const generatedCase = fc.record({
  config: fc.record({
    tokenEndpointAuthMethod: mostly<unknown>(
      fc.constantFrom('client_secret_post', 'client_secret_basic', 'client_secret_jwt', undefined),
      ['none', null],
    ),
    clientSecretJwtSigningAlgorithm: mostly<unknown>(fc.constantFrom('HS256', 'HS384', 'HS512', undefined), ['RS256']),
    clientSecret: mostly<unknown>(anyText, ['', undefined, 5]),
    scope: mostly<unknown>(scope, [null, undefined]),
    acceptStringTypedBooleanClaims: mostly<unknown>(fc.constantFrom(true, false, undefined), ['true']),
    trustUnverifiedEmail: mostly<unknown>(fc.constantFrom(true, false, undefined), [null]),
    authRequestOptionalConfig: perhaps(
      fc.record({
        prompt: perhaps(anyText),
        loginHint: perhaps(anyText),
        maxAge: mostly<unknown>(perhaps(anyText), [60]),
        nonce: perhaps(anyText),
      }),
    ),
    customConfig: mostly<unknown>(perhaps(parameters), [null, { x: 5 }, { constructor: 'x' }]),
  }),
  verification: fc.record({
    issuer: mostly<unknown>(fc.constantFrom(ISSUER, [ISSUER, 'x'], undefined), [`${ISSUER}/`, []]),
    audience: perhaps(fc.constantFrom('other', ['client'])),
    algorithms: mostly<unknown>(fc.constantFrom(undefined, ['RS256', 'ES256']), [['HS256'], []]),
    clockTolerance: perhaps(duration),
    maxTokenAge: perhaps(duration),
    subject: mostly<unknown>(fc.constant(undefined), ['user-1', 'user-2']),
    typ: mostly<unknown>(fc.constant(undefined), ['JWT', 'at+jwt']),
  }),
  claims: fc.record(
    {
      iss: mostly<unknown>(fc.constant(ISSUER), [`${ISSUER}/`, undefined, null]),
      sub: mostly<unknown>(fc.constantFrom('user-1', ''), [5, null, undefined]),
      aud: mostly<unknown>(fc.constantFrom('client', ['other', 'client']), ['other', null]),
      exp: moment(120),
      iat: moment(-90),
      nbf: moment(-90),
      nonce: mostly<unknown>(fc.constantFrom(NONCE, '', undefined, null), ['other', 5]),
      name: claimText,
      picture: claimText,
      email: claimText,
      email_verified: verified,
      phone: claimText,
      phone_verified: verified,
      profile: claimText,
      phone_number: claimText,
    },
    { requiredKeys: ['iss', 'sub', 'aud'] },
  ),
  signer: mostly<Signer>(fc.constantFrom('rsa', 'ec'), ['rsa-pss', 'other-rsa', 'client-secret', 'none']),
  header: fc.record({
    kid: mostly<unknown>(fc.constant(undefined), ['rsa', 'x']),
    typ: fc.constantFrom('JWT', 'jwt', undefined),
  }),
  tokens: fc.record({
    access_token: mostly<unknown>(anyText, [undefined, null]),
    expires_in: mostly<unknown>(fc.nat(), [undefined, '60', '%HUGE%']),
    refresh_token: mostly<unknown>(anyText, [undefined, 5]),
    id_token: mostly<unknown>(fc.constant('%TOKEN%'), [undefined, '', 'x']),
  }),
  answers: fc.record({
    '/jwks': mostly<object>(fc.constant({ body: { keys: [PUBLIC_KEYS.rsa, PUBLIC_KEYS.ec] } }), [
      { status: 404 },
      { body: { keys: [] } },
      { body: { keys: [PUBLIC_KEYS.rsa, PUBLIC_KEYS.otherRsa] } },
    ]),
  }),
  callback: mostly<Record<string, string>>(fc.record({ code: anyText, state: anyText }), [
    { error: 'access_denied' },
    { code: 'x', error: 'access_denied' },
  ]),
});
