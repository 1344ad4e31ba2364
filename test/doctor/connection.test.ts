import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeAll, deadPort, serve, serveSockets, startProxy, UNKNOWN_HOST } from '../network/servers.js';
import { describeTls, HERE, type KeyPair } from '../support/certificates.js';
import { type Examined, examine, play } from '../support/examine-profile.js';
import { createMachine, type Machine } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';

let machine: Machine;

beforeAll(async () => {
  machine = await createMachine();
});
afterEach(closeAll);
afterAll(() => machine.remove());

function examined(issuer: string, flags: readonly string[] = [], env: Record<string, string> = {}): Promise<Examined> {
  return examine(machine, ['--issuer', issuer, '--client-id', 'app', '--port', '0', ...flags], { env });
}

/** The one failed check, on which all the rest of the network depends. */
function expectOnly({ document, code, bad, check }: Examined, name: string, expected: object): void {
  expect(bad.filter((one) => one.startsWith('fail'))).toEqual([`fail ${name}`]);
  expect(document.finding).toMatchObject({ name, ...expected });
  expect(code).toBe(1);
  expect(check('authorization endpoint')).toMatchObject({ verdict: 'skip', dependsOn: name });
  expect(check('port').verdict).toBe('pass');
}

describe('the name', () => {
  it('is not known', async () => {
    const run = await examined(`https://${UNKNOWN_HOST}`);
    expectOnly(run, 'name resolution', {
      code: 'network_dns',
      side: 'network',
      repair: expect.stringContaining('VPN or proxy'),
    });
    expect(run.check('certificate chain')).toMatchObject({ verdict: 'skip', dependsOn: 'name resolution' });
  });

  it('is known', async () => {
    const provider = await startScriptedProvider();
    try {
      const issuer = provider.issuer.replace('127.0.0.1', 'localhost');
      play(provider, { discovery: (honest) => ({ body: { ...honest, issuer } }) });
      const run = await examined(issuer);
      expect(run.check('name resolution')).toMatchObject({
        verdict: 'pass',
        actual: expect.stringMatching(/127\.0\.0\.1/),
      });
      expect(run.check('TLS version').actual).toBe('plain http has none');
    } finally {
      await provider.close();
    }
  });
});

describe('the connection', () => {
  it.each(['http', 'https'])('is refused (%s)', async (scheme) => {
    const run = await examined(`${scheme}://127.0.0.1:${await deadPort()}`);
    const name = scheme === 'https' ? 'connection' : 'status';
    expectOnly(run, name, {
      code: 'network_refused',
      side: 'provider',
      actual: expect.stringMatching(/^Nothing listens/),
    });
  });

  it('is closed at once', async () => {
    const mute = await serveSockets((socket) => socket.destroy());
    expectOnly(await examined(`http://127.0.0.1:${mute.port}`), 'status', { code: 'network_closed', side: 'provider' });
  });

  it('never answers: Ctrl-C ends it', async () => {
    const ended = new AbortController();
    const mute = await serveSockets(() => ended.abort(new DOMException('interrupted', 'AbortError')));
    const argv = ['doctor', '--issuer', `http://127.0.0.1:${mute.port}`, '--client-id', 'app', '--port', '0'];
    const run = await machine.run(argv, { signal: ended.signal });
    expect([run.code, run.stdout]).toEqual([130, '']);
  });

  it('never gets as far as TLS: Ctrl-C ends it, too', async () => {
    const ended = new AbortController();
    const mute = await serveSockets(() => ended.abort(new DOMException('interrupted', 'AbortError')));
    const argv = ['doctor', '--issuer', `https://127.0.0.1:${mute.port}`, '--client-id', 'app', '--port', '0'];
    expect((await machine.run(argv, { signal: ended.signal })).code).toBe(130);
  });

  it('would be in plain http through a network of others', async () => {
    const run = await examined('http://192.0.2.1:1', [], { http_proxy: `http://127.0.0.1:${await deadPort()}` });
    expectOnly(run, 'status', { code: 'issuer_not_https', side: 'configuration' });
  });

  it('is https at a port without TLS', async () => {
    const plain = await serve((_, response) => response.end('hello'));
    const run = await examined(`https://127.0.0.1:${plain.port}`);
    expectOnly(run, 'TLS version', { code: 'tls_failed', actual: expect.stringContaining('does not speak TLS') });
    expect(run.check('certificate chain')).toMatchObject({ verdict: 'skip', dependsOn: 'TLS version' });
  });
});

describe('the proxy', () => {
  const issuer = 'https://provider.example';

  it('is where nothing listens', async () => {
    const port = await deadPort();
    const run = await examined(issuer, [], { HTTPS_PROXY: `http://user:pass-word@127.0.0.1:${port}` });
    expectOnly(run, 'connection', { code: 'proxy_failed', side: 'network' });
    expect(run.check('proxy').actual).toBe(`http://127.0.0.1:${port} (HTTPS_PROXY, with user name and password)`);
    expect(run.check('name resolution')).toMatchObject({ verdict: 'skip', actual: expect.stringContaining('proxy') });
    expect(run.stdout).not.toContain('pass-word');
  });

  it('wants a password', async () => {
    const proxy = await startProxy({ target: 1, password: 'right' });
    const run = await examined(issuer, [], { all_proxy: `http://127.0.0.1:${proxy.port}` });
    expectOnly(run, 'connection', { code: 'proxy_failed', actual: expect.stringContaining('it answered 407') });
    expect(run.check('proxy').actual).toContain('(all_proxy)');
  });

  it('is no proxy', async () => {
    const run = await examined(issuer, [], { https_proxy: 'socks5://127.0.0.1:1' });
    expectOnly(run, 'proxy', { code: 'proxy_failed', side: 'machine' });
  });

  it('is not for this host', async () => {
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: UNKNOWN_HOST };
    const run = await examined(`https://${UNKNOWN_HOST}`, [], env);
    expect(run.check('proxy').actual).toMatch(/^none: NO_PROXY has .* \(HTTPS_PROXY=http:\/\/127\.0\.0\.1:1\)$/);
  });

  it('is told where there is no provider to ask', async () => {
    const run = await examine(machine, ['--port', '0'], {
      env: { http_proxy: 'http://me:pass-word@proxy.example:3128' },
    });
    expect(run.check('proxy').actual).toBe('http_proxy=http://proxy.example:3128');
    expect(run.stdout).not.toContain('pass-word');
  });
});

describeTls((tls) => {
  /** A provider over TLS, examined. */
  async function over(tls: KeyPair, flags: readonly string[], env: Record<string, string> = {}): Promise<Examined> {
    const provider: ScriptedProvider = await startScriptedProvider({ tls });
    try {
      play(provider);
      return await examined(provider.issuer, flags, env);
    } finally {
      await provider.close();
    }
  }

  it('is in order, by an authority of one’s own', async () => {
    const run = await over(tls.good, ['--ca', tls.authority.caFile]);
    expect(run.bad).toEqual([]);
    expect(run.check('TLS version').actual).toMatch(/^TLSv1\.[23] \(\w+\)$/);
    expect(run.check('certificate chain').actual).toBe(
      'provider ← Test Authority, for DNS:localhost, IP Address:127.0.0.1',
    );
    expect(run.check('certificate lifetime').actual).toMatch(/^(89|90) days left \(until \d{4}-\d\d-\d\d\)$/);
    expect(run.check('certificate authorities').actual).toBe(
      `${(await import('node:tls')).rootCertificates.length} of Node's own, 1 of ${tls.authority.caFile} (--ca)`,
    );
    expect(run.check('https').actual).toBe('all on this machine, where nobody is in between');
  });

  it('is in order, through a proxy that alone knows the name', async () => {
    const named = tls.authority.issue('provider.example', 'DNS:provider.example', 90);
    const provider = await startScriptedProvider({ tls: named });
    try {
      play(provider, {
        authorization: { iss: 'https://provider.example' },
        discovery: (honest) => ({
          body: JSON.parse(JSON.stringify(honest).replaceAll(`127.0.0.1:${provider.port}`, 'provider.example')),
        }),
      });
      const proxy = await startProxy({ target: provider.port });
      const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
      const run = await examined('https://provider.example', ['--ca', tls.authority.caFile], env);
      expect(run.bad).toEqual([]);
      expect(run.check('certificate chain').actual).toContain('DNS:provider.example');
      expect(run.check('https').actual).toMatch(/^all \d$/);
      expect(run.check('client known').verdict).toBe('pass');
    } finally {
      await provider.close();
    }
  });

  it.each<[string, () => [KeyPair, string?], string, object]>([
    [
      'of an unknown authority',
      () => [tls.good],
      'certificate chain',
      { side: 'machine', actual: expect.stringContaining('an authority that is not known here') },
    ],
    [
      'of another authority than the one that is named',
      () => [tls.good, tls.other.caFile],
      'certificate chain',
      { side: 'machine' },
    ],
    [
      'that is self-signed',
      () => [tls.authority.selfSigned('alone', HERE)],
      'certificate chain',
      { side: 'machine', actual: expect.stringContaining('self-signed') },
    ],
    [
      'for another host',
      () => [tls.authority.issue('elsewhere', 'DNS:elsewhere.example', 90), tls.authority.caFile],
      'certificate chain',
      { side: 'provider', actual: expect.stringContaining('for another host') },
    ],
    [
      'that has expired',
      () => [tls.authority.issue('old', HERE, -1), tls.authority.caFile],
      'certificate lifetime',
      { side: 'provider', actual: expect.stringMatching(/has expired.*valid to \d{4}/) },
    ],
    [
      'that is not valid yet',
      () => [tls.authority.issueForTomorrow('young', HERE), tls.authority.caFile],
      'certificate lifetime',
      {
        side: 'provider',
        actual: expect.stringMatching(/not valid yet.*valid from \d{4}/),
        repair: expect.stringMatching(/^Set this machine's clock/),
      },
    ],
  ])('has a certificate %s', async (_name, given, name, expected) => {
    const [pair, ca] = given();
    const run = await over(pair, ca === undefined ? [] : ['--ca', ca]);
    expectOnly(run, name, { code: 'tls_not_trusted', group: 'connection', ...expected });
    expect(run.check('TLS version').verdict).toBe('pass');

    const taken = await over(pair, ['--insecure', ...(ca === undefined ? [] : ['--ca', ca])]);
    expect(taken.bad).toEqual(expect.arrayContaining(['warn certificate authorities', `warn ${name}`]));
    expect(taken.check(name).why).toContain('--insecure');
    expect(taken.code).toBe(0);
  });

  it('has a certificate that ends soon', async () => {
    const run = await over(tls.authority.issue('soon', HERE, 2), ['--ca', tls.authority.caFile]);
    expect(run.bad).toEqual(['warn certificate lifetime']);
    expect(run.check('certificate lifetime').actual).toMatch(/^[12] days? left/);
  });

  it('is of a version that is no longer spoken', async () => {
    const old = { ...tls.good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const server: Server = https.createServer(old, (_, response) => response.end());
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const run = await examined(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, [
        '--ca',
        tls.authority.caFile,
      ]);
      expectOnly(run, 'TLS version', { code: 'tls_failed', side: 'provider' });
    } finally {
      server.close();
    }
  });

  it('is to be trusted by a file that is none', async () => {
    const file = join(machine.home, 'empty.pem');
    await writeFile(file, 'nothing');
    const run = await over(tls.good, ['--ca', file]);
    expectOnly(run, 'certificate authorities', { code: 'ca_unreadable', side: 'configuration' });
  });

  it('is to be trusted by variables: one that names no file, and one that Node does not read', async () => {
    const env = { NODE_EXTRA_CA_CERTS: join(machine.home, 'none.pem'), SSL_CERT_FILE: tls.authority.caFile };
    const run = await over(tls.good, ['--ca', tls.authority.caFile], env);
    expect(run.bad).toEqual(['warn certificate authorities']);
    const { actual, why } = run.check('certificate authorities');
    expect(actual).toContain('nothing by SSL_CERT_FILE, which Node does not read');
    expect(actual).toContain('none.pem, and there is no such file');
    expect(why).toBe('Node goes on without it.');
    const there = await over(tls.good, ['--ca', tls.authority.caFile], { NODE_EXTRA_CA_CERTS: tls.other.caFile });
    expect(there.check('certificate authorities')).toMatchObject({
      verdict: 'pass',
      actual: expect.stringContaining(`1 of ${tls.other.caFile} (NODE_EXTRA_CA_CERTS)`),
    });
  });
});
