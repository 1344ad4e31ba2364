import { ERROR_EXIT_CODES, type ExitCode } from '../../errors.js';
import { codesByArea, explain } from '../../explain/explain.js';
import { explainProviderCode } from '../../explain/explain-provider-code.js';
import { providerCodes } from '../../explain/provider-codes.js';
import { printable, type Terminal, table } from '../../terminal.js';

/** The page that lists every code. */
const PAGE = 'docs/errors.md';

/** A code with its explanation, as `--json` shows it. */
export interface Explained {
  readonly code: string;
  /** Null for a code that only providers use. */
  readonly exitCode: ExitCode | null;
  readonly area: string | null;
  /** The standard that defines a provider's code. */
  readonly standard: string | null;
  readonly message: string;
  readonly causes: readonly string[];
  readonly fix: string;
}

/** Prints one code's explanation for people. */
export function printExplanation(entry: Explained, terminal: Terminal): void {
  const { style } = terminal;
  const about = [
    entry.exitCode !== null && `exit code ${entry.exitCode}`,
    entry.standard !== null && `a provider's answer (${entry.standard})`,
  ].filter(Boolean);
  terminal.out(`${style.strong(printable(entry.code))} — ${about.join('; ')}`);
  terminal.out('');
  terminal.out(printable(entry.message));
  if (entry.causes.length > 0) {
    terminal.out('');
    terminal.out(entry.causes.length === 1 ? 'Likely cause:' : 'Likely causes, most likely first:');
    entry.causes.forEach((cause, index) => {
      terminal.out(`  ${entry.causes.length === 1 ? '-' : `${index + 1}.`} ${printable(cause)}`);
    });
  }
  terminal.out('');
  terminal.out(`To fix: ${printable(entry.fix)}`);
  if (entry.exitCode !== null) terminal.out(style.dim(`All codes: oidc-cli explain, or ${PAGE}`));
}

/** Prints every code, by area, and then those of providers. */
export function printCodes(json: boolean, terminal: Terminal): void {
  const areas = codesByArea().map(({ area, codes }) => ({
    area,
    codes: codes.map((code) => ({ code, exitCode: ERROR_EXIT_CODES[code], message: explain(code, {}).message })),
  }));
  const providerEntries = providerCodes().flatMap((code) => {
    const known = explainProviderCode(code);
    return known ? [{ code, standard: known.standard, message: known.message }] : [];
  });
  if (json) {
    terminal.json({ areas, providerCodes: providerEntries });
    return;
  }
  const { style } = terminal;
  for (const { area, codes } of areas) {
    terminal.out(style.strong(area));
    const rows = codes.map(({ code, exitCode, message }) => [code, String(exitCode), style.dim(message)]);
    for (const line of table(rows, '  ')) terminal.out(line);
    terminal.out('');
  }
  terminal.out(style.strong('What providers answer with'));
  for (const line of table(
    providerEntries.map(({ code, standard }) => [code, style.dim(standard)]),
    '  ',
  )) {
    terminal.out(line);
  }
  terminal.out('');
  terminal.out(`The number is the exit code. More of one: oidc-cli explain CODE; all in ${PAGE}`);
}
