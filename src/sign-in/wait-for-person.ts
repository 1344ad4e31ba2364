import { OidcCliError } from '../errors.js';
import { noteProgress, noteStep, type StepDeps } from './steps.js';

/** The result of an attempt to show a page to the user. */
export type OpenOutcome =
  | { readonly opened: true; readonly by: string }
  | { readonly opened: false; readonly reason: string };

/** Shows a URL to the user. */
export type OpenUrl = (url: string) => Promise<OpenOutcome>;

/** Dependencies of `waitForPerson`. */
export interface WaitDeps extends StepDeps {
  readonly signal: AbortSignal;
}

/** The expected response, and the user's way to it. */
interface Wait<T> {
  /** Opens the browser; absent if the user opens the address by hand. */
  readonly open?: {
    readonly openUrl: OpenUrl;
    readonly address: string;
    /** Called if no browser could be opened, before that is reported. */
    readonly onFailure: (reason: string) => void;
  };
  readonly answers: readonly Promise<T>[];
  readonly seconds: number;
  readonly timeoutError: () => OidcCliError;
}

/**
 * Opens a page if there is a browser for it, and waits for the first of `answers`.
 * The wait ends after `seconds` with the error that `timeoutError` makes, and at
 * once with `interrupted` when the signal aborts. A failure to open the browser is
 * reported and ends nothing: the user may open the URL elsewhere.
 */
export async function waitForPerson<T>(wait: Wait<T>, deps: WaitDeps): Promise<T> {
  const { open, answers: responses, seconds } = wait;
  const over = new AbortController();
  let limit: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    limit = setTimeout(() => reject(wait.timeoutError()), seconds * 1000);
    const interrupt = () => reject(new OidcCliError('interrupted'));
    if (deps.signal.aborted) interrupt();
    deps.signal.addEventListener('abort', interrupt, { once: true, signal: over.signal });
  });
  try {
    // Not awaited: a slow browser start must not delay the response.
    if (open) void openBrowser(open, over.signal, deps);
    noteProgress(deps, 'waiting', { seconds });
    return await Promise.race([...responses, ended]);
  } finally {
    over.abort();
    clearTimeout(limit);
  }
}

/** Opens a browser and reports the result, unless the wait is over by then. Never rejects. */
async function openBrowser(
  { openUrl, address, onFailure }: NonNullable<Wait<never>['open']>,
  over: AbortSignal,
  deps: WaitDeps,
): Promise<void> {
  const outcome = await openAndReport(openUrl, address);
  if (!outcome.opened && !deps.signal.aborted) onFailure(outcome.reason);
  if (over.aborted) return;
  if (outcome.opened) noteStep(deps, 'browser opened', { by: outcome.by }, { to: 'browser', note: `by ${outcome.by}` });
  else noteStep(deps, 'browser not opened', { reason: outcome.reason }, { to: 'browser', note: outcome.reason });
}

async function openAndReport(openUrl: OpenUrl, url: string): Promise<OpenOutcome> {
  try {
    return await openUrl(url);
  } catch (error) {
    return { opened: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
