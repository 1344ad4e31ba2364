import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OidcCliError } from '../../src/errors.js';
import { createTestAuthority, type KeyPair, opensslPresent, type TestAuthority } from '../support/certificates.js';
import { requirement } from '../support/requirement.js';
import { closeAll, deadPort, fetchWith, serve, serveSockets, startProxy, UNKNOWN_HOST } from './servers.js';

afterEach(closeAll);

const refusal = (promise: Promise<unknown>): Promise<OidcCliError> =>
  promise.then(
    () => {
      throw new Error('it went through');
    },
    (error: OidcCliError) => error,
  );

const hello = () => serve((request, response) => response.end(`hello ${request.headers.host}${request.url}`));

describe('plain http', () => {
  test.each(['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])('%s is used', async (name) => {
    const proxy = await startProxy({ target: (await hello()).port });
    const fetch = fetchWith({ env: { [name]: proxy.origin } });
    for (const path of ['/a?b=c', '/d']) {
      expect(await (await fetch(`http://provider.example${path}`)).text()).toBe(`hello provider.example${path}`);
    }
    expect(proxy.log).toEqual(['GET http://provider.example/a?b=c', 'GET http://provider.example/d']);
    expect(proxy.connections).toBe(1);
  });

  test('a body reaches the provider through it', async () => {
    const server = await serve((request, response) => void request.pipe(response));
    const proxy = await startProxy({ target: server.port });
    const fetch = fetchWith({ env: { http_proxy: proxy.origin } });
    const response = await fetch('http://provider.example:8080/token', { method: 'POST', body: 'code=1' });
    expect([await response.text(), proxy.log]).toEqual(['code=1', ['POST http://provider.example:8080/token']]);
  });

  test('its credentials are shown to it, and only to it', async () => {
    let seen: unknown;
    const server = await serve((request, response) => {
      seen = request.headers.authorization;
      response.end('in');
    });
    const proxy = await startProxy({ target: server.port, password: 'p@ss' });
    const env = { http_proxy: proxy.origin.replace('//', '//user:p%40ss@') };
    expect(await (await fetchWith({ env })('http://provider.example/')).text()).toBe('in');
    expect([seen, proxy.log]).toEqual([undefined, ['GET http://provider.example/ as user:p@ss']]);
  });

  test('wrong credentials are the fault of the proxy, and not repeated in the error', async () => {
    const proxy = await startProxy({ target: 1, password: 'right' });
    const env = { http_proxy: proxy.origin.replace('//', '//user:wrong@') };
    const error = await refusal(fetchWith({ env })('http://provider.example/'));
    expect([error.code, error.facts]).toEqual([
      'proxy_failed',
      {
        url: 'http://provider.example/',
        host: 'provider.example',
        proxy: `127.0.0.1:${proxy.port}`,
        reason: 'it answered 407',
      },
    ]);
  });

  test.each(['no_proxy', 'NO_PROXY'])('%s leaves hosts out', async (name) => {
    const env = { http_proxy: `http://127.0.0.1:${await deadPort()}`, [name]: 'x.test, .invalid' };
    const error = await refusal(fetchWith({ env })(`http://${UNKNOWN_HOST}/`));
    expect(error.code).toBe('network_dns'); // asked for directly
    expect((await refusal(fetchWith({ env })('http://provider.example/'))).code).toBe('proxy_failed');
  });

  test('this machine is never reached through a proxy', async () => {
    const server = await hello();
    const env = { http_proxy: `http://127.0.0.1:${await deadPort()}` };
    for (const host of ['127.0.0.1', 'localhost']) {
      const response = await fetchWith({ env })(`http://${host}:${server.port}/`);
      expect(await response.text()).toBe(`hello ${host}:${server.port}/`);
    }
  });

  test('the environment of the process itself is left as it was', async () => {
    const before = process.env;
    const proxy = await startProxy({ target: (await hello()).port });
    await fetchWith({ env: { http_proxy: proxy.origin } })('http://provider.example/');
    expect(process.env).toBe(before);
    expect(process.env.http_proxy).toBeUndefined();
  });
});

describe('a proxy that is no use', () => {
  const through = async (proxy: string, scheme = 'https', timeoutMs = 10_000) => {
    const error = await refusal(fetchWith({ env: { all_proxy: proxy }, timeoutMs })(`${scheme}://provider.example`));
    return [error.code, error.facts.reason];
  };

  test.each(['http', 'https'])('nothing listens there (%s)', async (scheme) => {
    const proxy = `http://127.0.0.1:${await deadPort()}`;
    expect(await through(proxy, scheme)).toEqual(['proxy_failed', 'nothing answers there']);
  });

  test.each(['http', 'https'])('its name is not known (%s)', async (scheme) => {
    expect(await through(`http://${UNKNOWN_HOST}:3128`, scheme)).toEqual([
      'proxy_failed',
      'its host name is not known',
    ]);
  });

  test('it refuses to connect', async () => {
    const proxy = await startProxy({ target: await deadPort() });
    expect(await through(proxy.origin)).toEqual(['proxy_failed', 'it answered 502']);
  });

  test('it hangs up', async () => {
    const proxy = await serveSockets((socket) => socket.once('data', () => socket.end()));
    expect(await through(proxy.origin)).toEqual(['proxy_failed', 'it closed the connection']);
  });

  test('it is not an http proxy', async () => {
    expect(await through('socks5://me:secret@127.0.0.1:1080')).toEqual([
      'proxy_failed',
      'socks5 proxies are not supported, only http and https',
    ]);
  });

  test('the variable holds nonsense', async () => {
    expect(await through('http://')).toEqual(['proxy_failed', 'the proxy variable does not hold a URL']);
  });

  test('it keeps silent: the time limit ends the connection to it, too', async () => {
    const ended: Promise<unknown>[] = [];
    const proxy = await serveSockets((socket) => {
      socket.resume();
      ended.push(new Promise((resolve) => socket.once('close', resolve)));
    });
    expect((await through(proxy.origin, 'https', 500))[0]).toBe('network_timeout');
    expect(ended).toHaveLength(1);
    await Promise.all(ended);
  });
});

describe.runIf(requirement('openssl', opensslPresent(), 'makes the certificates of the TLS tests'))('https', () => {
  let authority: TestAuthority;
  let provider: KeyPair;
  beforeAll(() => {
    authority = createTestAuthority();
    provider = authority.issue('provider.example', 'DNS:provider.example');
  });
  afterAll(() => authority.remove());

  const secureHello = () => serve((request, response) => response.end(`hello ${request.url}`), { tls: provider });

  test.each(['https_proxy', 'HTTPS_PROXY'])('%s: the way is a tunnel, kept for the next request', async (name) => {
    const proxy = await startProxy({ target: (await secureHello()).port, password: 'pw' });
    const env = { [name]: proxy.origin.replace('//', '//user:pw@') };
    const fetch = fetchWith({ env, caFile: authority.caFile });
    for (const path of ['/a', '/b']) {
      expect(await (await fetch(`https://provider.example${path}`)).text()).toBe(`hello ${path}`);
    }
    expect(proxy.log).toEqual(['CONNECT provider.example:443 as user:pw']);
  });

  test('a proxy without a scheme speaks http, whatever the provider speaks', async () => {
    const proxy = await startProxy({ target: (await secureHello()).port });
    const fetch = fetchWith({ env: { HTTPS_PROXY: `127.0.0.1:${proxy.port}` }, caFile: authority.caFile });
    expect(await (await fetch('https://provider.example/a')).text()).toBe('hello /a');
    expect(proxy.log).toEqual(['CONNECT provider.example:443']);
  });

  test("the provider's certificate is checked through the tunnel", async () => {
    const proxy = await startProxy({ target: (await secureHello()).port });
    const error = await refusal(fetchWith({ env: { https_proxy: proxy.origin } })('https://provider.example/'));
    expect([error.code, error.facts.subject, error.facts.proxy]).toEqual([
      'tls_not_trusted',
      'provider.example',
      `127.0.0.1:${proxy.port}`,
    ]);
  });

  test('a certificate for another name is refused through the tunnel', async () => {
    const proxy = await startProxy({ target: (await secureHello()).port });
    const fetch = fetchWith({ env: { https_proxy: proxy.origin }, caFile: authority.caFile });
    const error = await refusal(fetch('https://other.example/'));
    expect([error.code, error.facts.reason]).toEqual(['tls_not_trusted', 'the certificate is for another host']);
  });

  test('wrong credentials are not mistaken for an answer of the provider', async () => {
    const proxy = await startProxy({ target: (await secureHello()).port, password: 'right' });
    const error = await refusal(fetchWith({ env: { https_proxy: proxy.origin } })('https://provider.example/'));
    expect([error.code, error.facts.reason]).toEqual(['proxy_failed', 'it answered 407']);
  });

  test('the proxy itself may speak TLS, with a certificate of the given authority', async () => {
    const tls = authority.issue('proxy', 'IP:127.0.0.1');
    const proxy = await startProxy({ target: (await secureHello()).port, tls });
    const env = { https_proxy: proxy.origin };
    const fetch = fetchWith({ env, caFile: authority.caFile });
    expect(await (await fetch('https://provider.example/a')).text()).toBe('hello /a');
    const error = await refusal(fetchWith({ env })('https://provider.example/a'));
    expect([error.code, error.facts.reason]).toEqual([
      'proxy_failed',
      expect.stringContaining('an authority that is not known here'),
    ]);
  });
});
