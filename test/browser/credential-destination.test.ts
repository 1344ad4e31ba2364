// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { opensslPresent } from '../support/certificates.js';
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
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { formsOf } from '../support/secret-forms.js';

// The provider's metadata and tokens are on loopback; its sign-in pages are at a name that is not.
const ISSUER = 'https://id.example.test';
const PARTNER = 'https://login.partner.test';
const PARTNER_STS = 'https://sts.partner.test';
const STRANGER = 'http://stranger.test';
const USER = 'sam@example.com';
const PASSWORD = 'Pä$$ "w0rd" & <more>/+ü';
const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

let internet: Internet;
let provider: ScriptedProvider;
let machine: Machine;
/** The query of the authorization request. */
let asked = '';

const fields = SIGN_IN_FIELDS;
const form = (attributes: string, inner = fields, button = '<button>Sign in</button>') =>
  page(`<form method="post" ${attributes}>${inner}${button}</form>`);
/** Sends the browser to the provider, which sends it back with a code. */
const done = () => redirect(302, `${provider.issuer}/authorize${asked}`);

/** The first page of the sign-in, and other hosts. */
function play(first: (request: Arrived) => Answer, hosts: Hosts = {}): void {
  internet.play({
    [`${ISSUER}/authorize`]: (request) => {
      asked = request.url.search;
      return first(request);
    },
    [STRANGER]: done,
    [PARTNER]: done,
    [PARTNER_STS]: done,
    ...hosts,
  });
}

async function signIn(flags: readonly string[] = [], issuer = provider.issuer) {
  const { env, caFile } = internet;
  const common = ['--issuer', issuer, '--client-id', 'demo', '--port', '0', '--ca', caFile, '--no-userinfo'];
  const who = ['--user', USER, '--password-env', 'PASSWORD', '--totp-env', 'TOTP', '--timeout', '60'];
  const argv = ['login', ...common, ...who, '--json', ...flags];
  const finished = await machine.run(argv, { env: { ...env, PASSWORD, TOTP } });
  const { error } = JSON.parse(finished.stdout) as { error?: Failure };
  for (const secret of formsOf(PASSWORD)) expect(finished.stdout + finished.stderr).not.toContain(secret);
  return { ...finished, error };
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly exitCode: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Neither the user name nor the password has come to an origin, in any form. */
function nothingAt(origin: string): void {
  const received = internet.received(origin);
  for (const secret of [...formsOf(PASSWORD), ...formsOf(USER)]) expect(received).not.toContain(secret);
}

const tools = requirement('openssl', opensslPresent(), 'makes the certificates of the sign-in pages');

beforeAll(async () => {
  if (!tools) return;
  const names = ['id.example.test', 'login.partner.test', 'sts.partner.test', 'stranger.test'];
  [internet, provider, machine] = await Promise.all([startInternet(names), startScriptedProvider(), createMachine()]);
  atEndOfFile(() => Promise.all([provider.close(), machine.remove()]));
  provider.play({ metadata: { authorization_endpoint: `${ISSUER}/authorize` } });
});

/** Pages that lead to a plain-http stranger, each by another means. */
const toStranger: [string, (request: Arrived) => Answer, Hosts?][] = [
  ['a form action', () => form(`action="${STRANGER}/x"`)],
  ['formaction', () => form('action="/login"', fields, `<button formaction="${STRANGER}/x">Sign in</button>`)],
  [
    '<base>',
    () => page(`<form method="post" action="x">${fields}<button>Sign in</button></form>`, `<base href="${STRANGER}/">`),
  ],
  ...([302, 303, 307, 308] as const).map(
    (status) =>
      [
        `a ${status} to its sign-in page`,
        () => redirect(status, `${STRANGER}/login`),
        { [STRANGER]: () => form('') },
      ] satisfies (typeof toStranger)[number],
  ),
  ...([307, 308] as const).map(
    (status) =>
      [
        `a ${status} of the posted form`,
        () => form('action="/login"'),
        { [`${ISSUER}/login`]: () => redirect(status, `${STRANGER}/x`) },
      ] satisfies (typeof toStranger)[number],
  ),
  [
    'a 302 that repeats the password',
    () => form('action="/login"'),
    {
      [`${ISSUER}/login`]: ({ form: posted }) =>
        redirect(302, `${STRANGER}/?p=${encodeURIComponent(posted.get('pass') ?? '')}`),
    },
  ],
  [
    'a meta refresh to its sign-in page',
    () => page('<p>One moment</p>', `<meta http-equiv="refresh" content="0;url=${STRANGER}/login">`),
    { [STRANGER]: () => form('') },
  ],
  [
    'a meta refresh that repeats the password',
    () => form('action="/login"'),
    {
      [`${ISSUER}/login`]: ({ form: posted }) =>
        page(
          '<p>One moment</p>',
          `<meta http-equiv="refresh" content="0;url=${STRANGER}/?p=${encodeURIComponent(posted.get('pass') ?? '')}">`,
        ),
    },
  ],
  [
    'a GET form',
    () =>
      page(
        `<form action="${STRANGER}/x"><label>User name <input name="user"></label><label>Password <input name="pass" type="text"></label><button>Sign in</button></form>`,
      ),
  ],
  [
    'a form for the user name alone',
    () => form(`action="${STRANGER}/x"`, '<label>User name <input name="user"></label>'),
  ],
  [
    'a hidden form that repeats the password',
    () => form('action="/login"'),
    {
      [`${ISSUER}/login`]: ({ form: posted }) =>
        page(
          `<form method="post" action="${STRANGER}/x"><input type="hidden" name="t" value="${Buffer.from(posted.get('pass') ?? '').toString('base64')}"></form><script>document.forms[0].submit()</script>`,
        ),
    },
  ],
];

describe.runIf(tools)('by http', () => {
  test.each(toStranger)('%s brings nothing to a stranger on plain http', async (_name, first, hosts) => {
    play(first, hosts);
    const { code, error } = await signIn(['--with', 'http']);
    nothingAt(STRANGER);
    expect(error).toMatchObject({ code: 'sign_in_unsafe_destination', exitCode: 3 });
    expect(error?.message).toContain(STRANGER);
    expect(code).toBe(3);
  });

  test.each(['text', 'password'])('a password is not sent in the query of a GET form with a %s field', async (type) => {
    play(() =>
      page(
        `<form action="/login"><label>User name <input name="user"></label><label>Password <input name="pass" type="${type}"></label><button>Sign in</button></form>`,
      ),
    );
    const { error } = await signIn(['--with', 'http']);
    nothingAt(ISSUER);
    expect(error?.code).toBe(type === 'text' ? 'sign_in_unsafe_destination' : 'sign_in_script_needed');
  });

  test('a failure says what was sent where before, and offers no flag that would not help', async () => {
    play(() => form('action="/login"'), {
      [`${ISSUER}/login`]: () =>
        form(
          `action="${STRANGER}/code"`,
          '<label>One-time code <input name="otp" autocomplete="one-time-code"></label>',
        ),
    });
    const { error, stderr } = await signIn(['--with', 'http']);
    expect(internet.received(STRANGER)).toBe('');
    expect(error?.message).toBe(
      `The one-time code would have been sent by the page at ${ISSUER} to ${STRANGER} over plain http. The request was stopped. Sent before: user name and password to ${ISSUER}.`,
    );
    expect(error?.fix).not.toContain('--');
    expect(stderr).not.toContain(TOTP);
  });

  test.each([
    ['the action of a form', () => form(`action="${PARTNER}/login"`), {}],
    ['a 307', () => form('action="/login"'), { [`${ISSUER}/login`]: () => redirect(307, `${PARTNER}/login`) }],
    ['a 308', () => form('action="/login"'), { [`${ISSUER}/login`]: () => redirect(308, `${PARTNER}/login`) }],
  ])('%s brings credentials to another site only where its host is allowed', async (_name, first, hosts: Hosts) => {
    play(first, hosts);
    const { error } = await signIn(['--with', 'http']);
    nothingAt(PARTNER);
    expect(error).toMatchObject({ code: 'sign_in_unsafe_destination', facts: { problem: 'another site' } });
    const flag = /--allow-credentials-to \S+(?=\.)/.exec(error?.fix ?? '')?.[0] ?? '';
    expect(flag).toBe('--allow-credentials-to login.partner.test');
    expect((await signIn(['--with', 'http', '--allow-credentials-to', 'sts.partner.test'])).error?.code).toBe(
      'sign_in_unsafe_destination',
    );
    nothingAt(PARTNER);
    expect((await signIn(['--with', 'http', ...flag.split(' ')])).code).toBe(0);
    expect(internet.received(PARTNER)).toContain('pass=');
  });

  test('an allowed host is allowed over https alone, and as a host', async () => {
    play(() => form(`action="${STRANGER}/x"`));
    const { error } = await signIn(['--with', 'http', '--allow-credentials-to', 'stranger.test']);
    nothingAt(STRANGER);
    expect(error?.code).toBe('sign_in_unsafe_destination');
    for (const host of ['https://login.partner.test', 'login.partner.test/path', '*.partner.test', '']) {
      const { error: usage } = await signIn(['--with', 'http', '--allow-credentials-to', host]);
      expect(usage, host).toMatchObject({ code: 'usage' });
    }
    expect(
      (await signIn(['--with', 'command', '--browser', 'x', '--allow-credentials-to', 'a.test'])).error?.code,
    ).toBe('usage');
  });

  test('probe takes the flag too, and neither takes it without --with', async () => {
    const probe = ['probe', '--issuer', provider.issuer, '--client-id', 'demo', '--yes', '--json'];
    const usage = async (argv: readonly string[]) => JSON.parse((await machine.run(argv)).stdout).error;
    const invalid = ['--with', 'http', '--user', USER, '--allow-credentials-to', 'https://a.test'];
    expect(await usage([...probe, ...invalid])).toMatchObject({
      code: 'usage',
      facts: { flag: '--allow-credentials-to' },
    });
    const alone = await usage([...probe, '--allow-credentials-to', 'a.test']);
    expect(alone).toMatchObject({ code: 'usage', exitCode: 2 });
    expect(alone.message).toContain('--allow-credentials-to');
  });

  test('a page that redirects lead to asks for credentials and posts to its own site', async () => {
    play(() => redirect(302, `${PARTNER}/login?login_hint=${USER}`), {
      [`${PARTNER}/login`]: () => form(`action="${PARTNER_STS}/check"`),
    });
    expect((await signIn(['--with', 'http'])).code).toBe(0);
    expect(internet.received(PARTNER_STS)).toContain('pass=');
    // It fails later: that the partner has the password is said all the same.
    provider.play({ ...script(), token: () => ({ status: 400, body: { error: 'invalid_grant' } }) });
    try {
      const { error } = await signIn(['--with', 'http']);
      expect(error?.code).toBe('invalid_grant');
      expect(error?.message).toContain(`Sent before: user name and password to ${PARTNER_STS}.`);
    } finally {
      provider.play(script());
    }
  });

  test('a SAML request and response that pages post by script lead through the sign-in of another site', async () => {
    const posting = (action: string, name: string, value: string) =>
      page(
        `<form method="post" action="${action}"><input type="hidden" name="${name}" value="${value}"></form><script>document.forms[0].submit()</script>`,
      );
    const response = Buffer.from(`<Response><NameID>${USER}</NameID></Response>`).toString('base64');
    play(() => posting(`${PARTNER}/saml`, 'SAMLRequest', 'abc'), {
      [`${PARTNER}/saml`]: () => form('action="/check"'),
      [`${PARTNER}/check`]: () => posting(`${ISSUER}/acs`, 'SAMLResponse', response),
      [`${ISSUER}/acs`]: done,
    });
    const { code } = await signIn(['--with', 'http']);
    expect(code).toBe(0);
    expect(internet.received(ISSUER)).toContain(encodeURIComponent(response));
  });

  test("with --allow-http credentials go to the issuer's own http origin and to no other", async () => {
    const issuer = 'http://id.corp.test';
    const forward = ({ url, form: posted, method }: Arrived): Answer => {
      if (url.pathname === '/authorize') {
        asked = url.search;
        return form('action="/login"');
      }
      expect([method, posted.get('pass')]).toEqual(['POST', PASSWORD]);
      return done();
    };
    provider.play({
      metadata: { issuer, authorization_endpoint: `${issuer}/authorize` },
      discovery: (honest) => ({ body: honest }),
      claims: { iss: issuer },
      authorization: { iss: issuer },
    });
    const wellKnown = await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).text();
    const hosts = {
      [`${issuer}/.well-known/openid-configuration`]: () => ({
        headers: { 'content-type': 'application/json' },
        body: wellKnown,
      }),
    };
    try {
      internet.play({ ...hosts, [issuer]: forward });
      const { code } = await signIn(['--with', 'http', '--allow-http'], issuer);
      expect(code).toBe(0);
      internet.play({
        ...hosts,
        [issuer]: (request) => (request.url.pathname === '/authorize' ? form(`action="${STRANGER}/x"`) : ''),
      });
      const { error } = await signIn(['--with', 'http', '--allow-http'], issuer);
      expect(error).toMatchObject({ code: 'sign_in_unsafe_destination', facts: { problem: 'plain http' } });
      expect(internet.received(STRANGER)).toBe('');
    } finally {
      provider.play(script());
    }
  });

  test('a password that a page puts into an address is in no trace', async () => {
    play(() => form('action="/login"'), {
      [`${ISSUER}/login`]: ({ form: posted }) =>
        redirect(302, `/next?p=${encodeURIComponent(posted.get('pass') ?? '')}`),
    });
    const trace = join(machine.home, 'trace.json');
    const { error } = await signIn(['--with', 'http', '--trace-file', trace]);
    expect(error).toMatchObject({ code: 'sign_in_unsafe_destination', facts: { problem: 'in the URL' } });
    const text = await readFile(trace, 'utf8');
    expect(text).toContain('/login');
    for (const secret of formsOf(PASSWORD)) expect(text).not.toContain(secret);
  });

  test('a one-time code that a page puts into an address is in no trace', async () => {
    let code = '';
    play(
      () => form('action="/login"', '<label>One-time code <input name="otp" autocomplete="one-time-code"></label>'),
      {
        [`${ISSUER}/login`]: ({ form: posted }) => {
          code = posted.get('otp') ?? '';
          return { status: 302, headers: { location: `/next/${code}?answer=${code}` }, body: `Your code is ${code}` };
        },
      },
    );
    const trace = join(machine.home, 'code.json');
    const { error } = await signIn(['--with', 'http', '--trace-file', trace]);
    expect(error).toMatchObject({ code: 'sign_in_unsafe_destination', facts: { kinds: ['one-time code'] } });
    expect(code).toMatch(/^\d{6}$/);
    expect(await readFile(trace, 'utf8')).not.toContain(code);
  });

  test('a short or common password is found as a value, and not in every address with that word', async () => {
    const words = async (password: string, flags: readonly string[] = []) => {
      const argv = [
        'login',
        '--issuer',
        provider.issuer,
        '--client-id',
        'demo',
        '--port',
        '0',
        '--ca',
        internet.caFile,
      ];
      const env = { ...internet.env, PASSWORD: password };
      return machine.run(
        [...argv, '--with', 'http', '--user', 'sam', '--password-env', 'PASSWORD', '--json', ...flags],
        { env },
      );
    };
    play(() => form('action="/password/login?grant=password1"'), {
      [`${ISSUER}/password/login`]: () => redirect(302, '/done?password=yes'),
      [`${ISSUER}/done`]: done,
    });
    expect((await words('password')).code).toBe(0);
    // A password that is a part of the user name, which the provider may repeat.
    play(() => form('action="/login"'), {
      [`${ISSUER}/login`]: () => redirect(302, '/done?hint=tester01%40example.com'),
      [`${ISSUER}/done`]: done,
    });
    expect((await words('tester01', ['--user', 'tester01@example.com'])).code).toBe(0);
    play(() => form('action="/login"'), {
      [`${ISSUER}/login`]: () => redirect(302, '/done?p=pwd'),
      [`${ISSUER}/done`]: done,
    });
    expect(JSON.parse((await words('pwd')).stdout).error.code).toBe('sign_in_unsafe_destination');
    expect(internet.received(ISSUER)).not.toContain('p=pwd');
  });
});

function script() {
  return { metadata: { authorization_endpoint: `${ISSUER}/authorize` } };
}

describe.runIf(tools)('by smoke', () => {
  const smoke = async (check: Record<string, unknown>, flags: readonly string[] = []) => {
    // The user's own file may name an authority; a plan may not.
    const profiles = { pages: { issuer: provider.issuer, clientId: 'demo', ca: internet.caFile } };
    await writeFile(join(machine.home, 'config.yaml'), JSON.stringify({ profiles }));
    const profile = 'pages';
    const credentials = { user: USER, password: '${OIDC_CLI_PASSWORD}' };
    const plan = { checks: [{ name: 'one', profile, ...credentials, ...check }] };
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify(plan));
    const env = {
      ...internet.env,
      OIDC_CLI_PASSWORD: PASSWORD,
      OIDC_CLI_ANSWER: 'Rosebud 1941!',
    };
    const finished = await machine.run(['smoke', '--json', ...flags], { env });
    for (const secret of formsOf(PASSWORD)) expect(finished.stdout + finished.stderr).not.toContain(secret);
    return { ...finished, document: JSON.parse(finished.stdout) };
  };

  test('the default way sends a stranger nothing and says so', async () => {
    play(() => form(`action="${STRANGER}/x"`));
    const { document, code } = await smoke({});
    nothingAt(STRANGER);
    expect(document.checks[0].error).toMatchObject({ code: 'sign_in_unsafe_destination', exitCode: 3 });
    expect(document.checks[0].error.message).toContain('No credentials were sent.');
    expect(code).toBe(3);
  });

  test('the answer of a step that comes from a variable is a credential', async () => {
    play(() => form('action="/login"'), {
      [`${ISSUER}/login`]: () =>
        form(`action="${STRANGER}/x"`, '<label>Name of your sled <input name="answer"></label>', '<button>Go</button>'),
    });
    const steps = [{ fill: 'Name of your sled', value: '${OIDC_CLI_ANSWER}' }, { click: 'Go' }];
    const { document } = await smoke({ steps });
    expect(internet.received(STRANGER)).toBe('');
    expect(document.checks[0].error.message).toContain(
      `The secret answer would have been sent by the page at ${ISSUER} to ${STRANGER}`,
    );
    expect(document.checks[0].error.message).toContain(`Sent before: user name and password to ${ISSUER}.`);
  });

  test('allowCredentialsTo holds in a trusted plan and is refused in any other', async () => {
    play(() => form(`action="${PARTNER}/login"`));
    const allowed = { allowCredentialsTo: ['login.partner.test'] };
    const refused = await smoke(allowed);
    expect(refused.code).toBe(3);
    expect(refused.document.error).toMatchObject({
      code: 'config_untrusted',
      facts: { key: 'checks.0.allowCredentialsTo' },
    });
    expect(internet.received(ISSUER)).toBe('');
    const without = await smoke({}, ['--trust-project']);
    expect(without.document.checks[0].error).toMatchObject({ code: 'sign_in_unsafe_destination' });
    expect(without.document.checks[0].error.fix).toContain('add to allowCredentialsTo: login.partner.test');
    nothingAt(PARTNER);
    expect((await smoke(allowed, ['--trust-project'])).document.checks[0].verdict).toBe('passed');
    expect(
      (await smoke({ allowCredentialsTo: ['https://login.partner.test'] }, ['--trust-project'])).document.error.code,
    ).toBe('config_file_invalid');
  });
});
