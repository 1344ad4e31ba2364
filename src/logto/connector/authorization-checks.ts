import { randomBytes } from 'node:crypto';
import { CheckList, type DoctorCheck } from '../../checks/check-list.js';
import {
  type AuthorizationAnswer,
  askAuthorizationEndpoint,
  complaintOf,
  type RefusedRequest,
} from '../../oidc/authorization-endpoint.js';
import { withoutQuery } from '../../oidc/endpoint-address.js';
import type { Announced } from '../../oidc/metadata.js';
import { discretionAbout } from '../../oidc/request-masker.js';
import { authorizationUri } from '../authorization-uri.js';
import { snakeCase } from '../snake-case.js';
import type { ConnectorDeps } from '../token-request.js';
import type { ConnectorFile } from './file.js';
import type { ConnectorConfig } from './schema.js';

/** What it takes to send Logto's authorization request; without one of them it is not sent. */
export interface ProbeRequest {
  /** As Logto accepts it, and without what makes the request pointless. */
  readonly config: ConnectorConfig | undefined;
  /** Logto's own callback for this connector. */
  readonly redirectUri: string | undefined;
  readonly announced: Announced | undefined;
}

/**
 * Sends the very authorization request that Logto would send, once, as
 * somebody who is not signed in, and follows no redirect: whether the provider
 * refuses the client, the redirect URI, a scope, or a request without PKCE
 * (RFC 7636 §4.4.1), is told before anybody signs in. Aborts reject.
 */
export async function probeChecks(
  file: ConnectorFile,
  { config, redirectUri, announced }: ProbeRequest,
  deps: ConnectorDeps,
): Promise<DoctorCheck[]> {
  const list = new CheckList('provider', { places: file });
  if (!config || redirectUri === undefined) {
    const flags = 'Give --logto-endpoint and --connector-id: then the request that Logto sends is tried.';
    list.add('skip', 'PKCE', {
      actual:
        announced?.code_challenge_methods_supported === undefined
          ? 'discovery does not mention it'
          : 'the provider can do it; discovery does not say whether it demands it',
      why: 'Logto does not do PKCE: a provider that demands it cannot be used.',
      repair: config ? flags : 'Correct the configuration first: then the request that Logto sends can be tried.',
    });
    return list.all;
  }
  const answer = await ask(config, redirectUri, deps);
  const refused = refusalIn(answer, config);
  if (refused === undefined) {
    list.add('pass', 'authorization request', { actual: acceptedAs(answer) });
    list.add('pass', 'PKCE', {
      actual: challenges(config)
        ? 'customConfig sends a code_challenge, and that request is not refused'
        : 'a request without it is not refused',
    });
    return list.all;
  }
  // Some providers repeat the request that they refuse.
  const discreet = discretionAbout(new URLSearchParams(), Object.values(config.customConfig ?? {}).filter(isLong));
  const words = discreet(refused.words);
  if (!challenges(config) && complaintOf({ error: undefined, words }) === 'PKCE') {
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
    repair: repairOf(refused, redirectUri),
  });
  list.add('skip', 'PKCE', { actual: 'the request was refused for another reason' });
  return list.all;
}

/** Whether a connector's own parameters have the request say what Logto does not say by itself. */
function challenges({ customConfig = {} }: ConnectorConfig): boolean {
  return Object.keys(customConfig).some((key) => snakeCase(key) === 'code_challenge');
}

/** Shorter values are words of every error page. */
function isLong(value: string): boolean {
  return value.length >= 8;
}

async function ask(config: ConnectorConfig, redirectUri: string, deps: ConnectorDeps): Promise<AuthorizationAnswer> {
  const state = randomBytes(16).toString('base64url');
  const nonce = randomBytes(16).toString('base64url');
  const url = authorizationUri(config, { redirectUri, state, nonce });
  return askAuthorizationEndpoint(url, redirectUri, deps);
}

interface Refused extends Pick<RefusedRequest, 'error' | 'words'> {
  readonly where: string;
}

/** The refusal in an answer, with who says it; undefined where the request is in order. */
function refusalIn(answer: AuthorizationAnswer, { authorizationEndpoint }: ConnectorConfig): Refused | undefined {
  if (answer.kind === 'unreachable') {
    const words = `no answer (${answer.error.code})`;
    return { error: undefined, words, where: withoutQuery(authorizationEndpoint) };
  }
  if (answer.kind !== 'refused') return undefined;
  const { error, words, told, address, status } = answer;
  const where = {
    'redirect URI': 'the provider answers Logto',
    'another address': `the provider sends the browser to ${address}`,
    page: `the provider shows an error (${status})`,
  }[told];
  return { error, words, where };
}

function acceptedAs(answer: AuthorizationAnswer): string {
  switch (answer.kind) {
    case 'page':
      return `the provider answers with a page (${answer.status})`;
    case 'sent on':
      return `the provider sends the browser to ${answer.to} to sign in`;
    case 'answered':
      return answer.error === undefined
        ? 'the provider answers with a code'
        : `the provider answers ${answer.error}: nobody is signed in`;
    default:
      return 'the provider answers';
  }
}

function whyRefused(answer: Refused): string {
  switch (complaintOf(answer)) {
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

function repairOf(answer: Refused, redirectUri: string): string {
  switch (complaintOf(answer)) {
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
