import * as openid from 'openid-client';
import { expect, test, vi } from 'vitest';
import { ALICE, relyingParty } from './relying-party.js';

// In a file of its own, so that oidc-provider is imported here for the first time.
test('nothing is written to stdout or stderr, from the import to the end of a whole sign-in', async () => {
  const written: unknown[] = [];
  const hear = (text: unknown) => written.push(text) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(hear);
  vi.spyOn(process.stderr, 'write').mockImplementation(hear);
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    vi.spyOn(console, method).mockImplementation(hear);
  }
  const warned = console.warn;
  process.on('warning', hear);
  try {
    const { startIdentityProvider } = await import('../../src/idp/identity-provider.js');
    const idp = await startIdentityProvider();
    expect(console.warn).toBe(warned);
    const { signInOverHttp } = await import('../support/http-browser.js');
    const app = await relyingParty(idp, { clientId: 'demo-confidential', secret: 'demo-secret' });
    const tokens = await app.signIn({ scope: 'openid profile offline_access', resource: 'https://api.example.com' });
    await openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '');
    await openid.fetchUserInfo(app.config, tokens.access_token, openid.skipSubjectCheck);
    await openid.tokenIntrospection(app.config, tokens.access_token);
    await openid.tokenRevocation(app.config, tokens.access_token);
    await signInOverHttp(`${idp.issuer}/auth?client_id=nobody`, ALICE);
    await signInOverHttp(`${idp.issuer}/session/end`, ALICE);
    await signInOverHttp(`${idp.issuer}/session/end/success`, ALICE);
    await fetch(`${idp.issuer}/me`, { method: 'OPTIONS', headers: { origin: 'http://127.0.0.1:3000' } });
    await fetch(`${idp.issuer}/me`, { headers: { origin: 'http://127.0.0.1:3000', authorization: 'Bearer x' } });
    await idp.close();
  } finally {
    process.off('warning', hear);
    vi.restoreAllMocks();
  }
  expect(written).toEqual([]);
});
