import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Accounts } from './accounts.js';
import { isLoopbackHost } from './clients.js';
import { handleInteraction } from './interactions.js';
import { pageHeaders } from './page-layout.js';
import { pageText } from './page-text.js';
import { errorPage, homePage } from './pages.js';
import { renderError } from './provider-pages.js';

/** The policy on oidc-provider's own pages, which hold a script that it adds by hash, and a form to elsewhere. */
const PROVIDER_POLICY = "default-src 'none'; script-src; base-uri 'none'; frame-ancestors 'none'";

/**
 * Puts the pages of this provider before oidc-provider's own routes, and
 * keeps strangers out: only this machine's own names are answered.
 * `sessionNotFound` makes the error for a sign-in the browser knows nothing of.
 */
export function addPageRoutes(provider: Provider, accounts: Accounts, sessionNotFound: () => Error): void {
  const { host } = new URL(provider.issuer);
  provider.use(async (context, next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    // A name that leads here but is not this machine's own is a page elsewhere reaching in (DNS rebinding).
    if (!isOwnHost(ctx.get('host'), host)) {
      sendErrorPage(ctx, 421, 'misdirected_request', provider.issuer);
      return;
    }
    // Addresses in the discovery document are the issuer's, by whichever of its names it was reached.
    ctx.req.headers.host = host;
    ctx.set({ 'content-security-policy': PROVIDER_POLICY, 'x-content-type-options': 'nosniff' });
    if (ctx.path === '/' && (ctx.method === 'GET' || ctx.method === 'HEAD')) {
      sendHomePage(ctx, provider.issuer);
    } else if (ctx.path.startsWith('/interaction/')) {
      await handleInteraction(ctx, provider, accounts, sessionNotFound).catch((error) => fail(ctx, provider, error));
    } else {
      await next();
      if (ctx.status === 404 && !ctx.body) sendErrorPage(ctx, 404, 'not_found', provider.issuer);
    }
  });
}

function isOwnHost(asked: string, host: string): boolean {
  if (!URL.canParse(`http://${asked}`)) return false;
  const url = new URL(`http://${asked}`);
  return isLoopbackHost(url.hostname) && url.port === new URL(`http://${host}`).port;
}

function fail(ctx: KoaContextWithOIDC, provider: Provider, error: Error & { expose?: boolean; error?: string }): void {
  ctx.status = error.expose ? 400 : 500;
  const code = error.expose ? (error.error ?? 'invalid_request') : 'server_error';
  renderError(ctx, { error: code }, error);
  provider.emit(error.expose ? 'interaction.error' : 'server_error', ctx, error);
}

function sendHomePage(ctx: KoaContextWithOIDC, issuer: string): void {
  ctx.set(pageHeaders());
  const discovery = `${issuer}/.well-known/openid-configuration`;
  ctx.body = homePage(pageText(undefined, ctx.get('accept-language')), { issuer, discovery });
}

function sendErrorPage(ctx: KoaContextWithOIDC, status: 404 | 421, code: string, issuer: string): void {
  ctx.status = status;
  if (ctx.accepts('json', 'html') !== 'html') {
    ctx.body = { error: code };
    return;
  }
  const text = pageText(undefined, ctx.get('accept-language'));
  const { notFound, notFoundFix, wrongHost, wrongHostFix } = text.error;
  const [what, fix] = status === 404 ? [notFound, notFoundFix] : [wrongHost, wrongHostFix];
  ctx.set(pageHeaders());
  ctx.body = errorPage(text, { code, what, fix, value: issuer, detail: undefined });
}
