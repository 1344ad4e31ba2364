import { createServer, type Server } from 'node:net';
import type { FaultName } from '../../../src/idp/faults.js';
import { createTestAuthority, type KeyPair } from '../../support/certificates.js';
import { startScriptedProvider } from '../../support/scripted-provider.js';
import type { BrokenSignIn, Stage } from './stage.js';

function at(...faults: FaultName[]) {
  return async (stage: Stage) => stage.login((await stage.idp({ faults })).issuer);
}

/** Signs in at a provider with this certificate. */
function withCertificate(make: (authority: ReturnType<typeof createTestAuthority>) => KeyPair, flags: string[] = []) {
  return async (stage: Stage) => {
    const authority = createTestAuthority();
    try {
      return await stage.login((await stage.scripted({}, { tls: make(authority) })).issuer, flags);
    } finally {
      authority.remove();
    }
  };
}

/** Signs in through a proxy that answers like this. */
function throughProxy(response: string) {
  return async (stage: Stage) => {
    const proxy = createServer((socket) => socket.once('data', () => socket.end(`HTTP/1.1 ${response}\r\n\r\n`)));
    const env = { HTTPS_PROXY: `http://127.0.0.1:${await listening(proxy)}` };
    try {
      return await stage.login('https://id.example.com', [], { env });
    } finally {
      proxy.close();
    }
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as { port: number }).port;
}

/** A port that nobody listens on any more. */
async function deserted(): Promise<string> {
  const gone = await startScriptedProvider();
  await gone.close();
  return gone.issuer;
}

/** The way to the provider is broken. */
export const NETWORK_CASES: readonly BrokenSignIn[] = [
  {
    name: 'nothing listens at the issuer',
    code: 'network_refused',
    exit: 8,
    because: /provider is not running/,
    run: async (stage) => stage.login(await deserted()),
  },
  {
    name: 'the host of the issuer has a typo',
    code: 'network_dns',
    exit: 8,
    because: /typo|no working DNS/,
    run: (stage) => stage.login('https://id.exmaple.invalid'),
  },
  {
    name: 'the host of the issuer is known inside a cluster alone',
    code: 'network_dns',
    exit: 8,
    because: /inside a company network, VPN or cluster|no working DNS/,
    run: (stage) => stage.login('https://keycloak'),
  },
  {
    name: 'the connection is closed without an answer',
    code: 'network_closed',
    exit: 8,
    because: /crashed or restarted/,
    run: async (stage) => {
      const mute = createServer((socket) => socket.destroy());
      const port = await listening(mute);
      const finished = await stage.login(`http://127.0.0.1:${port}`);
      mute.close();
      return finished;
    },
  },
  {
    name: 'https is spoken to a port that speaks http',
    code: 'tls_failed',
    exit: 8,
    because: /plain http, not https/,
    run: async (stage) => stage.login((await stage.scripted()).issuer.replace('http:', 'https:')),
  },
  {
    name: 'the certificate is self-signed',
    code: 'tls_not_trusted',
    exit: 8,
    because: /company or development CA/,
    run: withCertificate((authority) => authority.selfSigned('id.example.com', 'IP:127.0.0.1')),
  },
  {
    name: 'the certificate has expired',
    code: 'tls_not_trusted',
    exit: 8,
    because: /not renewed in time/,
    run: async (stage) => {
      const authority = createTestAuthority();
      try {
        const tls = authority.issue('id.example.com', 'IP:127.0.0.1', -1);
        return await stage.login((await stage.scripted({}, { tls })).issuer, ['--ca', authority.caFile]);
      } finally {
        authority.remove();
      }
    },
  },
  {
    name: 'the certificate is for another host',
    code: 'tls_not_trusted',
    exit: 8,
    because: /made for another host name/,
    run: async (stage) => {
      const authority = createTestAuthority();
      try {
        const tls = authority.issue('id.example.com', 'DNS:id.example.com');
        return await stage.login((await stage.scripted({}, { tls })).issuer, ['--ca', authority.caFile]);
      } finally {
        authority.remove();
      }
    },
  },
  {
    name: 'the provider behind a proxy writes http',
    code: 'discovery_issuer_mismatch',
    exit: 3,
    because: /runs behind a proxy and does not know that it is reached by https/,
    run: async (stage) => {
      const authority = createTestAuthority();
      try {
        const provider = await stage.scripted({}, { tls: authority.selfSigned('id', 'IP:127.0.0.1') });
        provider.play({ metadata: { issuer: provider.issuer.replace('https:', 'http:') } });
        return await stage.login(provider.issuer, ['--insecure']);
      } finally {
        authority.remove();
      }
    },
  },
  {
    name: 'the proxy wants a password',
    code: 'proxy_failed',
    exit: 8,
    because: /wants a user name and password/,
    run: throughProxy('407 Proxy Authentication Required'),
  },
  {
    name: 'the proxy does not allow the host',
    code: 'proxy_failed',
    exit: 8,
    because: /does not allow this host/,
    run: throughProxy('403 Forbidden'),
  },
  {
    name: 'the proxy is not running',
    code: 'proxy_failed',
    exit: 8,
    because: /proxy is not running/,
    run: async (stage) => stage.login('https://id.example.com', [], { env: { HTTPS_PROXY: await deserted() } }),
  },
  {
    name: 'the token endpoint breaks off in the middle of its answer',
    code: 'network_closed',
    exit: 8,
    because: /crashed or restarted/,
    run: at('token-broken-off'),
  },
  {
    name: 'the token endpoint never answers',
    code: 'network_timeout',
    exit: 6,
    because: /stuck or overloaded there: it answered the earlier requests/,
    run: async (stage) => {
      const { issuer } = await stage.scripted({ token: () => new Promise<never>(() => {}) as never });
      return stage.login(issuer, ['--timeout', '3']);
    },
  },
  {
    name: 'nothing listens at the token endpoint',
    code: 'network_refused',
    exit: 8,
    because: /configuration/,
    run: async (stage) => {
      const metadata = { token_endpoint: `${await deserted()}/token` };
      return stage.login((await stage.scripted({ metadata })).issuer);
    },
  },
  {
    name: 'the host of the key set cannot be resolved',
    code: 'network_dns',
    exit: 8,
    because: /configuration/,
    run: async (stage) =>
      stage.login((await stage.scripted({ metadata: { jwks_uri: 'https://keys.invalid/' } })).issuer),
  },
];
