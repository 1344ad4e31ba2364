import type { ShownEvent } from '../../trace/document.js';
import type { Exchange, Follower, Step } from '../../trace/recorder.js';
import { Tracing } from '../../trace/tracing.js';

/** Pages on which somebody signs in: many, and none shows what a provider refuses. */
const PAGES = 'sign-in page';

/** Steps that only lead to what shows something. */
const LEADING_THERE: readonly string[] = ['key set', 'listening', 'driver started', 'browser opened'];

/**
 * Keeps what happens while probes run, so that each can name the events that
 * show what it found; they leave it redacted, and without personal claims.
 */
export class Evidence implements Follower {
  private readonly tracing: Tracing;
  private readonly steps: string[] = [];

  /** `next` hears of everything too, such as the trace of the command. */
  constructor(
    private readonly run: { readonly version: string; readonly startedAt: number },
    private readonly next: Follower | undefined,
  ) {
    this.tracing = new Tracing({ ...run, command: 'probe' }, undefined);
  }

  begun(exchange: Exchange): void {
    this.next?.begun(exchange);
    if (exchange.step === PAGES) return;
    this.steps.push(exchange.step);
    this.tracing.begun(exchange);
  }

  ended(exchange: Exchange): void {
    this.next?.ended(exchange);
    if (exchange.step !== PAGES) this.tracing.ended(exchange);
  }

  noted(step: Step): void {
    this.steps.push(step.step);
    this.tracing.noted(step);
    this.next?.noted(step);
  }

  hidden(secret: string): void {
    this.tracing.hidden(secret);
    this.next?.hidden(secret);
  }

  /** How many events there are: the place to remember before something is tried. */
  get mark(): number {
    return this.steps.length;
  }

  /** The numbers of the events since a mark. */
  since(mark: number): readonly number[] {
    return this.steps.flatMap((step, index) => (index < mark || LEADING_THERE.includes(step) ? [] : [index + 1]));
  }

  /** Every event as it may be shown, by its number. */
  shown(): ReadonlyMap<number, ShownEvent> {
    const { events } = this.tracing.document({ exitCode: 0, at: this.run.startedAt }, false);
    return new Map(events.map((event) => [event.number, event]));
  }
}
