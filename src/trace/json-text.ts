/** Characters up to which a list or an object stays on one line. */
const WIDTH = 96;

/** JSON for a reader, as lines: what is short stays on one line. */
export function jsonLines(value: unknown, indent = ''): string[] {
  const whole = JSON.stringify(value) ?? 'null';
  if (typeof value !== 'object' || value === null || indent.length + whole.length <= WIDTH)
    return [spaced(value, whole)];
  const list = Array.isArray(value);
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

/** With a space after each comma and colon of the JSON itself, not of its strings. */
function spaced(value: unknown, whole: string): string {
  if (Array.isArray(value)) return `[${value.map((each) => spaced(each, JSON.stringify(each))).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return whole;
  const members = Object.entries(value).map(
    ([name, each]) => `${JSON.stringify(name)}: ${spaced(each, JSON.stringify(each))}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
