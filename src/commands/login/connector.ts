import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import {
  type ConnectorLoginRequest,
  type ConnectorLoginResult,
  LogtoConnector,
  withFragmentHint,
} from '../../logto/application.js';
import { refuseUnusableAddress } from '../../logto/connector/authorization-endpoint.js';
import { acceptConnector, type Connector } from '../../logto/connector/connector.js';
import { readConnectorFile } from '../../logto/connector/file.js';
import type { ConnectorConfig } from '../../logto/connector/schema.js';
import { connectorSecret, connectorSecretReference } from '../../logto/connector/secret.js';
import { connectorSession } from '../../logto/connector/session.js';
import { isPlainHttp, withoutQuery } from '../../oidc/endpoint-address.js';
import { environmentLayer, flagLayer } from '../../profiles/layers.js';
import type { SecretReference } from '../../profiles/profile.js';
import { redirectUriWithPort } from '../../profiles/redirect-uri.js';
import type { ProfileValues } from '../../profiles/schema.js';
import { DEFAULTS } from '../../profiles/settings.js';
import { signIn } from '../../sign-in/sign-in.js';
import { printable, type Terminal } from '../../terminal.js';
import { checkIssuer, isExternalSecret, prepareImport } from '../connector-import.js';
import { connectorTrust } from '../connector-trust.js';
import { openSessions } from '../open-sessions.js';
import { secretSource } from '../resolve-sign-in.js';
import { secretConsent } from '../secret-consent.js';
import { createSecretWriter } from '../secret-writer.js';
import { networkFor } from '../session-access.js';
import { openUserAgents, sayEvidence, type UserAgents } from '../user-agents.js';
import type { LoginOptions } from './prepare.js';
import { acceptedByLogto, connectorFacts, printConnectorLogin } from './print-connector.js';

/** The flags that `login --connector` takes: everything else is the connector's to say. */
const FLAGS = [
  'issuer',
  'redirectUri',
  'port',
  'browser',
  'store',
  'clockTolerance',
  'timeout',
  'strict',
  'ca',
  'insecure',
  'allowHttp',
  'clientSecret',
  'clientSecretEnv',
  'clientSecretFile',
  'clientSecretStdin',
  'trustProject',
] as const;

/**
 * `oidc-cli login --connector FILE`: one sign-in as Logto's connector would
 * make it. The exit code follows Logto's verdict; with `--strict` or `--save`
 * the standard has to accept the ID token too.
 */
export async function loginConnector(
  path: string,
  options: LoginOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  refuseOtherFlags(options);
  const { flags } = options;
  const [flagValues, environmentValues, file] = await Promise.all([
    flagLayer(flags, context.cwd, context.env),
    environmentLayer(context.env, context.cwd),
    readConnectorFile(path, context),
  ]);
  const settings = connectorSettings(environmentValues.values, flagValues.values, flags.port);
  const trust = await connectorTrust(path, flags.trustProject, context);
  const reference = await connectorSecretReference(file, flags, context, trust);
  const consent = secretConsent(context, terminal);
  const connector = acceptConnector(file, await connectorSecret(file, reference, { ...context, consent }));
  const { config } = connector;
  checkIssuer(settings.issuer, connector);
  terminal.say(
    `Signing in as Logto would, at ${printable(withoutQuery(config.authorizationEndpoint))} as client ${printable(config.clientId)}`,
  );
  const warnings = plainHttpWarnings(config);
  for (const warning of warnings) terminal.say(terminal.talk.warn(`Warning: ${warning}`));
  const writer =
    options.save === undefined
      ? undefined
      : await createConnectorWriter(options.save, connector, settings, reference, context, terminal);
  const request = { connector, ...settings, issuer: writer?.issuer ?? settings.issuer };
  const network = await networkFor(settings, context, terminal);
  // The connector or its secret may have come by stdin, which is used up then.
  const stdinTaken = path === '-' || flags.clientSecretStdin === true;
  const { ca, insecure, browser, timeout, allowHttp } = settings;
  const { issuer = config.authorizationEndpoint } = request;
  const ofPages = { settings: { ca, insecure }, fetch: network.fetch, browser, issuer, allowHttp, stdinTaken, timeout };
  const asked = { automation: options.automation, openBrowser: options.openBrowser };
  let userAgents: UserAgents | undefined;
  try {
    userAgents = await openUserAgents({ ...ofPages, ...asked }, network, context, terminal);
    const application = new LogtoConnector(request, network);
    refuseUnusableAddress(config, { ...request, pasting: options.automation === undefined });
    const { signedIn, conclude, fail } = await signIn(application, userAgents.next(), network);
    try {
      if (settings.strict || writer) refuseWithTheStandard(signedIn, connector);
      await writer?.save(signedIn, request);
      if (writer) network.recorder.note({ step: 'session saved', from: 'cli', to: 'cli', at: context.clock.now() });
    } catch (error) {
      throw await fail(error);
    }
    await conclude();
    terminal.status(undefined);
    const { json, showClaims, save: saved } = options;
    printConnectorLogin(signedIn, connector, { json, showClaims, saved, warnings }, terminal);
    return EXIT.done;
  } catch (error) {
    terminal.status(undefined);
    sayEvidence(error, terminal);
    throw withConnector(withPasteHint(withFragmentHint(error, connector), stdinTaken), connector);
  } finally {
    await userAgents?.close();
    network.fetch.close();
  }
}

/** Flags that would be ignored are refused: who typed them expects something of them. Throws `usage`. */
function refuseOtherFlags({ profile, flags, signInPage, start, callbackUrl, demo }: LoginOptions): void {
  const others = Object.entries({ ...flags, ...signInPage })
    .filter(([name, value]) => value !== undefined && !(FLAGS as readonly string[]).includes(name))
    .map(([name]) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (start) others.push('--start');
  if (callbackUrl !== undefined) others.push('--callback-url');
  if (demo) others.push('--demo');
  if (profile !== undefined) others.push(`the profile ${profile}`);
  if (others.length === 0) return;
  throw new OidcCliError('usage', {
    reason: `--connector signs in with what the connector says, and takes no ${others.join(' and no ')}.`,
    fix: 'Change the connector file, or sign in without --connector.',
  });
}

/** What the connector has no say in. Times in seconds. */
type ConnectorSettings = Omit<ConnectorLoginRequest, 'connector'> & {
  /** Seconds for the person's part. */
  readonly timeout: number;
  readonly browser?: string;
  readonly store: 'auto' | 'keychain' | 'file' | 'memory';
  readonly ca?: string;
  readonly insecure: boolean;
};

/** What the connector has no say in: flags before the environment before defaults. Times in seconds. */
function connectorSettings(
  environment: ProfileValues,
  flags: ProfileValues,
  port: string | number | undefined,
): ConnectorSettings {
  const { redirectUri = DEFAULTS.redirectUri, ...values } = {
    ...environment,
    ...flags,
    // A connector has its own client: what the environment says of another is not meant.
    issuer: flags.issuer,
  };
  return {
    issuer: values.issuer,
    redirectUri: port === undefined ? redirectUri : redirectUriWithPort(redirectUri, port),
    clockTolerance: values.clockTolerance ?? DEFAULTS.clockTolerance,
    timeout: values.timeout ?? DEFAULTS.timeout,
    strict: values.strict ?? DEFAULTS.strict,
    allowHttp: values.allowHttp ?? DEFAULTS.allowHttp,
    store: values.store ?? DEFAULTS.store,
    insecure: values.insecure ?? DEFAULTS.insecure,
    browser: values.browser,
    ca: values.ca,
  };
}

/** Logto accepts the sign-in, but our own reading does not: that is a failure where it was asked for. */
function refuseWithTheStandard(result: ConnectorLoginResult, connector: Connector): void {
  const check = result.refusedByStandard;
  if (!check) return;
  const { expected, actual, verdict } = check;
  throw new OidcCliError(
    check.code ?? 'id_token_claim_missing',
    { expected, actual, claim: check.name, ...(verdict === 'warn' ? { strict: true } : {}) },
    { details: { logto: acceptedByLogto(result, connector), checks: result.readings } },
  );
}

/** Logto asks for plain http as it asks for anything, and so does this: not without a word. */
function plainHttpWarnings({
  authorizationEndpoint,
  tokenEndpoint,
  idTokenVerificationConfig,
}: ConnectorConfig): string[] {
  const { jwksUri } = idTokenVerificationConfig;
  const plain = Object.entries({ authorizationEndpoint, tokenEndpoint, jwksUri }).filter(([, url]) => isPlainHttp(url));
  if (plain.length === 0) return [];
  const names = plain.map(([name]) => name).join(', ');
  return [
    `Plain http (${names}): anybody on the way can read or change what is sent, codes and the client secret included.`,
  ];
}

/** Of an answer that comes elsewhere and cannot be pasted: --start, by which an ordinary sign-in helps itself, is not to be had here. */
function withPasteHint(error: unknown, stdinTaken: boolean): unknown {
  if (!(error instanceof OidcCliError) || error.code !== 'redirect_uri_not_loopback') return error;
  const { redirectUri } = error.facts;
  return new OidcCliError('usage', {
    reason: `The answer comes to ${redirectUri}, which is not on this machine, and cannot be pasted: stdin ${stdinTaken ? 'gave the connector or its secret' : 'has ended'}.`,
    fix: stdinTaken
      ? 'Name the connector as a file and its secret with --client-secret-env NAME, or leave out --redirect-uri.'
      : 'Run this where the address can be pasted, or leave out --redirect-uri.',
  });
}

/** What a failed sign-in's JSON document says beside the error. */
function withConnector(error: unknown, connector: Connector): unknown {
  if (!(error instanceof OidcCliError)) return error;
  const { logtoStatus, logtoCode } = error.facts;
  const refused = logtoStatus === undefined ? {} : { logto: { accepted: false, status: logtoStatus, code: logtoCode } };
  return error.with({ details: { ...connectorFacts(connector), ...refused, ...error.details } });
}

/** Keeps a sign-in with a connector once it succeeded. */
interface ConnectorWriter {
  /** The issuer under which it is kept. */
  readonly issuer: string;
  save(result: ConnectorLoginResult, request: ConnectorLoginRequest): Promise<void>;
}

/**
 * What `login --connector FILE --save NAME` keeps: the connector as a profile,
 * as `profile import` does, and the session. All that can stand in the way is
 * found out before anybody is sent to a browser. Throws as `prepareImport`
 * does, and `store_*`.
 */
async function createConnectorWriter(
  name: string,
  connector: Connector,
  settings: ConnectorSettings,
  reference: SecretReference | undefined,
  context: Context,
  terminal: Terminal,
): Promise<ConnectorWriter> {
  const { clientSecret: value } = connector.config;
  const secret = isExternalSecret(reference) ? undefined : value;
  const prepared = await prepareImport(
    { source: connector.file, connector, reference, secret },
    { name, issuer: settings.issuer, flag: '--save' },
    context,
    terminal,
  );
  const { issuer } = prepared;
  const sessions = openSessions(context, terminal);
  const { store, warning } = await sessions.choose(settings.store, { profile: name, issuer });
  if (warning !== undefined) terminal.say(terminal.talk.warn(`Warning: ${printable(warning)}`));
  return {
    issuer,
    save: async (result, request) => {
      const now = Math.floor(context.clock.now() / 1000);
      const { redirectUri, ca, insecure } = settings;
      const clientSecret = secretSource(reference ?? { kind: 'value', value }, value);
      const session = connectorSession(result, request, {
        ...{ profile: name, issuer, clientSecret, redirectUri, ca, insecure, now },
      });
      // The profile first, which can still be in the way of another: it undoes what it has kept, a session would stay.
      await prepared.save(createSecretWriter(settings.store, context, terminal));
      await sessions.save(session, store);
    },
  };
}
