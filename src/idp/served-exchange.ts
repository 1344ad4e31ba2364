import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

/**
 * A request that this provider answered, raw: whoever shows it has to take the
 * secrets out. What is typed on the sign-in page is never in it.
 */
export interface ServedExchange {
  /** In the standard's words: `authorization request`, `token request`, …; a page is a `sign-in page`. */
  readonly step: string;
  /** Who asked: the person's browser, or the client by itself. */
  readonly from: 'browser' | 'client';
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | undefined;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseCookies: readonly string[];
  readonly responseBody: string;
  /** Milliseconds from the request to the end of its answer. */
  readonly durationMs: number;
}

/** The steps by oidc-provider's names of its routes, those that go on with a request beside it; all else are pages. */
const STEPS: Readonly<Record<string, Pick<ServedExchange, 'step' | 'from'>>> = {
  discovery: { step: 'discovery', from: 'client' },
  jwks: { step: 'key set', from: 'client' },
  pushed_authorization_request: { step: 'pushed authorization request', from: 'client' },
  authorization: { step: 'authorization request', from: 'browser' },
  resume: { step: 'authorization request', from: 'browser' },
  token: { step: 'token request', from: 'client' },
  userinfo: { step: 'userinfo request', from: 'client' },
  introspection: { step: 'introspection request', from: 'client' },
  revocation: { step: 'revocation request', from: 'client' },
  end_session: { step: 'end session request', from: 'browser' },
  end_session_confirm: { step: 'end session request', from: 'browser' },
  end_session_success: { step: 'end session request', from: 'browser' },
};

/** What only the provider's own middleware sees of a request. */
interface Seen {
  readonly route: string | undefined;
  readonly requestBody: string | undefined;
  readonly responseBody: string;
}

/** Makes the exchanges of what a provider answers. To be made before the provider gets its pages. */
export class ServedExchanges {
  private readonly seen = new WeakMap<IncomingMessage, Seen>();

  constructor(private readonly provider: Provider) {
    provider.use(async (context, next) => {
      const ctx = context as unknown as KoaContextWithOIDC;
      try {
        await next();
      } finally {
        // A page has none of oidc-provider's own context, so a form that was filled in stays out.
        const { oidc } = ctx as Partial<KoaContextWithOIDC>;
        this.seen.set(ctx.req, {
          route: oidc?.route,
          requestBody: formText(oidc?.body),
          responseBody: bodyText(ctx.body),
        });
      }
    });
  }

  /** The exchange, once its answer is sent; `durationMs` in milliseconds. */
  of(request: IncomingMessage, response: ServerResponse, durationMs: number): ServedExchange {
    const seen = this.seen.get(request);
    const { step, from } = STEPS[seen?.route ?? ''] ?? { step: 'sign-in page', from: 'browser' };
    const headers = response.getHeaders();
    const cookies = headers['set-cookie'];
    return {
      step,
      from,
      method: request.method ?? '',
      url: new URL(request.url ?? '/', this.provider.issuer).href,
      requestHeaders: joinHeaders(request.headers),
      requestBody: seen?.requestBody,
      status: response.statusCode,
      responseHeaders: joinHeaders({ ...headers, 'set-cookie': undefined }),
      responseCookies: Array.isArray(cookies) ? cookies : [],
      responseBody: seen?.responseBody ?? '',
      durationMs,
    };
  }
}

function joinHeaders(headers: Readonly<Record<string, number | string | readonly string[] | undefined>>) {
  const present = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, String(value)]));
}

/** The parameters of a form as they came, but for how they were encoded. */
function formText(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const pairs = Object.entries(body).flatMap(([name, value]) =>
    [value].flat().map((each): [string, string] => [name, String(each)]),
  );
  return pairs.length === 0 ? undefined : new URLSearchParams(pairs).toString();
}

function bodyText(body: unknown): string {
  if (typeof body === 'string') return body;
  if (Buffer.isBuffer(body)) return body.toString();
  return typeof body === 'object' && body !== null && !('pipe' in body) ? JSON.stringify(body) : '';
}
