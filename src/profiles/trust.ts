import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Environment } from '../context.js';
import { type FactsOf, OidcCliError } from '../errors.js';
import { ENDPOINT_KEYS } from './endpoint-binding.js';
import { refusedFileName } from './key-files.js';
import type { Layer } from './layers.js';
import { absolutePath, isInside } from './paths.js';
import type { UntrustedPlace } from './profile.js';
import { loadProfileFile, type ProfileFile, userFilePath } from './profile-file.js';
import type { ProfileValues } from './schema.js';
import type { SettingKey } from './settings.js';
import { isStoreKeyVariable } from './store-key-guard.js';

/** A clock that is off by more than this lets tokens live on that have expired. Seconds. */
const MAX_UNTRUSTED_TOLERANCE = 300;

/**
 * The keys by which a file that came with a cloned repository could run a
 * program or weaken what is verified. `lower` is what the user's own file says.
 */
function refusedKeys(values: ProfileValues, lower: ProfileValues): SettingKey[] {
  const keys: SettingKey[] = [];
  if (values.browser !== undefined) keys.push('browser');
  if (values.insecure) keys.push('insecure');
  if (values.allowHttp) keys.push('allowHttp');
  if (values.ca !== undefined) keys.push('ca');
  // They decide where the client secret goes and whose keys are believed, whatever the issuer.
  keys.push(...ENDPOINT_KEYS.filter((key) => values[key] !== undefined && values[key] !== lower[key]));
  if (values.strict === false && lower.strict) keys.push('strict');
  if ((values.clockTolerance ?? 0) > MAX_UNTRUSTED_TOLERANCE) keys.push('clockTolerance');
  return keys;
}

/** Where a URL leads, for people and as what an answer is remembered for: its host, with the scheme unless that is https. */
export function hostOf(address: string): string {
  if (!URL.canParse(address)) return address;
  const { protocol, host } = new URL(address);
  return protocol === 'https:' ? host : `${protocol}//${host}`;
}

/** The part of a secret reference that the rule looks at; anything else in it stays as it is. */
interface Reference {
  readonly kind: string;
  readonly name?: string;
  readonly path?: string;
}

/** `config_untrusted` for a place, with what to do about it. */
export function untrustedError(place: UntrustedPlace, more: FactsOf<'config_untrusted'> = {}): OidcCliError {
  const { file, line, key, folder } = place;
  return new OidcCliError('config_untrusted', {
    file,
    line,
    key,
    folder,
    how: `Pass ${allow(place)}`,
    ...(isStdin(place) ? { stdin: true } : {}),
    ...more,
  });
}

function allow(place: UntrustedPlace): string {
  const flag = '--trust-project';
  return isStdin(place) ? flag : `${flag}, or add the folder to trustedFolders in ${place.userFile}`;
}

/** What comes by stdin has no folder that could be trusted (`isTrustedFile`). */
function isStdin({ file }: UntrustedPlace): boolean {
  return file === 'stdin';
}

/**
 * The one rule for a secret that an untrusted file names, whether it is a
 * project's file, a file of checks or a connector: a variable begins with
 * OIDC_CLI_, since any other could be the key of something else altogether,
 * and a file lies in the folder and is none of those that hold keys and
 * settings. Returns the reference with the place that names it and a file's
 * links resolved, so that what has been checked is what will be read. Whether
 * it may be sent is then asked by `readClientSecret`.
 *
 * Throws `store_key_as_secret`, and `config_untrusted` (facts: file, line, key,
 * folder, how, and `variable` or `path` with `reason`).
 */
export async function checkSecretReference<T extends Reference>(reference: T, place: UntrustedPlace): Promise<T> {
  const { kind, name = '', path = '' } = reference;
  if (kind === 'env') {
    // Trust would not help either.
    if (isStoreKeyVariable(name)) throw new OidcCliError('store_key_as_secret', { variable: name });
    if (!name.startsWith('OIDC_CLI_')) {
      const more = isStdin(place) ? ` or pass ${allow(place)}` : `, pass ${allow(place)}`;
      const how = `Give the variable a name that begins with OIDC_CLI_${more}`;
      throw untrustedError(place, { variable: name, how });
    }
    return { ...reference, untrusted: place };
  }
  if (kind !== 'file') return reference;
  const resolved = await checkPath(path, place);
  const reason = refusedFileName(path, place.folder) ?? refusedFileName(resolved, place.folder);
  if (reason !== undefined) throw untrustedError(place, { path, reason });
  return { ...reference, path: resolved, untrusted: place };
}

/**
 * The path of a file that an untrusted file names, its links resolved. Throws
 * `config_untrusted` (with the fact `path`) where it lies outside of the folder.
 */
export async function checkPath(path: string, place: UntrustedPlace): Promise<string> {
  const resolved = await fileInFolder(path, place.folder);
  if (resolved === undefined) throw untrustedError(place, { path });
  return resolved;
}

async function realPath(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

/** The path without links, also of a file that is not there yet; undefined where a link leads nowhere. */
async function realOrFuture(path: string): Promise<string | undefined> {
  const there = await realPath(path);
  if (there !== undefined) return there;
  // The file that such a link names may come later, and is anywhere.
  if (dirname(path) === path || (await lstat(path).catch(() => undefined))?.isSymbolicLink()) return undefined;
  const above = await realOrFuture(dirname(path));
  return above === undefined ? undefined : join(above, basename(path));
}

async function fileInFolder(path: string, folder: string): Promise<string | undefined> {
  // The system cuts a path at NUL: it would read another file than the one that was checked.
  if (path.includes('\0')) return undefined;
  const [resolved, inside] = [await realOrFuture(path), (await realPath(folder)) ?? folder];
  return resolved !== undefined && isInside(resolved, inside) ? resolved : undefined;
}

/** Whether the user's own file trusts the folder: it is listed, or lies below one that is. */
export async function isTrustedFolder(
  folder: string,
  user: ProfileFile | undefined,
  env: Environment,
): Promise<boolean> {
  const here = await realPath(folder);
  if (here === undefined || user === undefined) return false;
  for (const entry of user.trustedFolders ?? []) {
    const trusted = await realPath(absolutePath(entry, user.folder, env));
    if (trusted !== undefined && isInside(here, trusted)) return true;
  }
  return false;
}

/**
 * Whether the user trusts a file that is named on the command line: by
 * `--trust-project`, or since its folder is trusted. What comes by stdin
 * (`-`) has no folder, and is trusted by the flag alone. Throws as
 * `loadProfileFile` does for the user's file.
 */
export async function isTrustedFile(
  path: string,
  trustProject: boolean | undefined,
  deps: { readonly cwd: string; readonly env: Environment; readonly folders: { readonly config: string } },
): Promise<boolean> {
  if (trustProject || path === '-') return trustProject === true;
  const user = await loadProfileFile(userFilePath(deps), 'user');
  return isTrustedFolder(dirname(resolve(deps.cwd, path)), user, deps.env);
}

/**
 * Refuses what a project's file may not say about a profile unless its folder
 * is trusted: programs to run, weaker verification, and secrets as
 * `checkSecretReference` does. Returns the layer, its secret marked as named by
 * an untrusted file.
 *
 * Throws `config_untrusted` (facts: file, line, key, folder, how, and for a
 * secret `path` or `variable`).
 */
export async function checkProjectTrust(
  layer: Layer,
  deps: { file: ProfileFile; name: string; lower: ProfileValues; userFile: string },
): Promise<Layer> {
  const { file, name, userFile } = deps;
  const place = (key: string): UntrustedPlace => ({
    file: file.path,
    line: file.lineOf(['profiles', name, key]),
    key: `profiles.${name}.${key}`,
    folder: file.folder,
    userFile,
  });
  const [key] = refusedKeys(layer.values, deps.lower);
  if (key !== undefined) throw untrustedError(place(key));
  const given = file.profiles.get(name) ?? {};
  const issuer = place((['issuer', 'endpoint', 'kind'] as const).find((one) => given[one] !== undefined) ?? 'issuer');
  const { secret } = layer;
  if (!secret) return { ...layer, untrusted: issuer };
  // The key itself, under whichever of its names, out of `profiles.NAME.KEY`.
  const own = secret.key.slice(secret.key.lastIndexOf('.') + 1);
  const reference = await checkSecretReference(secret.reference, place(own));
  return { ...layer, untrusted: issuer, secret: { ...secret, reference } };
}
