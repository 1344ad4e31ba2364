import { lookup } from '../json.js';
import type { Actor } from './recorder.js';

/*
 * Why a parameter is sent, in one clause with its section. Where a parameter
 * means another thing in another request, that request's step comes first.
 */

const ANYWHERE: Readonly<Record<string, string>> = {
  response_type: 'code: tokens come by a request of our own, not through the browser (RFC 6749 §4.1.1)',
  client_id: 'which application asks (RFC 6749 §2.2)',
  redirect_uri: 'where the answer goes; must be registered to the letter (OIDC Core §3.1.2.1)',
  scope: 'openid makes it a sign-in, the others name claims (OIDC Core §3.1.2.1, §5.4)',
  state: 'comes back unchanged and ties the answer to this request (RFC 6749 §10.12)',
  nonce: 'comes back in the ID token and ties it to this request (OIDC Core §3.1.2.1)',
  code_challenge: 'hash of the verifier that only the token request shows (RFC 7636 §4.3)',
  code_challenge_method: 'how the challenge was made of the verifier (RFC 7636 §4.2)',
  prompt: 'whether the person is asked again (OIDC Core §3.1.2.1)',
  max_age: 'an older sign-in must be repeated; seconds (OIDC Core §3.1.2.1)',
  login_hint: 'who is likely to sign in (OIDC Core §3.1.2.1)',
  ui_locales: 'preferred languages of the pages (OIDC Core §3.1.2.1)',
  acr_values: 'how strong a sign-in is wanted (OIDC Core §3.1.2.1)',
  display: 'how the pages are shown (OIDC Core §3.1.2.1)',
  claims: 'single claims that are wanted (OIDC Core §5.5)',
  response_mode: 'by which way the answer comes (OAuth Multiple Response Types §2.1)',
  resource: 'for which API the access token is (RFC 8707 §2)',
  request_uri: 'stands for the parameters that were pushed (RFC 9126 §4)',
  code: 'is exchanged for tokens, once (RFC 6749 §4.1.2)',
  iss: 'who answers, against mixed-up providers (RFC 9207 §2)',
  session_state: 'for watching the session (OIDC Session Management §2)',
  error: 'why the provider refused (RFC 6749 §4.1.2.1)',
  error_description: "the provider's own words (RFC 6749 §4.1.2.1)",
  grant_type: 'what the tokens are asked for with (RFC 6749 §4)',
  code_verifier: 'shows that this client began the sign-in (RFC 7636 §4.5)',
  client_secret: 'authenticates the client in the body (RFC 6749 §2.3.1)',
  client_assertion: 'authenticates the client by a signed JWT (RFC 7523 §2.2)',
  client_assertion_type: 'says that the assertion is a JWT (RFC 7523 §2.2)',
  refresh_token: 'is exchanged for new tokens (RFC 6749 §6)',
  token: 'the token in question',
  token_type_hint: 'which kind of token it is (RFC 7009 §2.1)',
  id_token_hint: 'whose session ends (OIDC RP-Initiated Logout §2)',
  post_logout_redirect_uri: 'where the browser goes afterwards; must be registered (OIDC RP-Initiated Logout §3)',
  organization_id: "for which of Logto's organizations the token is (Logto)",
};

const IN_STEP: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'token request': {
    redirect_uri: 'the same as in the authorization request (RFC 6749 §4.1.3)',
    client_id: 'who asks, where no header says it (RFC 6749 §4.1.3)',
    scope: 'what the new access token is for (RFC 6749 §6)',
  },
  'revocation request': { token: 'is no longer to be valid (RFC 7009 §2.1)' },
  'introspection request': { token: 'the provider is asked what it is good for (RFC 7662 §2.1)' },
  'end session request': { state: 'comes back unchanged (OIDC RP-Initiated Logout §2)' },
  'end session response': { state: 'must be the one that was sent (OIDC RP-Initiated Logout §3)' },
  'authorization response': { state: 'must be the one that was sent (RFC 6749 §10.12)' },
};

const STEPS: Readonly<Record<string, string>> = {
  discovery: 'where the endpoints are and what the provider can do (OIDC Discovery §4)',
  'key set': 'the keys that ID tokens are verified with (OIDC Core §10.1.1)',
  'pushed authorization request': "the request's parameters, past the browser (RFC 9126 §2)",
  'authorization request': 'the browser asks for a sign-in (OIDC Core §3.1.2.1)',
  'authorization response': 'the browser brings the answer back (OIDC Core §3.1.2.5)',
  'token request': 'code or refresh token for tokens (OIDC Core §3.1.3.1)',
  'userinfo request': 'the claims that the access token opens (OIDC Core §5.3)',
  'revocation request': 'a token is given up (RFC 7009 §2)',
  'introspection request': 'what a token is good for (RFC 7662 §2)',
  'end session request': "the browser ends the provider's own session (OIDC RP-Initiated Logout §2)",
  'end session response': 'the browser comes back (OIDC RP-Initiated Logout §3)',
  'ID token checks': 'is the token ours, true and fresh (OIDC Core §3.1.3.7)',
  'userinfo compared': 'the same person as in the ID token (OIDC Core §5.3.2)',
  "Logto's checks": 'what Logto itself compares, which is not all that the standard asks for',
  'refresh request': 'whether the refresh token brings new tokens (OIDC Core §12)',
  'browser opened': 'a person is to sign in there (RFC 8252 §4.1)',
  'driver started': 'a program signs in where a person would',
  'session saved': 'the tokens are kept for later commands',
  'session forgotten': 'the tokens are gone from this machine',
  'check judged': 'how the check ended, by what it expects',
  findings: 'what is not as it should be, of all that was examined without a sign-in',
  'token checks': 'what can be checked of a token that was handed in (RFC 7519 §7.2)',
  'sign-in page': "a page of the provider's, asked for and filled in as a browser would do it",
  'client authentication chosen': 'how the client will show who it is (OIDC Core §9)',
  listening: "waits for the browser on this machine's own address (RFC 8252 §7.3)",
  'stray request': 'somebody else than the provider asked here: it can neither end nor fail the sign-in',
};

/** Why a parameter is in a step's request or answer; undefined where there is nothing to say. */
export function parameterMeaning(step: string, name: string): string | undefined {
  return lookup(lookup(IN_STEP, step) ?? {}, name) ?? lookup(ANYWHERE, name);
}

/** Why an `Authorization` header is sent. */
export function authorizationMeaning(scheme: string): string | undefined {
  if (/^basic$/i.test(scheme)) return 'authenticates the client (RFC 6749 §2.3.1)';
  if (/^bearer$/i.test(scheme)) return 'the access token (RFC 6750 §2.1)';
  if (/^dpop$/i.test(scheme)) return 'the access token, bound to a key (RFC 9449 §7.1)';
  return undefined;
}

/** What a step is for; undefined where its name says it. */
export function stepMeaning(step: string): string | undefined {
  return lookup(STEPS, step);
}

/** Who sends a request of this step: where a sign-in is driven without a browser, its pages are asked for in one's place. */
export function stepSender(step: string): Actor {
  return step === 'sign-in page' ? 'browser' : 'cli';
}
