import type { ProfileValues } from './schema.js';

/** A key of a profile, as the configuration file spells it. */
export type SettingKey = keyof ProfileValues;

/** How a value is read from text. A `path` is relative to its file, or to the current folder; a `list` is separated by spaces in a variable. */
type Kind = 'text' | 'secret' | 'number' | 'boolean' | 'path' | 'list' | 'parameters' | 'mapping';

/** One key of a profile. Without `flag` and `variable` only a file can give it. */
export interface Setting {
  readonly kind: Kind;
  readonly flag?: string;
  readonly variable?: string;
  /** The flag with its argument, as help shows it. */
  readonly option?: string;
  /** The flag's text in help, without the default. */
  readonly help?: string;
  /** The value where no layer gives one. Times are seconds. */
  readonly default?: string | number | boolean;
}

/** A setting with a flag, and with the variable of the same name. */
function setting<const K extends Kind, const D = undefined>(kind: K, option: string, help: string, value?: D) {
  const [flag = ''] = option.split(' ');
  const variable = `OIDC_CLI_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`;
  return { kind, flag, variable, option, help, default: value as D };
}

/**
 * Every key of a profile, in the order in which they are shown. The allowed
 * values are in `schema.ts`; this table is apart from it so that naming a flag
 * does not load zod.
 */
export const SETTINGS = {
  issuer: setting('text', '--issuer <url>', "the provider's issuer, as it states it"),
  clientId: setting('text', '--client-id <id>', 'the client id the provider gave this application'),
  clientSecretFile: setting('path', '--client-secret-file <file>', 'take the client secret from this file'),
  clientSecret: setting('secret', '--client-secret <secret>', 'the client secret'),
  clientSecretStored: { kind: 'boolean' },
  clientAuth: setting(
    'text',
    '--client-auth <method>',
    'client_secret_basic, client_secret_post, client_secret_jwt or none (default: what the provider announces first)',
  ),
  scope: setting('text', '--scope <scopes>', 'scopes, separated by spaces', 'openid profile email'),
  redirectUri: setting(
    'text',
    '--redirect-uri <uri>',
    'the redirect URI as registered',
    'http://localhost:8484/callback',
  ),
  postLogoutRedirectUri: setting(
    'text',
    '--post-logout-redirect-uri <uri>',
    'where the provider sends the browser after a sign-out',
  ),
  prompt: setting('text', '--prompt <prompt>', 'none, login, consent or select_account'),
  loginHint: setting('text', '--login-hint <hint>', 'the user name to fill in'),
  maxAge: setting('number', '--max-age <seconds>', 'sign in again when the last time was longer ago'),
  uiLocales: setting('text', '--ui-locales <tags>', 'preferred languages of the sign-in page'),
  acrValues: setting('text', '--acr-values <values>', 'authentication contexts to ask for'),
  display: setting('text', '--display <display>', 'page, popup, touch or wap'),
  claims: setting('text', '--claims <json>', 'the claims parameter (OIDC Core §5.5)'),
  resource: setting('list', '--resource <uri>', 'a resource indicator (RFC 8707); repeatable'),
  parameters: {
    ...setting('parameters', '--param <name=value>', 'any other parameter of the authorization request; repeatable'),
    variable: 'OIDC_CLI_PARAMETERS',
  },
  responseMode: setting('text', '--response-mode <mode>', 'query or form_post'),
  browser: setting('text', '--browser <command>', 'the browser to start, with the URL as its last argument'),
  store: setting('text', '--store <store>', 'where the session is kept: auto, keychain, file or memory', 'auto'),
  clockTolerance: setting('number', '--clock-tolerance <seconds>', 'by how much the two clocks may differ', 30),
  timeout: setting(
    'number',
    '--timeout <seconds>',
    'seconds to wait for the user; for a response of the provider at most 30 of them',
    300,
  ),
  strict: setting('boolean', '--strict', 'refuse what the ID-token report only warns of', false),
  ca: setting('path', '--ca <file>', 'a PEM file with more certificate authorities to trust'),
  insecure: setting('boolean', '--insecure', 'do not verify TLS certificates', false),
  allowHttp: setting('boolean', '--allow-http', 'allow an issuer on plain http outside this machine', false),
  // The code and the client secret go to these addresses: only a file can give them.
  authorizationEndpoint: { kind: 'text' },
  tokenEndpoint: { kind: 'text' },
  jwksUri: { kind: 'text' },
  connector: { kind: 'mapping' },
  kind: setting('text', '--kind <kind>', 'logto: an application of Logto, with its defaults (implied by --endpoint)'),
  endpoint: setting('text', '--endpoint <url>', "Logto's own address, in place of --issuer"),
  appId: setting('text', '--app-id <id>', 'its App ID, in place of --client-id'),
  appSecretFile: setting('path', '--app-secret-file <file>', 'take the App Secret from this file'),
  appSecret: setting('secret', '--app-secret <secret>', 'the App Secret'),
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

type Table = typeof SETTINGS;
type DefaultKey = {
  [K in SettingKey]: Table[K] extends { default: string | number | boolean } ? K : never;
}[SettingKey];

/** The values that hold where no layer gives one. Times are seconds. */
export const DEFAULTS = Object.fromEntries(
  Object.entries<Setting>(SETTINGS).flatMap(([key, { default: value }]) => (value === undefined ? [] : [[key, value]])),
) as { readonly [K in DefaultKey]: Table[K]['default'] };
