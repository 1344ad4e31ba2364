import { afterAll } from 'vitest';
import {
  type IdentityProvider,
  type IdentityProviderOptions,
  startIdentityProvider,
} from '../../src/idp/identity-provider.js';

/** Starts a built-in identity provider on a free port; it is stopped after the tests of the file. */
export async function identityProvider(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const provider = await startIdentityProvider({ port: 0, ...options });
  started.push(provider);
  return provider;
}

const started: IdentityProvider[] = [];

afterAll(async () => {
  await Promise.all(started.splice(0).map((provider) => provider.close()));
});
