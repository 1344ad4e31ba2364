/**
 * Characters that text from outside must not send to a terminal or a page: control
 * characters, marks of direction (the bidirectional algorithm, UAX #9), invisible
 * ones, which can hide or disguise text (soft hyphen, zero-width and tag
 * characters), separators that some programs treat as the end of a line, unpaired
 * surrogates, and noncharacters.
 */
const UNSAFE_CHARACTERS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

/** Text with each such character as `\u{…}`: visible, and harmless. */
export function safeText(text: string): string {
  return text.replace(UNSAFE_CHARACTERS, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Text as one word of a command that the user copies into a shell: quoted unless it is a plain word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The first `most` characters of a longer text. */
export function truncate(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

/** A JSON value as text for a message: never `[object Object]`, and at most `most` characters. */
export function truncatedJson(value: unknown, most = 100): string {
  return truncate(JSON.stringify(value) ?? 'nothing', most);
}

/** Line breaks occur only between the members of JSON text: within a string they are escaped as \n already. */
const UNSAFE_JSON_CHARACTERS = new RegExp(`(?!\\n)${UNSAFE_CHARACTERS.source}`, 'gu');

/** JSON text with each such character in its strings as `\uXXXX`: the same data. The line breaks between members stay. */
export function safeJson(json: string): string {
  return json.replace(UNSAFE_JSON_CHARACTERS, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/**
 * A command for a CI server that reads the output: `::command::` at the beginning
 * of a line (GitHub), `##[command]` and `##vso[command]` anywhere (GitHub's older
 * form, Azure Pipelines), `##teamcity[…]`.
 */
const LOG_COMMAND = /##(?=\w*\[)/g;
const LINE_COMMAND = /^(\s*):(?=:)/gm;

/**
 * Text in which no CI server finds a command: one of its characters becomes
 * `\uXXXX`, which is the same text in JSON.
 */
export function escapeLogCommands(text: string): string {
  return escapeCommandsWithin(text).replace(LINE_COMMAND, '$1\\u003a');
}

/** Like `escapeLogCommands`, for a line that is a GitHub command of ours. */
export function escapeCommandsWithin(text: string): string {
  return text.replace(LOG_COMMAND, '#\\u0023');
}

/** Variables that CI servers set. */
const CI_VARIABLES = ['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'TEAMCITY_VERSION'];

/** Whether a CI server reads the output, by the environment that it sets. */
export function isReadByCiServer(env: Readonly<Record<string, string | undefined>>): boolean {
  return CI_VARIABLES.some((name) => env[name] !== undefined && env[name] !== '' && env[name] !== 'false');
}
