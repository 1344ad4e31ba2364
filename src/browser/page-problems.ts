import type { PageDescription } from './page-description.js';
import { ERROR_TITLE, LOCKED, PASSWORD, PROVIDER_ERROR, REJECTED, UNKNOWN_ACCOUNT } from './page-patterns.js';
import type { FieldPurpose } from './sign-in-form.js';

/** An error that a page tells, in its own words. */
export interface PageProblem {
  readonly code: 'sign_in_rejected' | 'sign_in_account_locked' | 'sign_in_page_error';
  readonly field?: FieldPurpose;
  readonly words: string;
}

/** Characters of a sentence that tells an error; what is longer is a text about something else. */
const MAX_LENGTH = 240;

/** Sentences that only warn of what may come. */
const EXPECTED_ERRORS = /\b(will|may|might|could|would) be\b|^(if|when|before) you\b|されます|場合は|ことがあります/i;

/**
 * What a page says is wrong, or undefined. Of what has not been sent yet a page
 * cannot say that it is wrong; an account may be locked, and a provider may
 * refuse the request, before anything is.
 */
export function pageProblem(
  page: PageDescription,
  about: {
    /** What the page asks for now. */
    readonly asked: ReadonlySet<FieldPurpose>;
    /** What has been sent before. */
    readonly sent: ReadonlySet<FieldPurpose>;
    /** The page offers to go on: an "error" in its title is somebody's name. */
    readonly harmless: boolean;
  },
): PageProblem | undefined {
  const { asked, sent } = about;
  const alerts = page.alerts.filter(isUsableText);
  const again = [...asked].some((field) => sent.has(field));
  // What a page says beside its alerts counts only where it asks again for what it has been given.
  const lines = sent.size > 0 && (again || asked.size === 0) ? page.lines.filter(isUsableText) : [];
  const details = [...alerts, ...page.headings.filter(isUsableText), ...lines];

  const locked = details.find((text) => LOCKED.test(text) && !EXPECTED_ERRORS.test(text));
  if (locked !== undefined) return { code: 'sign_in_account_locked', words: cleanText(locked) };

  if (again || (sent.size > 0 && asked.size === 0 && !about.harmless)) {
    const rejected = details.find(
      (text) => REJECTED.test(text) && !PROVIDER_ERROR.test(text) && !EXPECTED_ERRORS.test(text),
    );
    if (rejected !== undefined)
      return { code: 'sign_in_rejected', field: rejectedField(asked, sent, rejected), words: cleanText(rejected) };
    // An alert on the page that asks again is about what was sent, whatever its words.
    const alert = again ? alerts[0] : undefined;
    if (alert !== undefined)
      return { code: 'sign_in_rejected', field: rejectedField(asked, sent, alert), words: cleanText(alert) };
  }
  return asked.size > 0 ? undefined : providerError(page, alerts, about.harmless);
}

function providerError(page: PageDescription, alerts: readonly string[], harmless: boolean): PageProblem | undefined {
  const texts = [...alerts, ...page.headings, ...page.lines].filter(isUsableText);
  const strong = harmless ? undefined : texts.find((text) => PROVIDER_ERROR.test(text));
  const titled = !harmless && [page.title, ...page.headings, ...alerts].some((text) => ERROR_TITLE.test(text));
  if (strong === undefined && !titled && (page.status ?? 200) < 400) return undefined;
  const rest = texts.filter((text) => !ERROR_TITLE.test(text) || text.length > 40);
  return { code: 'sign_in_page_error', words: cleanText(strong ?? alerts[0] ?? rest[0] ?? texts[0] ?? page.title) };
}

/** Which of the things sent is likely meant: what the words name, else the newest that is asked for again. */
function rejectedField(asked: ReadonlySet<FieldPurpose>, sent: ReadonlySet<FieldPurpose>, words: string): FieldPurpose {
  if (asked.has('username') && sent.has('username') && UNKNOWN_ACCOUNT.test(words) && !PASSWORD.test(words)) {
    return 'username';
  }
  for (const field of ['code', 'password', 'username'] as const) {
    if (asked.has(field) && sent.has(field)) return field;
  }
  return sent.has('code') ? 'code' : sent.has('password') ? 'password' : 'username';
}

function isUsableText(text: string): boolean {
  return text.trim() !== '' && text.length <= MAX_LENGTH;
}

function cleanText(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
