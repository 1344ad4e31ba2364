import type { Context } from '../../context.js';
import { OidcCliError } from '../../errors.js';
import type { NamedToken } from '../../oidc/parse-input.js';
import { readClientSecret } from '../../profiles/client-secret.js';
import { collectProfile } from '../../profiles/collect-profile.js';
import { flagLayer } from '../../profiles/layers.js';
import type { ProfileFlags } from '../../profiles/profile.js';
import type { Session } from '../../sessions/session-store.js';
import type { Sessions } from '../../sessions/sessions.js';
import type { InspectionTarget } from '../../sign-in/inspect-token.js';
import type { Terminal } from '../../terminal.js';
import { secretConsent } from '../secret-consent.js';
import { readSessionSecret } from '../session-access.js';

/** Whom the tokens are held against, and how the provider is reached. */
export interface ConfiguredTarget extends InspectionTarget {
  readonly ca?: string;
  readonly insecure?: boolean;
  /** Seconds. */
  readonly timeout?: number;
  readonly warnings: readonly string[];
}

/** Which provider a command line names, by flags or by profile. */
export interface TargetFlags {
  readonly profile?: string;
  readonly flags: ProfileFlags;
}

/** The client authentication of a session, where it is one that is known. */
type ConfiguredMethod = InspectionTarget['clientAuth'];

/**
 * What is known of the provider: flags, environment and files of a profile,
 * or the session of that name where no file knows it. Throws `profile_unknown`
 * and `config_*`.
 */
export async function configuredTarget(
  { profile, flags }: TargetFlags,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<ConfiguredTarget> {
  try {
    const { values, warnings } = await collectProfile({ name: profile, flags }, context);
    const { clientSecret: reference, authorizationEndpoint, tokenEndpoint, jwksUri, ...rest } = values;
    return {
      issuer: rest.issuer,
      endpoints: { authorizationEndpoint, tokenEndpoint, jwksUri },
      allowHttp: rest.allowHttp,
      clientId: rest.clientId,
      clientAuth: rest.clientAuth,
      clientSecret: async () =>
        reference &&
        readClientSecret(reference, {
          env: context.env,
          folders: context.folders,
          consent: secretConsent(context, terminal),
          stored: async () => sessions.readClientSecret(profile ?? '', rest.issuer ?? ''),
        }),
      clockTolerance: rest.clockTolerance,
      ca: rest.ca,
      insecure: rest.insecure,
      timeout: rest.timeout,
      warnings,
    };
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'profile_unknown') throw error;
    const entry = await sessions.find({ profile });
    const session = entry && (await sessions.read(entry));
    if (!session) throw error;
    return sessionTarget(session, context);
  }
}

/** The provider and client of a kept session. */
export function sessionTarget(session: Session, context: Context): ConfiguredTarget {
  const { issuer, endpoints, allowHttp = false, clientId, clockTolerance, ca, insecure } = session;
  return {
    issuer,
    endpoints,
    allowHttp,
    clientId,
    clientAuth: session.clientAuth as ConfiguredMethod,
    clientSecret: () => readSessionSecret(session, context),
    clockTolerance,
    ca,
    insecure,
    warnings: [],
  };
}

/** A target with what flags say in its place. Throws `config_value_invalid`. */
export async function flagTarget(
  target: ConfiguredTarget,
  flags: ProfileFlags,
  context: Context,
): Promise<ConfiguredTarget> {
  const { env, folders } = context;
  const { values, secret } = await flagLayer(flags, context.cwd, env);
  const { clientId, clockTolerance, ca, insecure, allowHttp, timeout } = values;
  return {
    ...target,
    ...(clientId === undefined ? {} : { clientId, clientAuth: undefined }),
    ...(clockTolerance === undefined ? {} : { clockTolerance }),
    ...(ca === undefined ? {} : { ca }),
    ...(insecure === undefined ? {} : { insecure }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(allowHttp === undefined ? {} : { allowHttp }),
    ...(secret ? { clientSecret: () => readClientSecret(secret.reference, { env, folders }) } : {}),
  };
}

/** Which of a session's tokens is meant. */
export type SessionToken = 'id_token' | 'access_token' | 'refresh_token';

/** The token of a session. The access token goes with an ID token that came with it, for at_hash. Throws `no_refresh_token`. */
export function sessionToken(session: Session, which: SessionToken): NamedToken {
  if (which === 'id_token') return { name: which, value: session.idToken };
  if (which === 'access_token') return { name: which, value: session.accessToken };
  if (session.refreshToken === undefined) {
    const { profile, issuer } = session;
    throw new OidcCliError('no_refresh_token', { profile, issuer, scope: session.scope.requested.join(' ') });
  }
  return { name: which, value: session.refreshToken };
}
