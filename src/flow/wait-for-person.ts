import { OidcCliError } from '../errors.js';

/** How an attempt to show a page to the person ended. */
export type OpenOutcome =
  | { readonly opened: true; readonly by: string }
  | { readonly opened: false; readonly reason: string };

/** Shows a URL to the person. */
export type OpenUrl = (url: string) => Promise<OpenOutcome>;

/** What a person is told about their browser and the wait. */
export type WaitEvent =
  | { readonly type: 'browser opened'; readonly by: string }
  | { readonly type: 'browser failed'; readonly reason: string }
  | { readonly type: 'waiting'; readonly seconds: number };

/** Shows a URL to the person; a failure of any kind is an outcome. */
export async function outcomeOf(openUrl: OpenUrl, url: string): Promise<OpenOutcome> {
  try {
    return await openUrl(url);
  } catch (error) {
    return { opened: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Opens a page, where there is a browser for it, and waits for the first of
 * `answers`. The wait ends after `seconds` with the error `onTimeout` makes,
 * and at once with `interrupted` when the signal aborts. A browser that cannot
 * be opened is told and ends nothing: the person may open the URL elsewhere.
 */
export async function waitForPerson<T>(
  wait: {
    /** Shows the page to the person; never rejects. */
    readonly openUrl: (() => Promise<OpenOutcome>) | undefined;
    readonly answers: readonly Promise<T>[];
    readonly seconds: number;
    readonly onTimeout: () => OidcCliError;
  },
  deps: { readonly signal: AbortSignal; readonly on: (event: WaitEvent) => void },
): Promise<T> {
  const over = new AbortController();
  const tell = (event: WaitEvent) => {
    if (!over.signal.aborted) deps.on(event);
  };
  let limit: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    limit = setTimeout(() => reject(wait.onTimeout()), wait.seconds * 1000);
    const interrupt = () => reject(new OidcCliError('interrupted'));
    if (deps.signal.aborted) interrupt();
    deps.signal.addEventListener('abort', interrupt, { once: true, signal: over.signal });
  });
  try {
    // Not waited for: a slow browser start must not delay an answer.
    void wait
      .openUrl?.()
      .then((outcome) =>
        tell(
          outcome.opened
            ? { type: 'browser opened', by: outcome.by }
            : { type: 'browser failed', reason: outcome.reason },
        ),
      );
    tell({ type: 'waiting', seconds: wait.seconds });
    return await Promise.race([...wait.answers, ended]);
  } finally {
    over.abort();
    clearTimeout(limit);
  }
}
