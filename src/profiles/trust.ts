import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { ENDPOINT_KEYS } from './endpoint-binding.js';
import type { Layer } from './layers.js';
import { absolutePath, isInside } from './paths.js';
import type { ProfileFile } from './profile-file.js';
import type { ProfileValues } from './schema.js';
import type { SettingKey } from './settings.js';

/** A clock that is off by more than this lets tokens live on that have expired. Seconds. */
const LARGEST_UNTRUSTED_TOLERANCE = 300;

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
  if ((values.clockTolerance ?? 0) > LARGEST_UNTRUSTED_TOLERANCE) keys.push('clockTolerance');
  return keys;
}

/**
 * Whether an untrusted project's file may have this variable sent to its
 * issuer: those that begin with OIDC_CLI_ are meant for this tool. Any other
 * could be the key of something else altogether.
 */
export function isMeantForUs(name: string): boolean {
  return name.startsWith('OIDC_CLI_') && name !== 'OIDC_CLI_STORE_KEY';
}

/** The key itself, under whichever of its names, out of `profiles.NAME.KEY`. */
function lastOf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

async function real(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

/** The path without links, also of a file that is not there yet; undefined where a link leads nowhere. */
async function realOrFuture(path: string): Promise<string | undefined> {
  const there = await real(path);
  if (there !== undefined) return there;
  // The file that such a link names may come later, and is anywhere.
  if (dirname(path) === path || (await lstat(path).catch(() => undefined))?.isSymbolicLink()) return undefined;
  const above = await realOrFuture(dirname(path));
  return above === undefined ? undefined : join(above, basename(path));
}

/**
 * The path of a secret's file, its links resolved, where it lies in the folder
 * of the untrusted file that names it; undefined where it lies elsewhere.
 */
export async function fileInFolder(path: string, folder: string): Promise<string | undefined> {
  const [resolved, inside] = [await realOrFuture(path), (await real(folder)) ?? folder];
  return resolved !== undefined && isInside(resolved, inside) ? resolved : undefined;
}

/** Whether the user's own file trusts the folder: it is listed, or lies below one that is. */
export async function isTrustedFolder(
  folder: string,
  user: ProfileFile | undefined,
  env: Environment,
): Promise<boolean> {
  const here = await real(folder);
  if (here === undefined || user === undefined) return false;
  for (const entry of user.trustedFolders ?? []) {
    const trusted = await real(absolutePath(entry, user.folder, env));
    if (trusted !== undefined && isInside(here, trusted)) return true;
  }
  return false;
}

/**
 * Refuses what a project's file may not say about a profile unless its folder
 * is trusted: programs to run, weaker verification, and secrets from anywhere
 * but its own folder and the variables meant for this tool. Returns the layer,
 * a secret file in it with its links resolved, so that what has been checked
 * is what will be read.
 *
 * Throws `config_untrusted` (facts: file, line, key, folder, how, and for a
 * secret `path` or `variable`).
 */
export async function checkProjectTrust(
  layer: Layer,
  world: { file: ProfileFile; name: string; lower: ProfileValues; userFile: string },
): Promise<Layer> {
  const { file, name } = world;
  const allow = `pass --trust-project, or add the folder to trustedFolders in ${world.userFile}`;
  const refuse = (key: string, more: Record<string, string> = {}) =>
    new OidcCliError('config_untrusted', {
      file: file.path,
      line: file.lineOf(['profiles', name, key]),
      key: `profiles.${name}.${key}`,
      folder: file.folder,
      how: `P${allow.slice(1)}`,
      ...more,
    });
  const [key] = refusedKeys(layer.values, world.lower);
  if (key !== undefined) throw refuse(key);

  const reference = layer.secret?.reference;
  if (layer.secret && reference?.kind === 'env' && !isMeantForUs(reference.name)) {
    const how = `Give the variable a name that begins with OIDC_CLI_, ${allow}`;
    throw refuse(lastOf(layer.secret.key), { variable: reference.name, how });
  }
  if (!layer.secret || reference?.kind !== 'file') return layer;
  const path = await fileInFolder(reference.path, file.folder);
  if (path === undefined) throw refuse(lastOf(layer.secret.key), { path: reference.path });
  return {
    ...layer,
    secret: { ...layer.secret, reference: { kind: 'file', path } },
  };
}
