import { expect, test } from 'vitest';
import { withUnusedPort } from '../../src/browser/loopback-redirect-uri.js';

test.each(['http://localhost:0/callback?a=b', 'https://127.0.0.1:0/', 'http://[::1]:00'])(
  'port 0 of %s becomes a port where nobody listens',
  async (redirectUri) => {
    const actual = await withUnusedPort(redirectUri);
    expect(Number(new URL(actual).port)).toBeGreaterThan(0);
    expect(actual.replace(/:\d+(?=[/?]|$)/, ':N')).toBe(redirectUri.replace(/:0+(?=[/?]|$)/, ':N'));
  },
);

test.each(['http://localhost:8484/callback', 'https://app.example.com/callback', 'com.example.app:/callback'])(
  '%s stays as it is',
  async (redirectUri) => {
    expect(await withUnusedPort(redirectUri)).toBe(redirectUri);
  },
);

test('port 0 of another machine is refused', async () => {
  await expect(withUnusedPort('http://app.example.com:0/callback')).rejects.toMatchObject({
    code: 'redirect_uri_not_loopback',
  });
});
