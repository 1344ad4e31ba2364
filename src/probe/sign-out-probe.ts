import { httpDriver } from '../browser/http-driver.js';
import type { PageFetch } from '../browser/sign-in-driver.js';
import { isAbort, OidcCliError } from '../errors.js';
import { randomState } from '../oidc/authorization-request.js';
import { createEndSessionRequest } from '../oidc/end-session.js';
import { signOutOnPages } from '../sign-in/sign-out-pages.js';
import type { Probing } from './probing.js';

/** A host that cannot exist (RFC 6761 §6.4). */
const FOREIGN = 'https://oidc-cli.invalid/signed-out';

/** Milliseconds. */
const TIMEOUT_MS = 30_000;

/**
 * Opens a sign-out with a foreign post-logout redirect URI, in a browser without a
 * signed-in user, and goes through the provider's pages until it is clear whether
 * they redirect there. Never requests the address itself.
 */
export async function probeEndSession(probing: Probing, idToken: string | undefined): Promise<void> {
  const name = 'end-session-redirect';
  const { results, evidence, provider, client, deps } = probing;
  if (!results.wants(name)) return;
  if (provider.metadata.end_session_endpoint === undefined) {
    return results.add(name, 'not applicable', 'the provider has no end session endpoint');
  }
  if (idToken === undefined) return results.add(name, 'not testable', 'there is no ID token to name the client with');
  const mark = evidence.mark;
  const state = randomState();
  deps.recorder.hideInWords(state);
  const url = await createEndSessionRequest(provider, client, { idToken, postLogoutRedirectUri: FOREIGN, state });
  const fetch: PageFetch = (address, init) => deps.fetch.ask(address, { ...init, step: 'end session request' });
  const driver = httpDriver({ fetch, clock: deps.clock });
  const { signal } = deps;
  const asked = {
    url,
    redirectUri: FOREIGN,
    state,
    credentials: { username: '' },
    timeoutMs: TIMEOUT_MS,
    signal,
    session: {},
  };
  const add = (verdict: 'met' | 'violated' | 'not testable', actual: string) =>
    results.addSince(mark, name, verdict, actual);
  try {
    await signOutOnPages(asked, (job) => driver.signIn(job));
    add('violated', 'a redirect there');
  } catch (error) {
    if (isAbort(error) || signal.aborted) throw error;
    if (!(error instanceof OidcCliError)) throw error;
    add(...logoutOutcome(error));
  } finally {
    await driver.close();
  }
}

/** The outcome of a sign-out with a foreign address. */
function logoutOutcome({ code, facts }: OidcCliError): ['met' | 'not testable', string] {
  switch (code) {
    case 'sign_in_page_error':
      return ['met', `an error page${facts.status === undefined ? '' : ` (${facts.status})`}, and no redirect`];
    case 'sign_in_page_not_understood':
    case 'sign_in_credentials_missing':
    case 'sign_in_rejected':
      return ['met', 'a page of the provider, and no redirect'];
    default:
      return ['not testable', `its pages could not be followed (${code})`];
  }
}
