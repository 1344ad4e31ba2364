import type { Context } from '../context.js';
import type { OidcCliError } from '../errors.js';
import { isObject, parseJson } from '../json.js';
import { CONNECTOR_KEYS } from './connector-config.js';
import { type PlacedJson, parseConnectorJson } from './connector-json.js';
import { invalid, readConnectorText } from './connector-text.js';

/** A connector's JSON as it was pasted: what Logto would be given, and where each key stands. */
export interface ConnectorFile {
  /** The path as it was named, or `stdin`. */
  readonly name: string;
  /** The configuration itself: Logto's own keys. Nothing of it has been judged. */
  readonly config: Readonly<Record<string, unknown>>;
  /** All of the file: the configuration, or the answer of the Management API that has it. */
  readonly whole: Readonly<Record<string, unknown>>;
  /** What stands around the configuration, where the file is an answer of the Management API: all but `config`. */
  readonly around?: Readonly<Record<string, unknown>>;
  /** The connector's id in Logto, where the file is an answer of the Management API: it is part of the redirect URI. */
  readonly connectorId?: string;
  /** "Sync at each sign-in", where the Management API says so. */
  readonly syncProfile?: boolean;
  /** Whether Logto is to keep the tokens, where the Management API says so. */
  readonly tokenStorage?: boolean;
  /** The first number of the file that Logto would not keep to its last digit. */
  readonly inexact?: PlacedJson['inexact'];
  /** A key's path as the file has it: `config.scope`, where the configuration is a part of something. */
  pathOf(path: readonly string[]): string;
  /** The line of a key, from 1; of the nearest key around it where it is missing. */
  lineOf(path: readonly string[]): number;
}

/** What the Management API puts around a configuration. */
const ENVELOPE = ['config', 'id', 'connectorId', 'metadata', 'syncProfile', 'enableTokenStorage'];

const KNOWN = [...Object.values(CONNECTOR_KEYS).flat(), ...ENVELOPE];

/**
 * Reads a connector's JSON from a file, or from stdin for `-`: the console's
 * fields, the whole configuration, or an answer of Logto's Management API.
 * Throws `connector_file_unreadable` and `connector_file_invalid`.
 */
export async function readConnectorFile(
  path: string,
  world: Pick<Context, 'cwd' | 'stdin' | 'signal'>,
): Promise<ConnectorFile> {
  const { name, text } = await readConnectorText(path, world);
  return connectorIn(name, parseConnectorJson(name, text, KNOWN));
}

function connectorIn(name: string, json: PlacedJson): ConnectorFile {
  const { value } = json;
  if (!isObject(value)) throw notAnObject(name, value);
  const refuse = (path: readonly string[], reason: string, fix: string) =>
    invalid(name, {
      line: json.lineOf(path),
      ...(path.length > 0 ? { path: json.pathOf(path) } : {}),
      reason,
      fix,
    });
  const has = (key: string) => Object.hasOwn(value, key);
  const flat = CONNECTOR_KEYS.config.some(has);
  if (!flat) refuseOtherDocuments(value, has, refuse);
  const answer = !flat && (has('config') || has('connectorId') || (has('metadata') && has('id')));
  if (has('connectorId') && value.connectorId !== 'oidc') throw otherConnector(value.connectorId, refuse);
  const inexact = json.inexact === undefined ? {} : { inexact: json.inexact };
  if (!answer) return { name, config: value, whole: value, ...inexact, pathOf: json.pathOf, lineOf: json.lineOf };

  if (!has('config')) {
    const fix = "Take the answer of GET /api/connectors/<id>, whole, or the console's fields.";
    throw refuse(['config'], 'it is missing in what looks like an answer of the Management API', fix);
  }
  const { config, ...around } = value;
  if (!isObject(config)) {
    const fix =
      typeof config === 'string' && parsesAsObject(config)
        ? "Take the quotes (and the backslashes) off the configuration's text."
        : "Put the connector's fields there, in braces.";
    throw refuse(['config'], `it is ${kindOf(config)} and not an object`, fix);
  }
  const { id, syncProfile, enableTokenStorage } = value;
  return {
    name,
    config,
    whole: value,
    ...inexact,
    around,
    ...(typeof id === 'string' && id !== '' ? { connectorId: id } : {}),
    ...(typeof syncProfile === 'boolean' ? { syncProfile } : {}),
    ...(typeof enableTokenStorage === 'boolean' ? { tokenStorage: enableTokenStorage } : {}),
    pathOf: (path) => json.pathOf(['config', ...path]),
    lineOf: (path) => json.lineOf(['config', ...path]),
  };
}

function parsesAsObject(text: string): boolean {
  try {
    return isObject(parseJson(text));
  } catch {
    return false;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

function notAnObject(name: string, value: unknown): OidcCliError {
  if (Array.isArray(value)) {
    const reason = value.length === 0 ? 'it is an empty list' : `it is a list of ${value.length}`;
    return invalid(name, { line: 1, reason, fix: 'Take one connector out of the list: one object in braces.' });
  }
  if (typeof value === 'string' && parsesAsObject(value)) {
    const fix = 'Take the quotes around it off, and the backslashes within.';
    return invalid(name, { line: 1, reason: 'it is JSON within a text in quotes', fix });
  }
  return invalid(name, { line: 1, reason: `it is ${kindOf(value)} and not an object in braces` });
}

type Refuse = (path: readonly string[], reason: string, fix: string) => OidcCliError;

/** Other JSON that lies at hand where a connector is looked for, told by its keys. */
function refuseOtherDocuments(
  value: Readonly<Record<string, unknown>>,
  has: (key: string) => boolean,
  refuse: Refuse,
): void {
  if (has('authorization_endpoint') && has('jwks_uri')) {
    const fix = 'oidc-cli profile export --format logto --issuer URL --client-id ID makes a connector of it.';
    throw refuse([], "it is a provider's discovery document", fix);
  }
  if (Array.isArray(value.keys)) {
    throw refuse([], 'it is a key set (JWKS)', "Give the connector's JSON, which names the key set in jwksUri.");
  }
  if (has('redirect_uris') && has('client_id')) {
    const fix = "Copy client_id and client_secret into the connector's clientId and clientSecret.";
    throw refuse([], "it is a client's registration at the provider", fix);
  }
  if (typeof value.providerName === 'string') {
    const fix = 'Use a social connector of the kind OIDC: an enterprise connector is verified by other rules.';
    throw refuse(['providerName'], "it is one of Logto's enterprise (SSO) connectors", fix);
  }
}

/** A connector of another kind. Its name is said, for it is the name of a package and no secret. */
function otherConnector(connectorId: unknown, refuse: Refuse): OidcCliError {
  const is =
    typeof connectorId === 'string' && /^[\w.-]{1,60}$/.test(connectorId)
      ? `the connector is of the kind ${connectorId}`
      : `connectorId is ${kindOf(connectorId)}`;
  return refuse(['connectorId'], `${is}, and only oidc can be tested here`, 'Give the JSON of an OIDC connector.');
}
