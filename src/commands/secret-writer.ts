import type { Context } from '../context.js';
import type { ProfileValues } from '../profiles/schema.js';
import { printable, type Terminal } from '../terminal.js';
import { openSessions } from './open-sessions.js';

/** The name under which a profile's other secrets are kept, those of its connector; no profile can have it. */
export function connectorEntry(profile: string): string {
  return `${profile} (connector)`;
}

/** Keeps client secrets in the session store that `store` or `OIDC_CLI_STORE` names, or the best one there is. */
export function createSecretWriter(store: string | undefined, context: Context, terminal: Terminal): SecretWriter {
  const sessions = openSessions(context, terminal);
  return {
    saveClientSecret: async (profile, issuer, secret) => {
      const wanted = store ?? context.env.OIDC_CLI_STORE;
      const kind = wanted === 'keychain' || wanted === 'file' ? wanted : 'auto';
      const chosen = await sessions.choose(kind);
      if (chosen.warning !== undefined) terminal.say(`Warning: ${printable(chosen.warning)}`);
      await sessions.saveClientSecret(profile, issuer, secret, chosen.store);
    },
    forgetClientSecret: async (profile) => {
      await sessions.forgetClientSecret(profile);
      await sessions.forgetClientSecret(connectorEntry(profile));
    },
  };
}

/** Where client secrets are kept: under the profile and the issuer they are for. */
export interface SecretWriter {
  /** Keeps the secret, replacing earlier ones of the profile. Throws `store_*`. */
  saveClientSecret(profile: string, issuer: string, secret: string): Promise<void>;
  /** Forgets what is kept for the profile. Throws `store_*`. */
  forgetClientSecret(profile: string): Promise<void>;
}

/** Whether a profile says that its secret is in the session store. */
export function isSecretStored(values: ProfileValues | undefined): boolean {
  return (
    values?.clientSecretStored === true || values?.appSecretStored === true || values?.connector?.stored !== undefined
  );
}
