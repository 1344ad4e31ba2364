import type { Browser, LaunchOptions } from 'playwright-core';
import { childEnvironment } from '../child-environment.js';
import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { isSecretVariable } from '../masking/secret-names.js';
import { findBrowser, isProgram } from './find-browser.js';
import { fetchServerKey } from './server-key.js';

/** Which browser, and what it is told of the network. */
export interface BrowserSettings {
  /** `--browser-path`; else `OIDC_CLI_BROWSER_PATH`; else what is found on this machine. */
  readonly browserPath?: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** A PEM file of authorities to trust. */
  readonly caFile?: string;
  /** Accept any certificate. The command that sets it warns. */
  readonly insecure?: boolean;
}

/** Milliseconds for a browser to start, and to end by itself. */
const START_MS = 30_000;
const END_MS = 5_000;

/** The one browser of a run: started when it is first needed, and again when it has died. */
export class BrowserProcess {
  private running: Promise<Browser> | undefined;
  /** Those that trust less than the newest; sign-ins may be in them yet. */
  private readonly older: Promise<Browser>[] = [];
  private readonly keys = new Set<string>();
  private readonly learnt = new Map<string, Promise<boolean>>();
  private closed = false;

  constructor(private readonly settings: BrowserSettings) {}

  /** The browser that runs. Throws `browser_missing` and `browser_failed`. */
  async current(): Promise<Browser> {
    for (let running = this.running; running; running = this.running) {
      const browser = await running.catch(() => undefined);
      if (browser?.isConnected()) return browser;
      // Another sign-in may have started a new one meanwhile.
      if (this.running === running) this.running = undefined;
    }
    if (this.closed) throw new DOMException('The browser was closed', 'AbortError');
    this.running = launch(this.settings, [...this.keys]);
    return this.running;
  }

  /**
   * Lets the browser trust a server whose certificate is verified by the file
   * of authorities, from its next start on. True where that has changed
   * something: what failed in the old one may succeed in a new one.
   */
  trust(address: string): Promise<boolean> {
    const { caFile } = this.settings;
    if (caFile === undefined || !URL.canParse(address)) return Promise.resolve(false);
    const url = new URL(address);
    const known = this.learnt.get(url.origin);
    if (known) return known;
    const learning = fetchServerKey(url, caFile).then((key) => {
      if (key === undefined || this.keys.has(key)) return false;
      this.keys.add(key);
      if (this.running) this.older.push(this.running);
      this.running = undefined;
      return true;
    });
    this.learnt.set(url.origin, learning);
    return learning;
  }

  /** Ends it with everything in it. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.older, this.running].map((running) => endProcess(running)));
  }
}

async function endProcess(running: Promise<Browser> | undefined): Promise<void> {
  const browser = await running?.catch(() => undefined);
  if (!browser) return;
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    limit = setTimeout(resolve, END_MS);
  });
  await Promise.race([browser.close().catch(() => undefined), late]);
  clearTimeout(limit);
}

async function launch(settings: BrowserSettings, keys: readonly string[]): Promise<Browser> {
  const { chromium } = await loadPlaywright();
  const { env, platform } = settings;
  const named = settings.browserPath ?? env.OIDC_CLI_BROWSER_PATH;
  if (named && !isProgram(named)) {
    throw new OidcCliError('browser_missing', { reason: `${named} is no program that can be run` });
  }
  const path = named || findBrowser(env, platform);
  const options = launchOptions(settings, keys);
  if (path !== undefined) {
    try {
      return await chromium.launch({ ...options, executablePath: path });
    } catch (error) {
      throw new OidcCliError('browser_failed', { browser: path, reason: launchFailure(error) }, { cause: error });
    }
  }
  // Where playwright itself knows of one, such as in its own folder.
  for (const channel of ['chrome', 'msedge', 'chromium']) {
    try {
      return await chromium.launch({ ...options, channel });
    } catch {
      // The next may be there.
    }
  }
  throw new OidcCliError('browser_missing', { reason: 'no Chrome, Chromium or Edge was found' });
}

async function loadPlaywright(): Promise<typeof import('playwright-core')> {
  try {
    return await import('playwright-core');
  } catch (cause) {
    const facts = { reason: 'the package playwright-core is not installed', package: 'playwright-core' };
    throw new OidcCliError('browser_missing', facts, { cause });
  }
}

function launchOptions(settings: BrowserSettings, keys: readonly string[]): LaunchOptions {
  const { env } = settings;
  const root = process.getuid?.() === 0;
  const proxy = proxySettings(env);
  return {
    headless: true,
    // As root the sandbox of Chromium does not start at all; everybody else keeps it.
    chromiumSandbox: !root,
    // Ctrl-C is ours: it ends the browser in good order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    timeout: START_MS,
    env: browserEnvironment(env),
    ...(proxy?.username ? { proxy } : {}),
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      ...(proxy && !proxy.username ? [`--proxy-server=${proxy.server}`, `--proxy-bypass-list=${proxy.bypass}`] : []),
      ...(keys.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${keys.join(',')}`]),
    ],
  };
}

/** What the browser sees of the environment: nothing that looks like a secret of the run. */
function browserEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(childEnvironment(env)).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && !isSecretVariable(pair[0]),
    ),
  );
}

/** The proxy of the environment in a browser's terms: one for all, as https is what sign-ins are about. */
function proxySettings(env: Environment) {
  const variable = (name: string) => env[name] || env[name.toUpperCase()];
  const text = variable('https_proxy') ?? variable('all_proxy') ?? variable('http_proxy');
  const url = text && (text.includes('://') ? text : `http://${text}`);
  if (!url || !URL.canParse(url)) return undefined;
  const { protocol, host, username, password } = new URL(url);
  const bypass = (variable('no_proxy') ?? '')
    .split(/[\s,]+/)
    .filter(Boolean)
    .flatMap((name) => (name === '*' ? ['*'] : [name.replace(/^\*?\./, ''), `*.${name.replace(/^\*?\./, '')}`]));
  return {
    server: `${protocol}//${host}`,
    bypass: bypass.join(username ? ',' : ';'),
    ...(username ? { username: decodeURIComponent(username), password: decodeURIComponent(password) } : {}),
  };
}

/** The line of a failed start that says why. */
function launchFailure(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n').map((line) => line.trim());
  const telling = lines.find((line) =>
    /sandbox|shared librar|\.so|cannot open|permission|ENOENT|exec format/i.test(line),
  );
  return (telling ?? lines[0] ?? 'it did not start')
    .replace(/^.*?(\[\w+\]|ERROR[^\]]*\])\s*/i, '')
    .replace(/[.\s]+$/, '')
    .slice(0, 300);
}
