import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { type Done, withSelection } from '../flags.js';

/** `whoami`. */
export function whoamiCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(program.command('whoami [profile]'))
    .description('who is signed in, where, until when (exit code 4: nobody)')
    .option('--all', 'every session on this machine')
    .option('--claims', "the ID token's claims as well")
    .option('--userinfo', 'ask the provider, and compare the subject')
    .action(async (profile: string | undefined, flags) => {
      const { whoami } = await import('./run.js');
      done(await whoami({ profile, ...flags }, context, terminal));
    });
}
