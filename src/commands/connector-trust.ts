import { dirname, resolve } from 'node:path';
import type { Context } from '../context.js';
import type { ConnectorTrust } from '../logto/connector/secret.js';
import { userFilePath } from '../profiles/profile-file.js';
import { isTrustedFile } from '../profiles/trust.js';

/**
 * Whether the user trusts the connector's file that a command line names, with
 * `-` for stdin. Throws as `isTrustedFile`.
 */
export async function connectorTrust(
  path: string,
  trustProject: boolean | undefined,
  context: Pick<Context, 'cwd' | 'env' | 'folders'>,
): Promise<ConnectorTrust> {
  const folder = path === '-' ? context.cwd : dirname(resolve(context.cwd, path));
  return { trusted: await isTrustedFile(path, trustProject, context), folder, userFile: userFilePath(context) };
}
