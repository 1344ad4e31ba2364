import type { IncomingMessage } from 'node:http';
import type { InteractionResults, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Accounts, TestUser } from './accounts.js';
import { pageHeaders } from './page-layout.js';
import { pageText } from './page-text.js';
import { consentPage, signInPage } from './pages.js';
import { ACR_VALUES } from './provider-configuration.js';
import { clientLabel } from './provider-pages.js';

/** One request to a page, and the interaction with the provider it belongs to. */
interface Visit {
  readonly ctx: KoaContextWithOIDC;
  readonly provider: Provider;
  readonly accounts: Accounts;
  readonly interaction: Awaited<ReturnType<Provider['interactionDetails']>>;
  /** The authorization request's parameters that are strings. */
  readonly params: Readonly<Record<string, string | undefined>>;
  /** Who is signed in in this browser. */
  readonly user: TestUser | undefined;
}

/** Bytes of a form; a user name and a password need no more. */
const MAX_FORM = 16 * 1024;

/**
 * Answers a request to the sign-in or consent page of the interaction `uid`.
 * Throws oidc-provider's `SessionNotFound` where the browser has no such
 * interaction going on.
 */
export async function handleInteraction(
  ctx: KoaContextWithOIDC,
  provider: Provider,
  accounts: Accounts,
  sessionNotFound: () => Error,
): Promise<void> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res);
  // The cookie names the interaction; an address from elsewhere must not be answered for it.
  if (ctx.path !== `/interaction/${interaction.uid}`) throw sessionNotFound();
  const params: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(interaction.params)) {
    if (typeof value === 'string') params[name] = value;
  }
  const user = accounts.bySubject(interaction.session?.accountId);
  const visit: Visit = { ctx, provider, accounts, interaction, params, user };
  const consenting = interaction.prompt.name === 'consent';
  if (ctx.method === 'POST') {
    const form = await readForm(ctx.req);
    if (form === undefined) {
      ctx.status = 413;
      return;
    }
    await (consenting ? decideConsent : decideSignIn)(visit, form);
  } else {
    await (consenting ? showConsent : showSignIn)(visit);
  }
}

async function showSignIn(visit: Visit, refused?: { login: string }): Promise<void> {
  const { ctx, params, user, accounts } = visit;
  if (acrFor(visit) === undefined) {
    const result = { error: 'unmet_authentication_requirements', error_description: 'no such acr here' };
    return finish(visit, result, false);
  }
  ctx.set(pageHeaders(params.redirect_uri));
  ctx.status = refused ? 403 : 200;
  ctx.body = signInPage(textFor(visit), {
    client: await clientName(visit),
    login: refused?.login ?? params.login_hint ?? user?.username ?? '',
    refused: refused !== undefined,
    users: accounts.users.filter(({ listed }) => listed),
  });
}

async function decideSignIn(visit: Visit, form: URLSearchParams): Promise<void> {
  if (form.get('action') === 'cancel') return finish(visit, accessDenied('the user cancelled the sign-in'), false);
  const login = form.get('username') ?? '';
  const user = visit.accounts.authenticate(login, form.get('password') ?? '');
  if (user === undefined) return showSignIn(visit, { login });
  const result: InteractionResults = {
    login: { accountId: String(user.claims.sub), acr: acrFor(visit), amr: ['pwd'] },
    // Whoever typed a password has chosen an account as well.
    ...(visit.interaction.prompt.name === 'select_account' ? { select_account: {} } : {}),
  };
  return finish(visit, result, true);
}

async function showConsent(visit: Visit): Promise<void> {
  const { ctx, params, user, interaction } = visit;
  const { details } = interaction.prompt;
  ctx.set(pageHeaders(params.redirect_uri));
  ctx.body = consentPage(textFor(visit), {
    client: await clientName(visit),
    user,
    returnsTo: params.redirect_uri === undefined ? undefined : withoutQuery(params.redirect_uri),
    asked: {
      scopes: (details.missingOIDCScope as string[] | undefined) ?? [],
      claims: (details.missingOIDCClaims as string[] | undefined) ?? [],
      resources: (details.missingResourceScopes as Record<string, string[]> | undefined) ?? {},
    },
  });
}

async function decideConsent(visit: Visit, form: URLSearchParams): Promise<void> {
  if (form.get('action') !== 'allow') return finish(visit, accessDenied('the user denied the request'), false);
  const { interaction, provider, params } = visit;
  const { details } = interaction.prompt;
  const grant =
    (interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId)) ??
    new provider.Grant({ accountId: interaction.session?.accountId, clientId: params.client_id });
  if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope as string[]);
  if (details.missingOIDCClaims) grant.addOIDCClaims(details.missingOIDCClaims as string[]);
  for (const [resource, scopes] of Object.entries((details.missingResourceScopes ?? {}) as Record<string, string[]>)) {
    grant.addResourceScope(resource, scopes);
  }
  return finish(visit, { consent: { grantId: await grant.save() } }, true);
}

/** Hands the result to the provider and sends the browser back to it. */
async function finish({ ctx, provider }: Visit, result: InteractionResults, merge: boolean): Promise<void> {
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: merge });
  ctx.status = 303;
  ctx.redirect(returnTo);
}

function accessDenied(why: string): InteractionResults {
  return { error: 'access_denied', error_description: why };
}

/**
 * The authentication context class of this sign-in: the first asked for that
 * the provider has, else its weakest. Undefined when one it does not have is
 * essential (OIDC Core 5.5.1.1).
 */
function acrFor({ interaction, params }: Visit): string | undefined {
  const essential = interaction.prompt.details.acr as { value?: string; values?: string[] } | undefined;
  const asked = essential ? (essential.values ?? [essential.value]) : (params.acr_values?.split(' ') ?? []);
  const match = asked.find((value) => ACR_VALUES.some((acr) => acr === value));
  return match ?? (essential ? undefined : ACR_VALUES[0]);
}

async function clientName({ provider, params }: Visit): Promise<string> {
  const client = await provider.Client.find(params.client_id ?? '');
  return client ? clientLabel(client) : '';
}

function textFor({ ctx, params }: Visit) {
  return pageText(params.ui_locales, ctx.get('accept-language'));
}

function withoutQuery(uri: string): string {
  return uri.split(/[?#]/)[0] ?? uri;
}

/** The fields of a submitted form; undefined when it is too long. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_FORM) return undefined;
    chunks.push(chunk as Buffer);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
