import type { FactsOf } from '../errors.js';
import type { NetworkFetch } from '../network/fetch.js';
import { classifyRefusal, tryAuthorizationRequest } from '../oidc/authorization-endpoint.js';
import type { Recorder } from '../trace/recorder.js';

/** Milliseconds. Short, because the user has already waited long. */
const TIMEOUT_MS = 5_000;

/** Characters of the page's text. */
const MAX_LENGTH = 160;

/**
 * Requests the page that the provider shows for this authorization request to a
 * browser without cookies. Returns `pageStatus`, and for a refusal `pageWords` and
 * the likely complaint. Types nothing and follows no redirect, so no user is
 * signed in. Returns no facts if the page is not available. Throws nothing.
 */
export async function authorizationPage(
  url: string,
  redirectUri: string,
  { fetch, recorder }: { readonly fetch: NetworkFetch; readonly recorder: Recorder },
): Promise<FactsOf<'login_timeout'>> {
  const clientId = new URL(url).searchParams.get('client_id') ?? undefined;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await tryAuthorizationRequest(url, redirectUri, { fetch, signal });
    if (response.kind === 'unreachable') return { clientId };
    if (response.kind !== 'refused') return { clientId, pageStatus: 'status' in response ? response.status : 302 };
    // Some providers repeat the request that they refuse.
    const words = recorder.maskWords(response.words);
    const pageWords = words.length > MAX_LENGTH ? `${words.slice(0, MAX_LENGTH)}…` : words;
    return { clientId, pageStatus: response.status, pageWords, complaint: classifyRefusal(response) };
  } catch {
    return { clientId };
  }
}
