import { createInterface } from 'node:readline';
import type { Context } from '../context.js';
import { OidcCliError } from '../errors.js';
import { Person } from '../sign-in/person.js';
import type { UserAgent } from '../sign-in/user-agent.js';
import { printable, type Terminal } from '../terminal.js';
import type { AutomationFlags, AutomationSettings } from './automation.js';
import { chooseBrowser } from './browser-choice.js';
import type { Network } from './session-access.js';
import { followSignIn } from './sign-in-progress.js';

/** Who makes the sign-ins of a command, as its flags say. */
export interface UserAgents {
  /** A user agent for one sign-in. Those of an automation share one browser. */
  next(): UserAgent;
  /** Ends what has been started, and the line that says what is waited for. */
  close(): Promise<void>;
}

/** The flags and settings that decide who signs in. */
export interface UserAgentOptions extends AutomationSettings {
  readonly automation: AutomationFlags | undefined;
  /** False with `--no-browser`. */
  readonly openBrowser: boolean;
  /** Seconds. */
  readonly timeout: number;
}

/**
 * Makes a command ready for its sign-ins, by a person here or without one, and
 * says on stderr what goes on in them. Throws `usage` and
 * `sign_in_credentials_missing`.
 */
export async function openUserAgents(
  options: UserAgentOptions,
  network: Network,
  context: Context,
  terminal: Terminal,
): Promise<UserAgents> {
  const { openBrowser, timeout, browser, stdinTaken } = options;
  const deps = { ...network, signal: context.signal };
  const pasting = context.stdin.isTTY === true;
  followSignIn(network.recorder, { openBrowser, pasting }, terminal);
  if (options.automation) {
    const [{ openAutomation }, { Automated }] = await Promise.all([
      import('./automation.js'),
      import('../sign-in/automated.js'),
    ]);
    const automation = await openAutomation(options.automation, options, context, terminal);
    if (automation) {
      const shared = { ...automation, session: {}, timeLeft: () => timeout * 1000 };
      return {
        next: () => new Automated(shared, deps),
        close: async () => {
          terminal.status(undefined);
          await automation.driver.close();
        },
      };
    }
  }
  const explain = async ({ code, facts }: OidcCliError) => (await import('../explain/explain.js')).explain(code, facts);
  const openUrl = chooseBrowser(openBrowser ? browser : false, context);
  // A secret that was piped has used stdin up.
  const pasted = stdinTaken ? undefined : (over: AbortSignal) => pastedLines(context, over);
  return {
    next: () => new Person({ timeout, openUrl, pasted, explain }, deps),
    close: async () => terminal.status(undefined),
  };
}

/** The files that were kept of a failed sign-in, on stderr. */
export function sayEvidence(error: unknown, terminal: Terminal): void {
  if (!(error instanceof OidcCliError)) return;
  const { evidence } = error.details as { evidence?: Readonly<Record<string, string>> };
  for (const path of Object.values(evidence ?? {})) terminal.say(`Kept: ${printable(path)}`);
}

/** The lines a person pastes while a sign-in waits, until `signal` aborts or stdin ends. */
async function* pastedLines(context: Context, signal: AbortSignal): AsyncGenerator<string> {
  const lines = createInterface({ input: context.stdin, signal, terminal: false });
  try {
    yield* lines;
  } finally {
    lines.close();
    context.stdin.pause();
  }
}
