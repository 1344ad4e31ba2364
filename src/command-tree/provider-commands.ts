import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { Terminal } from '../terminal.js';
import { collect, type Done, portNumber } from './flags.js';
import { probeCommand } from './probe-command.js';

/** The commands about a provider itself. */
export function providerCommands(program: Command, context: Context, terminal: Terminal, done: Done): void {
  program
    .command('doctor')
    .description('examine a Logto connector, its provider and its keys, without a sign-in')
    .option('--connector <file>', "the connector's JSON; - reads it from stdin")
    .option('--issuer <url>', "the provider to compare with (default: the connector's issuer)")
    .option('--logto-endpoint <url>', "Logto's own address, for the redirect URIs")
    .option('--connector-id <id>', "the connector's id in Logto, for the redirect URIs")
    .option('--client-secret-env <name>', 'take the client secret from this environment variable')
    .option('--client-secret-file <file>', 'take the client secret from this file')
    .option('--client-secret-stdin', 'take the client secret from stdin')
    .option('--client-secret <secret>', 'the client secret itself (visible to others: better use one of the above)')
    .option('--ca <file>', 'a PEM file with more certificate authorities to trust')
    .option('--insecure', 'do not verify TLS certificates')
    .option('--strict', 'let warnings fail as well')
    .option('--json', 'one JSON document on stdout')
    .action(async (flags) => {
      const { doctor } = await import('../commands/doctor.js');
      done(await doctor(flags, context, terminal));
    });

  probeCommand(program, context, terminal, done);

  program
    .command('idp')
    .description('run the built-in identity provider, with test users, on this machine')
    .addOption(new Option('--port <port>', '0 takes a free one').default(9400).argParser(portNumber))
    .option('--user <name:password[:email]>', 'one more test user; repeatable', collect)
    .option('--client-id <id>', 'register one more client')
    .option('--client-secret <secret>', 'its secret; without one it is a public client')
    .option('--redirect-uri <uri>', 'its redirect URI; repeatable', collect)
    .option('--clients <file>', 'register the clients of a JSON or YAML file')
    .option('--fault <name>', 'misbehave in this way; repeatable', collect)
    .option('--faults', 'list the faults there are, and end')
    .option('--json', 'one JSON document on stdout when it listens')
    .action(async (flags) => {
      const { idp } = await import('../commands/idp.js');
      done(await idp({ user: [], redirectUri: [], ...flags }, context, terminal));
    });
}
