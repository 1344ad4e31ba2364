import { describe, expect, test } from 'vitest';
import { BROWSER_CASES } from './broken-sign-ins/browser-cases.js';
import { CONFIGURATION_CASES } from './broken-sign-ins/configuration-cases.js';
import { NETWORK_CASES } from './broken-sign-ins/network-cases.js';
import { PROVIDER_CASES } from './broken-sign-ins/provider-cases.js';
import { type BrokenSignIn, type Played, play } from './broken-sign-ins/stage.js';
import { STORE_CASES } from './broken-sign-ins/store-cases.js';
import { TIME_CASES } from './broken-sign-ins/time-cases.js';

/*
 * Ways to break a sign-in, by where the fault is. For each: the code, the exit
 * code, and that the first cause named is the true one. What a person sees of
 * each stands in broken-sign-ins/*.md, to be read there.
 */
const KINDS: Readonly<Record<string, readonly BrokenSignIn[]>> = {
  configuration: CONFIGURATION_CASES,
  network: NETWORK_CASES,
  provider: PROVIDER_CASES,
  time: TIME_CASES,
  browser: BROWSER_CASES,
  store: STORE_CASES,
};

/** A cause, as the text shows it. */
const FIRST_CAUSE = /^ {2}Likely causes?(?:, most likely first)?:\n {4}(?:-|1\.) (.+)$/m;

describe.each(Object.entries(KINDS))('broken by the %s', (kind, cases) => {
  const plays = new Map<BrokenSignIn, Promise<Played>>();
  const played = (one: BrokenSignIn) => {
    const running = plays.get(one) ?? play(one);
    plays.set(one, running);
    return running;
  };

  test.concurrent.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const { code, stdout, stderr, secrets } = await played(one);
    const seen = stdout + stderr;
    const [, stated, exitCode] = /\((\w+), exit code (\d+)\)$/m.exec(stderr) ?? [];
    expect({ code: stated, exit: code }, seen).toEqual({ code: one.code, exit: one.exit });
    expect(Number(exitCode)).toBe(code);
    const message = /^✗ (.+)$/m.exec(stderr)?.[1] ?? '';
    expect(FIRST_CAUSE.exec(stderr)?.[1] ?? message).toMatch(one.because);
    for (const secret of secrets) expect(seen.includes(secret), `the output holds ${secret}`).toBe(false);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
    expect(seen).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  });

  test('all of it, as a person sees it', async () => {
    const pages = [];
    for (const one of cases) pages.push(`## ${one.name}\n\n\`\`\`text\n${(await played(one)).seen}\`\`\`\n`);
    const title = `# Broken by the ${kind}\n\nWhat oidc-cli says of each. Written by test/explain/broken-sign-ins.test.ts.\n`;
    await expect([title, ...pages].join('\n')).toMatchFileSnapshot(`broken-sign-ins/${kind}.md`);
  });
});
