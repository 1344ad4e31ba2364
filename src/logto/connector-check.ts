import type { ConnectorFile } from './connector-file.js';

/** What a check is about. */
export type CheckGroup = 'configuration' | 'provider' | 'key set' | 'client secret' | 'redirect URIs';

/** `fail`: no sign-in can work, or Logto does something else than what is written. `warn`: ignored, or less than hoped for. */
export type CheckVerdict = 'pass' | 'warn' | 'fail' | 'skip';

/** One thing that was looked at in a connector or at its provider, without a sign-in. Holds no secret. */
export interface ConnectorCheck {
  readonly group: CheckGroup;
  /** Stable; several checks may have the same, each with another path. */
  readonly name: string;
  readonly verdict: CheckVerdict;
  /** The key it is about, as the file has it. */
  readonly path?: string;
  /** From 1. */
  readonly line?: number;
  readonly found: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What follows from it: a sentence. */
  readonly why?: string;
  /** What to change: a sentence. */
  readonly repair?: string;
}

/** What a check says beside its name and verdict. */
export type Said = Pick<ConnectorCheck, 'found' | 'expected' | 'why' | 'repair'> & {
  /** The key it is about, as Logto's configuration has it; where it stands in the file is looked up. */
  readonly key?: readonly string[];
};

/** What one check came to. */
export type Outcome = readonly [CheckVerdict, Said];

/** Collects the checks of one group, in order. */
export class CheckList {
  readonly checks: ConnectorCheck[] = [];

  constructor(
    private readonly group: CheckGroup,
    private readonly file: Pick<ConnectorFile, 'pathOf' | 'lineOf'>,
  ) {}

  add(verdict: CheckVerdict, name: string, { key, ...said }: Said): void {
    const { group, file } = this;
    const place = key === undefined ? {} : { path: file.pathOf(key), line: file.lineOf(key) };
    this.checks.push({ group, name, verdict, ...place, ...said });
  }

  put(name: string, [verdict, said]: Outcome): void {
    this.add(verdict, name, said);
  }
}
