import { annotateTime, jsonLines } from './json-text.js';

/** Markup that is finished: what was put into it has been escaped. */
export type Markup = string;

/** Turns text into markup, and replaced values into links to where else they were seen. */
export class HtmlWriter {
  /** `printable` shows control characters and marks of direction instead of sending them. */
  constructor(private readonly printable: (text: string) => string) {}

  text(text: string): Markup {
    return this.printable(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;');
  }

  /** A value, kept apart from the text around it whatever its direction. */
  value(text: string): Markup {
    return `<bdi class="value">${this.named(text)}</bdi>`;
  }

  /** JSON on lines of its own; times in it in words as well. */
  json(value: unknown): Markup {
    return jsonLines(value)
      .map((line) => {
        const time = annotateTime(line);
        return this.named(line) + (time === undefined ? '' : `  <span class="said">${time}</span>`);
      })
      .join('\n');
  }

  /** Text in which each replaced value leads to where else it was seen. */
  named(text: string): Markup {
    return this.text(text).replace(
      /\b(?:secret|person)#\d+/g,
      (name) => `<a class="name" href="#${anchor(name)}">${name}</a>`,
    );
  }
}

/** The id of the row that tells of a replaced value. */
export function anchor(name: string): string {
  return name.replace('#', '-');
}

/** `1 request`, `2 requests`. */
export function countText(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
