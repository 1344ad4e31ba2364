import type { ShownEvent } from '../trace/document.js';
import type { Exchange, Follower, Step } from '../trace/recorder.js';
import { Redactor } from '../trace/redact.js';
import { Secrets } from '../trace/secrets.js';

/** Steps that lead to what shows something, and show nothing: the pages on which somebody signs in are many. */
const LEADING_THERE: readonly string[] = ['sign-in page', 'key set', 'listening', 'driver started', 'browser opened'];

/**
 * Keeps what happens while probes run, so that each can name the events that
 * show what it found; they leave it redacted, and without personal claims.
 */
export class Evidence implements Follower {
  private readonly secrets = new Secrets();
  private readonly raw: (Exchange | Step)[] = [];

  /** `next` hears of everything too, such as the trace of the command. */
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

  /** How many events there are: the place to remember before something is tried. */
  get mark(): number {
    return this.raw.length;
  }

  /** The numbers of the events since a mark, from 1, without those that only lead there. */
  since(mark: number): readonly number[] {
    return this.raw.flatMap(({ step }, index) => (index < mark || LEADING_THERE.includes(step) ? [] : [index + 1]));
  }

  /** These events as they may be shown, by their numbers. */
  shown(numbers: Iterable<number>): ReadonlyMap<number, ShownEvent> {
    const events = [...new Set(numbers)].sort((one, other) => one - other);
    const redacted = () => {
      const redactor = new Redactor(this.secrets, true);
      return events.flatMap((number): [number, ShownEvent][] => {
        const event = this.raw[number - 1];
        return event === undefined ? [] : [[number, redactor.event(event, number)]];
      });
    };
    // Once for what there is to be hidden: the last answer may name what the first one said.
    redacted();
    return new Map(redacted());
  }
}
