import { countsOf } from '../../checks/print.js';
import type { Context } from '../../context.js';
import { sourceText } from '../../doctor/configuration-checks.js';
import { type Examination, examineConnector } from '../../doctor/examine-connector.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { explain } from '../../explain/explain.js';
import { configInvalid } from '../../logto/connector/connector.js';
import { type ConnectorFile, readConnectorFile } from '../../logto/connector/file.js';
import { connectorSecret, connectorSecretReference, type SecretFlags } from '../../logto/connector/secret.js';
import type { MissingSecret } from '../../logto/connector/secret-checks.js';
import { environmentLayer, flagLayer } from '../../profiles/layers.js';
import type { Terminal } from '../../terminal.js';
import { connectorTrust } from '../connector-trust.js';
import { networkFor } from '../session-access.js';
import { connectorCheckLines, connectorDocument } from './print.js';

/** What `doctor --connector` was asked. */
export interface ConnectorDoctorOptions extends SecretFlags {
  /** A connector's JSON, or `-` for stdin. */
  readonly connector: string;
  readonly issuer?: string;
  /** Logto's own address. */
  readonly logtoEndpoint?: string;
  readonly connectorId?: string;
  readonly ca?: string;
  readonly insecure?: boolean;
  readonly timeout?: string | number;
  readonly trustProject?: boolean;
  /** Warnings fail, too. */
  readonly strict?: boolean;
  readonly json?: boolean;
}

/**
 * `oidc-cli doctor --connector FILE`: what is wrong with a Logto connector,
 * found without a sign-in. Exit code 0: nothing that keeps people from
 * signing in; 1: something is (with `--strict` a warning suffices). Throws
 * `connector_config_invalid` (3) where Logto would refuse the configuration,
 * after all else has been looked at and shown.
 */
export async function doctorConnector(
  options: ConnectorDoctorOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const { connector: path, strict = false, json } = options;
  const logtoEndpoint = logtoAddress(options.logtoEndpoint);
  const file = await readConnectorFile(path, context);
  const secret = await secretOrReason(file, options, context);
  const settings = await networkSettings(options, context);
  const network = await networkFor(settings, context, terminal);
  let examination: Examination;
  try {
    const { issuer, connectorId } = options;
    if (terminal.interactive) terminal.status('Asking the provider…');
    const request = { file, secret, issuer, logtoEndpoint, connectorId, network: settings };
    const { env, signal } = context;
    const explained = ({ code, facts }: OidcCliError) => explain(code, facts);
    examination = await examineConnector(request, { ...network, env, signal, explain: explained });
  } finally {
    terminal.status(undefined);
    network.fetch.close();
  }

  const { checks, refusal } = examination;
  const document = connectorDocument(file, examination);
  if (refusal) {
    const invalid = configInvalid(file, refusal.faults, refusal.when);
    if (json) throw invalid.with({ details: document });
    for (const line of connectorCheckLines(file.name, examination, terminal.style)) terminal.out(line);
    terminal.out('');
    // Every fault has just been shown in its place.
    throw invalid.with({ code: 'connector_config_invalid', facts: { others: undefined } });
  }
  if (json) terminal.json(document);
  else for (const line of connectorCheckLines(file.name, examination, terminal.style)) terminal.out(line);
  const { failed, warned } = countsOf(checks);
  return failed > 0 || (strict && warned > 0) ? EXIT.checkFailed : EXIT.done;
}

/** Logto's address without what it may not have. Throws `config_value_invalid`. */
function logtoAddress(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const fits = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (fits) return url.href;
  throw new OidcCliError('config_value_invalid', {
    where: '--logto-endpoint',
    found: url ? 'a URL with more than an address in it, or none of the web' : 'no URL',
    allowed: "Logto's own address, such as https://tenant.logto.app",
  });
}

/** The secret; where only the file leads to it and it is not there, the rest can be examined all the same. */
async function secretOrReason(
  file: ConnectorFile,
  options: ConnectorDoctorOptions,
  context: Context,
): Promise<string | MissingSecret | undefined> {
  const { connector, trustProject, clientSecret, clientSecretEnv, clientSecretFile, clientSecretStdin } = options;
  const flags = { clientSecret, clientSecretEnv, clientSecretFile, clientSecretStdin };
  const trust = await connectorTrust(connector, trustProject, context);
  const reference = await connectorSecretReference(file, flags, context, trust);
  try {
    // It is looked at here, and sent nowhere.
    return await connectorSecret(file, reference, { ...context, consent: async () => {} });
  } catch (error) {
    const asked = Object.values(flags).some((flag) => flag !== undefined);
    if (asked || !(error instanceof OidcCliError) || error.code !== 'client_secret_unavailable') throw error;
    const { variable, reason } = error.facts;
    return variable === undefined
      ? { verdict: 'fail', reason: String(reason) }
      : { verdict: 'skip', reason: `the variable ${variable} is not set` };
  }
}

/** `--ca` and `--insecure`, the flag before the environment, with the place that named the CA file. */
async function networkSettings({ ca, insecure, timeout }: ConnectorDoctorOptions, { env, cwd }: Context) {
  const layers = await Promise.all([flagLayer({ ca, insecure, timeout }, cwd, env), environmentLayer(env, cwd)]);
  const named = layers.find(({ values }) => values.ca !== undefined);
  return {
    ca: named?.values.ca,
    caSource: sourceText(named?.source('ca')),
    insecure: layers.find(({ values }) => values.insecure !== undefined)?.values.insecure ?? false,
    timeout: layers.find(({ values }) => values.timeout !== undefined)?.values.timeout,
  };
}
