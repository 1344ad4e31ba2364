import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { collect, type Done, splitDriverFlags, withDriverFlags, withProfileFlags } from '../flags.js';

/** `probe`: with a sign-in, what a sound provider must refuse. */
export function probeCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  const probe = withProfileFlags(program.command('probe [profile]'))
    .description('try at a provider what a sound one refuses, with sign-ins; says what it will do, and asks first')
    .option('--yes', 'do not ask: it is allowed')
    .option('--only <name>', 'this probe alone; repeatable', collect)
    .option('--skip <name>', 'not this probe; repeatable', collect)
    .option('--list', 'list the probes there are, and end')
    .option('--other-client-id <id>', 'another client at the same provider, which must not get what this one got')
    .option('--other-client-secret-env <name>', 'take its secret from this environment variable')
    .option('--other-client-secret-file <file>', 'take its secret from this file')
    .option('--other-client-auth <method>', 'its method of client authentication, as --client-auth')
    .option('--browser <command>', 'the browser to start, with the URL as its last argument')
    .option('--no-browser', 'print the URLs and wait')
    .option('--trust-project', "trust the project's oidc-cli.yaml to name programs and relax verification");
  withDriverFlags(probe)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  oidc-cli probe staging
  oidc-cli probe staging --only code-reuse --only refresh-reuse
  oidc-cli probe staging --yes --json --with auto --user test@example.com --password-env TEST_PASSWORD`,
    )
    .action(async (profile: string | undefined, flags) => {
      const { probe: run } = await import('./run.js');
      const { automation, others } = splitDriverFlags(flags);
      const { browser, yes, only, skip, list, json, ...more } = others;
      const { otherClientId, otherClientSecretEnv, otherClientSecretFile, otherClientAuth, ...rest } = more;
      const otherClient = { otherClientId, otherClientSecretEnv, otherClientSecretFile, otherClientAuth };
      const profileFlags = { ...rest, ...(typeof browser === 'string' ? { browser } : {}) };
      const options = { profile, flags: profileFlags, automation, openBrowser: browser !== false, ...otherClient };
      done(await run({ ...options, yes, only, skip, list, json }, context, terminal));
    });
}
