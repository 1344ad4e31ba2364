import { CookieJar } from 'tough-cookie';
import { describe, expect, test } from 'vitest';
import { PROBE_NAMES } from '../../src/probe/probe.js';
import { freePort } from '../support/free-port.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { BY_HTTP, CONFIDENTIAL, ENV, namesOf, onMachine, probeArgv, probed, provider } from './probed.js';

const PUBLIC = ['--client-id', 'public-app'];

describe.concurrent('a sound provider', () => {
  test('shows no violation to a confidential client, and every probe is met', async () => {
    const { code, document, stderr } = await probed(await provider());
    expect(document.probes.filter(({ verdict }) => verdict !== 'met')).toEqual([]);
    expect(document.probes.map(({ name }) => name)).toEqual(PROBE_NAMES);
    expect(document.tokens).toMatchObject({ left: 0, reasons: [] });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Sign-in 4 of 4');
    expect(stderr).not.toContain('Sign-in 5');
  });

  test('shows none to a public client either; what needs a secret or a second client is told', async () => {
    const { code, document } = await probed(await provider(), [...PUBLIC, ...BY_HTTP, '--yes']);
    expect(namesOf(document, 'violated')).toEqual([]);
    const others = document.probes.filter(({ verdict }) => verdict !== 'met');
    expect(others.map(({ name, verdict, actual }) => `${name}: ${verdict}, ${actual}`)).toEqual([
      'client-secret-wrong: not applicable, a public client has no secret',
      'refresh-other-client: not testable, there is no other client: name one with --other-client-id',
    ]);
    expect(code).toBe(0);
  });

  test('that ends a code with the first wrong request is given one for each, and shows none', async () => {
    const strict = await provider([], (op) => {
      op.use(async (ctx, next) => {
        await next();
        const { oidc } = ctx as unknown as { oidc?: { route?: string; params?: Record<string, unknown> } };
        const { code } = oidc?.params ?? {};
        if (oidc?.route !== 'token' || ctx.status < 400 || typeof code !== 'string') return;
        await (await op.AuthorizationCode.find(code))?.destroy();
      });
    });
    const { document, stderr } = await probed(strict);
    expect(document.probes.filter(({ verdict }) => verdict !== 'met')).toEqual([]);
    expect(stderr).toContain('Sign-in 9 of 9');
  });

  test('that takes pushed requests alone is probed by those', async () => {
    const redirectUris = ['http://localhost:8484/callback'];
    const { issuer } = await identityProvider({
      clients: [{ clientId: 'app', clientSecret: ENV.APP_SECRET, redirectUris, postLogoutRedirectUris: redirectUris }],
      configure: ({ features }) => {
        if (features) {
          features.pushedAuthorizationRequests = { enabled: true, requirePushedAuthorizationRequests: true };
        }
      },
    });
    const flags = ['--client-id', 'app', '--client-secret-env', 'APP_SECRET', ...BY_HTTP, '--yes'];
    const { document } = await probed({ issuer }, flags);
    const others = document.probes.filter(({ verdict }) => verdict !== 'met');
    expect(others.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual(['refresh-other-client: not testable']);
    const suffix = document.probes.find(({ name }) => name === 'redirect-uri-suffix');
    expect(suffix?.actual).toMatch(/^refused when it was pushed: /);
  });

  test('is probed through a person’s browser, in which they sign in once, and again for max_age', async () => {
    const redirectUri = `http://localhost:${await freePort()}/callback`;
    const { issuer } = await identityProvider({
      clients: [{ clientId: 'app', redirectUris: [redirectUri], postLogoutRedirectUris: [] }],
    });
    const jar = new CookieJar();
    let typed = 0;
    let broken: unknown;
    const over = new AbortController();
    const flags = ['--client-id', 'app', '--redirect-uri', redirectUri, '--yes'];
    const { code, document, stderr } = await probed({ issuer }, flags, {
      signal: over.signal,
      openUrl: async (url) => {
        const onStep = ({ action }: { action: string }) => {
          if (action === 'signed in') typed += 1;
        };
        try {
          const { body } = await signInOverHttp(url, { username: 'alice', password: 'alice-password', jar, onStep });
          expect(body).toContain('oidc-cli probe: ');
        } catch (error) {
          const { facts } = error as { facts?: { url?: string } };
          // On a busy machine the page at the end may come too late, which ends nothing; anything else would be waited for.
          if (facts?.url?.includes('/verdict/')) return;
          broken = error;
          over.abort();
        }
      },
    });
    expect(broken, stderr).toBeUndefined();
    expect(code, stderr).toBe(0);
    expect(typed).toBe(2);
    expect(namesOf(document, 'violated')).toEqual([]);
    expect(stderr).toContain('Waiting up to 300 s for sign-in 2 of 4 …');
  });
});

test.concurrent('an answer by form_post is as good', async () => {
  const only = ['prompt-none', 'redirect-uri-other', 'state-unchanged', 'iss-in-answer', 'code-reuse'];
  const flags = [...PUBLIC, ...BY_HTTP, '--yes', '--response-mode', 'form_post'];
  const { document } = await probed(await provider(), [...flags, ...only.flatMap((name) => ['--only', name])]);
  expect(namesOf(document, 'met')).toEqual(PROBE_NAMES.filter((name) => only.includes(name)));
});

describe.concurrent('before it starts', () => {
  const text = (flags: readonly string[], deps = {}) =>
    onMachine(async (machine) => {
      const asked: string[] = [];
      const idp = await identityProvider({ onRequest: ({ path }) => asked.push(path) });
      const argv = probeArgv(idp.issuer, ['--client-id', 'demo', ...BY_HTTP, ...flags]);
      return { ...(await machine.run(argv, { env: { ...ENV, NO_COLOR: '1' }, ...deps })), asked };
    });

  test('it says what it will do, and asks', async ({ expect }) => {
    const { code, stderr, stdout, asked } = await text([], {
      tty: true,
      onStderr: (so: string, stdin: NodeJS.WritableStream) => {
        if (so.endsWith('[y/N] ')) stdin.write('n\n');
      },
    });
    expect(code).toBe(130);
    expect(stdout).toBe('');
    expect(stderr.replace(/127\.0\.0\.1:\d+/, 'HOST')).toMatchInlineSnapshot(`
      "About to probe http://HOST as client demo:
        sign-ins  4 times (up to 10 where it is not sound, or ends a code with the first wrong request), as one person in one browser
        requests  about 28 beside those of the sign-ins, for 25 probes (--list), one of a kind each
        noticed   by monitoring, perhaps: unregistered redirect URIs; a response type that the client does not use;
                  an unsigned request object; codes refused for their verifier;
                  a code refused for its redirect URI; a code used twice, which may count as theft;
                  a refresh token used twice, which may count as theft;
                  an access token with a bad signature; an unregistered post_logout_redirect_uri
        never     a guessed password, a request to a redirect URI, a session that is kept
        at the end the tokens it got are revoked
      Go on? [y/N] Nothing was sent.
      "
    `);
    expect(asked).toEqual([]);
  });

  test('it goes on after a yes', async () => {
    const { code, stdout } = await text(['--only', 'prompt-none'], {
      tty: true,
      onStderr: (so: string, stdin: NodeJS.WritableStream) => {
        if (so.endsWith('[y/N] ')) stdin.write('yes\n');
      },
    });
    expect(code).toBe(0);
    expect(stdout).toContain('✓  prompt-none  login_required');
  });

  test('without a terminal to ask on it needs --yes', async () => {
    const { code, stderr, asked } = await text([]);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(asked).toEqual([]);
  });

  test('what needs no sign-in makes none', async () => {
    const { code, stderr, asked } = await text(['--yes', '--only', 'userinfo-without-token', '--only', 'prompt-none']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('sign-ins  none');
    expect(asked).toEqual(['/.well-known/openid-configuration', '/auth', '/me']);
  });

  test.each([
    [['--only', 'code-reus'], 'There is no probe "code-reus". Did you mean code-reuse?'],
    [['--skip', 'everything'], 'There is no probe "everything".'],
    [PROBE_NAMES.flatMap((name) => ['--skip', name]), '--skip leaves no probe over.'],
    [['--other-client-secret-env', 'OTHER_SECRET'], 'A secret or method of another client is given, and not which'],
    [['--other-client-id', 'other', '--other-client-auth', 'basic'], '"basic" is no method'],
    [
      ['--other-client-id', 'other', '--other-client-secret-env', 'A', '--other-client-secret-file', 'b'],
      'name two secrets',
    ],
    [['--with', 'telepathy'], '"telepathy" is no way to sign in'],
  ])('%s is refused', async (flags, words) => {
    const { code, stderr, asked } = await text(['--yes', ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(asked).toEqual([]);
  });

  test('a secret of the other client that is not there is told', async () => {
    const { code, stderr, asked } = await text([
      '--yes',
      '--other-client-id',
      'x',
      '--other-client-secret-env',
      'NOT_SET',
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain('NOT_SET');
    expect(asked).toEqual([]);
  });

  test('--list says what there is', async () => {
    await onMachine(async (machine) => {
      const { code, stdout } = await machine.run(['probe', '--list']);
      expect(code).toBe(0);
      for (const name of PROBE_NAMES) expect(stdout).toContain(`\n${name} `.slice(stdout.startsWith(name) ? 1 : 0));
      const { probes } = JSON.parse((await machine.run(['probe', '--list', '--json'])).stdout) as {
        probes: { name: string }[];
      };
      expect(probes.map(({ name }) => name)).toEqual(PROBE_NAMES);
    });
  });
});

describe.concurrent('what it leaves', () => {
  test('a sign-in that fails ends it with its own code, before anything wrong is sent', async () => {
    const { issuer } = await provider();
    await onMachine(async (machine) => {
      const argv = [...probeArgv(issuer, [...CONFIDENTIAL, ...BY_HTTP, '--yes']), '--json'];
      const { code, stdout } = await machine.run(argv, { env: { ...ENV, ALICE: 'not-the-password' } });
      expect(code).toBe(5);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'sign_in_rejected' }, clientId: 'app', probes: [] });
    });
  });

  test('what was found before a later sign-in fails is not lost', async () => {
    let asked = 0;
    const { issuer } = await provider(['verifier-ignored'], (op) => {
      op.use(async (ctx, next) => {
        const { redirect_uri: redirectUri, state, prompt } = ctx.query;
        if (ctx.path === '/auth' && prompt === undefined) asked += 1;
        if (ctx.path !== '/auth' || prompt !== undefined || asked < 3) return next();
        const response = new URLSearchParams({ error: 'access_denied', state: String(state), iss: op.issuer });
        ctx.redirect(`${redirectUri}?${response}`);
      });
    });
    await onMachine(async (machine) => {
      const argv = probeArgv(issuer, [...CONFIDENTIAL, ...BY_HTTP, '--yes']);
      const { code, stdout, stderr } = await machine.run(argv, { env: ENV });
      expect(code).toBe(5);
      expect(stderr).toContain('(access_denied, exit code 5)');
      expect(stdout).toMatch(/^Found until then\n[\s\S]+ {2}✗ {2}code-verifier-wrong +accepted: access_token/);
    });
  });

  test('no session, and no token that still works', async () => {
    const tokens: string[] = [];
    const idp = await provider([], (op) => {
      op.use(async (ctx, next) => {
        await next();
        const { access_token: token } = (ctx.body ?? {}) as { access_token?: string };
        if (typeof token === 'string') tokens.push(token);
      });
    });
    await onMachine(async (machine) => {
      const argv = probeArgv(idp.issuer, [...CONFIDENTIAL, ...BY_HTTP, '--yes']);
      expect((await machine.run(argv, { env: ENV })).code).toBe(0);
      expect((await machine.run(['whoami'])).code).toBe(4);
    });
    expect(tokens.length).toBeGreaterThan(3);
    for (const token of tokens) {
      const { status } = await fetch(`${idp.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });
      expect(status).toBe(401);
    }
  });
});
