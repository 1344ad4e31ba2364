import { describe, expect, test } from 'vitest';
import { createMask } from '../../src/masking/mask.js';
import { renderJson } from '../../src/trace/json.js';
import { Tracing } from '../../src/trace/tracing.js';
import { expectLinear } from '../support/growth.js';

const STARTED = Date.UTC(2026, 10, 24);

/** A trace with one answer of a provider, as a file shows it. */
function traced(body: string, type = 'application/json'): string {
  const tracing = new Tracing({ version: '1.0.0', command: 'login', startedAt: STARTED }, undefined);
  const exchange = {
    ...{ step: 'token request', method: 'POST', url: 'https://id.example.com/token', requestHeaders: {} },
    ...{ requestBody: undefined, startedAt: STARTED, durationMs: 5, status: 200 },
    ...{ responseHeaders: { 'content-type': type }, responseBody: body },
  };
  tracing.begun(exchange);
  tracing.ended(exchange);
  return renderJson(tracing.document({ exitCode: 0, at: STARTED + 10 }, false));
}

const members = (size: number, name: (index: number) => string, value: (index: number) => string) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: size }, (_, index) => [name(index), value(index)])));
const mixed = (index: number) => ((index * 2_654_435_761) % 4_294_967_296).toString(36).padStart(7, 'q');

describe('an answer is made fit to be shown in time that grows with its size', () => {
  test.each<[string, (size: number) => string]>([
    [
      'secrets under names of their own',
      (size) =>
        members(
          size,
          (i) => `member_name_${i}`,
          (i) => `v${mixed(i)}xyz`,
        ),
    ],
    [
      'secrets that begin alike',
      (size) =>
        members(
          size,
          (i) => `m${i}`,
          (i) => `prefixprefix${mixed(i)}`,
        ),
    ],
    [
      'secrets that begin as the text around them',
      (size) =>
        `${members(
          size,
          (i) => `m${i}`,
          (i) => `prefixprefix${mixed(i)}`,
        ).slice(0, -1)},"error_description":"${'prefixprefix'.repeat(size)}"}`,
    ],
    ['people', (size) => JSON.stringify(Array.from({ length: size }, (_, i) => ({ email: `person${i}@example.com` })))],
  ])('%s', async (_name, make) => {
    await expectLinear(make, (body) => traced(body), { smallest: 4, cpuMs: 10_000 });
  });

  /** What a regular expression may go back in again and again. */
  test.each(['.', 'a.', 'a@', '+1 ', '<', '<!--', '<script', '</script ', 'a="', '\\', 'eyJ', '%25', '&amp;'])(
    'a text of "%s"',
    (part) => {
      const before = process.cpuUsage();
      const text = part.repeat(64_000 / part.length);
      traced(text, 'text/plain');
      traced(`<html>${text}`, 'text/html');
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(8_000);
    },
  );
});

test('secrets that begin alike are masked each as itself, the longest first, and a part of one too', () => {
  const secrets = Array.from({ length: 50 }, (_, i) => `same-beginning-${'x'.repeat(i)}${i}`);
  const mask = createMask(secrets);
  expect(mask(secrets.map((secret) => `<${secret}>`).join(''))).toBe('<(not shown)>'.repeat(50));
  expect(mask('same-beginning-y same-begin')).toBe('same-beginning-y same-begin');
  const events = JSON.parse(
    traced(
      `${JSON.stringify({ one: 'first-secret-0123456789', two: `second-secret-9876543210` }).slice(0, -1)},"error_description":"ret-0123456789 and cret-98765432 and ret-99999999"}`,
    ),
  ).events;
  expect(JSON.stringify(events)).not.toMatch(/0123456789|98765432/);
  expect(JSON.stringify(events)).toContain('ret-99999999');
});
