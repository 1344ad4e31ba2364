import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import { type Done, timeoutOption, withProfileFlags, withSettings } from '../flags.js';

/** `profile` and what it can do. */
export function profileCommands(program: Command, context: Context, terminal: Terminal, done: Done): void {
  const profile = program.command('profile').description('list, show, add, import, export and remove profiles');
  const writer = async (store: string | undefined) => {
    const { createSecretWriter: secretKeeper } = await import('../secret-writer.js');
    return secretKeeper(store, context, terminal);
  };

  profile
    .command('list', { isDefault: true })
    .description('every profile, and where it is defined')
    .option('--json', 'one JSON document on stdout')
    .action(async (flags) => {
      const { profileList } = await import('./list.js');
      done(await profileList(flags, context, terminal));
    });

  withProfileFlags(profile.command('show [profile]'))
    .description('every value of a profile, and where it comes from')
    .option('--browser <command>', 'the browser to start')
    .option('--trust-project', "trust the project's oidc-cli.yaml")
    .option('--json', 'one JSON document on stdout')
    .action(async (name: string | undefined, { json, ...flags }) => {
      const [{ profileShow }, { openSessions }] = await Promise.all([
        import('./show.js'),
        import('../open-sessions.js'),
      ]);
      const last = (await openSessions(context, terminal).list())[0]?.profile;
      done(await profileShow({ profile: name, flags, lastSignedIn: last, json }, context, terminal));
    });

  withProfileFlags(profile.command('add <name>'))
    .description('write a profile into your configuration file')
    .option('--browser <command>', 'the browser to start')
    .option('--default', 'make it the default')
    .option('--force', 'replace one of the same name')
    .option('--project', 'write ./oidc-cli.yaml instead')
    .option('--json', 'one JSON document on stdout')
    .action(async (name: string, { default: makeDefault, force, project, json, ...flags }) => {
      const { profileAdd } = await import('./add.js');
      const options = { name, flags, makeDefault, force, project, json };
      done(await profileAdd(options, context, terminal, await writer(flags.store)));
    });

  const imported = profile
    .command('import <file>')
    .description("make a profile of a Logto connector's JSON; - reads it from stdin")
    .option('--name <name>', "its name (default: the issuer's host)")
    .option('--issuer <url>', "the provider's issuer, where the connector does not name it");
  withSettings(imported, 'clientSecretFile', 'clientSecret')
    .option('--store <store>', 'where its secrets are kept: auto, keychain or file')
    .addOption(timeoutOption())
    .option('--trust-project', 'let the connector name any variable')
    .option('--default', 'make it the default')
    .option('--force', 'replace one of the same name')
    .option('--project', 'write ./oidc-cli.yaml instead')
    .option('--json', 'one JSON document on stdout')
    .action(async (file: string, flags) => {
      const { profileImport } = await import('./import.js');
      done(await profileImport({ file, ...flags }, context, terminal, await writer(flags.store)));
    });

  withProfileFlags(profile.command('export [profile]'))
    .description('write a profile, or what flags say, as the JSON of a Logto connector')
    .option('--format <format>', 'logto', 'logto')
    .option('--output <file>', 'write this file instead of stdout')
    .option('--show-secrets', 'with the client secret itself')
    .option('--trust-project', "trust the project's oidc-cli.yaml")
    .option('--json', 'the same: it is JSON')
    .action(async (name: string | undefined, { format, output, showSecrets, json: _json, ...flags }) => {
      const { profileExport } = await import('./export.js');
      done(await profileExport({ profile: name, flags, format, output, showSecrets }, context, terminal));
    });

  profile
    .command('remove <name>')
    .description('remove a profile from your configuration file')
    .option('--project', 'from the oidc-cli.yaml of this project instead')
    .option('--json', 'one JSON document on stdout')
    .action(async (name: string, flags) => {
      const { profileRemove } = await import('./remove.js');
      done(await profileRemove({ name, ...flags }, context, terminal, await writer(undefined)));
    });
}
