import type { Command } from 'commander';
import type { Context } from '../context.js';
import type { Terminal } from '../terminal.js';
import type { Done } from './flags.js';

/** `trust` and what it can do. */
export function trustCommands(program: Command, context: Context, terminal: Terminal, done: Done): void {
  const trust = program
    .command('trust')
    .description('show and remove your answers on what files in a folder may send to a provider');

  trust
    .command('list', { isDefault: true })
    .description('every answer, and the folders that are trusted whole')
    .option('--json', 'one JSON document on stdout')
    .action(async (flags) => {
      const { trustList } = await import('../commands/trust.js');
      done(await trustList(flags, context, terminal));
    });

  trust
    .command('remove [folder]')
    .description('forget the answers about a folder (default: this one), to be asked again')
    .option('--host <host>', 'only those about this host')
    .option('--name <name>', 'only those about this variable or file')
    .option('--all', 'the answers about every folder')
    .option('--json', 'one JSON document on stdout')
    .action(async (folder: string | undefined, flags) => {
      const { trustRemove } = await import('../commands/trust.js');
      done(await trustRemove({ folder, ...flags }, context, terminal));
    });
}
