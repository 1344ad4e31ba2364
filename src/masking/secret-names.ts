/*
 * The names under which secrets travel. Each reader that masks or withholds a
 * value by its name takes its list from here.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Members of a JSON response with values that a provider issues. `code` is not
 * one, since providers use the name for errors.
 */
export const ISSUED_CREDENTIALS = words(
  'access_token refresh_token id_token registration_access_token client_secret device_code',
);

/** Parameters, members and claims by which their holder can act as a client or a user. */
export const CREDENTIALS = [
  ...ISSUED_CREDENTIALS,
  ...words(`code code_verifier client_assertion token subject_token actor_token assertion password id_token_hint
  user_code`),
];

/** Parameters of an authorization request with which someone else could continue it. `one_time_token` is Logto's. */
export const REQUEST_SECRETS = words('state nonce one_time_token id_token_hint request_uri');

/** All names of the protocol with secret values: credentials, and identifiers of one sign-in, session or user. */
export const PROTOCOL_SECRETS = [
  ...CREDENTIALS,
  ...REQUEST_SECRETS,
  ...words('username request session_state sid jti'),
];

const CREDENTIAL_WORDS = new Set(CREDENTIALS.map(joined));

/** Whether a name is that of a credential, in any case: `accessToken`, `Access-Token`. */
export function isCredentialName(name: string): boolean {
  return CREDENTIAL_WORDS.has(joined(name));
}

function joined(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}

const LAST_WORD =
  /(?:^|_)(?:secret|password|passwd|pwd|passphrase|pin|assertion|credentials?|token|apikey|jwt|authorization|verifier|cookie|bearer|signature|sig)$|(?<!(?:^|_)public)(?:^|_)key$|(?:^|_)(?:client_secret|token_hint)$/;

/** Whether a name that users choose states that its value is a secret. `name` is in snake_case. */
export function isSecretName(name: string): boolean {
  return LAST_WORD.test(name);
}

/** Whether an environment variable may hold a secret, or the place of one. */
export function isSecretVariable(name: string): boolean {
  return /secret|passw|token|totp|credential/i.test(name) || isSecretName(name.toLowerCase());
}

/** Whether a non-standard claim may hold a secret. In doubt it may, since the file may be passed on. */
export function isSecretClaim(name: string): boolean {
  return /token|secret|passw|credential|key|nonce|session|code|hash|otp|pin$|^(sid|jti|rh|uti|aio|state)$/i.test(name);
}
