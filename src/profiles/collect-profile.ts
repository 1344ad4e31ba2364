import { OidcCliError } from '../errors.js';
import { bindEndpoints } from './endpoint-binding.js';
import { environmentLayer, fileLayer, flagLayer, type Layer, variableWarnings } from './layers.js';
import { completeScope, kindFromLayers, LOGTO_DEFAULTS, logtoIssuer } from './logto-kind.js';
import { nearest } from './nearest.js';
import type {
  ChosenBy,
  Profile,
  ProfileChoice,
  ProfileDeps,
  ProfileRequest,
  SecretReference,
  Source,
} from './profile.js';
import { defaultProfile, matchingProfile, profileNames, requestedName } from './profile-choice.js';
import { loadProfileFiles, type ProfileFiles, userFilePath } from './profile-file.js';
import { redirectUriWithPort } from './redirect-uri.js';
import { type BoundSecret, bindSecret } from './secret-binding.js';
import { DEFAULTS, type SettingKey } from './settings.js';
import { refuseStoreKeyName } from './store-key-guard.js';
import { checkProjectTrust, hostOf, isTrustedFolder } from './trust.js';

/** A profile before it is known to be whole: `profile show` shows it as it is. */
export interface CollectedProfile {
  readonly name: string | undefined;
  readonly chosenBy: ChosenBy | undefined;
  /** Everything but what may still be missing. */
  readonly values: Partial<Pick<Profile, 'issuer' | 'clientId'>> & Omit<Profile, 'name' | 'issuer' | 'clientId'>;
  /** By key of the profile; parameters by `parameters.NAME`. */
  readonly sources: Readonly<Record<string, Source>>;
  readonly secret: BoundSecret['secret'];
  readonly warnings: readonly string[];
  /** The files that were looked for; none where the issuer stands for itself. */
  readonly files: ProfileFiles | undefined;
}

/** The layers of the files that know the profile, the project's first. */
async function fileLayers(name: string, files: ProfileFiles, trust: boolean, deps: ProfileDeps): Promise<Layer[]> {
  const layers: Layer[] = [];
  const userValues = files.user?.profiles.get(name);
  if (files.user && userValues) layers.push(fileLayer(files.user, name, userValues, deps.env));
  const projectValues = files.project?.profiles.get(name);
  if (files.project && projectValues) {
    const layer = fileLayer(files.project, name, projectValues, deps.env);
    const trusted = trust || (await isTrustedFolder(files.project.folder, files.user, deps.env));
    const checked = trusted
      ? layer
      : await checkProjectTrust(layer, {
          file: files.project,
          name,
          lower: userValues ?? {},
          userFile: userFilePath(deps),
        });
    layers.unshift(checked);
  }
  return layers;
}

/** The kind, and what has to be said where one is named and does not hold. */
function profileKind(layers: readonly Layer[]): { kind: Profile['kind']; warning?: string } {
  const kind = kindFromLayers(layers);
  const decides = layers.find(({ values }) => values.issuer !== undefined);
  const below = layers.find(({ values }) => values.kind !== undefined);
  if (kind !== undefined || decides === undefined || below === undefined) return { kind };
  const [there, here] = [below.source('kind').where, decides.source('issuer').where];
  const warning = `The kind logto from ${there} is not used for the issuer from ${here}: another Logto is named with --endpoint, OIDC_CLI_ENDPOINT or endpoint.`;
  return { kind, warning };
}

/** What holds for a profile of kind logto once all layers are one: as its SDKs complete their configuration. */
function completeLogto(values: CollectedProfile['values']): CollectedProfile['values'] {
  const { issuer } = values;
  const asked = completeScope(values.scope, values.resource);
  return { ...values, ...asked, ...(issuer === undefined ? {} : { issuer: logtoIssuer(issuer) }) };
}

/** With the prompt `login` alone Logto issues no refresh token, for which `consent` has to be asked. */
function promptWarning({ prompt = '', scope }: CollectedProfile['values']): string[] {
  const prompts = prompt.split(' ');
  if (!prompts.includes('login') || prompts.includes('consent') || !scope.includes('offline_access')) return [];
  return [
    'With the prompt login alone Logto issues no refresh token: write "login consent", or use the switch of the application that always issues one.',
  ];
}

/** Of `${NAME}` where no variable is put in: a file's author who writes it there expects one. */
function unexpandedWarnings(values: CollectedProfile['values'], sources: CollectedProfile['sources']): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const source = sources[key];
    const name = /\$\{\w+\}/.exec(typeof value === 'string' ? value : '')?.[0];
    if (name === undefined || !source || !['project file', 'user file'].includes(source.layer)) return [];
    return [
      `${source.where}: ${name} in ${key} is taken as it stands; only a client secret is taken from a variable so.`,
    ];
  });
}

type MergedLayers = Pick<CollectedProfile, 'values' | 'sources'>;

/** Takes each value from the highest layer that has it; parameters one by one. */
function merge(layers: readonly Layer[], kind: Profile['kind']): MergedLayers {
  const values: Record<string, unknown> = { ...DEFAULTS, ...(kind === 'logto' ? LOGTO_DEFAULTS : {}), resource: [] };
  const sources: Record<string, Source> = {};
  for (const key of Object.keys(values)) sources[key] = { layer: 'default', where: '' };
  const parameters: [string, string][] = [];
  for (const layer of layers.toReversed()) {
    for (const key of Object.keys(layer.values) as SettingKey[]) {
      const value = layer.values[key];
      if (value === undefined || (key === 'kind' && kind === undefined)) continue;
      if (key === 'parameters') {
        for (const [name, text] of Object.entries(layer.values.parameters ?? {})) {
          parameters.push([name, text]);
          sources[`parameters.${name}`] = layer.source(key, name);
        }
        continue;
      }
      sources[key] = layer.source(key);
      if (key === 'claims') values[key] = typeof value === 'string' ? value : JSON.stringify(value);
      else if (key === 'resource') values[key] = typeof value === 'string' ? [value] : value;
      else values[key] = value;
    }
  }
  values.parameters = Object.fromEntries(parameters);
  values.redirectUriIsDefault = sources.redirectUri?.layer === 'default';
  return { values: values as unknown as CollectedProfile['values'], sources };
}

/**
 * Takes everything that flags, environment and files say about the profile
 * together, and checks each part, without asking whether it is enough for a
 * sign-in. Throws as `resolveProfile` does, but for `config_missing` and
 * `client_secret_unavailable`.
 */
export async function collectProfile(request: ProfileRequest, deps: ProfileDeps): Promise<CollectedProfile> {
  const flags = request.flags ?? {};
  const fromFlags = await flagLayer(flags, deps.cwd, deps.env);
  const environmentValues = await environmentLayer(request.files ? {} : deps.env, deps.cwd);
  const issuers = { flag: fromFlags.values.issuer, env: environmentValues };
  const anIssuer = issuers.flag !== undefined || issuers.env.values.issuer !== undefined;
  const byName = requestedName(request, deps.env);
  // An issuer without a profile stands for itself: it inherits nothing, so the files aren't even read.
  const files: ProfileFiles | undefined =
    request.files ?? (byName || !anIssuer ? await loadProfileFiles(deps) : undefined);
  const choice: ProfileChoice = byName ?? (files && defaultProfile(files)) ?? matchingProfile(request, issuers) ?? {};
  const { name, chosenBy } = choice;
  if (name !== undefined && files && !anIssuer && !profileNames(files).includes(name)) {
    const suggestion = nearest(name, profileNames(files));
    throw new OidcCliError('profile_unknown', {
      name,
      known: profileNames(files),
      files: files.searched,
      chosenBy: choice.where ?? chosenBy,
      suggestion,
    });
  }
  if (byName) await checkName(byName.name, byName.chosenBy);

  const fileValues =
    name !== undefined && files ? await fileLayers(name, files, flags.trustProject === true, deps) : [];
  const { layers, warnings: endpointWarnings } = bindEndpoints([fromFlags, environmentValues, ...fileValues]);
  const warnings = [...variableWarnings(deps.env), ...endpointWarnings];
  const issuerWarning = layers.find((layer) => layer.values.issuer !== undefined)?.issuerWarning;
  if (issuerWarning !== undefined) warnings.push(issuerWarning);
  const { kind, warning } = profileKind(layers);
  if (warning !== undefined) warnings.push(warning);
  const merged = merge(layers, kind);
  const values = kind === 'logto' ? completeLogto(merged.values) : { ...merged.values };
  const sources: Record<string, Source> = { ...merged.sources };
  if (flags.port !== undefined) {
    const redirectUri = redirectUriWithPort(values.redirectUri, flags.port);
    Object.assign(values, { redirectUri, redirectUriIsDefault: false });
    sources.redirectUri = {
      layer: 'flag',
      where: flags.redirectUri === undefined ? '--port' : '--redirect-uri, --port',
    };
  }
  const bound = bindSecret(layers, values.clientAuth);
  warnings.push(...bound.warnings);
  const reference = bound.secret && (await boundReference(bound.secret.reference, values.issuer, deps));
  if (bound.secret) {
    Object.assign(values, { clientSecret: reference });
    sources.clientSecret = bound.secret.source;
    if (kind === 'logto' && values.clientAuth === undefined) {
      Object.assign(values, { clientAuth: 'client_secret_basic' });
      sources.clientAuth = { layer: 'default', where: '' };
    }
  }
  warnings.push(...unexpandedWarnings(values, sources));
  if (kind === 'logto') warnings.push(...promptWarning(values));
  if (!values.scope.split(/\s+/).includes('openid')) {
    warnings.push(
      'The scope has no openid: the provider will answer without an ID token (OpenID Connect Core 3.1.2.1).',
    );
  }
  if (values.scope.includes(',')) {
    warnings.push('The scope has a comma in it: scopes are separated by spaces (RFC 6749 section 3.3).');
  }
  const secret = bound.secret && reference && { ...bound.secret, reference };
  return { name, chosenBy, values, sources, secret, warnings, files };
}

/**
 * The reference with the host that the secret goes to. Throws
 * `store_key_as_secret`.
 */
async function boundReference(
  reference: SecretReference,
  issuer: string | undefined,
  deps: ProfileDeps,
): Promise<SecretReference> {
  await refuseStoreKeyName(reference, deps);
  if (!('untrusted' in reference) || !reference.untrusted || issuer === undefined) return reference;
  return { ...reference, untrusted: { ...reference.untrusted, host: hostOf(issuer) } };
}

async function checkName(name: string, chosenBy: ChosenBy): Promise<void> {
  const { profileNameSchema } = await import('./schema.js');
  const result = profileNameSchema.safeParse(name);
  if (result.success) return;
  throw new OidcCliError('config_value_invalid', {
    where: chosenBy === 'argument' ? 'profile' : chosenBy,
    found: JSON.stringify(name.slice(0, 100)),
    allowed: result.error.issues[0]?.message ?? '',
  });
}
