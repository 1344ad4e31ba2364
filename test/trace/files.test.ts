import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { har as validateHar } from 'har-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CookieBrowser } from '../support/cookie-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { createMachine, type Machine } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';
import { ALICE, demo, ENV } from '../support/smoke-plan.js';
import { traced, traceJson } from './traced.js';

let provider: ScriptedProvider;
let machine: Machine;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
beforeEach(async () => {
  provider.play({});
  machine = await createMachine();
  return () => machine.remove();
});
afterAll(() => provider.close());

const login = (...flags: string[]) => [
  ...['login', '--issuer', provider.issuer, '--client-id', 'app', '--redirect-uri', 'http://127.0.0.1:0/callback'],
  ...flags,
];
const deps = { openUrl: followRedirects };

describe('the whole of a sign-in', () => {
  test('stands in order in the JSON file, the part of the browser too', async () => {
    const { json, code } = await traced(machine, login(), deps);
    expect(code).toBe(0);
    const trace = traceJson(json);
    expect(trace).toMatchObject({
      format: 'oidc-cli trace',
      formatVersion: 1,
      command: 'login',
      exitCode: 0,
      error: null,
    });
    expect(trace.events.map(({ number }) => number)).toEqual(trace.events.map((_event, index) => index + 1));
    const inOrder = trace.events.filter(({ step }) => /request|response|checks|saved/.test(step));
    expect(inOrder.map(({ step, from, to }) => `${step}: ${from} > ${to}`)).toEqual([
      'authorization request: browser > provider',
      'authorization response: browser > cli',
      'token request: cli > provider',
      'ID token checks: cli > cli',
      'userinfo request: cli > provider',
      'session saved: cli > cli',
    ]);
    const steps = trace.events.map(({ step }) => step);
    expect(steps).toEqual(expect.arrayContaining(['discovery', 'key set', 'listening', 'userinfo compared']));
    const { checks = [] } = trace.events.find(({ step }) => step === 'ID token checks') ?? {};
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['signature', 'iss', 'aud', 'exp', 'nonce']));
  });

  test('says of each parameter why it was sent', async () => {
    const { stderr, json } = await traced(machine, login(), deps);
    expect(stderr).toContain('RFC 7636 §4.5');
    const request = traceJson(json).events.find(({ step }) => step === 'authorization request');
    expect(request?.query?.filter(({ why }) => why === undefined)).toEqual([]);
  });

  test('is a valid HTTP Archive, with the requests of the browser', async () => {
    const { har } = await traced(machine, login(), deps);
    const archive = JSON.parse(har);
    await expect(validateHar(archive)).resolves.toBeTruthy();
    const { entries, version } = archive.log;
    expect(version).toBe('1.2');
    const of = (step: string) => entries.find((entry: { _step: string }) => entry._step === step);
    expect(of('token request')).toMatchObject({ request: { method: 'POST' }, response: { status: 200 } });
    expect(new URLSearchParams(of('token request').request.postData.text).get('code')).toMatch(/^secret#\d+$/);
    expect(new URL(of('authorization request').request.url).searchParams.get('state')).toMatch(/^secret#\d+$/);
    expect(of('authorization response').response.status).toBe(0);
    expect(JSON.parse(of('discovery').response.content.text)).toMatchObject({ issuer: provider.issuer });
  });

  test('keeps the members of its own apart, and what it says adds up', async () => {
    const idp = await identityProvider();
    const argv = ['login', '--issuer', idp.issuer, '--client-id', 'demo', '--redirect-uri', 'http://127.0.0.1:0/back'];
    const automation = ['--with', 'http', '--user', 'alice', '--password-env', 'OIDC_CLI_ALICE'];
    const { har, code, stderr } = await traced(machine, [...argv, ...automation], { env: ENV });
    expect(code, stderr).toBe(0);
    const archive = JSON.parse(har);
    await expect(validateHar(archive)).resolves.toBeTruthy();
    expect(foreignMembers(archive.log)).toEqual([]);
    const { entries, pages } = archive.log;
    expect(pages).toMatchObject([{ title: 'oidc-cli login' }]);
    for (const entry of entries) {
      expect(entry.pageref).toBe(pages[0].id);
      // HAR 1.2: -1 is no time, and connect includes ssl.
      const { blocked = 0, dns = 0, connect = 0, send, wait, receive } = entry.timings;
      const parts = [blocked, dns, connect, send, wait, receive].map((part) => Math.max(0, part));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(entry.time);
      const { request, response } = entry;
      expect(new URL(request.url).search).toBe(
        request.queryString.length === 0
          ? ''
          : `?${new URLSearchParams(request.queryString.map(({ name, value }: HarPair) => [name, value]))}`,
      );
      for (const { value } of [...request.cookies, ...response.cookies]) expect(value).toMatch(/^(secret#\d+)?$/);
    }
    const pageEntries = entries.filter((entry: { _step: string }) => entry._step === 'sign-in page');
    const posted = pageEntries.find((entry: { request: { method: string } }) => entry.request.method === 'POST');
    expect(posted.request.postData.mimeType).toBe('application/x-www-form-urlencoded');
    expect(new URLSearchParams(posted.request.postData.text).get('password')).toMatch(/^secret#\d+$/);
    expect(posted.request.cookies.map(({ name }: HarPair) => name)).toContain('idp_interaction');
    expect(posted.serverIPAddress).toBe('127.0.0.1');
    expect(posted.response).toMatchObject({ status: 303, statusText: 'See Other' });
    expect(posted.response.redirectURL).toMatch(/^http:\/\/127\.0\.0\.1/);
    // Every cookie of an answer, not the last one alone.
    expect(pageEntries[0].response.cookies.map(({ name }: HarPair) => name)).toEqual(
      expect.arrayContaining(['idp_interaction', 'idp_interaction.sig', 'idp_resume']),
    );
    const [cookie] = pageEntries[0].response.cookies;
    expect(cookie).toMatchObject({ httpOnly: true, secure: false, expires: expect.stringMatching(/^\d{4}-.*Z$/) });
  });

  test('has an answer that came as a form as a form', async () => {
    const openUrl = async (url: string) => {
      const browser = new CookieBrowser();
      const page = await (await browser.open(url)).text();
      const fields = new URLSearchParams();
      for (const [, name = '', value = ''] of page.matchAll(/name="([^"]*)" value="([^"]*)"/g)) fields.set(name, value);
      await browser.open(/action="([^"]*)"/.exec(page)?.[1] ?? '', { method: 'POST', body: fields });
    };
    const { har, code, stderr } = await traced(machine, login('--response-mode', 'form_post'), { openUrl });
    expect(code, stderr).toBe(0);
    const { entries } = JSON.parse(har).log;
    const { request } = entries.find((entry: { _step: string }) => entry._step === 'authorization response');
    expect(request).toMatchObject({ method: 'POST', queryString: [] });
    expect(new URLSearchParams(request.postData.text).get('code')).toMatch(/^secret#\d+$/);
  });

  test.each([
    ['when the token endpoint is broken', { token: () => ({ status: 500, body: 'it broke' }) }, 'token_endpoint_error'],
    ['when no answer comes', { discovery: () => ({ status: 404, body: 'nothing here' }) }, 'discovery_not_found'],
  ])('is a valid HTTP Archive %s', async (_when, script, _code) => {
    provider.play(script);
    const { har, code } = await traced(machine, login(), deps);
    expect(code).not.toBe(0);
    await expect(validateHar(JSON.parse(har))).resolves.toBeTruthy();
  });
});

interface HarPair {
  readonly name: string;
  readonly value: string;
}

/** What HTTP Archive 1.2 has in each of its objects; anything else has to begin with an underscore. */
const HAR_MEMBERS: Readonly<Record<string, string>> = {
  log: 'version creator browser pages entries comment',
  creator: 'name version comment',
  pages: 'startedDateTime id title pageTimings comment',
  pageTimings: 'onContentLoad onLoad comment',
  entries: 'pageref startedDateTime time request response cache timings serverIPAddress connection comment',
  request: 'method url httpVersion cookies headers queryString postData headersSize bodySize comment',
  response: 'status statusText httpVersion cookies headers content redirectURL headersSize bodySize comment',
  cookies: 'name value path domain expires httpOnly secure sameSite comment',
  headers: 'name value comment',
  queryString: 'name value comment',
  postData: 'mimeType params text comment',
  content: 'size compression mimeType text encoding comment',
  cache: 'beforeRequest afterRequest comment',
  timings: 'blocked dns connect send wait receive ssl comment',
};

function foreignMembers(value: object, of = 'log'): string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name.startsWith('_')) return [];
    if (!HAR_MEMBERS[of]?.split(' ').includes(name)) return [`${of}.${name}`];
    const several: unknown[] = Array.isArray(inner) ? inner : [inner];
    return several.flatMap((each) => (typeof each === 'object' && each !== null ? foreignMembers(each, name) : []));
  });
}

describe('on stderr', () => {
  test('-v is one line for each request and step, and the data on stdout is the same', async () => {
    const { stderr, stdout, code } = await machine.run(login('-v', '--json'), deps);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ subject: 'user-1' });
    const lines = stderr.split('\n').filter((line) => line.startsWith('· '));
    const plain = lines.map((line) =>
      line.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST').replaceAll(/\d+ (ms|bytes)/g, 'N $1'),
    );
    expect(plain.filter((line) => /discovery|token request|checks/.test(line))).toEqual([
      '· discovery: GET http://HOST/.well-known/openid-configuration → 200 OK N ms, N bytes',
      '· token request: POST http://HOST/token → 200 OK N ms, N bytes',
      '· ID token checks: 14 made, none failed',
    ]);
  });

  test('--trace ends with the time of each request', async () => {
    const { stderr } = await traced(machine, login(), deps);
    const [, table = ''] = /\nTime\n([\s\S]*?)\nTrace written/.exec(stderr) ?? [];
    const plain = table.split('\n').map((line) => line.replace(/ +\d+ ms.*/, '').replace(/^ {2}\[\d+\] +/, ''));
    expect(plain.slice(0, -1)).toEqual([
      'discovery',
      'key set',
      'sign-in at the provider',
      'token request',
      'userinfo request',
    ]);
    expect(table).toMatch(/ms in all: 4 requests \d+ ms, browser \d+ ms, oidc-cli itself \d+ ms$/);
  });

  test('no line of it is written without these flags', async () => {
    const { stderr } = await machine.run(login(), deps);
    expect(stderr).not.toMatch(/^[·┌│└]|Trace written/m);
    expect(await readdir(machine.home)).not.toContain('trace.html');
  });
});

describe('a file', () => {
  test('is for its owner alone, and replaces an older one that was not', async () => {
    const file = join(machine.home, 'out.json');
    await writeFile(file, 'old', { mode: 0o644 });
    const { stderr } = await machine.run(login('--trace-file', 'out.json'), deps);
    expect(stderr).toMatch(/Trace written to .*out\.json\n$/);
    expect(traceJson(await readFile(file, 'utf8')).exitCode).toBe(0);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(machine.home)).filter((name) => name.startsWith('out.json'))).toEqual(['out.json']);
  });

  test('that cannot be written is told before anything is asked of the provider', async () => {
    await mkdir(join(machine.home, 'taken.html'));
    const { code, stdout } = await machine.run(login('--trace-file', 'taken.html', '--json'), deps);
    expect(code).toBe(3);
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({ code: 'report_unwritable' });
    expect(error.fix).toContain('--trace-file');
    expect(provider.requests('/.well-known/openid-configuration')).toEqual([]);
  });

  test('of another kind is refused', async () => {
    const { code, stderr } = await machine.run(login('--trace-file', 'out.txt'), deps);
    expect(code).toBe(2);
    expect(stderr).toContain('neither in .har nor in .json nor in .html');
  });

  test('that is not there makes --with-claims a mistake', async () => {
    expect((await machine.run(login('--trace', '--with-claims'), deps)).code).toBe(2);
  });

  test('is written when the command fails, with the explanation', async () => {
    provider.play({ claims: { nonce: 'another' } });
    const { code, json } = await traced(machine, login(), deps);
    expect(code).toBe(7);
    expect(traceJson(json)).toMatchObject({ exitCode: 7, error: { code: 'id_token_nonce_mismatch' } });
    const { checks = [] } = traceJson(json).events.find(({ step }) => step === 'ID token checks') ?? {};
    expect(checks.find(({ name }) => name === 'nonce')?.verdict).toBe('fail');
  });

  test('is written when nobody is there to answer', async () => {
    const argv = [
      'login',
      '--issuer',
      'http://127.0.0.1:9',
      '--client-id',
      'app',
      '--redirect-uri',
      'http://127.0.0.1:0/callback',
    ];
    const { code, json } = await traced(machine, argv, deps);
    expect(code).toBe(8);
    const discovery = traceJson(json).events.find(({ step }) => step === 'discovery');
    expect(discovery?.response).toBeNull();
    expect(discovery?.failure).toContain('network_refused');
  });

  test('is written when the command is interrupted', async () => {
    const interrupted = new AbortController();
    const openUrl = async () => interrupted.abort();
    const { code, json } = await traced(machine, login(), { openUrl, signal: interrupted.signal });
    expect(code).toBe(130);
    const trace = traceJson(json);
    expect(trace.error?.code).toBe('interrupted');
    expect(trace.events.map(({ step }) => step)).toContain('authorization request');
  });
});

test('the checks of a smoke run are told apart', async () => {
  const idp = await identityProvider();
  const checks = ['first', 'second'].map((name) => ({ name, profile: demo(idp.issuer) }));
  await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
  const { code, json, stderr, outputs } = await traced(machine, ['smoke'], { env: ENV });
  expect(code, stderr).toBe(0);
  const { events } = traceJson(json);
  for (const about of ['first', 'second']) {
    const steps = events.filter((event) => event.about === about).map(({ step }) => step);
    expect(steps).toEqual(
      expect.arrayContaining(['authorization request', 'authorization response', 'token request', 'ID token checks']),
    );
  }
  expect(stderr).toContain('token request (second)');
  // The pages that a check signs in on are its own, and so is its verdict.
  const second = events.filter((event) => event.about === 'second');
  expect(second.filter(({ step }) => step === 'sign-in page').length).toBeGreaterThan(3);
  expect(second.at(-1)).toMatchObject({ step: 'check judged', verdict: 'pass' });
  for (const output of Object.values(outputs)) expect(output).not.toContain('alice-password');
});

describe('every command', () => {
  test('has the flags, and none refuses them as its own', async () => {
    const { stdout } = await machine.run(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
    expect(commands).toEqual(expect.arrayContaining(['login', 'logout', 'token', 'profile', 'smoke', 'doctor', 'idp']));
    const all = [...commands.map((name) => [name]), ['profile', 'list'], ['profile', 'add'], ['smoke', 'init']];
    for (const command of all) {
      const { stdout: help } = await machine.run([...command, '--help']);
      for (const flag of ['--trace ', '-v, --verbose', '--trace-file <file>', '--with-claims']) {
        expect(help, command.join(' ')).toContain(flag);
      }
    }
  });

  test.each([
    ['whoami', '--userinfo'],
    ['userinfo'],
    ['token', '--refresh'],
    ['profile', 'list'],
    ['profile', '--json'],
    ['logout'],
  ])('%s %s is traced under its name', async (...argv) => {
    await machine.run(login('--scope', 'openid offline_access'), deps);
    const { code, json, stderr } = await traced(machine, argv, deps);
    expect(code, stderr).toBe(0);
    const { command } = traceJson(json);
    expect(command).toBe(argv[0] === 'profile' ? 'profile list' : argv[0]);
  });

  test('in two steps is traced in both', async () => {
    const flags = [
      '--issuer',
      provider.issuer,
      '--client-id',
      'app',
      '--redirect-uri',
      'http://127.0.0.1:8484/callback',
    ];
    const start = await traced(machine, ['login', ...flags, '--start', '--json'], deps);
    expect(start.code, start.stderr).toBe(0);
    expect(traceJson(start.json).events.map(({ step }) => step)).toContain('authorization request');
    const { authorizationUrl } = JSON.parse(start.stdout);
    const response = await fetch(authorizationUrl, { redirect: 'manual' });
    const callback = response.headers.get('location') ?? '';
    const finish = await traced(machine, ['login', '--callback-url', callback], deps);
    expect(finish.code, finish.stderr).toBe(0);
    expect(finish.json).not.toContain(new URL(callback).searchParams.get('code'));
    expect(traceJson(finish.json).events.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['authorization response', 'token request', 'session saved']),
    );
  });
});
