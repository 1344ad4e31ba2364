import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import type { Done } from '../flags.js';

/** `trust` and what it can do. */
export function trustCommands(program: Command, context: Context, terminal: Terminal, done: Done): void {
  const trust = program
    .command('trust')
    .description('manage which secrets the files in a folder may send to a provider');

  trust
    .command('list', { isDefault: true })
    .description('list your answers and the trusted folders')
    .option('--json', 'one JSON document on stdout')
    .action(async (flags) => {
      const { trustList } = await import('./run.js');
      done(await trustList(flags, context, terminal));
    });

  trust
    .command('remove [folder]')
    .description('remove the answers for a folder (default: the current one), to be asked again')
    .option('--host <host>', 'only answers for this host')
    .option('--name <name>', 'only answers for this variable or file')
    .option('--all', 'the answers for all folders')
    .option('--json', 'one JSON document on stdout')
    .action(async (folder: string | undefined, flags) => {
      const { trustRemove } = await import('./run.js');
      done(await trustRemove({ folder, ...flags }, context, terminal));
    });
}
