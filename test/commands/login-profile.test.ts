// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenUrl } from '../../src/context.js';
import { createTestAuthority, opensslPresent, type TestAuthority } from '../support/certificates.js';
import { CookieBrowser } from '../support/cookie-browser.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine, type RunWorld } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';

let provider: ScriptedProvider;
let other: ScriptedProvider;
let machine: Machine;
/** The cloned repository: a folder below the home, whose own file is not the user's. */
let project: string;

beforeAll(async () => {
  [provider, other] = await Promise.all([startScriptedProvider(), startScriptedProvider()]);
});
afterAll(() => Promise.all([provider.close(), other.close()]));

beforeEach(async () => {
  machine = await createMachine();
  project = join(machine.home, 'project');
  await mkdir(project);
  provider.play({});
  other.play({});
});
afterEach(() => machine.remove());

const profile = (issuer: string, ...lines: string[]) =>
  `${['profiles:', '  it:', `    issuer: ${issuer}`, '    clientId: app', '    redirectUri: http://127.0.0.1:0/callback', ...lines.map((line) => `    ${line}`)].join('\n')}\n`;
const writeProject = (text: string) => writeFile(join(project, 'oidc-cli.yaml'), text);
const writeUser = (text: string) => writeFile(join(machine.home, 'config.yaml'), text);
/** `program`: the browser is what the configuration says, and not a function of this test. */
type LoginWorld = Omit<RunWorld, 'openUrl'> & { readonly openUrl?: OpenUrl | 'program' };
const login = (flags: readonly string[] = [], { openUrl = followRedirects, ...deps }: LoginWorld = {}) =>
  machine.run(['login', 'it', ...flags], { cwd: project, ...(openUrl === 'program' ? {} : { openUrl }), ...deps });
/** Whether the provider was asked anything at all. */
const asked = (one: ScriptedProvider) => one.requests('/.well-known/openid-configuration').length > 0;

/** The sign-in is refused for the key before anything happens, and goes on once the folder is trusted, in both ways. */
async function expectRefusedUntilTrusted(key: string, deps: LoginWorld = {}, one = provider): Promise<void> {
  const line = (await readFile(join(project, 'oidc-cli.yaml'), 'utf8'))
    .split('\n')
    .findIndex((text) => text.startsWith(`    ${key}:`));
  const { code, stderr, stdout } = await login([], deps);
  expect(code).toBe(3);
  expect(stdout).toBe('');
  expect(stderr).toContain(
    `✗ ${join(project, 'oidc-cli.yaml')}, line ${line + 1}, key profiles.it.${key}: a project's file may not `,
  );
  expect(stderr).toContain(
    `pass --trust-project, or add the folder to trustedFolders in ${join(machine.home, 'config.yaml')}, if you trust ${project}.`.slice(
      1,
    ),
  );
  expect(stderr).toContain('(config_untrusted, exit code 3)');
  expect(asked(one)).toBe(false);

  const byFlag = await login(['--trust-project'], deps);
  expect([byFlag.code, byFlag.stderr]).toEqual([0, expect.any(String)]);
  await writeUser('trustedFolders: [~/project]\n');
  expect((await login([], deps)).code).toBe(0);
}

describe("a project's file is not trusted to", () => {
  it('name a program to run', async () => {
    const ran = join(machine.home, 'ran');
    const program = join(project, 'browser.mjs');
    await writeFile(
      program,
      `import { writeFileSync } from 'node:fs';
import { signInOverHttp } from ${JSON.stringify(new URL('../support/http-browser.js', import.meta.url))};
writeFileSync(${JSON.stringify(ran)}, '');
await signInOverHttp(process.argv.at(-1), { username: '' });
`,
    );
    await writeProject(profile(provider.issuer, `browser: '"${process.execPath}" "${program}"'`));
    const refused = await login([], { openUrl: 'program' });
    expect(refused.code).toBe(3);
    expect(existsSync(ran)).toBe(false);
    await expectRefusedUntilTrusted('browser', { openUrl: 'program' });
    expect(existsSync(ran)).toBe(true);
  });

  it('allow plain http', async () => {
    await writeProject(profile(provider.issuer, 'allowHttp: true'));
    await expectRefusedUntilTrusted('allowHttp');
  });

  it('send a file from outside its folder to its issuer as the client secret', async () => {
    await writeFile(join(machine.home, 'outside'), 'private-key');
    await writeProject(profile(provider.issuer, 'clientSecretFile: ../outside'));
    await expectRefusedUntilTrusted('clientSecretFile');
  });

  it('send a variable that is not meant for this tool', async () => {
    await writeProject(profile(provider.issuer, 'clientSecret: ${CLOUD_SECRET_KEY}'));
    await expectRefusedUntilTrusted('clientSecret', { env: { CLOUD_SECRET_KEY: 'cloud-secret' } });
  });

  it('trust itself', async () => {
    await writeProject(`trustedFolders: [~/project]\n${profile(provider.issuer)}`);
    const { code, stderr } = await login(['--trust-project']);
    expect(code).toBe(3);
    expect(stderr).toContain(`line 1, key trustedFolders: a project's file may not set this`);
    expect(stderr).toContain(`To fix: Move it to ${join(machine.home, 'config.yaml')}, if you trust ${project}.`);
  });

  it('but it may have the sign-in, with a secret from its own folder, once the person has said so', async () => {
    provider.play({ client: { id: 'app', secret: 'of-the-project' } });
    await writeFile(join(project, 'secret'), 'of-the-project\n');
    await writeProject(profile(provider.issuer, 'clientSecretFile: secret'));
    const { code, stderr } = await login([], {
      tty: true,
      env: { NO_COLOR: '1' },
      onStderr: (text, stdin) => {
        if (text.endsWith('[y/N] ')) stdin.write('y\n');
      },
    });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('of-the-project')]);
  });
});

describe.runIf(requirement('openssl', opensslPresent(), 'certificates of a test authority'))(
  "a project's file is not trusted to, at a provider on https,",
  () => {
    let authority: TestAuthority;
    let secure: ScriptedProvider;
    /** A browser that has accepted the provider's certificate. */
    const acceptsAnyCertificate: OpenUrl = async (url) => {
      const browser = new CookieBrowser();
      const asked = await browser.authorizationRequest(url);
      const back = await new Promise<string>((resolve, reject) => {
        https
          .get(asked, { rejectUnauthorized: false, agent: false }, (response) => {
            response.resume();
            resolve(response.headers.location ?? '');
          })
          .on('error', reject);
      });
      await browser.open(back);
    };

    beforeAll(async () => {
      authority = createTestAuthority();
      secure = await startScriptedProvider({ tls: authority.issue('provider', 'IP:127.0.0.1') });
    });
    afterAll(async () => {
      await secure.close();
      authority.remove();
    });
    beforeEach(() => secure.play({}));

    it('turn the verification of certificates off', async () => {
      await writeProject(profile(secure.issuer, 'insecure: true'));
      await expectRefusedUntilTrusted('insecure', { openUrl: acceptsAnyCertificate }, secure);
    });

    it('bring a certificate authority', async () => {
      await writeFile(join(project, 'ca.pem'), await readFile(authority.caFile));
      await writeProject(profile(secure.issuer, 'ca: ./ca.pem'));
      await expectRefusedUntilTrusted('ca', { openUrl: acceptsAnyCertificate }, secure);
    });
  },
);

describe('a client secret is not sent to an issuer it was not set for', () => {
  const SECRET = 'for-the-first-issuer-only';
  const env = { OIDC_CLI_FIRST_SECRET: SECRET };
  const toOther = ['--issuer', 'OTHER'];
  type Case = readonly [name: string, flags: readonly string[], more: Record<string, string>, projectFile: boolean];

  /** Everything the provider was sent, in one text; a Basic header decoded. (The form encoding leaves the secret as it is.) */
  function received(one: ScriptedProvider): string {
    return ['/token', '/authorize', '/userinfo', '/par', '/revoke', '/.well-known/openid-configuration']
      .flatMap((path) => one.requests(path))
      .map(({ headers, form, query }) => {
        const basic = Buffer.from(headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
        return [JSON.stringify(headers), basic, form, query].join('\n');
      })
      .join('\n');
  }

  const CASES: readonly Case[] = [
    ['the flag names another', toOther, {}, false],
    ['OIDC_CLI_ISSUER names another', [], { OIDC_CLI_ISSUER: 'OTHER' }, false],
    ["the project's file names another", [], {}, true],
    ["a trusted project's file names another", ['--trust-project'], {}, true],
  ];

  async function expectKeptBack([, flags, more, projectFile]: Case): Promise<void> {
    provider.play({ client: { id: 'app', secret: SECRET } });
    const real = (text: string) => text.replace('OTHER', other.issuer);
    const moved = Object.fromEntries(Object.entries(more).map(([key, value]) => [key, real(value)]));
    const first = await login([], { env });
    expect([first.code, first.stderr]).toEqual([0, expect.any(String)]);
    expect(received(provider)).toContain(SECRET);

    if (projectFile) await writeProject(`profiles: {it: {issuer: "${other.issuer}"}}\n`);
    const second = await login(flags.map(real), { env: { ...env, ...moved } });
    expect([second.code, second.stderr]).toEqual([
      0,
      expect.stringContaining(`set for ${provider.issuer}, and is not sent to ${other.issuer} (from `),
    ]);
    expect(other.requests('/token')).toHaveLength(1);
    expect(received(other)).not.toContain(SECRET);
    expect(other.requests('/token')[0]?.headers.authorization).toBeUndefined();
    expect(other.requests('/token')[0]?.form.has('client_assertion')).toBe(false);
    expect(second.stdout + second.stderr).not.toContain(SECRET);
  }

  it.each(CASES)('from a variable: %s', async (...one) => {
    await writeUser(profile(provider.issuer, 'clientSecret: ${OIDC_CLI_FIRST_SECRET}'));
    await expectKeptBack(one);
  });

  it.each(CASES)('from the session store: %s', async (...one) => {
    const added = await machine.run(
      [
        ...['profile', 'add', 'it', '--issuer', provider.issuer, '--client-id', 'app'],
        ...['--redirect-uri', 'http://127.0.0.1:0/callback', '--client-secret-stdin'],
      ],
      // As `echo` leaves it: the line break is no part of the secret.
      { stdin: `${SECRET}\n` },
    );
    expect(added.code).toBe(0);
    await expectKeptBack(one);
  });

  it('from the session store, where the profile itself was edited: there is none for the new issuer', async () => {
    await machine.run(
      ['profile', 'add', 'it', '--issuer', provider.issuer, '--client-id', 'app', '--client-secret-stdin'],
      { stdin: SECRET },
    );
    const file = join(machine.home, 'config.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(provider.issuer, other.issuer));
    const { code, stderr } = await login();
    expect(code).toBe(3);
    expect(stderr).toContain('none is kept there for it and this issuer.');
    expect(stderr).toContain('Keep it again with: oidc-cli login PROFILE --client-secret-stdin --save PROFILE');
    expect(asked(other)).toBe(false);
  });
});

describe('a discovery address given as the issuer', () => {
  const pasted = () => `${provider.issuer}/.well-known/openid-configuration`;
  const warning = (where: string) =>
    `Warning: ${where}: ${pasted()} is the address of a provider's configuration; its issuer is taken to be ${provider.issuer}\n`;
  const flags = () => ['--client-id', 'app', '--redirect-uri', 'http://127.0.0.1:0/callback', '--json'];
  const issuerOf = (stdout: string) => JSON.parse(stdout).issuer;

  it('as a flag', async () => {
    const { code, stdout, stderr } = await machine.run(['login', '--issuer', `${pasted()}/`, ...flags()], {
      openUrl: followRedirects,
    });
    expect([code, issuerOf(stdout)]).toEqual([0, provider.issuer]);
    expect(stderr).toContain(`its issuer is taken to be ${provider.issuer}\n`);
  });

  it('in the environment', async () => {
    const { code, stdout, stderr } = await machine.run(['login', ...flags()], {
      openUrl: followRedirects,
      env: { OIDC_CLI_ISSUER: pasted() },
    });
    expect([code, issuerOf(stdout)]).toEqual([0, provider.issuer]);
    expect(stderr).toContain(warning('OIDC_CLI_ISSUER'));
  });

  it('in a file, and only where it is used', async () => {
    await writeProject(profile(pasted()));
    const { code, stdout, stderr } = await login(['--json']);
    expect([code, issuerOf(stdout)]).toEqual([0, provider.issuer]);
    expect(stderr).toContain(warning(`${join(project, 'oidc-cli.yaml')}:3`));
    expect((await login(['--issuer', other.issuer])).stderr).not.toContain('is the address of');
  });
});
