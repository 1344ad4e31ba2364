import type { Command } from 'commander';
import type { Context } from '../context.js';
import type { Terminal } from '../terminal.js';
import { doctorCommand } from './doctor/command.js';
import { explainCommand } from './explain/command.js';
import type { Done } from './flags.js';
import { idpCommand } from './idp/command.js';
import { inspectCommand } from './inspect/command.js';
import { loginCommand } from './login/command.js';
import { logoutCommand } from './logout/command.js';
import { probeCommand } from './probe/command.js';
import { profileCommands } from './profile/command.js';
import { smokeCommands } from './smoke/command.js';
import { tokenCommand } from './token/command.js';
import { trustCommands } from './trust/command.js';
import { userinfoCommand } from './userinfo/command.js';
import { whoamiCommand } from './whoami/command.js';

type AddCommand = (program: Command, context: Context, terminal: Terminal, done: Done) => void;

/** Every command by the name it is called by, in the order that help lists them. */
const COMMANDS: ReadonlyMap<string, AddCommand> = new Map([
  ['login', loginCommand],
  ['whoami', whoamiCommand],
  ['logout', logoutCommand],
  ['token', tokenCommand],
  ['userinfo', userinfoCommand],
  ['inspect', inspectCommand],
  ['explain', explainCommand],
  ['profile', profileCommands],
  ['trust', trustCommands],
  ['smoke', smokeCommands],
  ['doctor', doctorCommand],
  ['probe', probeCommand],
  ['idp', idpCommand],
]);

/**
 * The commands that a command line is about: the one it names, since the flags
 * of all together cost more than most commands do; none for the version; else
 * all of them, to be listed, or to be looked through for what was meant.
 */
export function commandsFor(argv: readonly string[]): readonly AddCommand[] {
  const [first = ''] = argv;
  if (first === '-V' || first === '--version') return [];
  const named = COMMANDS.get(first);
  return named ? [named] : [...COMMANDS.values()];
}
