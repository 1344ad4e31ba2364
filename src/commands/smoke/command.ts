import { type Command, Option } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { collect, type Done, seconds, wholeNumber } from '../flags.js';

/** `smoke` and what prepares it. */
export function smokeCommands(program: Command, context: Context, terminal: Terminal, done: Done): void {
  const smoke = program
    .command('smoke [files...]')
    .description('sign in as the checks of oidc-smoke.yaml say, without a person, and report for CI')
    .addOption(
      new Option('--concurrency <n>', 'checks at once').default(4).argParser(wholeNumber('checks at once', 1, 64)),
    )
    .option('--retries <n>', 'further tries after a failure', wholeNumber('tries', 0, 10))
    .option('--timeout <seconds>', 'how long one try may take (default: 60)', seconds)
    .option('--timeout-all <seconds>', 'how long the whole run may take', seconds)
    .option(
      '--filter <words>',
      'only checks with these words in their name (* for anything), or this tag; repeatable',
      collect,
    )
    .option('--shard <part/of>', 'only this part of the checks: 1/4 is the first of four')
    .addOption(
      new Option('--repeat <n>', 'run each check so often').default(1).argParser(wholeNumber('runs', 1, 10_000)),
    )
    .option('--max-failures <n>', 'begin no further check after so many failures', wholeNumber('failures', 1, 100_000))
    .option('--fail-fast', 'begin no further check after the first failure')
    .option('--reporter <name[=file]>', 'terminal, json, junit, tap, github or prometheus; repeatable', collect)
    .option('--browser-path <program>', 'the browser to run, in place of what is found on this machine')
    .option(
      '--evidence <folder>',
      'where the page that a sign-in failed at is kept: its text, and of a browser its picture (default: a temporary folder)',
    )
    .option('--no-evidence', 'keep nothing of it')
    .option('--trust-project', 'trust the file of checks, and the oidc-cli.yaml of this project')
    .option('--json', 'the same as --reporter json')
    .addHelpText(
      'after',
      `
Examples:
  oidc-cli smoke init staging
  oidc-cli smoke --filter staging --retries 1
  oidc-cli smoke --reporter junit=report.xml --shard 1/4`,
    )
    .action(async (files: string[], flags) => {
      const { smoke: run } = await import('./run.js');
      done(await run({ files, ...flags }, context, terminal));
    });

  // A flag that both have, such as --json, is taken by smoke: hence optsWithGlobals.
  smoke
    .command('init [profile]')
    .description('write a first file of checks from a profile, with comments')
    .option('--output <file>', 'where it is written (default: oidc-smoke.yaml)')
    .option('--user <name>', "the test user's name")
    .option('--force', 'replace a file that is there')
    .option('--trust-project', 'trust the oidc-cli.yaml of this project')
    .option('--json', 'one JSON document on stdout')
    .action(async (profile: string | undefined, _flags, command: Command) => {
      const { smokeInit } = await import('./init.js');
      done(await smokeInit({ profile, ...command.optsWithGlobals() }, context, terminal));
    });

  smoke
    .command('baseline [files...]')
    .description('write down what each provider of the checks says of itself, to be compared later')
    .option('--output <file>', 'where it is written (default: oidc-baseline.json)')
    .option('--trust-project', 'trust the file of checks, and the oidc-cli.yaml of this project')
    .option('--json', 'one JSON document on stdout')
    .action(async (files: string[], _flags, command: Command) => {
      const { smokeBaseline } = await import('./baseline.js');
      done(await smokeBaseline({ ...command.optsWithGlobals(), files }, context, terminal));
    });
}
