import type { RemoteJWKSet } from 'jose';
import { type ConnectorDeps, requestableUrl } from './token-request.js';

/** Milliseconds that Logto waits for a key set. */
export const KEY_SET_LIMIT_MS = 5_000;

/** A key set as Logto's library fetches it, and the result of the last request. */
export interface RemoteKeySet {
  readonly keySet: RemoteJWKSet;
  readonly asked: {
    /** The status of the response, if there was one. */
    readonly status?: number;
    /** The error of the request, if there was no response. */
    readonly failure?: unknown;
  };
}

/**
 * The key set at an address, fetched as Logto does: jose, one GET, no redirect, 5
 * s. Makes no request yet. Throws `connector_endpoint_invalid`.
 */
export async function remoteKeySet(jwksUri: string, deps: ConnectorDeps): Promise<RemoteKeySet> {
  const address = requestableUrl(jwksUri, 'idTokenVerificationConfig.jwksUri');
  const { createRemoteJWKSet, customFetch } = await import('jose/jwks/remote');
  const asked: { status?: number; failure?: unknown } = {};
  const keySet = createRemoteJWKSet(address, {
    timeoutDuration: KEY_SET_LIMIT_MS,
    [customFetch]: async (url: string, init: Parameters<ConnectorDeps['fetch']>[1]) => {
      try {
        const response = await deps.fetch(url, { ...init, step: 'key set' });
        asked.status = response.status;
        return response;
      } catch (error) {
        asked.failure = error;
        throw error;
      }
    },
  });
  return { keySet, asked };
}
