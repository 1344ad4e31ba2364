import type { IncomingMessage, RequestListener } from 'node:http';
import type { Provider } from 'oidc-provider';
import { type ServedExchange, ServedExchanges } from './served-exchange.js';

/** One answered request, as it may be logged: no query, and nothing of the path that identifies a sign-in. */
export interface RequestEvent {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The error code of a refused request, e.g. `invalid_grant`. */
  readonly error?: string;
  /** Why, in the provider's words. */
  readonly detail?: string;
}

/** Who is told of what the provider does; each is called once the answer is sent. */
export interface RequestListeners {
  readonly onRequest?: (event: RequestEvent) => void;
  /** Hears the same in full, raw; `failure` says why a request was refused. */
  readonly onExchange?: (exchange: ServedExchange, failure: string | undefined) => void;
}

/** What oidc-provider's errors hold, and others do not. */
type Refusal = Error & { error?: string; error_detail?: string; error_description?: string };

/** oidc-provider's events for a request that it refused. */
const ERROR_EVENTS = [
  'authorization.error',
  'grant.error',
  'userinfo.error',
  'revocation.error',
  'introspection.error',
  'end_session.error',
  'end_session_confirm.error',
  'pushed_authorization_request.error',
  'interaction.error',
  'server_error',
] as const;

/** Begins to watch a provider that has no pages yet; what comes back makes it a request listener once it has. */
export function observeRequests(
  provider: Provider,
  { onRequest, onExchange }: RequestListeners,
): () => RequestListener {
  const exchanges = onExchange && new ServedExchanges(provider);
  const refused = new WeakMap<IncomingMessage, Pick<RequestEvent, 'error' | 'detail'>>();
  for (const name of ERROR_EVENTS) {
    // All of them come with the same two arguments.
    provider.on(name as 'server_error', (ctx, failure) => {
      const { message, error, error_detail, error_description }: Refusal = failure;
      const detail = error === undefined ? message : (error_detail ?? error_description);
      refused.set(ctx.req, { error: error ?? 'server_error', detail });
    });
  }
  return () => {
    const received = provider.callback();
    return (request, response) => {
      const from = performance.now();
      response.once('close', () => {
        const refusal = refused.get(request);
        onRequest?.({
          method: request.method ?? '',
          path: loggedPath(request.url ?? ''),
          status: response.statusCode,
          ...refusal,
        });
        if (exchanges) onExchange?.(exchanges.of(request, response, performance.now() - from), refusalText(refusal));
      });
      void received(request, response);
    };
  };
}

function refusalText(refusal: Pick<RequestEvent, 'error' | 'detail'> | undefined): string | undefined {
  if (refusal?.error === undefined) return undefined;
  return refusal.detail === undefined ? refusal.error : `${refusal.error}: ${refusal.detail}`;
}

/** The path without its query. What names a sign-in that is going on is left out, as it is a cookie's value too. */
function loggedPath(url: string): string {
  return (url.split('?')[0] ?? '').replace(/^\/(interaction|auth)\/.+$/, '/$1/…');
}
