import type { Facts } from '../errors.js';
import type { NetworkFetch } from '../network/fetch.js';
import { askAuthorizationEndpoint, complaintOf } from '../oidc/authorization-endpoint.js';
import type { Recorder } from '../trace/recorder.js';

/** Milliseconds: somebody has waited for long already. */
const PATIENCE_MS = 5_000;

/** Characters of the page's words. */
const LONGEST = 160;

/**
 * What the provider shows to a browser that comes with this authorization
 * request, without cookies: `pageStatus`, and where it refuses `pageWords` and
 * what it complains of. Nothing is typed and no redirect followed, so nobody
 * is signed in by it. Throws nothing: where it cannot be had, nothing is known.
 */
export async function authorizationPage(
  url: string,
  redirectUri: string,
  { fetch, recorder }: { readonly fetch: NetworkFetch; readonly recorder: Recorder },
): Promise<Facts> {
  const clientId = new URL(url).searchParams.get('client_id') ?? undefined;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await askAuthorizationEndpoint(url, redirectUri, { fetch, signal });
    if (answer.kind === 'unreachable') return { clientId };
    if (answer.kind !== 'refused') return { clientId, pageStatus: 'status' in answer ? answer.status : 302 };
    // Some providers repeat the request that they refuse.
    const words = recorder.maskWords(answer.words);
    const pageWords = words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
    return { clientId, pageStatus: answer.status, pageWords, complaint: complaintOf(answer) };
  } catch {
    return { clientId };
  }
}
