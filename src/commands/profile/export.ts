import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { connectorDocument } from '../../logto/connector/document.js';
import { connectorDraft } from '../../logto/connector/export.js';
import { orderMembers } from '../../logto/connector/profile.js';
import { SECRET_PLACEHOLDER } from '../../logto/connector/secret.js';
import { discoverProvider } from '../../oidc/provider.js';
import { readClientSecret, readSecretFromStdin } from '../../profiles/client-secret.js';
import { type CollectedProfile, collectProfile } from '../../profiles/collect-profile.js';
import type { ProfileFlags } from '../../profiles/profile.js';
import { profileNames } from '../../profiles/profile-choice.js';
import type { SavedConnector } from '../../profiles/saved-connector.js';
import type { ProfileValues } from '../../profiles/schema.js';
import { SETTINGS } from '../../profiles/settings.js';
import { printable, type Terminal } from '../../terminal.js';
import { openSessions } from '../open-sessions.js';
import { connectorEntry } from '../secret-writer.js';
import { networkFor } from '../session-access.js';

/** What `profile export` was asked. */
export interface ProfileExportOptions {
  readonly profile?: string;
  readonly flags: ProfileFlags;
  readonly format: string;
  /** A file in place of stdout. */
  readonly output?: string;
  readonly showSecrets?: boolean;
}

/**
 * `profile export --format logto`: the profile as a Logto connector's JSON on
 * stdout. An imported one comes back as it was; any other is completed by
 * discovery. Secrets are named or left to be filled in, unless `showSecrets`.
 *
 * Throws `usage` for another format, `config_missing`,
 * `client_auth_unsupported`, `client_secret_unavailable` (with `showSecrets`),
 * `report_unwritable`, and as `collectProfile`, `discoverProvider` and the session store do.
 */
export async function profileExport(
  options: ProfileExportOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.format !== 'logto') {
    throw new OidcCliError('usage', {
      reason: `There is no format "${options.format}".`,
      fix: 'Use --format logto, the only one there is.',
    });
  }
  const sessions = openSessions(context, terminal);
  const lastSignedIn = options.profile === undefined ? (await sessions.list())[0]?.profile : undefined;
  const collected = await collectProfile({ name: options.profile, flags: options.flags, lastSignedIn }, context);
  const { name, values } = collected;
  const { issuer, clientId } = values;
  if (issuer === undefined || name === undefined) throw missingError('issuer', collected);
  if (clientId === undefined) throw missingError('clientId', collected);
  for (const warning of collected.warnings) warn(terminal, warning);

  const secret = () => exportedSecret(collected, { name, issuer }, sessions, context, terminal);
  // With another issuer named beside it, the connector's endpoints are no longer there, and it is another connector.
  const saved = values.tokenEndpoint === undefined ? undefined : values.connector;
  const given: ProfileValues & { clientId: string } = { ...chosenValues(collected), issuer, clientId };
  let document: Readonly<Record<string, unknown>>;
  let clientSecret: string | undefined;
  if (saved) {
    const stored = options.showSecrets ? await hiddenValues(saved, { name, issuer }, sessions) : undefined;
    clientSecret = options.showSecrets ? await secret() : shownSecret(collected);
    document = connectorDocument(saved, given, { clientSecret, stored });
  } else {
    const looked = options.showSecrets ? await secret() : await secret().catch(throwIfInterrupted);
    const network = await networkFor(values, context, terminal);
    try {
      const { authorizationEndpoint, tokenEndpoint, jwksUri, allowHttp } = values;
      const endpoints = { authorizationEndpoint, tokenEndpoint, jwksUri };
      const provider = await discoverProvider({ issuer, allowHttp, endpoints }, network);
      const draft = connectorDraft(given, provider, looked);
      for (const warning of draft.warnings) warn(terminal, warning);
      clientSecret = options.showSecrets ? looked : shownSecret(collected);
      document = orderMembers({ ...draft.config, clientSecret });
    } finally {
      network.fetch.close();
    }
  }
  await write(document, options, context, terminal);
  if (clientSecret === SECRET_PLACEHOLDER) {
    terminal.say(`Fill in the client secret in place of ${SECRET_PLACEHOLDER}, or export with --show-secrets.`);
  }
  return EXIT.done;
}

/** What a secret could not be had for is no matter where only its characters are looked at. */
function throwIfInterrupted(error: unknown): undefined {
  if (!(error instanceof OidcCliError) || error.code === 'interrupted') throw error;
}

function missingError(key: 'issuer' | 'clientId', { name, files }: CollectedProfile): OidcCliError {
  const { flag, variable } = SETTINGS[key];
  return new OidcCliError('config_missing', {
    key,
    flag,
    variable,
    profile: files && name,
    known: files && profileNames(files),
    files: files?.searched,
  });
}

/** What somebody chose, and the scope in any case: Logto has no default for it. */
function chosenValues({ values, sources }: CollectedProfile): ProfileValues {
  const set = (key: string) => sources[key] !== undefined && sources[key].layer !== 'default';
  const { clientAuth, prompt, loginHint, maxAge, uiLocales, acrValues, display, claims, responseMode } = values;
  const { authorizationEndpoint, tokenEndpoint, jwksUri, scope, parameters, resource, clockTolerance } = values;
  return {
    ...{ authorizationEndpoint, tokenEndpoint, jwksUri, scope, clientAuth, prompt, loginHint, maxAge },
    ...{ uiLocales, acrValues, display, claims, responseMode },
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    ...(resource.length > 0 ? { resource: [...resource] } : {}),
    ...(set('clockTolerance') ? { clockTolerance } : {}),
  };
}

/** The client secret as a reference, where it is one; else what is to be filled in. */
function shownSecret({ secret }: CollectedProfile): string {
  return secret?.reference.kind === 'env' ? `\${${secret.reference.name}}` : SECRET_PLACEHOLDER;
}

type Sessions = ReturnType<typeof openSessions>;
interface Owner {
  readonly name: string;
  readonly issuer: string;
}

/** The client secret itself. Throws `client_secret_unavailable`. */
async function exportedSecret(
  { secret }: CollectedProfile,
  { name, issuer }: Owner,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<string> {
  if (!secret) throw new OidcCliError('client_secret_unavailable', { reason: 'the profile has none' });
  return readClientSecret(secret.reference, {
    env: context.env,
    folders: context.folders,
    // It is written here, and sent nowhere.
    consent: async () => {},
    stored: () => sessions.readClientSecret(name, issuer),
    stdin: () => {
      if (context.stdin.isTTY) terminal.say('Client secret (what you type is not shown):');
      return readSecretFromStdin(context.stdin, context);
    },
  });
}

/** The other secrets of an imported connector, in the order of `stored`. Throws `client_secret_unavailable`. */
async function hiddenValues(
  { stored = [] }: SavedConnector,
  { name, issuer }: Owner,
  sessions: Sessions,
): Promise<readonly unknown[]> {
  if (stored.length === 0) return [];
  const text = await sessions.readClientSecret(connectorEntry(name), issuer);
  const values: unknown = text === undefined ? undefined : JSON.parse(text);
  if (Array.isArray(values) && values.length === stored.length) return values;
  throw new OidcCliError('client_secret_unavailable', {
    source: 'session store',
    reason: 'none is kept for this issuer',
  });
}

async function write(
  document: object,
  { output, showSecrets }: ProfileExportOptions,
  context: Context,
  terminal: Terminal,
): Promise<void> {
  if (output === undefined) {
    terminal.foreignJson(document);
    return;
  }
  const file = resolve(context.cwd, output);
  const { writeOutputFile } = await import('../../smoke/reporters/report-file.js');
  await writeOutputFile(file, context.cwd, `${JSON.stringify(document, undefined, 2)}\n`, {
    mode: showSecrets ? 0o600 : 0o644,
  });
  terminal.say(`Wrote ${printable(file)}`);
}

function warn(terminal: Terminal, text: string): void {
  terminal.say(`${terminal.talk.warn('Warning:')} ${printable(text)}`);
}
