import { isDeepStrictEqual } from 'node:util';
import { objectMembers } from '../../oidc/json-values.js';
import { type ProfileValues, profileSchema } from '../../profiles/schema.js';
import { snakeCase } from '../snake-case.js';
import { CONNECTOR_KEYS, savedForm, validateConnectorConfig } from './schema.js';
import { memberAt, setMember } from './secret-members.js';

type Json = Readonly<Record<string, unknown>>;

/** The place in a configuration of each ordinary key of a profile. */
const PLACES = {
  authorizationEndpoint: ['authorizationEndpoint'],
  tokenEndpoint: ['tokenEndpoint'],
  clientId: ['clientId'],
  clientAuth: ['tokenEndpointAuthMethod'],
  scope: ['scope'],
  jwksUri: ['idTokenVerificationConfig', 'jwksUri'],
  issuer: ['idTokenVerificationConfig', 'issuer'],
  clockTolerance: ['idTokenVerificationConfig', 'clockTolerance'],
  responseMode: ['authRequestOptionalConfig', 'responseMode'],
  display: ['authRequestOptionalConfig', 'display'],
  prompt: ['authRequestOptionalConfig', 'prompt'],
  maxAge: ['authRequestOptionalConfig', 'maxAge'],
  uiLocales: ['authRequestOptionalConfig', 'uiLocales'],
  loginHint: ['authRequestOptionalConfig', 'loginHint'],
  acrValues: ['authRequestOptionalConfig', 'acrValues'],
} as const satisfies Partial<Record<keyof ProfileValues, readonly string[]>>;

type MemberPlacement = keyof typeof PLACES;

/**
 * The parameters that customConfig really sends: of two spellings of a name the
 * later, without the empty ones, which saving removes.
 */
function customParameters(config: Json): Map<string, string> {
  const custom = Object.entries(objectMembers(memberAt(savedForm(config), ['customConfig'])));
  return new Map(custom.map(([key, value]) => [snakeCase(key), String(value)]));
}

function allowed<K extends keyof ProfileValues>(key: K, value: unknown): boolean {
  return value !== undefined && profileSchema.shape[key].safeParse(value).success;
}

/**
 * Reads a configuration without its secrets as ordinary keys of a profile. It
 * takes the values that are really sent, so customConfig precedes its other keys.
 * Leaves out members that no profile has. Empty for a configuration that Logto
 * refuses.
 */
export function profileValues(config: Json): ProfileValues {
  const verdict = validateConnectorConfig({ ...(savedForm(config) as Json), clientSecret: 'not looked at' });
  if (!verdict.accepted) return {};
  const { idTokenVerificationConfig: verification, authRequestOptionalConfig: optional = {}, ...rest } = verdict.config;
  const custom = customParameters(config);
  const { issuer } = verification;
  const maxAge = custom.get('max_age') ?? optional.maxAge;
  const parameters = [...custom].filter(([name, value]) => allowed('parameters', { [name]: value }));
  const details: Record<string, unknown> = {
    issuer: (typeof issuer === 'string' ? [issuer] : (issuer ?? [])).find((one) => allowed('issuer', one)),
    authorizationEndpoint: rest.authorizationEndpoint,
    tokenEndpoint: rest.tokenEndpoint,
    jwksUri: verification.jwksUri,
    clientId: rest.clientId,
    clientAuth: rest.tokenEndpointAuthMethod,
    scope: custom.get('scope') ?? rest.scope,
    clockTolerance: verification.clockTolerance,
    prompt: custom.get('prompt') ?? optional.prompt,
    loginHint: custom.get('login_hint') ?? optional.loginHint,
    maxAge: maxAge !== undefined && /^\d+$/.test(maxAge) ? Number(maxAge) : undefined,
    uiLocales: custom.get('ui_locales') ?? optional.uiLocales,
    acrValues: custom.get('acr_values') ?? optional.acrValues,
    display: custom.get('display') ?? optional.display,
    responseMode: custom.get('response_mode') ?? optional.responseMode,
    claims: custom.get('claims'),
    resource: custom.get('resource'),
    parameters: parameters.length === 0 ? undefined : Object.fromEntries(parameters),
  };
  const entries = Object.entries(details).filter(([key, value]) => allowed(key as keyof ProfileValues, value));
  return Object.fromEntries(entries);
}

/**
 * The configuration of a connector with the behaviour of a profile, in Logto's
 * simplest spelling and without the client secret. `claims` and one `resource` go
 * into customConfig, which Logto sends with the token request too.
 */
export function plainConfig(values: ProfileValues): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const [key, place] of Object.entries(PLACES)) {
    const value = values[key as MemberPlacement];
    if (value !== undefined) setMember(config, place, key === 'maxAge' ? String(value) : value);
  }
  const { claims, resource, parameters } = values;
  const [only, second] = typeof resource === 'string' ? [resource] : (resource ?? []);
  const custom = {
    ...parameters,
    ...(claims === undefined ? {} : { claims: typeof claims === 'string' ? claims : JSON.stringify(claims) }),
    ...(only === undefined || second !== undefined ? {} : { resource: only }),
  };
  if (Object.keys(custom).length > 0) config.customConfig = custom;
  return config;
}

/** The paths of parameters that Logto sends for a configuration and an ordinary sign-in with these values does not. */
export function unsentParameters(config: Json, values: ProfileValues): string[][] {
  const optional = Object.keys(objectMembers(config.authRequestOptionalConfig)).filter(
    (key) =>
      (CONNECTOR_KEYS.authRequestOptionalConfig as readonly string[]).includes(key) &&
      values[key as keyof ProfileValues] === undefined,
  );
  const custom = Object.keys(objectMembers(config.customConfig)).filter((key) => {
    const name = snakeCase(key);
    const own = Object.keys(PLACES).find((ordinary) => snakeCase(ordinary) === name) ?? name;
    return values.parameters?.[name] === undefined && values[own as keyof ProfileValues] === undefined;
  });
  return [...optional.map((key) => ['authRequestOptionalConfig', key]), ...custom.map((key) => ['customConfig', key])];
}

/**
 * Updates a configuration in place with the profile's values that have changed
 * since the import. `imported` are the configuration's own values.
 */
export function followChanges(config: Record<string, unknown>, imported: ProfileValues, values: ProfileValues): void {
  const customKeys = (name: string) =>
    Object.keys(objectMembers(config.customConfig)).filter((key) => snakeCase(key) === snakeCase(name));
  const base = plainConfig(values);
  for (const [key, place] of Object.entries(PLACES) as [MemberPlacement, readonly string[]][]) {
    if (isDeepStrictEqual(imported[key], values[key])) continue;
    if (key === 'issuer' && issuerUnchanged(memberAt(config, place), imported.issuer, values.issuer)) continue;
    // Without the key a sign-in here uses the advertised methods, and Logto its default.
    if (key === 'clientAuth' && values.clientAuth === undefined) continue;
    for (const name of customKeys(key)) setMember(config, ['customConfig', name], undefined);
    setMember(config, place, memberAt(base, place));
  }
  const [before, now] = [objectMembers(plainConfig(imported).customConfig), objectMembers(base.customConfig)];
  for (const name of Object.keys({ ...before, ...now })) {
    if (before[name] === now[name]) continue;
    const keys = customKeys(name);
    // Logto sends the last of several spellings.
    const changed = now[name] === undefined ? keys : [keys.at(-1) ?? name];
    for (const key of changed) setMember(config, ['customConfig', key], now[name]);
  }
}

/**
 * Whether the issuer is the imported one. Without an issuer nothing is compared,
 * each of a list is accepted, and one that is not a URL stays.
 */
function issuerUnchanged(written: unknown, imported: string | undefined, wanted: string | undefined): boolean {
  return written === undefined || imported === undefined || (Array.isArray(written) && written.includes(wanted));
}

/** The keys in Logto's own order, then any others. */
export function orderMembers(config: Json): Record<string, unknown> {
  const known = CONNECTOR_KEYS.config.filter((key) => Object.hasOwn(config, key));
  const others = Object.keys(config).filter((key) => !known.includes(key));
  return Object.fromEntries([...known, ...others].map((key) => [key, config[key]]));
}
