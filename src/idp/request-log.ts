import type { IncomingMessage, RequestListener } from 'node:http';
import type { Provider } from 'oidc-provider';

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

/** The provider as a request listener that reports each answer once it is sent. */
export function observed(provider: Provider, onRequest: ((event: RequestEvent) => void) | undefined): RequestListener {
  const refused = new WeakMap<IncomingMessage, Pick<RequestEvent, 'error' | 'detail'>>();
  for (const name of ERROR_EVENTS) {
    // All of them come with the same two arguments.
    provider.on(name as 'server_error', (ctx, failure) => {
      const { message, error, error_detail, error_description }: Refusal = failure;
      const detail = error === undefined ? message : (error_detail ?? error_description);
      refused.set(ctx.req, { error: error ?? 'server_error', ...(detail === undefined ? {} : { detail }) });
    });
  }
  const answer = provider.callback();
  return (request, response) => {
    response.once('close', () => {
      onRequest?.({
        method: request.method ?? '',
        path: loggedPath(request.url ?? ''),
        status: response.statusCode,
        ...refused.get(request),
      });
    });
    void answer(request, response);
  };
}

/** The path without its query. What names a sign-in that is going on is left out, as it is a cookie's value too. */
function loggedPath(url: string): string {
  return (url.split('?')[0] ?? '').replace(/^\/(interaction|auth)\/.+$/, '/$1/…');
}
