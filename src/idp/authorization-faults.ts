import type { Fault } from './fault.js';
import { HOSTILE_TEXT } from './user-faults.js';

/** Faults of the authorization endpoint: what it asks of the client, and what it answers. */
export const AUTHORIZATION_FAULTS = {
  'pkce-required': {
    does: 'An authorization request without code_challenge is refused, from confidential clients too.',
    clause: 'allowed by RFC 7636 §4.4.1',
    client: 'signs in',
    configure: (configuration) => {
      configuration.pkce = { ...configuration.pkce, required: () => true };
    },
  },
  'no-state': {
    does: 'The authorization response has no state, though the request had one.',
    clause: 'against RFC 6749 §4.1.2; to be refused by its §10.12',
    client: 'refuses',
    authorizationResponse: (response) => {
      delete response.state;
    },
  },
  'wrong-state': {
    does: 'The authorization response’s state is another-state.',
    clause: 'against RFC 6749 §4.1.2; to be refused by its §10.12',
    client: 'refuses',
    authorizationResponse: (response) => {
      response.state = 'another-state';
    },
  },
  'no-iss-parameter': {
    does: 'The authorization response has no iss, though the metadata announces it.',
    clause: 'against RFC 9207 §2; to be refused by its §2.4',
    client: 'refuses',
    authorizationResponse: (response) => {
      delete response.iss;
    },
  },
  'wrong-iss-parameter': {
    does: 'The authorization response’s iss is https://another-issuer.example.',
    clause: 'against RFC 9207 §2; to be refused by its §2.4',
    client: 'refuses',
    authorizationResponse: (response) => {
      response.iss = 'https://another-issuer.example';
    },
  },
  'iss-parameter-with-slash': {
    does: 'The authorization response’s iss is the issuer with a slash at the end.',
    clause: 'against RFC 9207 §2; to be refused by its §2.4',
    client: 'refuses',
    authorizationResponse: (response) => {
      response.iss = `${response.iss}/`;
    },
  },
  'no-code': {
    does: 'The authorization response has neither a code nor an error.',
    clause: 'against RFC 6749 §4.1.2',
    client: 'refuses',
    authorizationResponse: (response) => {
      delete response.code;
    },
  },
  'wrong-code': {
    does: 'The code of the authorization response is one that the token endpoint does not know.',
    clause: 'to be refused by the token endpoint: RFC 6749 §4.1.3',
    client: 'refuses',
    authorizationResponse: (response) => {
      if ('code' in response) response.code = 'a-code-that-nobody-knows';
    },
  },
  'tokens-in-answer': {
    does: 'An ID token, which is none, comes in the authorization response beside the code.',
    clause: 'against OIDC Core §3.1.2.5; as in the hybrid flow, which was not asked for',
    authorizationResponse: (response) => {
      response.id_token = 'not.asked.for';
    },
  },
  'answer-in-fragment': {
    does: 'The authorization response comes in the fragment of the redirect URI, which stays in the browser.',
    clause: 'against OAuth 2.0 Multiple Response Type Encoding §5',
    client: 'refuses',
    responseMode: 'fragment',
  },
  'denied-by-policy': {
    does: 'Whoever signs in is refused with access_denied, and a description that speaks of a policy.',
    clause: 'RFC 6749 §4.1.2.1',
    client: 'refuses',
    authorizationResponse: (response) =>
      refuse(response, 'access_denied', 'The user is not assigned to the application by policy.'),
  },
  'always-login-required': {
    does: 'Whoever signs in is refused with login_required, without prompt=none.',
    clause: 'against OIDC Core §3.1.2.6',
    client: 'refuses',
    authorizationResponse: (response) => refuse(response, 'login_required'),
  },
  'error-of-its-own': {
    does: 'Whoever signs in is refused with an error of no standard, account_in_review.',
    clause: 'RFC 6749 §8.5 has such errors registered',
    client: 'refuses',
    authorizationResponse: (response) => refuse(response, 'account_in_review', 'The account waits for a review.'),
  },
  'error-with-markup': {
    does: 'Whoever signs in is refused, with markup, terminal escapes and a right-to-left mark as the description.',
    clause: 'against RFC 6749 §4.1.2.1, which allows printable ASCII alone',
    client: 'refuses',
    authorizationResponse: (response) => refuse(response, 'access_denied', HOSTILE_TEXT),
  },
  'authorization-500': {
    does: 'The authorization endpoint answers 500 with a page, and never sends the browser back.',
    clause: 'a broken provider, or a proxy before it',
    client: 'refuses',
    answer: {
      authorization: (ctx) => {
        ctx.remove('location');
        ctx.status = 500;
        ctx.type = 'html';
        ctx.body = '<!doctype html><title>500</title><h1>Internal Server Error</h1>';
      },
    },
  },
} satisfies Readonly<Record<string, Fault>>;

/** Makes an error of a code; what is an error already stays the provider's own. */
function refuse(response: Record<string, unknown>, error: string, description?: string): void {
  if (!('code' in response)) return;
  delete response.code;
  response.error = error;
  if (description !== undefined) response.error_description = description;
}
