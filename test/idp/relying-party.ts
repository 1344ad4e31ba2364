import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import * as openid from 'openid-client';
import { onTestFinished } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { type HttpBrowserOptions, signInOverHttp } from '../support/http-browser.js';

export const ALICE = { username: 'alice', password: 'alice-password' } as const;

/** Whether this machine has ::1. */
export const ipv6Loopback = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

/** An application at the provider: where its users come back to, and the protocol by openid-client. */
export interface RelyingParty {
  readonly config: openid.Configuration;
  readonly redirectUri: string;
  /** What came back to the redirect URI by POST. */
  readonly posted: URLSearchParams[];
  /** A request for a code, with PKCE, and what the answer is checked against. */
  request(parameters?: Record<string, string>): Promise<{ url: string; checks: openid.AuthorizationCodeGrantChecks }>;
  /** The whole way from the sign-in page to tokens. */
  signIn(parameters?: Record<string, string>, browser?: Partial<HttpBrowserOptions>): ReturnType<typeof grant>;
}

function grant(config: openid.Configuration, response: URL, checks: openid.AuthorizationCodeGrantChecks) {
  return openid.authorizationCodeGrant(config, response, checks);
}

/** An application that listens for the length of the test. `host` and `path` make its redirect URI. */
export async function relyingParty(
  idp: Pick<IdentityProvider, 'issuer'>,
  options: {
    clientId?: string;
    secret?: string;
    auth?: openid.ClientAuth;
    alg?: string;
    host?: string;
    path?: string;
  } = {},
): Promise<RelyingParty> {
  const posted: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'POST') posted.push(new URLSearchParams(body));
    response.setHeader('content-type', 'text/html').end('<title>Application</title><p>Signed in.');
  });
  await new Promise<void>((listening) => server.listen(0, options.host === '[::1]' ? '::1' : '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const redirectUri = `http://${options.host ?? '127.0.0.1'}:${port}${options.path ?? '/callback'}`;
  const config = await openid.discovery(
    new URL(idp.issuer),
    options.clientId ?? 'demo',
    {
      ...(options.secret === undefined ? {} : { client_secret: options.secret }),
      id_token_signed_response_alg: options.alg ?? 'RS256',
    },
    options.auth ?? (options.secret === undefined ? openid.None() : openid.ClientSecretBasic(options.secret)),
    { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] },
  );
  const request: RelyingParty['request'] = async (parameters = {}) => {
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const checks = { pkceCodeVerifier, expectedState: openid.randomState(), expectedNonce: openid.randomNonce() };
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...parameters,
    });
    return { url: url.href, checks };
  };
  return {
    config,
    redirectUri,
    posted,
    request,
    signIn: async (parameters, browser) => {
      const { url, checks } = await request(parameters);
      const { finalUrl } = await signInOverHttp(url, { ...ALICE, ...browser });
      return grant(config, new URL(finalUrl), checks);
    },
  };
}
