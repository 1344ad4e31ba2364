import type { PageControl, PageDescription, PageLimit } from './page-description.js';

/** What `describeDom` hands back: the description, and the elements by the id of their control. */
export interface DomPage {
  readonly description: Omit<PageDescription, 'url'> & { readonly url: string };
  readonly elements: readonly unknown[];
  /** Another number for another document, even at the same address. */
  readonly document: number;
  /** `loading`, `interactive` or `complete`. */
  readonly state: string;
  /** Something on it can change it without a person: a script, a refresh, a document within it. */
  readonly changing: boolean;
  /** The limit where reading ended: the page has more than is described. */
  readonly over: PageLimit | undefined;
}

/** How much of a page is read, and for how many seconds. */
export type DomLimits = Readonly<Record<PageLimit, number>>;

// The little of a browser's DOM that is used below: this program has no such types of its own.
interface DomNode {
  readonly nodeType: number;
  readonly childNodes: Iterable<DomNode>;
  readonly textContent: string | null;
}
interface DomElement extends DomNode {
  readonly tagName: string;
  readonly type?: string;
  readonly value?: string;
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly form?: DomElement | null;
  readonly method?: string;
  readonly innerText?: string;
  /** Of a label. */
  readonly control?: DomElement | null;
  readonly isContentEditable?: boolean;
  readonly shadowRoot?: DomElement | null;
  readonly parentElement: DomElement | null;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  closest(selector: string): DomElement | null;
  querySelectorAll(selector: string): Iterable<DomElement>;
  getBoundingClientRect(): { width: number; height: number; right: number; bottom: number };
}
declare const document: {
  readonly title: string;
  readonly readyState: string;
  readonly forms: Iterable<DomElement>;
  readonly documentElement: DomElement;
  readonly body: DomElement | null;
  getElementById(id: string): DomElement | null;
  querySelector(selector: string): DomElement | null;
  querySelectorAll(selector: string): Iterable<DomElement>;
};
declare const location: { readonly origin: string; readonly pathname: string };
declare const getComputedStyle: (element: DomElement) => { visibility: string; display: string; opacity: string };

/**
 * Describes the page that it runs in. It is handed to the browser as its
 * source, so it uses nothing of this module; it changes nothing on the page.
 * It asks for each text once, however many controls are beside it, and ends at
 * the limits.
 */
export function describeDom(limits: DomLimits): DomPage {
  const MAX_WORDS = 500;
  const MAX_TEXTS = 200;
  const started = performance.now();
  let over: PageLimit | undefined;
  let visited = 0;
  const oneLine = (text: string | null | undefined) => (text ?? '').replace(/\s+/g, ' ').trim();
  const cut = (text: string | null | undefined) => oneLine(text).slice(0, MAX_WORDS);
  const forms = [...document.forms];
  const formIndex = new Map(forms.map((form, index) => [form, index]));
  const seenTexts = new Map<DomElement, string>();
  /** What a person reads in an element. */
  const textOf = (element: DomElement): string => {
    const known = seenTexts.get(element);
    if (known !== undefined) return known;
    const text = cut(element.innerText ?? element.textContent);
    seenTexts.set(element, text);
    return text;
  };
  const contents = new Map<string, string>();
  /** All text of the element that has an id. */
  const contentOf = (id: string): string => {
    const known = contents.get(id);
    if (known !== undefined) return known;
    const text = cut(document.getElementById(id)?.textContent);
    contents.set(id, text);
    return text;
  };
  const labels = new Map<DomElement, DomElement[]>();
  /** Notes whose labels there are: the list that each control has of its own is searched for in the whole page. */
  const noteLabels = (root: { querySelectorAll(selector: string): Iterable<DomElement> }) => {
    for (const label of root.querySelectorAll('label')) {
      if (!label.control) continue;
      const before = labels.get(label.control);
      if (before) before.push(label);
      else labels.set(label.control, [label]);
    }
  };
  noteLabels(document);
  const controls: PageControl[] = [];
  const elements: DomElement[] = [];
  const headings: string[] = [];
  const alerts: string[] = [];

  const isVisible = (element: DomElement): boolean => {
    if (element.closest('[aria-hidden="true"]')) return false;
    const { visibility, display } = getComputedStyle(element);
    if (visibility === 'hidden' || display === 'none') return false;
    const { width, height, right, bottom } = element.getBoundingClientRect();
    // Moved out of sight is hidden as well: fields that only a password manager is to find.
    return width > 1 && height > 1 && right > 0 && bottom > 0;
  };
  const kindOf = (element: DomElement): { kind: PageControl['kind']; type: string } | undefined => {
    const tag = element.tagName.toLowerCase();
    const type = (element.type ?? '').toLowerCase();
    const role = element.getAttribute('role');
    if (tag === 'input') {
      if (type === 'checkbox' || type === 'radio') return { kind: 'choice', type };
      if (type === 'submit' || type === 'image') return { kind: 'button', type: 'submit' };
      if (type === 'button' || type === 'reset') return { kind: 'button', type: 'button' };
      return type === 'file' ? undefined : { kind: 'field', type: type || 'text' };
    }
    if (tag === 'button') return { kind: 'button', type: type === 'submit' && element.form ? 'submit' : 'button' };
    if (tag === 'textarea') return { kind: 'field', type: 'textarea' };
    if (tag === 'select') return { kind: 'list', type: 'select' };
    if (role === 'button' || role === 'option' || role === 'menuitem') return { kind: 'button', type: 'button' };
    if (tag === 'a') return { kind: 'link', type: 'link' };
    // Rows of account choosers and the like: nothing but their script says that they can be pressed.
    const marked =
      element.hasAttribute('onclick') || element.hasAttribute('data-identifier') || element.hasAttribute('jsaction');
    if (
      ['div', 'li', 'span', 'td'].includes(tag) &&
      (role === 'link' || (marked && element.hasAttribute('tabindex')))
    ) {
      return { kind: 'button', type: 'button' };
    }
    return undefined;
  };
  const labelOf = (element: DomElement, kind: PageControl['kind']): string => {
    if (kind === 'button' || kind === 'link') {
      return element.tagName === 'INPUT' ? (element.value ?? '').slice(0, MAX_WORDS) : textOf(element);
    }
    // A field may have many, and a label many fields.
    return (labels.get(element) ?? []).slice(0, MAX_TEXTS).map(textOf).join(' ').slice(0, MAX_WORDS);
  };
  const describe = (element: DomElement) => {
    const what = kindOf(element);
    if (!what) return;
    if (controls.length >= limits.controls) {
      over = 'controls';
      return;
    }
    const attribute = (name: string) => (element.getAttribute(name) ?? '').slice(0, MAX_WORDS);
    const { kind, type } = what;
    const labelled = attribute('aria-labelledby')
      .split(/\s+/)
      .filter(Boolean)
      .map(contentOf)
      .join(' ')
      .slice(0, MAX_WORDS);
    const maxLength = Number(attribute('maxlength'));
    const owner = element.form ?? element.closest('form');
    const form = owner ? formIndex.get(owner) : undefined;
    const pressed = kind === 'button' || kind === 'link';
    controls.push({
      id: controls.length,
      kind,
      type,
      name: attribute('name'),
      domId: attribute('id'),
      label: labelOf(element, kind),
      ariaLabel: attribute('aria-label') || labelled || attribute('title'),
      placeholder: attribute('placeholder'),
      autocomplete: attribute('autocomplete'),
      value: type === 'password' ? '' : String(element.value ?? '').slice(0, MAX_WORDS),
      visible: type !== 'hidden' && isVisible(element),
      disabled: element.disabled === true || attribute('aria-disabled') === 'true',
      readOnly: element.hasAttribute('readonly'),
      checked: element.checked === true,
      required: element.hasAttribute('required') || attribute('aria-required') === 'true',
      ...(maxLength > 0 ? { maxLength } : {}),
      form,
      ...(pressed ? { around: (element.parentElement ? textOf(element.parentElement) : '').slice(0, 200) } : {}),
    });
    elements.push(element);
  };
  const isAlert = (element: DomElement): boolean => {
    if (element.getAttribute('role') === 'alert' || element.getAttribute('aria-live') === 'assertive') return true;
    const marks = `${element.getAttribute('class') ?? ''} ${element.getAttribute('id') ?? ''}`;
    return /(^|[\s_-])(error|alert|danger|invalid-feedback|errors|error-?(message|text|msg)|input-error|feedback-text)([\s_-]|$)/i.test(
      marks,
    );
  };
  const walk = (node: DomNode, inAlert: boolean, depth: number) => {
    if (depth > limits.depth) over = 'depth';
    for (const child of node.childNodes) {
      if (over !== undefined) return;
      if (child.nodeType !== 1) continue;
      visited += 1;
      if (visited > limits.elements) over = 'elements';
      if (visited % 16 === 0 && performance.now() - started > limits.seconds * 1000) over = 'seconds';
      const element = child as DomElement;
      const tag = element.tagName.toLowerCase();
      if (tag === 'script' || tag === 'style' || tag === 'template' || tag === 'noscript') continue;
      let alert = inAlert;
      if (!inAlert && isAlert(element) && isVisible(element)) {
        alert = true;
        const text = textOf(element);
        if (text !== '' && alerts.length < MAX_TEXTS) alerts.push(text);
      }
      if (/^h[1-3]$/.test(tag) || element.getAttribute('role') === 'heading') {
        const text = isVisible(element) ? textOf(element) : '';
        if (text !== '' && headings.length < MAX_TEXTS) headings.push(text.slice(0, 200));
      }
      describe(element);
      if (element.shadowRoot) {
        noteLabels(element.shadowRoot);
        walk(element.shadowRoot, alert, depth + 1);
      }
      walk(element, alert, depth + 1);
    }
  };
  if (document.body) walk(document.body, false, 1);
  const lines = (document.body?.innerText ?? '')
    .split('\n')
    .map((line) => oneLine(line).slice(0, 500))
    .filter((line) => line !== '')
    .slice(0, 400);
  return {
    description: {
      url: location.origin + location.pathname,
      title: cut(document.title),
      language: document.documentElement.getAttribute('lang') ?? '',
      headings,
      alerts,
      lines,
      controls,
      forms: forms.map((form) => {
        const method = (form.getAttribute('method') ?? '').toLowerCase();
        return {
          method: method === 'post' || method === 'dialog' ? method : 'get',
          action: form.getAttribute('action') ?? '',
        };
      }),
    },
    elements,
    document: performance.timeOrigin,
    state: document.readyState,
    changing:
      document.querySelector('script, meta[http-equiv=refresh i], iframe, frame, object, embed, [onload]') !== null,
    over,
  };
}
