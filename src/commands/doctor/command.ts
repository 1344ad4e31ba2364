import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { connectorOption, type Done, withProfileFlags } from '../flags.js';

/** `doctor`. */
export function doctorCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  const doctor = withProfileFlags(program.command('doctor [profile]'))
    .description('what keeps a profile, or a Logto connector, from signing in; found without a sign-in')
    .option('--browser <command>', 'the browser that login would start')
    .option('--trust-project', "trust the project's oidc-cli.yaml to name programs and relax verification")
    .addOption(
      connectorOption(
        '--connector <file>',
        "examine a Logto connector's JSON in place of a profile; - reads it from stdin",
      ),
    )
    .addOption(
      connectorOption(
        '--logto-endpoint <url>',
        "Logto's own address; with the connector's id it gives the redirect URIs, and Logto's request is tried",
      ),
    )
    .addOption(
      connectorOption(
        '--connector-id <id>',
        "the connector's id in Logto (default: that of the Management API's JSON)",
      ),
    )
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  oidc-cli doctor
  oidc-cli doctor staging --strict
  oidc-cli doctor --issuer https://id.example.com --client-id my-app
  oidc-cli doctor --connector connector.json
  oidc-cli doctor --connector connector.json --logto-endpoint https://tenant.logto.app --connector-id ID`,
    )
    .action(async (profile: string | undefined, flags) => {
      const { doctor: run } = await import('./run.js');
      const { connector, logtoEndpoint, connectorId, strict, json, ...known } = flags;
      done(
        await run({ profile, flags: known, connector, logtoEndpoint, connectorId, strict, json }, context, terminal),
      );
    });
  for (const option of doctor.options) if (option.long === '--strict') option.description = 'let warnings fail as well';
}
