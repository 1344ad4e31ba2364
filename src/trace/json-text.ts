/** Characters up to which a list or an object stays on one line. */
const WIDTH = 96;

/** Claims that are a time in seconds since the epoch (OIDC Core §2, §5.1; RFC 7519 §4.1), alone on a line. */
const TIME_LINE = /^\s*"(?:exp|iat|nbf|auth_time|updated_at)": (\d{9,10}),?$/;

/** The time that a line of `jsonLines` is about, as people read it; undefined where it is about none. */
export function annotateTime(line: string): string | undefined {
  const seconds = TIME_LINE.exec(line)?.[1];
  return seconds === undefined
    ? undefined
    : new Date(Number(seconds) * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
}

/** JSON for a reader, as lines: what is short stays on one line, and a list of words fills its lines. */
export function jsonLines(value: unknown, indent = ''): string[] {
  const whole = JSON.stringify(value) ?? 'null';
  if (typeof value !== 'object' || value === null || indent.length + whole.length <= WIDTH)
    return [spacedJson(value, whole)];
  const list = Array.isArray(value);
  if (list && value.every((each) => typeof each !== 'object' || each === null)) {
    return [
      '[',
      ...fillLines(
        value.map((each) => JSON.stringify(each) ?? 'null'),
        WIDTH - indent.length,
      ),
      ']',
    ];
  }
  const members: [string, unknown][] = list ? value.map((each) => ['', each]) : Object.entries(value);
  const inner = `${indent}  `;
  const lines = members.flatMap(([name, each], index) => {
    const [first = '', ...rest] = jsonLines(each, inner);
    const named = `  ${list ? '' : `${JSON.stringify(name)}: `}${first}`;
    const all = [named, ...rest.map((line) => `  ${line}`)];
    const comma = index + 1 < members.length ? ',' : '';
    return [...all.slice(0, -1), `${all.at(-1)}${comma}`];
  });
  return [list ? '[' : '{', ...lines, list ? ']' : '}'];
}

/** Words with commas between, as many to a line as there is room for. */
function fillLines(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [index, word] of words.entries()) {
    const next = index + 1 < words.length ? `${word},` : word;
    if (line !== '' && line.length + 1 + next.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? `  ${next}` : ` ${next}`;
  }
  return [...lines, line];
}

/** With a space after each comma and colon of the JSON itself, not of its strings. */
function spacedJson(value: unknown, whole: string): string {
  if (Array.isArray(value)) return `[${value.map((each) => spacedJson(each, JSON.stringify(each))).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return whole;
  const members = Object.entries(value).map(
    ([name, each]) => `${JSON.stringify(name)}: ${spacedJson(each, JSON.stringify(each))}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
