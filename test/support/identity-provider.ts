import {
  type IdentityProvider,
  type IdentityProviderOptions,
  startIdentityProvider,
} from '../../src/idp/identity-provider.js';
import { signingKeys } from '../../src/idp/provider-configuration.js';
import { atEndOfFile } from './end-of-file.js';

/** The keys of every provider in a test file: new ones for each would be the half of a test's work. */
let keys: ReturnType<typeof signingKeys> | undefined;

/** Starts a built-in identity provider on a free port; it is stopped after the tests of the file. */
export async function identityProvider(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  keys ??= signingKeys();
  const provider = await startIdentityProvider({ port: 0, keys: await keys, ...options });
  atEndOfFile(() => provider.close());
  return provider;
}
