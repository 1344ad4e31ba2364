import type { Context } from '../../context.js';
import type { ProbePlan } from '../../probe/plan.js';
import { printable, type Style, type Terminal } from '../../terminal.js';
import { readLine } from '../read-line.js';

/** What is about to be done at the provider, for whoever has to allow it. */
export function planLines(
  plan: ProbePlan,
  { issuer, clientId }: { readonly issuer: string; readonly clientId: string },
  style: Style,
): string[] {
  const { names, signIns, requests, noticed } = plan;
  const { least, most } = signIns;
  const more =
    most > least ? ` (up to ${most} where it is not sound, or ends a code with the first wrong request)` : '';
  const times = least === 1 ? 'once' : `${least} times`;
  return [
    style.strong(`About to probe ${printable(issuer)} as client ${printable(clientId)}:`),
    `  sign-ins  ${least === 0 && most === 0 ? 'none' : `${times}${more}, as one person in one browser`}`,
    `  requests  about ${requests} beside those of the sign-ins, for ${names.length} probes (--list), one of a kind each`,
    ...wrapped(noticed).map((line, index) => `  ${index === 0 ? 'noticed ' : '        '}  ${line}`),
    '  never     a guessed password, a request to a redirect URI, a session that is kept',
    '  at the end the tokens it got are revoked',
  ];
}

/** Columns of what monitoring may see. */
const WIDTH = 88;

/** Items on as few lines as hold them whole. */
function wrapped(items: readonly string[]): string[] {
  const lines: string[] = [];
  items.forEach((item, index) => {
    const text = index === items.length - 1 ? item : `${item};`;
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + text.length > WIDTH) lines.push(text);
    else lines[lines.length - 1] = `${last} ${text}`;
  });
  return lines.map((line, index) => (index === 0 ? `by monitoring, perhaps: ${line}` : line));
}

/** Asks on the terminal; anything but yes is no. Throws `interrupted` after Ctrl-C. */
export async function confirmProbe(context: Context, terminal: Terminal): Promise<boolean> {
  context.stderr.write(terminal.talk.strong('Go on? [y/N] '));
  return (await readLine(context)) === true;
}
