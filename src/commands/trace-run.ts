import { extname } from 'node:path';
import type { Context } from '../context.js';
import { EXIT, type ExitCode, OidcCliError, toCodedError } from '../errors.js';
import { explain } from '../explain/explain.js';
import { prepareReportFile, type ReportFile } from '../smoke/reporters/report-file.js';
import { printable, type Terminal } from '../terminal.js';
import type { TraceDocument } from '../trace/document.js';
import { Tracing } from '../trace/tracing.js';
import { version } from '../version.js';
import { failureLines } from './failure-text.js';

/** The flags by which a command is traced. */
export interface TraceFlags {
  /** Every request and answer on stderr. */
  readonly trace?: boolean;
  /** One line for each. */
  readonly verbose?: boolean;
  /** Files to write when the command is over: .har, .json or .html. */
  readonly traceFile?: readonly string[];
  /** Leaves personal claims in the files as they are. */
  readonly withClaims?: boolean;
}

/** The trace of a command that has begun. */
export interface TraceRun {
  readonly follower: Tracing;
  /**
   * Ends the live view and writes the files, whether the command succeeded or
   * failed. A file that cannot be written is told on stderr, and is the exit
   * code of a command that would else have succeeded.
   */
  end(exitCode: ExitCode, failure?: OidcCliError): Promise<ExitCode>;
}

type Render = (document: TraceDocument) => Promise<string>;

const RENDERERS: Readonly<Record<string, Render>> = {
  '.har': async (document) => (await import('../trace/har.js')).renderHar(document),
  '.json': async (document) => (await import('../trace/json.js')).renderJson(document),
  '.html': async (document) => (await import('../trace/html.js')).renderHtml(document, printable),
};

/**
 * Begins the trace of a command. Throws `usage` for a file of another kind, and
 * `report_unwritable` before anything else happens.
 */
export async function startTrace(
  command: string,
  flags: TraceFlags,
  context: Context,
  terminal: Terminal,
): Promise<TraceRun> {
  const files = await prepareFiles(flags, context);
  const view = await liveView(flags, terminal);
  const startedAt = context.clock.now();
  const tracing = new Tracing({ version: version(), command, startedAt }, view);
  return {
    follower: tracing,
    end: async (exitCode, failure) => {
      terminal.status(undefined);
      let ended = exitCode;
      const trying = async (work: () => Promise<void>) => {
        try {
          await work();
        } catch (error) {
          const details = toCodedError(error);
          for (const line of failureLines(details, terminal.talk)) terminal.say(line);
          if (ended === EXIT.done) ended = details.exitCode;
        }
      };
      const shown = failure && { code: failure.code, ...explain(failure.code, failure.facts) };
      const ending = { exitCode, at: context.clock.now(), failure: shown };
      await trying(async () => tracing.end(ending));
      for (const { file, render } of files) {
        await trying(async () => {
          await file.write(await render(tracing.document(ending, flags.withClaims === true)));
          terminal.say(terminal.talk.dim(`Trace written to ${printable(file.path)}`));
        });
      }
      return ended;
    },
  };
}

async function liveView({ trace, verbose }: TraceFlags, terminal: Terminal) {
  if (!trace && !verbose) return undefined;
  const { briefView, fullView } = await import('../trace/terminal.js');
  return (trace ? fullView : briefView)({ say: (line) => terminal.say(line), style: terminal.talk, printable });
}

async function prepareFiles(
  { traceFile = [], withClaims }: TraceFlags,
  { cwd, signal }: Context,
): Promise<{ readonly file: ReportFile; readonly render: Render }[]> {
  if (withClaims && traceFile.length === 0) {
    throw new OidcCliError('usage', {
      reason: '--with-claims says what a trace file may hold, and there is no --trace-file.',
      fix: 'Add --trace-file FILE.html, or leave --with-claims out: --trace shows claims as they are.',
    });
  }
  const prepared = [];
  for (const name of traceFile) {
    const render = RENDERERS[extname(name).toLowerCase()];
    if (!render) {
      throw new OidcCliError('usage', {
        reason: `--trace-file ${printable(name)} ends neither in .har nor in .json nor in .html.`,
        fix: 'Name it by what it is to be: .html for people, .har for the tools of a browser, .json for programs.',
      });
    }
    prepared.push({
      file: await prepareReportFile(name, cwd, { mode: 0o600, flag: '--trace-file FILE', signal }),
      render,
    });
  }
  return prepared;
}
