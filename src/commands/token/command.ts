import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { type Done, withSelection } from '../flags.js';

/** `token`. */
export function tokenCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(program.command('token [profile]'))
    .description('the access token alone on stdout, refreshed first when it is about to expire')
    .option('--resource <uri>', 'the access token for this API resource (RFC 8707)')
    .option('--organization <id>', 'the access token for this organization (Logto)')
    .option('--id-token', 'the ID token instead')
    .option('--refresh', 'refresh it whatever its age')
    .option('--header', 'as an Authorization header')
    .action(async (profile: string | undefined, flags) => {
      const { token } = await import('./run.js');
      done(await token({ profile, ...flags }, context, terminal));
    });
}
