import { isDeepStrictEqual } from 'node:util';
import type { KeptConnector } from '../profiles/kept-connector.js';
import { type ProfileValues, profileSchema } from '../profiles/schema.js';
import { asSaved, CONNECTOR_KEYS, judgeConnectorConfig } from './connector-config.js';
import { memberAt, secretMembers, setMember } from './secret-members.js';
import { snakeCase } from './snake-case.js';

type Json = Readonly<Record<string, unknown>>;

/** Where a connector says what an ordinary key of a profile says. */
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

type Placed = keyof typeof PLACES;

/** The parameters that customConfig really sends: of two spellings of one the later, empty ones left out as saved. */
function customParameters(config: Json): Map<string, string> {
  const custom = memberAt(asSaved(config), ['customConfig']);
  const sent = new Map<string, string>();
  if (typeof custom !== 'object' || custom === null) return sent;
  for (const [key, value] of Object.entries(custom)) sent.set(snakeCase(key), String(value));
  return sent;
}

function allowed<K extends keyof ProfileValues>(key: K, value: unknown): boolean {
  return value !== undefined && profileSchema.shape[key].safeParse(value).success;
}

/**
 * What a connector says, in the ordinary keys of a profile: what it really
 * sends, so that customConfig goes before its other keys. What no profile can
 * say is left out. Empty for a configuration that Logto refuses.
 */
function ordinaryOf(config: Json): ProfileValues {
  const verdict = judgeConnectorConfig({ ...(asSaved(config) as Json), clientSecret: 'not looked at' });
  if (!verdict.accepted) return {};
  const { idTokenVerificationConfig: verification, authRequestOptionalConfig: optional = {}, ...rest } = verdict.config;
  const custom = customParameters(config);
  const { issuer } = verification;
  const maxAge = custom.get('max_age') ?? optional.maxAge;
  const parameters = [...custom].filter(([name, value]) => allowed('parameters', { [name]: value }));
  const said: Record<string, unknown> = {
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
  const entries = Object.entries(said).filter(([key, value]) => allowed(key as keyof ProfileValues, value));
  return Object.fromEntries(entries);
}

/**
 * The configuration of a connector that does what a profile says, in Logto's
 * plainest spelling; without the client secret. `claims` and one `resource` go
 * into customConfig, which Logto sends with the token request too.
 */
export function plainConfig(values: ProfileValues): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const [key, place] of Object.entries(PLACES)) {
    const value = values[key as Placed];
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

/** The members of a value that have no members themselves; a list is one. */
function leaves(value: unknown, path: readonly string[] = []): { path: readonly string[]; value: unknown }[] {
  const inner = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (inner.length === 0) return [{ path, value }];
  return inner.flatMap(([key, item]) => leaves(item, [...path, key]));
}

function entriesOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

/** What a profile keeps of a connector. */
export interface ImportedConnector {
  readonly values: ProfileValues;
  /** Whatever ordinary keys don't say, without secrets. Absent where they say it all. */
  readonly kept: Omit<KeptConnector, 'around' | 'order' | 'stored'>;
  /** Members that hold secrets, from the configuration down; they are in neither of the two. */
  readonly secrets: readonly (readonly string[])[];
  /** Parameters that Logto sends and an ordinary sign-in does not, as paths of the configuration. */
  readonly unsent: readonly (readonly string[])[];
}

/** Takes a configuration apart: ordinary keys, what they don't say, and secrets. `exportedConfig` puts it together again. */
export function importedConnector(config: Json): ImportedConnector {
  const secrets = secretMembers(config);
  const open = structuredClone(config) as Record<string, unknown>;
  for (const path of secrets) setMember(open, path, undefined);
  const values = ordinaryOf(open);
  const base = plainConfig(values);
  const rest: Record<string, unknown> = {};
  const apart = ([key]: readonly string[]) => key === 'customConfig' || key === 'clientSecret' || key === undefined;
  for (const { path, value } of leaves(open)) {
    if (!apart(path) && !isDeepStrictEqual(memberAt(base, path), value)) setMember(rest, path, value);
  }
  // The issuer comes from elsewhere then, and is to be left out too.
  const leftOut = [...leaves(base).map(({ path }) => path), PLACES.issuer]
    .filter((path) => !apart(path) && memberAt(config, path) === undefined)
    .map((path) => path.join('.'));
  const said = entriesOf(base.customConfig);
  const keys = Object.keys(entriesOf(config.customConfig));
  const lastOf = (name: string) => keys.findLast((key) => snakeCase(key) === name);
  if (open.customConfig !== undefined) {
    const unsaid = Object.entries(entriesOf(open.customConfig)).filter(
      ([key, value]) => lastOf(snakeCase(key)) !== key || said[snakeCase(key)] !== value,
    );
    if (unsaid.length > 0 || keys.length === 0) rest.customConfig = Object.fromEntries(unsaid);
  }
  return {
    values,
    kept: {
      ...(Object.keys(rest).length > 0 ? { config: rest } : {}),
      ...(leftOut.length > 0 ? { leftOut } : {}),
      ...(isDeepStrictEqual(keys, Object.keys(said)) ? {} : { customKeys: keys }),
    },
    secrets,
    unsent: unsent(config, values),
  };
}

function unsent(config: Json, values: ProfileValues): string[][] {
  const optional = Object.keys(entriesOf(config.authRequestOptionalConfig)).filter(
    (key) =>
      (CONNECTOR_KEYS.authRequestOptionalConfig as readonly string[]).includes(key) &&
      values[key as keyof ProfileValues] === undefined,
  );
  const custom = Object.keys(entriesOf(config.customConfig)).filter((key) => {
    const name = snakeCase(key);
    const own = Object.keys(PLACES).find((ordinary) => snakeCase(ordinary) === name) ?? name;
    return values.parameters?.[name] === undefined && values[own as keyof ProfileValues] === undefined;
  });
  return [...optional.map((key) => ['authRequestOptionalConfig', key]), ...custom.map((key) => ['customConfig', key])];
}

/**
 * The configuration of an imported profile: as it was, but for the ordinary
 * keys that have been changed since, which are followed. `kept` has its
 * secrets again; the client secret is not part of it.
 */
export function exportedConfig(kept: KeptConnector, values: ProfileValues): Record<string, unknown> {
  const base = plainConfig(values);
  const rest = entriesOf(kept.config);
  const config: Record<string, unknown> = {};
  for (const { path, value } of leaves(base)) {
    const apart = path[0] === 'customConfig' || kept.leftOut?.includes(path.join('.'));
    if (path.length > 0 && !apart) setMember(config, path, value);
  }
  for (const { path, value } of leaves(rest)) {
    if (path.length === 0 || path[0] === 'customConfig') continue;
    const there = memberAt(config, path);
    const isEmptyObject = isDeepStrictEqual(value, {});
    if (!isEmptyObject || typeof there !== 'object') setMember(config, path, value);
  }
  const custom = customConfig(kept, entriesOf(base.customConfig), entriesOf(rest.customConfig));
  if (rest.customConfig !== undefined || Object.keys(custom).length > 0) config.customConfig = custom;
  followChanges(config, values, base);
  return inOrder(config);
}

function customConfig(kept: KeptConnector, said: Json, unsaid: Json): Record<string, unknown> {
  const custom: [string, unknown][] = [];
  const done = new Set<string>();
  for (const key of kept.customKeys ?? []) {
    const name = snakeCase(key);
    if (Object.hasOwn(unsaid, key)) custom.push([key, unsaid[key]]);
    else if (Object.hasOwn(said, name)) custom.push([key, said[name]]);
    else continue;
    done.add(name);
  }
  for (const [name, value] of Object.entries(said)) if (!done.has(snakeCase(name))) custom.push([name, value]);
  const keys = new Set(custom.map(([key]) => key));
  for (const [key, value] of Object.entries(unsaid)) if (!keys.has(key)) custom.push([key, value]);
  return Object.fromEntries(custom);
}

/** Puts in place what the profile says now, wherever the configuration means something else. */
function followChanges(config: Record<string, unknown>, values: ProfileValues, base: Json): void {
  const meant = ordinaryOf(config);
  for (const [key, place] of Object.entries(PLACES) as [Placed, readonly string[]][]) {
    if (isDeepStrictEqual(meant[key], values[key])) continue;
    if (key === 'issuer' && keepsIssuer(memberAt(config, place), meant.issuer, values.issuer)) continue;
    // Without the key a sign-in here takes what the provider announces; Logto would take its default.
    if (key === 'clientAuth' && values.clientAuth === undefined) continue;
    for (const name of Object.keys(entriesOf(config.customConfig))) {
      if (snakeCase(name) === snakeCase(key)) setMember(config, ['customConfig', name], undefined);
    }
    setMember(config, place, memberAt(base, place));
  }
}

/** The issuer is a setting of its own: none is not checked, of a list each is taken, and one that is no URL stays. */
function keepsIssuer(written: unknown, meant: string | undefined, wanted: string | undefined): boolean {
  return written === undefined || meant === undefined || (Array.isArray(written) && written.includes(wanted));
}

/** The keys in Logto's own order, others behind. */
export function inOrder(config: Json): Record<string, unknown> {
  const known = CONNECTOR_KEYS.config.filter((key) => Object.hasOwn(config, key));
  const others = Object.keys(config).filter((key) => !known.includes(key));
  return Object.fromEntries([...known, ...others].map((key) => [key, config[key]]));
}
