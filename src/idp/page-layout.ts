import { createHash } from 'node:crypto';
import type { PageText } from './page-text.js';

/** Markup that may be written as it is. Everything else is escaped. */
export class Html {
  constructor(readonly markup: string) {}
}

/** A template whose values are text, escaped, unless they are `Html` themselves. `undefined` and `false` write nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.map((part, index) => part + (index < values.length ? write(values[index]) : '')).join(''));
}

type HtmlValue = string | Html | readonly Html[] | undefined | false;

function write(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'string') return escapeText(value);
  return value.map((item) => item.markup).join('');
}

function escapeText(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root{color-scheme:light dark;--page:#f3f4f7;--card:#fff;--text:#1b1f2a;--soft:#596073;--line:#d9dde6;--edge:#828a9d;--field:#fff;
--accent:#2f54d1;--accent-text:#fff;--accent-hover:#2645b3;--wash:#f3f4f7;--bad:#a8201a;--bad-wash:#fdeeed;--bad-line:#eeb9b5}
@media(prefers-color-scheme:dark){:root{--page:#12141a;--card:#1c1f28;--text:#e9ebf1;--soft:#a3aabb;--line:#363b49;--edge:#737b91;--field:#14161d;
--accent:#8ea8ff;--accent-text:#0d1433;--accent-hover:#a9bdff;--wash:#252935;--bad:#ffb3ad;--bad-wash:#3a1f20;--bad-line:#6e3533}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;justify-content:center;padding:32px 16px;
background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Hiragino Sans","Noto Sans","Noto Sans CJK JP",sans-serif}
main{width:100%;max-width:420px;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:32px;
box-shadow:0 1px 2px rgba(0,0,0,.05),0 12px 32px rgba(0,0,0,.07)}
main.wide{max-width:560px}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 6px;letter-spacing:-.01em;overflow-wrap:anywhere;text-wrap:balance}
:lang(ja){word-break:auto-phrase}
h1+.error{margin-top:16px}
main>:last-child,dd:last-child{margin-bottom:0}
a{color:var(--accent)}
h2{font-size:.875rem;font-weight:600;color:var(--soft);margin:0 0 10px}
p{margin:0 0 16px;overflow-wrap:anywhere}
.lead{color:var(--soft);margin-bottom:24px}
.lead strong{color:var(--text);font-weight:600}
label{display:block;font-weight:600;font-size:.875rem;margin:0 0 6px}
input{display:block;width:100%;font:inherit;color:inherit;background:var(--field);border:1px solid var(--edge);border-radius:8px;
padding:10px 12px;margin:0 0 16px}
input[aria-invalid=true]{border-color:var(--bad)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.buttons{display:flex;flex-wrap:wrap;gap:12px;margin-top:24px}
button{font:inherit;font-weight:600;border-radius:8px;border:1px solid var(--edge);background:transparent;color:var(--text);
padding:10px 18px;min-height:44px;cursor:pointer}
button:hover{background:var(--wash)}
button.main{flex:1;background:var(--accent);border-color:var(--accent);color:var(--accent-text)}
button.main:hover{background:var(--accent-hover);border-color:var(--accent-hover)}
.error{background:var(--bad-wash);border:1px solid var(--bad-line);color:var(--bad);border-radius:8px;padding:10px 12px;margin:0 0 20px}
.users{border-top:1px solid var(--line);margin-top:28px;padding-top:20px}
.user{margin:0 0 14px}
.user:last-child{margin-bottom:0}
.user button{width:100%}
.user small{display:block;text-align:center;margin-top:4px}
ul,dl{margin:0 0 16px;padding:0}
ul.asked{list-style:none;border:1px solid var(--line);border-radius:10px}
ul.asked li{display:flex;align-items:baseline;justify-content:space-between;gap:16px;padding:10px 14px;
border-top:1px solid var(--line);overflow-wrap:anywhere}
ul.asked li:first-child{border-top:0}
ul.asked small{white-space:nowrap}
small,.small{font-size:.8125rem;color:var(--soft)}
code{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
code.block{display:block;background:var(--wash);border:1px solid var(--line);border-radius:8px;padding:10px 12px;margin:0 0 16px;user-select:all}
dt{font-size:.8125rem;color:var(--soft)}
dd{margin:0 0 12px;overflow-wrap:anywhere}
footer{margin-top:20px;font-size:.8125rem;color:var(--soft);text-align:center}
@media(max-width:480px){body{padding:16px 12px}main{padding:24px 20px}}
`;

const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/**
 * A whole page: one card, no script, nothing loaded from anywhere.
 * `title` is text; the page's language is that of its words.
 */
export function layout(page: { text: PageText; title: string; body: Html; wide?: boolean }): string {
  return html`<!DOCTYPE html>
<html lang="${page.text.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${page.title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main${new Html(page.wide ? ' class="wide"' : '')}>
${page.body}
</main>
<footer>${page.text.footer}</footer>
</body>
</html>
`.markup;
}

/**
 * The headers of a page. `sendsTo` is where its form's answer may lead in the
 * end (a redirect URI): browsers hold redirects after a form against
 * `form-action` too.
 */
export function pageHeaders(sendsTo?: string): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `style-src ${STYLE_SOURCE}`,
      `form-action 'self'${formTarget(sendsTo)}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}

function formTarget(uri: string | undefined): string {
  if (uri === undefined || !URL.canParse(uri)) return '';
  const { protocol, host } = new URL(uri);
  // A CSP source can hold neither an IPv6 literal nor unusual characters: then the scheme has to do.
  return /^[a-z0-9.-]+(:\d+)?$/i.test(host) && /^https?:$/.test(protocol) ? ` ${protocol}//${host}` : ` ${protocol}`;
}
