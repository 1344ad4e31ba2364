import { logtoValues } from './logto-kind.js';
import type { ResolvedProfile } from './profile.js';
import type { ProfileValues } from './schema.js';
import { SECRET_KEYS, SETTING_KEYS, type SettingKey } from './settings.js';

/**
 * A resolved profile as a file keeps it: what somebody chose, without the
 * defaults, and the place of the client secret instead of the secret; of kind
 * logto in Logto's own keys.
 */
export function profileValues({ profile, sources }: ResolvedProfile): ProfileValues {
  const chosen = SETTING_KEYS.filter((key) => !isSecret(key) && isChosen(key, sources));
  const values = Object.fromEntries(chosen.map((key) => [key, profile[key as keyof typeof profile]]));
  return logtoValues({ ...values, ...secretValues(profile.clientSecret) });
}

function isSecret(key: SettingKey): boolean {
  return (SECRET_KEYS as readonly string[]).includes(key);
}

function isChosen(key: SettingKey, sources: ResolvedProfile['sources']): boolean {
  if (key === 'parameters') return Object.keys(sources).some((name) => name.startsWith('parameters.'));
  const source = sources[key];
  return source !== undefined && source.layer !== 'default';
}

/** The keys that say in a file where the secret is, and never the secret. */
export function secretValues(reference: ResolvedProfile['profile']['clientSecret']): ProfileValues {
  if (!reference) return {};
  if (reference.kind === 'env') return { clientSecret: `\${${reference.name}}` };
  if (reference.kind === 'file') return { clientSecretFile: reference.path };
  return { clientSecretStored: true };
}
