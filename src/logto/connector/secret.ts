import type { Context } from '../../context.js';
import { OidcCliError } from '../../errors.js';
import { textValue } from '../../oidc/json-values.js';
import { type Consent, readClientSecret, readSecretFromStdin } from '../../profiles/client-secret.js';
import { flagLayer } from '../../profiles/layers.js';
import type { ProfileFlags, SecretReference } from '../../profiles/profile.js';
import { refuseStoreKeyName } from '../../profiles/store-key-guard.js';
import { checkSecretReference, hostOf } from '../../profiles/trust.js';
import type { ConnectorFile } from './file.js';

/** The flags of `login` that name a client secret. */
export type SecretFlags = Pick<
  ProfileFlags,
  'clientSecret' | 'clientSecretEnv' | 'clientSecretFile' | 'clientSecretStdin'
>;

/** Whether the user trusts a connector's file, and the places where trust is configured. */
export interface ConnectorTrust {
  readonly trusted: boolean;
  readonly folder: string;
  /** The user's own file, which has `trustedFolders`. */
  readonly userFile: string;
}

/** The placeholder for the secret in an exported connector. */
export const SECRET_PLACEHOLDER = '<client-secret>';

/** `${NAME}`, the whole of a value, as in profiles. */
const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

function secretVariable(file: ConnectorFile): string | undefined {
  const { clientSecret } = file.config;
  return typeof clientSecret === 'string' ? VARIABLE.exec(clientSecret)?.[1] : undefined;
}

/**
 * The source of a connector's secret: the one in the flags, else the variable in
 * its `clientSecret` as `${NAME}`; undefined if the file has the secret itself, or
 * none. A connector comes with a folder, like a project's file, and may name the
 * same variables. Throws `config_value_invalid` if several flags name a secret,
 * `usage` if file and secret both come from stdin, `config_untrusted` and
 * `store_key_as_secret`.
 */
export async function connectorSecretReference(
  file: ConnectorFile,
  flags: SecretFlags,
  deps: Pick<Context, 'cwd' | 'env' | 'folders'>,
  trust: ConnectorTrust,
): Promise<SecretReference | undefined> {
  const { clientSecret, clientSecretEnv, clientSecretFile, clientSecretStdin } = flags;
  const given = { clientSecret, clientSecretEnv, clientSecretFile, clientSecretStdin };
  const { secret } = await flagLayer(given, deps.cwd, deps.env);
  if (secret?.reference.kind === 'stdin' && file.name === 'stdin') {
    throw new OidcCliError('usage', {
      reason: 'Connector and client secret cannot both come from stdin.',
      fix: 'Name a file for one of them, or the secret with --client-secret-env NAME.',
    });
  }
  if (secret) return secret.reference;
  const name = secretVariable(file);
  if (name === undefined) return undefined;
  const reference: SecretReference = { kind: 'env', name };
  if (trust.trusted) {
    await refuseStoreKeyName(reference, deps);
    return reference;
  }
  return checkSecretReference(reference, {
    file: file.name,
    line: file.lineOf(['clientSecret']),
    key: file.pathOf(['clientSecret']),
    folder: trust.folder,
    userFile: trust.userFile,
    host: hostOf(textValue(file.config.tokenEndpoint) ?? ''),
  });
}

/**
 * The client secret of a connector: from `reference`, as returned by
 * `connectorSecretReference`, or from the file. Undefined if the file's is missing
 * or not a text, which `acceptConnector` then refuses. Throws `interrupted` and
 * the errors of `readClientSecret`.
 */
export async function connectorSecret(
  file: ConnectorFile,
  reference: SecretReference | undefined,
  deps: Pick<Context, 'env' | 'folders' | 'stdin' | 'signal'> & { readonly consent: Consent },
): Promise<string | undefined> {
  const place = () => `${file.name}:${file.lineOf(['clientSecret'])}`;
  if (reference) {
    try {
      return await readClientSecret(reference, {
        env: deps.env,
        folders: deps.folders,
        consent: deps.consent,
        stdin: () => readSecretFromStdin(deps.stdin, deps),
      });
    } catch (error) {
      const isNamedHere = reference.kind === 'env' && secretVariable(file) === reference.name;
      if (!(error instanceof OidcCliError) || error.code !== 'client_secret_unavailable' || !isNamedHere) throw error;
      throw error.with({ code: 'client_secret_unavailable', facts: { where: place() } });
    }
  }
  const { clientSecret } = file.config;
  if (clientSecret === SECRET_PLACEHOLDER) {
    const reason = `it is still the placeholder ${SECRET_PLACEHOLDER}`;
    throw new OidcCliError('client_secret_unavailable', { file: place(), reason });
  }
  return typeof clientSecret === 'string' ? clientSecret : undefined;
}
