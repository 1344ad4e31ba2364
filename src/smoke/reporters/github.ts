import { OidcCliError } from '../../errors.js';
import type { CheckResult, SmokeRun } from '../result.js';
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
import { prepareReportFile, type ReportFile } from './report-file.js';
import type { Reporter, ReporterDeps } from './reporters.js';

/** Bytes of a step summary: GitHub accepts 1 MiB per step and refuses the whole of a longer one. */
const SUMMARY_LIMIT = 1_000_000;

/**
 * For GitHub Actions: an annotation at the line of each failed or flaky check, on
 * stderr, and the step summary, in the reporter's file or at the end of
 * `GITHUB_STEP_SUMMARY`. If that variable names a file that is not available (in a
 * container, say), a message reports the missing summary.
 */
export async function githubReporter({ context: deps, file }: ReporterDeps): Promise<Reporter> {
  const { GITHUB_STEP_SUMMARY: summaryPath, GITHUB_WORKSPACE: workspace = deps.cwd } = deps.env;
  let summary: ReportFile | undefined;
  if (file === undefined && summaryPath) {
    try {
      summary = await prepareReportFile(summaryPath, deps.cwd, { signal: deps.signal });
    } catch (error) {
      if (!(error instanceof OidcCliError)) throw error;
      deps.terminal.say('There will be no step summary: the file in GITHUB_STEP_SUMMARY cannot be written.');
    }
  }
  const safe = (text: string) => safeCheckText(text, deps.printable);
  return {
    async end(run) {
      for (const line of annotations(run, safe, (path) => fileFrom(workspace, deps.cwd, path))) {
        deps.terminal.command(line);
      }
      const text = markdown(run, (words) => plainText(safe(words)));
      if (file) return text;
      await summary?.append(text);
      return undefined;
    },
  };
}

type Safe = (text: string) => string;

function annotations(run: SmokeRun, safe: Safe, fromWorkspace: (file: string) => string): string[] {
  const at = (result: CheckResult, title: string) =>
    `file=${escapeProperty(safe(fromWorkspace(result.where.file)))},line=${result.where.line},title=${escapeProperty(safe(title))}`;
  const lines: string[] = [];
  for (const result of run.results) {
    if (result.verdict === 'failed') {
      const step = failedStep(result);
      const title = `${checkName(result)} failed${step === undefined ? '' : ` in ${step}`}`;
      lines.push(`::error ${at(result, title)}::${escapeData(failureDetails(result).map(safe).join('\n'))}`);
    }
    if (result.verdict === 'flaky') {
      const why = earlierAttempts(result).map((attempt) => safe(failureText(attempt, result)));
      const saved = evidenceLines(result).map(safe);
      lines.push(
        `::warning ${at(result, `${checkName(result)} is flaky`)}::${escapeData([...why, ...saved].join('\n'))}`,
      );
    }
  }
  const notRun = run.results.filter(({ verdict }) => verdict === 'not run').length;
  if (notRun > 0)
    lines.push(`::warning title=oidc-cli smoke::${escapeData(`${checks(notRun)} not run: ${skipReason(run)}`)}`);
  return lines;
}

/** Escapes the text of a workflow command, which ends at the end of its line. */
function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

/** Escapes a property of a workflow command, which also ends at `,` and `:`. */
function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}

/** Escapes text for Markdown: no markup, no link, no mention, no end of a table's cell. */
function plainText(text: string): string {
  return text
    .replace(/[\\`*_~[\]<>#|!&@$]/g, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/www(?=\.)/gi, '$&\\');
}

const ORDER = ['failed', 'flaky', 'not run', 'passed'] as const;
const MARKS = { failed: '❌ failed', flaky: '⚠️ flaky', 'not run': '➖ not run', passed: '✅ passed' } as const;

function markdown(run: SmokeRun, text: Safe): string {
  const shard = run.shard === undefined ? '' : `, shard ${text(run.shard)}`;
  const counts = countsText(run.results);
  const parts: string[] = [
    `## oidc-cli smoke: ${counts === '' ? 'no checks' : counts}`,
    '',
    `${checks(run.results.length)} in ${secondsText(run.durationMs)}${shard}${run.ended === undefined ? '' : `, ended early: ${text(run.ended)}`}`,
    '',
  ];
  let room = SUMMARY_LIMIT;
  const sorted = ORDER.flatMap((wanted) => run.results.filter(({ verdict }) => verdict === wanted));
  const rows = [
    '| Check | Result | How | Time |',
    '| --- | --- | --- | ---: |',
    ...sorted.map((one) => row(one, text)),
  ];
  const failures = sorted.filter(({ verdict }) => verdict === 'failed').map((one) => failureSection(one, text));
  const gaps = uncheckedText(sorted).map((gap) => `- ${text(gap)}`);
  let left = 0;
  for (const block of [
    ...(sorted.length > 0 ? rows : []),
    ...failures,
    ...(gaps.length > 0 ? ['\n### Not checked, though expected\n', ...gaps] : []),
  ]) {
    room -= Buffer.byteLength(block) + 1;
    if (room < 0) left += 1;
    else parts.push(block);
  }
  if (left > 0) parts.push('', `Too long for a step summary: ${left} rows and sections are left out.`);
  return `${parts.join('\n').trimEnd()}\n\n`;
}

function row(result: CheckResult, text: Safe): string {
  const step = result.verdict === 'failed' ? failedStep(result) : undefined;
  const verdict = `${MARKS[result.verdict]}${step === undefined ? '' : `: ${step}`}`;
  const time = result.verdict === 'not run' ? '' : secondsText(result.durationMs);
  return `| ${text(checkName(result))} | ${verdict} | ${text(driverText(result) ?? '')} | ${time} |`;
}

function failureSection(result: CheckResult, text: Safe): string {
  const lines = failureDetails(result).map((line) => {
    const depth = line.startsWith('  ') ? '  ' : '';
    // A leading number would begin a list of its own.
    return `${depth}- ${text(line.trimStart()).replace(/^(\d+)\./, '$1\\.')}`;
  });
  return ['', `### ❌ ${text(checkName(result))}`, '', ...lines].join('\n');
}
