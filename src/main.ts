import { Command, CommanderError } from 'commander';
import { commandsFor } from './commands/commands.js';
import type { Done } from './commands/flags.js';
import { type BeginTrace, withTraceFlags } from './commands/trace-flags.js';
import type { TraceRun } from './commands/trace-run.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode, OidcCliError, toCodedError } from './errors.js';
import { Masker, maskError } from './masking/mask.js';
import { createTerminal, type Terminal } from './terminal.js';
import { version } from './version.js';

/**
 * Runs one command line. `argv` is without node and script. Writes only to the
 * context's streams and resolves to the process exit code; it never throws.
 */
export async function main(argv: readonly string[], context: Context): Promise<ExitCode> {
  const masker = new Masker();
  const terminal = await createTerminal(context, argv.includes('--json'), masker);
  const traced: { run?: TraceRun } = {};
  // Copied without access to `stdin`, since its getter opens stdin.
  const deps: { -readonly [Part in keyof Context]: Context[Part] } = Object.create(
    Object.prototype,
    Object.getOwnPropertyDescriptors(context),
  );
  deps.masker = masker;
  const begin: BeginTrace = async (command, flags) => {
    const { startTrace } = await import('./commands/trace-run.js');
    traced.run = await startTrace(command, flags, context, terminal);
    deps.follower = traced.run.follower;
  };
  try {
    const exitCode = await run(argv, deps, terminal, begin);
    // The command's result goes to stdout: without it, the command has failed.
    const unwritten = outputError(context);
    if (unwritten) await printFailure(unwritten, terminal);
    const ended = unwritten && exitCode === EXIT.done ? unwritten.exitCode : exitCode;
    return (await traced.run?.end(ended, unwritten)) ?? ended;
  } catch (error) {
    const { failureDocument } = await import('./commands/failure-text.js');
    const failure = maskError(toCodedError(error, context.signal.aborted), masker);
    terminal.status(undefined);
    if (terminal.failsInJson) terminal.json(failureDocument(failure));
    if (!terminal.failsInJson || context.stdout.failure !== undefined) await printFailure(failure, terminal);
    await traced.run?.end(failure.exitCode, failure);
    return failure.exitCode;
  }
}

/** `output_unwritable` (facts: reason) if a part of the output could not be written. */
function outputError({ stdout: { failure } }: Context): OidcCliError | undefined {
  return failure === undefined ? undefined : new OidcCliError('output_unwritable', { reason: failure });
}

async function printFailure(failure: OidcCliError, terminal: Terminal): Promise<void> {
  const { failureLines } = await import('./commands/failure-text.js');
  for (const line of failureLines(failure, terminal.talk)) terminal.say(line);
}

async function run(
  argv: readonly string[],
  context: Context,
  terminal: Terminal,
  beginTrace: BeginTrace,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const program = commandTree(argv, context, terminal, (code) => {
    exitCode = code;
  });
  withTraceFlags(program, beginTrace);
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(expandNestedHelp(argv), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are results, not errors.
    if (error.exitCode === 0 || error.code === 'commander.help') return EXIT.done;
    const reason = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
    throw new OidcCliError('usage', { reason: sentence(reason) });
  }
}

/** Turns `help profile import` into `profile import --help`, since commander reads only the first name. */
function expandNestedHelp(argv: readonly string[]): readonly string[] {
  const [first, ...names] = argv;
  return first === 'help' && names.length > 1 ? [...names, '--help'] : argv;
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!)]$/.test(capital) ? capital : `${capital}.`;
}

function commandTree(argv: readonly string[], context: Context, terminal: Terminal, done: Done): Command {
  const program = new Command('oidc-cli')
    .description('Runs a real OpenID Connect sign-in, and says which step failed, why, and what to change.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ sortSubcommands: false })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      // `main` shows errors, in the same form for all.
      outputError: () => undefined,
      getOutHelpWidth: () => context.stdout.columns ?? 100,
    });

  for (const add of commandsFor(argv)) add(program, context, terminal, done);
  return program;
}
