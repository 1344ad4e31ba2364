import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OidcCliError } from '../errors.js';
import { FileReadError, readBoundedFile } from '../read-file.js';
import type { ProfileValues } from './schema.js';

/** The name of a project's file, looked for in the current folder and those above. */
export const PROJECT_FILE = 'oidc-cli.yaml';
/** The name of the user's file, in the configuration folder of the operating system. */
const USER_FILE = 'config.yaml';

/** More than this is no configuration, and parsing it would be felt. */
const MAX_BYTES = 1024 * 1024;

/** A configuration file that has been read and found valid. */
export interface ProfileFile {
  readonly kind: 'project' | 'user';
  readonly path: string;
  /** The folder that relative paths in the file begin at. */
  readonly folder: string;
  readonly default: string | undefined;
  /** Only the user's file may have the key. */
  readonly trustedFolders: readonly string[] | undefined;
  readonly profiles: ReadonlyMap<string, ProfileValues>;
  /** The line, from 1, of the key at this path, or of the nearest above it that is in the file. */
  lineOf(path: readonly string[]): number;
}

/** Where files are looked for: the current folder, and the folder of the user's file. */
export interface FileDeps {
  readonly cwd: string;
  readonly folders: { readonly config: string };
}

/** What `loadProfileFiles` found. */
export interface ProfileFiles {
  readonly project: ProfileFile | undefined;
  readonly user: ProfileFile | undefined;
  /** The paths that were looked at, for people: those that are there, and the first place where one could be. */
  readonly searched: readonly string[];
}

/** The path of the user's file, whether it is there or not. */
export function userFilePath(deps: FileDeps): string {
  return join(deps.folders.config, USER_FILE);
}

/** The project's file: in the current folder or the nearest one above that has one. */
async function findProjectFile(cwd: string): Promise<string | undefined> {
  let folder = resolve(cwd);
  for (;;) {
    const path = join(folder, PROJECT_FILE);
    if (await stat(path).catch(() => undefined)) return path;
    const above = dirname(folder);
    if (above === folder) return undefined;
    folder = above;
  }
}

/**
 * The text of a configuration file, without a byte order mark; undefined where
 * there is no such file. Throws `config_file_unreadable` (facts: file, reason)
 * and, for bytes that are not UTF-8, `config_file_invalid`.
 */
export async function readConfigFile(path: string): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    ({ bytes } = await readBoundedFile(path, MAX_BYTES));
  } catch (error) {
    if (!(error instanceof FileReadError)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    const reason = error.code === 'EISDIR' || error.code === 'ENOTREG' ? 'it is not a file' : error.reason;
    throw new OidcCliError('config_file_unreadable', { file: path, reason }, { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new OidcCliError('config_file_invalid', {
      file: path,
      line: 1,
      key: '',
      found: 'bytes that are not UTF-8',
      allowed: 'YAML in UTF-8',
    });
  }
}

/**
 * Reads and checks one configuration file; undefined where there is none.
 * Throws as `readConfigFile` and `checkFile` do.
 */
export async function loadProfileFile(path: string, kind: ProfileFile['kind']): Promise<ProfileFile | undefined> {
  const text = await readConfigFile(path);
  if (text === undefined) return undefined;
  const { checkFile } = await import('./file-check.js');
  const { content, lineOf } = await checkFile(path, text);
  return {
    kind,
    path,
    folder: dirname(path),
    default: content.default ?? undefined,
    trustedFolders: content.trustedFolders ?? undefined,
    profiles: new Map(Object.entries(content.profiles ?? {}).map(([name, values]) => [name, values ?? {}])),
    lineOf,
  };
}

/**
 * Reads the project's file (in `cwd` or the nearest folder above) and the
 * user's (`config.yaml` in the configuration folder). A file that is not there
 * is no error; yaml and zod are loaded only for one that is.
 * Throws `config_file_unreadable`, `config_file_invalid` (facts: file, line,
 * column, key, found, allowed), and `config_untrusted` where a project's file
 * says that folders are trusted.
 */
export async function loadProfileFiles(deps: FileDeps): Promise<ProfileFiles> {
  const projectPath = await findProjectFile(deps.cwd);
  const userPath = userFilePath(deps);
  const [project, user] = await Promise.all([
    projectPath === undefined ? undefined : loadProfileFile(projectPath, 'project'),
    loadProfileFile(userPath, 'user'),
  ]);
  if (project?.trustedFolders) {
    throw new OidcCliError('config_untrusted', {
      file: project.path,
      line: project.lineOf(['trustedFolders']),
      key: 'trustedFolders',
      folder: project.folder,
      how: `Move it to ${userPath}`,
    });
  }
  return { project, user, searched: [projectPath ?? join(resolve(deps.cwd), PROJECT_FILE), userPath] };
}
