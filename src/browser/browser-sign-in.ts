import { setTimeout as wait } from 'node:timers/promises';
import type { BrowserContext, Page, Request } from 'playwright-core';
import { type ErrorCode, OidcCliError } from '../errors.js';
import { BrowserCredentials } from './browser-credentials.js';
import { stepTarget } from './browser-steps.js';
import type { Deadline } from './deadline.js';
import type { PageControl, PageDescription } from './page-description.js';
import { type PageSnapshot, snapshotPage } from './page-snapshot.js';
import { stepText } from './page-steps.js';
import { captureRedirect, type RedirectCapture } from './redirect-capture.js';
import type { PageSignIn, PageSignInResult, SignInStep } from './sign-in-driver.js';
import type { Decision } from './sign-in-form.js';
import { type ConcreteAct, cookieValue, type SignInProgress } from './sign-in-progress.js';

/** Milliseconds between two looks at a page. */
const SNAPSHOT_MS = 60;
/** A page is taken as it is after this, though something on it goes on changing. */
const SETTLE_MS = 2_000;
/** For a page that may change by itself, such as one whose form is rendered by script. */
const RENDER_MS = 15_000;
/** For a page to do something with what was typed. */
const REACTION_MS = 10_000;
/** An error in place of a sign-in page may be the page before its script has run. */
const ERROR_MS = 1_500;
/** For the target of a step to appear, before the page is dealt with without it. */
const STEP_MS = 3_000;
/** For a field or button to take what is done to it: on a busy machine that takes its time. */
const TOUCH_MS = 30_000;

/** One sign-in in a context of its own. */
export class BrowserSignIn {
  /** The page as it was last seen. */
  page: PageDescription | undefined;
  window: Page | undefined;
  /** The tab died; the browser may live. */
  crashed = false;
  private capture!: RedirectCapture;
  private readonly credentials: BrowserCredentials;
  private status: number | undefined;
  private broken: OidcCliError | undefined;
  private readonly steps: SignInStep[];
  private readonly filled = new Set<string>();
  /** What was done last, on which document, and when. */
  private last: { key: string; words: string; document: string } | undefined;
  private since = performance.now();
  private document = '';
  /** The request for the next page, while it is under way. */
  private navigating: Request | undefined;

  constructor(
    private readonly job: PageSignIn,
    private readonly progress: SignInProgress,
    private readonly time: Deadline,
    private readonly context: BrowserContext,
  ) {
    this.steps = [...(job.steps ?? [])];
    this.credentials = new BrowserCredentials(context, progress, job.redirectUri, () => this);
  }

  whereabouts(): Readonly<Record<string, string | number>> {
    const { progress, page } = this;
    return {
      pages: progress.pages,
      ...(page ? { title: progress.mask(page.title), url: progress.mask(page.url) } : {}),
    };
  }

  async walk(url: string): Promise<PageSignInResult> {
    const { context } = this;
    this.capture = captureRedirect(context, this.job.redirectUri);
    await this.credentials.prepare();
    this.window = await context.newPage();
    await this.enter(this.window);
    // A page that opens a window of its own goes on in that.
    context.on('page', this.onOpened);
    const going = this.window.goto(url, { waitUntil: 'commit', timeout: 0 }).catch((error: unknown) => {
      if (!this.capture.done) this.broken ??= this.brokenBy(String(error), url);
    });
    const walking = this.continueAfter();
    const { parameters, via } = await Promise.race([this.capture.response, walking]);
    walking.catch(() => undefined);
    await Promise.race([going, wait(500, undefined, { ref: false })]);
    // The page may have gone on without what was stopped.
    if (this.credentials.refusal) throw this.credentials.refusal;
    const { pages, guard } = this.progress;
    return { parameters, via, pages, way: 'browser', credentialsSent: guard.sent };
  }

  private readonly onOpened = (opened: Page) => {
    this.enter(opened).then(
      () => {
        this.window = opened;
      },
      () => undefined,
    );
  };

  /** To be called at the end: the context may live on, for the next job of its session. */
  async leave(): Promise<void> {
    this.context.off('page', this.onOpened);
    await Promise.all([this.window?.close(), this.credentials.leave()]);
  }

  private async enter(window: Page): Promise<void> {
    window.on('crash', () => {
      this.crashed = true;
      this.broken ??= new OidcCliError('browser_failed', { reason: 'its tab ended while signing in' });
    });
    window.on('dialog', (dialog) => dialog.dismiss().catch(() => undefined));
    const isPageRequest = (request: Request) => {
      try {
        return request.isNavigationRequest() && request.frame() === window.mainFrame();
      } catch {
        // A request of a window that is gone has no frame any more.
        return false;
      }
    };
    window.on('response', (response) => {
      if (isPageRequest(response.request())) this.status = response.status();
      // Also those that a later page removes: it may show them, and they may still be good for something.
      response.headerValues('set-cookie').then(
        (cookies) => this.progress.noteCookies(cookies.map(cookieValue)),
        () => undefined,
      );
    });
    window.on('request', (request) => {
      if (isPageRequest(request)) this.navigating = request;
    });
    window.on('requestfinished', (request) => {
      if (this.navigating === request) this.navigating = undefined;
    });
    window.on('requestfailed', (request) => {
      if (this.navigating === request) this.navigating = undefined;
      const text = request.failure()?.errorText ?? '';
      // Aborted: another navigation came in between, or the answer was taken.
      if (this.capture.done || /ERR_ABORTED|ERR_BLOCKED/.test(text)) return;
      if (isPageRequest(request)) this.broken ??= this.brokenBy(text, request.url());
    });
    await Promise.all([this.capture.watch(window), this.credentials.watch(window)]);
  }

  private throwBroken(): void {
    const broken = this.credentials.refusal ?? this.broken;
    if (broken) throw broken;
  }

  /** Deals with page after page; ends only by an error: the answer comes to the capture. */
  private async continueAfter(): Promise<never> {
    for (;;) {
      this.time.signal.throwIfAborted();
      this.throwBroken();
      const snapshot = await this.settled();
      if (!snapshot) continue;
      try {
        this.page = snapshot.page;
        if (snapshot.over !== undefined) throw this.progress.tooLarge(snapshot.page, snapshot.over);
        await this.handlePage(snapshot);
      } finally {
        snapshot.release();
      }
    }
  }

  private async handlePage(snapshot: PageSnapshot): Promise<void> {
    if (snapshot.document !== this.document) {
      this.document = snapshot.document;
      this.moved();
    }
    // What was sent is under way: the page in sight is the old one.
    if (this.navigating) return this.pause();
    const stepped = await this.doStep(snapshot);
    if (stepped === 'done') return this.moved();
    if (stepped === 'later') return this.pause();
    const decision = this.progress.checkPage(snapshot.page, this.filledOn(snapshot.page));
    const waited = performance.now() - this.since;
    if (waited < this.remainingTime(decision, snapshot)) return this.pause();
    const [step] = this.steps;
    if (decision.kind === 'unclear' && step)
      throw this.stepFailed(step, snapshot.page, 'nothing like that is on the page');
    const key = actionKey(snapshot.page, decision);
    const act = await this.progress.act(snapshot.page, decision, this.time.signal);
    this.last = { key, words: problemText(decision, snapshot.page), document: snapshot.document };
    await this.carryOut(snapshot, act);
    this.moved();
  }

  /** Milliseconds to wait before a decision is believed: the page may not be what it will be. */
  private remainingTime(decision: Decision, snapshot: PageSnapshot): number {
    const { last } = this;
    const sameDocument = last !== undefined && last.document === snapshot.document;
    const [render, reaction] = [this.waitAtMost(RENDER_MS), this.waitAtMost(REACTION_MS)];
    switch (decision.kind) {
      case 'unclear':
        return snapshot.changing ? render : 0;
      case 'refused':
        if (decision.code === 'sign_in_page_error') return ERROR_MS;
        // The words may be those of the last time, and the new ones under way.
        return sameDocument && last.words === decision.words ? reaction : 0;
      default:
        // The same again on the same document: it has not been dealt with yet.
        return sameDocument && last.key === actionKey(snapshot.page, decision) ? reaction : 0;
    }
  }

  /** Of a short time a part is kept, so that the failure is the page's and not the clock's. */
  private waitAtMost(ms: number): number {
    return Math.min(ms, this.job.timeoutMs / 2);
  }

  private async carryOut(snapshot: PageSnapshot, act: ConcreteAct): Promise<void> {
    const timeout = this.waitAtMost(TOUCH_MS);
    try {
      let lastField: Awaited<ReturnType<PageSnapshot['element']>>;
      for (const { control, value, kind } of act.fills) {
        lastField = await snapshot.element(control);
        await this.credentials.beforeTyping(kind, await lastField?.ownerFrame());
        await lastField?.fill(value, { timeout });
      }
      for (const control of act.ticks) await (await snapshot.element(control))?.check({ timeout });
      const button = act.press === undefined ? undefined : await snapshot.element(act.press);
      if (button) await button.click({ timeout });
      else await lastField?.press('Enter', { timeout });
    } catch (error) {
      if (error instanceof OidcCliError) throw error;
      // A page that goes away while it is being dealt with is the next page's business.
      if (!(await this.isStill(snapshot))) return;
      throw this.untouchable(error);
    }
  }

  private async isStill(snapshot: PageSnapshot): Promise<boolean> {
    if (this.capture.done || this.crashed || !this.window || this.window.isClosed()) return false;
    try {
      const now = await snapshotPage(this.window, this.status);
      now.release();
      return now.signature === snapshot.signature;
    } catch {
      return false;
    }
  }

  private untouchable(error: unknown): OidcCliError {
    // The browser's own message may hold what was to be typed.
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    const reason = `a field or button did not take it (${this.progress.mask(line).slice(0, 120)})`;
    return this.progress.failure('sign_in_step_failed', this.page, { step: 'on the page', reason });
  }

  private moved(): void {
    this.since = performance.now();
  }

  private async pause(): Promise<void> {
    await wait(SNAPSHOT_MS, undefined, { signal: this.time.signal });
  }

  /** The page when it has come to rest, or undefined where there is none yet. */
  private async settled(): Promise<PageSnapshot | undefined> {
    const from = performance.now();
    let before: PageSnapshot | undefined;
    for (;;) {
      await this.pause();
      this.throwBroken();
      let snapshot: PageSnapshot;
      try {
        if (!this.window || this.capture.done) return undefined;
        snapshot = await snapshotPage(this.window, this.status);
      } catch (error) {
        before?.release();
        if (this.context.browser()?.isConnected() === false) throw error;
        if (this.window?.isClosed()) {
          // A window that closed itself leaves the way to the one that opened it.
          const left = this.context.pages().findLast((window) => !window.isClosed());
          if (!left) throw error;
          this.window = left;
        }
        return undefined;
      }
      before?.release();
      if (/^(about:|chrome-error:|null)/.test(snapshot.page.url)) {
        snapshot.release();
        return undefined;
      }
      const rests = !snapshot.loading && before?.signature === snapshot.signature;
      if (rests || performance.now() - from > SETTLE_MS) return snapshot;
      before = snapshot;
    }
  }

  /** Does the next explicit step, where its target is there; `later`: it may appear yet. */
  private async doStep(snapshot: PageSnapshot): Promise<'done' | 'later' | 'none'> {
    const [step] = this.steps;
    if (!step) return 'none';
    if ('wait' in step && typeof step.wait === 'number') {
      await wait(step.wait, undefined, { signal: this.time.signal });
      this.steps.shift();
      return 'done';
    }
    try {
      const target = this.window && (await stepTarget(this.window, snapshot, step, this.waitAtMost(TOUCH_MS)));
      if (!target) return snapshot.changing && performance.now() - this.since < STEP_MS ? 'later' : 'none';
      if ('fill' in step) {
        const kind = this.progress.kindOfStep(step, target.control?.type);
        if (kind) {
          this.progress.guard.add(kind, step.value);
          await this.credentials.beforeTyping(kind, target.frame);
        }
        await target.fill(step.value);
        if (target.control) this.filled.add(controlKey(target.control));
      } else if ('click' in step) {
        await target.click();
        this.progress.pages += 1;
      }
    } catch (error) {
      if (error instanceof OidcCliError) throw error;
      if (!(await this.isStill(snapshot))) return 'later';
      const [line = ''] = String(error instanceof Error ? error.message : error).split('\n');
      throw this.stepFailed(step, snapshot.page, this.progress.mask(line).slice(0, 120));
    }
    this.steps.shift();
    return 'done';
  }

  private filledOn(page: PageDescription): ReadonlySet<number> {
    return new Set(page.controls.filter((control) => this.filled.has(controlKey(control))).map(({ id }) => id));
  }

  private stepFailed(step: SignInStep, page: PageDescription, reason: string): OidcCliError {
    const facts = { step: stepText(step), reason, controls: this.progress.controls(page) };
    return this.progress.failure('sign_in_step_failed', page, facts);
  }

  /** A navigation that failed, in the network's codes. */
  private brokenBy(text: string, address: string): OidcCliError {
    const name = /ERR_[A-Z_]+/.exec(text)?.[0] ?? '';
    const { origin, pathname, host } = URL.canParse(address)
      ? new URL(address)
      : { origin: '', pathname: address, host: '' };
    const reason = name.replace('ERR_', '').replaceAll('_', ' ').toLowerCase();
    const code = NETWORK_CODES.find(([pattern]) => pattern.test(name))?.[1] ?? 'network_failed';
    return new OidcCliError(code, { url: origin + pathname, host, ...(reason === '' ? {} : { reason }) });
  }
}

const NETWORK_CODES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/NAME_NOT_RESOLVED|DNS/, 'network_dns'],
  [/CONNECTION_REFUSED/, 'network_refused'],
  [/CONNECTION_(RESET|CLOSED|ABORTED)|EMPTY_RESPONSE/, 'network_closed'],
  [/ADDRESS_UNREACHABLE|INTERNET_DISCONNECTED|NETWORK_CHANGED/, 'network_unreachable'],
  [/TIMED_OUT/, 'network_timeout'],
  [/ERR_CERT/, 'tls_not_trusted'],
  [/SSL/, 'tls_failed'],
  [/PROXY|TUNNEL/, 'proxy_failed'],
];

/** What a decision comes to, so that the same one is known again. */
function actionKey(page: PageDescription, decision: Decision): string {
  if (decision.kind !== 'act') return JSON.stringify(decision);
  const of = (id: number | undefined) => {
    const control = id === undefined ? undefined : page.controls[id];
    return control ? controlKey(control) : '';
  };
  return [
    page.url,
    ...decision.fills.map(({ control }) => of(control)),
    ...decision.ticks.map(of),
    of(decision.press),
  ].join('|');
}

function problemText(decision: Decision, page: PageDescription): string {
  return decision.kind === 'refused' ? decision.words : (page.alerts[0] ?? '');
}

function controlKey(control: PageControl): string {
  return [control.kind, control.type, control.name, control.domId, control.kind === 'field' ? '' : control.label].join(
    ':',
  );
}
