import { describe, expect, test } from 'vitest';
import { chromiumPresent, drivenBrowserPath } from '../support/chromium.js';
import { requirement } from '../support/requirement.js';
import { CONFIDENTIAL, probed, provider } from './probed.js';

const present = requirement('Chromium', chromiumPresent, 'probes through a real browser');

describe.runIf(present)('a real browser', () => {
  test('signs in for the probes, and none is violated', async () => {
    const driver = [
      '--with',
      'browser',
      '--browser-path',
      drivenBrowserPath ?? '',
      '--user',
      'alice',
      '--password-env',
      'ALICE',
    ];
    const { code, document, stderr } = await probed(await provider(), [...CONFIDENTIAL, ...driver, '--yes']);
    expect(
      document.probes.filter(({ verdict }) => verdict !== 'met'),
      stderr,
    ).toEqual([]);
    expect(code).toBe(0);
    // Whoever is signed in there stays so: one page, that of consent, and none where it is not asked again.
    expect(stderr).toMatch(/signed in without a person \(browser, [01] pages?\)/);
  });
});
