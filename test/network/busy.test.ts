import { afterEach, expect, test, vi } from 'vitest';
import { closeAll, fetchWith, serve } from './servers.js';

afterEach(() => {
  vi.restoreAllMocks();
  return closeAll();
});

test('a connection that was idle while the process was too busy to end it is not used again', async () => {
  const ports: (number | undefined)[] = [];
  const { origin } = await serve((request, response) => {
    ports.push(request.socket.remotePort);
    response.end('ok');
  });
  const fetch = fetchWith({});
  const post = async () => (await fetch(origin, { method: 'POST', body: 'a=b' })).text();
  await post();
  await post();
  expect(new Set(ports).size).toBe(1);
  // The timer has not come yet, and time has passed.
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 4_500);
  await post();
  expect(new Set(ports).size).toBe(2);
});
