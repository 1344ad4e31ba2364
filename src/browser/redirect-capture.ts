import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { isRedirect } from '../network/redirect.js';
import { bodyOf } from './credential-interception.js';
import { redirectTarget } from './redirect-target.js';

/** What came to the redirect URI. */
export interface Captured {
  readonly parameters: URLSearchParams;
  readonly via: 'query' | 'form_post';
}

/** A capture in all windows of a browser context. */
export interface RedirectCapture {
  readonly response: Promise<Captured>;
  /** Whether the answer has come. */
  readonly done: boolean;
  /** To be awaited for a window before it goes anywhere. */
  watch(window: Page): Promise<void>;
}

/**
 * Stops each request for the redirect URI inside the browser and takes the
 * answer from it, also after a redirect: `page.route` does not see those, the
 * protocol's own `Fetch` domain does. Nothing of the request goes out.
 */
export function captureRedirect(context: BrowserContext, redirectUri: string): RedirectCapture {
  const target = redirectTarget(redirectUri);
  const { protocol, origin, pathname } = new URL(redirectUri);
  const web = protocol === 'http:' || protocol === 'https:';
  let take: (captured: Captured) => void = () => undefined;
  let done = false;
  const response = new Promise<Captured>((resolve) => {
    take = (captured) => {
      done = true;
      resolve(captured);
    };
  });

  const onRequest = async (
    session: CDPSession,
    { requestId, request, responseStatusCode, responseHeaders }: Paused,
  ) => {
    if (responseStatusCode !== undefined) {
      const location = responseHeaders?.find(({ name }) => name.toLowerCase() === 'location')?.value;
      const leadsThere = location !== undefined && isRedirect(responseStatusCode) && target.matches(location);
      if (!leadsThere) return session.send('Fetch.continueRequest', { requestId });
      take({ parameters: target.responseParameters(new URL(location).searchParams), via: 'query' });
      return session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
    }
    if (!target.matches(request.url)) return session.send('Fetch.continueRequest', { requestId });
    const posted = request.method === 'POST';
    const parameters = posted ? new URLSearchParams(bodyOf(request)) : new URL(request.url).searchParams;
    take({ parameters: target.responseParameters(parameters), via: posted ? 'form_post' : 'query' });
    // No content: the browser stays where it was, and asks the application for nothing, not even its icon.
    return session.send('Fetch.fulfillRequest', { requestId, responseCode: 204 });
  };

  return {
    response,
    get done() {
      return done;
    },
    watch: async (window) => {
      const session = await context.newCDPSession(window);
      session.on('Fetch.requestPaused', (paused) => {
        onRequest(session, paused as Paused).catch(() => undefined);
      });
      await session.send('Fetch.enable', {
        patterns: [
          web
            ? // A page, and not what it is made of: a provider may well send a request for its icon to anywhere.
              {
                urlPattern: `${(origin + pathname).replace(/[*?\\]/g, '\\$&')}*`,
                resourceType: 'Document',
                requestStage: 'Request',
              }
            : // A scheme of an application is never requested: what leads there is.
              { urlPattern: '*', resourceType: 'Document', requestStage: 'Response' },
        ],
      });
    },
  };
}

/** As far as it is used here. */
interface Paused {
  readonly requestId: string;
  readonly request: {
    readonly url: string;
    readonly method: string;
    readonly postData?: string;
    readonly postDataEntries?: readonly { readonly bytes?: string }[];
  };
  readonly responseStatusCode?: number;
  readonly responseHeaders?: readonly { readonly name: string; readonly value: string }[];
}
