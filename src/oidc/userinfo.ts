import * as client from 'openid-client';
import { OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';
import { objectMembers, textValue } from './json-values.js';
import { originalError } from './original-error.js';
import type { Provider, ProviderDeps } from './provider.js';
import { failureReason, mediaType, withoutSecrets } from './response-facts.js';
import type { TokenClient } from './token-requests.js';

/**
 * Requests userinfo with the access token (OIDC Core §5.3) and compares `sub` with
 * the ID token's. Throws `userinfo_subject_mismatch`, `userinfo_refused`,
 * `userinfo_invalid`, `endpoint_missing` or the network's own.
 */
export async function requestUserinfo(
  provider: Provider,
  clientSettings: TokenClient,
  accessToken: string,
  subject: string,
  deps: ProviderDeps,
): Promise<Readonly<Record<string, unknown>>> {
  const url = provider.endpoint('userinfo_endpoint');
  const configuration = await provider.configuration({
    clientId: clientSettings.clientId,
    clockTolerance: clientSettings.clockTolerance,
    authentication: clientSettings.authentication.apply,
  });
  try {
    return await client.fetchUserInfo(configuration, accessToken, subject);
  } catch (error) {
    const original = originalError(error);
    if (original) throw original;
    const exchange = deps.recorder.last('userinfo request');
    const actual = userinfoSubject(exchange?.responseBody);
    if (exchange?.status === 200 && actual !== undefined && actual !== subject) {
      throw new OidcCliError('userinfo_subject_mismatch', { url, expected: subject, actual }, { cause: error });
    }
    if (exchange?.status === 200) {
      const facts = { url, contentType: mediaType(exchange), reason: failureReason(error, exchange) };
      throw new OidcCliError('userinfo_invalid', facts, { cause: error });
    }
    const challenge = error instanceof client.WWWAuthenticateChallengeError ? error.cause[0]?.parameters : undefined;
    const facts = {
      url,
      status: exchange?.status,
      audience: accessTokenAudience(accessToken),
      error: withoutSecrets(challenge?.error, exchange),
      description: withoutSecrets(challenge?.error_description, exchange),
    };
    throw new OidcCliError('userinfo_refused', facts, { cause: error });
  }
}

/** The audience of an access token that is a JWT with `aud` (RFC 9068 §2.2). */
function accessTokenAudience(accessToken: string): readonly string[] | undefined {
  try {
    const { aud } = objectMembers(parseJson(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()));
    const audience: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    return audience.every((one) => typeof one === 'string') ? audience : undefined;
  } catch {
    return undefined;
  }
}

function userinfoSubject(body: string | undefined): string | undefined {
  try {
    return textValue(objectMembers(parseJson(body ?? '')).sub);
  } catch {
    return undefined;
  }
}
