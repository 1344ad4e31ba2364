import { type Command, Option } from 'commander';
import { collect } from './flags.js';
import type { TraceFlags } from './trace-run.js';

/** Begins the trace of a command, where its flags ask for one; `command` is its name, such as `profile list`. */
export type BeginTrace = (command: string, flags: TraceFlags) => Promise<void>;

/** Gives every command the flags of a trace, and begins one before a command that was given any. */
export function withTraceFlags(program: Command, begin: BeginTrace): void {
  const add = (command: Command) => {
    for (const [flags, description, parse] of [
      ['--trace', 'show each request and answer on stderr, decoded and without its secrets'],
      ['-v, --verbose', 'one line for each request'],
      ['--trace-file <file>', 'write the trace to FILE.html, FILE.har or FILE.json; repeatable', collect],
      ['--with-claims', 'leave names, e-mail addresses and other personal claims in the file'],
    ] as const) {
      const option = new Option(flags, description).helpGroup('Trace:');
      command.addOption(parse ? option.argParser<string[]>(parse) : option);
    }
    command.commands.forEach(add);
  };
  program.commands.forEach(add);
  program.hook('preAction', async (_program, action) => {
    const { trace, verbose, traceFile, withClaims } = action.optsWithGlobals<TraceFlags>();
    // They are no command's own: a command refuses flags that it would ignore.
    for (const name of ['trace', 'verbose', 'traceFile', 'withClaims']) action.setOptionValue(name, undefined);
    if (!trace && !verbose && !traceFile && !withClaims) return;
    const names: string[] = [];
    for (let command: Command | null = action; command?.parent; command = command.parent) names.unshift(command.name());
    await begin(names.join(' '), { trace, verbose, traceFile, withClaims });
  });
}
