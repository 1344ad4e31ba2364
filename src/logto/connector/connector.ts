import { OidcCliError } from '../../errors.js';
import { refusedByLogto } from '../refusals.js';
import { snakeCase } from '../snake-case.js';
import type { ConnectorFile } from './file.js';
import { type ConfigFault, type ConnectorConfig, savedForm, validateConnectorConfig } from './schema.js';

/** A connector that Logto accepts, with its secret. */
export interface Connector {
  readonly file: ConnectorFile;
  /** As Logto saves it: without empty values, and without defaults. A refresh uses this one. */
  readonly saved: Readonly<Record<string, unknown>>;
  /** As Logto signs in with it: with defaults. */
  readonly config: ConnectorConfig;
}

/**
 * Reads a connector file as Logto would save and read it. `secret` replaces the
 * file's clientSecret, which may be a reference. Throws `connector_config_invalid`
 * if Logto would refuse it: when it is saved, or at each sign-in after that,
 * without the empty values that saving removes.
 */
export function acceptConnector(file: ConnectorFile, secret?: string): Connector {
  const given = secret === undefined ? file.config : { ...file.config, clientSecret: secret };
  const atSave = validateConnectorConfig(given);
  if (!atSave.accepted) throw configInvalid(file, atSave.faults, 'when the connector is saved');
  const saved = savedForm(given) as Readonly<Record<string, unknown>>;
  const atSignIn = validateConnectorConfig(saved);
  if (!atSignIn.accepted)
    throw configInvalid(file, atSignIn.faults, 'at each sign-in: it saves, and empty values are lost');
  return { file, saved, config: atSignIn.config };
}

/** The error for Logto's refusal of a configuration: the first fault, then the others. */
export function configInvalid(file: ConnectorFile, faults: readonly ConfigFault[], when: string): OidcCliError {
  const [first, ...others] = faults.map((fault) => ({ ...fault, found: faultyValue(file.config, fault) }));
  const details = ({ path, found: actual, allowed }: ConfigFault) =>
    `${file.pathOf(path) || 'The whole'} (line ${file.lineOf(path)}) is ${actual}; allowed: ${allowed}.`;
  return refusedByLogto('invalid_config', 'connector_config_invalid', {
    file: file.name,
    when,
    ...(first === undefined
      ? {}
      : { path: file.pathOf(first.path), line: file.lineOf(first.path), found: first.found, allowed: first.allowed }),
    ...(others.length === 0 ? {} : { more: others.length, others: others.map(details) }),
  });
}

/** The value of a fault in the file: the saved configuration no longer has its empty values. */
function faultyValue(config: Readonly<Record<string, unknown>>, { path, found: actual }: ConfigFault): string {
  const [key, inner] = path;
  const outer = key === undefined ? undefined : config[key];
  const value = inner === undefined ? outer : (outer as Readonly<Record<string, unknown>> | undefined)?.[inner];
  return actual === 'nothing' && value !== undefined ? 'empty' : actual;
}

/** Parameters of the authorization request that a sign-in depends on, with Logto's behaviour if they are overridden. */
export const RESERVED_PARAMETERS: Readonly<Record<string, string>> = {
  state: 'refuse the answer in the browser, since its state is not the one it kept',
  nonce:
    'answer 401 to every ID token that carries the constant nonce (and be open to replay with one that carries none)',
  redirect_uri: "send the same constant to the token endpoint while the browser ends at an address that is not Logto's",
};

/**
 * Refuses a connector whose customConfig overrides state, nonce or redirect URI,
 * since no sign-in can succeed. Throws `connector_overrides_request`.
 */
export function refuseOverrides({ config }: Connector): void {
  const overriding = Object.keys(config.customConfig ?? {}).filter((key) =>
    Object.hasOwn(RESERVED_PARAMETERS, snakeCase(key)),
  );
  if (overriding.length === 0) return;
  const names = [...new Set(overriding.map(snakeCase))];
  throw new OidcCliError('connector_overrides_request', {
    names,
    keys: overriding.map((key) => `customConfig.${key}`),
    consequence: names.map((name) => RESERVED_PARAMETERS[name] ?? '').join('; and '),
  });
}
