import type { Client, ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { pageHeaders } from './page-layout.js';
import { type PageText, pageText } from './page-text.js';
import { errorPage, logoutPage, signedOutPage } from './pages.js';

/** What to call a client on a page: its name, else its id. */
export function clientLabel(client: Pick<Client, 'clientId' | 'clientName'>): string {
  return client.clientName ?? client.clientId;
}

/** Answers with the page that says why a request can't go on and what to change. */
export function renderError(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error & { error_detail?: string }): void {
  const { params, client } = ctx.oidc ?? {};
  const asked = { ...ctx.query, ...params } as Readonly<Record<string, unknown>>;
  const text = pageText(string(asked.ui_locales), ctx.get('accept-language'));
  const words = text.error;
  const page = (what: string, fix: string, value?: string) =>
    errorPage(text, { code: out.error, what, fix, value, detail: out.error_description });
  ctx.set(pageHeaders());
  ctx.body = (() => {
    const clientId = client?.clientId ?? string(asked.client_id) ?? '';
    const description = out.error_description ?? out.error;
    if (error.name === 'InvalidRedirectUri') {
      return page(words.redirectUri, words.redirectUriFix(clientId), string(asked.redirect_uri));
    }
    if (error.name === 'InvalidClient') return page(words.clientUnknown(clientId), words.clientUnknownFix);
    if (error.name === 'SessionNotFound') return page(words.expired, words.expiredFix);
    if (description.includes('post_logout_redirect_uri')) {
      return page(words.logoutUri, words.logoutUriFix, string(ctx.oidc?.params?.post_logout_redirect_uri));
    }
    return page(description, out.error === 'server_error' ? words.serverFix : words.requestFix);
  })();
}

/** Answers with the question of RP-initiated logout; `form` is oidc-provider's. */
export function renderLogout(ctx: KoaContextWithOIDC, form: string): void {
  const { client, params } = ctx.oidc;
  ctx.set(pageHeaders(string(params?.post_logout_redirect_uri)));
  ctx.body = logoutPage(textFor(ctx), { client: client && clientLabel(client), form, formId: 'op.logoutForm' });
}

/** Answers with the page after a logout that leads back to no application. */
export function renderSignedOut(ctx: KoaContextWithOIDC): void {
  ctx.set(pageHeaders());
  ctx.body = signedOutPage(textFor(ctx));
}

function textFor(ctx: KoaContextWithOIDC): PageText {
  return pageText(string(ctx.oidc.params?.ui_locales), ctx.get('accept-language'));
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
