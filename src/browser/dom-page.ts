import type { PageControl, PageDescription } from './page-description.js';

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
}

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
  readonly labels?: Iterable<DomElement> | null;
  readonly isContentEditable?: boolean;
  readonly shadowRoot?: DomNode | null;
  readonly parentElement: DomElement | null;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  closest(selector: string): DomElement | null;
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
};
declare const location: { readonly origin: string; readonly pathname: string };
declare const getComputedStyle: (element: DomElement) => { visibility: string; display: string; opacity: string };

/**
 * Describes the page that it runs in. It is handed to the browser as its
 * source, so it uses nothing of this module; it changes nothing on the page.
 */
export function describeDom(): DomPage {
  const oneLine = (text: string | null | undefined) => (text ?? '').replace(/\s+/g, ' ').trim();
  const forms = [...document.forms];
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
      return element.tagName === 'INPUT' ? (element.value ?? '') : oneLine(element.innerText ?? element.textContent);
    }
    const labels = [...(element.labels ?? [])].map((label) => oneLine(label.innerText ?? label.textContent));
    return labels.join(' ');
  };
  const describe = (element: DomElement) => {
    const what = kindOf(element);
    if (!what || controls.length >= 400) return;
    const attribute = (name: string) => element.getAttribute(name) ?? '';
    const { kind, type } = what;
    const labelled = attribute('aria-labelledby')
      .split(/\s+/)
      .filter(Boolean)
      .map((id) => oneLine(document.getElementById(id)?.textContent))
      .join(' ');
    const maxLength = Number(attribute('maxlength'));
    const owner = element.form ?? element.closest('form');
    const form = owner ? forms.indexOf(owner) : -1;
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
      value: type === 'password' ? '' : (element.value ?? ''),
      visible: type !== 'hidden' && isVisible(element),
      disabled: element.disabled === true || attribute('aria-disabled') === 'true',
      readOnly: element.hasAttribute('readonly'),
      checked: element.checked === true,
      required: element.hasAttribute('required') || attribute('aria-required') === 'true',
      ...(maxLength > 0 ? { maxLength } : {}),
      ...(form < 0 ? {} : { form }),
      ...(pressed ? { around: oneLine(element.parentElement?.innerText).slice(0, 200) } : {}),
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
  const walk = (node: DomNode, inAlert: boolean) => {
    for (const child of node.childNodes) {
      if (child.nodeType !== 1) continue;
      const element = child as DomElement;
      const tag = element.tagName.toLowerCase();
      if (tag === 'script' || tag === 'style' || tag === 'template' || tag === 'noscript') continue;
      let alert = inAlert;
      if (!inAlert && isAlert(element) && isVisible(element)) {
        alert = true;
        const text = oneLine(element.innerText);
        if (text !== '') alerts.push(text.slice(0, 500));
      }
      if (/^h[1-3]$/.test(tag) || element.getAttribute('role') === 'heading') {
        const text = isVisible(element) ? oneLine(element.innerText) : '';
        if (text !== '') headings.push(text.slice(0, 200));
      }
      describe(element);
      if (element.shadowRoot) walk(element.shadowRoot, alert);
      walk(element, alert);
    }
  };
  if (document.body) walk(document.body, false);
  const lines = (document.body?.innerText ?? '')
    .split('\n')
    .map((line) => oneLine(line).slice(0, 500))
    .filter((line) => line !== '')
    .slice(0, 400);
  return {
    description: {
      url: location.origin + location.pathname,
      title: oneLine(document.title),
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
  };
}
