import type { Check } from '../../check.js';
import { checkRows, mark } from '../../checks/print.js';
import { lookup } from '../../json.js';
import type { DecodedToken } from '../../oidc/decode-token.js';
import { valueText } from '../../oidc/json-values.js';
import { relativeTime } from '../../oidc/relative-time.js';
import type { InspectedToken } from '../../sign-in/inspect-token.js';
import { cutForTable, printable, type Style, table } from '../../terminal.js';
import { timestamp } from '../session-text.js';
import type { InspectedAddress } from './callback.js';
import { safeClaims } from './safe-claims.js';

/** Claims that hold a time in seconds since the epoch. */
const TIMES = ['exp', 'iat', 'nbf', 'auth_time', 'updated_at'];

/** A longer value is cut in the text; `--json` has it whole. Characters. */
const MAX_LENGTH = 500;

/** The times among claims in words; `now` in seconds since the epoch. */
function timesText(
  claims: Readonly<Record<string, unknown>>,
  now: number,
): Readonly<Record<string, { readonly at: string; readonly inWords: string }>> {
  const times = TIMES.flatMap((name) => {
    const value = claims[name];
    const at = typeof value === 'number' ? timestamp(value) : null;
    return at === null || typeof value !== 'number' ? [] : [[name, { at, inWords: relativeTime(value, now) }] as const];
  });
  return Object.fromEntries(times);
}

/** What a token is, in one line. */
function tokenTitle(token: DecodedToken): string {
  const kind = token.kind === 'token' ? 'JWT' : token.kind;
  const capital = kind.charAt(0).toUpperCase() + kind.slice(1);
  const alg = printable(token.header.alg === undefined ? 'no algorithm' : valueText(token.header.alg));
  switch (token.form) {
    case 'signed':
      return `${capital} — a JWT signed with ${alg} (${token.because})`;
    case 'unsigned':
      return `${capital} — a JWT that is not signed (alg ${alg}; ${token.because})`;
    case 'encrypted':
      return `Encrypted token (JWE) — ${alg}, ${printable(token.header.enc === undefined ? 'no enc' : valueText(token.header.enc))}`;
    case 'opaque':
      return `Opaque token — no JWT: ${token.characters} characters that only the provider understands (${token.because})`;
    case 'damaged':
      return `No token that can be read — ${token.characters} ${token.characters === 1 ? 'character' : 'characters'}`;
  }
}

/** One token as lines for people. None of them holds the token. */
export function tokenLines(inspected: InspectedToken, now: number, style: Style, indent = ''): string[] {
  const { token, checks, introspection, nested } = inspected;
  const lines = [style.strong(tokenTitle(token))];
  lines.push(...token.notes.map((note) => `  ${printable(note)}`));
  lines.push(...section('Header', token.header, now, style));
  lines.push(...section('Claims', token.claims, now, style));
  if (introspection) lines.push(...section('Introspection', introspection, now, style));
  lines.push(...checkLines(checks, style));
  if (nested) {
    lines.push('', style.strong('Inside of it'));
    lines.push(...tokenLines(nested, now, style, '  '));
  }
  return lines.map((line) => (line === '' ? line : indent + line));
}

function section(title: string, content: Readonly<Record<string, unknown>>, now: number, style: Style): string[] {
  const times = timesText(content, now);
  const rows = Object.entries(safeClaims(content)).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const time = lookup(times, name);
    const words = time === undefined ? '' : `  ${style.dim(`${time.at}, ${time.inWords}`)}`;
    return [cutForTable(name, 60), `${cutForTable(text, MAX_LENGTH)}${words}`];
  });
  return rows.length === 0 ? [] : [style.strong(title), ...table(rows, '  ')];
}

/** Checks under their heading; what could not be checked says why, unless it was simply not there. */
function checkLines(checks: readonly Check[], style: Style): string[] {
  if (checks.length === 0) return [];
  const details = checks.filter(({ verdict, actual }) => verdict === 'skip' && actual !== 'absent');
  // What is wrong with the way it is written is a sentence, and whole.
  const faults = checks.filter(({ name, verdict }) => name === 'format' && verdict === 'fail');
  const rest = checks.filter((check) => !details.includes(check) && !faults.includes(check));
  const written = faults.map(({ actual }) => `  ${mark('fail', style)}  format  ${printable(actual)}`);
  const rows = details.map(({ name, actual }) => ['-', name, cutForTable(actual, MAX_LENGTH)]);
  return [
    style.strong('Checks'),
    ...written,
    ...checkRows(rest, style),
    ...table(rows, '  ').map((line) => style.dim(line)),
  ];
}

/** A pasted address as lines for people. */
export function addressLines(inspected: InspectedAddress, style: Style): string[] {
  const { kind, address, parameters, error, checks } = inspected;
  const capital = kind.charAt(0).toUpperCase() + kind.slice(1);
  const lines = [style.strong(address === undefined ? capital : `${capital} — ${printable(address)}`)];
  const rows = parameters.map(({ name, value, means, in: where }) => [
    cutForTable(name, 60),
    cutForTable(value, MAX_LENGTH),
    style.dim(where === 'fragment' ? `${means} (behind the #)` : means),
  ]);
  lines.push(...table(rows, '  '));
  if (error) {
    const of = error.standard === null ? '' : ` (${error.standard})`;
    lines.push('', style.strong(`${printable(error.code)}${of}`), `  ${printable(error.message)}`);
    for (const cause of error.causes) lines.push(`  - ${printable(cause)}`);
    lines.push(`  To fix: ${printable(error.fix)}`);
  }
  lines.push(...checkLines(checks, style));
  return lines;
}

/** A line that says how to verify what was only decoded. */
export function offlineNote(tokens: readonly InspectedToken[], { offline }: { readonly offline?: boolean }): string {
  if (offline) return 'No provider was asked (--offline): nothing says that this is genuine.';
  const opaque = tokens.every(({ token }) => token.form === 'opaque');
  return opaque
    ? 'To ask the provider about it: --issuer URL --client-id ID --client-secret-env NAME, or --profile NAME.'
    : 'Nothing says that this is genuine: to verify it, name the provider with --issuer URL or --profile NAME.';
}

/** One token as a member of the document of `--json`. It does not hold the token. */
export function tokenDocument(inspected: InspectedToken, now: number): Record<string, unknown> {
  const { name, token, checks, introspection, nested } = inspected;
  return {
    name: name ?? null,
    kind: token.kind,
    because: token.because,
    form: token.form,
    characters: token.characters,
    header: safeClaims(token.header),
    claims: safeClaims(token.claims),
    times: timesText(token.claims, now),
    notes: token.notes,
    checks,
    introspection: introspection ? safeClaims(introspection) : null,
    nested: nested ? tokenDocument(nested, now) : null,
  };
}
