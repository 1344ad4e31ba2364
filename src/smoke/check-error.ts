import { OidcCliError } from '../errors.js';
import { explain } from '../explain/explain.js';
import { inPlanWords } from './plan-words.js';
import type { CheckError } from './result.js';

/** Any thrown value as a coded error. An unknown one becomes `internal`, without its message: that may hold anything. */
export function coded(error: unknown): OidcCliError {
  if (error instanceof OidcCliError) return error;
  const reason = error instanceof Error ? `${error.name}${place(error)}` : typeof error;
  return new OidcCliError('internal', { reason }, { cause: error });
}

/** The line that threw it: enough for a report, and no data of the run. */
function place(error: Error): string {
  const frame = /([\w.-]+\.c?[jt]s:\d+):\d+\)?$/m.exec(error.stack ?? '')?.[1];
  return frame === undefined ? '' : ` in ${frame}`;
}

/** An error in the words of every command, with the plan's keys in place of flags, for reports. */
export function checkError(error: OidcCliError): CheckError {
  const { message, causes, fix } = explain(error.code, error.facts);
  const { code, exitCode } = error;
  return { code, message: inPlanWords(message), causes: causes.map(inPlanWords), fix: inPlanWords(fix), exitCode };
}
