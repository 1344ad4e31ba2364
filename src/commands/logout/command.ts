import { type Command, Option } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { type Done, seconds, withSelection } from '../flags.js';

/** `logout`. */
export function logoutCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(program.command('logout [profile]'))
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
    .addOption(new Option('--timeout <seconds>', 'how long the browser may take').default(60).argParser(seconds))
    .action(async (profile: string | undefined, flags) => {
      const { logout } = await import('./run.js');
      done(await logout({ profile, ...flags }, context, terminal));
    });
}
