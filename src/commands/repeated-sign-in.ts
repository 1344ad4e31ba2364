import type { Profile, ProfileFlags, SecretReference } from '../profiles/profile.js';
import type { Session } from '../sessions/session-store.js';
import type { SessionEntry } from '../sessions/sessions.js';

/**
 * What a sign-in by flags alone left behind is enough to repeat it: the flags
 * it would take, with those given now before them. TLS without verification is
 * not repeated: it has to be asked for each time.
 */
export function flagsToRepeat(session: Session, entry: SessionEntry, flags: ProfileFlags): ProfileFlags {
  const secret = session.clientSecret;
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  const secretFlags = given.some(([flag]) => /^(client|app)Secret/.test(flag))
    ? {}
    : {
        ...(secret?.kind === 'env' ? { clientSecretEnv: secret.name } : {}),
        ...(secret?.kind === 'file' ? { clientSecretFile: secret.path } : {}),
      };
  return {
    // Logto's own names of the two would be the same thing said twice.
    ...(flags.endpoint === undefined ? { issuer: session.issuer } : {}),
    ...(flags.appId === undefined ? { clientId: session.clientId } : {}),
    ...(flags.issuer === undefined ? { kind: session.kind } : {}),
    clientAuth: session.clientAuth,
    scope: session.scope.requested.join(' '),
    redirectUri: session.redirectUri,
    resource: session.resource,
    clockTolerance: session.clockTolerance,
    strict: session.strict,
    allowHttp: session.allowHttp,
    store: entry.store,
    ...(session.postLogoutRedirectUri === undefined ? {} : { postLogoutRedirectUri: session.postLogoutRedirectUri }),
    ...(session.ca === undefined ? {} : { ca: session.ca }),
    ...secretFlags,
    ...flags,
  };
}

/** The secret that is kept with the session, where no other is named and the issuer, to which it belongs, is the same. */
export function savedSecretSource(
  { clientSecret: secret, issuer }: Session,
  now: { readonly clientSecret?: Profile['clientSecret']; readonly issuer?: string },
): SecretReference | undefined {
  if (secret?.kind !== 'stored' || now.clientSecret || now.issuer !== issuer) return undefined;
  return { kind: 'value', value: secret.value };
}
