/** What Logto reads of an authorization request beyond the standard, and the two standard ones it passes on with them. */
export const SIGN_IN_PARAMETERS = [
  'first_screen',
  'interaction_mode',
  'identifier',
  'direct_sign_in',
  'organization_id',
  'login_hint',
  'ui_locales',
  'one_time_token',
] as const;

/** Sign-in parameters by name. */
export type SignInParameters = Readonly<Partial<Record<(typeof SIGN_IN_PARAMETERS)[number], string>>>;

/** Each value that may be sent; what stands nowhere here may be any text. */
const FORMS: Readonly<Partial<Record<keyof SignInParameters, RegExp>>> = {
  first_screen: /^(sign_in|register|reset_password|identifier:sign_in|identifier:register|single_sign_on)$/,
  interaction_mode: /^(signIn|signUp)$/,
  identifier: /^(username|email|phone)( (username|email|phone))*$/,
  direct_sign_in: /^(social|sso):.+$/,
};

/** The sign-in parameters among those of an authorization request. */
export function sentSignInParameters(params: Readonly<Record<string, unknown>>): SignInParameters {
  const named = SIGN_IN_PARAMETERS.map((name) => [name, params[name]] as const);
  return Object.fromEntries(named.filter(([, value]) => typeof value === 'string')) as SignInParameters;
}

/** What the sign-in page gets of them: all, or nothing where one of them is bad. */
export function takenSignInParameters(sent: SignInParameters): SignInParameters {
  const good = SIGN_IN_PARAMETERS.every((name) => {
    const value = sent[name];
    return value === undefined || (value !== '' && (FORMS[name]?.test(value) ?? true));
  });
  return good ? sent : {};
}
