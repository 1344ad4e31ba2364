import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { identityProvider } from '../support/identity-provider.js';
import { formsOf } from '../support/secret-forms.js';

/** What a provider remembers of the tokens it gave and took. */
export interface Ledger extends Pick<IdentityProvider, 'issuer'> {
  /** Answered refreshes. */
  refreshes(): number;
  /** The refresh tokens that came again after they had been taken, each as often as it came again. */
  reused(): readonly string[];
  /** Whether the provider has given new tokens for this refresh token. */
  isTaken(refreshToken: string): boolean;
  /** Whether these two came in one response. */
  together(accessToken: string, refreshToken: string | undefined): boolean;
  /** The token, code or password that a text holds, in whatever form. */
  secretIn(text: string): string | undefined;
  /** Resolves at the next request to the token or revocation endpoint, before it is answered. */
  nextRequest(): Promise<void>;
  /** Is run, from now on, after a token response has been made and before it is sent. */
  beforeAnswer: () => Promise<void>;
}

export const PASSWORD = 'alice-password';

/** A provider that rotates refresh tokens and keeps a ledger. It ends with the test file. */
export async function providerWithLedger(): Promise<Ledger> {
  const taken = new Set<string>();
  const pairs = new Map<string, string | undefined>();
  const secrets = new Map([[PASSWORD, formsOf(PASSWORD)]]);
  const keepSecret = (secret: unknown) => {
    if (typeof secret === 'string') secrets.set(secret, formsOf(secret));
  };
  let waiting: (() => void)[] = [];
  const reused: string[] = [];
  let refreshes = 0;
  const { issuer } = await identityProvider({
    extend: (op) => {
      op.use(async (ctx, next) => {
        const isToken = ctx.path === '/token';
        if (isToken || ctx.path.startsWith('/token/')) {
          for (const tell of waiting) tell();
          waiting = [];
        }
        await next();
        if (!isToken) return;
        const { refresh_token: sent, code, code_verifier: verifier } = ctx.oidc?.params ?? {};
        for (const secret of [code, verifier]) keepSecret(secret);
        if (typeof sent === 'string') {
          if (taken.has(sent)) reused.push(sent);
          if (ctx.status === 200) {
            taken.add(sent);
            refreshes += 1;
          }
        }
        if (ctx.status !== 200) return;
        const { access_token, refresh_token, id_token } = ctx.body as Record<string, string>;
        for (const secret of [access_token, refresh_token, id_token]) keepSecret(secret);
        pairs.set(access_token ?? '', refresh_token);
        await ledger.beforeAnswer();
      });
    },
  });
  const ledger: Ledger = {
    issuer,
    refreshes: () => refreshes,
    reused: () => reused,
    isTaken: (refreshToken) => taken.has(refreshToken),
    together: (accessToken, refreshToken) => pairs.has(accessToken) && pairs.get(accessToken) === refreshToken,
    secretIn: (text) => [...secrets].find(([, forms]) => forms.some((form) => text.includes(form)))?.[0],
    nextRequest: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    beforeAnswer: async () => {},
  };
  return ledger;
}
