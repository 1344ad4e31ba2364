import * as z from 'zod';
import { isObject } from '../../json.js';

/*
 * The configuration of Logto's OIDC connector, with the same verdict as Logto's
 * own check of it (`@logto/connector-oidc` 1.7.5). The `error` of each check is
 * the phrase that completes "what is allowed: …".
 */

const TEXT = 'text in quotes';
const YES_OR_NO = 'true or false, without quotes';

function text() {
  return z.string({ error: TEXT });
}

function choice<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: values.length === 1 ? `"${values[0]}"` : `one of ${values.join(', ')}` });
}

function yesOrNo() {
  return z.boolean({ error: YES_OR_NO });
}

function textOrList() {
  const error = 'text in quotes, or a list of such texts';
  return z.union([z.string(), z.array(z.string())], { error });
}

/** The ways of client authentication that Logto knows. */
export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'] as const;

/** The algorithms with which Logto signs a client assertion. */
export const ASSERTION_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;

/** As zod 3 takes it: JSON's 1e999 too, which becomes Infinity. */
function textOrNumber() {
  const error = 'a number of seconds, or text with a unit ("5 s")';
  return z.custom<string | number>((value) => typeof value === 'string' || typeof value === 'number', { error });
}

/**
 * An object used as a record. zod's own record would take a key named
 * `constructor` for a class, and skip one named `__proto__`: Logto's check
 * validates both, and then drops the second.
 */
function recordOf<T>(isRight: (value: unknown) => value is T, allowed: string, error: string) {
  return z
    .custom<Readonly<Record<string, T>>>(isObject, { error })
    .superRefine((record, context) => {
      for (const [key, value] of Object.entries(record)) {
        if (!isRight(value)) context.addIssue({ code: 'custom', path: [key], message: allowed });
      }
    })
    .transform((record) => Object.fromEntries(Object.entries(record).filter(([key]) => key !== '__proto__')));
}

/**
 * The scope as Logto sends it: unchanged if it has `openid`, else split on spaces
 * and `+`, with `openid` added at the end.
 */
export function withOpenid(scope: string): string {
  const scopes = scope.split(/[ +]/).filter((part) => part !== '');
  return scopes.includes('openid') ? scope : [...scopes, 'openid'].join(' ');
}

const idTokenVerification = z.object(
  {
    jwksUri: text(),
    issuer: textOrList().optional(),
    audience: textOrList().optional(),
    algorithms: z.array(text(), { error: 'a list of texts' }).optional(),
    clockTolerance: textOrNumber().optional(),
    crit: recordOf((value) => typeof value === 'boolean', YES_OR_NO, 'names with true or false').optional(),
    // Logto requires a Date object, which JSON does not have.
    currentDate: z.undefined({ error: 'nothing' }).optional(),
    maxTokenAge: textOrNumber().optional(),
    subject: text().optional(),
    typ: text().optional(),
  },
  { error: 'an object with at least jwksUri' },
);

const authorizationRequestOptions = z.object(
  {
    responseMode: text().optional(),
    display: text().optional(),
    prompt: text().optional(),
    maxAge: z.string({ error: 'text in quotes ("3600", not 3600)' }).optional(),
    uiLocales: text().optional(),
    idTokenHint: text().optional(),
    loginHint: text().optional(),
    acrValues: text().optional(),
  },
  { error: 'an object' },
);

const connector = z.object(
  {
    responseType: choice(['code']).optional().default('code'),
    grantType: choice(['authorization_code']).optional().default('authorization_code'),
    authorizationEndpoint: text(),
    tokenEndpoint: text(),
    clientId: text(),
    clientSecret: text(),
    tokenEndpointAuthMethod: choice(AUTH_METHODS).optional().default('client_secret_post'),
    clientSecretJwtSigningAlgorithm: choice(ASSERTION_ALGORITHMS).optional().default('HS256'),
    scope: text().transform(withOpenid),
    acceptStringTypedBooleanClaims: yesOrNo().optional().default(false),
    trustUnverifiedEmail: yesOrNo().optional().default(false),
    idTokenVerificationConfig: idTokenVerification,
    authRequestOptionalConfig: authorizationRequestOptions.optional(),
    customConfig: recordOf((value) => typeof value === 'string', TEXT, 'an object of texts').optional(),
  },
  { error: 'an object' },
);

/** A connector's configuration as Logto uses it: validated, with its defaults, without unknown keys. */
export type ConnectorConfig = z.output<typeof connector>;

/** The keys that Logto reads; it ignores all others. */
export const CONNECTOR_KEYS = {
  config: Object.keys(connector.shape),
  idTokenVerificationConfig: Object.keys(idTokenVerification.shape),
  authRequestOptionalConfig: Object.keys(authorizationRequestOptions.shape),
} as const;

/** One reason that Logto refuses a configuration. */
export interface ConfigFault {
  readonly path: readonly string[];
  /** The kind of the actual value, without the value if that may be a secret. */
  readonly found: string;
  /** Completes "what is allowed: …". */
  readonly allowed: string;
}

/** Logto's verdict on a configuration. */
export type ConfigVerdict =
  | { readonly accepted: true; readonly config: ConnectorConfig }
  | { readonly accepted: false; readonly faults: readonly ConfigFault[] };

/** Validates a configuration as Logto does when it is saved, and again at each sign-in. Never throws. */
export function validateConnectorConfig(value: unknown): ConfigVerdict {
  const result = connector.safeParse(value);
  if (result.success) return { accepted: true, config: result.data };
  const faults = result.error.issues.map(({ path, message }) => {
    const keys = path.map(String);
    return { path: keys, found: describeValue(valueAt(value, keys), message), allowed: message };
  });
  return { accepted: false, faults };
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

function describeValue(value: unknown, allowed: string): string {
  if (typeof value === 'boolean') return String(value);
  const kind = kindOf(value);
  // If only certain texts are allowed, "another text" says more than "a text".
  return kind === 'a text' && /^(?:"|one of )/.test(allowed) ? 'another text' : kind;
}

/** The kind of a JSON value, with its article. It does not repeat the value, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * A configuration as Logto's Management API saves it: after validation, empty
 * values are removed at every depth (texts, lists, objects, null). So `scope: ""`
 * is saved as no scope, and an empty `issuer` list as no issuer.
 */
export function savedForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(savedForm).filter((item) => !isEmpty(item));
  if (typeof value !== 'object' || value === null) return value;
  const saved = Object.entries(value).map(([key, item]) => [key, savedForm(item)] as const);
  return Object.fromEntries(saved.filter(([, item]) => !isEmpty(item)));
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === null || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
