import { stripVTControlCharacters } from 'node:util';
import type { ChalkInstance } from 'chalk';
import { eastAsianWidth } from 'get-east-asian-width';
import type { Environment, Output } from './context.js';

/** Colours by meaning. Without colour every one returns its text as it is. */
export interface Style {
  strong(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  link(text: string): string;
}

/**
 * Two streams with one rule: stdout is data, stderr is talk. Text that came
 * from outside goes through `printable` before it is written.
 */
export interface Terminal {
  /** Data for the caller of the command. Adds the newline. */
  out(line: string): void;
  /**
   * One JSON document on stdout. Control characters and bidirectional overrides
   * are escaped, so that it is the same data and harmless where it is looked at.
   */
  json(value: unknown): void;
  /** Talk: progress, hints, warnings. Adds the newline. */
  say(line: string): void;
  /** A line of talk that the next `status` or `say` replaces, on a TTY; a plain line elsewhere. `undefined` clears it. */
  status(line: string | undefined): void;
  /** Colours for what goes to stdout. */
  readonly style: Style;
  /** Colours for what goes to stderr. */
  readonly talk: Style;
  /** Whether a person is looking at stderr. */
  readonly interactive: boolean;
}

const PLAIN: Style = {
  strong: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  bad: (text) => text,
  warn: (text) => text,
  link: (text) => text,
};

function coloured(chalk: ChalkInstance): Style {
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

/** Makes the terminal for one run; chalk is loaded only when something will be coloured. */
export async function createTerminal(world: { stdout: Output; stderr: Output; env: Environment }): Promise<Terminal> {
  const outColour = wantsColour(world.stdout, world.env);
  const errColour = wantsColour(world.stderr, world.env);
  let painted = PLAIN;
  if (outColour || errColour) {
    const { Chalk } = await import('chalk');
    painted = coloured(new Chalk({ level: 1 }));
  }
  const interactive = world.stderr.isTTY === true && !world.env.CI && world.env.TERM !== 'dumb';
  let transient = false;
  const clear = () => {
    if (transient) world.stderr.write('\r\u001b[2K');
    transient = false;
  };
  return {
    style: outColour ? painted : PLAIN,
    talk: errColour ? painted : PLAIN,
    interactive,
    out: (line) => {
      clear();
      world.stdout.write(`${line}\n`);
    },
    json: (value) => {
      clear();
      world.stdout.write(`${escapeInvisible(JSON.stringify(value, undefined, 2))}\n`);
    },
    say: (line) => {
      clear();
      world.stderr.write(`${line}\n`);
    },
    status: (line) => {
      clear();
      if (line === undefined) return;
      if (interactive) {
        world.stderr.write(line);
        transient = true;
      } else {
        world.stderr.write(`${line}\n`);
      }
    },
  };
}

/**
 * Text from outside (claims, error descriptions) as it may be shown: control
 * characters and bidirectional overrides are written as `\u{…}`, so that they
 * can neither drive the terminal nor disguise what is read.
 */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
    /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** JSON text with what could drive or deceive a terminal as `\\uXXXX`. The line breaks between members stay. */
function escapeInvisible(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Terminal columns of a text: colours take none, marks none of their own, wide East Asian characters two. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (!/\p{Mark}/u.test(character)) columns += eastAsianWidth(character.codePointAt(0) ?? 0);
  }
  return columns;
}

/** Rows as aligned columns, two spaces apart; cells must already be printable. */
export function table(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell));
    });
  }
  return rows.map((row) =>
    (
      indent + row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - columnsOf(cell))).join('  ')
    ).trimEnd(),
  );
}
