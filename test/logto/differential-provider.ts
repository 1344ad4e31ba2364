import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

/** What the provider answers on one path. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  /** No answer ever comes. */
  readonly hangs?: true;
  readonly compress?: 'gzip' | 'br' | 'deflate';
  /** Ends the connection in the middle of the body. */
  readonly cut?: boolean;
}

/** Answers by path; a path that is not there is answered 404. */
export type Answers = Readonly<Record<string, Answer>>;

/** Who asks: Logto's code, or ours, which says so. */
export type Side = 'logto' | 'ours';

/** What was asked, as far as both sides have to ask the same. */
export interface Asked {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly accept: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** A provider on a loopback port of its own. */
export interface DifferentialProvider {
  readonly origin: string;
  /** The same server under another name: another origin. */
  readonly otherOrigin: string;
  /** `onHang` is called for each request that hangs. */
  play(responses: Answers, onHang?: () => void): void;
  /** Answers what is made of each request, whatever its path. */
  playBack(response: (asked: Asked) => Answer): void;
  /** What one side has asked since the last call. */
  asked(side: Side): Asked[];
  close(): Promise<void>;
}

/** Starts a provider that answers as it is told and writes down what it was asked. */
export async function startProvider(): Promise<DifferentialProvider> {
  let answerTo: (asked: Asked) => Answer | undefined = () => undefined;
  let hanging: (() => void) | undefined;
  const requests: Record<Side, Asked[]> = { logto: [], ours: [] };
  const server = http.createServer((request, response) => {
    void received(request, response);
  });

  async function received(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, headers } = request;
    const asked: Asked = {
      method,
      path: url,
      accept: headers.accept,
      authorization: headers.authorization,
      contentType: headers['content-type'],
      body: Buffer.concat(chunks).toString(),
    };
    requests[headers['user-agent']?.startsWith('oidc-cli/') ? 'ours' : 'logto'].push(asked);
    const script = answerTo(asked) ?? { status: 404, body: 'nothing here' };
    if (script.hangs) return hanging?.();
    const { compress } = script;
    const body = compress ? COMPRESSIONS[compress](bytes(script.body)) : bytes(script.body);
    // One request a connection: the one side must never find a connection that the other has left.
    response.writeHead(script.status ?? 200, {
      'content-type': 'application/json',
      connection: 'close',
      ...(compress ? { 'content-encoding': compress } : {}),
      ...script.headers,
    });
    if (!script.cut) return void response.end(body);
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    otherOrigin: `http://localhost:${port}`,
    play: (responses, onHang) => {
      hanging = onHang;
      answerTo = ({ path = '/' }) => responses[new URL(path, 'http://provider').pathname];
    },
    playBack: (response) => {
      answerTo = response;
    },
    asked: (side) => requests[side].splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const COMPRESSIONS = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync } as const;

function bytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');

/** How an ID token is signed: by which key, with which algorithm. */
export type Signer = 'rsa' | 'other-rsa' | 'short-rsa' | 'rsa-pss' | 'ec' | 'ed' | 'client-secret' | 'none';

const SIGNERS: Readonly<Record<Signer, { alg: string; sign: (input: Buffer) => Buffer }>> = {
  rsa: { alg: 'RS256', sign: (input) => sign('sha256', input, rsa.privateKey) },
  'other-rsa': { alg: 'RS256', sign: (input) => sign('sha256', input, otherRsa.privateKey) },
  'short-rsa': { alg: 'RS256', sign: (input) => sign('sha256', input, shortRsa.privateKey) },
  // RSA_PKCS1_PSS_PADDING with a salt as long as the hash (RFC 7518 §3.5)
  'rsa-pss': {
    alg: 'PS256',
    sign: (input) => sign('sha256', input, { key: rsa.privateKey, padding: 6, saltLength: 32 }),
  },
  ec: { alg: 'ES256', sign: (input) => sign('sha256', input, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }) },
  ed: { alg: 'EdDSA', sign: (input) => sign(null, input, ed.privateKey) },
  'client-secret': { alg: 'HS256', sign: (input) => createHmac('sha256', 'secret').update(input).digest() },
  none: { alg: 'none', sign: () => Buffer.alloc(0) },
};

function jwk(key: KeyObject, kid: string): Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), kid };
}

/** Public keys as a key set names them. */
export const PUBLIC_KEYS = {
  rsa: jwk(rsa.publicKey, 'rsa'),
  otherRsa: jwk(otherRsa.publicKey, 'other-rsa'),
  shortRsa: jwk(shortRsa.publicKey, 'short-rsa'),
  ec: jwk(ec.publicKey, 'ec'),
  ed: jwk(ed.publicKey, 'ed'),
  symmetric: { kty: 'oct', k: Buffer.from('secret').toString('base64url'), kid: 'symmetric' },
};

/** A signed token of any header and any payload, true to the standard or not. */
export function signedToken(payload: string, signer: Signer, header: Readonly<Record<string, unknown>> = {}): string {
  const { alg, sign: signature } = SIGNERS[signer];
  const input = [JSON.stringify({ alg, ...header }), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  return `${input}.${signature(Buffer.from(input)).toString('base64url')}`;
}
