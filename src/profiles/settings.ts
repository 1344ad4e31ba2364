import type { ProfileValues } from './schema.js';

/** A key of a profile, as the configuration file spells it. */
export type SettingKey = keyof ProfileValues;

/** How one key of a profile is given outside of a file, and how its text is read there. */
export interface Setting {
  /** The flag, as typed. Absent where a key is for files alone. */
  readonly flag?: string;
  /** The environment variable. Absent where a key is for files alone. */
  readonly variable?: string;
  /** `path` is relative to the file it is in, or to the current folder; `list` is separated by spaces in a variable. */
  readonly kind: 'text' | 'number' | 'boolean' | 'path' | 'list' | 'parameters' | 'mapping';
}

/**
 * Every key of a profile, in the order in which they are shown. What each may
 * hold is the schema's business (`schema.ts`); this table is apart from it so
 * that naming a flag does not load zod.
 */
export const SETTINGS = {
  issuer: { flag: '--issuer', variable: 'OIDC_CLI_ISSUER', kind: 'text' },
  clientId: { flag: '--client-id', variable: 'OIDC_CLI_CLIENT_ID', kind: 'text' },
  clientSecret: { flag: '--client-secret', variable: 'OIDC_CLI_CLIENT_SECRET', kind: 'text' },
  clientSecretFile: { flag: '--client-secret-file', variable: 'OIDC_CLI_CLIENT_SECRET_FILE', kind: 'path' },
  clientSecretStored: { kind: 'boolean' },
  clientAuth: { flag: '--client-auth', variable: 'OIDC_CLI_CLIENT_AUTH', kind: 'text' },
  scope: { flag: '--scope', variable: 'OIDC_CLI_SCOPE', kind: 'text' },
  redirectUri: { flag: '--redirect-uri', variable: 'OIDC_CLI_REDIRECT_URI', kind: 'text' },
  postLogoutRedirectUri: {
    flag: '--post-logout-redirect-uri',
    variable: 'OIDC_CLI_POST_LOGOUT_REDIRECT_URI',
    kind: 'text',
  },
  prompt: { flag: '--prompt', variable: 'OIDC_CLI_PROMPT', kind: 'text' },
  loginHint: { flag: '--login-hint', variable: 'OIDC_CLI_LOGIN_HINT', kind: 'text' },
  maxAge: { flag: '--max-age', variable: 'OIDC_CLI_MAX_AGE', kind: 'number' },
  uiLocales: { flag: '--ui-locales', variable: 'OIDC_CLI_UI_LOCALES', kind: 'text' },
  acrValues: { flag: '--acr-values', variable: 'OIDC_CLI_ACR_VALUES', kind: 'text' },
  display: { flag: '--display', variable: 'OIDC_CLI_DISPLAY', kind: 'text' },
  claims: { flag: '--claims', variable: 'OIDC_CLI_CLAIMS', kind: 'text' },
  resource: { flag: '--resource', variable: 'OIDC_CLI_RESOURCE', kind: 'list' },
  parameters: { flag: '--param', variable: 'OIDC_CLI_PARAMETERS', kind: 'parameters' },
  responseMode: { flag: '--response-mode', variable: 'OIDC_CLI_RESPONSE_MODE', kind: 'text' },
  browser: { flag: '--browser', variable: 'OIDC_CLI_BROWSER', kind: 'text' },
  store: { flag: '--store', variable: 'OIDC_CLI_STORE', kind: 'text' },
  clockTolerance: { flag: '--clock-tolerance', variable: 'OIDC_CLI_CLOCK_TOLERANCE', kind: 'number' },
  timeout: { flag: '--timeout', variable: 'OIDC_CLI_TIMEOUT', kind: 'number' },
  strict: { flag: '--strict', variable: 'OIDC_CLI_STRICT', kind: 'boolean' },
  ca: { flag: '--ca', variable: 'OIDC_CLI_CA', kind: 'path' },
  insecure: { flag: '--insecure', variable: 'OIDC_CLI_INSECURE', kind: 'boolean' },
  allowHttp: { flag: '--allow-http', variable: 'OIDC_CLI_ALLOW_HTTP', kind: 'boolean' },
  // With the code and the client secret as its stake, for files alone.
  authorizationEndpoint: { kind: 'text' },
  tokenEndpoint: { kind: 'text' },
  jwksUri: { kind: 'text' },
  connector: { kind: 'mapping' },
  kind: { flag: '--kind', variable: 'OIDC_CLI_KIND', kind: 'text' },
  endpoint: { flag: '--endpoint', variable: 'OIDC_CLI_ENDPOINT', kind: 'text' },
  appId: { flag: '--app-id', variable: 'OIDC_CLI_APP_ID', kind: 'text' },
  appSecret: { flag: '--app-secret', variable: 'OIDC_CLI_APP_SECRET', kind: 'text' },
  appSecretFile: { flag: '--app-secret-file', variable: 'OIDC_CLI_APP_SECRET_FILE', kind: 'path' },
  appSecretStored: { kind: 'boolean' },
  // On the command line and in the environment, scope and resource say the same.
  resources: { kind: 'list' },
  scopes: { kind: 'list' },
} as const satisfies Record<SettingKey, Setting>;

/** All keys of a profile, in the order in which they are shown. */
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

/** Keys that hold the client secret itself. */
export const SECRET_VALUE_KEYS = ['clientSecret', 'appSecret'] as const;

/** Keys that hold a client secret or say where it is: a layer gives one of them at most. */
export const SECRET_KEYS = [
  'clientSecret',
  'clientSecretFile',
  'clientSecretStored',
  'appSecret',
  'appSecretFile',
  'appSecretStored',
] as const;

/** What holds where nobody said anything. Times are seconds. */
export const DEFAULTS = {
  scope: 'openid profile email',
  redirectUri: 'http://localhost:8484/callback',
  store: 'auto',
  clockTolerance: 30,
  timeout: 300,
  strict: false,
  insecure: false,
  allowHttp: false,
} as const;
