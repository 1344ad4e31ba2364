import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import type { Done } from '../flags.js';

/** `explain`. */
export function explainCommand(program: Command, _context: Context, terminal: Terminal, done: Done): void {
  program
    .command('explain [code]')
    .description("what an error code or message means, ours or a provider's; without one: all of them")
    .option('--json', 'one JSON document on stdout')
    .action(async (code: string | undefined, flags) => {
      const { explainCode } = await import('./run.js');
      done(explainCode({ code, ...flags }, terminal));
    });
}
