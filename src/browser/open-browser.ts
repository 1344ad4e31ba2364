import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { childEnvironment } from '../child-environment.js';
import type { Environment } from '../context.js';
import { browserList, parseCommandLine } from './command-line.js';
import { isProgram } from './find-browser.js';

/** Whether a browser was started, and which program did it or why none did. */
export type Opened =
  | { readonly opened: true; readonly by: string }
  | { readonly opened: false; readonly reason: string };

/** How to open a URL. */
export interface OpenBrowserOptions {
  /** `--browser COMMAND`. */
  readonly command?: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly signal?: AbortSignal;
  /** Milliseconds in which a command that can't open anything is expected to end with an error. 1,500 unless told otherwise. */
  readonly earlyExitMs?: number;
}

const EARLY_EXIT_MS = 1_500;

/** Windows' file manager opens URLs, also for programs in WSL, and ends with exit code 1 when it has done so. */
const EXPLORER = /(^|[\\/])explorer\.exe$/i;

/**
 * Opens a URL in the person's browser: by `--browser`, else by the first
 * command of `BROWSER` that works, else by the system's own way. The URL is
 * the command's last argument, or stands where the command has `%s`; no shell
 * reads it. What is started lives on its own: it neither keeps this process
 * alive nor writes to its terminal.
 *
 * Never throws for a browser that can't be opened, only for an abort (with the
 * signal's reason).
 */
export async function openBrowser(url: string, options: OpenBrowserOptions): Promise<Opened> {
  const { command, env, platform, signal } = options;
  signal?.throwIfAborted();
  // A provider's metadata chose this URL: any other scheme would start whatever program is registered for it.
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    return { opened: false, reason: 'only http and https addresses are opened' };
  }
  if (command !== undefined) return run(command, url, options);
  if (env.BROWSER) {
    let failed: Opened = { opened: false, reason: 'BROWSER names no command' };
    for (const each of browserList(env.BROWSER, platform)) {
      failed = await run(each, url, options);
      if (failed.opened) break;
    }
    return failed;
  }
  const absence = noBrowserReason(env, platform);
  if (absence !== undefined) return { opened: false, reason: absence };
  try {
    const child = await openByDefault(url);
    return await watch(child, 'the default browser', options);
  } catch (error) {
    signal?.throwIfAborted();
    return { opened: false, reason: startFailure(error, 'the default browser') };
  }
}

/**
 * The package `open` takes no environment but the process's own: while it
 * starts the browser, that is one without secrets.
 */
async function openByDefault(url: string): Promise<ChildProcess> {
  const { default: open } = await import('open');
  const real = process.env;
  process.env = childEnvironment(real);
  try {
    return await open(url);
  } finally {
    process.env = real;
  }
}

/** Whether a person with a browser is likely to sit at this machine. No guarantee: a display may be without a browser. */
export function browserLikelyPresent(env: Environment, platform: NodeJS.Platform): boolean {
  if (env.CI) return false;
  return Boolean(env.BROWSER) || noBrowserReason(env, platform) === undefined;
}

/**
 * By what `openBrowser` would open a URL, or why by nothing, as far as it can
 * be told without opening one.
 */
export function findBrowserLauncher({
  command,
  env,
  platform,
}: Pick<OpenBrowserOptions, 'command' | 'env' | 'platform'>): { readonly by: string } | { readonly absence: string } {
  if (command === undefined && !env.BROWSER) {
    const absence = noBrowserReason(env, platform);
    return absence === undefined ? { by: 'the default browser' } : { absence };
  }
  let absence = 'the command is empty';
  for (const each of command === undefined ? browserList(env.BROWSER ?? '', platform) : [command]) {
    const [program = ''] = existsSync(each) ? [each] : (parseCommandLine(each, platform) ?? []);
    if (program === '') continue;
    if (isInstalled(program, env, platform))
      return { by: `${program} (${command === undefined ? 'BROWSER' : 'browser'})` };
    absence = `${program} was not found`;
  }
  return { absence };
}

function isInstalled(program: string, env: Environment, platform: NodeJS.Platform): boolean {
  // There the endings of PATHEXT count as well, and the system looks in more places.
  if (platform === 'win32') return true;
  if (program.includes('/')) return isProgram(program);
  return (env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && isProgram(join(folder, program)));
}

/** Why the system's own way of opening a browser need not be tried, or undefined. */
function noBrowserReason(env: Environment, platform: NodeJS.Platform): string | undefined {
  switch (platform) {
    case 'darwin':
    case 'win32':
      // There the browser would open on the machine's own screen, far from the person.
      return env.SSH_CONNECTION || env.SSH_TTY ? 'this is a remote session (ssh)' : undefined;
    case 'android':
      return undefined;
    default: {
      const wsl = env.WSL_DISTRO_NAME || env.WSL_INTEROP || /microsoft/i.test(release());
      return env.DISPLAY || env.WAYLAND_DISPLAY || wsl ? undefined : 'there is no display here';
    }
  }
}

async function run(command: string, url: string, options: OpenBrowserOptions): Promise<Opened> {
  // A path with spaces, given without quotes, is still one program.
  const words = existsSync(command) ? [command] : parseCommandLine(command, options.platform);
  const [program, ...rest] = words ?? [];
  if (words === undefined) return { opened: false, reason: `a quote is not closed in: ${command}` };
  if (!program) return { opened: false, reason: 'the browser command is empty' };
  const placed = rest.map((word) => word.replace(/%[s%]/g, (sign) => (sign === '%s' ? url : '%')));
  const placedWords = rest.some((word) => /%s/.test(word)) ? placed : [...rest, url];
  try {
    const child = spawn(program, placedWords, {
      env: childEnvironment(options.env),
      stdio: 'ignore',
      // Of its own: Ctrl-C here is not meant for the browser.
      detached: true,
      windowsHide: true,
    });
    return await watch(child, program, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { opened: false, reason: startFailure(error, program) };
  }
}

function startFailure(error: unknown, program: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${program} was not found`;
  if (code === 'EACCES') return `${program} may not be run`;
  return `${program} could not be started: ${code ?? message}`;
}

/** Opened, when the program ends well or is still running after a moment. Throws what `spawn` reports, or the abort. */
async function watch(
  child: ChildProcess,
  program: string,
  { signal, earlyExitMs = EARLY_EXIT_MS }: OpenBrowserOptions,
): Promise<Opened> {
  child.unref();
  const moment = new AbortController();
  const cancel = () => moment.abort();
  signal?.addEventListener('abort', cancel);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => resolve());
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      // Holds no process up: whoever opens a page waits for what comes of it.
      wait(earlyExitMs, undefined, { signal: moment.signal, ref: false }).then(() => resolve(), resolve);
    });
  } finally {
    moment.abort();
    signal?.removeEventListener('abort', cancel);
    child.on('error', () => {});
  }
  signal?.throwIfAborted();
  if (child.exitCode && !(child.exitCode === 1 && EXPLORER.test(program)))
    return { opened: false, reason: `${program} ended with exit code ${child.exitCode}` };
  if (child.signalCode) return { opened: false, reason: `${program} was ended by ${child.signalCode}` };
  return { opened: true, by: program };
}
