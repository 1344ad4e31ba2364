import { expect, test } from 'vitest';
import { profileSchema } from '../../src/profiles/schema.js';
import { DEFAULTS, SETTING_KEYS, SETTINGS, type Setting } from '../../src/profiles/settings.js';
import { codeRows, docsPage, sectionOf } from '../support/markdown-table.js';

const ROWS = codeRows(sectionOf(docsPage('profiles'), 'Keys of a profile'));

const plain = (cell = '') => cell.replaceAll('`', '');

test('docs/profiles.md has every key, with its flag, its variable and its default', () => {
  const documented = ROWS.map(([key, flag, variable, byDefault]) => [key, flag, variable, byDefault].map(plain));
  const defaults: Readonly<Record<string, unknown>> = DEFAULTS;
  const expected = SETTING_KEYS.map((key) => {
    const setting: Setting = SETTINGS[key];
    return [key, setting.flag ?? '', setting.variable ?? '', String(defaults[key] ?? '')];
  });
  expect(documented).toEqual(expected);
  expect(documented.map(([key]) => key).sort()).toEqual(Object.keys(profileSchema.shape).sort());
});

test('every key has a meaning, and the keys of a choice name each of its values', () => {
  for (const [key = '', , , , meaning = ''] of ROWS) {
    expect(meaning, key).toMatch(/^\S.+\.$/);
    const shape = profileSchema.shape[plain(key) as keyof typeof profileSchema.shape].unwrap();
    if (!('options' in shape) || shape.type !== 'enum') continue;
    for (const value of shape.options) expect(meaning, key).toContain(`\`${value}\``);
  }
});

test('the defaults that the JSON Schema describes are the real ones', () => {
  for (const [key, value] of Object.entries(DEFAULTS)) {
    const { description } = profileSchema.shape[key as keyof typeof profileSchema.shape].unwrap();
    expect(description, key).toMatch(new RegExp(`Default: ${String(value).replaceAll('.', '\\.')}[.,]`));
  }
});
