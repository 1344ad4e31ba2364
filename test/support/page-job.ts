import { createHash, randomBytes } from 'node:crypto';
import type { PageSignIn } from '../../src/browser/sign-in-driver.js';
import { TEST_USER } from './sign-in-pages.js';

/** As registered in production: nothing on this machine answers there, and nothing has to. */
export const PRODUCTION = 'https://app.example.com/callback?tenant=1';

/** A sign-in of the test user at a provider, for a driver. `parameters` are more of the authorization request. */
export function pageJob(
  issuer: string,
  job: Partial<PageSignIn> = {},
  parameters: Readonly<Record<string, string>> = {},
): PageSignIn {
  const { redirectUri = 'http://127.0.0.1:9/callback' } = job;
  const state = randomBytes(8).toString('hex');
  const url = new URL(`${issuer}/auth`);
  url.search = new URLSearchParams({
    client_id: 'demo',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid email',
    state,
    nonce: 'n',
    code_challenge: createHash('sha256').update('a'.repeat(43)).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  }).toString();
  return {
    url: url.href,
    redirectUri,
    state,
    credentials: TEST_USER,
    timeoutMs: 50_000,
    signal: new AbortController().signal,
    ...job,
  };
}
