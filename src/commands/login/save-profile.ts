import type { Context } from '../../context.js';
import { userFilePath } from '../../profiles/profile-file.js';
import { saveProfile } from '../../profiles/save-profile.js';
import type { ProfileValues } from '../../profiles/schema.js';
import type { SessionStore } from '../../sessions/session-store.js';
import type { Sessions } from '../../sessions/sessions.js';
import type { ResolvedSignIn } from '../resolve-sign-in.js';

/**
 * `login --save NAME`: writes the profile that just signed in into the user's
 * file. A secret that has no other home goes to the session store, bound to
 * its issuer; the file never holds one. Throws `config_file_*` and `store_*`.
 */
export async function saveLoginProfile(
  name: string,
  values: ProfileValues,
  request: Pick<ResolvedSignIn, 'issuer' | 'clientSecretSource'>,
  writer: { readonly sessions: Sessions; readonly store: SessionStore },
  context: Context,
): Promise<void> {
  const source = request.clientSecretSource;
  await saveProfile(userFilePath(context), name, values, {
    replace: true,
    signal: context.signal,
    before: async () => {
      if (source?.kind !== 'stored') return;
      await writer.sessions.saveClientSecret(name, request.issuer, source.value, writer.store);
    },
  });
}
