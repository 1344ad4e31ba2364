import { OidcCliError } from '../errors.js';
import { fileInFolder, isMeantForUs } from '../profiles/trust.js';
import type { PlannedCheck, PlannedText } from './planned-check.js';

/**
 * Refuses what a plan that came with a cloned repository may not say unless its
 * folder is trusted: programs to run, other hosts for credentials, and secrets from anywhere but its own
 * folder and the variables meant for this tool. Returns the check, the files of
 * its secrets with their links resolved. A profile in it is judged as those of
 * `oidc-cli.yaml` are, when it is used.
 *
 * Throws `config_untrusted` (facts: file, line, key, folder, how, and for a
 * secret `path` or `variable`).
 */
export async function checkPlanTrust(check: PlannedCheck, userFile: string): Promise<PlannedCheck> {
  const { plan, index } = check;
  const allow = `pass --trust-project, or add the folder to trustedFolders in ${userFile}`;
  const refuse = (key: string, more: Record<string, string> = {}) => {
    const inCheck = ['checks', String(index), key];
    return new OidcCliError('config_untrusted', {
      file: plan.path,
      line: plan.lineOf(inCheck),
      key: inCheck.join('.'),
      folder: plan.folder,
      how: `P${allow.slice(1)}`,
      ...more,
    });
  };
  if (check.command !== undefined) throw refuse('command');
  // It would send a password to a host of the file's choice.
  if (check.allowCredentialsTo?.length) throw refuse('allowCredentialsTo');
  const checked = async <T extends PlannedText | undefined>(key: string, place: T): Promise<T> => {
    if (place?.kind === 'env' && !isMeantForUs(place.name)) {
      const how = `Give the variable a name that begins with OIDC_CLI_, ${allow}`;
      throw refuse(key, { variable: place.name, how });
    }
    if (place?.kind !== 'file') return place;
    const path = await fileInFolder(place.path, plan.folder);
    if (path === undefined) throw refuse(key, { path: place.path });
    return { ...place, path };
  };
  const steps = check.steps?.map(async (step) =>
    'fill' in step ? { ...step, value: await checked('steps', step.value) } : step,
  );
  return {
    ...check,
    user: await checked('user', check.user),
    password: await checked('password', check.password),
    totp: await checked('totp', check.totp),
    refreshToken: await checked('refreshToken', check.refreshToken),
    steps: steps && (await Promise.all(steps)),
  };
}
