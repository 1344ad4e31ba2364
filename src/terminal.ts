import { stripVTControlCharacters } from 'node:util';
import type { ChalkInstance } from 'chalk';
import { eastAsianWidth } from 'get-east-asian-width';
import type { Environment, Output } from './context.js';
import { versioned } from './json.js';
import { type Masker, maskData } from './masking/mask.js';
import { escapeCommandsWithin, escapeLogCommands, isReadByCiServer, safeJson, safeText } from './safe-text.js';

/** Colours by meaning. Without colour each returns its text unchanged. */
export interface Style {
  /** The terminal's width in columns; undefined if it is not a terminal. */
  readonly columns?: number;
  strong(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  link(text: string): string;
}

/**
 * Two streams with one rule: stdout is data, stderr is messages. Text from outside
 * goes through `printable` before it is written.
 */
export interface Terminal {
  /** Data for the caller of the command. Adds the newline. */
  out(line: string): void;
  /**
   * One JSON document on stdout, with its `schemaVersion`. Control characters and
   * bidirectional overrides are escaped, so that it is the same data and harmless on
   * a terminal.
   */
  json(document: object): void;
  /** Like `json`, for a document with members that are not ours to choose: a provider's claims, a Logto connector. */
  foreignJson(document: object): void;
  /** A message: progress, hints, warnings. Adds the newline. */
  say(line: string): void;
  /** A command for the CI server that reads stderr: the only line that may be one. Adds the newline. */
  command(line: string): void;
  /** A line that the next `status` or `say` replaces, on a TTY; a plain line elsewhere. `undefined` clears it. */
  status(line: string | undefined): void;
  /** Colours for stdout. */
  readonly style: Style;
  /** Colours for stderr. */
  readonly talk: Style;
  /** Whether a person is looking at stderr. */
  readonly interactive: boolean;
  /** Whether `--json` is set: a failure is then a document too. */
  readonly failsInJson: boolean;
}

const PLAIN: Style = {
  strong: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  bad: (text) => text,
  warn: (text) => text,
  link: (text) => text,
};

function colouredStyle(chalk: ChalkInstance): Style {
  return {
    strong: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    warn: (text) => chalk.yellow(text),
    link: (text) => chalk.cyan(text),
  };
}

/** Whether a stream gets colour: FORCE_COLOR, then NO_COLOR, then a TTY outside CI and dumb terminals. */
function wantsColour(stream: Output, env: Environment): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR) return false;
  return stream.isTTY === true && env.TERM !== 'dumb' && !env.CI;
}

/** A terminal that does not know its width reports 0. */
function terminalWidth({ isTTY, columns }: Output): number | undefined {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : undefined;
}

/** A document as `Terminal.json` writes it, without the newline. */
export function jsonText(document: object): string {
  return indentedJson(versioned(document));
}

function indentedJson(document: object): string {
  return safeJson(JSON.stringify(document, undefined, 2));
}

/**
 * Makes the terminal for one run; loads chalk only if there will be colours.
 * `failsInJson` as in `Terminal`. `masker` masks the secrets of the run in all
 * output.
 */
export async function createTerminal(
  deps: { stdout: Output; stderr: Output; env: Environment },
  failsInJson = false,
  masker?: Masker,
): Promise<Terminal> {
  const outColour = wantsColour(deps.stdout, deps.env);
  const errColour = wantsColour(deps.stderr, deps.env);
  let painted = PLAIN;
  if (outColour || errColour) {
    const { Chalk } = await import('chalk');
    painted = colouredStyle(new Chalk({ level: 1 }));
  }
  const interactive = deps.stderr.isTTY === true && !deps.env.CI && deps.env.TERM !== 'dumb';
  const masked = (text: string) => masker?.own(text) ?? text;
  const inCi = isReadByCiServer(deps.env);
  const shown = (text: string) => (inCi ? escapeLogCommands(masked(text)) : masked(text));
  let transient = false;
  const clear = () => {
    if (transient) deps.stderr.write('\r\u001b[2K');
    transient = false;
  };
  const writeJson = (text: string) => {
    clear();
    deps.stdout.write(`${inCi ? escapeLogCommands(text) : text}\n`);
  };
  return {
    style: { ...(outColour ? painted : PLAIN), columns: terminalWidth(deps.stdout) },
    talk: { ...(errColour ? painted : PLAIN), columns: terminalWidth(deps.stderr) },
    interactive,
    failsInJson,
    out: (line) => {
      clear();
      deps.stdout.write(`${shown(line)}\n`);
    },
    json: (document) => writeJson(jsonText(maskData(document, masked))),
    foreignJson: (document) => writeJson(indentedJson(maskData(document, masked))),
    say: (line) => {
      clear();
      deps.stderr.write(`${shown(line)}\n`);
    },
    command: (line) => {
      clear();
      deps.stderr.write(`${escapeCommandsWithin(masked(line))}\n`);
    },
    status: (line) => {
      clear();
      if (line === undefined) return;
      if (interactive) {
        // A line that wraps could not be erased: only its last row would be.
        deps.stderr.write(clip(masked(line), terminalWidth(deps.stderr)));
        transient = true;
      } else {
        deps.stderr.write(`${shown(line)}\n`);
      }
    },
  };
}

/**
 * Text from outside (claims, error descriptions) for display: control characters
 * and bidirectional overrides become `\u{…}`, so that they can neither control the
 * terminal nor disguise the text.
 */
export function printable(text: string): string {
  return safeText(text);
}

/** Terminal columns of a text: colours and combining marks have no width, wide East Asian characters have two. */
function columnWidth(text: string): number {
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (!/\p{Mark}/u.test(character)) columns += eastAsianWidth(character.codePointAt(0) ?? 0);
  }
  return columns;
}

/** Plain text cut to a terminal's width, without the last column. */
function clip(text: string, width = Number.POSITIVE_INFINITY): string {
  if (columnWidth(text) < width) return text;
  let cut = '';
  for (const character of text) {
    if (columnWidth(cut + character) > width - 2) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Minimum terminal columns of a table's column, however narrow the terminal. */
const MIN_WIDTH = 8;

/** A provider's value as a cell: printable, and cut to `longest` characters; `--json` has the whole value. */
export function cutForTable(text: string, longest = 80): string {
  const safe = printable(text);
  return safe.length > longest ? `${safe.slice(0, longest - 1)}…` : safe;
}

/**
 * Rows as aligned columns, two spaces apart; cells must already be printable, and
 * only whole cells may be coloured. If the rows need more than `width` terminal
 * columns, the widest columns become narrower, and a row gets more lines.
 */
export function table(rows: readonly (readonly string[])[], indent = '', width?: number): string[] {
  const natural: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      natural[column] = Math.max(natural[column] ?? 0, columnWidth(cell));
    });
  }
  const room = width === undefined ? undefined : width - indent.length - 2 * (natural.length - 1);
  const limit = room === undefined ? undefined : columnLimit(natural, room);
  if (limit === undefined) return rows.map((row) => line(row, natural, indent));
  const widths = natural.map((columns) => Math.min(columns, limit));
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => wrap(cell, widths[column] ?? 0));
    const lines = Math.max(1, ...cells.map(({ length }) => length));
    return Array.from({ length: lines }, (_, at) =>
      line(
        cells.map((pieces) => pieces[at] ?? ''),
        widths,
        indent,
      ),
    );
  });
}

function line(cells: readonly string[], widths: readonly number[], indent: string): string {
  const padded = cells.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - columnWidth(cell))));
  return (indent + padded.join('  ')).trimEnd();
}

/** The maximum width of a column so that all fit; undefined if they fit already. */
function columnLimit(natural: readonly number[], room: number): number | undefined {
  const needed = (limit: number) => natural.reduce((sum, columns) => sum + Math.min(columns, limit), 0);
  let limit = Math.max(0, ...natural);
  if (needed(limit) <= room) return undefined;
  while (limit > MIN_WIDTH && needed(limit) > room) limit -= 1;
  return limit;
}

/**
 * A cell's text on lines of at most so many columns, broken at spaces, and within
 * a word only if the word itself is longer.
 */
function wrap(cell: string, width: number): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with ESC
  const [, before = '', text = '', after = ''] = /^((?:\u001b\[\d+m)*)(.*?)((?:\u001b\[\d+m)*)$/s.exec(cell) ?? [];
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (columnWidth(longer) <= width) {
      current = longer;
      continue;
    }
    if (current !== '') lines.push(current);
    current = '';
    for (const character of word) {
      if (columnWidth(current + character) > width && current !== '') {
        lines.push(current);
        current = '';
      }
      current += character;
    }
  }
  if (current !== '') lines.push(current);
  return lines.map((piece) => before + piece + after);
}
