import { randomText } from './raw-requests.js';

/**
 * Legal characters of a state or nonce that careless code changes: all visible
 * ASCII except letters and digits, with a space inside (RFC 6749 appendix A.5),
 * and parts that look encoded already.
 */
const PIECES = `a+b c%20d%2Be&amp;f=g;h#i?j"k<l>m'n\\o/p{q}r|s^t\`u~v!w@x$y*z(1)2,3:4[5]6_7-8.9`;

/** A text of hostile but legal characters, different at each call. */
export function hostileText(): string {
  return `${randomText()}${PIECES}`;
}

/** Describes the difference between the sent and the returned text, without repeating either. */
export function lostCharacters(sent: string, back: string | null): string {
  if (back === null || back === '') return 'absent';
  const [before, after] = [[...sent], [...back]];
  const at = before.findIndex((character, index) => after[index] !== character);
  if (at < 0) return 'longer than it was sent';
  // A more exact place within the random part would reveal it.
  if (at < sent.length - PIECES.length) return 'changed from its beginning';
  const part = (text: readonly string[]) => JSON.stringify(text.slice(at, at + 3).join(''));
  return `changed: ${part(before)} came back as ${part(after)}`;
}
