import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { requirement } from './requirement.js';

/** A certificate with its key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A made-up certificate authority; everything it made is gone when the test ends. */
export interface TestAuthority {
  readonly folder: string;
  /** The authority's certificate file, for `--ca`. */
  readonly caFile: string;
  /** A server certificate for these names (`DNS:localhost`, `IP:127.0.0.1`). Negative days: expired. */
  issue(name: string, names: string, days?: number): KeyPair;
  /** The same, valid from tomorrow on. */
  issueForTomorrow(name: string, names: string): KeyPair;
  /** A server certificate that nobody but itself vouches for. */
  selfSigned(name: string, names: string): KeyPair;
  remove(): void;
}

/** The names by which this machine is reached in tests. */
export const HERE = 'DNS:localhost,IP:127.0.0.1';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function opensslPresent(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export function createTestAuthority(): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'oidc-cli-ca-'));
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  const read = (name: string): KeyPair => ({
    cert: readFileSync(join(folder, `${name}.pem`), 'utf8'),
    key: readFileSync(join(folder, `${name}.key`), 'utf8'),
  });
  const request = (name: string, names: string) => {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}\n`);
    openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  };
  openssl('req', '-x509', ...KEY, '-subj', '/CN=Test Authority', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem');
  return {
    folder,
    caFile: join(folder, 'ca.pem'),
    issue: (name, names, days = 2) => {
      request(name, names);
      openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', String(days), '-extfile', `${name}.ext`, '-out', `${name}.pem`],
      );
      return read(name);
    },
    issueForTomorrow: (name, names) => {
      request(name, names);
      // Only `openssl ca` sets the first day, in every version; it wants a database.
      const settings = [
        '[ca]\ndefault_ca=own\n[own]\ndatabase=issued.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256',
        'policy=any\n[any]\ncommonName=supplied\n',
      ];
      writeFileSync(join(folder, 'issued.txt'), '');
      writeFileSync(join(folder, 'authority.cnf'), settings.join('\n'));
      const day = (ahead: number) => {
        const date = new Date(Date.now() + ahead * 86_400_000).toISOString();
        return `${date.replaceAll(/\D/g, '').slice(0, 14)}Z`;
      };
      openssl(
        ...['ca', '-batch', '-config', 'authority.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-notext'],
        ...['-in', `${name}.csr`, '-startdate', day(1), '-enddate', day(2)],
        ...['-extfile', `${name}.ext`, '-out', `${name}.pem`],
      );
      return read(name);
    },
    selfSigned: (name, names) => {
      openssl(
        ...['req', '-x509', ...KEY, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`],
        ...['-days', '2', '-keyout', `${name}.key`, '-out', `${name}.pem`],
      );
      return read(name);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Two authorities that do not know each other, and a certificate for here by the first. They are there when tests run. */
export interface TlsWorld {
  readonly authority: TestAuthority;
  readonly other: TestAuthority;
  readonly good: KeyPair;
}

/** Describes tests over TLS; they are left out where nothing makes certificates. */
export function describeTls(tests: (deps: TlsWorld) => void): void {
  describe.runIf(requirement('openssl', opensslPresent(), 'makes the certificates of the TLS tests'))('TLS', () => {
    const deps = {} as { -readonly [Part in keyof TlsWorld]: TlsWorld[Part] };
    beforeAll(() => {
      deps.authority = createTestAuthority();
      deps.other = createTestAuthority();
      deps.good = deps.authority.issue('provider', HERE, 90);
    });
    afterAll(() => {
      deps.authority.remove();
      deps.other.remove();
    });
    tests(deps);
  });
}
