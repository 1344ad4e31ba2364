import type { Session } from '../../sessions/session-store.js';
import type { Terminal } from '../../terminal.js';

/** What is printed: the token itself and, for --json, all that is said with it. */
export interface TokenOutput {
  readonly session: Session;
  readonly refreshed: boolean;
  readonly value: string;
  readonly members: Readonly<Record<string, unknown>>;
}

/** Prints the token alone, as a header, or as the one document of `--json`. */
export function printToken(
  { session, refreshed, value, members }: TokenOutput,
  { header, json }: { readonly header?: boolean; readonly json?: boolean },
  terminal: Terminal,
): void {
  if (json) {
    terminal.json({ profile: session.profile, issuer: session.issuer, ...members, refreshed });
    return;
  }
  terminal.out(header ? `Authorization: Bearer ${value}` : value);
}
