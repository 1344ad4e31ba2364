import type { ShownEvent, ShownFailure, TraceDocument } from './document.js';
import type { Exchange, Follower, Step } from './recorder.js';
import { Redactor } from './redact.js';
import { Secrets } from './secrets.js';

/** Shows events while they happen. */
export interface LiveView {
  /** A request is about to be sent. */
  began(event: ShownEvent): void;
  /** A step happened, or an answer is complete. */
  happened(event: ShownEvent): void;
  /** The command is over. */
  ended(events: readonly ShownEvent[], run: EndedRun): void;
}

/** When a command began, in milliseconds since the epoch, how many it took, and how it ended. */
interface EndedRun {
  readonly startedAt: number;
  readonly durationMs: number;
  readonly exitCode: number;
}

/** How a command ended. */
interface Ending {
  readonly exitCode: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly failure?: ShownFailure;
}

/**
 * Follows one command from its beginning: keeps what its recorders tell, raw,
 * shows it live, and makes the documents that files are written from.
 */
export class Tracing implements Follower {
  private readonly secrets = new Secrets();
  private readonly raw: (Exchange | Step)[] = [];
  private readonly live: Redactor;
  /** What a fault of ours in the live view threw: the command goes on. */
  private fault: { readonly error: unknown } | undefined;

  /** `command` is its name without flags; `startedAt` is in milliseconds since the epoch. */
  constructor(
    private readonly run: { readonly version: string; readonly command: string; readonly startedAt: number },
    private readonly view: LiveView | undefined,
  ) {
    this.live = new Redactor(this.secrets, false);
  }

  begun(exchange: Exchange): void {
    this.raw.push(exchange);
    this.show((view) => view.began(this.live.event(exchange, this.raw.length)));
  }

  ended(exchange: Exchange): void {
    this.show((view) => view.happened(this.live.event(exchange, this.raw.indexOf(exchange) + 1)));
  }

  noted(step: Step): void {
    this.raw.push(step);
    this.show((view) => view.happened(this.live.event(step, this.raw.length)));
  }

  hidden(secret: string): void {
    this.secrets.hide(secret);
  }

  /** Ends the live view. Throws what went wrong in it. */
  end(ending: Ending): void {
    const run = { ...this.run, ...this.howItEnded(ending) };
    this.show((view) =>
      view.ended(
        this.raw.map((event, index) => this.live.event(event, index + 1)),
        run,
      ),
    );
    if (this.fault) throw this.fault.error;
  }

  private howItEnded({ exitCode, at }: Ending): Omit<EndedRun, 'startedAt'> {
    return { durationMs: Math.max(0, at - this.run.startedAt), exitCode };
  }

  private show(work: (view: LiveView) => void): void {
    if (!this.view || this.fault) return;
    try {
      work(this.view);
    } catch (error) {
      this.fault = { error };
    }
  }

  /**
   * The whole trace, to be written to a file. `withClaims`: names, e-mail
   * addresses and other personal claims are left as they are.
   */
  document(ending: Ending, withClaims: boolean): TraceDocument {
    const first = new Redactor(this.secrets, !withClaims);
    // Once for what there is to be hidden: an answer at the end may name what was said at the beginning.
    this.raw.forEach((event, index) => {
      first.event(event, index + 1);
    });
    const redactor = new Redactor(this.secrets, !withClaims);
    const events = this.raw.map((event, index) => redactor.event(event, index + 1));
    const { failure } = ending;
    return {
      ...this.run,
      ...this.howItEnded(ending),
      ...(failure === undefined ? {} : { failure: redactor.failure(failure) }),
      personsMasked: !withClaims,
      events,
      names: [...redactor.places].map(([name, places]) => ({ name, places: [...places] })).sort(compareEvents),
    };
  }
}

/** Secrets first, each kind by its numbers. */
function compareEvents(one: { readonly name: string }, other: { readonly name: string }): number {
  const [kind = '', number = ''] = one.name.split('#');
  const [otherKind = '', otherNumber = ''] = other.name.split('#');
  return otherKind.localeCompare(kind) || Number(number) - Number(otherNumber);
}
