/** Traits of a client secret that do not reveal it. */
export interface SecretTraits {
  readonly characters: number;
  /** Its oddities, each as the end of "The secret …": "ends in a line break". */
  readonly oddities: readonly string[];
}

/** Describes a client secret by the usual faults of copying, piping or setting it as a variable. */
export function secretTraits(secret: string): SecretTraits {
  const oddities: string[] = [];
  const begins = /^\s/.exec(secret)?.[0];
  const ends = /\s$/.exec(secret)?.[0];
  if (ends !== undefined) oddities.push(`ends in a ${blank(ends)}`);
  if (begins !== undefined) oddities.push(`begins with a ${blank(begins)}`);
  const bare = secret.trim();
  if (/^(["'`]).*\1$/s.test(bare)) oddities.push('stands in quotes');
  if (/^\$\{?\w+\}?$|^\{\{.*\}\}$|^%\w+%$/.test(bare)) oddities.push('is the name of a variable that nobody filled in');
  if (/^<.*>$|^x{4,}$|^\*{3,}$|^change-?me$|^(your[-_ ]?)?(client[-_ ]?)?secret$/i.test(bare)) {
    oddities.push('looks like a placeholder');
  }
  if (/[\u200b-\u200f\u2060\ufeff\u00a0]/.test(secret)) oddities.push('has an invisible character in it');
  if (/%[0-9A-F]{2}/i.test(bare)) oddities.push('looks as if it were encoded for a URL');
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(bare)) {
    oddities.push('has the form of an id (UUID): some consoles show the id of a secret beside its value');
  }
  return { characters: [...secret].length, oddities };
}

function blank(character: string): string {
  if (character === '\t') return 'tab';
  return /[\r\n]/.test(character) ? 'line break' : 'space';
}
