/** Logto's own OIDC connector, which comes without types: what the differential test calls of it. */
declare module '@logto/connector-oidc' {
  interface Session {
    readonly nonce: string;
    readonly redirectUri: string;
  }

  interface Connector {
    readonly configGuard: { safeParse(config: unknown): { readonly success: boolean } };
    getAuthorizationUri(
      request: {
        state: string;
        redirectUri: string;
        connectorId: string;
        connectorFactoryId: string;
        jti: string;
        headers: Record<string, string>;
      },
      setSession: (session: Session) => Promise<void>,
    ): Promise<string>;
    getTokenResponseAndUserInfo(
      response: Readonly<Record<string, string>>,
      getSession: () => Promise<Session>,
    ): Promise<{
      tokenResponse: Readonly<Record<string, unknown>>;
      userInfo: Readonly<Record<'id' | 'name' | 'avatar' | 'email' | 'phone', string | undefined>>;
    }>;
    getAccessTokenByRefreshToken(refreshToken: string): Promise<Readonly<Record<string, unknown>>>;
  }

  export default function createConnector(options: { getConfig: () => Promise<unknown> }): Promise<Connector>;
}
