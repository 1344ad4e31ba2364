import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import type { CollectedProfile } from './collect-profile.js';
import { promptFault } from './kind-check.js';
import { environmentLayer, flagLayer, variable } from './layers.js';
import type { LOGTO_KEYS } from './logto-kind.js';
import { defaultProfile, matchingProfile, profileNames, requestedName } from './profile-choice.js';
import { loadProfileFiles, type ProfileFiles } from './profile-file.js';
import type { ProfileValues } from './schema.js';
import { type DEFAULTS, type SECRET_KEYS, SETTINGS, type SettingKey } from './settings.js';

/** How the client authenticates at the token endpoint (OpenID Connect Core 9). */
export type ClientAuthMethod = 'client_secret_basic' | 'client_secret_post' | 'client_secret_jwt' | 'none';

/** A place in a file that came with a folder and that the user has not trusted. */
export interface UntrustedPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The whole path of the key, such as `profiles.staging.clientSecret`. */
  readonly key: string;
  /** The folder that would have to be trusted. */
  readonly folder: string;
  /** The user's own file, where `trustedFolders` is. */
  readonly userFile: string;
  /** Where the value goes, once that is known: a host, with its scheme unless that is https. */
  readonly host?: string;
}

/** Where a client secret is to be taken from, when it is needed. `untrusted` is the place that names it, where that is not the user's word. `value` is the secret itself. */
export type SecretReference =
  | { readonly kind: 'env'; readonly name: string; readonly untrusted?: UntrustedPlace }
  /** `path` is absolute. */
  | { readonly kind: 'file'; readonly path: string; readonly untrusted?: UntrustedPlace }
  | { readonly kind: 'stdin' }
  /** In the session store, under the profile and the issuer. */
  | { readonly kind: 'stored' }
  | { readonly kind: 'value'; readonly value: string };

/** Which place gave a value. */
export interface Source {
  readonly layer: 'flag' | 'environment' | 'project file' | 'user file' | 'default';
  /** `--issuer`, `OIDC_CLI_ISSUER`, or a file's path and line; empty for a default. */
  readonly where: string;
}

type LogtoKey = keyof typeof LOGTO_KEYS;
type SecretKey = (typeof SECRET_KEYS)[number];
type DefaultKey = keyof typeof DEFAULTS;
type Values = { readonly [K in SettingKey]?: Exclude<ProfileValues[K], undefined> };

/**
 * Everything that a sign-in needs, from all layers: the keys of the file
 * (`schema.ts`) in their ordinary names, with the defaults. Times are seconds.
 */
export interface Profile
  extends Omit<Values, LogtoKey | SecretKey | DefaultKey | 'claims' | 'resource' | 'parameters'>,
    Required<Pick<Values, DefaultKey>> {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: SecretReference;
  /** No layer gives the redirect URI or its port. */
  readonly redirectUriIsDefault: boolean;
  /** JSON text of an object. */
  readonly claims?: string;
  readonly resource: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** The keys that the command line can give. */
type FlagKey = { [K in SettingKey]: (typeof SETTINGS)[K] extends { flag: string } ? K : never }[SettingKey];

/** The type in which a flag's value is given, before it is checked. */
interface Typed {
  readonly text: string;
  readonly secret: string;
  readonly path: string;
  readonly number: string | number;
  readonly boolean: boolean;
  readonly list: readonly string[];
}

/** The flags as they were typed; `resolveProfile` checks them. */
export type ProfileFlags = {
  readonly [K in Exclude<FlagKey, 'parameters'>]?: Typed[(typeof SETTINGS)[K]['kind']] | undefined;
} & {
  /** `name=value` each. */
  readonly param?: readonly string[];
  /** Replaces the port of the redirect URI; 0 is any free one. */
  readonly port?: string | number;
  /** The variable that holds the client secret. */
  readonly clientSecretEnv?: string;
  readonly clientSecretStdin?: boolean;
  readonly appSecretEnv?: string;
  readonly appSecretStdin?: boolean;
  /** The project's file may name programs and turn verification off. */
  readonly trustProject?: boolean;
};

/** What decided which profile is used. */
export type ChosenBy =
  | 'argument'
  | 'OIDC_CLI_PROFILE'
  /** An issuer on the command line without a profile. */
  | 'flags'
  /** An issuer in the environment without a profile. */
  | 'OIDC_CLI_ISSUER'
  /** The same of Logto. */
  | 'OIDC_CLI_ENDPOINT'
  | 'default in file'
  | 'last signed in to';

/** What this part needs of the outside world; the context satisfies it. */
export interface ProfileDeps {
  readonly env: Environment;
  readonly cwd: string;
  readonly folders: { readonly config: string; readonly data: string };
}

/** Which profile is meant: `name` is the argument, `lastSignedIn` what the session index remembers. */
export interface ProfileRequest {
  readonly name?: string;
  readonly flags?: ProfileFlags;
  readonly lastSignedIn?: string;
  /** In place of the files that are looked for; the environment then gives no value of its own. */
  readonly files?: ProfileFiles;
  /** No sign-in follows: a secret whose variable is not set is no mistake. */
  readonly withoutSecret?: boolean;
}

/** The name of a profile and what decided it. */
export interface ProfileChoice {
  /** Absent where nothing names a profile. */
  readonly name?: string;
  readonly chosenBy?: ChosenBy;
  /** The file and line of the `default` that decided. */
  readonly where?: string;
}

/** A profile that is whole and checked, and where it all comes from. */
export interface ResolvedProfile {
  readonly profile: Profile;
  /** By key of the profile; parameters by `parameters.NAME`. */
  readonly sources: Readonly<Record<string, Source>>;
  /** For the person, before the sign-in begins. */
  readonly warnings: readonly string[];
  readonly chosenBy: ChosenBy;
}

/**
 * Which profile a command means that needs only the name: the argument, else
 * `OIDC_CLI_PROFILE`, else the issuer or endpoint of flag or environment (a profile of its
 * own), else the `default` of the project's file or the user's, else the one
 * last signed in to. Files are read only where it comes to that, and neither
 * yaml nor zod is loaded where there are none.
 *
 * Throws `config_file_*` and `config_value_invalid`.
 */
export async function chooseProfileName(request: ProfileRequest, deps: ProfileDeps): Promise<ProfileChoice> {
  const byName = requestedName(request, deps.env);
  if (byName) return byName;
  const { issuer, endpoint, kind } = request.flags ?? {};
  const { OIDC_CLI_ISSUER, OIDC_CLI_ENDPOINT, OIDC_CLI_KIND } = deps.env;
  if (issuer !== undefined || endpoint !== undefined || OIDC_CLI_ISSUER || OIDC_CLI_ENDPOINT) {
    const flags = await flagLayer({ issuer, endpoint, kind }, deps.cwd, deps.env);
    const environment = await environmentLayer({ OIDC_CLI_ISSUER, OIDC_CLI_ENDPOINT, OIDC_CLI_KIND }, deps.cwd);
    return matchingProfile(request, { flag: flags.values.issuer, env: environment }) ?? {};
  }
  const byFile = defaultProfile(await loadProfileFiles(deps));
  return byFile ?? matchingProfile(request, {}) ?? {};
}

function missingError(ordinary: 'issuer' | 'clientId', { name, files, values }: CollectedProfile): OidcCliError {
  const key = values.kind === 'logto' ? ({ issuer: 'endpoint', clientId: 'appId' } as const)[ordinary] : ordinary;
  return new OidcCliError('config_missing', {
    key,
    flag: SETTINGS[key].flag,
    variable: SETTINGS[key].variable,
    // Where an issuer stands for itself, its name is in no file.
    profile: files && name,
    known: files && profileNames(files),
    files: files?.searched,
  });
}

/**
 * One whole profile out of flags, environment, the project's file, the user's
 * file and defaults, in this order of precedence; each value by itself. A
 * client secret goes only to the issuer that it was set for: where a higher
 * layer names another issuer it is dropped, with a warning.
 *
 * Throws `config_value_invalid` (facts: where, found, allowed),
 * `config_file_invalid` and `config_file_unreadable`, `config_untrusted`,
 * `profile_unknown` (name, known, files, chosenBy, suggestion), `config_missing`
 * (key, flag, variable, profile, known, files) and, where a variable that holds the secret is not
 * set, `client_secret_unavailable` (variable, key, file).
 */
export async function resolveProfile(request: ProfileRequest, deps: ProfileDeps): Promise<ResolvedProfile> {
  // Loaded here: commands that need only a profile's name come without it.
  const { collectProfile } = await import('./collect-profile.js');
  const collected = await collectProfile(request, deps);
  const { name, chosenBy, values, sources, secret, warnings } = collected;
  const { issuer, clientId } = values;
  if (issuer === undefined || name === undefined || chosenBy === undefined) throw missingError('issuer', collected);
  if (clientId === undefined) throw missingError('clientId', collected);
  const fault = values.kind === 'logto' ? promptFault(values.prompt) : undefined;
  if (fault) throw new OidcCliError('config_value_invalid', { where: sources.prompt?.where, ...fault });
  if (
    !request.withoutSecret &&
    secret?.reference.kind === 'env' &&
    variable(deps.env, secret.reference.name) === undefined
  ) {
    throw new OidcCliError('client_secret_unavailable', {
      variable: secret.reference.name,
      key: secret.key,
      file: secret.file,
      where: secret.source.where,
    });
  }
  return { profile: { ...values, name, issuer, clientId }, sources, warnings, chosenBy };
}
