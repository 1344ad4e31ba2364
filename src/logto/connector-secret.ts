import type { Context } from '../context.js';
import { OidcCliError } from '../errors.js';
import { readClientSecret, readSecretFromStdin } from '../profiles/client-secret.js';
import { flagLayer } from '../profiles/layers.js';
import type { ProfileFlags, SecretReference } from '../profiles/profile.js';
import type { ConnectorFile } from './connector-file.js';

/** The flags that name a client secret, as `login` has them. */
export type SecretFlags = Pick<
  ProfileFlags,
  'clientSecret' | 'clientSecretEnv' | 'clientSecretFile' | 'clientSecretStdin'
>;

/** What stands in an exported connector where its secret is to be filled in. */
export const SECRET_PLACEHOLDER = '<client-secret>';

/** `${NAME}`, the whole of a value, as in profiles. */
const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/**
 * Where a connector's secret is to be taken from: what the flags name, else
 * the variable that its `clientSecret` refers to as `${NAME}`; undefined where
 * the file has the secret itself, or none. Throws `config_value_invalid` where
 * several flags name one, and `usage` where file and secret both come from stdin.
 */
export async function connectorSecretReference(
  file: ConnectorFile,
  flags: SecretFlags,
  world: Pick<Context, 'cwd' | 'env'>,
): Promise<SecretReference | undefined> {
  const { clientSecret, clientSecretEnv, clientSecretFile, clientSecretStdin } = flags;
  const given = { clientSecret, clientSecretEnv, clientSecretFile, clientSecretStdin };
  const { secret } = await flagLayer(given, world.cwd, world.env);
  if (secret?.reference.kind === 'stdin' && file.name === 'stdin') {
    throw new OidcCliError('usage', {
      reason: 'Connector and client secret cannot both come from stdin.',
      fix: 'Name a file for one of them, or the secret with --client-secret-env NAME.',
    });
  }
  if (secret) return secret.reference;
  const name = VARIABLE.exec(String(file.config.clientSecret ?? ''))?.[1];
  return name === undefined ? undefined : { kind: 'env', name };
}

/**
 * The client secret of a connector: from the flags, which go before the file,
 * from the variable that the file names, or as the file has it. Undefined where
 * the file's is missing or no text, which `acceptConnector` then refuses.
 * Throws `client_secret_unavailable`, `interrupted`, and as
 * `connectorSecretReference` does.
 */
export async function connectorSecret(
  file: ConnectorFile,
  flags: SecretFlags,
  world: Pick<Context, 'cwd' | 'env' | 'stdin' | 'signal'>,
): Promise<string | undefined> {
  const reference = await connectorSecretReference(file, flags, world);
  const place = () => `${file.name}:${file.lineOf(['clientSecret'])}`;
  if (reference) {
    try {
      return await readClientSecret(reference, {
        env: world.env,
        stdin: () => readSecretFromStdin(world.stdin, world),
      });
    } catch (error) {
      if (!(error instanceof OidcCliError) || reference.kind !== 'env' || flags.clientSecretEnv !== undefined)
        throw error;
      throw new OidcCliError(error.code, { ...error.facts, where: place() }, { cause: error });
    }
  }
  const { clientSecret } = file.config;
  if (clientSecret === SECRET_PLACEHOLDER) {
    const reason = `it is still the placeholder ${SECRET_PLACEHOLDER}`;
    throw new OidcCliError('client_secret_unavailable', { file: place(), reason });
  }
  return typeof clientSecret === 'string' ? clientSecret : undefined;
}
