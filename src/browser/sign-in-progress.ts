import type { Clock } from '../context.js';
import { type ErrorCode, type Facts, type FactsOf, OidcCliError } from '../errors.js';
import { maskSecrets } from '../masking/mask.js';
import { REQUEST_SECRETS } from '../masking/secret-names.js';
import type { DestinationRefusal } from './credential-destination.js';
import { CredentialGuard } from './credential-guard.js';
import type { CredentialKind } from './credential-policy.js';
import { type OneTimeCodes, oneTimeCodes } from './one-time-code.js';
import { controlNames, PAGE_LIMITS, type PageDescription, type PageLimit, pageShape } from './page-description.js';
import type { PageSignIn, SignInStep } from './sign-in-driver.js';
import { type Decision, decide, type FieldPurpose, type Fill, type PageAct } from './sign-in-form.js';

/** What a driver types and presses, with the values in it. */
export interface ConcreteAct {
  readonly fills: readonly { readonly control: number; readonly value: string; readonly kind: CredentialKind }[];
  readonly ticks: readonly number[];
  readonly press?: number;
}

const KINDS: Readonly<Record<FieldPurpose, CredentialKind>> = {
  username: 'user name',
  password: 'password',
  code: 'one-time code',
};

/** Times that one page may come before it is called a loop, and pages of one sign-in. */
const SAME_PAGE = 3;
const MAX_PAGES = 30;

/** A cookie's shorter value is a setting, and names no session. */
const MIN_COOKIE_LENGTH = 8;

/**
 * One sign-in on its way through the provider's pages, the same for every
 * driver: what has been sent, which pages have come, and what to do on the next.
 */
export class SignInProgress {
  /** Pages on which something was done. */
  pages = 0;
  private readonly sent = new Set<FieldPurpose>();
  private readonly visits = new Map<string, number>();
  private readonly withPassword = new Set<string>();
  private readonly typed: string[] = [];
  private readonly cookies = new Set<string>();
  private codes: OneTimeCodes | undefined;
  private codesSent = 0;
  /** Decides where credentials may be sent, and knows where they were. */
  readonly guard: CredentialGuard;

  private constructor(private readonly job: PageSignIn) {
    const { origin } = new URL(job.url);
    this.guard = new CredentialGuard(job.credentialPolicy ?? {}, job.credentials.username, origin);
  }

  /** Throws `totp_secret_invalid`: before anything is opened. */
  static async begin(job: PageSignIn, clock: Clock): Promise<SignInProgress> {
    const progress = new SignInProgress(job);
    const { totp } = job.credentials;
    if (totp !== undefined) progress.codes = await oneTimeCodes(totp, clock);
    return progress;
  }

  /** Everything typed, or to be typed, that nobody may see, and what names this sign-in to the provider. */
  get secrets(): string[] {
    const { password, totp } = this.job.credentials;
    const parameters = new URL(this.job.url).searchParams;
    const requestSecrets = REQUEST_SECRETS.map((name) => parameters.get(name));
    const stepSecrets = (this.job.steps ?? []).flatMap((step) => ('fill' in step ? [step.value] : []));
    const all = [password, totp, ...stepSecrets, ...this.typed, this.job.state, ...requestSecrets, ...this.cookies];
    return all.filter((secret): secret is string => Boolean(secret));
  }

  /** Values of the provider's cookies: one of them is a session. */
  noteCookies(values: Iterable<string>): void {
    for (const value of values) if (value.length >= MIN_COOKIE_LENGTH) this.cookies.add(value);
  }

  mask(text: string): string {
    return maskSecrets(this.job.masking?.maskWords(text) ?? text, this.secrets);
  }

  /** What is to be done on a page; changes nothing. `filled` are the fields that steps have filled in. */
  checkPage(page: PageDescription, filled?: ReadonlySet<number>): Decision {
    const { username, password } = this.job.credentials;
    const has = { password: password !== undefined, code: this.codes !== undefined };
    const so = { username, has, sent: this.sent, filled };
    const decision = decide(page, so);
    // A code may have ended while it was under way, or have been used by another sign-in: the next one is tried, once.
    if (decision.kind === 'refused' && decision.field === 'code' && this.codesSent === 1) {
      const onceMore = decide(page, { ...so, onceMore: true });
      if (onceMore.kind === 'act') return onceMore;
    }
    return decision;
  }

  /**
   * What to type and press for a decision; counts it as done. Waits for the
   * next one-time code where that is needed. Throws what the decision refuses,
   * `sign_in_credentials_missing`, `sign_in_page_not_understood` and `sign_in_loops`.
   */
  async act(page: PageDescription, decision: Decision, signal: AbortSignal): Promise<ConcreteAct> {
    switch (decision.kind) {
      case 'refused': {
        const { code, field, words } = decision;
        throw this.failure(code, page, { field, words: this.mask(words), status: failureStatus(page.status) });
      }
      case 'missing':
        throw this.failure('sign_in_credentials_missing', page, { field: decision.field });
      case 'unclear':
        throw this.notUnderstood(page, decision);
      case 'act':
        return this.take(page, decision, signal);
    }
  }

  /** The error for a page on which nothing is recognised. */
  notUnderstood(page: PageDescription, { captcha, newPassword, passkey }: Extract<Decision, { kind: 'unclear' }>) {
    const values = {
      ...(captcha ? { captcha } : {}),
      ...(newPassword ? { newPassword } : {}),
      ...(passkey ? { passkey } : {}),
    };
    return this.failure('sign_in_page_not_understood', page, { controls: this.controls(page), ...values });
  }

  /** The error for a page that has more than is read. */
  tooLarge(page: PageDescription, limit: PageLimit): OidcCliError {
    return this.failure('sign_in_page_too_large', page, { limit, most: PAGE_LIMITS[limit] });
  }

  /** An error with the page it happened on. */
  failure<C extends ErrorCode>(
    code: C,
    page: PageDescription | undefined,
    facts?: FactsOf<C>,
    cause?: unknown,
  ): OidcCliError {
    const of = page ? { title: this.mask(page.title), url: this.mask(page.url) } : {};
    const { redirectUri } = this.job;
    const known: Facts = { ...facts, ...of, redirectUri };
    return new OidcCliError<ErrorCode>(code, known, cause === undefined ? {} : { cause });
  }

  /** The kind of credential that a step types into a field, or undefined where it is none. */
  kindOfStep(step: Extract<SignInStep, { fill: string }>, fieldType: string | undefined): CredentialKind | undefined {
    const { username, password } = this.job.credentials;
    if (step.value === '') return undefined;
    if (step.value === password || fieldType === 'password') return 'password';
    if (step.value === username) return 'user name';
    return step.secret ? 'secret answer' : undefined;
  }

  /** The error for a request that would carry credentials where they may not go. */
  refused(refusal: DestinationRefusal, page: PageDescription | undefined): OidcCliError {
    const { problem, kinds, to } = refusal;
    const origin = this.mask(to.origin);
    return this.failure('sign_in_unsafe_destination', page, {
      problem,
      kinds,
      // Its path and query may hold what must not be seen.
      destination: origin,
      host: this.mask(to.host),
      ...(refusal.page ? { page: this.mask(refusal.page.origin) } : {}),
      onPage: refusal.page?.href === to.href,
      allowHttpHelps: this.guard.allowHttpHelps(refusal),
    });
  }

  controls(page: PageDescription): string[] {
    return controlNames(page).map((name) => this.mask(name));
  }

  private async take(page: PageDescription, act: PageAct, signal: AbortSignal): Promise<ConcreteAct> {
    const shape = pageShape(page);
    const visits = (this.visits.get(shape) ?? 0) + 1;
    const typesPassword = act.fills.some(({ what }) => what === 'password');
    // The same page asks for the same password, without a word: once more would only bring the account nearer to its lock.
    const pointless = typesPassword && this.withPassword.has(shape);
    if (visits > SAME_PAGE || pointless || this.pages >= MAX_PAGES) {
      const words = page.headings[0];
      throw this.failure('sign_in_loops', page, {
        times: visits,
        words: words === undefined ? undefined : this.mask(words),
      });
    }
    this.visits.set(shape, visits);
    if (typesPassword) this.withPassword.add(shape);
    this.pages += 1;
    const fills = await this.valuesFor(act.fills, signal);
    for (const { what } of act.fills) this.sent.add(what);
    return { fills, ticks: act.ticks, press: act.press };
  }

  private async valuesFor(fills: readonly Fill[], signal: AbortSignal) {
    const { username, password = '' } = this.job.credentials;
    let code = '';
    if (fills.some(({ what }) => what === 'code')) {
      code = (await this.codes?.next(signal)) ?? '';
      this.codesSent += 1;
      this.typed.push(code);
      this.job.masking?.hide(code);
    }
    return fills.map(({ control, what, digit }) => {
      const value = { username, password, code }[what];
      const kind = KINDS[what];
      this.guard.add(kind, value);
      return { control, kind, value: digit === undefined ? value : (value[digit] ?? '') };
    });
  }
}

/** The value in a `Set-Cookie` header. */
export function cookieValue(header: string): string {
  return /^[^=]*=([^;]*)/.exec(header)?.[1]?.trim() ?? '';
}

function failureStatus(status: number | undefined): number | undefined {
  return status !== undefined && status >= 400 ? status : undefined;
}
