import { type Document, type Element, isTag, isText, type ParentNode } from 'domhandler';
import { DomUtils } from 'htmlparser2';
import type { HtmlDocument } from '../html-document.js';
import { cutLine, firstElement, HtmlText, isBlock, MAX_WORDS, oneLine } from './html-text.js';
import {
  MAX_CONTROLS,
  type PageControl,
  type PageDescription,
  type PageForm,
  type PageLimit,
} from './page-description.js';
import { WANTS_SCRIPT } from './page-patterns.js';

/** A page without its scripts: described, and with its elements to fill in and send. */
export interface HtmlPage {
  readonly description: PageDescription;
  /** What relative addresses start from. */
  readonly base: URL;
  readonly root: Document;
  /** By the id of their control. */
  readonly elements: readonly Element[];
  /** By the place of their form. */
  readonly forms: readonly Element[];
  readonly hasScript: boolean;
  /** The page says that it needs script. */
  readonly wantsScript: boolean;
  /** Where the page goes by itself (`http-equiv=refresh`), soon. */
  readonly refresh: string | undefined;
  /** The limit where reading ended: the page has more than is described. */
  readonly over: PageLimit | undefined;
}

const { textContent } = DomUtils;

/** Seconds after which a page that goes on by itself is one that means to. */
const MAX_REFRESH_SECONDS = 10;

/** Alerts and headings of a page that are read. */
const MAX_TEXTS = 200;

/** Reads a page of HTML, in time that grows with its size. */
export function readHtmlPage({ root, over }: HtmlDocument, url: URL, status: number): HtmlPage {
  const base = new URL(url);
  const parts = collectParts(root);
  const href = parts.base?.attribs.href;
  const forms = parts.forms;
  const reader = new Reader(root, parts);
  reader.read(root, { hidden: false, noscript: false });
  return {
    description: {
      url: url.origin + url.pathname,
      title: cutLine(parts.title ? textContent(parts.title) : ''),
      language: parts.html?.attribs.lang ?? '',
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
    refresh: parseRefresh(parts.refresh),
    over: over ?? (reader.overfull ? 'controls' : undefined),
  };
}

/** The elements that matter wherever they stand, each the first of its kind. */
interface Parts {
  readonly forms: Element[];
  /** The place of each form among them. */
  readonly formIndex: Map<Element, number>;
  /** The first of each id. */
  readonly byId: Map<string, Element>;
  readonly formById: Map<string, Element>;
  /** By the id of their field. */
  readonly labels: Map<string, Element>;
  html?: Element;
  title?: Element;
  base?: Element;
  script?: Element;
  refresh?: Element;
}

/** Finds them in one walk: selectors cost many times as much, and a run may read thousands of pages. */
function collectParts(root: Document): Parts {
  const parts: Parts = {
    forms: [],
    formIndex: new Map(),
    byId: new Map(),
    formById: new Map(),
    labels: new Map(),
  };
  const walk = (node: ParentNode, noscript: boolean) => {
    for (const child of node.childNodes) {
      if (!isTag(child)) continue;
      const tag = child.name;
      const { id } = child.attribs;
      if (id !== undefined && !parts.byId.has(id)) parts.byId.set(id, child);
      if (tag === 'form') {
        parts.formIndex.set(child, parts.forms.length);
        parts.forms.push(child);
        if (id !== undefined && !parts.formById.has(id)) parts.formById.set(id, child);
      } else if (tag === 'label') {
        const field = child.attribs.for;
        if (field !== undefined && !parts.labels.has(field)) parts.labels.set(field, child);
      } else if (tag === 'html' || tag === 'title' || tag === 'base' || tag === 'script') parts[tag] ??= child;
      else if (tag === 'meta' && !noscript && child.attribs['http-equiv']?.toLowerCase() === 'refresh') {
        parts.refresh ??= child;
      }
      walk(child, noscript || tag === 'noscript');
    }
  };
  walk(root, false);
  return parts;
}

/** What a form would send, in the order of the page (HTML, constructing the entry list). */
export function formEntries(
  page: HtmlPage,
  form: number,
  typed: ReadonlyMap<number, string>,
  ticked: ReadonlySet<number>,
  pressed: number | undefined,
): [string, string][] {
  const replaced = tickedRadios(page, form, ticked);
  return page.description.controls.flatMap((control): [string, string][] => {
    const { id, kind } = control;
    // What is described may be cut.
    const { name = '', value } = (page.elements[id] as Element).attribs;
    if (control.form !== form || name === '' || control.disabled) return [];
    if (kind === 'button') return id === pressed ? [[name, value ?? '']] : [];
    if (kind === 'link') return [];
    if (kind === 'choice') {
      const on = ticked.has(id) || (control.checked && !(control.type === 'radio' && replaced.has(name)));
      return on ? [[name, value ?? 'on']] : [];
    }
    return [[name, typed.get(id) ?? control.value]];
  });
}

/** Names of radio buttons of which one is ticked: another of the name gives way to it. */
function tickedRadios(page: HtmlPage, form: number, ticked: ReadonlySet<number>): Set<string> {
  const { controls } = page.description;
  const radios = [...ticked].filter((id) => controls[id]?.type === 'radio' && controls[id].form === form);
  return new Set(radios.map((id) => page.elements[id]?.attribs.name ?? ''));
}

interface Place {
  readonly hidden: boolean;
  readonly noscript: boolean;
  /** Where the text of an alert or heading goes. */
  readonly alert?: string[];
  readonly heading?: string[];
  readonly form?: Element;
  readonly label?: Element;
}

/** Goes through a page once, in order, and collects what is on it. */
class Reader {
  readonly controls: PageControl[] = [];
  readonly elements: Element[] = [];
  readonly lines: string[] = [];
  readonly withoutScript: string[] = [];
  readonly headings: string[] = [];
  readonly alerts: string[] = [];
  /** There are more controls than are read. */
  overfull = false;
  private line = '';
  private readonly words = new HtmlText();

  constructor(
    private readonly root: Document,
    private readonly parts: Parts,
  ) {}

  read(node: ParentNode, place: Place): void {
    for (const child of node.childNodes) {
      if (isTag(child)) this.readElement(child, place);
      else if (!place.hidden && isText(child)) {
        const text = child.data;
        if (place.noscript) this.withoutScript.push(oneLine(text));
        else this.line += text;
        place.alert?.push(text);
        place.heading?.push(text);
      }
    }
    if (node === this.root) this.endLine();
  }

  private readElement(element: Element, outer: Place): void {
    const tag = element.name;
    if (['script', 'style', 'template', 'head', 'svg'].includes(tag)) return;
    const block = isBlock(tag);
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
    addLine(this.alerts, alert);
    addLine(this.headings, heading);
  }

  private endLine(): void {
    const line = oneLine(this.line);
    if (line !== '' && this.lines.length < 400) this.lines.push(line.slice(0, 500));
    this.line = '';
  }

  private controlOf(element: Element, tag: string, place: Place): PageControl | undefined {
    const attribute = (name: string) => element.attribs[name] ?? '';
    const has = (name: string) => element.attribs[name] !== undefined;
    const cut = (name: string) => attribute(name).slice(0, MAX_WORDS);
    const what = controlKind(element, tag);
    if (!what) return undefined;
    if (this.controls.length >= MAX_CONTROLS) {
      this.overfull = true;
      return undefined;
    }
    const { kind, type } = what;
    const text = kind === 'button' || kind === 'link' ? this.words.visible(element).trim() : '';
    const ownValue =
      tag === 'select'
        ? selectedOption(element)
        : tag === 'textarea'
          ? textContent(element)
          : kind === 'button'
            ? cut('value')
            : attribute('value');
    const label =
      tag === 'input' && kind === 'button' ? cut('value') || cut('alt') : text || this.labelOf(element, place);
    const maxLength = Number(attribute('maxlength'));
    // Without script only a form's own button does something.
    const form = this.formOf(element, place);
    const idle = kind === 'button' && (type !== 'submit' || form === undefined);
    return {
      id: this.controls.length,
      kind,
      type,
      name: cut('name'),
      domId: cut('id'),
      label: oneLine(label),
      ariaLabel: cut('aria-label') || this.texts(attribute('aria-labelledby')) || cut('title'),
      placeholder: cut('placeholder'),
      autocomplete: cut('autocomplete'),
      value: ownValue,
      visible: !place.hidden && type !== 'hidden',
      disabled: has('disabled') || attribute('aria-disabled') === 'true' || idle,
      readOnly: has('readonly'),
      checked: has('checked'),
      required: has('required') || attribute('aria-required') === 'true',
      ...(maxLength > 0 ? { maxLength } : {}),
      form,
      ...(kind === 'link' || kind === 'button'
        ? { around: (element.parent ? this.words.visible(element.parent) : '').trim().slice(0, 200) }
        : {}),
    };
  }

  private formOf(element: Element, place: Place): number | undefined {
    const named = element.attribs.form;
    const form = named === undefined ? place.form : this.parts.formById.get(named);
    return form && this.parts.formIndex.get(form);
  }

  private labelOf(element: Element, place: Place): string {
    const label = this.parts.labels.get(element.attribs.id ?? '') ?? place.label;
    return label ? this.words.content(label) : '';
  }

  /** The words of the elements that have these ids. */
  private texts(ids: string): string {
    const words: string[] = [];
    let length = 0;
    for (const id of ids.split(/\s+/)) {
      if (id === '') continue;
      const element = this.parts.byId.get(id);
      const text = element ? this.words.content(element).trim() : '';
      words.push(text);
      length += text.length;
      if (length > MAX_WORDS) break;
    }
    return words.join(' ').slice(0, MAX_WORDS);
  }
}

function controlKind(element: Element, tag: string): Pick<PageControl, 'kind' | 'type'> | undefined {
  const type = (element.attribs.type ?? '').toLowerCase();
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
      return element.attribs.href === undefined ? undefined : { kind: 'link', type: 'link' };
    default:
      return element.attribs.role === 'button' ? { kind: 'button', type: 'button' } : undefined;
  }
}

function isHidden(element: Element): boolean {
  const style = element.attribs.style ?? '';
  const classes = (element.attribs.class ?? '').split(/\s+/);
  return (
    element.attribs.hidden !== undefined ||
    element.attribs['aria-hidden'] === 'true' ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style) ||
    classes.some((name) => /^(hidden|hide|d-none|is-hidden|display-none|invisible)$/i.test(name))
  );
}

function isAlert(element: Element): boolean {
  const role = element.attribs.role;
  if (role === 'alert' || element.attribs['aria-live'] === 'assertive') return true;
  const marks = `${element.attribs.class ?? ''} ${element.attribs.id ?? ''}`;
  return /(^|[\s_-])(error|alert|danger|invalid-feedback|errors|error-?(message|text|msg)|input-error|feedback-text)([\s_-]|$)/i.test(
    marks,
  );
}

function describeForm(form: Element): PageForm {
  const method = (form.attribs.method ?? '').toLowerCase();
  return {
    method: method === 'post' || method === 'dialog' ? method : 'get',
    action: form.attribs.action ?? '',
  };
}

function selectedOption(list: Element): string {
  const option = firstElement(list, 'option', ({ attribs }) => attribs.selected !== undefined);
  return option?.attribs.value ?? (option ? textContent(option) : '');
}

function parseRefresh(meta: Element | undefined): string | undefined {
  const match = /^\s*([\d.]+)\s*[;,]\s*(?:url\s*=\s*)?['"]?([^'"]+)/i.exec(meta?.attribs.content ?? '');
  return match && Number(match[1]) <= MAX_REFRESH_SECONDS ? match[2]?.trim() : undefined;
}

/** Adds what the texts say in one line, where they say something. */
function addLine(lines: string[], texts: readonly string[] | undefined): void {
  const line = cutLine(texts?.join(' ') ?? '');
  if (line !== '' && lines.length < MAX_TEXTS) lines.push(line);
}
