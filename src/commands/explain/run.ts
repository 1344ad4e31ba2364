import { ERROR_EXIT_CODES, type ErrorCode, EXIT, type ExitCode, type Facts, OidcCliError } from '../../errors.js';
import { readErrorText } from '../../explain/error-text.js';
import { codesByArea, explain } from '../../explain/explain.js';
import { explainProviderCode } from '../../explain/explain-provider-code.js';
import { providerCodes } from '../../explain/provider-codes.js';
import { nearest } from '../../profiles/nearest.js';
import type { Terminal } from '../../terminal.js';
import { type Explained, printCodes, printExplanation } from './print.js';

/** What `explain` was asked. */
export interface ExplainOptions {
  /** One of our stable codes or a provider's, or an error message with one in it; absent: list them all. */
  readonly code?: string;
  readonly json?: boolean;
}

/**
 * `oidc-cli explain CODE`: what a code means, its causes in order of
 * likelihood and what to change. Of an error message that was copied whole,
 * its words are known as well. Without a code: all of them. Throws `usage` for a code that nobody here knows.
 */
export function explainCode({ code, json = false }: ExplainOptions, terminal: Terminal): ExitCode {
  if (code === undefined) printCodes(json, terminal);
  else explainOne(code.trim(), json, terminal);
  return EXIT.done;
}

/** A code, or a whole error message with codes in it. */
function explanationEntry(asked: string): Explained | undefined {
  const known = explainCodeEntry(asked);
  if (known) return known;
  const text = readErrorText(asked, (word) => explainCodeEntry(word) !== undefined);
  if (!text) return undefined;
  const { code, own, description } = text;
  return code === undefined ? explainCodeEntry(own ?? '') : explainCodeEntry(code, { error: code, description });
}

function explainCodeEntry(asked: string, facts: Facts = {}): Explained | undefined {
  const [code] = [asked, asked.toLowerCase()].filter((name) => isOwnCode(name) || explainProviderCode(name));
  const provider = explainProviderCode(code ?? asked, facts);
  const ours = code !== undefined && isOwnCode(code) ? code : provider?.ours;
  if (ours === undefined && provider === undefined) return undefined;
  const { message, causes, fix } = ours === undefined ? (provider ?? explain('internal', {})) : explain(ours, facts);
  return {
    code: provider?.code ?? code ?? asked,
    exitCode: ours === undefined ? null : ERROR_EXIT_CODES[ours],
    area: ours === undefined ? null : (codesByArea().find(({ codes }) => codes.includes(ours))?.area ?? null),
    standard: provider?.standard ?? null,
    message,
    causes,
    fix,
  };
}

function isOwnCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_EXIT_CODES, code);
}

function explainOne(code: string, json: boolean, terminal: Terminal): void {
  const entry = explanationEntry(code);
  if (!entry) throw unknownCodeError(code);
  if (json) terminal.json(entry);
  else printExplanation(entry, terminal);
}

function unknownCodeError(code: string): OidcCliError {
  const known = [...Object.keys(ERROR_EXIT_CODES), ...providerCodes()];
  const shown = code.length > 80 ? `${code.slice(0, 79)}…` : code;
  const meant = nearest(code, known);
  const again = meant === undefined ? '' : `Did you mean ${meant}? `;
  return new OidcCliError('usage', {
    reason: `"${shown}" is no code that is known here.`,
    fix: `${again}All codes: oidc-cli explain`,
  });
}
