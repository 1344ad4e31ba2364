import type { Check, Verdict } from '../check.js';
import type { OidcCliError } from '../errors.js';
import type { Step } from '../trace/recorder.js';

/**
 * The side that a fault is to be fixed on: in the profile (file, flags,
 * environment), on this machine, on the network between, at the provider itself,
 * or in the client's registration there.
 */
export type Side = 'configuration' | 'machine' | 'network' | 'provider' | 'registration';

/** The part of a doctor's report that a check belongs to. */
export type CheckGroup =
  | 'configuration'
  | 'connection'
  | 'discovery'
  | 'provider'
  | 'endpoints'
  | 'profile'
  | 'key set'
  | 'client secret'
  | 'redirect URIs'
  | 'authorization request'
  | 'machine'
  | 'versions';

/**
 * One check of a doctor, without a sign-in. `fail`: users cannot sign in. `warn`:
 * they may not be able to, now or later.
 */
export interface DoctorCheck extends Omit<Check, 'expected'> {
  readonly group: CheckGroup;
  /** Absent if `actual` is enough. */
  readonly expected?: string;
  /** The consequence, or the likely cause: a sentence. */
  readonly why?: string;
  /** The change that repairs it: a sentence. */
  readonly repair?: string;
  /** Only with `fail` and `warn`. */
  readonly side?: Side;
  /** The failed check for which this one could not be made. */
  readonly dependsOn?: string;
  /** The key that it is about, as the examined file has it. */
  readonly path?: string;
  /** The line of that key, from 1. */
  readonly line?: number;
}

/** The members of a check beside its name and verdict. */
export type CheckDetails = Pick<DoctorCheck, 'actual' | 'expected' | 'why' | 'repair' | 'side' | 'code'> & {
  /** The key that it is about, as the file's standard names it; its place in the file is looked up. */
  readonly key?: readonly string[];
};

/** A check without its name. */
export type CheckOutcome = readonly [Verdict, CheckDetails];

/** Explains a coded error; the command provides it. */
export type Explain = (error: OidcCliError) => {
  readonly message: string;
  readonly causes: readonly string[];
  readonly fix: string;
};

/** Finds the place of a key in the examined file. */
interface Places {
  pathOf(key: readonly string[]): string;
  lineOf(key: readonly string[]): number;
}

/** The explanations and places that a list adds to its checks. */
interface CheckSource {
  /** Needed by `failWith`. */
  readonly explain?: Explain;
  /** Needed for checks with a key. */
  readonly places?: Places;
}

/** Collects the checks of one group, in order. */
export class CheckList {
  readonly all: DoctorCheck[] = [];

  constructor(
    private readonly group: CheckGroup,
    private readonly source: CheckSource,
  ) {}

  pass(name: string, actual: string): void {
    this.add('pass', name, { actual });
  }

  /** Records that there was nothing to examine, or that no result is possible, with the reason in `actual`. */
  skip(name: string, actual: string, repair?: string): void {
    this.add('skip', name, { actual, repair });
  }

  warn(name: string, details: CheckDetails & { readonly side: Side }): void {
    this.add('warn', name, details);
  }

  fail(name: string, details: CheckDetails & { readonly side: Side }): void {
    this.add('fail', name, details);
  }

  add(verdict: Verdict, name: string, { key, ...details }: CheckDetails): void {
    const { places } = this.source;
    const place = key && places ? { path: places.pathOf(key), line: places.lineOf(key) } : {};
    this.all.push({ group: this.group, name, verdict, ...place, ...details });
  }

  put(name: string, [verdict, details]: CheckOutcome): void {
    this.add(verdict, name, details);
  }

  /** Records the error that a sign-in would end with, in the words of its explanation. */
  failWith(name: string, error: OidcCliError, side: Side): void {
    if (!this.source.explain) throw error;
    const { message, causes, fix } = this.source.explain(error);
    const [cause] = causes;
    // A single cause is certain; the first of several is only the most likely.
    const why = cause === undefined ? {} : { why: causes.length === 1 ? cause : `Likely cause: ${cause}` };
    this.fail(name, { actual: message, ...why, repair: fix, side, code: error.code });
  }

  /** Records checks that could not be made because another one failed. */
  notMade(names: readonly string[], { name }: Pick<DoctorCheck, 'name'>): void {
    for (const each of names) {
      const actual = `not made, since "${name}" failed`;
      this.all.push({ group: this.group, name: each, verdict: 'skip', actual, dependsOn: name });
    }
  }

  /** The first check that failed. */
  get failed(): DoctorCheck | undefined {
    return this.all.find(({ verdict }) => verdict === 'fail');
  }
}

/** The step at the end of an examination, in a trace: every check that failed or warned. `at` in milliseconds since the epoch. */
export function findingsStep(checks: readonly DoctorCheck[], at: number): Step {
  const findings = checks
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')
    .map(({ group, name, verdict, actual, expected = 'to be in order', code }): Check => {
      return { name: `${group}: ${name}`, verdict, expected, actual, code };
    });
  const details = findings.length === 0 ? { note: 'nothing to complain of' } : { checks: findings };
  return { step: 'findings', from: 'cli', to: 'cli', at, ...details };
}

/** Joined names, shortened to a readable number. */
export function listSome(names: readonly string[], most = 8): string {
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** A count with its noun. */
export function countText(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
