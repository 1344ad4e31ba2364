import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskSecrets } from '../../src/browser/mask-secrets.js';

describe('a secret is masked', () => {
  const SECRET = 'Pä$$ "w0rd" & <more>/+ü';
  const encoded = encodeURIComponent(SECRET);

  test.each([
    ['as it is', SECRET],
    ['in an address', encoded],
    ['in an address, in lower case', encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ['in a posted form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in HTML', SECRET.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
  ])('%s', (_name, form) => {
    expect(maskSecrets(`before ${form} after`, [SECRET])).toBe('before ••• after');
  });

  test('in base64, wherever it begins in what is encoded', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 5 }),
        fc.string({ minLength: 8, unit: 'binary' }),
        fc.string(),
        (before, secret, after) => {
          const text = Buffer.from(before + secret + after).toString('base64');
          const masked = maskSecrets(text, [secret]);
          expect(masked).toContain('•••');
          // What is left of it at its ends are less than two characters of the secret each.
          const left = masked.replace(/•••/g, '').length;
          expect(left).toBeLessThanOrEqual(text.length - Math.floor((Buffer.from(secret).length * 8) / 6) + 4);
        },
      ),
    );
  });

  test('the longer one first, where one holds another; what is too short to hide anything is left', () => {
    expect(maskSecrets('abcdef abc ab', ['abc', 'abcdef', 'ab'])).toBe('••• ••• ab');
  });
});
