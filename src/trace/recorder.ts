import type { Check, Verdict } from '../check.js';
import type { Facts } from '../errors.js';
import { Masker } from '../masking/mask.js';
import { misnamedTokens, receivedSecrets, sentSecrets } from './exchange-secrets.js';

/**
 * How long each part of a request took, in milliseconds, under the names that
 * HTTP archives have. Absent: there was none, as on a connection that was kept.
 */
export interface RequestTimes {
  /** Until a connection was begun or a kept one was free; by a proxy, until it let us through. */
  readonly blocked?: number;
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  readonly send?: number;
  /** From the last byte sent to the first one of the answer. */
  readonly wait?: number;
  readonly receive?: number;
}

/** One HTTP request and its answer, raw: it stays in memory and is redacted before anything prints it. */
export interface Exchange {
  /** Which step of the flow asked, in the standard's words: `discovery`, `key set`, `token request`, … */
  readonly step: string;
  /** Who asked, where it was not this program. */
  readonly from?: Actor;
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | undefined;
  /** Absent when no answer came. */
  status?: number;
  responseHeaders?: Readonly<Record<string, string>>;
  /** The answer's `Set-Cookie` headers, each by itself: they cannot be joined into one (RFC 9110 §5.3). */
  responseCookies?: readonly string[];
  /** The whole body as text; absent when no answer came. */
  responseBody?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds from the request to the last byte of the answer or to the failure. */
  durationMs?: number;
  /** Its parts; they add up to `durationMs`. */
  times?: RequestTimes;
  /** The IP address that was asked; absent where a proxy was, and where no connection was made. */
  serverAddress?: string;
  /** When the server's TLS certificate expires, where a connection was made for this: seconds since the epoch. */
  certificateExpiresAt?: number;
  /** The message of the failure, when no answer came. */
  failure?: string;
  /** Which of several jobs asked, where a command has several; the recorder says it. */
  about?: string;
}

/** Who takes part in a sign-in. The client is an application of somebody else's, where this program is the provider. */
export type Actor = 'browser' | 'cli' | 'client' | 'provider';

/** A failure in the words of its explanation. */
export interface StepFailure {
  readonly code: string;
  readonly message: string;
  readonly causes: readonly string[];
  readonly fix: string;
}

/**
 * Something that happened beside our own exchanges: the browser was sent to the
 * provider, the answer came back, the ID token was judged. Raw, as an exchange is.
 */
export interface Step {
  /** In the standard's words, where it has any: `authorization request`, `authorization response`, … */
  readonly step: string;
  readonly from: Actor;
  readonly to: Actor;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What was said of it, in our words. */
  readonly note?: string;
  /** What progress lines are made of. A trace does not show it. */
  readonly facts?: Facts;
  /** Told to listeners only, and kept out of the trace. */
  readonly transient?: boolean;
  /** Of a request that another party made: its address. */
  readonly url?: string;
  /** Whether the parameters came as a form in its body (OAuth 2.0 Form Post Response Mode). */
  readonly posted?: boolean;
  /** What it carried, where that is not in the address. */
  readonly parameters?: readonly (readonly [name: string, value: string])[];
  readonly checks?: readonly Check[];
  /** How it ended, where it is an end. */
  readonly verdict?: Verdict;
  /** Why it failed, in the words of the explanation. */
  readonly failure?: StepFailure;
  /** Which of several jobs it belongs to, where a command has several; the recorder says it. */
  readonly about?: string;
}

/** The parts of a sign-in, in their order. */
export const STAGES = [
  'discovery',
  'authorization request',
  'sign-in pages',
  'token request',
  'userinfo',
  'expectations',
] as const;

export type Stage = (typeof STAGES)[number];

/** A part of a sign-in and how long it took, in milliseconds; without `ms` it has not ended. */
interface StageTime {
  readonly stage: Stage;
  ms?: number;
}

/** Hears of everything while it happens, raw. */
export interface Follower {
  /** A request is about to be sent. */
  begun(exchange: Exchange): void;
  /** Its answer is complete, or it failed. */
  ended(exchange: Exchange): void;
  noted(step: Step): void;
  /** A value that must never be shown, wherever it turns up from now on. */
  hidden(secret: string): void;
}

/** Who has to do with what a recorder records: the command's context is one. */
interface Listeners {
  readonly follower?: Follower;
  /** The one masker of the run, which all its recorders share. */
  readonly masker?: Masker;
}

/**
 * Collects the exchanges of one run, and tells a follower of them and of the
 * steps between. `--trace`, reports and explanations all read from here;
 * nothing in it has been redacted.
 */
export class Recorder {
  readonly exchanges: Exchange[] = [];
  /** The parts of the sign-in so far, in the order in which they began. */
  readonly stages: StageTime[] = [];
  /** Knows the secrets of the run, and masks them in whatever is printed. */
  readonly masker: Masker;
  private readonly follower: Follower | undefined;
  private readonly listeners: ((step: Step) => void)[] = [];
  /** Exchanges whose secrets the masker has not asked for yet. */
  private unread: Exchange[] = [];

  /** `about`: the name of the job, where a command has several at once. */
  constructor(
    { follower, masker = new Masker() }: Listeners = {},
    private readonly about?: string,
  ) {
    this.follower = follower;
    this.masker = masker;
  }

  /** Adds an exchange that has just begun and returns it, to be completed by the caller. */
  begin(exchange: Exchange): Exchange {
    this.exchanges.push(exchange);
    this.unread.push(exchange);
    this.masker.watch(this, () => this.unreadSecrets());
    if (this.about !== undefined) exchange.about = this.about;
    this.follower?.begun(exchange);
    return exchange;
  }

  /** Tells that an exchange is complete: `begin` returned it, and the caller has filled it in. */
  end(exchange: Exchange): void {
    this.hide(...misnamedTokens(exchange));
    this.follower?.ended(exchange);
  }

  /** Tells of a step that is no exchange of ours. */
  note(step: Step): void {
    if (!step.transient) this.follower?.noted(this.about === undefined ? step : { ...step, about: this.about });
    for (const listener of this.listeners) listener(step);
  }

  /** Calls `listener` for each step from now on, those that a trace leaves out included. */
  listen(listener: (step: Step) => void): void {
    this.listeners.push(listener);
  }

  /** Runs a part of the sign-in and records how long it took, also where it fails. */
  async stage<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const time: StageTime = { stage };
    this.stages.push(time);
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      time.ms = performance.now() - startedAt;
    }
  }

  /** Names a secret of this job before anybody could repeat it: a code, a token, a verifier. */
  hide(...secrets: readonly (string | undefined)[]): void {
    this.masker.watch(this, () => this.unreadSecrets());
    this.masker.learn(this, secrets);
    this.tell(secrets);
  }

  /** Names a value that an address on the terminal may hold, and a provider's words may not repeat: state, nonce. */
  hideInWords(...secrets: readonly (string | undefined)[]): void {
    this.masker.watch(this, () => this.unreadSecrets());
    this.masker.learn(this, secrets, true);
    this.tell(secrets);
  }

  /**
   * Names a value of the user's configuration that a provider may repeat, and
   * that its words do not show then. A trace is not told: it goes by the
   * parameter's name, and such a value may be a mere word ("consent").
   */
  maskInWords(...values: readonly (string | undefined)[]): void {
    this.masker.learn(this, values, true);
  }

  /** Names a secret of the user's, which stays one when this job is over: a client secret, a password. */
  hideCredentials(...secrets: readonly (string | undefined)[]): void {
    this.masker.learn(this.masker, secrets);
    this.tell(secrets);
  }

  /** Words that somebody else wrote, without the secrets of the run. */
  maskWords(text: string): string {
    return this.masker.foreign(text);
  }

  /** Lets go of the exchanges and their secrets, once nobody asks for them any more: a library may hold on to the job for longer. */
  forget(): void {
    this.exchanges.length = 0;
    this.unread = [];
    this.masker.forget(this);
  }

  private tell(secrets: readonly (string | undefined)[]): void {
    for (const secret of secrets) if (secret) this.follower?.hidden(secret);
  }

  private unreadSecrets(): string[] {
    const secrets = this.unread.flatMap((exchange) => [...sentSecrets(exchange), ...receivedSecrets(exchange)]);
    // The answers of the others are still to come.
    this.unread = this.unread.filter(({ durationMs }) => durationMs === undefined);
    return secrets;
  }

  /** The newest exchange of a step, or undefined. */
  last(step: string): Exchange | undefined {
    return this.exchanges.findLast((exchange) => exchange.step === step);
  }
}
