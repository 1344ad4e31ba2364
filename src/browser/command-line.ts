/**
 * Splits a command into its words, by the quoting a person knows from a shell:
 * single and double quotes, and outside Windows (where it parts folders) the
 * backslash. Nothing is expanded, and no shell is ever asked.
 *
 * @returns undefined when a quote is not closed
 */
export function parseCommandLine(command: string, platform: NodeJS.Platform): string[] | undefined {
  const windows = platform === 'win32';
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let index = 0; index < command.length; index++) {
    const character = command.charAt(index);
    const next = command.charAt(index + 1);
    if (quote !== undefined && character === quote) {
      quote = undefined;
    } else if (quote === undefined && (character === '"' || (character === "'" && !windows))) {
      quote = character;
      word ??= '';
    } else if (character === '\\' && !windows && quote !== "'" && next !== '' && (!quote || /["\\$`]/.test(next))) {
      word = (word ?? '') + next;
      index++;
    } else if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * The commands of a `BROWSER` variable, in the order to be tried: by custom
 * they are parted by colons. Not on Windows, where a colon is part of a path.
 */
export function browserList(variable: string, platform: NodeJS.Platform): string[] {
  if (platform === 'win32') return [variable];
  const commands = variable.match(/(?:[^:"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"?|'[^']*'?|\\$)+/g) ?? [];
  return commands.filter((command) => command.trim() !== '');
}
