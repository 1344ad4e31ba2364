// `npm run demo`: one session from sign-in to sign-out, by the built commands, against the built-in provider.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import chalk from 'chalk';
import { headlessBrowser } from './demo-browser.js';

const PROGRAM = fileURLToPath(new URL('../bin/oidc-cli.js', import.meta.url));
const SCOPE = 'openid profile email offline_access';
/** Time limits in milliseconds. With a browser the person has as long as `login` itself allows. */
const STEP_LIMIT = 60_000;
const PERSON_LIMIT = 330_000;
const PROVIDER_START_LIMIT = 20_000;
/** How long a child may take to end by itself after Ctrl-C, which a terminal sends to it as well, and then after SIGTERM. */
const GRACE = 700;
const KILL_AFTER = 5_000;

/** A step that did not do what the demo shows. */
class Failed extends Error {}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort());

process.exitCode = await demo();

async function demo() {
  if (!existsSync(new URL('../dist/main.js', import.meta.url))) {
    await print('oidc-cli is not built yet: run npm ci (or npm run build) first.');
    return 1;
  }
  const home = await mkdtemp(join(tmpdir(), 'oidc-cli-demo-'));
  const world = { home, env: ownEnvironment(home) };
  let provider;
  try {
    const browser = await chooseBrowser(world);
    provider = await startProvider(world);
    await session(provider, browser, world);
    await say('That was a whole session against a real provider: it worked.');
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) {
      await say('Interrupted.');
      return 130;
    }
    if (!(error instanceof Failed)) throw error;
    await print(chalk.red(`✗ ${error.message}`));
    return 1;
  } finally {
    // A session in the keychain outlives the folder.
    if (provider?.signedIn) await run(['logout', '--local', '--issuer', provider.issuer], { world, output: 'ignore' });
    if (provider) await end(provider.child, 0);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Neither the person's own settings nor sessions: those of the demo live in a folder of their own. */
function ownEnvironment(home) {
  const own = Object.entries(process.env).filter(([name]) => !/^oidc_cli_/i.test(name));
  return { ...Object.fromEntries(own), OIDC_CLI_HOME: home };
}

/** Says how the pages will be answered; without a browser, makes the commands find the headless one. */
async function chooseBrowser(world) {
  const { browserLikelyPresent } = await import('../dist/browser/open-browser.js');
  await say(
    'oidc-cli from login to logout. The program is bin/oidc-cli.js of this folder; "$" lines are what you would type.',
  );
  if (browserLikelyPresent(process.env, process.platform)) {
    await say('With a browser: yours opens the sign-in page; sign in there as one of the test users below.');
    return undefined;
  }
  const why = process.env.CI ? 'CI is set' : 'there is no display';
  await say(`Without a browser (${why}): a program signs in as alice, over HTTP, on the same pages.`);
  const browser = headlessBrowser(world.home);
  world.env.BROWSER = browser.command;
  return browser;
}

async function session(provider, browser, world) {
  const { issuer } = provider;
  provider.signedIn = true;
  const login = ['login', '--issuer', issuer, '--client-id', 'demo', '--scope', SCOPE, '--port', '0'];
  await step(login, { world, person: browser === undefined });
  await tellPages(browser);
  await step(['whoami'], { world });
  await step(['userinfo'], { world });
  const before = await tokenStep(['token'], world);
  const after = await tokenStep(['token', '--refresh'], world);
  if (after === before) throw new Failed('The access token was not refreshed.');
  await say('The second access token is another one: it was refreshed.');
  const signedOut = 'http://localhost:0/signed-out';
  await step(['logout', '--post-logout-redirect-uri', signedOut], { world, person: browser === undefined });
  provider.signedIn = false;
  await tellPages(browser);
  await step(['whoami'], { world, expected: 4 });
  await say('Exit code 4: nobody is signed in any more.');
}

/** Which pages the headless browser came to. */
async function tellPages(browser) {
  if (!browser) return;
  for (const { title, action } of await browser.pages()) {
    await say(action === 'stopped' ? `page "${title}"` : `page "${title}": ${action}`);
  }
}

/** Runs a command in full view. Throws `Failed` unless it ends with the expected exit code. */
async function step(args, { world, expected = 0, person = false }) {
  await print('', chalk.bold(`$ oidc-cli ${args.map(shown).join(' ')}`));
  const { code } = await run(args, { world, limit: person ? PERSON_LIMIT : STEP_LIMIT, stdin: person });
  expectCode(args, code, expected);
}

/** Runs a command that prints a token; shows everything but the token, which it returns. */
async function tokenStep(args, world) {
  await print('', chalk.bold(`$ oidc-cli ${args.join(' ')}`));
  const { code, stdout } = await run(args, { world, output: 'pipe' });
  expectCode(args, code, 0);
  const token = stdout.trim();
  if (token === '') throw new Failed('No access token was printed.');
  await print(chalk.dim(`(an access token of ${token.length} characters, which the demo does not show)`));
  return token;
}

function expectCode(args, code, expected) {
  interrupted.signal.throwIfAborted();
  if (code === expected) return;
  throw new Failed(
    `oidc-cli ${args[0]} ended with ${code === null ? 'a signal' : `exit code ${code}`}, not ${expected}.`,
  );
}

/** Runs a command to its end, or to its limit. `output` is for stdout; with `pipe` it is returned. */
async function run(args, { world, limit = STEP_LIMIT, stdin = false, output = 'inherit' }) {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: world.home,
    env: world.env,
    stdio: [stdin ? 'inherit' : 'ignore', output, output === 'ignore' ? 'ignore' : 'inherit'],
  });
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  const gone = closed(child);
  const tooLong = setTimeout(() => child.kill(), limit);
  const stop = () => end(child, GRACE);
  interrupted.signal.addEventListener('abort', stop);
  try {
    return { code: await gone, stdout };
  } finally {
    clearTimeout(tooLong);
    interrupted.signal.removeEventListener('abort', stop);
  }
}

/** Starts `oidc-cli idp` and waits until it listens. */
async function startProvider(world) {
  interrupted.signal.throwIfAborted();
  const args = ['idp', '--port', '0', '--json'];
  await print('', chalk.bold(`$ oidc-cli ${args.join(' ')}`));
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: world.home,
    env: world.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let talk = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    // Enough to tell why it did not start; later it logs a line a request.
    if (talk.length < 4000) talk += text;
  });
  try {
    const { issuer, users } = JSON.parse(await firstLine(child));
    await say(`An OpenID provider (oidc-provider) now runs at ${issuer}, as long as this demo. Its test users:`);
    for (const { username, password } of users) await say(`  ${username}, password ${password}`);
    return { child, issuer, signedIn: false };
  } catch (error) {
    await end(child, 0);
    if (interrupted.signal.aborted) throw error;
    throw new Failed(`The built-in provider did not start: ${talk.trim() || error.message}`);
  }
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
      if (text.includes('\n')) resolve(text);
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error('it ended at once')));
    AbortSignal.any([interrupted.signal, AbortSignal.timeout(PROVIDER_START_LIMIT)]).addEventListener('abort', () =>
      reject(new Error('it took too long')),
    );
  });
}

/** Ends a child, in order if it lets itself be: after `grace` milliseconds by SIGTERM, in the end by SIGKILL. */
async function end(child, grace) {
  const gone = closed(child);
  for (const [delay, signal] of [
    [grace, 'SIGTERM'],
    [KILL_AFTER, 'SIGKILL'],
  ]) {
    const over = new AbortController();
    const later = wait(delay, 'later', { signal: over.signal }).catch(() => undefined);
    const first = await Promise.race([gone, later]);
    over.abort();
    if (first !== 'later') return;
    child.kill(signal);
  }
  await gone;
}

/** The exit code, or null after a signal, once the child's streams are closed as well. */
function closed(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code));
  });
}

/** An argument as it is typed, in the quotes that every shell knows. */
function shown(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`;
}

/** The demo's own words, told apart from what the commands print. */
function say(text) {
  return print(chalk.dim(`# ${text}`));
}

/** Writes lines and waits until they are out, so that a child's output comes after them. */
function print(...lines) {
  return new Promise((resolve) => {
    process.stdout.write(`${lines.join('\n')}\n`, () => resolve());
  });
}
