import { HTML_LIMITS, type HtmlLimit } from '../html-document.js';

/** Controls of a page that are read: more are on no page that asks one person to sign in. */
export const MAX_CONTROLS = 5_000;

/** The limit that a page exceeds; `seconds`: a browser takes too long to read it. */
export type PageLimit = HtmlLimit | 'controls' | 'seconds';

/** How much of a page is read. */
export const PAGE_LIMITS: Readonly<Record<PageLimit, number>> = { ...HTML_LIMITS, controls: MAX_CONTROLS, seconds: 10 };

/** Something on a page that can be filled in or pressed, as plain data. All texts are the provider's. */
export interface PageControl {
  /** Its place among the page's controls: by this a driver finds it again. */
  readonly id: number;
  readonly kind: 'field' | 'choice' | 'list' | 'button' | 'link';
  /** In lower case: `text`, `password`, `checkbox`; of a button `submit` or `button`. */
  readonly type: string;
  readonly name: string;
  readonly domId: string;
  /** The words of its own: on a button or link, or beside a field. */
  readonly label: string;
  readonly ariaLabel: string;
  readonly placeholder: string;
  readonly autocomplete: string;
  /** What it holds, or would send when it is pressed. */
  readonly value: string;
  readonly visible: boolean;
  readonly disabled: boolean;
  readonly readOnly: boolean;
  readonly checked: boolean;
  readonly required: boolean;
  /** Characters it takes; absent when it does not say. */
  readonly maxLength?: number;
  /** The form it belongs to, as its place among the page's forms; absent outside of one. */
  readonly form?: number;
  /** The words around it, such as a whole row of an account chooser. */
  readonly around?: string;
}

/** A form of a page. */
export interface PageForm {
  readonly method: 'get' | 'post' | 'dialog';
  readonly action: string;
}

/** A page as far as signing in is concerned: what is seen on it and what can be done. */
export interface PageDescription {
  /** Without query and fragment: those may hold codes and tokens. */
  readonly url: string;
  readonly title: string;
  readonly language: string;
  readonly headings: readonly string[];
  /** What the page calls out: `role=alert` and whatever is styled as an error. */
  readonly alerts: readonly string[];
  /** What a person can read, a line each. */
  readonly lines: readonly string[];
  readonly controls: readonly PageControl[];
  readonly forms: readonly PageForm[];
  /** HTTP status, where it is known. */
  readonly status?: number;
}

/** Every word that says what a control is for, in one line of lower case. */
export function controlText(control: PageControl): string {
  return `${control.label} ${control.ariaLabel} ${control.placeholder}`.replace(/\s+/g, ' ').trim().toLowerCase();
}

/** The visible words of a control, else what the page calls it, for people. */
export function controlName(control: PageControl): string {
  const words = [control.label, control.ariaLabel, control.placeholder, control.name, control.domId];
  const name = words.find((text) => text.trim() !== '') ?? control.type;
  return `${control.kind === 'field' ? `${control.type} field` : control.kind} "${name.replace(/\s+/g, ' ').trim().slice(0, 60)}"`;
}

/** What a page has that can be filled in or pressed, for people. */
export function controlNames({ controls }: PageDescription): string[] {
  return controls
    .filter(({ visible }) => visible)
    .slice(0, 12)
    .map(controlName);
}

/** A line of text by which two looks at one page are told to be the same: what can be done on it, not what was typed. */
export function pageShape(page: PageDescription): string {
  const controls = page.controls
    .filter(({ visible }) => visible)
    .map((control) => [control.kind, control.type, control.name, control.domId, control.autocomplete].join(':'));
  return [page.url, page.title, ...page.headings, ...controls].join('|');
}
