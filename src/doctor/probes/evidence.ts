import type { ShownEvent } from '../../trace/document.js';
import type { Exchange, Follower, Step } from '../../trace/recorder.js';
import { Tracing } from '../../trace/tracing.js';

/** Steps that show nothing of what a provider refuses. */
const BESIDE_THE_POINT: readonly string[] = [
  'key set',
  'sign-in page',
  'listening',
  'driver started',
  'browser opened',
];

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
    this.steps.push(exchange.step);
    this.tracing.begun(exchange);
    this.next?.begun(exchange);
  }

  ended(exchange: Exchange): void {
    this.tracing.ended(exchange);
    this.next?.ended(exchange);
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

  /** The numbers of the events since a mark; without `all` those that only lead there are left out. */
  since(mark: number, all = false): readonly number[] {
    return this.steps.flatMap((step, index) =>
      index < mark || (!all && BESIDE_THE_POINT.includes(step)) ? [] : [index + 1],
    );
  }

  /** Every event as it may be shown, by its number. */
  shown(): ReadonlyMap<number, ShownEvent> {
    const { events } = this.tracing.document({ exitCode: 0, at: this.run.startedAt }, false);
    return new Map(events.map((event) => [event.number, event]));
  }
}
