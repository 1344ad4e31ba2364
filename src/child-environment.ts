import type { Environment } from './context.js';

/** Variables of ours without secrets. Any other `OIDC_CLI_*` may hold one: users choose such names for theirs. */
const PUBLIC_VARIABLES: ReadonlySet<string> = new Set(
  [
    ...['ACR_VALUES', 'ALLOW_HTTP', 'APP_ID', 'BROWSER', 'BROWSER_PATH', 'CA', 'CLAIMS', 'CLIENT_AUTH', 'CLIENT_ID'],
    ...['CLOCK_TOLERANCE', 'DISPLAY', 'ENDPOINT', 'HOME', 'INSECURE', 'ISSUER', 'KIND', 'LOGIN_HINT', 'MAX_AGE'],
    ...['POST_LOGOUT_REDIRECT_URI', 'PROFILE', 'PROMPT', 'REDIRECT_URI', 'RESOURCE', 'RESPONSE_MODE', 'SCOPE'],
    ...['STORE', 'STRICT', 'TIMEOUT', 'UI_LOCALES'],
  ].map((name) => `OIDC_CLI_${name}`),
);

/** The variables of an environment that a flag, profile, plan or connector names as a secret. */
const secretNames = new WeakMap<Environment, Set<string>>();

/** Records that a variable holds a secret, because a flag, profile, plan or connector names it as one. */
export function noteSecretVariable(env: Environment, name: string): void {
  const names = secretNames.get(env) ?? new Set();
  names.add(name);
  secretNames.set(env, names);
}

/**
 * The environment for a program that we start: the user's own, without any secret
 * of this program. `given` overrides it.
 */
export function childEnvironment(env: Environment, given: Environment = {}): NodeJS.ProcessEnv {
  const secrets = secretNames.get(env);
  const entries = Object.entries(env).filter(
    ([name]) => !secrets?.has(name) && (!/^OIDC_CLI_/i.test(name) || PUBLIC_VARIABLES.has(name)),
  );
  return { ...Object.fromEntries(entries), ...given };
}
