// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { serve } from '../support/browser-pages.js';
import { runCommand, startCommand } from '../support/built-command.js';
import { browsersOf, chromiumPresent, drivenBrowserPath, isRunning } from '../support/chromium.js';
import { atEndOfFile } from '../support/end-of-file.js';
import { requirement } from '../support/requirement.js';
import { ALICE, ENV, type Report } from '../support/smoke-plan.js';

const times = (size: number, part: (index: number) => string) =>
  Array.from({ length: size }, (_, i) => part(i)).join('');

/** Pages that took from 14 seconds to many minutes to be read, and how the sign-in on them fails. */
const PAGES: Readonly<Record<string, { readonly html: string; readonly code: string }>> = {
  '50 KB of links': { html: times(3_100, (i) => `<a href="/${i}">l${i}</a>`), code: 'sign_in_page_not_understood' },
  '200 KB of links': { html: times(12_500, (i) => `<a href="/${i}">l${i}</a>`), code: 'sign_in_page_too_large' },
  '400 KB of fields': { html: times(27_000, () => '<input name="n">'), code: 'sign_in_page_too_large' },
  'chains of labels': {
    html: times(4_900, (i) => `<input id="${i}" aria-labelledby="${times(60, (next) => `${i + next} `)}">`),
    code: 'sign_in_page_not_understood',
  },
  'deep nesting': { html: '<div>'.repeat(100_000), code: 'sign_in_page_too_large' },
};

let origin: string;
let home: string;
/** Called with each request for a page. */
let onPage: () => void = () => undefined;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'oidc-cli-hostile-'));
  atEndOfFile(() => rmSync(home, { recursive: true, force: true }));
  origin = await serve(({ pathname }) => {
    const [, place = '', rest] = /^\/([^/]+)\/(.+)$/.exec(decodeURIComponent(pathname)) ?? [];
    const issuer = `${origin}/${encodeURIComponent(place)}`;
    if (rest?.startsWith('.well-known')) return metadata(issuer);
    if (rest === 'jwks') return '{}';
    onPage();
    if (place === 'busy') return '<title>Busy</title><script>for (;;);</script>';
    return place === 'endless'
      ? `<meta http-equiv="refresh" content="0;url=${issuer}/again">${PAGES['chains of labels']?.html}`
      : (PAGES[place]?.html ?? '');
  });
});

function metadata(issuer: string) {
  const members = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(members) };
}

const environment = () => ({ ...ENV, OIDC_CLI_HOME: home, OIDC_CLI_STORE: 'memory', HOME: home });

test('smoke ends with a reason for each of such pages, by one process that reads them all', async () => {
  const checks = Object.keys(PAGES).map((name) => ({
    name,
    profile: { issuer: `${origin}/${encodeURIComponent(name)}`, clientId: 'demo' },
  }));
  const plan = join(home, 'oidc-smoke.yaml');
  writeFileSync(plan, JSON.stringify({ defaults: { ...ALICE, with: 'http' }, checks }));
  const { code, stdout, stderr } = await runCommand(['smoke', plan, '--json', '--timeout', '60'], environment());
  expect(stderr).not.toContain('internal');
  // Where one page is read for minutes the process is ended from outside.
  expect(code, stderr).toBe(3);
  const { checks: done } = JSON.parse(stdout) as Report;
  expect(Object.fromEntries(done.map(({ name, error }) => [name, error?.code]))).toEqual(
    Object.fromEntries(Object.entries(PAGES).map(([name, page]) => [name, page.code])),
  );
  expect(done.find(({ name }) => name === 'deep nesting')?.error?.message).toMatch(/nested more than 2,000 deep/);
});

const login = (place: string, driver: 'http' | 'browser', ...flags: string[]) => [
  ...['login', '--issuer', `${origin}/${encodeURIComponent(place)}`, '--client-id', 'demo', '--no-userinfo'],
  ...['--with', driver, '--user', 'alice', '--password-env', 'OIDC_CLI_ALICE', ...flags],
];

test('a time limit ends a sign-in on pages that lead from one to the next', async () => {
  const { code, stderr } = await runCommand(login('endless', 'http', '--timeout', '1', '--json'), environment());
  // On a fast machine it is called a loop before its time is over.
  expect([5, 6], stderr).toContain(code);
});

test('Ctrl-C is heard while such pages are read', async () => {
  const command = startCommand(login('endless', 'http'), environment());
  let pages = 0;
  onPage = () => {
    pages += 1;
    if (pages === 2) command.kill('SIGINT');
  };
  const { code } = await command.finished;
  expect(code).toBe(130);
  expect(pages).toBeLessThan(30);
});

const present = requirement('Chromium', chromiumPresent, 'a page that keeps a browser busy');

test.runIf(present).each([
  ['Ctrl-C', 130],
  ['a time limit', 6],
] as const)(
  '%s ends a sign-in in a browser that a page keeps busy for ever, and the browser',
  async (how, expected) => {
    const browser = ['--browser-path', drivenBrowserPath ?? ''];
    const limit = how === 'Ctrl-C' ? [] : ['--timeout', '5'];
    const command = startCommand(login('busy', 'browser', ...browser, ...limit), environment());
    let browsers: number[] = [];
    onPage = () => {
      browsers = browsersOf(command.pid);
      if (how === 'Ctrl-C') command.kill('SIGINT');
    };
    const { code, stderr } = await command.finished;
    expect(code, stderr).toBe(expected);
    if (how === 'Ctrl-C') expect(browsers).toHaveLength(1);
    await expect.poll(() => browsers.filter(isRunning)).toEqual([]);
  },
);
