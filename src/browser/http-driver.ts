import { setTimeout as wait } from 'node:timers/promises';
import type { Element } from 'domhandler';
import { CookieJar } from 'tough-cookie';
import type { Clock } from '../context.js';
import { OidcCliError } from '../errors.js';
import { parseHtml } from '../html-document.js';
import { parseJson } from '../json.js';
import { keepsMethod, redirectUrl } from '../network/redirect.js';
import type { CredentialKind } from './credential-policy.js';
import { type Deadline, deadline } from './deadline.js';
import { saveEvidence, withEvidence } from './evidence.js';
import { findBySelector, SelectorTooSlow } from './find-by-selector.js';
import { formEntries, type HtmlPage, readHtmlPage } from './html-page.js';
import type { PageControl } from './page-description.js';
import { CLICKED, FILLED, findControl, hasText, isSelector, stepText } from './page-steps.js';
import { type RedirectTarget, redirectTarget } from './redirect-target.js';
import { withCredentialsSent } from './sent-credentials.js';
import type {
  PageFetch,
  PageResponse,
  PageSignIn,
  PageSignInResult,
  SignInDriver,
  SignInStep,
} from './sign-in-driver.js';
import { type ConcreteAct, cookieValue, SignInProgress } from './sign-in-progress.js';

/** What signing in by http needs of the world. */
export interface HttpDriverOptions {
  readonly fetch: PageFetch;
  readonly clock: Clock;
}

/** Requests of one sign-in; one with consent takes about ten. */
const MAX_REQUESTS = 60;

/** What a browser would send next. */
interface Request {
  readonly url: URL;
  readonly form?: URLSearchParams;
  readonly referrer?: URL;
  /** The kinds of credentials that were typed into its fields. A redirect that keeps the method keeps them. */
  readonly typed?: ReadonlySet<CredentialKind>;
}

/** What was typed on a page, by the control. */
type Typed = Map<number, { readonly value: string; readonly kind?: CredentialKind }>;

const NOTHING_TYPED: Typed = new Map();
const NO_KINDS: ReadonlySet<CredentialKind> = new Set();

/** Failures in which no byte of the request has left this machine. */
const UNSENT_HEADERS: readonly string[] = [
  'network_dns',
  'network_refused',
  'network_unreachable',
  'tls_not_trusted',
  'tls_failed',
  'proxy_failed',
];

/**
 * Signs in on pages that need no script: follows redirects, keeps cookies,
 * fills in and sends forms. It stops before the request to the redirect URI,
 * which may be anywhere.
 */
export function httpDriver(options: HttpDriverOptions): SignInDriver {
  const closed = new AbortController();
  const jars = new WeakMap<object, CookieJar>();
  return {
    name: 'http',
    signIn: async (job) => {
      const time = deadline(job.timeoutMs, job.signal, closed.signal);
      const progress = await SignInProgress.begin(job, options.clock);
      const driver = new HttpSignIn(job, progress, time, options, jars);
      try {
        return await time.race(driver.walk());
      } catch (error) {
        const failure = withCredentialsSent(
          time.reason(error, () => driver.whereabouts()),
          progress.guard.sent,
        );
        if (!(failure instanceof OidcCliError) || job.evidenceFolder === undefined) throw failure;
        // There is nothing to see on a page that its script has not made yet.
        if (failure.code === 'sign_in_script_needed') throw failure;
        const seen = { page: driver.page?.description };
        throw withEvidence(failure, await saveEvidence(job.evidenceFolder, seen, (text) => progress.mask(text)));
      } finally {
        time.release();
      }
    },
    endSession: async (session) => {
      jars.delete(session);
    },
    close: async () => closed.abort(new DOMException('The sign-ins were ended', 'AbortError')),
  };
}

/** One sign-in. */
class HttpSignIn {
  /** The page it is on. */
  page: HtmlPage | undefined;
  private pageUrl: URL | undefined;
  private readonly jar: CookieJar;
  private readonly target: RedirectTarget;
  private readonly steps: SignInStep[];

  constructor(
    private readonly job: PageSignIn,
    private readonly progress: SignInProgress,
    private readonly time: Deadline,
    private readonly options: HttpDriverOptions,
    /** The cookies of jobs that share them. */
    jars: WeakMap<object, CookieJar>,
  ) {
    this.target = redirectTarget(job.redirectUri);
    this.steps = [...(job.steps ?? [])];
    this.jar = (job.session && jars.get(job.session)) ?? new CookieJar();
    if (job.session) jars.set(job.session, this.jar);
  }

  whereabouts(): Readonly<Record<string, string | number>> {
    const { progress, page } = this;
    const { pages } = progress;
    if (!page) return { pages };
    return { pages, title: progress.mask(page.description.title), url: progress.mask(page.description.url) };
  }

  async walk(): Promise<PageSignInResult> {
    let request: Request = { url: new URL(this.job.url) };
    for (let requests = 0; requests < MAX_REQUESTS; requests++) {
      const received = this.responseParameters(request);
      if (received) return received;
      const response = await this.send(request);
      const { status, headers } = response;
      const target = redirectUrl({ status, location: headers.location }, request.url);
      if (target !== undefined) {
        request = redirectRequest(request, target, status);
        continue;
      }
      this.page = await this.read(response, request.url);
      this.pageUrl = request.url;
      request = await this.next(this.page, request.url);
    }
    throw this.progress.failure('sign_in_loops', this.page?.description, { times: MAX_REQUESTS });
  }

  /** The answer, where the next request would be for the redirect URI. */
  private responseParameters({ url, form }: Request): PageSignInResult | undefined {
    if (!this.target.matches(url.href)) return undefined;
    const { pages } = this.progress;
    const parameters = this.target.responseParameters(form ?? url.searchParams);
    const credentialsSent = this.progress.guard.sent;
    return { parameters, via: form ? 'form_post' : 'query', pages, way: 'http', credentialsSent };
  }

  private async send({ url, form, referrer, typed = new Set() }: Request): Promise<PageResponse> {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw this.progress.failure('sign_in_page_error', this.page?.description, {
        words: `it leads to ${url.protocol}//, which is not the redirect URI of this sign-in`,
      });
    }
    // The jar keeps its cookies in memory: its promises would cost more than they do.
    const cookies = this.jar.getCookieStringSync(url.href);
    const sameOrigin = referrer?.origin === url.origin;
    const headers = {
      accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'accept-language': 'en',
      ...(cookies === '' ? {} : { cookie: cookies }),
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      ...(form && referrer ? { origin: referrer.origin } : {}),
      // As browsers do it: the whole address only to its own origin.
      ...(referrer ? { referer: sameOrigin ? withoutFragment(referrer) : `${referrer.origin}/` } : {}),
    };
    const body = form?.toString();
    const known = { inUrl: form ? NO_KINDS : typed, inBody: form ? typed : NO_KINDS };
    const guarded = { to: url, page: this.pageUrl, headers, body, known };
    const { guard } = this.progress;
    const refusal = guard.refuse(guarded);
    if (refusal) throw this.progress.refused(refusal, this.page?.description);
    const response = await (this.job.fetch ?? this.options.fetch)(url.href, {
      method: form ? 'POST' : 'GET',
      headers,
      body,
      signal: this.time.signal,
      step: 'sign-in page',
    }).catch((error: unknown) => {
      if (!(error instanceof OidcCliError && UNSENT_HEADERS.includes(error.code))) guard.note(guarded);
      throw error;
    });
    guard.note(guarded);
    for (const cookie of response.cookies) this.jar.setCookieSync(cookie, url.href, { ignoreError: true });
    this.progress.noteCookies(response.cookies.map(cookieValue));
    return response;
  }

  private async read(response: PageResponse, url: URL): Promise<HtmlPage> {
    const type = response.headers['content-type'] ?? '';
    const text = decodeText(response.body, type);
    const { status } = response;
    if (/html|^$/i.test(type)) return this.readHtml(text, url, status);
    const shown = /json/i.test(type) ? errorInJson(text) : text.slice(0, 500);
    const plain = await this.readHtml('', url, status);
    const lines = /text|json/i.test(type) ? shown.split('\n').filter((line) => line.trim() !== '') : [];
    return { ...plain, description: { ...plain.description, lines } };
  }

  private async readHtml(text: string, url: URL, status: number): Promise<HtmlPage> {
    const page = readHtmlPage(await parseHtml(text, this.time.signal), url, status);
    if (page.over !== undefined) throw this.progress.tooLarge(page.description, page.over);
    return page;
  }

  /** What to request after a page. */
  private async next(page: HtmlPage, url: URL): Promise<Request> {
    const { progress, time } = this;
    const posted = this.posted(page, url);
    if (posted) return posted;
    const { typed, clicked } = await this.doSteps(page);
    this.checkPage(url, typed);
    if (clicked) return this.press(page, url, clicked, typed, new Set());
    const decision = progress.checkPage(page.description, new Set(typed.keys()));
    if (decision.kind === 'unclear') {
      if (page.refresh !== undefined && URL.canParse(page.refresh, page.base.href)) {
        return { url: new URL(page.refresh, page.base), referrer: url };
      }
      const [step] = this.steps;
      const scripted = this.needsScript(page);
      if (step && !scripted) throw this.stepFailed(step, page, 'nothing like that is on the page');
      if (scripted && !decision.newPassword) throw progress.failure('sign_in_script_needed', page.description);
    }
    const act = await progress.act(page.description, decision, time.signal);
    for (const { control, value, kind } of act.fills) typed.set(control, { value, kind });
    this.checkPage(url, typed);
    return this.carryOut(page, url, act, typed);
  }

  private carryOut(page: HtmlPage, url: URL, act: ConcreteAct, typed: Typed): Request {
    const { controls } = page.description;
    const ticked = new Set(act.ticks);
    if (act.press !== undefined) return this.press(page, url, controls[act.press] as PageControl, typed, ticked);
    const first = act.fills[0]?.control ?? act.ticks[0];
    const form = first === undefined ? undefined : controls[first]?.form;
    return this.submit(page, url, form, undefined, typed, ticked);
  }

  private press(page: HtmlPage, url: URL, control: PageControl, typed: Typed, ticked: ReadonlySet<number>): Request {
    if (control.kind !== 'link') return this.submit(page, url, control.form, control, typed, ticked);
    const href = page.elements[control.id]?.attribs.href ?? '';
    if (/^\s*(javascript:|#|$)/i.test(href) || !URL.canParse(href, page.base.href)) {
      throw this.progress.failure('sign_in_script_needed', page.description);
    }
    return { url: new URL(href, page.base), referrer: url };
  }

  /** Sends a form, by its button or as Enter would. */
  private submit(
    page: HtmlPage,
    url: URL,
    form: number | undefined,
    button: PageControl | undefined,
    typed: Typed,
    ticked: ReadonlySet<number>,
  ): Request {
    const { description, elements, forms } = page;
    const element = form === undefined ? undefined : forms[form];
    if (form === undefined || !element) throw this.progress.failure('sign_in_script_needed', description);
    // A button of no form's own does nothing but by script; what Enter would do is the form's.
    const pressed = button?.type === 'submit' ? button.id : undefined;
    const of = (name: string) => (pressed === undefined ? undefined : elements[pressed]?.attribs[name]);
    const method = (of('formmethod') ?? description.forms[form]?.method ?? 'get').toLowerCase();
    const action = of('formaction') || element.attribs.action || url.href;
    const texts = new Map([...typed].map(([control, { value }]) => [control, value]));
    const entries = formEntries(page, form, texts, ticked, pressed);
    const kinds = this.kindsIn(form, page, typed);
    const typesSecret = [...kinds].some((kind) => kind !== 'user name');
    const asksSecret = description.controls.some(
      (control) => control.form === form && control.type === 'password' && control.visible,
    );
    // A password in an address ends up in logs: such a page probably means its script to send the form.
    const scripted = page.hasScript || element.attribs.onsubmit !== undefined;
    const needsScript = asksSecret || (typesSecret && scripted);
    if (method !== 'post' && (needsScript || method === 'dialog' || /^\s*javascript:/i.test(action))) {
      throw this.progress.failure('sign_in_script_needed', description);
    }
    if (!URL.canParse(action, page.base.href)) throw this.progress.failure('sign_in_script_needed', description);
    const to = new URL(action, page.base);
    const data = new URLSearchParams(entries);
    if (method === 'post') return { url: to, form: data, referrer: url, typed: kinds };
    to.search = data.toString();
    return { url: to, referrer: url, typed: kinds };
  }

  /** The kinds of credentials that were typed into the fields of a form. */
  private kindsIn(form: number, { description }: HtmlPage, typed: Typed): Set<CredentialKind> {
    const kinds = new Set<CredentialKind>();
    for (const [control, { kind }] of typed) {
      if (kind !== undefined && description.controls[control]?.form === form) kinds.add(kind);
    }
    return kinds;
  }

  /** Nothing is typed on a page that anybody on the way may have changed. */
  private checkPage(url: URL, typed: Typed): void {
    const kinds = [...typed.values()].flatMap(({ kind }) => kind ?? []);
    const refusal = this.progress.guard.typeOn(url, kinds);
    if (refusal) throw this.progress.refused(refusal, this.page?.description);
  }

  /** A form of hidden fields that a script sends by itself, such as an answer by form_post. */
  private posted(page: HtmlPage, url: URL): Request | undefined {
    const { controls, forms } = page.description;
    const seen = controls.filter(({ visible, kind }) => visible && kind !== 'link');
    const onlyHidden = new Map<number | undefined, boolean>();
    for (const { form, type, kind } of controls) {
      const hidden = type === 'hidden' || kind === 'button';
      onlyHidden.set(form, hidden && (onlyHidden.get(form) ?? true));
    }
    const index = forms.findIndex((form, place) => {
      const hidden = onlyHidden.get(place) ?? false;
      if (form.method !== 'post' || !hidden) return false;
      const toTarget =
        URL.canParse(form.action, page.base.href) && this.target.matches(new URL(form.action, page.base).href);
      // With a button in sight it is a question, and not sent by itself.
      return toTarget || (page.hasScript && forms.length === 1 && seen.length === 0);
    });
    return index < 0 ? undefined : this.submit(page, url, index, undefined, NOTHING_TYPED, new Set());
  }

  private needsScript({ hasScript, wantsScript, description }: HtmlPage): boolean {
    const fields = description.controls.filter(({ visible, kind }) => visible && kind === 'field');
    return wantsScript || (hasScript && (fields.length === 0 || fields.every(({ form }) => form === undefined)));
  }

  /** Does the steps that this page has the targets of. */
  private async doSteps(page: HtmlPage): Promise<{ typed: Typed; clicked?: PageControl }> {
    const typed: Typed = new Map();
    for (let step = this.steps[0]; step; step = this.steps[0]) {
      if ('wait' in step && typeof step.wait === 'number') {
        await wait(step.wait, undefined, { signal: this.time.signal });
      } else {
        const target = this.find(page, step);
        if (target === undefined) return { typed };
        if ('fill' in step) {
          const { id, type } = target as PageControl;
          const kind = this.progress.kindOfStep(step, type);
          if (kind) this.progress.guard.add(kind, step.value);
          typed.set(id, { value: step.value, kind });
        }
        if ('click' in step) {
          this.steps.shift();
          this.progress.pages += 1;
          return { typed, clicked: target as PageControl };
        }
      }
      this.steps.shift();
    }
    return { typed };
  }

  private find(page: HtmlPage, step: SignInStep): PageControl | true | undefined {
    const target = 'fill' in step ? step.fill : 'click' in step ? step.click : String(step.wait);
    if (isSelector(target)) {
      let element: Element | null;
      try {
        element = findBySelector(target, page.root);
      } catch (error) {
        const slow = error instanceof SelectorTooSlow;
        const reason = slow ? 'the page has too many elements for this selector' : 'it is no CSS selector';
        throw this.stepFailed(step, page, reason);
      }
      if ('wait' in step) return element ? true : undefined;
      return element ? page.description.controls[page.elements.indexOf(element)] : undefined;
    }
    if ('wait' in step) return hasText(page.description, target) || undefined;
    return findControl(page.description, target, 'fill' in step ? FILLED : CLICKED);
  }

  private stepFailed(step: SignInStep, { description }: HtmlPage, reason: string): OidcCliError {
    const facts = { step: stepText(step), reason, controls: this.progress.controls(description) };
    return this.progress.failure('sign_in_step_failed', description, facts);
  }
}

function redirectRequest(request: Request, target: URL | 'invalid', status: number): Request {
  if (target === 'invalid') {
    const { origin, pathname, host } = request.url;
    throw new OidcCliError('network_failed', { url: origin + pathname, host, reason: 'its redirect leads nowhere' });
  }
  return keepsMethod(status) && request.form ? { ...request, url: target } : { url: target };
}

function withoutFragment(url: URL): string {
  return url.href.split('#')[0] ?? '';
}

/** Text of a page, in the charset that it or its header names. */
function decodeText(bytes: Buffer, contentType: string): string {
  const headerCharset = /charset\s*=\s*["']?([\w-]+)/i.exec(contentType)?.[1];
  const pageCharset = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(bytes.subarray(0, 2048).toString('latin1'))?.[1];
  try {
    return new TextDecoder(headerCharset ?? pageCharset ?? 'utf-8').decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

/** The message of an error in JSON: its `error`, `error_description` and `message`, else its first 500 characters. */
function errorInJson(text: string): string {
  try {
    const { error, error_description: description, message } = parseJson(text) as Record<string, unknown>;
    const messages = [error, description, message].filter((part) => typeof part === 'string');
    return messages.length > 0 ? messages.join(': ') : text.slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}
