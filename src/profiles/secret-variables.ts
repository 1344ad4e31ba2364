import { noteSecretVariable } from '../child-environment.js';
import type { ProfileDeps } from './profile.js';
import { loadProfileFiles } from './profile-file.js';
import { SECRET_VALUE_KEYS } from './settings.js';
import { isTrustedFolder } from './trust.js';

/** `${NAME}`, the whole of a value. */
const VARIABLE = /^\$\{(\w+)\}$/;

/**
 * Notes the variables that profiles name as their secrets, also profiles that
 * this run does not use, so that no program that is started gets them. A
 * project's file counts where its folder is trusted: any other could name
 * `PATH`. Throws nothing; files that cannot be read name no variables.
 */
export async function noteProfileVariables(deps: ProfileDeps): Promise<void> {
  const files = await loadProfileFiles(deps).catch(() => undefined);
  if (!files) return;
  const { project, user } = files;
  const trusted = project && (await isTrustedFolder(project.folder, user, deps.env));
  for (const file of [user, trusted ? project : undefined]) {
    for (const profile of file?.profiles.values() ?? []) {
      for (const key of SECRET_VALUE_KEYS) {
        const name = VARIABLE.exec(profile[key] ?? '')?.[1];
        if (name !== undefined) noteSecretVariable(deps.env, name);
      }
    }
  }
}
