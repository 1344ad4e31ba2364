import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { type Done, timeoutOption, withSelection } from '../flags.js';

/** `logout`. */
export function logoutCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(
    program.command('logout [profile]'),
    timeoutOption('seconds to wait for the browser (default: 60); for a response of the provider at most 30 of them'),
  )
    .description('revoke the tokens, sign out at the provider, forget the session')
    .option('--local', 'only forget: no request, no browser')
    .option('--all', 'every session on this machine')
    .option('--browser <command>', 'the browser to start, with the URL as its last argument')
    .option('--no-browser', 'print the address and wait')
    .option('--no-end-session', "revoke and forget, and leave the provider's own session alone")
    .option(
      '--post-logout-redirect-uri <uri>',
      'as registered (default: http://localhost:8484/signed-out; Logto: http://localhost:3000/)',
    )
    .action(async (profile: string | undefined, flags) => {
      const { logout } = await import('./run.js');
      done(await logout({ profile, ...flags }, context, terminal));
    });
}
