/*
 * The names under which secrets travel. Each reader that masks or withholds a
 * value by its name takes its list from here.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Members of a JSON response that hold what a provider issues. `code` is not among them: providers name an error so. */
export const ISSUED_CREDENTIALS = words(
  'access_token refresh_token id_token registration_access_token client_secret device_code',
);

/** Parameters, members and claims by which their holder can act as a client or a user. */
export const CREDENTIALS = [
  ...ISSUED_CREDENTIALS,
  ...words(`code code_verifier client_assertion token subject_token actor_token assertion password id_token_hint
  user_code`),
];

/** Parameters of an authorization request by which somebody else could go on with it. `one_time_token` is Logto's. */
export const REQUEST_SECRETS = words('state nonce one_time_token id_token_hint request_uri');

/** All names of the protocol whose values are secrets: credentials, and what identifies one sign-in, session or user. */
export const PROTOCOL_SECRETS = [
  ...CREDENTIALS,
  ...REQUEST_SECRETS,
  ...words('username request session_state sid jti'),
];

const CREDENTIAL_WORDS = new Set(CREDENTIALS.map(joined));

/** Whether a name is that of a credential, in whichever case: `accessToken`, `Access-Token`. */
export function isCredentialName(name: string): boolean {
  return CREDENTIAL_WORDS.has(joined(name));
}

function joined(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}

const LAST_WORD =
  /(?:^|_)(?:secret|password|passwd|pwd|passphrase|pin|assertion|credentials?|token|apikey|jwt|authorization|verifier|cookie|bearer|signature|sig)$|(?<!(?:^|_)public)(?:^|_)key$|(?:^|_)(?:client_secret|token_hint)$/;

/** Whether a name that somebody chose says of itself that its value is a secret. `name` is in snake_case. */
export function isSecretName(name: string): boolean {
  return LAST_WORD.test(name);
}

/** Whether a variable of the environment may hold a secret, or say where one is. */
export function isSecretVariable(name: string): boolean {
  return /secret|passw|token|totp|credential/i.test(name) || isSecretName(name.toLowerCase());
}

/** Whether a claim that no standard knows may hold a secret: better one too many in a file that is handed on. */
export function isSecretClaim(name: string): boolean {
  return /token|secret|passw|credential|key|nonce|session|code|hash|otp|pin$|^(sid|jti|rh|uti|aio|state)$/i.test(name);
}
