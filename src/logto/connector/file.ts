import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { OidcCliError } from '../../errors.js';
import { isObject } from '../../json.js';
import { readBoundedFile, readBoundedStream } from '../../read-file.js';
import { invalidConnectorFile, type PlacedJson, parseConnectorJson } from './parse.js';
import { CONNECTOR_KEYS, kindOf } from './schema.js';

/** Bytes, far above any connector. */
const MAX_BYTES = 1024 * 1024;

/** Milliseconds to read stdin. */
const STDIN_TIMEOUT_MS = 300_000;

/** A connector's JSON as it was pasted: the value that Logto would get, and the place of each key. */
export interface ConnectorFile {
  /** The path from the command line, or `stdin`. */
  readonly name: string;
  /** The configuration itself: Logto's own keys. It is not validated. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The whole file: the configuration, or the response of the Management API that has it under `config`. */
  readonly whole: Readonly<Record<string, unknown>>;
  /** The connector's id in Logto, which is part of the redirect URI; only in a response of the Management API. */
  readonly connectorId?: string;
  /** "Sync at each sign-in", if the Management API states it. */
  readonly syncProfile?: boolean;
  /** Whether Logto stores the tokens, if the Management API states it. */
  readonly tokenStorage?: boolean;
  /** The first number of the file that Logto would store with fewer digits. */
  readonly inexact?: PlacedJson['inexact'];
  /** A key's path in the file: `config.scope` if the configuration is part of a response. */
  pathOf(path: readonly string[]): string;
  /** The line of a key, from 1; for a missing key, that of the nearest key around it. */
  lineOf(path: readonly string[]): number;
}

/** Keys that the Management API puts around a configuration. */
const ENVELOPE = ['config', 'id', 'connectorId', 'metadata', 'syncProfile', 'enableTokenStorage'];

const KNOWN_MEMBERS = [...Object.values(CONNECTOR_KEYS).flat(), ...ENVELOPE];

/**
 * Reads a connector's JSON from a file, or from stdin for `-`: the console's
 * fields, the whole configuration, or a response of Logto's Management API.
 * `timeout` is in milliseconds, and for stdin alone. Throws
 * `connector_file_unreadable`, `connector_file_invalid` and `interrupted`.
 */
export async function readConnectorFile(
  path: string,
  deps: Pick<Context, 'cwd' | 'stdin' | 'signal'>,
  { timeout = STDIN_TIMEOUT_MS }: { readonly timeout?: number } = {},
): Promise<ConnectorFile> {
  const name = path === '-' ? 'stdin' : path;
  const bytes = path === '-' ? await readStdin(deps, timeout) : await readFile(path, deps.cwd);
  return findConnector(name, parseConnectorJson(name, decode(name, bytes), KNOWN_MEMBERS));
}

function unreadable(file: string, reason: string, cause?: unknown): OidcCliError {
  return new OidcCliError('connector_file_unreadable', { file, reason }, { cause });
}

function readError(file: string, error: unknown): OidcCliError {
  const { code, reason = code } = error as NodeJS.ErrnoException & { readonly reason?: string };
  if (code === 'EFBIG') return invalidConnectorFile(file, { reason: reason ?? code });
  return unreadable(file, reason ?? 'unknown', error);
}

async function readFile(path: string, cwd: string): Promise<Buffer> {
  try {
    return (await readBoundedFile(resolve(cwd, path), MAX_BYTES)).bytes;
  } catch (error) {
    throw readError(path, error);
  }
}

async function readStdin({ stdin, signal }: Pick<Context, 'stdin' | 'signal'>, timeout: number): Promise<Buffer> {
  const limit = AbortSignal.timeout(timeout);
  let bytes: Buffer;
  try {
    bytes = await readBoundedStream(stdin, MAX_BYTES, AbortSignal.any([signal, limit]));
  } catch (error) {
    if (signal.aborted) throw new OidcCliError('interrupted', {}, { cause: error });
    if (limit.aborted) throw unreadable('stdin', `its end did not come within ${timeout / 1000} seconds`);
    throw readError('stdin', error);
  }
  if (bytes.length === 0) throw unreadable('stdin', 'nothing came on it');
  return bytes;
}

/** UTF-8; a byte order mark is skipped (RFC 8259 §8.1). */
function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const valid = bytes.toString('utf8').split('\uFFFD', 1)[0] ?? '';
    const line = valid.split(/\r\n|\r|\n/).length;
    throw invalidConnectorFile(file, { line, reason: 'it is not UTF-8', fix: 'Save it as UTF-8.' });
  }
}

/** The place of the configuration in a connector's JSON: the whole, or `config` in a response of the Management API. */
export function configPath(whole: Readonly<Record<string, unknown>>): readonly string[] {
  const has = (key: string) => Object.hasOwn(whole, key);
  return CONNECTOR_KEYS.config.some(has) || !ENVELOPE.some(has) ? [] : ['config'];
}

function findConnector(name: string, json: PlacedJson): ConnectorFile {
  const { value: whole, inexact } = json;
  const invalid = (path: readonly string[], reason: string) =>
    invalidConnectorFile(name, { line: json.lineOf(path), path: json.pathOf(path) || undefined, reason });
  if (!isObject(whole)) throw invalid([], `expected an object, got ${kindOf(whole)}`);
  const { connectorId = 'oidc', config, id, syncProfile, enableTokenStorage } = whole;
  if (connectorId !== 'oidc') {
    throw invalid(['connectorId'], 'expected "oidc", the only kind of connector that can be tested here');
  }
  const { pathOf, lineOf } = json;
  if (configPath(whole).length === 0) return { name, config: whole, whole, inexact, pathOf, lineOf };
  if (!isObject(config)) throw invalid(['config'], `expected an object, got ${kindOf(config)}`);
  return {
    name,
    config,
    whole,
    inexact,
    ...(typeof id === 'string' && id !== '' ? { connectorId: id } : {}),
    ...(typeof syncProfile === 'boolean' ? { syncProfile } : {}),
    ...(typeof enableTokenStorage === 'boolean' ? { tokenStorage: enableTokenStorage } : {}),
    pathOf: (path) => pathOf(['config', ...path]),
    lineOf: (path) => lineOf(['config', ...path]),
  };
}
