import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The secret of every connector in these tests, to be looked for in whatever is written. */
export const SECRET = 'c0nnector-s3cret-ZZ';

/** A connector that Logto accepts; members given go before, and undefined ones are left out. */
export function connectorJson(members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const issuer = 'https://id.example.com/realms/main';
  return JSON.parse(
    JSON.stringify({
      authorizationEndpoint: `${issuer}/authorize`,
      tokenEndpoint: `${issuer}/token`,
      clientId: 'logto',
      clientSecret: SECRET,
      scope: 'openid profile email',
      idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer },
      ...members,
    }),
  ) as Record<string, unknown>;
}

/** Every file below a folder, by its path from there, as text. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = await readFile(path, 'latin1');
  }
  return files;
}
