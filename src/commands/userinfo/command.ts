import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { type Done, withSelection } from '../flags.js';

/** `userinfo`. */
export function userinfoCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(program.command('userinfo [profile]'))
    .description('what the userinfo endpoint says of the person')
    .action(async (profile: string | undefined, flags) => {
      const { userinfo } = await import('./run.js');
      done(await userinfo({ profile, ...flags }, context, terminal));
    });
}
