import type { ErrorCode, OidcCliError } from '../errors.js';

/** What a check is about, in the order in which they are shown. */
export type CheckGroup =
  | 'configuration'
  | 'connection'
  | 'discovery'
  | 'endpoints'
  | 'profile'
  | 'key set'
  | 'authorization request'
  | 'machine'
  | 'versions';

/** `fail`: it keeps people from signing in. `warn`: it may, or will one day. `skip`: not made, `found` says why. */
export type CheckVerdict = 'pass' | 'warn' | 'fail' | 'skip';

/**
 * On whose side something is to be changed: in the profile (file, flags,
 * environment), on this machine, on the way between, at the provider itself,
 * or in what is registered there for this client.
 */
export type Side = 'configuration' | 'machine' | 'network' | 'provider' | 'registration';

/** One thing that was looked at without a sign-in. Holds no secret. */
export interface DoctorCheck {
  readonly group: CheckGroup;
  /** Stable; a few may be there several times. */
  readonly name: string;
  readonly verdict: CheckVerdict;
  readonly found: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What follows from it, or what the likely cause is: a sentence. */
  readonly why?: string;
  /** What to change: a sentence. */
  readonly repair?: string;
  /** Of what failed or warns. */
  readonly side?: Side;
  /** The error that a sign-in would end with, where that has a code. */
  readonly code?: ErrorCode;
  /** The failed check for which this one could not be made. */
  readonly dependsOn?: string;
}

/** What a check says beside its name and verdict. */
type Said = Pick<DoctorCheck, 'found' | 'expected' | 'why' | 'repair' | 'side' | 'code'>;

/** Words for a coded error; the command has them. */
export type Explain = (error: OidcCliError) => {
  readonly message: string;
  readonly causes: readonly string[];
  readonly fix: string;
};

/** Collects the checks of one group, in order. */
export class Checks {
  readonly list: DoctorCheck[] = [];

  constructor(
    private readonly group: CheckGroup,
    private readonly explain: Explain,
  ) {}

  pass(name: string, found: string): void {
    this.add('pass', name, { found });
  }

  /** Nothing to look at, or it cannot be told: `found` says why. */
  skip(name: string, found: string, repair?: string): void {
    this.add('skip', name, { found, ...(repair === undefined ? {} : { repair }) });
  }

  warn(name: string, said: Said & { readonly side: Side }): void {
    this.add('warn', name, said);
  }

  fail(name: string, said: Said & { readonly side: Side }): void {
    this.add('fail', name, said);
  }

  add(verdict: CheckVerdict, name: string, said: Said): void {
    this.list.push({ group: this.group, name, verdict, ...said });
  }

  /** What a sign-in would end with, in its own words. */
  failWith(name: string, error: OidcCliError, side: Side): void {
    const { message, causes, fix } = this.explain(error);
    const [cause] = causes;
    // One cause alone is known; of several this is the likeliest.
    const why = cause === undefined ? {} : { why: causes.length === 1 ? cause : `Likely cause: ${cause}` };
    this.fail(name, { found: message, ...why, repair: fix, side, code: error.code });
  }

  /** Says of each check that it was not made, and for which failed one. */
  notMade(names: readonly string[], { name }: Pick<DoctorCheck, 'name'>): void {
    for (const each of names) {
      const found = `not made, since "${name}" failed`;
      this.list.push({ group: this.group, name: each, verdict: 'skip', found, dependsOn: name });
    }
  }

  /** The first that failed. */
  get failed(): DoctorCheck | undefined {
    return this.list.find(({ verdict }) => verdict === 'fail');
  }
}

/** Names in a row, cut to a readable few. */
export function some(names: readonly string[], most = 8): string {
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** A count with its word. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
