import { createHash } from 'node:crypto';
import { ERROR_EXIT_CODES, EXIT, type ExitCode } from '../errors.js';
import { lookup } from '../json.js';
import { safeText, truncate } from '../safe-text.js';

/** How the sign-in (or sign-out) ended, as the waiting page is told. */
export type Verdict =
  | { readonly ok: true; readonly name?: string; readonly issuer?: string }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly fix?: string };

/** What the browser was sent away for. */
export type CallbackKind = 'sign-in' | 'sign-out';

/** The languages the pages speak. */
export type PageLanguage = 'en' | 'ja';

const WORDS = {
  en: {
    'sign-in': { done: 'You are signed in', failed: 'Sign-in failed' },
    'sign-out': { done: 'You are signed out', failed: 'Sign-out was not completed' },
    account: 'Account',
    provider: 'Identity provider',
    close: 'You can close this window and return to the terminal.',
    fix: 'What to change',
    details: 'The terminal shows the details. You can close this window.',
    stray: 'This is not what the terminal is waiting for',
    'other browser': 'The terminal is waiting for another browser',
    cookie:
      'This response came without the cookie that oidc-cli set in the browser it opened. Go on in that browser, and allow it to keep cookies of this address.',
    ended: 'The terminal stopped waiting',
  },
  ja: {
    'sign-in': { done: 'サインインしました', failed: 'サインインできませんでした' },
    'sign-out': { done: 'サインアウトしました', failed: 'サインアウトは完了していません' },
    account: 'アカウント',
    provider: 'ID プロバイダー',
    close: 'このウィンドウを閉じて、ターミナルに戻ってください。',
    fix: '変更が必要な点',
    details: '詳細はターミナルに表示されています。このウィンドウは閉じてかまいません。',
    stray: 'ターミナルが待っているページではありません',
    'other browser': 'ターミナルは別のブラウザーからの応答を待っています',
    cookie:
      'oidc-cli が開いたブラウザーの Cookie が届きませんでした。そのブラウザーで続け、このアドレスの Cookie を許可してください。',
    ended: 'ターミナルは待機を終了しました',
  },
} as const;

/** One Japanese sentence per exit code: the terminal has the details, in English. */
const JAPANESE_FAILURES: Readonly<Record<Exclude<ExitCode, typeof EXIT.done>, string>> = {
  [EXIT.checkFailed]: '処理を完了できませんでした。',
  [EXIT.usage]: 'コマンドの指定が正しくありません。',
  [EXIT.configuration]: '設定またはプロバイダーのディスカバリー情報に問題があります。',
  [EXIT.notSignedIn]: '有効なサインインがありません。',
  [EXIT.refused]: 'プロバイダーが要求を拒否しました。',
  [EXIT.timedOut]: '制限時間内に完了しませんでした。',
  [EXIT.verification]: 'プロバイダーの応答またはトークンを検証できませんでした。',
  [EXIT.network]: 'プロバイダーと通信できませんでした。',
  [EXIT.store]: 'セッションを保存できませんでした。',
  [EXIT.interrupted]: '処理が中断されました。',
};

const STYLE = `
:root{color-scheme:light dark;--back:#f4f5f7;--card:#fff;--text:#1c1f26;--soft:#5b6270;--line:#dfe2e8;--good:#12805c;--bad:#b3261e;--quiet:#5b6270}
@media (prefers-color-scheme:dark){:root{--back:#14161a;--card:#1d2026;--text:#eceef2;--soft:#a4abb8;--line:#30343d;--good:#4cc38a;--bad:#ff8a80;--quiet:#a4abb8}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--back);color:var(--text);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Hiragino Sans","Noto Sans CJK JP","Yu Gothic UI",sans-serif}
main{width:100%;max-width:30rem;padding:2.25rem 2rem 2rem;background:var(--card);border:1px solid var(--line);border-radius:14px;overflow-wrap:anywhere}
.mark{display:grid;place-items:center;width:3rem;height:3rem;margin-bottom:1.25rem;border-radius:50%;border:2px solid currentColor;font-size:1.4rem;line-height:1}
.good{color:var(--good)}.bad{color:var(--bad)}.quiet{color:var(--quiet)}
:lang(ja){word-break:auto-phrase;line-break:strict}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.3;text-wrap:balance}
p{margin:0 0 .75rem;text-wrap:pretty}
dl{margin:0 0 1rem;display:grid;gap:.15rem}
dt{color:var(--soft);font-size:.875rem}
dd{margin:0 0 .5rem;font-weight:600}
h2{margin:1.25rem 0 .25rem;font-size:.875rem;font-weight:600;color:var(--soft)}
.whole{white-space:nowrap}
code{font:.875rem ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--soft)}
.last{margin:1.25rem 0 0;padding-top:1.25rem;border-top:1px solid var(--line);color:var(--soft)}
@media (max-width:30rem){body{padding:1rem;place-items:start stretch}main{padding:1.5rem 1.25rem 1.25rem}}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * The headers every answer of the listener carries: nothing but our own style
 * may load, nothing may frame the page, keep it, or learn its address.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** The page's language by the browser's `Accept-Language` (RFC 9110 §12.5.4): Japanese where it comes before English. */
export function pageLanguage(acceptLanguage: string | undefined): PageLanguage {
  const wishes = (acceptLanguage ?? '')
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.trim().toLowerCase().split(';');
      const q = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find((value) => value);
      return { language: tag.split('-')[0], q: q === undefined ? 1 : Number(q) };
    })
    .filter(({ language, q }) => (language === 'en' || language === 'ja') && q > 0)
    .sort((a, b) => b.q - a.q);
  return wishes[0]?.language === 'ja' ? 'ja' : 'en';
}

/** Characters of a person's name: nobody's is longer, but a provider may say anything. */
const MAX_NAME_LENGTH = 200;

/** The page that tells how it ended. All words in `verdict` are treated as text, whoever wrote them. */
export function verdictPage(verdict: Verdict, kind: CallbackKind, language: PageLanguage): string {
  const words = WORDS[language];
  if (verdict.ok) {
    const title = words[kind].done;
    const who =
      verdict.name === undefined ? '' : definition(words.account, escapeHtml(truncate(verdict.name, MAX_NAME_LENGTH)));
    const where = verdict.issuer === undefined ? '' : definition(words.provider, breakable(verdict.issuer));
    const list = who || where ? `<dl>${who}${where}</dl>` : '';
    return layout(language, title, 'good', '✓', `${list}<p class="last">${words.close}</p>`);
  }
  const title = words[kind].failed;
  const code = `<p lang="en"><code>${escapeHtml(verdict.code)}</code></p>`;
  const exitCode = language === 'ja' ? lookup(ERROR_EXIT_CODES, verdict.code) : undefined;
  const body = exitCode === undefined ? englishFailure(verdict, words.fix) : `<p>${JAPANESE_FAILURES[exitCode]}</p>`;
  return layout(language, title, 'bad', '!', `${body}${code}<p class="last">${words.details}</p>`);
}

/** The message and the fix as HTML, marked as English for screen readers and fonts; `heading` stands before the fix. */
function englishFailure({ message, fix }: { message: string; fix?: string }, heading: string): string {
  const change = fix === undefined ? '' : `<h2>${heading}</h2><p lang="en">${breakableText(fix)}</p>`;
  return `<p lang="en">${breakableText(message)}</p>${change}`;
}

/**
 * The page without a verdict: `stray` for every request that is not the answer
 * waited for, which it tells nothing, `other browser` for an answer without the
 * right browser's cookie, `ended` for a browser that waited in vain.
 */
export function plainPage(topic: 'stray' | 'other browser' | 'ended', language: PageLanguage): string {
  const words = WORDS[language];
  const reason = topic === 'other browser' ? `<p>${breakableText(words.cookie)}</p>` : '';
  return layout(language, words[topic], 'quiet', '–', `${reason}<p>${words.close}</p>`);
}

/** `value` is HTML. */
function definition(term: string, value: string): string {
  return `<dt>${term}</dt><dd><bdi>${value}</bdi></dd>`;
}

/** An address that a narrow window breaks after its slashes rather than within a name. */
function breakable(url: string): string {
  return escapeHtml(url).replace(/\/+/g, '$&<wbr>');
}

/** Text as HTML in which no line ends within the command's name or a flag: a browser would break them after hyphens. */
function breakableText(text: string): string {
  return escapeHtml(text).replace(/oidc-cli|--[a-z][a-z-]{0,30}/g, '<span class="whole">$&</span>');
}

function layout(language: PageLanguage, title: string, tone: string, mark: string, body: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – oidc-cli</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<div class="mark ${tone}" aria-hidden="true">${mark}</div>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return safeText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
