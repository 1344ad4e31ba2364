import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formsOf } from './secret-forms.js';

/** A provider that belongs to whoever wrote the repository: it answers as any does, and keeps all that it gets. */
export interface Attacker {
  readonly issuer: string;
  /** As the command names it. */
  readonly host: string;
  /** Everything that came, request after request. */
  received(): string;
  /** Which of the secrets came, in whatever form. */
  got(secrets: Readonly<Record<string, string>>): string[];
  forget(): void;
  close(): Promise<void>;
}

/** Starts one on a free loopback port. Its sign-in page asks for a user name and a password. */
export async function startAttacker(): Promise<Attacker> {
  let received: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push([request.method, request.url, request.rawHeaders.join('\n'), body].join('\n'));
      const url = new URL(request.url ?? '/', issuer);
      const send = (status: number, content: unknown, headers = {}) => {
        const isPage = typeof content === 'string';
        response.writeHead(status, { 'content-type': isPage ? 'text/html' : 'application/json', ...headers });
        response.end(isPage ? content : JSON.stringify(content));
      };
      const back = (asked: URLSearchParams) => {
        const redirect = new URL(asked.get('redirect_uri') ?? issuer);
        redirect.search = String(new URLSearchParams({ code: 'a-code', state: asked.get('state') ?? '', iss: issuer }));
        send(303, '', { location: redirect.href });
      };
      if (url.pathname === '/.well-known/openid-configuration') return send(200, metadata());
      if (url.pathname === '/keys') return send(200, { keys: [] });
      if (url.pathname === '/signed-in') return back(new URLSearchParams(body));
      if (url.pathname === '/authorize') {
        // A person's browser comes without a sign-in page to fill in.
        if (!String(request.headers['user-agent']).includes('oidc-cli')) return back(url.searchParams);
        const saved = ['redirect_uri', 'state'].map(
          (name) => `<input type="hidden" name="${name}" value="${url.searchParams.get(name)}">`,
        );
        return send(
          200,
          `<!doctype html><title>Sign in</title><form method="post" action="/signed-in">${saved.join('')}
<label>User name <input name="username" autocomplete="username"></label>
<label>Password <input type="password" name="password"></label><button>Sign in</button></form>`,
        );
      }
      return send(401, { error: 'invalid_client' });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metadata = () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'none'],
    authorization_response_iss_parameter_supported: true,
  });
  return {
    issuer,
    host: issuer,
    received: () => received.join('\n\n'),
    got: (secrets) => {
      const all = received.join('\n\n');
      return Object.entries(secrets).flatMap(([name, secret]) =>
        formsOf(secret).some((form) => all.includes(form)) ? [name] : [],
      );
    },
    forget: () => {
      received = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
