import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Fault } from './fault.js';
import type { IdTokenDraft } from './id-token-draft.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Faults in what the ID token claims, of a sign-in and of a refresh: it is signed as it should be. */
export const ID_TOKEN_FAULTS = {
  'wrong-issuer': {
    does: 'The ID token’s iss is https://another-issuer.example.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (2)',
    client: 'refuses',
    idToken: ({ claims }) => {
      claims.iss = 'https://another-issuer.example';
    },
  },
  'wrong-audience': {
    does: 'The ID token’s aud is another-client.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (3)',
    client: 'refuses',
    idToken: ({ claims }) => {
      claims.aud = 'another-client';
    },
  },
  'foreign-azp': {
    does: 'The ID token’s azp is another-client; its aud is right.',
    clause: 'against OIDC Core §2',
    idToken: ({ claims }) => {
      claims.azp = 'another-client';
    },
  },
  'expired-id-token': {
    does: 'The ID token was made two hours ago and expired an hour ago.',
    clause: 'to be refused by OIDC Core §3.1.3.7 (9)',
    client: 'refuses',
    idToken: ({ claims, issuedAt }) => {
      claims.iat = issuedAt - 2 * HOUR;
      claims.exp = issuedAt - HOUR;
    },
  },
  'missing-exp': {
    does: 'The ID token has no exp.',
    clause: 'against OIDC Core §2',
    client: 'refuses',
    idToken: ({ claims }) => {
      delete claims.exp;
    },
  },
  'future-iat': {
    does: 'The ID token’s iat is an hour in the future.',
    clause: 'may be refused by OIDC Core §3.1.3.7 (10)',
    idToken: ({ claims, issuedAt }) => {
      claims.iat = issuedAt + HOUR;
      claims.exp = issuedAt + 2 * HOUR;
    },
  },
  'missing-iat': {
    does: 'The ID token has no iat.',
    clause: 'against OIDC Core §2',
    client: 'refuses',
    idToken: ({ claims }) => {
      delete claims.iat;
    },
  },
  'future-nbf': {
    does: 'The ID token’s nbf is an hour in the future.',
    clause: 'to be refused by RFC 7519 §4.1.5',
    client: 'refuses',
    idToken: ({ claims, issuedAt }) => {
      claims.nbf = issuedAt + HOUR;
      claims.exp = issuedAt + 2 * HOUR;
    },
  },
  'no-nonce': {
    does: 'The ID token has no nonce, though the request had one.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (11)',
    client: 'refuses',
    idToken: ({ claims }) => {
      delete claims.nonce;
    },
  },
  'empty-nonce': {
    does: 'The ID token’s nonce is the empty string.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (11)',
    client: 'refuses',
    idToken: ({ claims }) => {
      claims.nonce = '';
    },
  },
  'wrong-nonce': {
    does: 'The ID token’s nonce is another-nonce.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (11)',
    client: 'refuses',
    idToken: ({ claims }) => {
      claims.nonce = 'another-nonce';
    },
  },
  'wrong-at-hash': {
    does: 'The ID token’s at_hash belongs to no access token.',
    clause: 'against OIDC Core §3.1.3.6',
    idToken: ({ claims }) => {
      claims.at_hash = 'AAAAAAAAAAAAAAAAAAAAAA';
    },
  },
  'missing-sub': {
    does: 'The ID token has no sub.',
    clause: 'against OIDC Core §2',
    client: 'refuses',
    idToken: ({ claims }) => {
      delete claims.sub;
    },
  },
  'number-sub': {
    does: 'The ID token’s sub is the number 1001.',
    clause: 'against OIDC Core §2',
    client: 'refuses',
    idToken: ({ claims }) => {
      claims.sub = 1001;
    },
  },
  'long-sub': {
    does: 'The ID token’s sub is 300 characters long.',
    clause: 'against OIDC Core §2, which allows 255',
    idToken: ({ claims }) => {
      claims.sub = 'x'.repeat(300);
    },
  },
  'missing-aud': {
    does: 'The ID token has no aud.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (3)',
    client: 'refuses',
    idToken: ({ claims }) => {
      delete claims.aud;
    },
  },
  'audience-list': {
    does: 'The ID token’s aud is a list with the one client id.',
    clause: 'allowed by OIDC Core §2',
    client: 'signs in',
    idToken: ({ claims }) => {
      claims.aud = [claims.aud];
    },
  },
  'several-audiences': {
    does: 'The ID token’s aud is a list of the client id and another-client, and there is no azp.',
    clause: 'may be refused by OIDC Core §3.1.3.7 (3): the other audience is not trusted',
    idToken: ({ claims }) => {
      claims.aud = [claims.aud, 'another-client'];
    },
  },
  'issuer-with-slash': {
    does: 'The ID token’s iss is the issuer with a slash at the end.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (2)',
    client: 'refuses',
    idToken: ({ claims }) => {
      claims.iss = `${claims.iss}/`;
    },
  },
  'times-in-milliseconds': {
    does: 'The ID token’s iat and exp are in milliseconds.',
    clause: 'against RFC 7519 §2 (NumericDate); the iat may be refused by OIDC Core §3.1.3.7 (10)',
    idToken: ({ claims }) => {
      claims.iat = Number(claims.iat) * 1000;
      claims.exp = Number(claims.exp) * 1000;
    },
  },
  'string-exp': {
    does: 'The ID token’s exp is a string of digits.',
    clause: 'against OIDC Core §2',
    client: 'refuses',
    idToken: ({ claims }) => {
      claims.exp = String(claims.exp);
    },
  },
  'old-auth-time': {
    does: 'The ID token’s auth_time is a day ago, whatever max_age was asked for.',
    clause: 'to be refused by OIDC Core §3.1.3.7 (13), where max_age was sent',
    idToken: ({ claims, issuedAt }) => {
      claims.auth_time = issuedAt - 24 * HOUR;
    },
  },
  'clock-ahead': {
    does: 'The provider’s clock is ten minutes ahead: in the ID token, and in the Date header of each answer.',
    clause: 'may be refused by OIDC Core §3.1.3.7 (10)',
    ...clock(10 * MINUTE),
  },
  'clock-behind': {
    does: 'The provider’s clock is two hours behind: in the ID token, and in the Date header of each answer.',
    clause: 'to be refused by OIDC Core §3.1.3.7 (9)',
    client: 'refuses',
    ...clock(-2 * HOUR),
  },
} satisfies Readonly<Record<string, Fault>>;

/** A clock that is `off` by so many seconds, wherever the client sees it. */
function clock(off: number): Pick<Fault, 'idToken' | 'answer'> {
  return {
    idToken: ({ claims }: IdTokenDraft) => {
      for (const name of ['iat', 'exp', 'nbf', 'auth_time']) {
        if (typeof claims[name] === 'number') claims[name] += off;
      }
    },
    answer: {
      any: (ctx: KoaContextWithOIDC) => ctx.set('date', new Date(Date.now() + off * 1000).toUTCString()),
    },
  };
}
