import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { OidcCliError } from '../../src/errors.js';
import { createFetch } from '../../src/network/fetch.js';
import { Recorder } from '../../src/trace/recorder.js';
import { describeTls, HERE, type KeyPair } from '../support/certificates.js';
import { requirement } from '../support/requirement.js';
import { closeAll, deadPort, fetchWith, serve, serveSockets } from './servers.js';

afterEach(closeAll);

describeTls((tls) => {
  const secure = (tls: KeyPair) => serve((_, response) => response.end('secret'), { tls });
  const refusal = async (url: string, options: Parameters<typeof fetchWith>[0] = {}): Promise<OidcCliError> =>
    fetchWith(options)(url).then(
      () => {
        throw new Error('it was trusted');
      },
      (error: OidcCliError) => error,
    );

  test('a provider with a certificate of the given authority is trusted, and one connection does', async () => {
    const server = await secure(tls.good);
    const fetch = fetchWith({ caFile: tls.authority.caFile });
    for (let i = 0; i < 3; i++) expect(await (await fetch(server.origin)).text()).toBe('secret');
    expect(server.connections).toBe(1);
  });

  test('each request over one connection tells its certificate, and Node warns of no listeners', async () => {
    const server = await secure(tls.good);
    const recorder = new Recorder();
    const fetch = fetchWith({ caFile: tls.authority.caFile, recorder });
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.name);
    process.on('warning', onWarning);
    // Node warns of the eleventh listener.
    for (let i = 0; i < 12; i++) await fetch.ask(server.origin);
    process.off('warning', onWarning);
    const seen = recorder.exchanges.map(({ certificateExpiresAt }) => certificateExpiresAt);
    expect([server.connections, warnings]).toEqual([1, []]);
    expect(seen).toEqual(Array(12).fill(expect.any(Number)));
  });

  test('without that authority it is refused, and the error names the certificate', async () => {
    const server = await secure(tls.good);
    const error = await refusal(`${server.origin}/token?code=1`);
    expect([error.code, error.exitCode, error.facts]).toEqual([
      'tls_not_trusted',
      8,
      {
        url: `${server.origin}/token`,
        host: `127.0.0.1:${server.port}`,
        reason: expect.stringContaining('an authority that is not known here'),
        reasonCode: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        subject: 'provider',
        issuer: 'Test Authority',
        validFrom: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        validTo: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        names: ['DNS:localhost', 'IP Address:127.0.0.1'],
      },
    ]);
  });

  test('a self-signed certificate is refused as such', async () => {
    const server = await secure(tls.authority.selfSigned('alone', HERE));
    const error = await refusal(server.origin);
    expect(error.facts).toMatchObject({ reason: 'the certificate is self-signed', subject: 'alone', issuer: 'alone' });
  });

  test('a self-signed certificate is trusted when it is itself the given file', async () => {
    const server = await secure(tls.authority.selfSigned('alone', HERE));
    const fetch = fetchWith({ caFile: join(tls.authority.folder, 'alone.pem') });
    expect(await (await fetch(server.origin)).text()).toBe('secret');
  });

  test('an expired certificate is refused with the day it expired', async () => {
    const server = await secure(tls.authority.issue('expired', HERE, -1));
    const error = await refusal(server.origin, { caFile: tls.authority.caFile });
    expect(error.facts).toMatchObject({ reason: 'the certificate has expired', reasonCode: 'CERT_HAS_EXPIRED' });
    expect(Date.parse(String(error.facts.validTo))).toBeLessThan(Date.now());
  });

  test('a certificate for another host is refused with the names it has', async () => {
    const server = await secure(tls.authority.issue('elsewhere', 'DNS:login.example'));
    const error = await refusal(server.origin, { caFile: tls.authority.caFile });
    expect(error.facts).toMatchObject({ reason: 'the certificate is for another host', names: ['DNS:login.example'] });
  });

  test('--insecure trusts anything', async () => {
    const server = await secure(tls.authority.issue('elsewhere', 'DNS:login.example', -1));
    expect(await (await fetchWith({ insecure: true })(server.origin)).text()).toBe('secret');
  });

  test('the given authority is added to the one of NODE_EXTRA_CA_CERTS', async () => {
    const first = await secure(tls.good);
    const second = await secure(tls.other.issue('second', HERE));
    const fetch = fetchWith({ caFile: tls.authority.caFile, env: { NODE_EXTRA_CA_CERTS: tls.other.caFile } });
    expect(await (await fetch(first.origin)).text()).toBe('secret');
    expect(await (await fetch(second.origin)).text()).toBe('secret');
  });

  test('an unreadable NODE_EXTRA_CA_CERTS does not get in the way of the given authority', async () => {
    const server = await secure(tls.good);
    const fetch = fetchWith({ caFile: tls.authority.caFile, env: { NODE_EXTRA_CA_CERTS: '/nowhere.pem' } });
    expect(await (await fetch(server.origin)).text()).toBe('secret');
  });

  test('https on a port that speaks plain http', async () => {
    const server = await serve((_, response) => response.end());
    const error = await refusal(server.origin.replace('http:', 'https:'));
    expect([error.code, error.facts.reason]).toEqual(['tls_failed', 'this port does not speak TLS']);
  });

  test('plain http on a port that speaks TLS and says so in TLS', async () => {
    const alert = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]); // fatal, protocol version
    const server = await serveSockets((socket) => socket.once('data', () => socket.end(alert)));
    const error = await refusal(server.origin);
    expect([error.code, error.facts.reason]).toEqual([
      'tls_failed',
      'this port speaks TLS, and was asked in plain http',
    ]);
  });

  test('nothing listens on the https port', async () => {
    expect((await refusal(`https://127.0.0.1:${await deadPort()}`)).code).toBe('network_refused');
  });

  describe('a CA file that is no use is refused before anything is sent', () => {
    const refusedFile = (caFile: string) => {
      try {
        createFetch({ env: {}, clock: { now: () => 0 }, caFile }).close();
      } catch (error) {
        const { code, exitCode, facts } = error as OidcCliError;
        return { code, exitCode, facts };
      }
      return undefined;
    };

    test('it does not exist', () => {
      const file = join(tls.authority.folder, 'missing.pem');
      const facts = { file, reason: 'there is no such file' };
      expect(refusedFile(file)).toEqual({ code: 'ca_unreadable', exitCode: 3, facts });
    });

    test('it is a folder', () => {
      expect(refusedFile(tls.authority.folder)?.facts.reason).toBe('it is a folder');
    });

    test('it holds something else', () => {
      expect(refusedFile(join(tls.authority.folder, 'ca.key'))?.facts.reason).toBe('it holds no certificate in PEM');
    });

    test('a certificate in it is damaged', () => {
      const file = join(tls.authority.folder, 'damaged.pem');
      writeFileSync(file, `${tls.good.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`);
      expect(refusedFile(file)?.facts.reason).toBe('certificate 2 of 2 in it is damaged');
    });
  });

  const built = fileURLToPath(new URL('../../dist/network/fetch.js', import.meta.url));
  describe.runIf(requirement('the build', existsSync(built), 'npm run build makes it'))(
    'in a process of its own',
    () => {
      const script = `
      import { createFetch } from ${JSON.stringify(built)};
      const fetch = createFetch({ env: process.env, clock: Date });
      fetch(process.argv[1]).then((r) => r.text()).catch((e) => e.code).then(console.log);
    `;
      const run = async (url: string, env: Record<string, string>) => {
        const words = ['--input-type=module', '--eval', script, url];
        const { stdout } = await promisify(execFile)(process.execPath, words, { env, timeout: 60_000 });
        return stdout.trim();
      };

      test('NODE_EXTRA_CA_CERTS holds, and a kept connection does not keep the process', async () => {
        const server = await secure(tls.good);
        expect(await run(server.origin, { NODE_EXTRA_CA_CERTS: tls.authority.caFile })).toBe('secret');
        expect(await run(server.origin, {})).toBe('tls_not_trusted');
      });
    },
  );
});
