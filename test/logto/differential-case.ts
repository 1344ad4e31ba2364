import { type Answers, PUBLIC_KEYS, type Signer, signedToken, startProvider } from './differential-provider.js';
import { type Reading, readByLogto, readByUs } from './oracle.js';

/** The moment at which every case happens: seconds since 1970. */
export const NOW = 1_893_456_000;

/** The nonce that the session of every case holds. */
export const NONCE = 'nonce-of-the-session';

export const ISSUER = 'https://id.example.com';

/** How Logto ends a sign-in: with a profile, or with one of its errors. */
export type Ending =
  | 'accepted'
  | 'invalid_config'
  | 'general'
  | 'invalid_response'
  | 'social_invalid_id_token'
  | 'server_error';

/**
 * One case: what differs from a configuration and a provider with which all
 * goes well. A member that is `undefined` is left out. In any text
 * `%ORIGIN%` and `%OTHER%` stand for the provider's two origins, `%HOST%` for
 * the host of the first, `%TOKEN%` for its ID token, the key `%PROTO%` for `__proto__` and the value `%HUGE%` for
 * the number 1e999: none of them could be written here.
 */
export interface DifferentialCase {
  readonly name: string;
  readonly ends: Ending;
  /** What the refresh ends with, where that is the point. */
  readonly refreshEnds?: Ending;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly verification?: Readonly<Record<string, unknown>>;
  /** In place of the whole configuration. */
  readonly wholeConfig?: unknown;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** In place of all claims, as text. */
  readonly payload?: string;
  readonly signer?: Signer;
  readonly header?: Readonly<Record<string, unknown>>;
  /** In place of the signed token. */
  readonly idToken?: string;
  readonly tokens?: Readonly<Record<string, unknown>>;
  readonly answers?: Answers;
  readonly callback?: Readonly<Record<string, string>>;
  /** The provider hangs, so that no refresh follows. */
  readonly slow?: true;
}

const CONFIG = {
  authorizationEndpoint: '%ORIGIN%/authorize',
  tokenEndpoint: '%ORIGIN%/token',
  clientId: 'client',
  clientSecret: 'secret',
  scope: 'openid profile email',
  tokenEndpointAuthMethod: 'client_secret_post',
  clientSecretJwtSigningAlgorithm: 'HS256',
};

const VERIFICATION = { jwksUri: '%ORIGIN%/jwks', issuer: ISSUER };

const CLAIMS = {
  iss: ISSUER,
  sub: 'user-1',
  aud: 'client',
  iat: NOW,
  exp: NOW + 600,
  nonce: NONCE,
  name: 'Alice',
  picture: 'https://id.example.com/alice.png',
  email: 'alice@example.com',
  email_verified: true,
  phone: '+123456789',
  phone_verified: true,
};

const TOKENS = {
  id_token: '%TOKEN%',
  access_token: 'access-token',
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'refresh-token',
  scope: 'openid',
};

/** Runs a case through Logto's code and through ours, at one provider; `onHang` is called for each request that it leaves hanging. */
export async function runBoth(one: DifferentialCase, onHang?: () => void): Promise<{ logto: Reading; ours: Reading }> {
  const provider = await startProvider();
  const { origin, otherOrigin } = provider;
  const written = (value: unknown): string =>
    JSON.stringify(value)
      .replaceAll('%ORIGIN%', origin)
      .replaceAll('%OTHER%', otherOrigin)
      .replaceAll('%HOST%', new URL(origin).host)
      .replaceAll('%PROTO%', '__proto__')
      .replaceAll('"%HUGE%"', '1e999');
  try {
    const payload = one.payload ?? written({ ...CLAIMS, ...one.claims });
    const token = one.idToken ?? signedToken(payload, one.signer ?? 'rsa', one.header);
    const filled = (body: unknown): unknown =>
      Buffer.isBuffer(body) || body === undefined
        ? body
        : (typeof body === 'string' ? body : written(body)).replaceAll('%TOKEN%', token);
    const tokens = { ...TOKENS, ...one.tokens };
    const responses: Answers = {
      '/token': { body: tokens },
      '/moved/token': { body: tokens },
      '/jwks': { body: { keys: [PUBLIC_KEYS.rsa, PUBLIC_KEYS.ec] } },
      '/moved/jwks': { body: { keys: [PUBLIC_KEYS.rsa] } },
      ...one.answers,
    };
    provider.play(
      Object.fromEntries(
        Object.entries(responses).map(([path, response]) => {
          const headers: Record<string, string> = response.headers ? JSON.parse(written(response.headers)) : {};
          return [path, { ...response, headers, body: filled(response.body) }];
        }),
      ),
      onHang,
    );
    const verification = { ...VERIFICATION, ...one.verification };
    const config = written(
      'wholeConfig' in one ? one.wholeConfig : { ...CONFIG, idTokenVerificationConfig: verification, ...one.config },
    );
    const callback = one.callback ?? { code: 'code 1+/=', state: 'state' };
    const signIn = { config, callback, nonce: NONCE, refreshes: !one.slow };
    const { nonce, reading } = await readByLogto(signIn, provider);
    const [logto, ours] = await Promise.all([reading, readByUs(signIn, provider, nonce)]);
    return { logto, ours };
  } finally {
    await provider.close();
  }
}

/** The same case with several values of one thing. */
export function each<T = unknown>(
  values: readonly (readonly [name: string, value: T, ends: Ending])[],
  make: (value: T) => Omit<DifferentialCase, 'name' | 'ends'>,
  prefix: string,
): DifferentialCase[] {
  return values.map(([name, value, ends]) => ({ name: `${prefix}: ${name}`, ends, ...make(value) }));
}
