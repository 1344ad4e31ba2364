import type { HTMLElement, Node } from 'node-html-parser';
import type { PageControl, PageDescription, PageForm } from './page-description.js';
import { WANTS_SCRIPT } from './page-words.js';

/** A page without its scripts: described, and with its elements to fill in and send. */
export interface HtmlPage {
  readonly description: PageDescription;
  /** What relative addresses start from. */
  readonly base: URL;
  readonly root: HTMLElement;
  /** By the id of their control. */
  readonly elements: readonly HTMLElement[];
  /** By the place of their form. */
  readonly forms: readonly HTMLElement[];
  readonly hasScript: boolean;
  /** The page says that it needs script. */
  readonly wantsScript: boolean;
  /** Where the page goes by itself (`http-equiv=refresh`), soon. */
  readonly refresh: string | undefined;
}

type Parse = typeof import('node-html-parser').parse;

/** Elements that begin a line of their own. */
const BLOCK = new Set(
  'address article aside blockquote br button dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr label legend li main nav ol option p pre section select table tbody td th tr ul'.split(
    ' ',
  ),
);

/** Seconds after which a page that goes on by itself is one that means to. */
const SOON = 10;

/** Reads a page of HTML. */
export function readHtmlPage(html: string, url: URL, status: number, parse: Parse): HtmlPage {
  const root = parse(withClosedOptions(html), {
    comment: false,
    lowerCaseTagName: true,
    blockTextElements: { script: true, style: true, pre: false },
  });
  const base = new URL(url);
  const parts = partsOf(root);
  const href = parts.base?.getAttribute('href');
  const forms = parts.forms;
  const reader = new Reader(root, parts);
  reader.read(root, { hidden: false, noscript: false });
  return {
    description: {
      url: url.origin + url.pathname,
      title: oneLine(parts.title?.textContent ?? ''),
      language: parts.html?.getAttribute('lang') ?? '',
      headings: reader.headings,
      alerts: reader.alerts,
      lines: reader.lines,
      controls: reader.controls,
      forms: forms.map(describeForm),
      status,
    },
    base: href !== undefined && URL.canParse(href, base.href) ? new URL(href, base) : base,
    root,
    elements: reader.elements,
    forms,
    hasScript: parts.script !== undefined,
    wantsScript: [...reader.withoutScript, ...reader.lines].some((line) => WANTS_SCRIPT.test(line)),
    refresh: refreshOf(parts.refresh),
  };
}

/** The elements that matter wherever they stand, each the first of its kind. */
interface Parts {
  readonly forms: HTMLElement[];
  /** By the id of their field. */
  readonly labels: Map<string, HTMLElement>;
  html?: HTMLElement;
  title?: HTMLElement;
  base?: HTMLElement;
  script?: HTMLElement;
  refresh?: HTMLElement;
}

/** Finds them in one walk: selectors cost many times as much, and a run may read thousands of pages. */
function partsOf(root: HTMLElement): Parts {
  const parts: Parts = { forms: [], labels: new Map() };
  const walk = (node: Node, noscript: boolean) => {
    for (const child of node.childNodes) {
      if (!isElement(child)) continue;
      const tag = child.rawTagName.toLowerCase();
      if (tag === 'form') parts.forms.push(child);
      else if (tag === 'label') {
        const field = child.getAttribute('for');
        if (field !== undefined && !parts.labels.has(field)) parts.labels.set(field, child);
      } else if (tag === 'html' || tag === 'title' || tag === 'base' || tag === 'script') parts[tag] ??= child;
      else if (tag === 'meta' && !noscript && child.getAttribute('http-equiv')?.toLowerCase() === 'refresh') {
        parts.refresh ??= child;
      }
      walk(child, noscript || tag === 'noscript');
    }
  };
  walk(root, false);
  return parts;
}

/** The end tag of an option may be left out (HTML, optional tags), and the parser loses the whole list by it. */
function withClosedOptions(html: string): string {
  return /<option/i.test(html) ? html.replace(/(<option\b[^>]*>[^<]*)(?=<(?!\/option))/gi, '$1</option>') : html;
}

/** What a form would send, in the order of the page (HTML, constructing the entry list). */
export function formEntries(
  page: HtmlPage,
  form: number,
  typed: ReadonlyMap<number, string>,
  ticked: ReadonlySet<number>,
  pressed: number | undefined,
): [string, string][] {
  return page.description.controls.flatMap((control): [string, string][] => {
    const { id, kind, name } = control;
    if (control.form !== form || name === '' || control.disabled) return [];
    const element = page.elements[id] as HTMLElement;
    if (kind === 'button') return id === pressed ? [[name, control.value]] : [];
    if (kind === 'link') return [];
    if (kind === 'choice') {
      const on = ticked.has(id) || (control.checked && !replaced(page, control, ticked));
      return on ? [[name, element.getAttribute('value') ?? 'on']] : [];
    }
    return [[name, typed.get(id) ?? control.value]];
  });
}

/** A radio button gives way to another of its name. */
function replaced({ description }: HtmlPage, control: PageControl, ticked: ReadonlySet<number>): boolean {
  return (
    control.type === 'radio' &&
    description.controls.some(
      ({ id, name, type, form }) =>
        type === 'radio' && name === control.name && form === control.form && ticked.has(id),
    )
  );
}

interface Place {
  readonly hidden: boolean;
  readonly noscript: boolean;
  /** Where the text of an alert or heading goes. */
  readonly alert?: string[] | undefined;
  readonly heading?: string[] | undefined;
  readonly form?: HTMLElement | undefined;
  readonly label?: HTMLElement | undefined;
}

/** Goes through a page once, in order, and collects what is on it. */
class Reader {
  readonly controls: PageControl[] = [];
  readonly elements: HTMLElement[] = [];
  readonly lines: string[] = [];
  readonly withoutScript: string[] = [];
  readonly headings: string[] = [];
  readonly alerts: string[] = [];
  private line = '';

  constructor(
    private readonly root: HTMLElement,
    private readonly parts: Parts,
  ) {}

  read(node: Node, place: Place): void {
    for (const child of node.childNodes) {
      if (isElement(child)) this.readElement(child, place);
      else if (!place.hidden) {
        const text = child.textContent;
        if (place.noscript) this.withoutScript.push(oneLine(text));
        else this.line += text;
        place.alert?.push(text);
        place.heading?.push(text);
      }
    }
    if (node === this.root) this.endLine();
  }

  private readElement(element: HTMLElement, outer: Place): void {
    const tag = element.rawTagName.toLowerCase();
    if (['script', 'style', 'template', 'head', 'svg'].includes(tag)) return;
    const block = BLOCK.has(tag);
    if (block) this.endLine();
    const hidden = outer.hidden || isHidden(element);
    const alert = !hidden && outer.alert === undefined && isAlert(element) ? [] : undefined;
    const heading = !hidden && /^h[1-3]$/.test(tag) ? [] : undefined;
    const place = {
      hidden,
      alert: alert ?? outer.alert,
      heading: heading ?? outer.heading,
      noscript: outer.noscript || tag === 'noscript',
      form: tag === 'form' ? element : outer.form,
      label: tag === 'label' ? element : outer.label,
    };
    const control = this.controlOf(element, tag, place);
    if (control) {
      this.controls.push(control);
      this.elements.push(element);
    }
    if (tag !== 'select' && tag !== 'textarea') this.read(element, place);
    if (block) this.endLine();
    // A field marked as wrong is styled like an error, but says nothing.
    if (alert && oneLine(alert.join(' ')) !== '') this.alerts.push(oneLine(alert.join(' ')));
    if (heading && oneLine(heading.join(' ')) !== '') this.headings.push(oneLine(heading.join(' ')));
  }

  private endLine(): void {
    const line = oneLine(this.line);
    // The parser takes the doctype for text.
    if (line !== '' && !/^<!doctype/i.test(line) && this.lines.length < 400) this.lines.push(line.slice(0, 500));
    this.line = '';
  }

  private controlOf(element: HTMLElement, tag: string, place: Place): PageControl | undefined {
    const attribute = (name: string) => element.getAttribute(name) ?? '';
    const has = (name: string) => element.getAttribute(name) !== undefined;
    const what = kindOf(element, tag);
    if (!what) return undefined;
    const { kind, type } = what;
    const text = kind === 'button' || kind === 'link' ? textOf(element) : '';
    const ownValue =
      tag === 'select' ? selected(element) : tag === 'textarea' ? element.textContent : attribute('value');
    const label =
      tag === 'input' && kind === 'button'
        ? attribute('value') || attribute('alt')
        : text || this.labelOf(element, place);
    const maxLength = Number(attribute('maxlength'));
    // Without script only a form's own button does something.
    const form = this.formOf(element, place);
    const idle = kind === 'button' && (type !== 'submit' || form === undefined);
    return {
      id: this.controls.length,
      kind,
      type,
      name: attribute('name'),
      domId: attribute('id'),
      label: oneLine(label),
      ariaLabel: attribute('aria-label') || this.texts(attribute('aria-labelledby')) || attribute('title'),
      placeholder: attribute('placeholder'),
      autocomplete: attribute('autocomplete'),
      value: ownValue,
      visible: !place.hidden && type !== 'hidden',
      disabled: has('disabled') || attribute('aria-disabled') === 'true' || idle,
      readOnly: has('readonly'),
      checked: has('checked'),
      required: has('required') || attribute('aria-required') === 'true',
      ...(maxLength > 0 ? { maxLength } : {}),
      form,
      ...(kind === 'link' || kind === 'button'
        ? { around: (element.parentNode ? textOf(element.parentNode) : '').slice(0, 200) }
        : {}),
    };
  }

  private formOf(element: HTMLElement, place: Place): number | undefined {
    const named = element.getAttribute('form');
    const { forms } = this.parts;
    const form = named === undefined ? place.form : forms.find((each) => each.getAttribute('id') === named);
    const index = form ? forms.indexOf(form) : -1;
    return index < 0 ? undefined : index;
  }

  private labelOf(element: HTMLElement, place: Place): string {
    return (this.parts.labels.get(element.getAttribute('id') ?? '') ?? place.label)?.textContent ?? '';
  }

  private texts(ids: string): string {
    return ids
      .split(/\s+/)
      .filter(Boolean)
      .map((id) => oneLine(this.root.getElementById(id)?.textContent ?? ''))
      .join(' ');
  }
}

function kindOf(element: HTMLElement, tag: string): Pick<PageControl, 'kind' | 'type'> | undefined {
  const type = (element.getAttribute('type') ?? '').toLowerCase();
  switch (tag) {
    case 'input':
      if (type === 'checkbox' || type === 'radio') return { kind: 'choice', type };
      if (type === 'submit' || type === 'image') return { kind: 'button', type: 'submit' };
      if (type === 'button' || type === 'reset') return { kind: 'button', type: 'button' };
      return type === 'file' ? undefined : { kind: 'field', type: type || 'text' };
    case 'button':
      return { kind: 'button', type: type === 'button' || type === 'reset' ? 'button' : 'submit' };
    case 'textarea':
      return { kind: 'field', type: 'textarea' };
    case 'select':
      return { kind: 'list', type: 'select' };
    case 'a':
      return element.getAttribute('href') === undefined ? undefined : { kind: 'link', type: 'link' };
    default:
      return element.getAttribute('role') === 'button' ? { kind: 'button', type: 'button' } : undefined;
  }
}

function isHidden(element: HTMLElement): boolean {
  const style = element.getAttribute('style') ?? '';
  const classes = (element.getAttribute('class') ?? '').split(/\s+/);
  return (
    element.getAttribute('hidden') !== undefined ||
    element.getAttribute('aria-hidden') === 'true' ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style) ||
    classes.some((name) => /^(hidden|hide|d-none|is-hidden|display-none|invisible)$/i.test(name))
  );
}

function isAlert(element: HTMLElement): boolean {
  const role = element.getAttribute('role');
  if (role === 'alert' || element.getAttribute('aria-live') === 'assertive') return true;
  const marks = `${element.getAttribute('class') ?? ''} ${element.getAttribute('id') ?? ''}`;
  return /(^|[\s_-])(error|alert|danger|invalid-feedback|errors|error-?(message|text|msg)|input-error|feedback-text)([\s_-]|$)/i.test(
    marks,
  );
}

function describeForm(form: HTMLElement): PageForm {
  const method = (form.getAttribute('method') ?? '').toLowerCase();
  return {
    method: method === 'post' || method === 'dialog' ? method : 'get',
    action: form.getAttribute('action') ?? '',
  };
}

function selected(list: HTMLElement): string {
  const options = list.querySelectorAll('option');
  const option = options.find((each) => each.getAttribute('selected') !== undefined) ?? options[0];
  return option?.getAttribute('value') ?? option?.textContent ?? '';
}

function refreshOf(meta: HTMLElement | undefined): string | undefined {
  const found = /^\s*([\d.]+)\s*[;,]\s*(?:url\s*=\s*)?['"]?([^'"]+)/i.exec(meta?.getAttribute('content') ?? '');
  return found && Number(found[1]) <= SOON ? found[2]?.trim() : undefined;
}

/** Its words, with a space wherever a person sees one. */
function textOf(node: Node): string {
  const pieces = (of: Node): string =>
    [...of.childNodes]
      .map((child) => {
        if (!isElement(child)) return child.textContent;
        const tag = child.rawTagName.toLowerCase();
        if (tag === 'script' || tag === 'style') return '';
        return BLOCK.has(tag) ? ` ${pieces(child)} ` : pieces(child);
      })
      .join('');
  return oneLine(pieces(node));
}

function isElement(node: Node): node is HTMLElement {
  return node.nodeType === 1;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
