import { type Command, Option } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { collect, type Done, portNumber } from '../flags.js';

/** `idp`. */
export function idpCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
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
      const { idp } = await import('./run.js');
      done(await idp({ user: [], redirectUri: [], ...flags }, context, terminal));
    });
}
