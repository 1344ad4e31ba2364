import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestAuthority, opensslPresent, type TestAuthority } from '../support/certificates.js';
import { requirement } from '../support/requirement.js';
import { closeAll, fetchWith, serve, startProxy } from './servers.js';

afterEach(closeAll);

/** Answers at once, and keeps until when each connection lasted. */
function watched(): { listener: RequestListener; closed: Promise<unknown>[] } {
  const closed: Promise<unknown>[] = [];
  const listener: RequestListener = (request, response) => {
    closed.push(once(request.socket, 'close'));
    response.end('ok');
  };
  return { listener, closed };
}

describe.runIf(requirement('openssl', opensslPresent(), 'makes the certificates of the TLS tests'))('idle', () => {
  let authority: TestAuthority;
  beforeAll(() => {
    authority = createTestAuthority();
  });
  afterAll(() => authority.remove());

  // One test, since each of them takes its seconds.
  test('a connection or tunnel that nobody uses is closed, but not one whose answer takes as long', async () => {
    const [direct, tunnelled] = [watched(), watched()];
    const server = await serve(direct.listener);
    const tls = authority.issue('provider.example', 'DNS:provider.example');
    const proxy = await startProxy({ target: (await serve(tunnelled.listener, { tls })).port });
    let endSlow = (): void => {};
    const slow = await serve((_, response) => {
      endSlow = () => response.end('late');
    });

    const fetch = fetchWith({ env: { https_proxy: proxy.origin }, caFile: authority.caFile });
    const late = fetch(slow.origin);
    for (const url of [server.origin, 'https://provider.example/']) expect(await (await fetch(url)).text()).toBe('ok');
    await Promise.all([...direct.closed, ...tunnelled.closed]);
    endSlow();
    expect([direct.closed.length, tunnelled.closed.length, await (await late).text()]).toEqual([1, 1, 'late']);
  });
});
