import { CheckList, type DoctorCheck, findingsStep } from '../checks/check-list.js';
import { probeChecks } from '../logto/connector/authorization-checks.js';
import { RESERVED_PARAMETERS } from '../logto/connector/connector.js';
import { discoveryChecks } from '../logto/connector/discovery-checks.js';
import type { ConnectorFile } from '../logto/connector/file.js';
import { keySetChecks } from '../logto/connector/key-set-checks.js';
import { optionChecks } from '../logto/connector/option-checks.js';
import { discoverIssuers } from '../logto/connector/provider.js';
import { requestChecks } from '../logto/connector/request-checks.js';
import { type ConnectorConfig, savedForm, validateConnectorConfig } from '../logto/connector/schema.js';
import { type MissingSecret, secretChecks } from '../logto/connector/secret-checks.js';
import { findRefusal, type Refusal, shapeChecks } from '../logto/connector/shape-checks.js';
import { connectorView } from '../logto/connector/view.js';
import { type RedirectUris, redirectUris } from '../logto/redirect-uris.js';
import { snakeCase } from '../logto/snake-case.js';
import type { NetworkFetch } from '../network/fetch.js';
import { type ConnectionDeps, connectionChecks, type NetworkSettings } from './connection-checks.js';

/** The connector to examine. */
export interface ExaminationRequest {
  readonly file: ConnectorFile;
  /** The client secret, or the reason that it is not known; undefined if the file has none. */
  readonly secret: string | MissingSecret | undefined;
  /** The provider to ask instead of the configuration's. */
  readonly issuer?: string;
  /** Logto's own address, `https://auth.example.com`. */
  readonly logtoEndpoint?: string;
  /** The connector's id in Logto, instead of the file's. */
  readonly connectorId?: string;
  readonly network: NetworkSettings;
}

/** Dependencies of an examination. */
export interface ConnectorExaminationDeps extends ConnectionDeps {
  readonly fetch: NetworkFetch;
}

/** The result for a connector without a sign-in. Holds no secret. */
export interface Examination {
  readonly checks: readonly DoctorCheck[];
  /** The reason that Logto refuses the configuration, if it does. */
  readonly refusal?: Refusal;
  /** The provider's issuer exactly as discovery gives it, if known. */
  readonly issuer?: string;
  readonly redirectUris?: RedirectUris;
}

/** Shorter values are no secrets worth the name, and would tear holes into plain words. */
const MIN_SECRET_LENGTH = 8;

/**
 * Examines a connector without a sign-in: its file, the connection to the
 * provider, its discovery, the authorization request, the key set, the client
 * secret, the redirect URIs. Every fault becomes a check. Rejects only when
 * aborted.
 */
export async function examineConnector(
  request: ExaminationRequest,
  deps: ConnectorExaminationDeps,
): Promise<Examination> {
  const { file, secret } = request;
  const known = typeof secret === 'string' ? { ...file.config, clientSecret: secret } : file.config;
  const refusal = findRefusal(known);
  const view = connectorView(known);
  // A provider's words may repeat it, and it may have been pasted into another field.
  const credentials = [view.clientSecret, view.requestOptions.idTokenHint];
  deps.recorder.hideCredentials(
    ...credentials.filter((value) => value !== undefined && value.length >= MIN_SECRET_LENGTH),
  );
  const uris = connectorRedirectUris(request);

  const response = await discoverIssuers(view, request.issuer, deps);
  const metadata = response.provider?.metadata;
  const probe = { config: refusal ? undefined : requestConfig(known), redirectUri: uris?.signIn, metadata };
  const checks = [
    ...shapeChecks(file, view, refusal),
    ...requestChecks(file, view),
    ...optionChecks(file, view),
    ...(await reachedProviderChecks(response.provider?.asked, request.network, deps)),
    ...discoveryChecks(file, view, response),
    ...(await probeChecks(file, probe, deps)),
    ...(await keySetChecks(file, view, metadata, deps)),
    ...secretChecks(file, view, typeof secret === 'object' ? secret : undefined),
    ...redirectChecks(request, uris),
  ];
  deps.recorder.note(findingsStep(checks, deps.clock.now()));
  return {
    checks,
    refusal,
    ...(typeof metadata?.issuer === 'string' ? { issuer: metadata.issuer } : {}),
    redirectUris: uris,
  };
}

/** The checks of the connection to a provider that responded; discovery reports one that did not. */
async function reachedProviderChecks(
  issuer: string | undefined,
  settings: NetworkSettings,
  deps: ConnectorExaminationDeps,
): Promise<DoctorCheck[]> {
  if (issuer === undefined || !URL.canParse(issuer)) return [];
  return connectionChecks(new URL(issuer), settings, deps);
}

/** The configuration that Logto signs in with; undefined if it overrides a parameter that a response depends on. */
function requestConfig(config: unknown): ConnectorConfig | undefined {
  const verdict = validateConnectorConfig(savedForm(config));
  if (!verdict.accepted || !URL.canParse(verdict.config.authorizationEndpoint)) return undefined;
  const overrides = Object.keys(verdict.config.customConfig ?? {}).some((key) =>
    Object.hasOwn(RESERVED_PARAMETERS, snakeCase(key)),
  );
  return overrides ? undefined : verdict.config;
}

function connectorRedirectUris({
  file,
  logtoEndpoint,
  connectorId = file.connectorId,
}: ExaminationRequest): RedirectUris | undefined {
  return logtoEndpoint === undefined || connectorId === undefined
    ? undefined
    : redirectUris(logtoEndpoint, connectorId);
}

function redirectChecks(request: ExaminationRequest, uris: RedirectUris | undefined): DoctorCheck[] {
  const list = new CheckList('redirect URIs', { places: request.file });
  if (uris) {
    list.add('pass', 'sign-in', { actual: uris.signIn });
    list.add('pass', 'linking', { actual: uris.linking });
    return list.all;
  }
  const { file, logtoEndpoint = '<Logto endpoint>', connectorId = file.connectorId } = request;
  const missing = [
    request.logtoEndpoint === undefined && '--logto-endpoint',
    connectorId === undefined && '--connector-id',
  ].filter(Boolean);
  const base = logtoEndpoint.replace(/\/+$/, '');
  const repair = `Give ${missing.join(' and ')} to see them in full.`;
  const id = connectorId ?? '<connector id>';
  list.add('skip', 'sign-in', { actual: `${base}/callback/${id}`, repair });
  list.add('skip', 'linking', { actual: `${base}/account/callback/social/${id}`, repair });
  return list.all;
}
