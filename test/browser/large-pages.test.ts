import { describe, expect, test } from 'vitest';
import { findBySelector, SelectorTooSlow } from '../../src/browser/find-by-selector.js';
import { formEntries, readHtmlPage } from '../../src/browser/html-page.js';
import { MAX_CONTROLS, pageShape } from '../../src/browser/page-description.js';
import { CLICKED, findControl, hasText } from '../../src/browser/page-steps.js';
import { decide } from '../../src/browser/sign-in-form.js';
import { HTML_LIMITS, parseHtml } from '../../src/html-document.js';
import { expectLinear } from '../support/growth.js';

const times = (size: number, part: (index: number) => string) =>
  Array.from({ length: size }, (_, i) => part(i)).join('');
const form = (inner: string) => `<form method="post">${inner}<button>Sign in</button></form>`;
const WORDS = 'account error '.repeat(8);

/** Pages that make a careless reader look at everything for each of something; `size` times of it. */
const PAGES: Readonly<Record<string, (size: number) => string>> = {
  'links beside one another': (size) => times(size, (i) => `<a href="/${i}">more ${i}</a>`),
  'links in a parent with much text': (size) => `<div>${times(size, () => `<i>${WORDS}</i><a href="x"></a>`)}</div>`,
  fields: (size) => form(times(size, (i) => `<input name="n${i}">`)),
  'fields in a label': (size) => form(`<label>${times(size, (i) => `word <input name="n${i}">`)}</label>`),
  'fields with labels': (size) => form(times(size, (i) => `<label for="i${i}">${WORDS}</label><input id="i${i}">`)),
  'fields with one label': (size) =>
    form(`<p id="x">${times(size, () => 'word ')}</p>${times(size, () => '<input aria-labelledby="x">')}`),
  'a chain of labels': (size) => times(size, (i) => `<input id="i${i}" aria-labelledby="i${i + 1} i${i + 2} none">`),
  'a label of many ids': (size) =>
    `<input aria-labelledby="${times(size, (i) => `i${i} `)}">${times(size, (i) => `<i id="i${i}"></i>`)}`,
  forms: (size) => times(size, (i) => form(`<input name="n${i}"><input type="hidden" name="h">`)),
  'fields of forms elsewhere': (size) =>
    times(size, (i) => `<form id="f${i}" method="post"></form><input form="f${size - i - 1}" name="n">`),
  'radio buttons of one name': (size) => form(times(size, (i) => `<input type="radio" name="r" value="${i}" checked>`)),
  boxes: (size) => form(times(size, (i) => `<label><input type="checkbox" name="b${i}" required>${WORDS}</label>`)),
  buttons: (size) => form(times(size, () => `<button aria-label="${WORDS}">${WORDS}</button>`)),
  options: (size) => form(`<select name="s">${times(size * 8, () => '<option>one')}</select>`),
  lists: (size) => form(times(size, (i) => `<select name="s${i}"><option>one<option>two</select>`)),
  alerts: (size) => times(size * 4, () => '<p role="alert">Wrong</p>'),
  headings: (size) => times(size * 4, () => '<h1>Wrong</h1>'),
  comments: (size) => times(size * 8, () => 'a<!-- b -->'),
  refreshes: (size) => times(size * 4, () => '<meta http-equiv="refresh" content="99;url=/">'),
  scripts: (size) => times(size * 4, () => '<script>1</script>'),
  'end tags of nothing': (size) => `${'<b>'.repeat(500)}${times(size * 16, () => '</i>')}`,
  'elements in one another': (size) => `${times(size, () => '<div role="button">x')}`,
  'alerts in one another': (size) => times(size, () => '<div role="alert">Wrong'),
  'labels in one another': (size) => times(size, (i) => `<label>a<input name="n${i}">`),
  'lists in one another': (size) => times(size, () => '<select><option>a<div>'),
};

async function read(html: string): Promise<void> {
  const page = readHtmlPage(await parseHtml(html), new URL('https://id.example/'), 200);
  if (page.over !== undefined) return;
  const { description } = page;
  const has = { password: true, code: true };
  const decision = decide(description, { username: 'sam@example.com', has, sent: new Set() });
  decide(description, { username: 'sam@example.com', has, sent: new Set(['username', 'password']) });
  formEntries(page, 0, new Map(), new Set(decision.kind === 'act' ? decision.ticks : []), undefined);
  hasText(description, 'nowhere');
  findControl(description, 'nowhere', CLICKED);
  pageShape(description);
}

describe('a page is read in time that grows with its size', () => {
  test.each(Object.keys(PAGES))('%s', async (name) => {
    await expectLinear(PAGES[name] as (size: number) => string, read, { smallest: 2 });
  });

  /** Texts that a regular expression may go back in again and again; a quadratic one takes minutes for so much. */
  test.each(['a@', '+1 ', ' ', '.', '<', '<a b="', 'too many failed ', 'java script is ', 'display ', '再度'])(
    '300,000 characters of "%s" as text, title, alert and attributes',
    async (part) => {
      const text = part.repeat(300_000 / part.length);
      const attribute = text.replaceAll(/["&<]/g, ' ');
      const page = form(
        `<title>${text}</title><p>${text}</p><p role="alert">${text}</p><noscript>${text}</noscript><input name="${attribute}" id="${attribute}" style="${attribute}" class="${attribute}" aria-label="${attribute}" autocomplete="${attribute}"><meta http-equiv="refresh" content="${attribute}">`,
      );
      const before = process.cpuUsage();
      await read(page);
      const { user } = process.cpuUsage(before);
      expect(user / 1000).toBeLessThan(15_000);
    },
  );
});

describe('a selector of a step', () => {
  const page = async (size: number) =>
    (await parseHtml(times(size, (i) => `<p class="a"><i id="i${i}"></i></p>`))).root;

  test('is looked for on a large page', async () => {
    const root = await page(40_000);
    expect(findBySelector('p.a > #i39999', root)?.attribs.id).toBe('i39999');
    expect(findBySelector('.none #i39999', root)).toBeNull();
  });

  test.each(['p.none ~ p.a', 'p:nth-last-child(70000)'])(
    '%s is given up where it would compare each with each',
    async (selector) => {
      const root = await page(45_000);
      expect(() => findBySelector(selector, root)).toThrow(SelectorTooSlow);
    },
  );
});

describe('a page that has too much is told by its limit', () => {
  const overOf = async (html: string) => readHtmlPage(await parseHtml(html), new URL('https://id.example/'), 200).over;

  test.each([
    ['elements', (count: number) => '<br>'.repeat(count), HTML_LIMITS.elements],
    ['depth', (count: number) => '<div>'.repeat(count), HTML_LIMITS.depth],
    ['controls', (count: number) => '<input>'.repeat(count), MAX_CONTROLS],
  ] as const)('%s', async (limit, make, most) => {
    expect(await overOf(make(most))).toBeUndefined();
    expect(await overOf(make(most + 1))).toBe(limit);
  });

  test('deep within the limit everything is found, and the stack is deep enough', async () => {
    const deep = (depth: number, inner: string) => '<div>'.repeat(depth) + inner;
    const page = readHtmlPage(
      await parseHtml(deep(HTML_LIMITS.depth - 4, form('<label><input name="u"></label>'))),
      new URL('https://id.example/'),
      200,
    );
    expect(page.description.controls.map(({ name, kind }) => name || kind)).toEqual(['u', 'button']);
    const rows = await parseHtml(deep(2, `<a href="x">${'<b>'.repeat(HTML_LIMITS.depth - 4)}in</a>`));
    expect(readHtmlPage(rows, new URL('https://id.example/'), 200).description.controls[0]?.label).toBe('in');
  });

  test('a large page gives the event loop its turn, and an aborted signal ends it', async () => {
    const ended = new AbortController();
    setImmediate(() => ended.abort(new Error('enough')));
    await expect(parseHtml('<p>word</p>'.repeat(200_000), ended.signal)).rejects.toThrow('abort');
  });
});
