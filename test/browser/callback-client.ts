import http from 'node:http';
import net from 'node:net';
import {
  type CallbackListener,
  type CallbackOptions,
  startCallbackListener,
} from '../../src/browser/callback-listener.js';

/** An answer of the listener, as it came over the wire. */
export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** The address to connect to; by default the first of the redirect URI's host. */
  readonly address?: string;
}

export const STATE = 'the-state-that-was-sent';

const open: CallbackListener[] = [];

/** A listener on a free port, closed by `closeListeners`. */
export async function listen(options: Partial<CallbackOptions> = {}): Promise<CallbackListener> {
  const listener = await startCallbackListener({
    redirectUri: 'http://127.0.0.1:0/callback',
    expectedState: STATE,
    clock: { now: () => 1_700_000_000_000 },
    ...options,
  });
  open.push(listener);
  return listener;
}

export async function closeListeners(): Promise<void> {
  for (const listener of open.splice(0)) await listener.close();
}

/** Sends one request to the listener, on a connection of its own. `target` is a path or a whole URL. */
export function send(listener: CallbackListener, target: string, sending: Sending = {}): Promise<Reply> {
  const redirectUri = new URL(listener.redirectUri);
  const url = new URL(target, redirectUri);
  const { method = 'GET', headers = {}, body } = sending;
  const host = sending.address ?? (url.hostname === 'localhost' ? '127.0.0.1' : url.hostname.replace(/[[\]]/g, ''));
  return new Promise((resolve, reject) => {
    const options = { host, port: url.port, path: url.pathname + url.search, method, agent: false as const };
    const request = http.request({ ...options, headers: { host: url.host, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A form post, as OAuth 2.0 Form Post Response Mode has the provider's page send it. */
export function post(listener: CallbackListener, target: string, parameters: Record<string, string> | string) {
  return send(listener, target, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://provider.example' },
    body: typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString(),
  });
}

/** Opens a connection and sends exactly these characters, or none. Errors of the connection are swallowed. */
export function rawConnection(listener: CallbackListener, text = ''): Promise<net.Socket> {
  const { hostname, port } = new URL(listener.redirectUri);
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), hostname, () => {
      if (text) socket.write(text);
      resolve(socket);
    });
    socket.on('error', () => resolve(socket));
  });
}
