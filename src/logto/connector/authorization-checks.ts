import { randomBytes } from 'node:crypto';
import { CheckList, type DoctorCheck } from '../../checks/check-list.js';
import {
  type AuthorizationEndpointResult,
  classifyRefusal,
  type RefusedRequest,
  tryAuthorizationRequest,
} from '../../oidc/authorization-endpoint.js';
import { withoutQuery } from '../../oidc/endpoint-address.js';
import type { AdvertisedMetadata } from '../../oidc/metadata.js';
import { authorizationUri } from '../authorization-uri.js';
import { snakeCase } from '../snake-case.js';
import type { ConnectorDeps } from '../token-request.js';
import type { ConnectorFile } from './file.js';
import type { ConnectorConfig } from './schema.js';

/** The parts of Logto's authorization request; it is sent only with all of them. */
export interface ProbeRequest {
  /** As Logto accepts it; undefined if it overrides a parameter that a response depends on. */
  readonly config: ConnectorConfig | undefined;
  /** Logto's own callback for this connector. */
  readonly redirectUri: string | undefined;
  readonly metadata: AdvertisedMetadata | undefined;
}

/**
 * Sends exactly the authorization request that Logto would send, once and without
 * a signed-in user, and follows no redirect. It shows before any sign-in whether
 * the provider refuses the client, the redirect URI, a scope, or a request without
 * PKCE (RFC 7636 §4.4.1). Rejects only when aborted.
 */
export async function probeChecks(
  file: ConnectorFile,
  { config, redirectUri, metadata }: ProbeRequest,
  deps: ConnectorDeps,
): Promise<DoctorCheck[]> {
  const list = new CheckList('provider', { places: file });
  if (!config || redirectUri === undefined) {
    const flags = 'Give --logto-endpoint and --connector-id: then the request that Logto sends is tried.';
    list.add('skip', 'PKCE', {
      actual:
        metadata?.code_challenge_methods_supported === undefined
          ? 'discovery does not mention it'
          : 'the provider can do it; discovery does not say whether it demands it',
      why: 'Logto does not do PKCE: a provider that demands it cannot be used.',
      repair: config ? flags : 'Correct the configuration first: then the request that Logto sends can be tried.',
    });
    return list.all;
  }
  const response = await tryRequest(config, redirectUri, deps);
  const refused = refusalIn(response, config);
  if (refused === undefined) {
    list.add('pass', 'authorization request', { actual: acceptanceText(response) });
    list.add('pass', 'PKCE', {
      actual: challenges(config)
        ? 'customConfig sends a code_challenge, and that request is not refused'
        : 'a request without it is not refused',
    });
    return list.all;
  }
  // Some providers repeat the request that they refuse.
  deps.recorder.maskInWords(...Object.values(config.customConfig ?? {}).filter(isLongValue));
  const words = deps.recorder.maskWords(refused.words);
  if (!challenges(config) && classifyRefusal({ error: undefined, words }) === 'PKCE') {
    list.add('fail', 'PKCE', {
      actual: words,
      why: 'The provider demands PKCE (RFC 7636), which Logto does not do.',
      repair: 'Switch the requirement off for this client at the provider: as a confidential client it has a secret.',
    });
    return list.all;
  }
  list.add('fail', 'authorization request', {
    actual: `${refused.where}: ${words}`,
    why: whyRefused(refused),
    repair: refusalRepair(refused, redirectUri),
  });
  list.add('skip', 'PKCE', { actual: 'the request was refused for another reason' });
  return list.all;
}

/** Whether the connector's own parameters add a code challenge, which Logto does not send by itself. */
function challenges({ customConfig = {} }: ConnectorConfig): boolean {
  return Object.keys(customConfig).some((key) => snakeCase(key) === 'code_challenge');
}

/** Whether a value is long enough to mask: shorter ones are words of every error page. */
function isLongValue(value: string): boolean {
  return value.length >= 8;
}

async function tryRequest(
  config: ConnectorConfig,
  redirectUri: string,
  deps: ConnectorDeps,
): Promise<AuthorizationEndpointResult> {
  const state = randomBytes(16).toString('base64url');
  const nonce = randomBytes(16).toString('base64url');
  const url = authorizationUri(config, { redirectUri, state, nonce });
  return tryAuthorizationRequest(url, redirectUri, deps);
}

interface ProbeRefusal extends Pick<RefusedRequest, 'error' | 'words'> {
  readonly where: string;
}

/** The refusal in a response and the party that reports it; undefined if the provider accepts the request. */
function refusalIn(
  response: AuthorizationEndpointResult,
  { authorizationEndpoint }: ConnectorConfig,
): ProbeRefusal | undefined {
  if (response.kind === 'unreachable') {
    const words = `no answer (${response.error.code})`;
    return { error: undefined, words, where: withoutQuery(authorizationEndpoint) };
  }
  if (response.kind !== 'refused') return undefined;
  const { error, words, reportedTo, address, status } = response;
  const where = {
    'redirect URI': 'the provider answers Logto',
    'another address': `the provider sends the browser to ${address}`,
    page: `the provider shows an error (${status})`,
  }[reportedTo];
  return { error, words, where };
}

function acceptanceText(response: AuthorizationEndpointResult): string {
  switch (response.kind) {
    case 'page':
      return `the provider answers with a page (${response.status})`;
    case 'sent on':
      return `the provider sends the browser to ${response.to} to sign in`;
    case 'answered':
      return response.error === undefined
        ? 'the provider answers with a code'
        : `the provider answers ${response.error}: nobody is signed in`;
    default:
      return 'the provider answers';
  }
}

function whyRefused(response: ProbeRefusal): string {
  switch (classifyRefusal(response)) {
    case 'redirect URI':
      return "Logto's callback is not registered for this client, to the letter: nobody gets to the sign-in page.";
    case 'scope':
      return 'The provider does not allow one of the scopes to this client.';
    case 'client':
      return 'The provider does not know this client id, or does not allow it this way of signing in.';
    default:
      return 'The provider refuses the request that Logto sends: nobody gets to the sign-in page.';
  }
}

function refusalRepair(response: ProbeRefusal, redirectUri: string): string {
  switch (classifyRefusal(response)) {
    case 'redirect URI':
      return `Register ${redirectUri} at the provider.`;
    case 'scope':
      return 'Compare scope with the scopes of this client at the provider.';
    case 'client':
      return 'Compare clientId with the client at the provider, and its type: a web application with the authorization code flow.';
    default:
      return 'Correct what the provider complains of.';
  }
}
