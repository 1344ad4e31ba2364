import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Page, type PagePart, parsePage, rendered } from './page.js';
import { startWalk, type Walk } from './walk.js';

const ENGLISH = fileURLToPath(new URL('../../docs/logto.md', import.meta.url));
const JAPANESE = fileURLToPath(new URL('../../docs/logto.ja.md', import.meta.url));

const pageOf = (file: string) => parsePage(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'));

/** Everything but the prose. */
const blocksOf = ({ parts }: Page) => parts.filter((part) => part.kind !== 'text');

/** The page's own prose around the blocks of another. */
function withBlocksOf(page: Page, other: Page): Page {
  const blocks = blocksOf(other).values();
  return { parts: page.parts.map((part) => (part.kind === 'text' ? part : (blocks.next().value as PagePart))) };
}

let walk: Walk;
let walked: Page;

beforeAll(async () => {
  walk = await startWalk();
  walked = await walk.follow(pageOf(ENGLISH));
}, 120_000);
afterAll(() => walk.end());

// `vitest -u` writes the new outputs into the pages; lines that a page leaves out as `…` stay out while the rest is true.
test('docs/logto.md shows what its commands write', async () => {
  const commands = blocksOf(walked).flatMap((part) => (part.kind === 'console' ? part.entries : []));
  expect(commands.filter(({ command }) => command.startsWith('oidc-cli ')).length).toBeGreaterThan(15);
  await expect(rendered(walked)).toMatchFileSnapshot(ENGLISH);
});

test('docs/logto.ja.md has the same files, commands and outputs, in the same order', async () => {
  const japanese = pageOf(JAPANESE);
  expect(blocksOf(japanese).map(({ kind }) => kind)).toEqual(blocksOf(walked).map(({ kind }) => kind));
  await expect(rendered(withBlocksOf(japanese, walked))).toMatchFileSnapshot(JAPANESE);
});

test('both pages have the same steps, and tables with the same rows', () => {
  const shape = (page: Page) =>
    page.parts
      .flatMap((part) => (part.kind === 'text' ? part.text.split('\n') : []))
      .map((line) => /^(?:#+ |\| |\d\. |- )/.exec(line)?.[0])
      .filter((start) => start !== undefined);
  expect(shape(pageOf(JAPANESE))).toEqual(shape(pageOf(ENGLISH)));
});

test('the walk asks of Logto what its guide does', () => {
  const asked = walk.logto.requests.authorization.map(({ taken }) => taken);
  expect(asked).toEqual([
    {},
    { first_screen: 'register' },
    { first_screen: 'register' },
    { direct_sign_in: 'social:oidc' },
  ]);
  expect(walk.logto.requests.authorization.every(({ error }) => error === undefined)).toBe(true);
});

test('the walk writes no secret, but the two tokens that it asks for', () => {
  const written = walk.written();
  const forms = walk.logto.requests.token.map(({ form }) => form);
  const spent = forms.flatMap((form) => [form.code, form.code_verifier, form.refresh_token, form.client_secret]);
  const secrets = [...spent.filter((value) => typeof value === 'string'), walk.logto.app.secret, 'demo-secret'];
  expect(secrets.length).toBeGreaterThan(10);
  for (const secret of secrets) expect(written).not.toContain(secret);
  expect(written.match(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g)).toHaveLength(2);
});
