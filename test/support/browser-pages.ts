import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type HeadlessBrowserOptions, headlessBrowserDriver } from '../../src/browser/headless-browser.js';
import type { SignInDriver } from '../../src/browser/sign-in-driver.js';
import type { KeyPair } from './certificates.js';
import { drivenBrowserPath } from './chromium.js';
import { atEndOfFile } from './end-of-file.js';

/** The driver of this machine's Chromium; whoever makes it closes it. */
export function browserDriver(options: Partial<HeadlessBrowserOptions> = {}): SignInDriver {
  const { env, platform } = process;
  const clock = { now: () => Date.now() };
  return headlessBrowserDriver({ browserPath: drivenBrowserPath, env, platform, clock, ...options });
}

type Page = string | { status?: number; headers?: Record<string, string>; body?: string };

/** Serves pages on a free port until the tests of the file are over, and gives their origin. */
export async function serve(received: (url: URL, body: string) => Page, tls?: KeyPair): Promise<string> {
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const page = received(new URL(request.url ?? '', 'http://x'), text);
    const { status = 200, headers = {}, body = '' } = typeof page === 'string' ? { body: page } : page;
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  atEndOfFile(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
