/** The addresses of Logto that a provider may send the browser to. */
export interface RedirectUris {
  /** The redirect URI of a sign-in. */
  readonly signIn: string;
  /** The redirect URI at which a signed-in user links this identity. */
  readonly linking: string;
}

/** The redirect URIs of a connector; `endpoint` is Logto's own address, without a path. */
export function redirectUris(endpoint: string, connectorId: string): RedirectUris {
  const base = endpoint.replace(/\/+$/, '');
  const id = encodeURIComponent(connectorId);
  return { signIn: `${base}/callback/${id}`, linking: `${base}/account/callback/social/${id}` };
}
