import type { IncomingHttpHeaders } from 'node:http';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { basicAsItStands, basicOnlyIfEncoded } from './basic-credentials.js';
import type { IdTokenDraft } from './id-token-draft.js';

/** The endpoints whose answers a fault may change, by oidc-provider's names. */
type FaultyRoute = 'discovery' | 'jwks' | 'token' | 'userinfo';

/**
 * One way in which the built-in provider misbehaves, or differs from what
 * most providers do. Each member below `clause` is a place where it acts;
 * functions change what they are handed. Where two faults change the same
 * thing, the one named later has the last word.
 */
export interface Fault {
  /** What the provider does then: one sentence. */
  readonly does: string;
  /** What the standard says of it: the clause it goes against, or the one that allows it. */
  readonly clause: string;
  /** Changes oidc-provider's configuration. */
  readonly configure?: (configuration: Configuration) => void;
  /** Changes a copy of what is known of the user, for ID token and userinfo alike, before scopes choose from it. */
  readonly claims?: (claims: Record<string, unknown>) => void;
  /** Changes an ID token, of a sign-in or a refresh, before it is signed with the provider's own key. */
  readonly idToken?: (token: IdTokenDraft) => void;
  /** Changes a successful answer of the token endpoint to this grant type. */
  readonly tokenAnswer?: (answer: Record<string, unknown>, grantType: string) => void;
  /** Changes the headers of a request before the provider reads them. */
  readonly request?: (headers: IncomingHttpHeaders) => void;
  /** Changes or holds back an endpoint's whole answer, whatever its status. */
  readonly answer?: Partial<Record<FaultyRoute, (ctx: KoaContextWithOIDC) => void | Promise<void>>>;
}

/** Milliseconds; Logto waits 5 s for a key set. */
const SLOW = 6_000;

const HOUR = 60 * 60;

/** Every fault, by its name on the command line. */
export const FAULTS = {
  // What is said of the user.
  'claims-in-userinfo-only': {
    does: 'The ID token names the user by sub alone; the claims of profile, email and phone are at the userinfo endpoint.',
    clause: 'allowed by OIDC Core §5.4',
    configure: (configuration) => {
      configuration.conformIdTokenClaims = true;
    },
  },
  'string-booleans': {
    does: 'email_verified and phone_number_verified are the strings "true" and "false".',
    clause: 'against OIDC Core §5.1',
    claims: (claims) => {
      for (const [name, value] of Object.entries(claims)) {
        if (name.endsWith('_verified') && typeof value === 'boolean') claims[name] = String(value);
      }
    },
  },
  'phone-claim': {
    does: 'Scope phone brings the claims phone and phone_verified, not phone_number and phone_number_verified.',
    clause: 'against OIDC Core §5.1; the names that Logto’s connector reads',
    configure: (configuration) => {
      configuration.claims = { ...configuration.claims, phone: ['phone', 'phone_verified'] };
    },
    claims: (claims) => {
      rename(claims, 'phone_number', 'phone');
      rename(claims, 'phone_number_verified', 'phone_verified');
    },
  },
  'unverified-email': {
    does: 'email_verified is false for every user.',
    clause: 'allowed by OIDC Core §5.1',
    claims: (claims) => {
      claims.email_verified = false;
    },
  },
  'no-email-verified': {
    does: 'The email comes without email_verified.',
    clause: 'allowed by OIDC Core §5.1',
    claims: (claims) => {
      delete claims.email_verified;
    },
  },
  'number-name': {
    does: 'The claim name is the number 5.',
    clause: 'against OIDC Core §5.1',
    claims: (claims) => {
      claims.name = 5;
    },
  },

  // What is asked of the client.
  'pkce-required': {
    does: 'An authorization request without code_challenge is refused, from confidential clients too.',
    clause: 'allowed by RFC 7636 §4.4.1',
    configure: (configuration) => {
      configuration.pkce = { ...configuration.pkce, required: () => true };
    },
  },
  'strict-basic': {
    does: 'A Basic credential counts only if it is form-encoded throughout: a raw +, %, / or = in a secret fails.',
    clause: 'as RFC 6749 §2.3.1 asks',
    request: (headers) => {
      headers.authorization = basicOnlyIfEncoded(headers.authorization);
    },
  },
  'raw-basic': {
    does: 'Basic credentials are compared as they stand, not form-decoded first: an encoded + or % in a secret fails.',
    clause: 'against RFC 6749 §2.3.1',
    request: (headers) => {
      headers.authorization = basicAsItStands(headers.authorization);
    },
  },

  // The ID token.
  'wrong-issuer': {
    does: 'The ID token’s iss is https://another-issuer.example.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (2)',
    idToken: ({ claims }) => {
      claims.iss = 'https://another-issuer.example';
    },
  },
  'wrong-audience': {
    does: 'The ID token’s aud is another-client.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (3)',
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
    idToken: ({ claims, issuedAt }) => {
      claims.iat = issuedAt - 2 * HOUR;
      claims.exp = issuedAt - HOUR;
    },
  },
  'missing-exp': {
    does: 'The ID token has no exp.',
    clause: 'against OIDC Core §2',
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
    idToken: ({ claims }) => {
      delete claims.iat;
    },
  },
  'future-nbf': {
    does: 'The ID token’s nbf is an hour in the future.',
    clause: 'to be refused by RFC 7519 §4.1.5',
    idToken: ({ claims, issuedAt }) => {
      claims.nbf = issuedAt + HOUR;
      claims.exp = issuedAt + 2 * HOUR;
    },
  },
  'no-nonce': {
    does: 'The ID token has no nonce, though the request had one.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (11)',
    idToken: ({ claims }) => {
      delete claims.nonce;
    },
  },
  'empty-nonce': {
    does: 'The ID token’s nonce is the empty string.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (11)',
    idToken: ({ claims }) => {
      claims.nonce = '';
    },
  },
  'wrong-nonce': {
    does: 'The ID token’s nonce is another-nonce.',
    clause: 'against OIDC Core §2; to be refused by §3.1.3.7 (11)',
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
  'bad-signature': {
    does: 'The ID token is signed with a key that nobody has published, under the kid of one that is.',
    clause: 'to be refused by OIDC Core §3.1.3.7 (6)',
    idToken: (token) => {
      token.signer = 'stranger';
    },
  },
  'unknown-kid': {
    does: 'The ID token is signed with a key that is not in the key set, and names it by kid.',
    clause: 'against OIDC Core §10.1',
    idToken: (token) => {
      token.signer = 'stranger';
      token.header.kid = 'not-in-the-key-set';
    },
  },

  // The token endpoint's answer.
  'no-id-token': {
    does: 'The token endpoint answers without an ID token.',
    clause: 'against OIDC Core §3.1.3.3',
    tokenAnswer: (answer) => {
      delete answer.id_token;
    },
  },
  'refresh-without-id-token': {
    does: 'A refresh brings no new ID token.',
    clause: 'allowed by OIDC Core §12.2',
    tokenAnswer: (answer, grantType) => {
      if (grantType === 'refresh_token') delete answer.id_token;
    },
  },
  'null-refresh-token': {
    does: 'The token endpoint answers with "refresh_token": null.',
    clause: 'against RFC 6749 §5.1',
    tokenAnswer: (answer) => {
      answer.refresh_token = null;
    },
  },
  'no-access-token': {
    does: 'The token endpoint answers without an access token.',
    clause: 'against RFC 6749 §5.1',
    tokenAnswer: (answer) => {
      delete answer.access_token;
    },
  },
  'no-expires-in': {
    does: 'The token endpoint does not say when the access token expires.',
    clause: 'allowed by RFC 6749 §5.1, which recommends to say it',
    tokenAnswer: (answer) => {
      delete answer.expires_in;
    },
  },
  'expires-in-string': {
    does: 'expires_in is the string "3600".',
    clause: 'against RFC 6749 §5.1',
    tokenAnswer: (answer) => {
      answer.expires_in = String(answer.expires_in);
    },
  },
  'token-not-json': {
    does: 'The token endpoint answers 200 with an HTML page.',
    clause: 'against RFC 6749 §5.1',
    answer: {
      token: (ctx) => {
        ctx.status = 200;
        ctx.type = 'html';
        ctx.body = '<!doctype html><title>Welcome</title><p>This is a page, not an answer.';
      },
    },
  },
  'token-500': {
    does: 'The token endpoint answers 500 with plain text.',
    clause: 'a broken provider, or a proxy before it',
    answer: {
      token: (ctx) => {
        ctx.status = 500;
        ctx.type = 'text';
        ctx.body = 'Internal Server Error';
      },
    },
  },

  // The key set.
  'jwks-404': {
    does: 'The key set’s address answers 404.',
    clause: 'against OIDC Discovery §3',
    answer: {
      jwks: (ctx) => {
        ctx.status = 404;
        ctx.type = 'json';
        ctx.body = { error: 'not_found' };
      },
    },
  },
  'jwks-slow': {
    does: `The key set comes after ${SLOW / 1000} seconds.`,
    clause: 'allowed; Logto’s connector waits 5 seconds',
    answer: { jwks: (ctx) => pause(ctx, SLOW) },
  },
} satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

/** The names of all faults, in the order of the list. */
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

function rename(claims: Record<string, unknown>, from: string, to: string): void {
  if (from in claims) claims[to] = claims[from];
  delete claims[from];
}

/** Waits, but no longer than somebody waits for the answer: a provider that stops must not be held up. */
function pause(ctx: KoaContextWithOIDC, milliseconds: number): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    ctx.res.once('close', () => {
      clearTimeout(timer);
      done();
    });
  });
}
