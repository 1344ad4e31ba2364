import type { ShownEvent } from '../trace/document.js';
import type { Exchange, Follower, Step } from '../trace/recorder.js';
import { Redactor } from '../trace/redact.js';
import { Secrets } from '../trace/secrets.js';

/** Steps that prove nothing themselves and only lead to the event that does, such as the many pages of a sign-in. */
const LEADING_THERE: readonly string[] = ['sign-in page', 'key set', 'listening', 'driver started', 'browser opened'];

/**
 * Records the events of a run, so that each probe can name those that prove its
 * result. They are shown redacted, and without personal claims.
 */
export class Evidence implements Follower {
  private readonly secrets = new Secrets();
  private readonly raw: (Exchange | Step)[] = [];

  /** `next` receives every event too, such as the trace of the command. */
  constructor(private readonly next: Follower | undefined) {}

  begun(exchange: Exchange): void {
    this.raw.push(exchange);
    this.next?.begun(exchange);
  }

  ended(exchange: Exchange): void {
    this.next?.ended(exchange);
  }

  noted(step: Step): void {
    this.raw.push(step);
    this.next?.noted(step);
  }

  hidden(secret: string): void {
    this.secrets.hide(secret);
    this.next?.hidden(secret);
  }

  /** The number of events so far: a mark for `since`. */
  get mark(): number {
    return this.raw.length;
  }

  /** The numbers of the events since a mark, from 1, without the steps that only lead to others. */
  since(mark: number): readonly number[] {
    return this.raw.flatMap(({ step }, index) => (index < mark || LEADING_THERE.includes(step) ? [] : [index + 1]));
  }

  /** The events with these numbers, redacted. */
  shown(numbers: Iterable<number>): ReadonlyMap<number, ShownEvent> {
    const events = [...new Set(numbers)].sort((one, other) => one - other);
    const redacted = () => {
      const redactor = new Redactor(this.secrets, true);
      return events.flatMap((number): [number, ShownEvent][] => {
        const event = this.raw[number - 1];
        return event === undefined ? [] : [[number, redactor.event(event, number)]];
      });
    };
    // The first pass collects the values to mask: the last event may repeat a value from the first.
    redacted();
    return new Map(redacted());
  }
}
