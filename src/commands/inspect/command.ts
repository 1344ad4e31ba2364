import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { type Done, timeoutOption, withSettings } from '../flags.js';

/** `inspect`. */
export function inspectCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  const inspect = program
    .command('inspect [token]')
    .description('what is in a token or a callback URL, and whether it holds; without one: the session')
    .option('--profile <name>', 'the profile whose session, issuer and client are meant')
    .option('--issuer <url>', 'verify it as of this issuer')
    .option('--client-id <id>', 'the client that it should be for')
    .option(
      '--client-secret-env <name>',
      'to ask the provider about it (introspection): the secret is in this variable',
    )
    .option('--client-secret-file <file>', 'the same: the secret is in this file')
    .option('--id-token', "the session's ID token (default); of a token given here: take it for one")
    .option('--access-token', 'the same for an access token')
    .option('--refresh-token', 'the same for a refresh token')
    .option('--offline', 'ask no provider')
    .addOption(timeoutOption());
  withSettings(inspect, 'clockTolerance', 'ca', 'insecure', 'allowHttp')
    .option('--trust-project', "trust the project's oidc-cli.yaml")
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  pbpaste | oidc-cli inspect -
  oidc-cli inspect --access-token --profile staging
  oidc-cli inspect - --issuer https://id.example.com --client-id my-app < token.txt
  oidc-cli inspect 'http://localhost:8484/callback?error=access_denied&state=…'`,
    )
    .action(async (token: string | undefined, flags) => {
      const { inspect } = await import('./run.js');
      const { profile, idToken, accessToken, refreshToken, offline, json, ...known } = flags;
      const options = { token, profile, idToken, accessToken, refreshToken, offline, json, flags: known };
      done(await inspect(options, context, terminal));
    });
}
