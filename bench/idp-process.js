import { spawn } from 'node:child_process';

/** Starts `oidc-cli idp` in a process of its own, so that its work counts for nobody. The caller kills it. */
export async function startIdp(program, env) {
  const child = spawn(process.execPath, [program, 'idp', '--port', '0', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const line = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
    child.once('error', reject).once('exit', () => reject(new Error('the identity provider did not start')));
  });
  return { child, issuer: JSON.parse(line).issuer };
}
