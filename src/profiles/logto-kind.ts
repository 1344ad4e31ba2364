import { OidcCliError } from '../errors.js';
import type { ProfileValues } from './schema.js';

/** The keys of a profile of kind logto, and the ordinary key that each stands for. */
export const LOGTO_KEYS = {
  endpoint: 'issuer',
  appId: 'clientId',
  appSecret: 'clientSecret',
  appSecretFile: 'clientSecretFile',
  appSecretStored: 'clientSecretStored',
  resources: 'resource',
  scopes: 'scope',
} as const;

/** A key by which Logto's own configuration says something. */
type LogtoKey = keyof typeof LOGTO_KEYS;

/** The scopes that Logto's SDKs always ask for, whatever else is configured. */
const RESERVED_SCOPES: readonly string[] = ['openid', 'offline_access', 'profile'];

/** The scopes that are about the person. */
const USER_SCOPES = [...RESERVED_SCOPES, 'email', 'phone', 'address', 'custom_data', 'identities', 'roles'];

/** What holds for kind logto where nobody said anything: as its SDKs have it, and their guide's redirect URI. */
export const LOGTO_DEFAULTS = {
  scope: RESERVED_SCOPES.join(' '),
  redirectUri: 'http://localhost:3000/callback',
  prompt: 'consent',
} as const;

/** The scope without which Logto issues no organization tokens. */
export const ORGANIZATIONS_SCOPE = 'urn:logto:scope:organizations';
const ORGANIZATIONS_RESOURCE = 'urn:logto:resource:organizations';

/** The endpoint out of what may be its issuer, or the address of its configuration: what people find to copy. */
function logtoEndpoint(given: string): string {
  return given
    .replace(/\/+$/, '')
    .replace(/\/\.well-known\/openid-configuration$/, '')
    .replace(/\/oidc$/, '')
    .replace(/\/+$/, '');
}

/** The issuer of Logto at an endpoint, which may be the issuer itself: Logto serves OpenID Connect under `/oidc`. */
export function logtoIssuer(endpoint: string): string {
  return `${logtoEndpoint(endpoint)}/oidc`;
}

/** Layers of a profile, highest first, their keys made ordinary. */
type Layers = readonly { readonly values: Readonly<ProfileValues> }[];

/**
 * The kind goes with the issuer: the highest layer that names either decides,
 * so that an ordinary issuer on the command line is not treated as Logto. One
 * that is the same as below keeps the kind from there.
 */
export function kindFromLayers(layers: Layers): 'logto' | undefined {
  const at = layers.findIndex(({ values }) => values.kind !== undefined || values.issuer !== undefined);
  const { kind, issuer } = layers[at]?.values ?? {};
  if (kind !== undefined || issuer === undefined) return kind;
  const below = layers.slice(at + 1);
  return kindFromLayers(below) === 'logto' && issuerFromLayers(below) === issuer.replace(/\/+$/, '')
    ? 'logto'
    : undefined;
}

/** The issuer that these layers come to, as Logto serves it where they are of that kind. */
export function issuerFromLayers(layers: Layers): string | undefined {
  const issuer = layers.find(({ values }) => values.issuer !== undefined)?.values.issuer;
  return issuer !== undefined && kindFromLayers(layers) === 'logto' ? logtoIssuer(issuer) : issuer;
}

/** What a profile says, in ordinary keys. */
export interface OrdinaryValues {
  /** Without any of Logto's keys but `kind`. */
  readonly values: ProfileValues;
  /** Said where the issuer is used: the endpoint was given as something else. */
  readonly issuerWarning?: string;
  /** The key by which a value was given. */
  givenBy(key: string): string;
}

/**
 * Puts Logto's keys into ordinary ones; an endpoint implies the kind. `where`
 * names the place of a key, for people. Throws `config_value_invalid` (facts:
 * where, found, allowed) where both names of one thing are given.
 */
export function ordinaryValues(given: ProfileValues, where: (key: string) => string): OrdinaryValues {
  const values: ProfileValues = { ...given };
  const byOwnName = new Map<string, string>();
  for (const [key, ordinary] of Object.entries(LOGTO_KEYS) as [LogtoKey, keyof ProfileValues][]) {
    delete values[key];
    if (given[key] === undefined) continue;
    byOwnName.set(ordinary, key);
    if (given[ordinary] !== undefined) {
      throw new OidcCliError('config_value_invalid', {
        where: `${where(ordinary)}, ${where(key)}`,
        found: 'one value under two names',
        allowed: 'one of them',
      });
    }
    Object.assign(values, { [ordinary]: given[key] });
  }
  if (given.scopes !== undefined) values.scope = [given.scopes].flat().join(' ') || undefined;
  if (given.endpoint !== undefined && given.kind === undefined) {
    values.kind = 'logto';
    byOwnName.set('kind', 'endpoint');
  }
  let issuerWarning: string | undefined;
  // Beside `kind: logto` an issuer is what somebody copied from Logto's console.
  if (values.kind === 'logto' && values.issuer !== undefined) {
    const address = values.issuer;
    values.issuer = logtoIssuer(address);
    const key = given.endpoint === undefined ? 'issuer' : 'endpoint';
    const plain = key === 'issuer' ? values.issuer : logtoEndpoint(address);
    if (plain !== address) {
      issuerWarning = `${where(key)}: ${address} is not an ${key} of Logto; it is taken to be ${plain}`;
    }
  }
  return { values, issuerWarning, givenBy: (key) => byOwnName.get(key) ?? key };
}

/**
 * The other way around, as a file of kind logto keeps a profile: what its
 * defaults add by themselves is left out. Values of another kind come back as
 * they are.
 */
export function logtoValues(ordinary: ProfileValues): ProfileValues {
  if (ordinary.kind !== 'logto') return ordinary;
  const { kind, issuer, clientId, clientSecret, clientSecretFile, clientSecretStored, ...others } = ordinary;
  const { scope, resource, ...rest } = others;
  const scopes = splitWords(scope).filter((one) => !RESERVED_SCOPES.includes(one));
  const resources = [resource ?? []]
    .flat()
    .filter((one) => !scopes.includes(ORGANIZATIONS_SCOPE) || one !== ORGANIZATIONS_RESOURCE);
  return {
    kind,
    endpoint: issuer === undefined ? undefined : logtoEndpoint(issuer),
    appId: clientId,
    appSecret: clientSecret,
    appSecretFile: clientSecretFile,
    appSecretStored: clientSecretStored,
    resources: resources.length === 0 ? undefined : resources,
    scopes: scopes.length === 0 ? undefined : scopes,
    ...rest,
  };
}

/**
 * What Logto's SDKs send for a scope: the reserved ones, whatever was said,
 * and the rest after them. With the organizations' scope they also ask for the
 * resource by which organization tokens are issued (seen in `@logto/js` 6.1 and
 * `@logto/client` 3.1).
 */
export function completeScope(scope: string, resource: readonly string[]): { scope: string; resource: string[] } {
  const scopes = [...new Set([...RESERVED_SCOPES, ...splitWords(scope)])];
  const resources = new Set(resource);
  if (scopes.includes(ORGANIZATIONS_SCOPE)) resources.add(ORGANIZATIONS_RESOURCE);
  return { scope: scopes.join(' '), resource: [...resources] };
}

/** The API resources among what is asked for: without the one that stands for organizations. */
export function apiResources(resource: readonly string[]): string[] {
  return resource.filter((one) => one !== ORGANIZATIONS_RESOURCE);
}

/**
 * Whether a scope of Logto's is one of an API resource: those come with the
 * resource's own token, and never with the first one.
 */
export function isResourceScope(scope: string): boolean {
  return !USER_SCOPES.includes(scope) && !scope.startsWith('urn:logto:');
}

function splitWords(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
