import { refreshTokens, type VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import { revokeToken } from '../oidc/revocation.js';
import { isTokenActive } from '../sign-in/token-activity.js';
import { refusalText } from './code-probes.js';
import type { ProbeName, ProbeVerdict } from './probe.js';
import type { Probing, Tokens } from './probing.js';
import { postForm, type RawOutcome } from './raw-requests.js';

type ProbeOutcome = [verdict: ProbeVerdict, actual: string];

const NO_REFRESH_TOKEN =
  'the provider gave no refresh token (with most, the scope offline_access gets one: --scope "openid offline_access")';

/** Sends this client's refresh token as another client. */
export async function probeOtherClient(probing: Probing, { refreshToken }: Tokens): Promise<void> {
  const name = 'refresh-other-client';
  const { results, otherClient, evidence, ledger } = probing;
  if (!results.wants(name)) return;
  if (refreshToken === undefined) return results.add(name, 'not applicable', NO_REFRESH_TOKEN);
  if (!otherClient)
    return results.add(name, 'not testable', 'there is no other client: name one with --other-client-id');
  const mark = evidence.mark;
  const outcome = await useRefreshToken(probing, refreshToken, otherClient);
  const add = (verdict: 'met' | 'violated' | 'not testable', actual: string) =>
    results.addSince(mark, name, verdict, actual);
  if (outcome.kind === 'unclear') return add('not testable', outcome.reason);
  if (outcome.kind === 'done') {
    ledger.addBody(outcome.body);
    return add('violated', 'accepted: the other client got tokens');
  }
  if (outcome.error === 'invalid_client' || (outcome.error === undefined && outcome.status === 401)) {
    return add('not testable', 'the other client was not authenticated: check its id, secret and method');
  }
  if (outcome.error === 'unauthorized_client' || outcome.error === 'unsupported_grant_type') {
    return add('not testable', `the other client may not refresh at all (${outcome.error})`);
  }
  add('met', refusalText(outcome));
}

/** Sends a rotated refresh token once more, and then the newest one. */
export async function probeReusedRefreshToken(probing: Probing, tokens: Tokens): Promise<void> {
  const { results, evidence, ledger, client } = probing;
  const [reuse, family] = ['refresh-reuse', 'refresh-reuse-revokes'] as const;
  if (!results.wants(reuse, family)) return;
  const { refreshToken } = tokens;
  const both = (verdict: 'not applicable' | 'not testable', actual: string) => {
    for (const name of [reuse, family]) results.addSince(mark, name, verdict, actual);
  };
  const mark = evidence.mark;
  if (refreshToken === undefined) return both('not applicable', NO_REFRESH_TOKEN);
  let newest: VerifiedTokens;
  try {
    newest = await refresh(probing, tokens, refreshToken);
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    return both('not testable', `the refresh itself failed (${error.code})`);
  }
  ledger.add(newest);
  if (newest.refreshToken === undefined || newest.refreshToken === refreshToken) {
    // RFC 9700 §2.2.2 requires it for public clients; the secret of other clients already binds the token.
    if (client.authentication.method === 'none') {
      results.addSince(mark, reuse, 'violated', 'refresh tokens are not rotated, and this client is public');
    } else {
      results.addSince(mark, reuse, 'not applicable', 'refresh tokens are not rotated, and the client has a secret');
    }
    return results.addSince(mark, family, 'not applicable', 'refresh tokens are not rotated');
  }
  const outcome = await useRefreshToken(probing, refreshToken);
  if (outcome.kind === 'unclear') return both('not testable', outcome.reason);
  if (outcome.kind === 'done') {
    ledger.addBody(outcome.body);
    results.addSince(mark, reuse, 'violated', 'accepted: it got tokens a second time');
    return results.add(family, 'not testable', 'the older one was accepted');
  }
  ledger.dead(refreshToken);
  results.addSince(mark, reuse, 'met', refusalText(outcome));
  if (!results.wants(family)) return;
  const after = await useRefreshToken(probing, newest.refreshToken);
  if (after.kind === 'unclear') return results.addSince(mark, family, 'not testable', after.reason);
  if (after.kind === 'done') {
    ledger.addBody(after.body);
    return results.addSince(mark, family, 'violated', 'it still gets tokens');
  }
  ledger.dead(newest.refreshToken);
  results.addSince(mark, family, 'met', refusalText(after));
}

/** Uses an access token after its revocation, if it worked before. */
export async function probeRevokedAccessToken(probing: Probing, tokens: Tokens): Promise<void> {
  const name = 'revoked-access-token';
  const { results, evidence, ledger, provider, client, deps } = probing;
  if (!results.wants(name)) return;
  if (!supportsRevocation(probing, name)) return;
  const mark = evidence.mark;
  const { accessToken, subject } = tokens;
  const inUse = () => isTokenActive(provider, client, accessToken, subject, deps);
  const result = async (): Promise<ProbeOutcome> => {
    const before = await inUse();
    const outcome = await revokeToken(provider, client, accessToken, 'access_token', deps);
    if (outcome === 'not offered') return ['not applicable', 'the provider does not revoke access tokens'];
    if (before === undefined) return ['not testable', 'neither introspection nor userinfo can be asked'];
    if (!before) return ['not testable', 'it was of no use before that'];
    if (await inUse()) return ['violated', 'the provider still accepts it'];
    ledger.dead(accessToken);
    return ['met', 'of no use'];
  };
  await results.guard([name], async () => results.addSince(mark, name, ...(await result())));
}

/** Uses a refresh token after its revocation. */
export async function probeRevokedRefreshToken(probing: Probing, { refreshToken }: Tokens): Promise<void> {
  const name = 'revoked-refresh-token';
  const { results, evidence, ledger, provider, client, deps } = probing;
  if (!results.wants(name)) return;
  if (!supportsRevocation(probing, name)) return;
  if (refreshToken === undefined) return results.add(name, 'not applicable', NO_REFRESH_TOKEN);
  const mark = evidence.mark;
  const result = async (): Promise<ProbeOutcome> => {
    const outcome = await revokeToken(provider, client, refreshToken, 'refresh_token', deps);
    // RFC 7009 §2: a provider must support the revocation of refresh tokens.
    if (outcome === 'not offered') return ['violated', 'the provider does not revoke refresh tokens'];
    const after = await useRefreshToken(probing, refreshToken);
    if (after.kind === 'unclear') return ['not testable', after.reason];
    if (after.kind === 'done') {
      ledger.addBody(after.body);
      return ['violated', 'it still gets tokens'];
    }
    ledger.dead(refreshToken);
    return ['met', refusalText(after)];
  };
  await results.guard([name], async () => results.addSince(mark, name, ...(await result())));
}

function supportsRevocation({ provider, results }: Probing, name: ProbeName): boolean {
  if (provider.metadata.revocation_endpoint !== undefined) return true;
  results.add(name, 'not applicable', 'the provider has no revocation endpoint');
  return false;
}

async function refresh(probing: Probing, tokens: Tokens, refreshToken: string): Promise<VerifiedTokens> {
  const { provider, client, deps, request } = probing;
  const resource = request.kind === 'logto' ? undefined : request.authorization.resource;
  const previous = tokens.report === undefined ? {} : { previous: tokens.report.claims };
  return refreshTokens(provider, client, refreshToken, { resource, ...previous }, deps);
}

/** Sends a refresh request that must be refused (RFC 6749 §6). */
function useRefreshToken(
  probing: Probing,
  refreshToken: string,
  as?: Parameters<typeof postForm>[3],
): Promise<RawOutcome> {
  const parameters: [string, string][] = [
    ['grant_type', 'refresh_token'],
    ['refresh_token', refreshToken],
  ];
  return postForm(probing, 'token_endpoint', parameters, as);
}
