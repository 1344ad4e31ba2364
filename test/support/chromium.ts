import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { Browser } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function isProgram(path: string | undefined): boolean {
  try {
    if (path) accessSync(path, constants.X_OK);
    return Boolean(path);
  } catch {
    return false;
  }
}

/** Where a Chromium or Chrome is on this machine, or undefined. `CHROMIUM` comes first. */
export const chromiumPath: string | undefined = PLACES.find(isProgram);

export const chromiumPresent: boolean = chromiumPath !== undefined;

/**
 * Chromium without the windows that nobody sees, where it is installed: it
 * does the same for less than half. The program itself, past Debian's script,
 * so that a test can kill it.
 */
const headlessShell = ['/usr/lib/chromium/chromium-headless-shell'].find(isProgram);

/** What tests of a browser that is driven run, where they do not need the whole of it. */
export const drivenBrowserPath: string | undefined = process.env.CHROMIUM
  ? chromiumPath
  : (headlessShell ?? chromiumPath);

/** Starts it, or the Chromium of this path, without a window. The caller closes it. */
export async function launchChromium(path = drivenBrowserPath): Promise<Browser> {
  if (path === undefined) throw new Error('no Chromium or Chrome found; name one with CHROMIUM');
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: path,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Ends the browser that this process has started last, as the system does when memory is short. */
export function killOwnBrowser(): void {
  const [browser] = browsersOf(process.pid).slice(-1);
  if (browser === undefined) throw new Error('there is no browser');
  process.kill(browser, 'SIGKILL');
}

/** The browsers without a window that a process has started, by their process ids; the newest last. */
export function browsersOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'ppid=,pid=,args='], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n');
  return lines.flatMap((line) => {
    const [, parent, own, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === pid && args.includes('--headless') ? [Number(own)] : [];
  });
}

/** Whether a process is there. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
