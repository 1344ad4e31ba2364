import { type ChildNode, type Element, hasChildren, isComment, isTag, isText, type ParentNode } from 'domhandler';

/** Characters of a text that tells what a control is for; what stands behind them tells nothing more. */
export const MAX_WORDS = 500;

/** Elements that begin a line of their own. */
const BLOCK = new Set(
  'address article aside blockquote br button dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr label legend li main nav ol option p pre section select table tbody td th tr ul'.split(
    ' ',
  ),
);

/** Whether an element begins a line of its own. */
export function isBlock(tag: string): boolean {
  return BLOCK.has(tag);
}

/**
 * The texts of a page's elements, in one line each and at most `MAX_WORDS`
 * long. Each element is read once, however many controls stand in it or name
 * it as their label: reading them all takes as long as the page is.
 */
export class HtmlText {
  private readonly seen = new Map<ChildNode | ParentNode, string>();
  private readonly contents = new Map<ChildNode | ParentNode, string>();

  /** What a person reads in an element, with a space wherever a person sees one. */
  visible(element: ParentNode): string {
    return this.collect(element, this.seen, (child) => {
      if (!isTag(child) || child.name === 'script' || child.name === 'style') return '';
      const inner = this.visible(child);
      return isBlock(child.name) ? ` ${inner} ` : inner;
    });
  }

  /** All text in an element, as the DOM's `textContent` has it. */
  content(element: ParentNode): string {
    return this.collect(element, this.contents, (child) =>
      hasChildren(child) && !isComment(child) ? this.content(child) : '',
    );
  }

  private collect(
    node: ParentNode,
    known: Map<ChildNode | ParentNode, string>,
    inner: (child: ChildNode) => string,
  ): string {
    const before = known.get(node);
    if (before !== undefined) return before;
    let text = '';
    for (const child of node.childNodes) {
      const piece = oneSpace(isText(child) ? child.data : inner(child));
      text += text.endsWith(' ') && piece.startsWith(' ') ? piece.slice(1) : piece;
      if (text.length > MAX_WORDS) break;
    }
    text = text.slice(0, MAX_WORDS);
    known.set(node, text);
    return text;
  }
}

/** A text in one line, without what stands behind its first characters. */
export function cutLine(text: string): string {
  return oneLine(text).slice(0, MAX_WORDS);
}

/** A text in one line. */
export function oneLine(text: string): string {
  return oneSpace(text).trim();
}

function oneSpace(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** Any element of this name in another, in the order of the page, up to the first that `fits`; else the first of all. */
export function firstElement(root: ParentNode, name: string, fits: (element: Element) => boolean): Element | undefined {
  let first: Element | undefined;
  const walk = (node: ParentNode): Element | undefined => {
    for (const child of node.childNodes) {
      if (!isTag(child)) continue;
      if (child.name === name) {
        first ??= child;
        if (fits(child)) return child;
      }
      const match = walk(child);
      if (match) return match;
    }
    return undefined;
  };
  return walk(root) ?? first;
}
