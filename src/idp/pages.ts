import { displayName, type TestUser } from './accounts.js';
import { Html, html, layout } from './page-layout.js';
import type { PageText } from './page-text.js';

/** The sign-in page. `login` is what to put into the user name field; `refused` shows that the last try was wrong. */
export function signInPage(
  text: PageText,
  page: { client: string; login: string; refused: boolean; users: readonly TestUser[] },
): string {
  const words = text.signIn;
  const invalid = new Html(page.refused ? ' aria-invalid="true" aria-describedby="refused"' : '');
  const focus = new Html(' autofocus');
  const body = html`<h1>${words.title}</h1>
<p class="lead">${emphasize(words.to, page.client)}</p>
${page.refused && html`<p class="error" id="refused" role="alert">${words.wrong}</p>`}
<form method="post">
<label for="username">${words.username}</label>
<input id="username" name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${page.login}"${invalid}${page.login === '' && focus}>
<label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${invalid}${page.login !== '' && focus}>
<div class="buttons">
<button class="main" name="action" value="sign-in">${words.submit}</button>
<button name="action" value="cancel" formnovalidate>${words.cancel}</button>
</div>
</form>
${
  page.users.length > 0 &&
  html`<section class="users" aria-labelledby="users">
<h2 id="users">${words.testUsers}</h2>
${page.users.map(
  (user) => html`<form class="user" method="post">
<input type="hidden" name="username" value="${user.username}">
<input type="hidden" name="password" value="${user.password}">
<button name="action" value="sign-in">${words.as(displayName(user))}</button>
<small><code>${user.username}</code> / <code>${user.password}</code></small>
</form>`,
)}
</section>`
}`;
  return layout({ text, title: words.title, body });
}

/** What a client asks for that the user has not allowed yet. */
export interface RequestedAccess {
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  /** Scopes by resource indicator (RFC 8707). */
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

/** The consent page: who asks, for what, and where the browser goes next. */
export function consentPage(
  text: PageText,
  page: { client: string; user: TestUser | undefined; asked: RequestedAccess; returnsTo: string | undefined },
): string {
  const words = text.consent;
  const items = [
    ...page.asked.scopes.map((scope) => {
      const known = Object.hasOwn(words.scopes, scope) ? words.scopes[scope] : undefined;
      return html`<li><span>${known ?? words.otherScope(scope)}</span>${known !== undefined && html`<small><code>${scope}</code></small>`}</li>`;
    }),
    ...page.asked.claims.map((claim) => html`<li>${words.claim(claim)}</li>`),
    ...Object.entries(page.asked.resources).flatMap(([resource, scopes]) =>
      scopes.map((scope) => html`<li>${words.resourceScope(scope, resource)}</li>`),
    ),
  ];
  const body = html`<h1>${words.title(page.client)}</h1>
${page.user && html`<p class="lead">${emphasize(words.signedInAs, displayName(page.user))}</p>`}
${items.length > 0 ? html`<p>${words.wants}</p><ul class="asked">${items}</ul>` : html`<p>${words.nothingNew}</p>`}
${page.returnsTo !== undefined && html`<p class="small">${words.returnsTo} <code>${page.returnsTo}</code></p>`}
<form method="post">
<div class="buttons">
<button class="main" name="action" value="allow" autofocus>${words.allow}</button>
<button name="action" value="deny">${words.deny}</button>
</div>
</form>`;
  return layout({ text, title: words.title(page.client), body });
}

/** The question of RP-initiated logout. `form` is the provider's own, which the buttons belong to by its id. */
export function logoutPage(text: PageText, page: { client: string | undefined; form: string; formId: string }): string {
  const words = text.logout;
  const body = html`<h1>${words.title}</h1>
<p class="lead">${page.client === undefined ? words.question(undefined) : emphasize(words.question, page.client)}</p>
${new Html(page.form)}
<div class="buttons">
<button class="main" form="${page.formId}" name="logout" value="yes" autofocus>${words.yes}</button>
<button form="${page.formId}">${words.no}</button>
</div>`;
  return layout({ text, title: words.title, body });
}

/** What is shown after a logout that leads back to no application. */
export function signedOutPage(text: PageText): string {
  const words = text.logout;
  return layout({
    text,
    title: words.doneTitle,
    body: html`<h1>${words.doneTitle}</h1><p class="lead">${words.done}</p>`,
  });
}

/** What happened, what to change, and the exact value to change it to. */
export function errorPage(
  text: PageText,
  page: { code: string; what: string; fix: string; value: string | undefined; detail: string | undefined },
): string {
  const words = text.error;
  const body = html`<h1>${words.title}</h1>
<p class="error" role="alert">${page.what}</p>
<p>${page.fix}</p>
${page.value !== undefined && html`<code class="block">${page.value}</code>`}
<p class="small">${words.code}: <code>${page.code}</code>${page.detail !== undefined && page.detail !== page.what && html` (${page.detail})`}</p>`;
  return layout({ text, title: words.title, body, wide: true });
}

/** What a person sees who opens the issuer's address. */
export function homePage(text: PageText, page: { issuer: string; discovery: string }): string {
  const words = text.home;
  const body = html`<h1>${words.title}</h1>
<p class="lead">${words.lead}</p>
<dl>
<dt>${words.issuer}</dt><dd><code>${page.issuer}</code></dd>
<dt>${words.discovery}</dt><dd><a href="${page.discovery}"><code>${page.discovery}</code></a></dd>
</dl>`;
  return layout({ text, title: words.title, body, wide: true });
}

/** A sentence around a name, the name in bold. */
function emphasize(sentence: (name: string) => string, name: string): Html {
  const marker = '\u0000';
  const [before = '', after = ''] = sentence(marker).split(marker);
  return html`${before}<strong>${name}</strong>${after}`;
}
