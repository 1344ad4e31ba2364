import type { ProbeName } from './probe.js';
import type { Probing, Tokens } from './probing.js';
import { type RawOutcome, randomText, requestRawUserinfo } from './raw-requests.js';

/** Seconds. */
const LIFETIME = 600;

/** Requests userinfo without a token, and with a forged access token. */
export async function probeUserinfo(probing: Probing, tokens: Tokens | undefined): Promise<void> {
  const { results, provider, evidence } = probing;
  const names = ['userinfo-without-token', 'userinfo-foreign-token'] as const;
  if (provider.metadata.userinfo_endpoint === undefined) {
    for (const name of names) results.add(name, 'not applicable', 'the provider has no userinfo endpoint');
    return;
  }
  const [without, foreign] = names;
  if (results.wants(without)) {
    const mark = evidence.mark;
    addResult(probing, without, await requestRawUserinfo(probing, undefined), mark);
  }
  if (results.wants(foreign) && tokens) {
    const token = await forgeToken(probing, tokens.subject);
    const mark = evidence.mark;
    addResult(probing, foreign, await requestRawUserinfo(probing, token), mark);
  }
}

function addResult({ results }: Probing, name: ProbeName, outcome: RawOutcome, mark: number): void {
  if (outcome.kind === 'unclear') results.addSince(mark, name, 'not testable', outcome.reason);
  else if (outcome.kind === 'done') results.addSince(mark, name, 'violated', 'it answered with claims');
  else {
    const error = outcome.error === undefined ? '' : `, ${outcome.error.slice(0, 60)}`;
    results.addSince(mark, name, 'met', `refused (${outcome.status}${error})`);
  }
}

/**
 * An access token for this user with all claims that the provider would put into
 * one (RFC 9068 §2) and the name of its own key, signed by a key that only we
 * have.
 */
async function forgeToken({ provider, client, deps }: Probing, subject: string): Promise<string> {
  const { generateKeyPair, SignJWT } = await import('jose');
  const { keys = [] } = provider.keySet.cached()?.jwks ?? {};
  // Uses the provider's kind of key where it is elliptic; other kinds take longer to make.
  const elliptic = keys.find(({ kty, crv }) => kty === 'EC' && crv === 'P-256');
  const { kid } = elliptic ?? keys.find(({ kty }) => kty === 'RSA') ?? {};
  const alg = elliptic ? 'ES256' : 'RS256';
  const { privateKey } = await generateKeyPair(alg);
  const now = Math.floor(deps.clock.now() / 1000);
  const claims = { client_id: client.clientId, scope: 'openid profile email', jti: randomText() };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg, typ: 'at+jwt', kid })
    .setIssuer(provider.issuer)
    .setSubject(subject)
    .setAudience(provider.issuer)
    .setIssuedAt(now)
    .setExpirationTime(now + LIFETIME)
    .sign(privateKey);
  deps.recorder.hide(token);
  return token;
}
