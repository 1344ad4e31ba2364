import { setImmediate as turn } from 'node:timers/promises';
import { type Document, DomHandler } from 'domhandler';
import { Parser } from 'htmlparser2';

/** Limits of an HTML document; a browser is itself slow on a page that exceeds them. */
export const HTML_LIMITS = {
  /** Elements of the whole document. Large applications have a tenth of this number. */
  elements: 100_000,
  /** Levels of nested elements. Browsers themselves stop at 512. */
  depth: 2_000,
} as const;

/** A limit that a document exceeds. */
export type HtmlLimit = keyof typeof HTML_LIMITS;

/** A document as far as it was read. */
export interface HtmlDocument {
  readonly root: Document;
  /** The limit at which parsing stopped; undefined if the whole document was parsed. */
  readonly over: HtmlLimit | undefined;
}

/** Characters between two turns of the event loop: some ten milliseconds. */
const CHUNK = 65_536;

/**
 * Parses HTML, in time proportional to its length, up to `HTML_LIMITS`. The event
 * loop runs in between, so that timers and signals work during a large document.
 * Rejects with the signal's reason when that is aborted.
 */
export async function parseHtml(html: string, signal?: AbortSignal): Promise<HtmlDocument> {
  const handler = new BoundedHandler();
  const parser = new Parser(handler);
  try {
    for (let at = 0; at < html.length; at += CHUNK) {
      if (at > 0) await turn(undefined, { signal });
      parser.write(html.slice(at, at + CHUNK));
    }
    parser.end();
  } catch (error) {
    if (!(error instanceof OverLimit)) throw error;
    return { root: handler.root, over: error.limit };
  }
  return { root: handler.root, over: undefined };
}

class OverLimit extends Error {
  constructor(readonly limit: HtmlLimit) {
    super();
  }
}

/** Builds the document, and stops at its limits, since the parser itself searches all open elements at each end tag. */
class BoundedHandler extends DomHandler {
  private elements = 0;
  private depth = 0;

  override onopentag(name: string, attributes: Record<string, string>): void {
    this.elements += 1;
    this.depth += 1;
    if (this.elements > HTML_LIMITS.elements) throw new OverLimit('elements');
    if (this.depth > HTML_LIMITS.depth) throw new OverLimit('depth');
    super.onopentag(name, attributes);
  }

  override onclosetag(): void {
    this.depth -= 1;
    super.onclosetag();
  }
}
