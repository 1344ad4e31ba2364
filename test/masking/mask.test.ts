import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OidcCliError } from '../../src/errors.js';
import { Masker, maskError, maskSecrets } from '../../src/masking/mask.js';
import { formsOf } from '../support/secret-forms.js';

const SECRET = 'Pä$$ "w0rd" & <more>/+ü😀';

/** The ways in which one character may be escaped. */
const ESCAPES: readonly ((character: string) => string)[] = [
  (character) => character,
  (character) => Buffer.from(character).reduce((text, byte) => `${text}%${byte.toString(16).padStart(2, '0')}`, ''),
  (character) => encodeURIComponent(encodeURIComponent(character)),
  (character) => (character === ' ' ? '+' : encodeURIComponent(character)),
  (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  (character) => JSON.stringify(character).slice(1, -1).replaceAll('/', '\\/'),
  (character) => `&#${character.codePointAt(0)};`,
  (character) => `&#x${character.codePointAt(0)?.toString(16).toUpperCase()};`,
  (character) => encodeURIComponent(`&#${character.codePointAt(0)};`),
];

describe('a secret is masked', () => {
  test.each(formsOf(SECRET))('as %s', (form) => {
    // Less than a character of the secret is left at each end of what is in base64.
    expect(maskSecrets(`before ${form} after`, [SECRET])).toMatch(/^before \S{0,2}\(not shown\)\S{0,2} after$/);
  });

  test('whatever each of its characters is escaped by', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ESCAPES), { minLength: 25, maxLength: 25 }), (escapes) => {
        const text = Array.from(SECRET, (character, at) => escapes[at]?.(character)).join('');
        expect(maskSecrets(`before ${text} after`, [SECRET])).toBe('before (not shown) after');
      }),
    );
  });

  test('in capitals, and by the names of HTML', () => {
    const hex = Buffer.from(SECRET).toString('hex').toUpperCase();
    expect(maskSecrets(`x ${hex} y`, [SECRET])).toBe('x (not shown) y');
    expect(maskSecrets('x s3cr&plus;t&sol;&amp;amp;&commat; y', ['s3cr+t/&@'])).toBe('x (not shown) y');
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
          expect(masked).toContain('(not shown)');
          // What is left of it at its ends are less than two characters of the secret each.
          const left = masked.replaceAll('(not shown)', '').length;
          expect(left).toBeLessThanOrEqual(text.length - Math.floor((Buffer.from(secret).length * 8) / 6) + 4);
        },
      ),
    );
  });

  test('the longer one first, where one holds another; what is too short to hide anything is left', () => {
    expect(maskSecrets('abcdef abc ab', ['abc', 'abcdef', 'ab'])).toBe('(not shown) (not shown) ab');
  });

  test('where only its beginning is there', () => {
    expect(maskSecrets('it was abcdefghij0123456789 and', ['abcdefghij0123456789klmnop'])).toBe(
      'it was (not shown) and',
    );
  });
});

describe('what is no secret stays', () => {
  test('a word that holds a secret which is a mere word or number', () => {
    const text = 'client_secret_basic, secrets, 1234567';
    expect(maskSecrets(text, ['secret', '123456'])).toBe(text);
  });

  test('our own words, where a secret is one of them; not where it is more than a word', () => {
    const masker = new Masker();
    masker.learn(masker, ['secret', 'hunter2', 'expired']);
    expect(masker.own('The client secret is expired.')).toBe('The client secret is expired.');
    expect(masker.own('It is "hunter2".')).toBe('It is "(not shown)".');
    expect(masker.foreign('your secret: hunter2')).toBe('your (not shown): (not shown)');
  });

  test('what was asked for, and what its owner has forgotten', () => {
    const masker = new Masker();
    const job = {};
    masker.learn(job, ['a-token-1', 'a-token-2']);
    masker.allow('a-token-2');
    expect(masker.own('a-token-1 a-token-2')).toBe('(not shown) a-token-2');
    masker.forget(job);
    expect(masker.own('a-token-1')).toBe('a-token-1');
  });

  test('the facts of an error that are our own', () => {
    const masker = new Masker();
    masker.learn(masker, ['client', 'k3y/k3y']);
    const facts = { error: 'no client k3y%2Fk3y', reason: 'no client', list: ['k3y&#47;k3y'], status: 400 };
    const error = maskError(new OidcCliError('invalid_client', facts, { details: { 'k3y/k3y': [1] } }), masker);
    expect(error.facts).toEqual({
      error: 'no (not shown) (not shown)',
      reason: 'no client',
      list: ['(not shown)'],
      status: 400,
    });
    expect(error.details).toEqual({ '(not shown)': [1] });
  });
});

test.each([
  ['escapes', '%25'.repeat(100_000)],
  ['beginnings of it', 'secretsecre'.repeat(30_000)],
  ['itself', '%73ecretsecret1 '.repeat(20_000)],
  ['names of replaced secrets', 'secret#1 secretsecret1 '.repeat(13_000)],
])(
  '300 KB of %s are masked in linear time',
  (_what, text) => {
    // Quadratic, it would take minutes.
    const secrets = ['secretsecret1', ...Array.from({ length: 50 }, (_, index) => `secret-of-many-${index}`)];
    expect(maskSecrets(text, secrets)).not.toContain('secretsecret1');
  },
  20_000,
);
