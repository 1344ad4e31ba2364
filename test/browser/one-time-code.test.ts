import { describe, expect, test } from 'vitest';
import { oneTimeCodes } from '../../src/browser/one-time-code.js';

const never = new AbortController().signal;
/** The secret of RFC 6238, appendix B, in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('a one-time code', () => {
  test.each([
    [1_234_567_890, '005924'],
    [20_000_000_000, '353130'],
  ])('at %i s is that of RFC 6238', async (seconds, code) => {
    for (const secret of [SECRET, 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq', `otpauth://totp/A:b?secret=${SECRET}`]) {
      const codes = await oneTimeCodes(secret, { now: () => seconds * 1000 });
      expect(await codes.next(never)).toBe(code);
    }
  });

  test('of eight digits, another hash and another period is made by its address', async () => {
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA';
    const address = `otpauth://totp/A?secret=${secret}&algorithm=SHA256&digits=8&period=30`;
    const codes = await oneTimeCodes(address, { now: () => 1_234_567_890_000 });
    expect(await codes.next(never)).toBe('91819424');
  });

  test.each([
    ['about to end', 1_234_567_919_000],
    ['handed out already', undefined],
  ])('that is %s is not handed out: the next is', async (_name, at) => {
    let now = at ?? 1_234_567_890_000;
    const codes = await oneTimeCodes(SECRET, { now: () => now });
    if (at === undefined) {
      expect(await codes.next(never)).toBe('005924');
      now = 1_234_567_919_900;
    }
    const next = codes.next(never);
    now = 1_234_567_920_000;
    const later = await oneTimeCodes(SECRET, { now: () => now });
    expect(await next).toBe(await later.next(never));
  });

  test('is not waited for after an abort', async () => {
    const codes = await oneTimeCodes(SECRET, { now: () => 1_234_567_919_000 });
    const reason = new DOMException('Ctrl-C', 'AbortError');
    await expect(codes.next(AbortSignal.abort(reason))).rejects.toBe(reason);
    const stopping = new AbortController();
    const waiting = codes.next(stopping.signal);
    stopping.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
