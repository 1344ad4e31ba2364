import type { CheckResult, SmokeEvent, SmokeRun } from '../result.js';
import {
  checkName,
  checks,
  countsText,
  driverText,
  earlierAttempts,
  evidenceLines,
  failedStep,
  failureDetails,
  failureText,
  fileFrom,
  safeCheckText,
  secondsText,
  skipReason,
  uncheckedText,
} from './check-text.js';
import type { Reporter, ReporterDeps, ReportStyle } from './reporters.js';

/** Number of slow checks in the summary; with fewer checks the lines above are enough. */
const SLOWEST_SHOWN = 3;

const PLAIN: ReportStyle = {
  strong: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  bad: (text) => text,
  warn: (text) => text,
};

/** For people: a line at the end of each check, and at the end of the run the failures with reason and fix. */
export function terminalReporter({ context: deps, file }: ReporterDeps): Reporter {
  const saved: string[] = [];
  const style = file ? PLAIN : deps.terminal.style;
  const write = (line: string) => {
    if (file) saved.push(line);
    else deps.terminal.out(line);
  };
  const safe = (text: string) => safeCheckText(text, deps.printable);

  return {
    on(event) {
      const line = eventLine(event, style, safe);
      if (line !== undefined) write(line);
    },
    end(run) {
      for (const line of summaryLines(run, style, safe, deps.cwd)) write(line);
      return file ? `${saved.join('\n')}\n` : undefined;
    },
  };
}

type Safe = (text: string) => string;

/** Every line begins with our own text, so that a provider's words are never at the place of a CI server's commands. */
function eventLine(event: SmokeEvent, style: ReportStyle, safe: Safe): string | undefined {
  switch (event.type) {
    case 'planned':
      return style.dim(
        `${checks(event.checks)}${event.checks > 1 ? `, ${Math.min(event.checks, event.concurrency)} at once` : ''}`,
      );
    case 'started':
      return undefined;
    case 'retried':
      return style.dim(`↻ ${safe(event.name)}: ${safe(event.error.message)} (${event.error.code}); run again`);
    case 'finished':
      return checkLine(event.result, style, safe);
  }
}

function checkLine(result: CheckResult, style: ReportStyle, safe: Safe): string | undefined {
  const name = safe(checkName(result));
  const how = [driverText(result), secondsText(result.durationMs)].filter((part) => part !== undefined).join(', ');
  switch (result.verdict) {
    case 'passed':
      return `${style.good('✓')} ${name} ${style.dim(`(${how})`)}`;
    case 'flaky':
      return `${style.warn('~')} ${name} ${style.dim(`(${how})`)}: passed on attempt ${result.attempts.length}`;
    case 'failed': {
      const last = result.attempts.at(-1);
      const why = last ? failureText(last, result) : 'it could not be run';
      const step = failedStep(result);
      return `${style.bad('✗')} ${name} ${style.dim(`(${how})`)}: ${step === undefined ? '' : `${step}: `}${safe(why)}`;
    }
    case 'not run':
      // The summary states the reason once for all.
      return undefined;
  }
}

function summaryLines(run: SmokeRun, style: ReportStyle, safe: Safe, cwd: string): string[] {
  const lines: string[] = [];
  const where = ({ where: { file, line } }: CheckResult) => `${fileFrom(cwd, cwd, file)}:${line}`;

  for (const result of run.results.filter(({ verdict }) => verdict === 'failed')) {
    const step = failedStep(result);
    lines.push(
      '',
      `${style.bad('✗')} ${style.strong(safe(checkName(result)))} (${safe(where(result))})${step === undefined ? '' : `, in ${step}`}`,
      ...failureDetails(result).map((line) => `  ${safe(line)}`),
    );
  }

  const flaky = run.results.filter(({ verdict }) => verdict === 'flaky');
  if (flaky.length > 0) lines.push('', style.strong('Flaky: failed, and passed when run again'));
  for (const result of flaky) {
    earlierAttempts(result).forEach((attempt, index) => {
      lines.push(`  ~ ${safe(checkName(result))}, attempt ${index + 1}: ${safe(failureText(attempt, result))}`);
    });
    lines.push(...evidenceLines(result).map((line) => `    ${safe(line)}`));
  }

  const gaps = uncheckedText(run.results);
  if (gaps.length > 0) lines.push('', style.strong('Not checked, though expected'));
  for (const gap of gaps) lines.push(`  - ${safe(gap)}`);

  const notRun = run.results.filter(({ verdict }) => verdict === 'not run');
  if (notRun.length > 0) {
    lines.push(
      '',
      style.strong(`Not run: ${skipReason(run)}`),
      ...notRun.map((result) => `  - ${safe(checkName(result))}`),
    );
  }

  const ran = run.results.filter(({ verdict }) => verdict !== 'not run');
  if (ran.length > SLOWEST_SHOWN) {
    lines.push('', style.strong('Slowest'));
    const slowest = ran.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, SLOWEST_SHOWN);
    const times = slowest.map(({ durationMs }) => secondsText(durationMs));
    const width = Math.max(...times.map(({ length }) => length));
    slowest.forEach((result, index) => {
      const longest = result.phases.toSorted((a, b) => b.ms - a.ms)[0];
      const phase = longest ? style.dim(` (${longest.phase} ${secondsText(longest.ms)})`) : '';
      lines.push(`  ${times[index]?.padStart(width)}  ${safe(checkName(result))}${phase}`);
    });
  }

  const mark = run.exitCode === 0 ? style.good('✓') : style.bad('✗');
  const total = `${checks(run.results.length)} in ${secondsText(run.durationMs)}`;
  const counts = countsText(run.results);
  const shard = run.shard === undefined ? '' : ` (shard ${run.shard})`;
  lines.push('', `${mark} ${total}${counts === '' ? '' : `: ${counts}`}${shard}`);
  if (run.ended !== undefined) lines.push(`  ${style.warn(endedText(run.ended))}`);
  return lines;
}

function endedText(ended: NonNullable<SmokeRun['ended']>): string {
  switch (ended) {
    case 'interrupted':
      return 'Interrupted: this is a report of what ran.';
    case 'timed out':
      return 'The time limit for all was reached: this is a report of what ran.';
    case 'failed fast':
      return 'Ended early, as so many had failed.';
  }
}
