import type { Context } from '../../context.js';
import { EXIT, type ExitCode } from '../../errors.js';
import { acceptConnector } from '../../logto/connector/connector.js';
import { readConnectorFile } from '../../logto/connector/file.js';
import { connectorSecret, connectorSecretReference, type SecretFlags } from '../../logto/connector/secret.js';
import { isUntrusted } from '../../profiles/client-secret.js';
import { printable, type Terminal } from '../../terminal.js';
import { isExternalSecret, prepareImport } from '../connector-import.js';
import { connectorTrust } from '../connector-trust.js';
import { secretConsent } from '../secret-consent.js';
import type { SecretWriter } from '../secret-writer.js';
import { trustWarnings } from './add.js';

/** What `profile import` was asked. */
export interface ProfileImportOptions extends SecretFlags {
  /** The connector's file, or `-` for stdin. */
  readonly file: string;
  readonly name?: string;
  readonly issuer?: string;
  readonly force?: boolean;
  readonly default?: boolean;
  readonly project?: boolean;
  readonly trustProject?: boolean;
  /** Seconds to wait for each response of the provider. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/**
 * `profile import FILE|-`: makes a profile of a Logto connector that Logto
 * accepts. Secrets go to the session store or stay a reference. The connector
 * is saved as it came under `connector`, so that `profile export` gives the
 * same back. Nothing is written unless all of it can be.
 *
 * Throws `connector_file_*`, `connector_config_invalid`,
 * `connector_endpoint_invalid`, `config_missing` (no issuer to be had),
 * `config_value_invalid`, `client_secret_unavailable`, `profile_exists`, and as
 * `saveProfile` and the secret keeper do.
 */
export async function profileImport(
  options: ProfileImportOptions,
  context: Context,
  terminal: Terminal,
  writer: SecretWriter,
): Promise<ExitCode> {
  const { project, default: makeDefault } = options;
  if (options.file === '-' && context.stdin.isTTY) terminal.say("Paste the connector's JSON, then press Ctrl-D:");
  const source = await readConnectorFile(options.file, context);
  const trust = await connectorTrust(options.file, options.trustProject, context);
  const reference = await connectorSecretReference(source, options, context, trust);
  if (reference?.kind === 'stdin' && context.stdin.isTTY) {
    terminal.say('Client secret (what you type is not shown):');
  }
  const consent = secretConsent(context, terminal);
  // The profile is the user's own from now on: it is asked here what would be asked at each sign-in.
  if (reference && isUntrusted(reference)) await consent([reference]);
  // A secret that stays where it is need not be there yet.
  const stays = isExternalSecret(reference);
  const secret = stays ? undefined : await connectorSecret(source, reference, { ...context, consent });
  const connector = acceptConnector(source, stays ? 'not looked at' : secret);
  const prepared = await prepareImport(
    { source, connector, reference, secret },
    { ...options, flag: '--name' },
    context,
    terminal,
  );
  await prepared.save(writer);

  const { name, file, issuer, replaced, stored, unsent } = prepared;
  const warnings = [
    ...(unsent.length === 0
      ? []
      : [`An ordinary sign-in does not send ${unsent.join(', ')}; profile export --format logto writes it back.`]),
    ...(options.clientSecret === undefined
      ? []
      : [
          "The client secret on the command line is visible to other users of this machine and stays in the shell's history.",
        ]),
    ...(project ? await trustWarnings(name, context) : []),
  ];
  if (options.json) {
    terminal.json({ profile: name, file, replaced, default: makeDefault === true, issuer, stored, warnings });
  }
  terminal.say(`${replaced ? 'Replaced' : 'Imported'} profile ${printable(name)} in ${printable(file)}`);
  if (stored.length > 0) terminal.say(`In the session store: ${stored.map(printable).join(', ')}`);
  for (const warning of warnings) terminal.say(`${terminal.talk.warn('Warning:')} ${printable(warning)}`);
  if (!options.json) terminal.say(`Sign in with: oidc-cli login ${printable(name)}`);
  return EXIT.done;
}
