import { type ExitCode, OidcCliError } from '../../errors.js';
import { startIdentityProvider } from '../../idp/identity-provider.js';
import type { Terminal } from '../../terminal.js';
import type { LoginOptions } from './prepare.js';

/**
 * `login --demo`: a whole sign-in against the built-in provider, which lives
 * inside this process and ends with it. Nothing is kept on this machine.
 */
export async function loginDemo(
  options: LoginOptions,
  login: (options: LoginOptions) => Promise<ExitCode>,
  terminal: Terminal,
): Promise<ExitCode> {
  const provider = await startIdentityProvider({ port: 0 });
  try {
    terminal.say(`The built-in identity provider runs at ${provider.issuer} for this sign-in. Its test users:`);
    for (const user of provider.users) terminal.say(`  ${user.username}  (password: ${user.password})`);
    terminal.say('');
    return await login({
      ...options,
      demo: false,
      profile: 'demo',
      showClaims: true,
      flags: {
        scope: 'openid profile email offline_access',
        redirectUri: 'http://127.0.0.1:0/callback',
        ...options.flags,
        issuer: provider.issuer,
        endpoint: undefined,
        clientId: 'demo',
        appId: undefined,
        store: 'memory',
      },
    });
  } catch (error) {
    // Nothing has to be registered for another port, and none has to be chosen.
    if (!(error instanceof OidcCliError) || !error.code.startsWith('port_')) throw error;
    throw error.with({ facts: { of: 'demo' } });
  } finally {
    await provider.close();
  }
}
