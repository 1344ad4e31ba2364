import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (page: string) => readFileSync(fileURLToPath(new URL(page, root)), 'utf8');

/** The files and folders that a page names; `<verb>` stands for any. */
function pathsIn(page: string): string[] {
  const names = read(page).matchAll(/`((?:bin|docs|schema|scripts|src|test)\/[^`\s]*)`/g);
  return [...new Set([...names].map(([, path = '']) => path.replace('<verb>', 'whoami')))];
}

test.each(['docs/architecture.md', 'CONTRIBUTING.md'])('%s names files and folders that exist', (page) => {
  const paths = pathsIn(page);
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
});

test.each(['docs/architecture.md', 'CONTRIBUTING.md'])('%s links to pages and headings that exist', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  expect(links.length).toBeGreaterThan(0);
  for (const [link, path = '', heading] of links) {
    const target = new URL(path, new URL(page, root));
    expect(existsSync(target), link).toBe(true);
    if (heading === undefined) continue;
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text);
    expect(
      headings.map((text) => text.toLowerCase().replaceAll(' ', '-')),
      link,
    ).toContain(heading);
  }
});

test('the commands that a contributor is told exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...read('CONTRIBUTING.md').matchAll(/`npm run ([\w-]+)`/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  expect(named).toContain('lint');
});
