import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenUrl } from '../../src/context.js';
import { CookieBrowser } from '../support/cookie-browser.js';
import { createMachine } from '../support/run.js';
import { type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import {
  asRefused,
  expectFailure,
  type Failure,
  followRedirects,
  loginOn,
  refused,
} from '../support/scripted-sign-in.js';
import { withTimeStopped } from '../support/time.js';

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

/** The provider's answer is an error, described by itself. */
const responses = (error: string, error_description = 'The provider wrote this.') => ({
  authorization: { code: undefined, error, error_description },
});

describe('the provider answers with an error', () => {
  test.each<[string, Failure]>([
    // No person reads a page and presses a button in that time.
    ['access_denied', { code: 'access_denied', because: /not assigned/ }],
    ['login_required', { flags: ['--prompt', 'none'], code: 'login_required', because: /prompt=none was sent/ }],
    ['login_required', { code: 'login_required', says: /did not ask for it/, fix: /--prompt login/ }],
    ['consent_required', { flags: ['--prompt', 'none'], code: 'consent_required', because: /prompt=none was sent/ }],
    ['consent_required', { code: 'consent_required', because: /administrator/ }],
    ['interaction_required', { flags: ['--prompt', 'none'], code: 'interaction_required', fix: /Leave out/ }],
    ['interaction_required', { code: 'interaction_required', because: /second factor/ }],
    ['account_selection_required', { code: 'account_selection_required', fix: /select_account/ }],
    [
      'invalid_scope',
      { flags: ['--scope', 'openid payroll'], code: 'invalid_scope', says: /asked for \(openid payroll\)\./ },
    ],
    ['invalid_target', { flags: ['--resource', 'https://api.example/'], code: 'invalid_target', because: /slash/ }],
    ['invalid_request', { code: 'invalid_request', because: /redirect URI is not registered/ }],
    ['unauthorized_client', { code: 'unauthorized_client', because: /authorization code flow/ }],
    ['unsupported_response_type', { code: 'unsupported_response_type', because: /implicit/ }],
    ['server_error', { code: 'provider_server_error', because: /provider’s side/ }],
    ['temporarily_unavailable', { code: 'provider_unavailable', fix: /later/ }],
    ['blocked_by_policy_7', { code: 'authorization_refused', because: /standard does not know/ }],
  ])('%s (%#)', async (error, failure) => {
    const finished = await expectFailure(provider, { ...failure, script: responses(error) });
    expect(finished.error.message).toMatch(new RegExp(`It says: ${error}: "The provider wrote this\\."$`));
    expect(finished.error.facts).toMatchObject({ error, description: 'The provider wrote this.' });
    expect(provider.requests('/token')).toEqual([]);
  });

  test('without a word of description', async () => {
    const script = { authorization: { code: undefined, error: 'access_denied' } };
    const { error } = await expectFailure(provider, { script, code: 'access_denied' });
    expect(error.message).toBe('The sign-in was denied at the provider. It says: access_denied.');
  });

  test('with words that would drive the terminal: they are shown as text', async () => {
    provider.play(responses('access_denied', 'no\u001b[2Jthing\r\n\u202eevil'));
    const machine = await createMachine();
    const { stderr } = await loginOn(machine, provider.issuer);
    await machine.remove();
    expect(stderr).toContain('access_denied: "no\\u{1b}[2Jthing\\u{d}\\u{a}\\u{202e}evil"');
    expect(stderr.includes('\u001b') || stderr.includes('\u202e')).toBe(false);
  });
});

describe('the answer is not one to be believed', () => {
  test.each<[string, Failure]>([
    [
      'another iss (RFC 9207)',
      {
        script: { authorization: { iss: 'https://evil.example' } },
        code: 'callback_issuer_mismatch',
        says: /its "iss" is "https:\/\/evil\.example"\.$/,
      },
    ],
    [
      'no iss, where it is announced',
      {
        script: { authorization: { iss: undefined } },
        code: 'callback_issuer_mismatch',
        says: /its "iss" is absent\.$/,
        because: /announces that it names itself .+, and does not/,
      },
    ],
    [
      'another iss, where none is announced',
      {
        script: {
          metadata: { authorization_response_iss_parameter_supported: undefined },
          authorization: { iss: 'https://evil.example' },
        },
        code: 'callback_issuer_mismatch',
      },
    ],
    [
      'another iss beside an error: the error is not believed',
      {
        script: { authorization: { iss: 'https://evil.example', code: undefined, error: 'access_denied' } },
        code: 'callback_issuer_mismatch',
      },
    ],
    [
      'no code',
      {
        script: { authorization: { code: undefined } },
        code: 'callback_invalid',
        says: /it has neither a code nor an error\.$/,
        fix: /it held: state, iss\.$/,
      },
    ],
    ['an empty code', { script: { authorization: { code: '' } }, code: 'callback_invalid', says: /neither a code/ }],
    [
      'tokens beside the code',
      {
        script: { authorization: { id_token: 'a.b.c' } },
        code: 'callback_invalid',
        says: /it holds a token, as in the implicit and hybrid flows\.$/,
        because: /another flow/,
      },
    ],
    [
      'a signed response nobody asked for',
      {
        script: { authorization: { code: undefined, response: 'a.b.c' } },
        code: 'callback_invalid',
        says: /\(JARM\), which was not asked for\.$/,
        because: /response mode/,
      },
    ],
  ])('%s', async (_name, failure) => {
    await expectFailure(provider, failure);
    expect(provider.requests('/token')).toEqual([]);
  });

  test('no iss is fine where none is announced', async () => {
    const machine = await createMachine();
    provider.play({
      metadata: { authorization_response_iss_parameter_supported: undefined },
      authorization: { iss: undefined },
    });
    expect((await loginOn(machine, provider.issuer)).code).toBe(0);
    await machine.remove();
  });
});

describe('no answer comes', () => {
  const redirectOf = async (url: string) =>
    (await new CookieBrowser().authorizationRequest(url)).searchParams.get('redirect_uri') ?? '';

  /** A sign-in whose seconds are over as soon as the browser has done its part. */
  const timedOut = (seconds: number, browse: OpenUrl, script: Script = {}) =>
    withTimeStopped(async (pass) => {
      const openUrl: OpenUrl = async (url) => {
        await browse(url);
        pass(seconds);
      };
      return (await refused(provider, script, ['--timeout', String(seconds)], { openUrl })).error;
    });

  test('and nobody was there: the redirect URI is the likely cause, with what to register', async () => {
    // Its page cannot be looked at either, so that nothing more is known.
    const hidden = { metadata: { authorization_endpoint: 'http://127.0.0.1:1/authorize' } };
    const error = await timedOut(1, async () => {}, hidden);
    expect(error).toMatchObject({ code: 'login_timeout', exitCode: 6 });
    const uri = String(error.facts.redirectUri);
    expect(uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect(error.message).toBe('Nobody finished the sign-in within 1 second.');
    expect(error.causes[0]).toContain(`because "${uri}" is not registered`);
    expect(error.fix).toBe(`Register exactly ${uri} at the provider, or allow more time with --timeout.`);
  });

  test.each([
    [
      400,
      'Invalid parameter: redirect_uri',
      /error page \(status 400: "[^"]+"\): http\S+ is not registered/,
      /^Register/,
    ],
    [400, 'Unknown client', /\): the client id "app" is unknown to this provider\.$/, /^Compare "app" with/],
    [
      403,
      'The request was blocked',
      /error page \(status 403: "[^"]+"\), and does not send the browser back/,
      /^Register/,
    ],
    [503, 'Service unavailable', /endpoint fails \(status 503: "[^"]*Service unavailable"\)\.$/, /provider's log/],
  ])('and its page answers %i, %s: that comes first', async (status, words, because, fix) => {
    const headers = { 'content-type': 'text/html' };
    const page = { status, headers, body: `<title>Error</title><h1>${words}</h1>` };
    const error = await timedOut(1, async () => {}, { page });
    expect(error.code).toBe('login_timeout');
    expect(error.causes[0]).toMatch(because);
    expect(error.fix).toMatch(fix);
    // Looked at once, and nobody is sent there twice.
    expect(provider.requests('/authorize')).toHaveLength(1);
  });

  test('but answers of another sign-in did: a state mismatch, and no time-out', async () => {
    const error = await timedOut(2, async (url) => {
      const redirect = await redirectOf(url);
      await fetch(`${redirect}?code=stolen`);
      await fetch(`${redirect}?code=stolen&state=another`);
    });
    expect(error).toMatchObject({ code: 'callback_state_mismatch', exitCode: 7 });
    expect(error.message).toBe(
      "No answer with this sign-in's state came within 2 seconds; 2 with another or no state did.",
    );
    // Its state is none that this tool would make.
    expect(error.causes[0]).toMatch(/changes the state parameter: what came has another form than ours\.$/);
    expect(provider.requests('/token')).toEqual([]);
  });

  test('but other requests did: they are counted as what they are', async () => {
    const error = await timedOut(1, async (url) => {
      await fetch((await redirectOf(url)).replace('/callback', '/other'));
    });
    expect(error).toMatchObject({ code: 'login_timeout', exitCode: 6 });
    expect(error.causes[0]).toMatch(/^1 other request came to the redirect URI/);
  });

  test("a stranger's answer neither ends nor fails the sign-in", async () => {
    provider.play({});
    const machine = await createMachine();
    const openUrl: OpenUrl = async (url) => {
      const browser = new CookieBrowser();
      const asked = await browser.authorizationRequest(url);
      await fetch(`${asked.searchParams.get('redirect_uri')}?error=access_denied&state=another`);
      await browser.open(asked);
    };
    const { code } = await loginOn(machine, provider.issuer, [], { openUrl });
    await machine.remove();
    expect(code).toBe(0);
  });
});

describe('Ctrl-C ends it with exit code 130', () => {
  const interruptedBy = async (when: (interrupt: () => void) => { script?: object; openUrl?: OpenUrl }) => {
    const controller = new AbortController();
    const { script = {}, openUrl = followRedirects } = when(() => controller.abort());
    const finished = await refused(provider, script, [], { openUrl, signal: controller.signal });
    expect(finished.error).toMatchObject({ code: 'interrupted', message: 'Interrupted.', exitCode: 130 });
    expect(finished.document.checks).toEqual([]);
  };

  test('while the person is in the browser', async () => {
    await interruptedBy((interrupt) => ({ openUrl: async () => interrupt() }));
    expect(provider.requests('/token')).toEqual([]);
  });

  test('during discovery', async () => {
    await interruptedBy((interrupt) => ({
      script: {
        discovery: (honest: object) => {
          interrupt();
          return { body: honest };
        },
      },
    }));
  });

  test('during the token request: no session is kept', async () => {
    const machine = await createMachine();
    const controller = new AbortController();
    provider.play({
      token: (honest) => {
        controller.abort();
        return { body: honest };
      },
    });
    const finished = await loginOn(machine, provider.issuer, ['--json'], { signal: controller.signal });
    expect(asRefused(finished).error.code).toBe('interrupted');
    expect((await machine.run(['whoami'])).code).toBe(4);
    await machine.remove();
  });

  test('before anything was done', async () => {
    await interruptedBy((interrupt) => {
      interrupt();
      return {};
    });
  });
});
