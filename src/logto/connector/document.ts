import type { SavedConnector } from '../../profiles/saved-connector.js';
import type { ProfileValues } from '../../profiles/schema.js';
import { type ConnectorFile, configPath } from './file.js';
import { assembledConnector } from './parts.js';
import { followChanges, profileValues, unsentParameters } from './profile.js';
import { SECRET_PLACEHOLDER } from './secret.js';
import { memberAt, pathOfPointer, pointer, secretMembers, setMember } from './secret-members.js';

type Json = Record<string, unknown>;

/** The placeholder for a secret other than the client's. */
const HIDDEN = '<secret>';

/** A connector that is imported into a profile. */
export interface ImportedConnector {
  /** The connector's configuration as ordinary keys of a profile. */
  readonly values: ProfileValues;
  /** The original connector, with a placeholder for each secret. */
  readonly kept: SavedConnector;
  /** The secrets beside the client's, in the order of `kept.stored`. */
  readonly secrets: readonly unknown[];
  /** Their paths in the file. */
  readonly secretPaths: readonly (readonly string[])[];
  /** Parameters that Logto sends and an ordinary sign-in does not, as paths of the configuration. */
  readonly unsent: readonly (readonly string[])[];
}

/**
 * Takes the secrets out of a connector, and reads the rest as a profile.
 * `connectorDocument` restores the connector.
 */
export function importedConnector({ whole, config }: Pick<ConnectorFile, 'whole' | 'config'>): ImportedConnector {
  const clientSecret = [...configPath(whole), 'clientSecret'];
  const secretPaths = secretMembers(whole, clientSecret);
  const document = structuredClone(whole) as Json;
  for (const path of secretPaths) setMember(document, path, HIDDEN);
  setMember(document, clientSecret, SECRET_PLACEHOLDER);
  const stored = secretPaths.map(pointer);
  const saved = { document, ...(stored.length > 0 && { stored }) };
  const values = profileValues(configWithoutSecrets(saved));
  const secrets = secretPaths.map((path) => memberAt(whole, path));
  return { values, kept: saved, secrets, secretPaths, unsent: unsentParameters(config, values) };
}

function configWithoutSecrets({ document = {}, stored = [] }: SavedConnector): Json {
  const open = structuredClone(document);
  for (const text of stored) setMember(open, pathOfPointer(text), undefined);
  return memberAt(open, configPath(open)) as Json;
}

/**
 * The connector that a profile was imported from, with the values of the profile
 * that have changed since. `stored` are the secrets in the order of `kept.stored`;
 * without them their placeholders stay.
 */
export function connectorDocument(
  cached: SavedConnector,
  values: ProfileValues,
  { clientSecret, stored }: { readonly clientSecret: unknown; readonly stored?: readonly unknown[] },
): Json {
  const saved = cached.document === undefined ? assembledConnector(cached, values, HIDDEN) : cached;
  const document = structuredClone(saved.document ?? {});
  const config = memberAt(document, configPath(document)) as Json;
  followChanges(config, profileValues(configWithoutSecrets(saved)), values);
  if (stored) saved.stored?.forEach((text, at) => void setMember(document, pathOfPointer(text), stored[at]));
  config.clientSecret = clientSecret;
  return document;
}
