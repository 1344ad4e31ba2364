import type { ErrorCode } from '../errors.js';
import { controlText, type PageControl, type PageDescription } from './page-description.js';
import {
  AGREE,
  ANOTHER_ACCOUNT,
  AUTHENTICATOR_APP,
  BRAND,
  CAPTCHA,
  CHOOSE_ACCOUNT,
  FORWARD,
  NEVER,
  NEW_PASSWORD,
  ONE_TIME,
  ONE_TIME_NAME,
  OTHER_CODE,
  OTHER_FIELD,
  PASSKEY,
  PASSWORD,
  SIGN_OUT,
  STAY_SIGNED_IN,
  USER,
  USER_NAME,
} from './page-patterns.js';
import { pageProblem } from './page-problems.js';

/** What a field is for. */
export type FieldPurpose = 'username' | 'password' | 'code';

/** What is known of the sign-in when a page comes. */
export interface FormState {
  readonly username: string;
  /** Whether there is a password, and the secret of one-time codes. */
  readonly has: { readonly password: boolean; readonly code: boolean };
  /** What has been sent on the pages before. */
  readonly sent: ReadonlySet<FieldPurpose>;
  /** Fields that explicit steps have filled in: they are left alone. */
  readonly filled?: ReadonlySet<number>;
  /** Goes on although the page says that what was sent is wrong. */
  readonly onceMore?: boolean;
}

/** A field to fill in; `digit` counts from 0 where each digit of a code has a field of its own. */
export interface Fill {
  readonly control: number;
  readonly what: FieldPurpose;
  readonly digit?: number;
}

/** What to do on a page. */
export interface PageAct {
  readonly kind: 'act';
  readonly fills: readonly Fill[];
  /** Boxes to tick. */
  readonly ticks: readonly number[];
  /** The button or link to press; absent where only Enter sends the form. */
  readonly press?: number;
}

/** What is to be done on a page, or why nothing can be. */
export type Decision =
  | PageAct
  | {
      readonly kind: 'refused';
      readonly code: Extract<ErrorCode, 'sign_in_rejected' | 'sign_in_account_locked' | 'sign_in_page_error'>;
      readonly field?: FieldPurpose;
      /** The page's own. */
      readonly words: string;
    }
  | { readonly kind: 'missing'; readonly field: FieldPurpose }
  | {
      readonly kind: 'unclear';
      readonly captcha: boolean;
      readonly newPassword: boolean;
      readonly passkey: boolean;
    };

/** Fields that are sent together. */
interface Group {
  readonly form: number | undefined;
  readonly fills: readonly Fill[];
}

/**
 * Decides what to do on a page of a sign-in: which fields to fill in and what
 * to press, by type, autocomplete, name, label and role. Pure. It presses
 * nothing that says no, leads elsewhere or signs in by another provider.
 */
export function decide(page: PageDescription, so: FormState): Decision {
  const group = fieldGroup(page, so);
  const asked = new Set(group?.fills.map(({ what }) => what));
  if (!so.onceMore) {
    const agreeing = page.controls.some((control) => canPress(control) && AGREE.test(control.label.trim()));
    const problem = pageProblem(page, { asked, sent: so.sent, harmless: agreeing || choosesAccount(page) });
    if (problem) return { kind: 'refused', ...problem };
  }
  if (group) {
    for (const field of ['password', 'code'] as const) {
      if (asked.has(field) && !so.has[field]) return { kind: 'missing', field };
    }
    const press = bestButton(page, group.form, FORWARD)?.id;
    return { kind: 'act', fills: group.fills, ticks: requiredTicks(page, group.form), press };
  }
  const press = pressDecision(page, so);
  if (press) return press;
  const details = [page.title, ...page.headings, ...page.lines].join('\n');
  return {
    kind: 'unclear',
    captcha: CAPTCHA.test(details) || page.controls.some(({ name, domId }) => CAPTCHA.test(`${name} ${domId}`)),
    newPassword: page.controls.some((control) => control.visible && fieldPurpose(control) === 'new password'),
    passkey: PASSKEY.test(details),
  };
}

/** The fields to fill in, all of one form: that with a password before that with a code before that with a name. */
function fieldGroup(page: PageDescription, so: FormState): Group | undefined {
  const forms = new Map<number | undefined, PageControl[]>();
  for (const control of page.controls) {
    if (control.kind !== 'field' || !control.visible || control.disabled || control.readOnly) continue;
    const fields = forms.get(control.form);
    if (fields) fields.push(control);
    else forms.set(control.form, [control]);
  }
  const groups = [...forms]
    .map(([form, fields]): Group => ({ form, fills: chooseFills(fields, so, page) }))
    .filter(({ fills }) => fills.length > 0);
  const rank = ({ fills }: Group) =>
    fills.some(({ what }) => what === 'password') ? 3 : fills.some(({ what }) => what === 'code') ? 2 : 1;
  return groups.sort((one, other) => rank(other) - rank(one))[0];
}

function chooseFills(fields: readonly PageControl[], so: FormState, page: PageDescription): Fill[] {
  const digits = fields.filter(({ maxLength, type }) => maxLength === 1 && type !== 'email');
  if (digits.length >= 4 && digits.length <= 8) {
    return digits.map(({ id }, digit) => ({ control: id, what: 'code' as const, digit }));
  }
  const purposes = new Map(fields.map((field) => [field, fieldPurpose(field)]));
  const of = (wanted: Purpose) => fields.filter((field) => purposes.get(field) === wanted);
  let passwords = of('password');
  const fresh = of('new password');
  // A lone one is the password itself, whatever its autocomplete says; two are a form to sign up or to change it.
  if (passwords.length === 0 && fresh.length === 1 && !NEW_PASSWORD.test(controlText(fresh[0] as PageControl))) {
    passwords = fresh;
  } else if (fresh.length > 0) return [];
  const [password] = passwords;
  const [code] = of('code');
  const unknown = of('unknown');
  const users = of('username');
  const alone = unknown.length === 1 && users.length === 0 && code === undefined;
  const mayBeUser =
    alone && (password !== undefined || (fields.length === 1 && !so.sent.has('username') && page.forms.length <= 1));
  const user = users[0] ?? (mayBeUser ? unknown[0] : undefined);
  const fills: Fill[] = [];
  // A page that has been given the name shows it beside the code: it need not be typed again.
  if (user && !(code && !password && so.sent.has('username'))) fills.push({ control: user.id, what: 'username' });
  if (password) fills.push({ control: password.id, what: 'password' });
  if (code) fills.push({ control: code.id, what: 'code' });
  const saved = fills.filter(({ control }) => !so.filled?.has(control));
  // All of it by steps: what is left is to send it.
  return saved.length === 0 && fills.length > 0 ? fills.slice(0, 0) : saved;
}

type Purpose = FieldPurpose | 'new password' | 'other' | 'unknown';

/** What a visible field is for, by autocomplete, then type, then its words, then its name. */
function fieldPurpose(control: PageControl): Purpose {
  if (control.kind !== 'field') return 'other';
  const { type } = control;
  if (!['text', 'email', 'tel', 'number', 'password', ''].includes(type)) return 'other';
  const words = controlText(control);
  const names = [control.name, control.domId];
  const named = (pattern: RegExp) => names.some((name) => pattern.test(name));
  const tokens = control.autocomplete.toLowerCase().split(/\s+/);
  if (tokens.includes('one-time-code')) return 'code';
  if (OTHER_CODE.test(words) || named(OTHER_CODE)) return 'other';
  if (type === 'password') {
    if (tokens.includes('new-password') || NEW_PASSWORD.test(words) || named(NEW_PASSWORD)) return 'new password';
    if (tokens.includes('current-password')) return 'password';
    if (ONE_TIME.test(words) || (named(ONE_TIME_NAME) && !PASSWORD.test(words))) return 'code';
    return 'password';
  }
  if (tokens.includes('username') || tokens.includes('email') || type === 'email') return 'username';
  if (CAPTCHA.test(words) || named(CAPTCHA)) return 'other';
  if (ONE_TIME.test(words) || (named(ONE_TIME_NAME) && !USER.test(words))) return 'code';
  if (PASSWORD.test(words) && !USER.test(words)) return 'password';
  if (named(USER_NAME)) return 'username';
  if (OTHER_FIELD.test(words) || named(OTHER_FIELD)) return 'other';
  return USER.test(words) ? 'username' : 'unknown';
}

/** Pages without a field to fill in: accounts to choose from, consent, "stay signed in?", second factors, "continue". */
function pressDecision(page: PageDescription, so: FormState): PageAct | undefined {
  const press = (control: PageControl | undefined, ticks: readonly number[] = []): PageAct | undefined =>
    control && { kind: 'act', fills: [], ticks, press: control.id };
  const pressable = page.controls.filter(canPress);
  const choosing = choosesAccount(page);
  const own = pressable.find((control) => namesAccount(control, so.username) && !isRefusalButton(control));
  const other = pressable.find((control) => ANOTHER_ACCOUNT.test(controlLabels(control)));
  if (choosing && (own ?? other)) return press(own ?? other);

  const agree = bestButton(page, 'any', AGREE);
  const details = [page.title, ...page.headings, ...page.lines].join('\n');
  if (STAY_SIGNED_IN.test(details) && !agree) {
    const answer =
      bestButton(page, 'any', FORWARD) ?? pressable.find(({ label }) => /^(no|いいえ|nein|non)$/i.test(label));
    if (answer) return press(answer);
  }
  if (agree && AGREE.test(agree.label.trim())) return press(agree, requiredTicks(page, agree.form, true));
  if (so.has.code && !so.sent.has('code')) {
    const app = page.controls.find((control) => isReachable(control) && AUTHENTICATOR_APP.test(controlLabels(control)));
    if (app?.kind === 'choice') {
      return { kind: 'act', fills: [], ticks: [app.id], press: bestButton(page, app.form, FORWARD)?.id };
    }
    if (app) return press(app);
  }
  if (own ?? other) return press(own ?? other);
  const forward = bestButton(page, 'any', FORWARD);
  if (forward) return press(forward, requiredTicks(page, forward.form));
  const links = pressable.filter(
    (control) => control.kind === 'link' && FORWARD.test(control.label.trim()) && !isRefusalButton(control),
  );
  if (links.length === 1) return press(links[0]);
  // Last of all: a page that asks about the sign-out has nothing else to go on with.
  const aboutSignOut = [page.title, ...page.headings].some((text) => SIGN_OUT.test(text));
  return press(
    aboutSignOut
      ? pressable.find(
          ({ kind, label }) => kind === 'button' && SIGN_OUT.test(label) && !/cancel|stay|キャンセル/i.test(label),
        )
      : undefined,
  );
}

/**
 * The button that goes on, of one form, of those outside of every form
 * (`undefined`), or of all (`any`). Where nothing is filled in it must say so
 * in words that are known, or be the only one that a form is sent with.
 */
function bestButton(page: PageDescription, form: number | undefined | 'any', words: RegExp): PageControl | undefined {
  const buttons = page.controls.filter(
    (control) =>
      control.kind === 'button' &&
      control.visible &&
      (form !== 'any' || !control.disabled) &&
      (form === 'any' || control.form === form) &&
      !isRefusalButton(control),
  );
  const fits = (control: PageControl) => {
    const details = words.test(control.label.trim()) || words.test(control.ariaLabel.trim());
    const named = /log-?in|sign-?in|submit|next|continue/i.test(`${control.name} ${control.domId}`);
    return (details ? 4 : 0) + (control.type === 'submit' ? 2 : 0) + (named ? 1 : 0);
  };
  const best = buttons.reduce<PageControl | undefined>(
    (chosen, control) => (chosen === undefined || fits(control) > fits(chosen) ? control : chosen),
    undefined,
  );
  if (!best || fits(best) >= 4) return best;
  if (form !== 'any') return best.type === 'submit' ? best : undefined;
  // In a language that is not known: one form, one button.
  const only = buttons.length === 1 && words === FORWARD && best.type === 'submit';
  return only && best.form !== undefined && page.forms[best.form]?.method === 'post' ? best : undefined;
}

/** Boxes without which the form is not taken, and on a page of consent the one that stands for all. */
function requiredTicks(page: PageDescription, form: number | undefined, consenting = false): number[] {
  return page.controls
    .filter(
      (control) =>
        control.kind === 'choice' &&
        control.type === 'checkbox' &&
        control.form === form &&
        control.visible &&
        !control.checked &&
        !control.disabled &&
        (control.required || (consenting && /select all|すべて(選択|許可)|alle auswählen/i.test(controlText(control)))),
    )
    .map(({ id }) => id);
}

function isReachable(control: PageControl): boolean {
  return control.visible && !control.disabled && control.kind !== 'field' && control.kind !== 'list';
}

function canPress(control: PageControl): boolean {
  return isReachable(control) && (control.kind === 'button' || control.kind === 'link');
}

/** Whether a button or link says no, leads elsewhere, or signs in by another provider. */
function isRefusalButton(control: PageControl): boolean {
  const words = [control.label, control.ariaLabel].map((text) => text.trim());
  // Nothing to read on it, such as the eye beside a password.
  if (words.every((text) => text === '') && control.type !== 'submit') return true;
  if (words.some((text) => NEVER.test(text) || BRAND.test(text))) return true;
  return /cancel|deny|denied|decline|reject|abort|(^|[^a-z])back([^a-z]|$)|forgot|register|sign-?up|social|reset|logout/i.test(
    // A back button of Microsoft's is also the "no" of "stay signed in?": its words are what counts there.
    [control.name, control.value === control.label ? '' : control.value, words.some(Boolean) ? '' : control.domId].join(
      ' ',
    ),
  );
}

function choosesAccount(page: PageDescription): boolean {
  return [page.title, ...page.headings, ...page.lines].some((text) => CHOOSE_ACCOUNT.test(text));
}

function controlLabels(control: PageControl): string {
  return `${controlText(control)} ${control.around ?? ''} ${control.kind === 'button' ? control.value : ''}`;
}

/** Whether a control is about this account: its name as a whole word. */
function namesAccount(control: PageControl, username: string): boolean {
  if (username === '') return false;
  const escaped = username.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^\\w.+-])${escaped}($|[^\\w.-]|\\.(?!\\w))`, 'i').test(controlLabels(control));
}
