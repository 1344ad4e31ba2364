import { randomText } from './raw-requests.js';

/**
 * What a state or nonce may hold and careless code changes: all visible ASCII
 * but letters and digits, with a space inside (RFC 6749 appendix A.5), and
 * pieces that look encoded already.
 */
const PIECES = `a+b c%20d%2Be&amp;f=g;h#i?j"k<l>m'n\\o/p{q}r|s^t\`u~v!w@x$y*z(1)2,3:4[5]6_7-8.9`;

/** A text of hostile but legal characters that is another each time. */
export function hostileText(): string {
  return `${randomText()}${PIECES}`;
}

/** What became of it, in words that do not repeat it. */
export function lostCharacters(sent: string, back: string | null): string {
  if (back === null || back === '') return 'absent';
  const [before, after] = [[...sent], [...back]];
  const at = before.findIndex((character, index) => after[index] !== character);
  if (at < 0) return 'longer than it was sent';
  // Within the first part a difference would tell of the random value.
  if (at < sent.length - PIECES.length) return 'changed from its beginning';
  const part = (text: readonly string[]) => JSON.stringify(text.slice(at, at + 3).join(''));
  return `changed: ${part(before)} came back as ${part(after)}`;
}
