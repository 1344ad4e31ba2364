import type { RequestListener } from 'node:http';
import type { Configuration, JWK, Provider } from 'oidc-provider';
import { failWith, OidcCliError } from '../errors.js';
import { listenOnLoopback, loopbackAddresses } from '../network/loopback-server.js';
import { Accounts, DEFAULT_USERS, type TestUser } from './accounts.js';
import { type ClientRegistration, DEFAULT_CLIENTS, isLoopbackUri, mergeClients } from './clients.js';
import { beginFaults, type FaultName } from './faults.js';
import { configureFaults, injectFaults, withFaultyResponses } from './inject-faults.js';
import { loadOidcProvider } from './load-oidc-provider.js';
import { addPageRoutes } from './page-routes.js';
import { providerConfiguration, signingKeys } from './provider-configuration.js';
import { observeRequests, type RequestListeners } from './request-log.js';

export interface IdentityProviderOptions extends RequestListeners {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The issuer's host, 127.0.0.1 by default. `localhost` listens on 127.0.0.1 and ::1. */
  readonly host?: '127.0.0.1' | 'localhost';
  /** Besides the default users; one with the same user name replaces a default one. */
  readonly users?: readonly TestUser[];
  /** Besides the default clients; one with the same id replaces a default one. */
  readonly clients?: readonly ClientRegistration[];
  /** Private keys to sign with, one an algorithm. Left out: new ones, which takes a processor half a second. */
  readonly keys?: readonly JWK[];
  /** What it does wrong, or otherwise than most: see `faults.ts`. Where two touch the same thing, the later one wins. */
  readonly faults?: readonly FaultName[];
  /** Changes oidc-provider's configuration just before the provider is made from it. */
  readonly configure?: (configuration: Configuration) => void;
  /** Adds to the provider just before it answers its first request, such as pages of its own by `provider.use`. */
  readonly extend?: (provider: Provider) => void;
}

export interface IdentityProvider {
  readonly issuer: string;
  readonly port: number;
  readonly users: readonly TestUser[];
  readonly clients: readonly ClientRegistration[];
  /** Each once. */
  readonly faults: readonly FaultName[];
  /** The oidc-provider instance itself. */
  readonly provider: Provider;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

/**
 * Starts the built-in identity provider on loopback, with new keys and an
 * empty memory. Writes nothing to stdout or stderr. Throws `port_taken`,
 * `port_forbidden`, or `config_value_invalid` for a client that can't be registered.
 */
export async function startIdentityProvider(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const { Provider, errors, interactionPolicy } = await loadOidcProvider();
  const accounts = new Accounts([...DEFAULT_USERS, ...(options.users ?? [])]);
  const clients = mergeClients([...DEFAULT_CLIENTS, ...(options.clients ?? [])]);
  const faultNames = [...new Set(options.faults)];
  const faults = beginFaults(faultNames);
  const host = options.host ?? '127.0.0.1';

  // The issuer holds the port, so listening comes first; nobody knows of it until this function returns.
  let received: RequestListener = (_request, response) => response.writeHead(503).end();
  const askedPort = options.port ?? 0;
  const listener: RequestListener = (request, response) => received(request, response);
  const addresses = loopbackAddresses(host) ?? [host];
  const listening = listenOnLoopback(addresses, askedPort, listener, { serves: 'provider' });
  const { port, close } = await listening.catch(failWith({ of: 'provider' }));
  try {
    const keys = options.keys ?? (await signingKeys());
    const configuration = providerConfiguration({ accounts, clients, policy: interactionPolicy, askedPort, keys });
    configureFaults(configuration, faults);
    options.configure?.(configuration);
    const provider = new (withFaultyResponses(Provider, faults))(`http://${host}:${port}`, configuration);
    // Koa would write unexpected failures to stderr; `onRequest` tells them.
    provider.silent = true;
    const observing = observeRequests(provider, options);
    allowLoopbackUris(provider, clients);
    await checkClients(provider, clients);
    addPageRoutes(provider, accounts, () => new errors.SessionNotFound('interaction session not found'));
    injectFaults(provider, configuration.jwks?.keys ?? [], faults);
    options.extend?.(provider);
    received = observing();
    return { issuer: provider.issuer, port, users: accounts.users, clients, faults: faultNames, provider, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Lets clients without a list of their own use any loopback URI (RFC 8252
 * 7.3): oidc-provider leaves only the port open, and only to native clients.
 */
function allowLoopbackUris(provider: Provider, clients: readonly ClientRegistration[]): void {
  const ids = (members: readonly ClientRegistration[]) => new Set(members.map(({ clientId }) => clientId));
  const anyRedirect = ids(clients.filter(({ redirectUris }) => !redirectUris));
  const anyPostLogout = ids(clients.filter(({ postLogoutRedirectUris }) => !postLogoutRedirectUris));
  const { prototype } = provider.Client;
  const { redirectUriAllowed, postLogoutRedirectUriAllowed } = prototype;
  prototype.redirectUriAllowed = function (uri) {
    return anyRedirect.has(this.clientId) ? isLoopbackUri(uri) : redirectUriAllowed.call(this, uri);
  };
  prototype.postLogoutRedirectUriAllowed = function (uri) {
    return anyPostLogout.has(this.clientId) ? isLoopbackUri(uri) : postLogoutRedirectUriAllowed.call(this, uri);
  };
}

/** Reads every client once: oidc-provider would find a mistake only when the client first comes. */
async function checkClients(provider: Provider, clients: readonly ClientRegistration[]): Promise<void> {
  for (const { clientId } of clients) {
    try {
      await provider.Client.find(clientId);
    } catch (error) {
      const { message, error_description } = error as Error & { error_description?: string };
      const facts = { where: `the client ${JSON.stringify(clientId)}`, found: error_description ?? message };
      throw new OidcCliError('config_value_invalid', facts, { cause: error });
    }
  }
}
