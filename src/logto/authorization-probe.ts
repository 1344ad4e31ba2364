import { randomBytes } from 'node:crypto';
import { OidcCliError } from '../errors.js';
import { authorizationUri } from './authorization-uri.js';
import { discretionAbout } from './confidential.js';
import { withoutQuery } from './connector-address.js';
import { CheckList, type ConnectorCheck } from './connector-check.js';
import type { ConnectorConfig } from './connector-config.js';
import type { ConnectorFile } from './connector-file.js';
import type { Announced } from './connector-provider.js';
import { snakeCase } from './snake-case.js';
import type { ConnectorDeps } from './token-request.js';

/** What it takes to send Logto's authorization request; without one of them it is not sent. */
export interface ProbeRequest {
  /** As Logto accepts it, and without what makes the request pointless. */
  readonly config: ConnectorConfig | undefined;
  /** Logto's own callback for this connector. */
  readonly redirectUri: string | undefined;
  readonly announced: Announced | undefined;
}

/** What the provider answered before it knew anybody. */
type ProbeAnswer =
  | { readonly accepted: true; readonly found: string }
  | { readonly accepted: false; readonly error?: string; readonly words: string; readonly where: string };

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
): Promise<ConnectorCheck[]> {
  const list = new CheckList('provider', file);
  if (!config || redirectUri === undefined) {
    const flags = 'Give --logto-endpoint and --connector-id: then the request that Logto sends is tried.';
    list.add('skip', 'PKCE', {
      found:
        announced?.code_challenge_methods_supported === undefined
          ? 'discovery does not mention it'
          : 'the provider can do it; discovery does not say whether it demands it',
      why: 'Logto does not do PKCE: a provider that demands it cannot be used.',
      repair: config ? flags : 'Correct the configuration first: then the request that Logto sends can be tried.',
    });
    return list.checks;
  }
  const answer = await ask(config, redirectUri, deps);
  // Some providers repeat the request that they refuse.
  const discreet = discretionAbout(new URLSearchParams(), Object.values(config.customConfig ?? {}).filter(isLong));
  const words = answer.accepted ? '' : discreet(answer.words);
  if (answer.accepted) {
    list.add('pass', 'authorization request', { found: answer.found });
    list.add('pass', 'PKCE', {
      found: challenges(config)
        ? 'customConfig sends a code_challenge, and that request is not refused'
        : 'a request without it is not refused',
    });
    return list.checks;
  }
  if (!challenges(config) && /pkce|code[_ ]challenge/i.test(words)) {
    list.add('fail', 'PKCE', {
      found: words,
      why: 'The provider demands PKCE (RFC 7636), which Logto does not do.',
      repair: 'Switch the requirement off for this client at the provider: as a confidential client it has a secret.',
    });
    return list.checks;
  }
  list.add('fail', 'authorization request', {
    found: `${answer.where}: ${words}`,
    why: whyRefused(answer),
    repair: repairOf(answer, redirectUri),
  });
  list.add('skip', 'PKCE', { found: 'the request was refused for another reason' });
  return list.checks;
}

/** Whether a connector's own parameters have the request say what Logto does not say by itself. */
function challenges({ customConfig = {} }: ConnectorConfig): boolean {
  return Object.keys(customConfig).some((key) => snakeCase(key) === 'code_challenge');
}

/** Shorter values are words of every error page. */
function isLong(value: string): boolean {
  return value.length >= 8;
}

/** Answers to a request that is in order, where nobody is signed in and the provider may ask nothing. */
const NOBODY_THERE = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

async function ask(config: ConnectorConfig, redirectUri: string, deps: ConnectorDeps): Promise<ProbeAnswer> {
  const state = randomBytes(16).toString('base64url');
  const nonce = randomBytes(16).toString('base64url');
  const url = authorizationUri(config, { redirectUri, state, nonce });
  let response: Response;
  try {
    response = await deps.fetch(url, { step: 'authorization request', headers: { accept: 'text/html' } });
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    return { accepted: false, words: `no answer (${error.code})`, where: withoutQuery(config.authorizationEndpoint) };
  }
  const { status } = response;
  const location = response.headers.get('location');
  if (status >= 300 && status < 400 && location !== null && URL.canParse(location, url)) {
    return redirected(new URL(location, url), redirectUri);
  }
  const body = await response.text();
  const posted = await postedError(body);
  if (posted) return refusal(posted, 'the provider answers Logto');
  if (status < 400) return { accepted: true, found: `the provider answers with a page (${status})` };
  return { accepted: false, ...(await pageWords(body, status)), where: `the provider shows an error (${status})` };
}

function redirected(to: URL, redirectUri: string): ProbeAnswer {
  const parameters = new URLSearchParams(to.search === '' ? to.hash.slice(1) : to.search);
  const back = to.origin + to.pathname === withoutQuery(redirectUri);
  const error = parameters.get('error');
  const where = back ? 'the provider answers Logto' : `the provider sends the browser to ${to.origin}${to.pathname}`;
  if (error === null) {
    return { accepted: true, found: back ? 'the provider answers with a code' : `${where} to sign in` };
  }
  return refusal({ error, description: parameters.get('error_description') ?? undefined }, where);
}

interface OAuthError {
  readonly error: string;
  readonly description: string | undefined;
}

function refusal({ error, description }: OAuthError, where: string): ProbeAnswer {
  if (NOBODY_THERE.includes(error))
    return { accepted: true, found: `the provider answers ${error}: nobody is signed in` };
  return { accepted: false, error, words: cut(description === undefined ? error : `${error}: ${description}`), where };
}

/** The error in a page that posts itself to the redirect URI (OAuth 2.0 Form Post Response Mode). */
async function postedError(body: string): Promise<OAuthError | undefined> {
  if (!/name=["']?error["'\s>]/.test(body)) return undefined;
  const { parse } = await import('node-html-parser');
  const page = parse(body);
  const value = (name: string) => page.querySelector(`form[method] input[name="${name}"]`)?.getAttribute('value');
  const error = value('error');
  return error === undefined ? undefined : { error, description: value('error_description') };
}

/** What an error page says: its OAuth error where it is JSON, else its text. */
async function pageWords(body: string, status: number): Promise<{ error?: string; words: string }> {
  try {
    const { error, error_description: description } = JSON.parse(body) as Record<string, unknown>;
    if (typeof error === 'string') {
      return { error, words: cut(typeof description === 'string' ? `${error}: ${description}` : error) };
    }
  } catch {
    // A page for people.
  }
  const { parse } = await import('node-html-parser');
  const page = parse(body);
  for (const element of page.querySelectorAll('script, style, head')) element.remove();
  const words = cut(page.structuredText.replaceAll(/\s+/g, ' ').trim());
  return { words: words === '' ? `an empty page with the status ${status}` : words };
}

/** Characters of the provider's words. */
const LONGEST = 300;

function cut(words: string): string {
  return words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
}

type Refused = Extract<ProbeAnswer, { accepted: false }>;

/** Of what the provider complains, as far as its words tell. */
function complaintOf({ error, words }: Refused): 'redirect' | 'scope' | 'client' | 'other' {
  if (/redirect[_ -]?ur[il]/i.test(words)) return 'redirect';
  if (error === 'invalid_scope' || /invalid_scope/i.test(words)) return 'scope';
  if (/unauthorized_client|invalid_client|client[_ ]id|unknown client/i.test(words)) return 'client';
  return 'other';
}

function whyRefused(answer: Refused): string {
  switch (complaintOf(answer)) {
    case 'redirect':
      return "Logto's callback is not registered for this client, to the letter: nobody gets to the sign-in page.";
    case 'scope':
      return 'The provider does not allow one of the scopes to this client.';
    case 'client':
      return 'The provider does not know this client id, or does not allow it this way of signing in.';
    case 'other':
      return 'The provider refuses the request that Logto sends: nobody gets to the sign-in page.';
  }
}

function repairOf(answer: Refused, redirectUri: string): string {
  switch (complaintOf(answer)) {
    case 'redirect':
      return `Register ${redirectUri} at the provider.`;
    case 'scope':
      return 'Compare scope with the scopes of this client at the provider.';
    case 'client':
      return 'Compare clientId with the client at the provider, and its type: a web application with the authorization code flow.';
    case 'other':
      return 'Correct what the provider complains of.';
  }
}
