import { lookup } from '../json.js';

/** What one parameter of an authorization request or response stands for. */
export interface ParameterMeaning {
  /** One line for people. */
  readonly means: string;
  /** Its value is shown shortened. */
  readonly secret?: true;
}

/** By name: RFC 6749 §4.1, OIDC Core §3.1.2, and what later standards added. */
const MEANINGS: Readonly<Record<string, ParameterMeaning>> = {
  // The answer
  code: { means: 'the authorization code: good once, for about a minute', secret: true },
  state: { means: 'ties the answer to its request' },
  iss: { means: 'who answers (RFC 9207)' },
  error: { means: 'why there is no code' },
  error_description: { means: "the provider's own words" },
  error_uri: { means: 'a page about the error' },
  session_state: { means: 'for noticing a sign-out (OIDC Session Management)' },
  response: { means: 'the whole answer as a signed JWT (JARM)', secret: true },
  id_token: { means: 'an ID token (implicit or hybrid flow)', secret: true },
  access_token: { means: 'an access token (implicit flow, which RFC 9700 advises against)', secret: true },
  refresh_token: { means: 'a refresh token, which belongs in no address', secret: true },
  token_type: { means: 'how the access token is sent' },
  expires_in: { means: 'seconds until the access token expires' },
  scope: { means: 'scopes' },

  // The request
  client_id: { means: 'which application asks' },
  response_type: { means: 'which flow: code is the one to use' },
  redirect_uri: { means: 'where the answer goes, to the letter as registered' },
  nonce: { means: 'ties the ID token to the request' },
  code_challenge: { means: 'the hash of the PKCE verifier' },
  code_challenge_method: { means: 'how that hash was made: S256 is the one to use' },
  response_mode: { means: 'how the answer comes' },
  prompt: { means: 'what the provider is to ask the person, or not to ask' },
  max_age: { means: 'sign in again when the last time was longer ago (seconds)' },
  login_hint: { means: 'the user name to fill in' },
  id_token_hint: { means: 'who is signed in, as far as the application knows', secret: true },
  acr_values: { means: 'how strongly to sign in' },
  ui_locales: { means: 'languages of the page' },
  display: { means: 'the form of the page' },
  claims: { means: 'single claims asked for (OIDC Core §5.5)' },
  resource: { means: 'the API the token is for (RFC 8707)' },
  audience: { means: "the API the token is for, in some providers' own way" },
  request: { means: 'the whole request as a JWT (RFC 9101)', secret: true },
  request_uri: { means: 'where the request was put beforehand (RFC 9126)', secret: true },

  // The sign-out
  post_logout_redirect_uri: { means: 'where the browser goes after a sign-out' },
  logout_token: { means: 'a logout token', secret: true },

  // What belongs nowhere near a browser
  client_secret: { means: 'the client secret, which belongs in no address: replace it', secret: true },
  client_assertion: { means: 'the client proving itself, which belongs in no address', secret: true },
  code_verifier: { means: 'the PKCE verifier, which belongs in no address', secret: true },
  password: { means: 'a password, which belongs in no address: change it', secret: true },
};

/** Names that sound like a secret, of whatever provider. */
const SOUNDS_SECRET = /token|secret|password|assertion|verifier|ticket|^saml/i;

/** What a parameter stands for; one that no standard knows is called the provider's own. */
export function parameterMeaning(name: string): ParameterMeaning {
  const known = lookup(MEANINGS, name);
  if (known) return known;
  const means = 'of no standard: the provider, or the application, has it for itself';
  return SOUNDS_SECRET.test(name) ? { means, secret: true } : { means };
}
