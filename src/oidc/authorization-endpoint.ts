import type { ParentNode } from 'domhandler';
import { OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';
import type { NetworkFetch } from '../network/fetch.js';
import { redirectUrl } from '../network/redirect.js';
import { INTERACTION_ERRORS } from './authorization-errors.js';
import { originAndPath } from './endpoint-address.js';
import { withoutIds } from './response-facts.js';

/** The response of an authorization endpoint before any sign-in (RFC 6749 §4.1.2, OIDC Core §3.1.2.6). */
export type AuthorizationEndpointResult =
  | { readonly kind: 'unreachable'; readonly error: OidcCliError }
  /** A page without an error; `form`: it has fields to fill in. */
  | { readonly kind: 'page'; readonly status: number; readonly form: boolean }
  /** A redirect to another page of the provider: `to` is its address without a query. */
  | { readonly kind: 'sent on'; readonly status: number; readonly to: string }
  /** A redirect to the redirect URI with a code, or with an error that only means that no user is signed in. */
  | { readonly kind: 'answered'; readonly error: string | undefined; readonly iss: string | null }
  | RefusedRequest;

/** The provider refuses the request itself. */
export interface RefusedRequest {
  readonly kind: 'refused';
  readonly error: string | undefined;
  /** Error and description, or the text of the page: the provider's own words, which may repeat the request. */
  readonly words: string;
  /** The client at its redirect URI, which the provider then knows, or the person on a page. */
  readonly reportedTo: 'redirect URI' | 'another address' | 'page';
  /** The other address, without a query. */
  readonly address?: string;
  readonly status: number;
  /** The `iss` of a response at the redirect URI (RFC 9207); null if it has none. */
  readonly iss?: string | null;
}

/**
 * Sends one authorization request without a signed-in user, and follows no
 * redirect: it shows before any sign-in whether the provider refuses the client,
 * the redirect URI or a scope. `timeoutMs` bounds the wait. Rejects only when
 * aborted.
 */
export async function tryAuthorizationRequest(
  url: string,
  redirectUri: string,
  { fetch, signal }: { readonly fetch: NetworkFetch; readonly signal?: AbortSignal },
): Promise<AuthorizationEndpointResult> {
  let response: Response;
  try {
    const headers = { accept: 'text/html' };
    response = await fetch(url, { step: 'authorization request', headers, signal });
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    return { kind: 'unreachable', error };
  }
  const { status } = response;
  const target = redirectUrl({ status, location: response.headers.get('location') }, new URL(url));
  if (target !== undefined && target !== 'invalid') return redirectResult(target, redirectUri, status);
  const body = await response.text();
  const { error, words, form, posted } = await pageContent(body, status, signal);
  if (posted) return redirectUriResult(posted, status);
  if (status < 400 && error === undefined && !SAYS_REFUSED.test(words)) return { kind: 'page', status, form };
  return { kind: 'refused', error, words, reportedTo: 'page', status };
}

/** Words of a refusal on a page with a success status; no sign-in page has them. */
const SAYS_REFUSED =
  /AADSTS\d{5,}|redirect[_ -]?ur[il]\W.{0,60}(mismatch|invalid|not (match|registered|valid|allowed))|(mismatch|invalid|unregistered)\W.{0,30}redirect[_ -]?ur[il]|invalid_(client|scope|redirect_uri)|unauthorized_client|redirect_uri_mismatch/i;

function redirectResult(to: URL, redirectUri: string, status: number): AuthorizationEndpointResult {
  const parameters = new URLSearchParams(to.search === '' ? to.hash.slice(1) : to.search);
  const address = originAndPath(to);
  if (address === originAndPath(new URL(redirectUri))) return redirectUriResult(parameters, status);
  const error = parameters.get('error') ?? undefined;
  const hidden = error === undefined ? refusalInParameters(parameters) : undefined;
  if (error === undefined && hidden === undefined) return { kind: 'sent on', status, to: shownAddress(address) };
  const words = hidden ?? errorText(error ?? '', parameters.get('error_description'));
  return { kind: 'refused', error, words, reportedTo: 'another address', address: shownAddress(address), status };
}

/** An address without the path segments that are made for this one sign-in. */
function shownAddress(address: string): string {
  const { pathname } = new URL(address);
  return address.slice(0, address.length - pathname.length) + withoutIds(pathname);
}

/** Some providers redirect to a page of their own, with the encoded refusal in its query. */
function refusalInParameters(parameters: URLSearchParams): string | undefined {
  for (const [name, value] of parameters) {
    if (!/err/i.test(name)) continue;
    const decoded = Buffer.from(value, 'base64').toString();
    const match = [value, decoded].find((text) => SAYS_REFUSED.test(text));
    // The encoding has bytes of lengths and types between the words.
    if (match !== undefined) return shorten(match.replaceAll(/[^\x20-\x7e]+/g, ' ').trim());
  }
  return undefined;
}

function redirectUriResult(parameters: URLSearchParams, status: number): AuthorizationEndpointResult {
  const error = parameters.get('error') ?? undefined;
  const iss = parameters.get('iss');
  if (error === undefined || INTERACTION_ERRORS.includes(error)) return { kind: 'answered', error, iss };
  const words = errorText(error, parameters.get('error_description'));
  return { kind: 'refused', error, words, reportedTo: 'redirect URI', status, iss };
}

/** The content of a page that answers an authorization request. */
interface PageContent {
  readonly error?: string;
  readonly words: string;
  /** The page has fields to fill in. */
  readonly form: boolean;
  /** The response in a page that posts itself to the redirect URI (OAuth 2.0 Form Post Response Mode). */
  readonly posted?: URLSearchParams;
}

/**
 * Reads a page: its OAuth error if it is JSON, else its text and fields. Rejects
 * with the reason of an aborted signal.
 */
async function pageContent(body: string, status: number, signal: AbortSignal | undefined): Promise<PageContent> {
  try {
    const { error, error_description: description } = parseJson(body) as Record<string, unknown>;
    if (typeof error === 'string') {
      return { error, words: errorText(error, typeof description === 'string' ? description : null), form: false };
    }
  } catch {
    // The page is not JSON but for people.
  }
  const [{ parseHtml }, { isTag, isText }] = await Promise.all([import('../html-document.js'), import('domhandler')]);
  // A page with too many elements is read up to the limit, which is enough to classify it.
  const { root } = await parseHtml(body, signal);
  const texts: string[] = [];
  const parameters = new Map<string, string>();
  let form = false;
  const walk = (node: ParentNode, inForm: boolean, seen: boolean) => {
    for (const child of node.childNodes) {
      if (isText(child) && seen) texts.push(child.data);
      if (!isTag(child)) continue;
      const { name: tag, attribs } = child;
      const shown = seen && !isInvisible(tag);
      if (tag === 'input') {
        const { name, value = '', type = '' } = attribs;
        if (inForm && name !== undefined && (/^hidden$/i.test(type) || name === 'error')) parameters.set(name, value);
        if (shown && !/^(hidden|submit)$/.test(type)) form = true;
      }
      walk(child, inForm || (tag === 'form' && attribs.method !== undefined), shown);
    }
  };
  walk(root, false, true);
  // At the border of two elements a person sees two words.
  const words = shorten(texts.join(' ').replaceAll(/\s+/g, ' ').trim());
  return {
    words: words === '' ? `an empty page with the status ${status}` : words,
    form,
    // A form for a one-time code also has a field `code`, but not our state.
    posted:
      parameters.has('error') || (parameters.has('code') && parameters.has('state'))
        ? new URLSearchParams([...parameters])
        : undefined,
  };
}

/** Whether browsers hide an element's text. */
function isInvisible(tag: string): boolean {
  return tag === 'head' || tag === 'script' || tag === 'style';
}

function errorText(error: string, description: string | null): string {
  return shorten(description === null ? error : `${error}: ${description}`);
}

/** Characters shown of the provider's words. */
const MAX_LENGTH = 300;

function shorten(words: string): string {
  return words.length > MAX_LENGTH ? `${words.slice(0, MAX_LENGTH)}…` : words;
}

/** Classifies the reason of a refusal, as far as the provider's words allow. */
export function classifyRefusal({ error, words }: Pick<RefusedRequest, 'error' | 'words'>): Complaint {
  if (/pkce|code[_ ]challenge/i.test(words)) return 'PKCE';
  if (/redirect[_ -]?ur[il]|callback[_ -]?url|AADSTS(50011|500112|900971)/i.test(words)) return 'redirect URI';
  if (error === 'invalid_scope' || /invalid_scope|AADSTS(70011|650053)/i.test(words)) return 'scope';
  return /unauthorized_client|invalid_client|client[_ ]id|unknown client|client not found|AADSTS(700016|90013)/i.test(
    words,
  )
    ? 'client'
    : 'other';
}

/** The reason of a refused request. */
export type Complaint = 'redirect URI' | 'scope' | 'PKCE' | 'client' | 'other';
