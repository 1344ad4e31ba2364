import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finished, Machine, RunWorld } from './run.js';
import { aliceSignsIn } from './run.js';

/** A connector's JSON for the confidential client of the built-in provider; `changes` go over it, undefined removes. */
export function connectorFor(issuer: string, changes: Readonly<Record<string, unknown>> = {}) {
  return {
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    clientId: 'demo-confidential',
    clientSecret: 'demo-secret',
    tokenEndpointAuthMethod: 'client_secret_basic',
    scope: 'openid profile email phone offline_access',
    idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer },
    ...changes,
  };
}

/** Writes a connector to a file of this machine and says where. */
export async function connectorFile(machine: Machine, connector: unknown): Promise<string> {
  const file = join(machine.home, 'connector.json');
  await writeFile(file, JSON.stringify(connector, undefined, 2));
  return file;
}

/** Runs `login --connector` with a connector, as Alice, on any free port. */
export async function loginWithConnector(
  machine: Machine,
  connector: unknown,
  flags: readonly string[] = [],
  deps: RunWorld = {},
): Promise<Finished> {
  const file = await connectorFile(machine, connector);
  const port = flags.includes('--redirect-uri') ? [] : ['--port', '0'];
  return machine.run(['login', '--connector', file, ...port, ...flags], { openUrl: aliceSignsIn, ...deps });
}
