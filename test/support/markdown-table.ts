import { readFileSync } from 'node:fs';

/** A page of the documentation by its name: `docs/NAME.md`, whatever git made of its line ends. */
export function docsPage(name: string): string {
  return readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
}

/** The part of a page from a heading of the second level to the next one. */
export function sectionOf(page: string, heading: string): string {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  return section.split('\n## ')[0] ?? '';
}

/** The rows of Markdown tables whose first cell is code, cell by cell. */
export function codeRows(markdown: string): string[][] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
