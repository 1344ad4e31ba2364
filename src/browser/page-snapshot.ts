import type { ElementHandle, Frame, JSHandle, Page } from 'playwright-core';
import { type DomPage, describeDom } from './dom-page.js';
import { PAGE_LIMITS, type PageDescription, type PageLimit, pageShape } from './page-description.js';

/** One look at a page in a browser, with its frames: to be released when the next is taken. */
export interface PageSnapshot {
  readonly page: PageDescription;
  /** Another text for another document in the window. */
  readonly document: string;
  readonly loading: boolean;
  /** What is not on it yet may come without anybody doing something. */
  readonly changing: boolean;
  /** The limit where reading the page itself ended; of a frame in it, what was read has to do. */
  readonly over: PageLimit | undefined;
  /** The same text for two looks between which nothing has happened. */
  readonly signature: string;
  element(control: number): Promise<ElementHandle<HTMLElementLike> | undefined>;
  release(): void;
}

/** An element, as far as it is typed here: `ElementHandle` knows the rest. */
// biome-ignore lint/suspicious/noExplicitAny: this program has no types of a browser's DOM
type HTMLElementLike = any;

/** Frames that are looked into: some providers show their fields in one. */
const MAX_FRAMES = 6;

/** Looks at a page. Throws what the browser says when the page goes away under it. */
export async function snapshotPage(window: Page, status: number | undefined): Promise<PageSnapshot> {
  const frames = [
    window.mainFrame(),
    ...window.frames().filter((frame) => frame !== window.mainFrame() && isShown(frame)),
  ];
  const seen: { handle: JSHandle<DomPage>; dom: Omit<DomPage, 'elements'> }[] = [];
  for (const frame of frames.slice(0, MAX_FRAMES)) {
    try {
      const handle = await frame.evaluateHandle(describeDom, PAGE_LIMITS);
      const dom = await handle.evaluate(({ elements: _elements, ...data }) => data);
      seen.push({ handle, dom });
    } catch (error) {
      // A frame may go at any time; without the page itself there is nothing to see.
      if (frame === frames[0]) throw error;
    }
  }
  const [main] = seen as [(typeof seen)[0], ...typeof seen];
  const controls: PageDescription['controls'][number][] = [];
  const places: { handle: JSHandle<DomPage>; index: number }[] = [];
  let forms = 0;
  for (const { handle, dom } of seen) {
    for (const control of dom.description.controls) {
      places.push({ handle, index: control.id });
      const form = control.form === undefined ? {} : { form: control.form + forms };
      controls.push({ ...control, id: controls.length, ...form });
    }
    forms += dom.description.forms.length;
  }
  const all = <T>(of: (description: PageDescription) => readonly T[]) => seen.flatMap(({ dom }) => of(dom.description));
  const page: PageDescription = {
    ...main.dom.description,
    headings: all(({ headings }) => headings),
    alerts: all(({ alerts }) => alerts),
    lines: all(({ lines }) => lines),
    forms: all(({ forms: own }) => own),
    controls,
    status,
  };
  const able = controls.filter(({ visible }) => visible).map(({ disabled }) => (disabled ? '0' : '1'));
  return {
    page,
    document: String(main.dom.document),
    loading: main.dom.state === 'loading',
    over: main.dom.over,
    changing: main.dom.state !== 'complete' || main.dom.changing,
    signature: [main.dom.document, pageShape(page), page.alerts.join('|'), able.join('')].join('\n'),
    element: async (control) => {
      const place = places[control];
      if (!place) return undefined;
      const handle = await place.handle.evaluateHandle(({ elements }, index) => elements[index], place.index);
      return (handle.asElement() as ElementHandle<HTMLElementLike> | null) ?? undefined;
    },
    release: () => {
      for (const { handle } of seen) handle.dispose().catch(() => undefined);
    },
  };
}

function isShown(frame: Frame): boolean {
  return /^https?:/.test(frame.url());
}
