import { explain } from '../../explain/explain.js';
import type { Session } from '../../sessions/session-store.js';
import type { SessionEntry } from '../../sessions/sessions.js';
import type { LogoutStep } from '../../sign-in/logout.js';
import { followSteps } from '../../sign-in/steps.js';
import { printable, type Terminal } from '../../terminal.js';
import type { Recorder } from '../../trace/recorder.js';

/** The steps of one session's sign-out, and what came of each. */
export interface Outcome {
  readonly entry: SessionEntry;
  readonly steps: readonly LogoutStep[];
}

/** Says on stderr what goes on in a sign-out. The address is a one-time one: the real one holds the ID token and is shown nowhere. */
export function followSignOut(
  recorder: Recorder,
  { issuer }: Session,
  { browser }: { readonly browser?: string | false },
  terminal: Terminal,
): void {
  let address = '';
  followSteps(recorder, {
    'browser address': ({ url }) => {
      // A second one comes where no browser could be opened.
      address = url;
      if (browser !== false) return;
      terminal.say('Open this address in a browser on this machine to sign out at the provider:');
      terminal.say(address);
    },
    'browser opened': () => terminal.say(`Signing out at ${printable(issuer)} in your browser.`),
    'browser not opened': ({ reason }) => {
      terminal.say(`No browser could be opened: ${printable(reason)}. Open this address in one on this machine:`);
      terminal.say(address);
    },
    waiting: ({ seconds }) =>
      terminal.status(`Waiting up to ${seconds} s for the browser to come back … (Ctrl-C ends it)`),
  });
}

const STEP_TEXT: Readonly<Record<LogoutStep['step'], string>> = {
  'revoke refresh token': 'refresh token revoked',
  'revoke access token': 'access token revoked',
  'end session': 'signed out at the provider',
  'forget session': 'session forgotten on this machine',
};

/** Prints one session's sign-out for people. */
export function printOutcome({ entry, steps }: Outcome, terminal: Terminal): void {
  const { style } = terminal;
  terminal.out(`${style.strong(printable(entry.name ?? entry.subject))} at ${printable(entry.issuer)}`);
  for (const { step, outcome, error } of steps) {
    if (outcome === 'done') terminal.out(`  ${style.good('✓')} ${STEP_TEXT[step]}`);
    if (outcome === 'not offered')
      terminal.out(`  ${style.dim('-')} not ${STEP_TEXT[step]}: the provider does not offer it`);
    if (outcome === 'not asked') terminal.out(`  ${style.dim('-')} not ${STEP_TEXT[step]}: not asked to`);
    if (outcome === 'newer stays')
      terminal.out(`  ${style.dim('-')} a newer sign-in, made meanwhile, stays on this machine`);
    if (outcome === 'failed' && error) {
      const { message, fix } = explain(error.code, error.facts);
      terminal.out(`  ${style.bad('✗')} not ${STEP_TEXT[step]}: ${printable(message)}`);
      terminal.out(`    To fix: ${printable(fix)} ${style.dim(`(${error.code})`)}`);
    }
  }
}

/** One session's sign-out as a member of the document of `--json`. */
export function outcomeDocument({ entry, steps }: Outcome) {
  return {
    profile: entry.profile,
    issuer: entry.issuer,
    subject: entry.subject,
    steps: steps.map(({ step, outcome, error }) => ({
      step,
      outcome,
      ...(error ? { error: { code: error.code, ...explain(error.code, error.facts), exitCode: error.exitCode } } : {}),
    })),
  };
}
