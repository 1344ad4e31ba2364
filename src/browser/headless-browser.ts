import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Clock } from '../context.js';
import { OidcCliError } from '../errors.js';
import { BrowserProcess, type BrowserSettings } from './browser-process.js';
import { BrowserSignIn } from './browser-sign-in.js';
import { type Deadline, deadline } from './deadline.js';
import { saveEvidence, withEvidence } from './evidence.js';
import { credentialsSent, withCredentialsSent } from './sent-credentials.js';
import type { PageSignIn, PageSignInResult, SignInDriver } from './sign-in-driver.js';
import { SignInProgress } from './sign-in-progress.js';

/** What signing in by a browser needs of the world. */
export type HeadlessBrowserOptions = BrowserSettings & { readonly clock: Clock };

/** Milliseconds for what only tidies up. */
const CLEANUP_MS = 3_000;
/** For a picture of the page where time is left: on a busy machine it takes a while. */
const PICTURE_MS = 20_000;
/** For the news that a browser has ended: what was under way in it may fail long before that comes. */
const DEATH_NEWS_MS = 3_000;

/**
 * Signs in through the machine's own Chrome, Chromium or Edge, without a
 * window: one browser for all sign-ins, started with the first, and a context
 * with nothing in it for each. A browser that dies is started again, and the
 * sign-ins that were in it begin once more.
 */
export function headlessBrowserDriver(options: HeadlessBrowserOptions): SignInDriver {
  const process = new BrowserProcess(options);
  const closed = new AbortController();
  const saved = new Map<object, BrowserContext>();
  return {
    name: 'browser',
    signIn: async (job) => {
      const time = deadline(job.timeoutMs, job.signal, closed.signal);
      try {
        return await withRestart(job, time, process, { ...options, kept: saved });
      } finally {
        time.release();
      }
    },
    endSession: async (session) => {
      const context = saved.get(session);
      saved.delete(session);
      await waitAtMost(context?.close());
    },
    close: async () => {
      closed.abort(new DOMException('The sign-ins were ended', 'AbortError'));
      await process.close();
    },
  };
}

type Surroundings = HeadlessBrowserOptions & {
  /** Contexts of sign-ins that have more to come. */
  readonly kept: Map<object, BrowserContext>;
};

async function withRestart(
  job: PageSignIn,
  time: Deadline,
  process: BrowserProcess,
  options: Surroundings,
): Promise<PageSignInResult> {
  let before: unknown;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptSignIn(job, attempt, time, process, options);
    if ('answer' in outcome) return outcome.answer;
    const error =
      before instanceof OidcCliError ? withCredentialsSent(outcome.error, credentialsSent(before)) : outcome.error;
    if (attempt === 2 || !(outcome.died || (await isNowTrusted(outcome.error, process)))) throw error;
    before = error;
  }
}

/** Whether a browser that is started anew would trust the server that this one did not. */
async function isNowTrusted(error: unknown, process: BrowserProcess): Promise<boolean> {
  if (!(error instanceof OidcCliError) || error.code !== 'tls_not_trusted') return false;
  return process.trust(String(error.facts.url));
}

type Outcome = { readonly answer: PageSignInResult } | { readonly error: unknown; readonly died: boolean };

async function attemptSignIn(
  job: PageSignIn,
  attempt: number,
  time: Deadline,
  process: BrowserProcess,
  options: Surroundings,
): Promise<Outcome> {
  const progress = await SignInProgress.begin(job, options.clock);
  let browser: Browser | undefined;
  let context: BrowserContext | undefined;
  let driver: BrowserSignIn | undefined;
  try {
    await time.race(process.trust(job.url));
    browser = await time.race(process.current());
    context = await time.race(browserContext(job.session, browser, options));
    driver = new BrowserSignIn(job, progress, time, context);
    const url = attempt === 1 ? job.url : ((await job.again?.()) ?? job.url);
    return { answer: await time.race(driver.walk(url)) };
  } catch (error) {
    const died = !time.signal.aborted && (await hasDied(browser, driver, error));
    const reason = time.reason(
      died ? browserClosedError() : toCodedError(error, progress),
      () => driver?.whereabouts() ?? { pages: 0 },
    );
    const failure = withCredentialsSent(reason, progress.guard.sent);
    if (died && attempt === 1) return { error: failure, died };
    if (job.evidenceFolder !== undefined) {
      progress.noteCookies(((await waitAtMost(context?.cookies())) ?? []).map(({ value }) => value));
    }
    const evidence =
      failure instanceof OidcCliError && job.evidenceFolder !== undefined && driver
        ? await saveEvidence(
            job.evidenceFolder,
            { page: driver.page, screenshot: await takeScreenshot(driver.window, progress.secrets, pictureTime(time)) },
            (text) => progress.mask(text),
          )
        : {};
    return { error: withEvidence(failure, evidence), died };
  } finally {
    const saved = job.session !== undefined && options.kept.get(job.session) === context;
    const tidied = waitAtMost(context && !saved ? context.close() : driver?.leave());
    // A page that hangs can't be closed either: who has no time left does not wait for that.
    if (!time.signal.aborted) await tidied;
  }
}

/** A context with nothing in it, or the one that the session's jobs share. */
async function browserContext(
  session: object | undefined,
  browser: Browser,
  { insecure, kept: saved }: Surroundings,
): Promise<BrowserContext> {
  const shared = session && saved.get(session);
  if (shared?.browser()?.isConnected()) return shared;
  const context = await browser.newContext({
    ignoreHTTPSErrors: insecure === true,
    // A worker of the page would answer requests in our place.
    serviceWorkers: 'block',
    acceptDownloads: false,
    locale: 'en-US',
  });
  if (session) saved.set(session, context);
  return context;
}

/** Whether the browser or its tab is gone. Only what the browser itself throws may come before the news of its end. */
async function hasDied(
  browser: Browser | undefined,
  driver: BrowserSignIn | undefined,
  error: unknown,
): Promise<boolean> {
  if (!browser) return false;
  if (driver?.crashed || !browser.isConnected()) return true;
  if (error instanceof OidcCliError && error.code !== 'browser_failed') return false;
  await waitAtMost(new Promise<void>((resolve) => browser.once('disconnected', () => resolve())), DEATH_NEWS_MS);
  return !browser.isConnected();
}

function browserClosedError(): OidcCliError {
  return new OidcCliError('browser_failed', { reason: 'it ended twice while signing in' });
}

/** What the browser's driver throws, as an error of ours. */
function toCodedError(error: unknown, progress: SignInProgress): unknown {
  if (error instanceof OidcCliError || !(error instanceof Error) || error.name === 'AbortError') return error;
  const [line = ''] = progress.mask(error.message).split('\n');
  return new OidcCliError('browser_failed', { reason: line.replace(/[.\s]+$/, '').slice(0, 200) }, { cause: error });
}

/** Milliseconds for a picture: of the time that is left, and a moment where none is. */
function pictureTime(time: Deadline): number {
  return Math.max(CLEANUP_MS, Math.min(time.left(), PICTURE_MS));
}

/** A screenshot in which nothing typed and no secret can be read; undefined where none can be had in so many milliseconds. */
async function takeScreenshot(
  window: Page | undefined,
  secrets: readonly string[],
  timeout: number,
): Promise<Buffer | undefined> {
  if (!window || window.isClosed()) return undefined;
  const typed = 'input:not([type=submit]):not([type=button]):not([type=checkbox]):not([type=radio]), textarea';
  const mask = window
    .frames()
    .flatMap((frame) => [
      frame.locator(typed),
      ...secrets.filter((secret) => secret.length > 2).map((secret) => frame.getByText(secret)),
    ]);
  return await waitAtMost(window.screenshot({ mask, maskColor: '#b8bec8', timeout }), timeout);
}

/** What it comes to within a moment, or undefined. */
async function waitAtMost<T>(work: Promise<T> | undefined, ms = CLEANUP_MS): Promise<T | undefined> {
  if (!work) return undefined;
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    limit = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    clearTimeout(limit);
  }
}
