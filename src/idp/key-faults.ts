import type { CryptoKey } from 'jose';
import type { JWK } from 'oidc-provider';
import type { Fault, FaultActs } from './fault.js';
import { HUGE_BYTES, hugeText, page, pause, SLOW_MS } from './faulty-responses.js';

/** Faults of the keys: the ID token's signature, and the key set it is to be verified with. */
export const KEY_FAULTS = {
  'bad-signature': {
    does: 'The ID token is signed with a key that nobody has published, under the kid of one that is.',
    clause: 'to be refused by OIDC Core §3.1.3.7 (6)',
    client: 'refuses',
    idToken: (token) => {
      token.signer = 'stranger';
    },
  },
  'unknown-kid': {
    does: 'The ID token is signed with a key that is not in the key set, and names it by kid.',
    clause: 'against OIDC Core §10.1',
    client: 'refuses',
    idToken: (token) => {
      token.signer = 'stranger';
      token.header.kid = 'not-in-the-key-set';
    },
  },
  'altered-id-token': {
    does: 'The ID token is altered after it was signed: its sub is admin.',
    clause: 'to be refused by OIDC Core §3.1.3.7 (6)',
    client: 'refuses',
    idToken: (token) => {
      token.send = (signed) => {
        const [header, payload = '', signature] = signed.split('.');
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
        return `${header}.${Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url')}.${signature}`;
      };
    },
  },
  'alg-none': {
    does: 'The ID token is not signed: its alg is none.',
    clause: 'to be refused by OIDC Core §2, unless none was registered and the token comes from the token endpoint',
    client: 'refuses',
    idToken: (token) => {
      token.signer = 'nobody';
    },
  },
  'hs256-with-public-key': {
    does: 'The ID token’s alg is HS256, and the secret is the provider’s public key: whoever mixes up the two takes it.',
    clause: 'to be refused by RFC 8725 §3.1',
    client: 'refuses',
    idToken: (token) => {
      token.signer = 'public key';
    },
  },
  'id-token-opaque': {
    does: 'The ID token is no JWT: its value is opaque-id-token.',
    clause: 'against OIDC Core §2',
    client: 'refuses',
    idToken: (token) => {
      token.send = () => 'opaque-id-token';
    },
  },
  'no-kid': {
    does: 'The ID token’s header has no kid.',
    clause: 'allowed by OIDC Core §10.1 where one key alone fits the algorithm, as it does here',
    client: 'signs in',
    idToken: ({ header }) => {
      delete header.kid;
    },
  },
  'rotated-keys': {
    does: 'The first ID token is signed with a new key, and from then on the key set holds that in place of the old one.',
    clause: 'allowed by OIDC Core §10.1.1: a client has to fetch the key set again',
    client: 'signs in',
    begin: rotation,
  },
  'jwks-404': {
    does: 'The key set’s address answers 404.',
    clause: 'against OIDC Discovery §3',
    client: 'refuses',
    answer: {
      jwks: (ctx) => {
        ctx.status = 404;
        ctx.type = 'json';
        ctx.body = { error: 'not_found' };
      },
    },
  },
  'jwks-html': {
    does: 'The key set’s address answers 200 with an HTML page.',
    clause: 'against OIDC Discovery §3',
    client: 'refuses',
    answer: { jwks: (ctx) => page(ctx, 200, 'Welcome') },
  },
  'jwks-empty': {
    does: 'The key set is an empty list.',
    clause: 'against OIDC Discovery §3, which wants the keys that sign in it',
    client: 'refuses',
    answer: {
      jwks: (ctx) => {
        ctx.body = { keys: [] };
      },
    },
  },
  'jwks-huge': {
    does: `The key set is ${HUGE_BYTES} MB long; the right keys are in it.`,
    clause: 'allowed; a client does well to read no more than it can use',
    answer: {
      jwks: (ctx) => {
        ctx.body = { ...responseKeys(ctx.body), padding: hugeText() };
      },
    },
  },
  'jwks-without-kids': {
    does: 'The keys of the key set have no kid, and the ID token has one.',
    clause: 'against OIDC Core §10.1',
    client: 'refuses',
    answer: {
      jwks: (ctx) => {
        ctx.body = { keys: responseKeys(ctx.body).keys.map(({ kid: _kid, ...key }) => key) };
      },
    },
  },
  'jwks-slow': {
    does: `The key set comes after ${SLOW_MS / 1000} seconds.`,
    clause: 'allowed; Logto’s connector waits 5 seconds',
    answer: { jwks: (ctx) => pause(ctx, SLOW_MS) },
  },
} satisfies Readonly<Record<string, Fault>>;

function responseKeys(body: unknown): { readonly keys: readonly JWK[] } {
  return body as { keys: JWK[] };
}

/** A key change at the first ID token, for each algorithm by itself. */
function rotation(): FaultActs {
  const successors = new Map<string, { readonly kid: string; readonly key: CryptoKey; readonly jwk: object }>();
  const successor = async (alg: string) => {
    const known = successors.get(alg);
    if (known) return known;
    const { exportJWK, generateKeyPair } = await import('jose');
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const kid = `rotated-${alg}`;
    const made = { kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
    successors.set(alg, made);
    return made;
  };
  return {
    idToken: async (token) => {
      const { kid, key } = await successor(token.header.alg);
      token.signer = key;
      token.header.kid = kid;
    },
    answer: {
      jwks: (ctx) => {
        const { keys } = responseKeys(ctx.body);
        ctx.body = { keys: keys.map((key) => successors.get(String(key.alg))?.jwk ?? key) };
      },
    },
  };
}
