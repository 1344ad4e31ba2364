/** Thrown into a request by our own clock. */
export class TimeLimit extends Error {}

/**
 * What ends one request early: the time limit, the callers' signals, or the
 * end of the fetch. A signal of its own would cost as much as the request.
 */
export class RequestEnd {
  over = false;
  /** Why; once it is over. */
  reason: unknown;
  private readonly listeners = new Set<() => void>();
  private readonly callers: AbortSignal[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = (event: Event) => this.end((event.target as AbortSignal).reason);

  /** Begins the time, milliseconds. A signal that has been aborted ends it at once. */
  constructor(timeoutMs: number, signals: readonly (AbortSignal | null | undefined)[]) {
    this.timer = setTimeout(() => this.end(new TimeLimit()), timeoutMs);
    for (const signal of signals) {
      if (!signal || this.over || this.callers.includes(signal)) continue;
      if (signal.aborted) this.end(signal.reason);
      signal.addEventListener('abort', this.onAbort);
      this.callers.push(signal);
    }
  }

  /** Ends it; what came first counts. */
  end(reason: unknown): void {
    if (this.over) return;
    this.over = true;
    this.reason = reason;
    for (const listener of this.listeners) listener();
  }

  on(listener: () => void): void {
    this.listeners.add(listener);
  }

  off(listener: () => void): void {
    this.listeners.delete(listener);
  }

  /** For whoever takes nothing else. */
  signal(): AbortSignal {
    const controller = new AbortController();
    const abort = () => controller.abort(this.reason);
    if (this.over) abort();
    else this.on(abort);
    return controller.signal;
  }

  /** To be called when the request has ended. */
  release(): void {
    clearTimeout(this.timer);
    for (const signal of this.callers) signal.removeEventListener('abort', this.onAbort);
  }
}
