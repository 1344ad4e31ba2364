import * as z from 'zod';
import { parseJson } from '../json.js';
import { kindsForEditors, refuseOtherKinds } from './kind-check.js';
import { savedConnector } from './saved-connector.js';

// The one definition of the configuration file: the files, the flags and the
// environment are checked with it, and the JSON Schema for editors is written
// from it. The `error` of each check is the phrase that completes
// "what is allowed: …".

// What can be said as a pattern is, and not in code: patterns reach the editors by the JSON Schema, which
// may read them without the flag u.

// Control characters would reach the terminal, or a header, by way of a value.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
const CLEAN = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** A text of one line that fits a pattern. `allowed` completes "what is allowed: …". */
export function text(allowed = 'text that is not empty', pattern = CLEAN, otherwise = allowed) {
  return (
    z
      .string({ error: `${allowed} (in quotes, if it looks like a number)` })
      .min(1, { error: allowed })
      // One pattern each: editors read a single one best.
      .regex(pattern, { error: pattern === CLEAN ? `${allowed}, without control characters` : otherwise })
      .refine((value) => CLEAN.test(value), { error: `${allowed}, without control characters` })
  );
}

/** A whole number with its unit, between two bounds. */
export function wholeNumber(minimum: number, maximum: number, unit: string) {
  const error = `a whole number of ${unit}, ${minimum} to ${maximum}`;
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
}

/** One of some words. */
export function choice<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `one of ${values.join(', ')}` });
}

/** true or false. */
export function yesOrNo() {
  return z.boolean({ error: 'true or false' });
}

function parsedUrl(value: string): URL | undefined {
  if (/\s/.test(value) || !URL.canParse(value)) return undefined;
  return new URL(value);
}

function isWebUrl(url: URL | undefined): url is URL {
  return url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password;
}

// OpenID Connect Discovery 1.0 section 3: no query and no fragment.
const ISSUER = 'an https URL without query, fragment, user name or password (http only on loopback)';
// RFC 6749 section 3.1.2: absolute, no fragment.
const ISSUER_PATTERN = /^[hH][tT]{2}[pP][sS]?:\/\/[^\s?#]+$/;
const ENDPOINT_PATTERN = /^[hH][tT]{2}[pP][sS]?:\/\/[^\s#]+$/;
// RFC 8252 section 7.1: the scheme of an app is a domain name backwards, so it has a dot, and a slash comes next.
const REDIRECT_PATTERN = /^(?:[hH][tT]{2}[pP][sS]?:\/\/[^\s#]+|[A-Za-z][A-Za-z0-9+-]*\.[A-Za-z0-9+.-]*:\/[^\s#]*)$/;
const REDIRECT =
  "an http or https URL, or one with an app's scheme such as com.example.app:/callback, without fragment, user name or password";

function isRedirectUrl(url: URL | undefined): boolean {
  if (url === undefined || url.username || url.password) return false;
  return /^https?:$/.test(url.protocol) || url.protocol.includes('.');
}

/** An absolute URL without fragment or credentials: http, https, or the scheme of an app. */
export function redirectUri() {
  return text(REDIRECT, REDIRECT_PATTERN)
    .refine((value) => isRedirectUrl(parsedUrl(value)), { error: REDIRECT })
    .meta({ format: 'uri' });
}

const ENDPOINT = 'an https URL without fragment, user name or password (http only on loopback)';

function endpointUrl() {
  return text(ENDPOINT, ENDPOINT_PATTERN)
    .refine((value) => isWebUrl(parsedUrl(value)), { error: ENDPOINT })
    .meta({ format: 'uri' });
}

const CLAIMS = 'a JSON object with id_token, userinfo or both (OpenID Connect Core 5.5)';

// RFC 6749 section 3.3, in words.
const SCOPES = 'a list of scopes, each without spaces';

function isJsonObject(value: string): boolean {
  try {
    const parsed: unknown = parseJson(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

// RFC 8707 section 2: an absolute URI without fragment.
const RESOURCE = 'an absolute URI without fragment (RFC 8707), or a list of them';

function resourceUri() {
  return text(RESOURCE, /^[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+$/).refine((value) => parsedUrl(value) !== undefined, {
    error: RESOURCE,
  });
}

/**
 * Request parameters that `parameters` may not set, with the reason: the
 * sign-in's own safety hangs on some, and others have a key of their own.
 */
const RESERVED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'state',
      'nonce',
      'redirect_uri',
      'response_type',
      'client_id',
      'client_secret',
      'client_assertion',
      'client_assertion_type',
      'code_challenge',
      'code_challenge_method',
      'code_verifier',
      'request',
      'request_uri',
    ].map((name) => [name, 'a parameter that the sign-in does not set by itself']),
  ),
  scope: 'the key scope (--scope) instead',
  prompt: 'the key prompt (--prompt) instead',
  login_hint: 'the key loginHint (--login-hint) instead',
  max_age: 'the key maxAge (--max-age) instead',
  ui_locales: 'the key uiLocales (--ui-locales) instead',
  acr_values: 'the key acrValues (--acr-values) instead',
  display: 'the key display (--display) instead',
  claims: 'the key claims (--claims) instead',
  resource: 'the key resource (--resource) instead',
  response_mode: 'the key responseMode (--response-mode) instead',
  // A secret that is good for one sign-in: no file keeps it, and the address it stands in is not shown.
  one_time_token: '--one-time-token-env NAME with login instead',
};

const PARAMETER_NAME = 'a parameter name of letters, digits and -._~:[]';

const parameters = z
  .record(z.string().regex(/^[\w\-.~:[\]]+$/, { error: PARAMETER_NAME }), z.string({ error: 'text (in quotes)' }), {
    error: 'a mapping of parameter names to text',
  })
  .superRefine((value, context) => {
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(RESERVED, name)) continue;
      context.addIssue({ code: 'custom', message: RESERVED[name] ?? '', path: [name], params: { reserved: true } });
    }
  })
  .meta({
    propertyNames: { type: 'string', pattern: `^(?!(?:${Object.keys(RESERVED).join('|')})$)[\\w\\-.~:[\\]]+$` },
  });

// A reference stands alone, so that no secret is ever built out of parts of others.
// biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
const SECRET = 'a variable as ${NAME}, or the secret itself';
/** `${NAME}`, the whole of a value. */
export const SECRET_VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

const SECRET_PATTERN = /^(?:\$\{[A-Za-z_][A-Za-z0-9_]*\}|(?:(?!\$\{).)*)$/;

/** One profile: every key is optional, since the other layers may give it. */
const profileKeys = z.strictObject(
  {
    issuer: text(ISSUER, ISSUER_PATTERN)
      .refine((value) => isWebUrl(parsedUrl(value)), { error: ISSUER })
      .meta({ description: 'The issuer identifier: the URL under which discovery is found.', format: 'uri' })
      .optional(),
    clientId: text().meta({ description: 'The client id that the provider gave to the application.' }).optional(),
    clientSecret: text(SECRET, SECRET_PATTERN)
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
      .meta({ description: 'The client secret, as ${NAME}: taken from that environment variable.' })
      .optional(),
    clientSecretFile: text('a path')
      .meta({ description: 'A file that holds the client secret; relative to this file.' })
      .optional(),
    clientSecretStored: yesOrNo()
      .meta({ description: 'The client secret is kept in the session store (the keychain), bound to the issuer.' })
      .optional(),
    clientAuth: choice(['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'none'])
      .meta({
        description: 'How the client authenticates at the token endpoint. By default what the provider announces.',
      })
      .optional(),
    scope: text('scopes, separated by spaces')
      .meta({ description: 'The scopes to ask for, separated by spaces. Default: openid profile email.' })
      .optional(),
    redirectUri: redirectUri()
      .meta({
        description:
          'The redirect URI, exactly as registered at the provider. Default: http://localhost:8484/callback.',
      })
      .optional(),
    postLogoutRedirectUri: redirectUri()
      .meta({ description: 'Where the provider sends the browser after the logout, exactly as registered.' })
      .optional(),
    prompt: text(
      'none alone, or values such as login, consent and select_account, separated by spaces',
      /^(?:none|(?!(?:.* )?none(?: |$)).*)$/,
      'none alone, or other values without it (OpenID Connect Core 3.1.2.1)',
    )
      .meta({ description: 'What the provider has to ask the person again: login, consent, select_account or none.' })
      .optional(),
    loginHint: text().meta({ description: 'Whom the sign-in page is to suggest.' }).optional(),
    maxAge: wholeNumber(0, 2_147_483_647, 'seconds')
      .meta({ description: 'Seconds since the person last typed a password, at most; checked in the ID token.' })
      .optional(),
    uiLocales: text('language tags, separated by spaces')
      .meta({ description: 'Languages for the sign-in page, best first, separated by spaces.' })
      .optional(),
    acrValues: text('acr values, separated by spaces')
      .meta({ description: 'Authentication contexts to ask for, best first, separated by spaces.' })
      .optional(),
    display: choice(['page', 'popup', 'touch', 'wap'])
      .meta({ description: 'How the provider shows its pages.' })
      .optional(),
    claims: z
      .union([text(CLAIMS).refine(isJsonObject, { error: CLAIMS }), z.record(z.string(), z.unknown())], {
        error: CLAIMS,
      })
      .meta({ description: 'The claims request parameter, as a mapping or as JSON text.' })
      .optional(),
    resource: z
      .union([resourceUri(), z.array(resourceUri())], { error: RESOURCE })
      .meta({ description: 'Which API the access token is for (RFC 8707): one URI or a list.' })
      .optional(),
    parameters: parameters
      .meta({ description: 'Further parameters of the authorization request, by name.' })
      .optional(),
    responseMode: choice(['query', 'form_post'])
      .meta({ description: 'How the answer comes back to the redirect URI. By default the query.' })
      .optional(),
    browser: text('a command')
      .meta({ description: 'The command that opens the sign-in page; the URL is its last argument.' })
      .optional(),
    store: choice(['auto', 'keychain', 'file', 'memory'])
      .meta({ description: 'Where the session is kept. Default: auto, the keychain where there is one.' })
      .optional(),
    clockTolerance: wholeNumber(0, 86_400, 'seconds')
      .meta({ description: 'Seconds by which the clocks may differ. Default: 30.' })
      .optional(),
    timeout: wholeNumber(1, 86_400, 'seconds')
      .meta({
        description: 'Seconds that the person may take, and an answer of the provider: that at most 30. Default: 300.',
      })
      .optional(),
    strict: yesOrNo()
      .meta({ description: 'Whether a warning of the ID-token checks refuses the sign-in. Default: false.' })
      .optional(),
    ca: text('a path')
      .meta({ description: 'A PEM file of further certificate authorities to trust; relative to this file.' })
      .optional(),
    insecure: yesOrNo()
      .meta({ description: 'Turns the verification of TLS certificates off. Default: false.' })
      .optional(),
    allowHttp: yesOrNo()
      .meta({ description: 'Allows an issuer on plain http outside of loopback. Default: false.' })
      .optional(),
    authorizationEndpoint: endpointUrl()
      .meta({ description: 'The authorization endpoint, in place of the one that discovery announces.' })
      .optional(),
    tokenEndpoint: endpointUrl()
      .meta({ description: 'The token endpoint, in place of the one that discovery announces.' })
      .optional(),
    jwksUri: endpointUrl()
      .meta({ description: 'The key set, in place of the one that discovery announces.' })
      .optional(),
    connector: savedConnector
      .meta({ description: 'The Logto connector that the profile was imported from; profile import writes it.' })
      .optional(),
    kind: z
      .literal('logto', { error: 'logto, or no kind at all' })
      .meta({ description: 'The profile is of an application of Logto, and has the keys of its configuration.' })
      .optional(),
    endpoint: text(ISSUER, ISSUER_PATTERN)
      .refine((value) => isWebUrl(parsedUrl(value)), { error: ISSUER })
      .meta({ description: 'With kind logto: where Logto is, as its console shows it.', format: 'uri' })
      .optional(),
    appId: text().meta({ description: 'With kind logto: the App ID.' }).optional(),
    appSecret: text(SECRET, SECRET_PATTERN)
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
      .meta({ description: 'With kind logto: the App Secret, as ${NAME}: taken from that environment variable.' })
      .optional(),
    appSecretFile: text('a path')
      .meta({ description: 'With kind logto: a file that holds the App Secret; relative to this file.' })
      .optional(),
    appSecretStored: yesOrNo()
      .meta({ description: 'With kind logto: the App Secret is kept in the session store, bound to the endpoint.' })
      .optional(),
    resources: z
      .union([resourceUri(), z.array(resourceUri())], { error: RESOURCE })
      .meta({ description: 'With kind logto: the API resources that tokens are for: one URI or a list.' })
      .optional(),
    scopes: z
      .union([text(SCOPES), z.array(text(SCOPES, /^[\u0021\u0023-\u005b\u005d-\u007e]+$/))], { error: SCOPES })
      .meta({ description: 'With kind logto: scopes besides openid, offline_access and profile.' })
      .optional(),
  },
  { error: 'a mapping of keys to values' },
);

/** One profile, whose keys go with its kind. */
export const profileSchema = profileKeys
  .superRefine(refuseOtherKinds)
  .meta(kindsForEditors(Object.keys(profileKeys.shape)));

/** The values that one layer gives to a profile, as the file spells them. Times are seconds. */
export type ProfileValues = z.infer<typeof profileSchema>;

const PROFILE_NAME = 'a name without spaces or control characters, 200 characters at most, that does not begin with -';

/** Whether a profile may have this name: one word that no shell and no flag parser trips over. */
export const profileNameSchema = z
  .string({ error: PROFILE_NAME })
  .max(200, { error: PROFILE_NAME })
  .regex(/^(?!-)(?!__proto__$)\S+$/, { error: PROFILE_NAME })
  .refine((value) => !/\p{C}/u.test(value), { error: PROFILE_NAME });

const FOLDER = 'an absolute path, or one that begins with ~/';

/** The whole file: the project's `oidc-cli.yaml` and the user's `config.yaml` alike. */
export const fileSchema = z
  .strictObject(
    {
      default: profileNameSchema.meta({ description: 'The profile that is used when none is named.' }).nullish(),
      trustedFolders: z
        .array(text(FOLDER, /^(?:~(?:$|[/\\])|\/|[A-Za-z]:[/\\]|\\\\)/), {
          error: 'a list of folders',
        })
        .meta({
          description:
            "In the user's file only: folders (and those below) whose oidc-cli.yaml may name programs, turn verification off and read secrets from anywhere.",
        })
        .nullish(),
      profiles: z
        .record(profileNameSchema, profileSchema.nullable(), { error: 'a mapping of profile names to profiles' })
        .meta({ description: 'The profiles, by name.' })
        .nullish(),
    },
    { error: 'a mapping with the keys default, trustedFolders and profiles' },
  )
  .meta({
    title: 'oidc-cli configuration',
    description: "A project's oidc-cli.yaml, or the user's config.yaml.",
  });
