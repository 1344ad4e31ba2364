import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Parser } from 'tap-parser';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CookieBrowser } from './support/cookie-browser.js';
import { junitErrors } from './support/junit.js';
import { createMachine, type Machine } from './support/run.js';
import { type Script, type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.js';
import { followRedirects } from './support/scripted-sign-in.js';
import { traced } from './trace/traced.js';

/*
 * What a provider says is shown in many places. Nowhere may it drive a
 * terminal, become markup, end a line that is a statement of ours, or hide
 * what is read: each kind of string is looked for in each output.
 */

/** What a hostile provider would say, by what it is to do. */
const KINDS = {
  'a page script': '<script>document.title="owned"</script><img src=x onerror=alert(1)>',
  'the end of our own markup': '</title></style></pre></bdi></script>]]>--><h1>owned</h1>',
  'an attribute': `" onmouseover="owned()" ' onfocus='owned()' x="`,
  'terminal escapes': '\u001b[2J\u001b[1;31mowned\u001b]0;owned\u0007\u001b]8;;https://evil.example\u0007',
  'a clipboard write': '\u001b]52;c;b3duZWQ=\u0007',
  'escapes of eight bits': '\u009b31mowned\u009d0;owned\u009c',
  'backspace and carriage return': 'wrong\b\b\b\b\bright\rowned',
  'right-to-left marks': '\u202egnp.exe\u2066owned\u2069\u200f\u061c',
  'invisible characters': 'adm\u200bin\ufeff\u2060\u180e\u00ad',
  'tag characters': '\u{e0041}\u{e0042}',
  'line separators': 'one\u2028two\u2029three',
  'NUL and DEL': 'be\u0000fore\u007f',
  'half a character': '\ud800owned\udc00',
  'no character of XML': '\ufffe\uffff\u000b',
  'a workflow command': '\n::error file=owned::owned\n##[error]owned%0A::stop-commands::x',
  'another test': '\nnot ok 99 - owned\nok 100 # SKIP owned\nBail out! owned',
  'another metric': '"} 1\nowned_total 1\n# HELP owned',
  'a link and a mention': '[owned](javascript:owned()) @owned | owned `owned`',
} as const;

const HOSTILE = Object.values(KINDS).join(' ');
/** What a CI server would run: at the beginning of a line, or anywhere in one. */
const COMMANDS = '::stop-commands::x ##vso[task.setvariable variable=owned]x ##[error]owned ##teamcity[owned]';
const LONG = 'long '.repeat(20_000);
/** An address has less room: Node refuses more than 16 KiB of headers. */
const LONGEST_IN_ADDRESS = 3_000;

/** Where the words come in, so that every part of a sign-in repeats them. */
const says = (words: string, short = words.slice(0, LONGEST_IN_ADDRESS)): Readonly<Record<string, Script>> => ({
  'in claims and their names': {
    claims: { name: words, email: words, [`claim ${words}`]: words, nested: { [words]: [words] } },
    userinfo: (honest) => ({ body: { ...honest, name: words, [words]: words } }),
  },
  'in metadata, keys and the header of the token': {
    metadata: { service_documentation: words, acr_values_supported: [words], [`${words}_supported`]: [words] },
    keySet: ({ keys }) => ({ body: { keys: [{ kty: 'oct', kid: words, use: words }, ...keys] } }),
    header: { typ: words, cty: words },
  },
  'in the refusal of a token': {
    token: () => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: words, hint: words, error_uri: words },
    }),
  },
  'as the code of a refusal': { token: () => ({ status: 400, body: { error: words, error_description: words } }) },
  'in the answer of the browser': {
    authorization: {
      error: 'access_denied',
      error_description: short,
      error_uri: short,
      code: undefined,
      [short]: short,
    },
  },
  'as its error': { authorization: { error: short, error_description: short, code: undefined } },
  'in a page in place of tokens': {
    token: () => ({
      status: 500,
      headers: { 'content-type': 'text/html' },
      body: `<html><title>${words}</title><p>${words.replaceAll('<', '&lt;')}</p></html>`,
    }),
  },
  'in text in place of metadata': {
    discovery: () => ({ status: 503, headers: { 'content-type': 'text/plain' }, body: words }),
  },
  'in wrong values of the ID token': { claims: { iss: words, aud: [words, words], nonce: words } },
});

let provider: ScriptedProvider;
let machine: Machine;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
beforeEach(async () => {
  const made = await createMachine();
  const run: Machine['run'] = async (argv, deps = {}) => {
    const finished = await made.run(argv, { ...deps, env: { CI: 'true', ...deps.env } });
    expectNoCommand(finished.stdout, `stdout of ${argv[0]}`);
    expectNoCommand(finished.stderr, `stderr of ${argv[0]}`);
    return finished;
  };
  machine = { ...made, run };
  return () => machine.remove();
});
afterAll(() => provider.close());

const flags = (...more: string[]) => [
  ...['login', '--issuer', provider.issuer, '--client-id', 'app', '--redirect-uri', 'http://127.0.0.1:0/callback'],
  ...more,
];

/** Control characters but for the end of a line, marks of direction, what cannot be seen, halves of characters. */
const HARMFUL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\u{e0000}-\u{e007f}]/u;

/** Fails where a CI server would run a part of an output, but for the annotations of the reporter github. */
function expectNoCommand(output: string, what: string): void {
  const match = /##\w*\[|^\s*::(?!(error|warning) (file|title)=)/m.exec(output);
  const near = match && JSON.stringify(output.slice(Math.max(0, match.index - 60), match.index + 60));
  expect(near, what).toBeNull();
}

/** Fails where an output holds anything that drives or deceives a terminal. */
function expectHarmless(output: string, what: string): void {
  const at = HARMFUL.exec(output);
  const near = at && JSON.stringify(output.slice(Math.max(0, at.index - 60), at.index + 20));
  expect(near, what).toBeNull();
  // Nothing that a provider says begins a line of its own.
  expect(output, what).not.toMatch(
    /^\s*(::error file=owned|##\[error\]owned|not ok 99|ok 100|Bail out! owned|owned_total|# HELP owned)/m,
  );
}

/** Fails where an output that is markup holds somebody else's. */
function expectNoForeignMarkup(html: string, what: string): void {
  expect(html, what).not.toMatch(/<(script|img|h1>owned)|<[^>]* on(error|focus|mouseover)=/i);
  for (const end of ['</title>', '</style>', '</html>']) {
    expect(html.split(end).length - 1, `${end} in ${what}`).toBe(1);
  }
}

describe.each([
  ['strings that do harm', HOSTILE],
  ['strings without end', LONG],
  ['commands of CI servers', COMMANDS],
])('%s', (_what, words) => {
  const longest = words === LONG ? 2_000_000 : 600_000;

  test.each(Object.entries(says(words)))(
    '%s: on the terminal, in traces, in what is handed on',
    async (_where, script) => {
      provider.play(script);
      const pages: string[] = [];
      const openUrl = async (url: string) => {
        pages.push(await (await new CookieBrowser().open(url)).text());
      };
      const { stdout, stderr, har, json, html } = await traced(machine, flags('--show-claims', '--with-claims'), {
        openUrl,
      });
      const outputs = { stdout, stderr, har, json, html };
      for (const [name, output] of Object.entries(outputs)) {
        expectHarmless(output, name);
        expect(output.length, name).toBeLessThan(longest);
      }
      expectNoForeignMarkup(html, 'the report');
      for (const page of pages) {
        expectHarmless(page, 'the page in the browser');
        expectNoForeignMarkup(page, 'the page in the browser');
        expect(page.length).toBeLessThan(100_000);
      }
      JSON.parse(har);
      JSON.parse(json);
    },
  );

  test.each(Object.entries(says(words)))('%s: as JSON', async (_where, script) => {
    provider.play(script);
    const { stdout, stderr } = await machine.run(flags('--json', '--show-claims'), { openUrl: followRedirects });
    expectHarmless(stdout, 'stdout');
    expectHarmless(stderr, 'stderr');
    JSON.parse(stdout);
  });

  test('in every report of smoke', async () => {
    const password = '$' + '{OIDC_CLI_PASSWORD}';
    const check = { profile: { issuer: provider.issuer, clientId: 'app' }, user: 'alice', password };
    const redirectUri = 'http://localhost:8484/callback';
    for (const [where, script] of Object.entries(says(words))) {
      provider.play(script);
      const checks = [{ ...check, name: where, redirectUri, expect: { claims: { name: 'Alice Example' } } }];
      await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ checks }));
      const files = ['terminal', 'json', 'junit', 'tap', 'github', 'prometheus'];
      const reporters = files.flatMap((name) => ['--reporter', `${name}=report.${name}`]);
      const summary = join(machine.home, 'summary.md');
      await writeFile(summary, '');
      const env = { OIDC_CLI_PASSWORD: 'a-password', GITHUB_STEP_SUMMARY: summary };
      const { stdout, stderr } = await machine.run(['smoke', ...reporters, '--reporter', 'github'], { env });
      expectHarmless(stdout + stderr, `the terminal, ${where}`);
      for (const name of files) {
        const report = await readFile(join(machine.home, `report.${name}`), 'utf8');
        expectHarmless(report, `${name}, ${where}`);
        expect(report.length, `${name}, ${where}`).toBeLessThan(longest);
        if (name === 'json') expect(JSON.parse(report).checks).toHaveLength(1);
        if (name === 'junit') expect(await junitErrors(report), where).toEqual([]);
        if (name === 'tap') expect(Parser.parse(report).filter(([event]) => event === 'assert')).toHaveLength(1);
      }
      expectHarmless(await readFile(summary, 'utf8'), `the summary, ${where}`);
    }
  });

  test('in a session, wherever it is looked at', async () => {
    provider.play(says(words)['in claims and their names'] ?? {});
    const { code, stderr } = await machine.run(flags(), { openUrl: followRedirects });
    expect(code, stderr).toBe(0);
    for (const argv of [
      ['whoami', '--claims', '--userinfo'],
      ['whoami', '--all'],
      ['userinfo'],
      ['inspect'],
      ['inspect', '--offline'],
    ]) {
      for (const more of [[], ['--json']]) {
        const shown = await machine.run([...argv, ...more]);
        expect(shown.code, shown.stderr).toBe(0);
        expectHarmless(shown.stdout + shown.stderr, [...argv, ...more].join(' '));
      }
    }
  });

  test('in what is kept of a sign-in page', async () => {
    const dressed = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const body = `<!doctype html><title>${dressed}</title><p role="alert">${dressed}</p><form><input name="u" aria-label="${dressed.replaceAll('"', '&quot;')}"><button>${dressed}</button></form>`;
    provider.play({ page: { status: 400, headers: { 'content-type': 'text/html; charset=utf-8' }, body } });
    const automation = ['--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD', '--keep-evidence', 'kept'];
    const { code, stdout, stderr } = await machine.run(flags(...automation), { env: { PASSWORD: 'a-password' } });
    expect(code).not.toBe(0);
    expectHarmless(stdout + stderr, 'the terminal');
    const folder = join(machine.home, 'kept');
    const files = await readdir(folder);
    expect(files).toHaveLength(1);
    for (const file of files) {
      const text = await readFile(join(folder, file), 'utf8');
      expect(text).toContain('status 400');
      expectHarmless(text, 'the evidence');
    }
  });
});

test.each(Object.entries(KINDS))('%s in a token or code that is pasted', async (_kind, words) => {
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
  const token = `${part({ alg: words, typ: words, kid: words })}.${part({ iss: words, [words]: words, exp: 1 })}.c2ln`;
  const address = `http://localhost/callback?${new URLSearchParams({ error: words, error_description: words, [words]: words })}`;
  for (const stdin of [token, address, words, JSON.stringify({ id_token: words, [words]: words })]) {
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await machine.run(['inspect', '-', ...more], { stdin });
      expectHarmless(stdout + stderr, stdin.slice(0, 20));
    }
  }
  const { stdout, stderr } = await machine.run(['explain', `invalid_grant: ${words}`]);
  expectHarmless(stdout + stderr, 'explain');
});
