import type { Environment } from '../../context.js';
import { OidcCliError } from '../../errors.js';
import { nearest } from '../../profiles/nearest.js';
import type { SmokeEvent, SmokeRun } from '../result.js';
import { createProgress } from './progress.js';
import { prepareReportFile, type ReportFile } from './report-file.js';

/** The reporters by name. */
export const REPORTERS = ['terminal', 'json', 'junit', 'tap', 'github', 'prometheus'] as const;

/** One of the reporters' names. */
export type ReporterName = (typeof REPORTERS)[number];

/** One `--reporter NAME[=FILE]`. */
export interface ReporterSpec {
  readonly name: ReporterName;
  /** As typed; relative to the current folder. Absent: stdout, or the reporter's usual place. */
  readonly file?: string;
}

/** Colours by meaning, like those of the command's terminal. */
export interface ReportStyle {
  strong(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

/** Dependencies of reporters. The command's terminal and context have this shape. */
export interface ReporterContext {
  readonly env: Environment;
  readonly cwd: string;
  /** Ends the wait for a report's reader. */
  readonly signal?: AbortSignal;
  /** The stream whose width counts; its `columns` may change during a run. */
  readonly stderr: { readonly columns?: number };
  readonly terminal: {
    out(line: string): void;
    say(line: string): void;
    command(line: string): void;
    status(line: string | undefined): void;
    readonly style: ReportStyle;
    readonly talk: ReportStyle;
    readonly interactive: boolean;
  };
  /** Escapes text from outside for display. */
  printable(text: string): string;
}

/** One report of a run. */
export interface Reporter {
  on?(event: SmokeEvent): void;
  /** The document, for its file or stdout; undefined if the reporter has already written everything. */
  end(run: SmokeRun): Promise<string | undefined> | string | undefined;
}

/** Dependencies of one reporter. */
export interface ReporterDeps {
  readonly context: ReporterContext;
  /** The document's file; absent for stdout. */
  readonly file: ReportFile | undefined;
}

/** All reports of one run. */
export interface Reporters {
  on(event: SmokeEvent): void;
  /**
   * Writes every report, each whether or not another could be written. Throws
   * `report_unwritable` for the first file that could not.
   */
  end(run: SmokeRun): Promise<void>;
}

/** Reads `NAME[=FILE]`. Throws `usage` for an unknown name, with the nearest one, and for an empty file name. */
export function parseReporter(text: string): ReporterSpec {
  const at = text.indexOf('=');
  const word = at === -1 ? text : text.slice(0, at);
  const name = REPORTERS.find((known) => known === word);
  if (name === undefined) {
    const meant = nearest(word, REPORTERS);
    throw new OidcCliError('usage', {
      reason: `There is no reporter "${word}".`,
      fix: `${meant === undefined ? '' : `Did you mean ${meant}? `}The reporters are: ${REPORTERS.join(', ')}.`,
    });
  }
  if (at === -1) return { name };
  const file = text.slice(at + 1);
  if (file === '') {
    const fix = `Name one (--reporter ${name}=FILE), or leave the = out.`;
    throw new OidcCliError('usage', { reason: `The reporter ${name} has no file name after the =.`, fix });
  }
  return { name, file };
}

/**
 * Makes the requested reporters, and loads no others. If none writes to stdout, it
 * adds the terminal's, and under GitHub Actions GitHub's. It tests every file now,
 * so that a long run does not end without its report. Throws `usage` if two write
 * to stdout or to the same file, and `report_unwritable`.
 */
export async function createReporters(specs: readonly ReporterSpec[], deps: ReporterContext): Promise<Reporters> {
  const chosen = withDefaults(specs, deps.env);
  refuseTwoOnStdout(chosen);
  const outputs: { readonly file: ReportFile | undefined; readonly reporter: Reporter }[] = [];
  const names = new Map<string, ReporterName>();
  for (const { name, file } of chosen) {
    const prepared = file === undefined ? undefined : await prepareReportFile(file, deps.cwd, { signal: deps.signal });
    const other = prepared && names.get(prepared.path);
    if (other !== undefined) {
      throw new OidcCliError('usage', {
        reason: `The reporters ${other} and ${name} have the same file: ${file}.`,
        fix: 'Give each a file of its own.',
      });
    }
    if (prepared) names.set(prepared.path, name);
    outputs.push({ file: prepared, reporter: await load(name, { context: deps, file: prepared }) });
  }
  const progress = createProgress(deps);

  return {
    on(event) {
      for (const { reporter } of outputs) reporter.on?.(event);
      // Last, since the progress line is below the lines of the others.
      progress.on(event);
    },
    async end(run) {
      progress.end();
      let failure: unknown;
      for (const { file, reporter } of outputs) {
        try {
          const text = await reporter.end(run);
          if (text === undefined) continue;
          if (file === undefined) deps.terminal.out(text.replace(/\n$/, ''));
          else await file.write(text);
        } catch (error) {
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure;
    },
  };
}

/** GitHub's annotations go to stderr, where its runner reads them too. */
function wantsStdout({ name, file }: ReporterSpec): boolean {
  return file === undefined && name !== 'github';
}

function withDefaults(specs: readonly ReporterSpec[], env: Environment): readonly ReporterSpec[] {
  const chosen = [...specs];
  if (!chosen.some((spec) => wantsStdout(spec) || spec.name === 'terminal')) chosen.unshift({ name: 'terminal' });
  if (env.GITHUB_ACTIONS === 'true' && !chosen.some(({ name }) => name === 'github')) chosen.push({ name: 'github' });
  return chosen;
}

function refuseTwoOnStdout(chosen: readonly ReporterSpec[]): void {
  const [first, second] = chosen.filter(wantsStdout);
  if (first === undefined || second === undefined) return;
  throw new OidcCliError('usage', {
    reason:
      first.name === second.name
        ? `The reporter ${first.name} is named twice without a file.`
        : `The reporters ${first.name} and ${second.name} both write to stdout.`,
    fix: `Give one of them a file: --reporter ${second.name}=FILE.`,
  });
}

async function load(name: ReporterName, deps: ReporterDeps): Promise<Reporter> {
  switch (name) {
    case 'terminal':
      return (await import('./terminal.js')).terminalReporter(deps);
    case 'json':
      return (await import('./json.js')).jsonReporter();
    case 'junit':
      return (await import('./junit.js')).junitReporter(deps);
    case 'tap':
      return (await import('./tap.js')).tapReporter(deps);
    case 'github':
      return (await import('./github.js')).githubReporter(deps);
    case 'prometheus':
      return (await import('./prometheus.js')).prometheusReporter(deps);
  }
}
