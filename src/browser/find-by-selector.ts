import { selectOne } from 'css-select';
import { type AnyNode, type Document, type Element, isTag } from 'domhandler';
import { DomUtils } from 'htmlparser2';

/** Steps from element to element that a selector may take: less than a second's work, and hundreds for each element of an ordinary page. */
const MAX_STEPS = 4_000_000;

/** A selector that compares too many elements of a page with one another, such as `a ~ b` among thousands. */
export class SelectorTooSlow extends Error {}

/**
 * The first element of a page that a CSS selector names, or null. Throws
 * `SelectorTooSlow`, and css-select's error for what is not a selector.
 */
export function findBySelector(selector: string, root: Document): Element | null {
  let steps = 0;
  const step = () => {
    steps += 1;
    if (steps > MAX_STEPS) throw new SelectorTooSlow();
  };
  const adapter = {
    ...DomUtils,
    isTag: (node: AnyNode): node is Element => {
      step();
      return isTag(node);
    },
    getParent: (element: Element) => {
      step();
      return DomUtils.getParent(element);
    },
  };
  return selectOne<AnyNode, Element>(selector, root, { adapter });
}
