/** One HTTP request and its answer, raw: it stays in memory and is redacted before anything prints it. */
export interface Exchange {
  /** Which step of the flow asked, in the standard's words: `discovery`, `key set`, `token request`, … */
  readonly step: string;
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | undefined;
  /** Absent when no answer came. */
  status?: number;
  responseHeaders?: Readonly<Record<string, string>>;
  /** The whole body as text; absent when no answer came. */
  responseBody?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds from the request to the last byte of the answer or to the failure. */
  durationMs?: number;
  /** The message of the failure, when no answer came. */
  failure?: string;
}

/**
 * Collects the exchanges of one run. `--trace`, reports and explanations all
 * read from here; nothing in it has been redacted.
 */
export class Recorder {
  readonly exchanges: Exchange[] = [];

  /** Adds an exchange that has just begun and returns it, to be completed by the caller. */
  begin(exchange: Exchange): Exchange {
    this.exchanges.push(exchange);
    return exchange;
  }

  /** The newest exchange of a step, or undefined. */
  last(step: string): Exchange | undefined {
    return this.exchanges.findLast((exchange) => exchange.step === step);
  }
}
