import { describe, expect, test } from 'vitest';
import { secretTraits } from '../../src/oidc/secret-traits.js';

describe('what can be told of a client secret without telling it', () => {
  test.each<[string, string, readonly string[]]>([
    ['an ordinary one', 'k3~Qz.x-9_Lw', []],
    ['a line break at its end', 'secret-word\n', ['ends in a line break']],
    ['a space before it', ' k3Qzx9Lw', ['begins with a space']],
    ['a tab behind it', 'k3Qzx9Lw\t', ['ends in a tab']],
    ['quotes', '"k3Qzx9Lw"', ['stands in quotes']],
    ['quotes and a line break', "'k3Qzx9Lw'\n", ['ends in a line break', 'stands in quotes']],
    ['a variable', '$SECRET', ['is the name of a variable that nobody filled in']],
    ['a variable in braces', '$' + '{CLIENT_SECRET}', ['is the name of a variable that nobody filled in']],
    ['a placeholder', 'changeme', ['looks like a placeholder']],
    ['another placeholder', '<your secret>', ['looks like a placeholder']],
    ['an invisible space', 'k3Qz\u200bx9Lw', ['has an invisible character in it']],
    ['an encoded one', 'k3Qz%2Bx9Lw', ['looks as if it were encoded for a URL']],
  ])('%s', (_what, secret, oddities) => {
    const traits = secretTraits(secret);
    expect(traits).toEqual({ characters: [...secret].length, oddities });
    expect(JSON.stringify(traits)).not.toContain('k3Qz');
  });

  test('the id of a secret in place of its value', () => {
    expect(secretTraits('0f6b2c1e-5d5f-4a6e-9a55-3f6f3c1f0a11').oddities[0]).toContain('form of an id (UUID)');
  });
});
