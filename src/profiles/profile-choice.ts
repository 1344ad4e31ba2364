import type { Environment } from '../context.js';
import { type Layer, variable } from './layers.js';
import type { ChosenBy, ProfileChoice, ProfileRequest } from './profile.js';
import type { ProfileFiles } from './profile-file.js';

/** The name of a profile that is nowhere but on the command line: the issuer's host, port and path. */
export function adHocName(issuer: string): string {
  const { host, pathname } = new URL(issuer);
  return host + pathname.replace(/\/+$/, '');
}

/** The profile that an issuer without a name, or the last sign-in, comes to. */
export function matchingProfile(
  request: ProfileRequest,
  issuers: { readonly flag?: string; readonly env?: Layer },
): ProfileChoice | undefined {
  const { flag, env } = issuers;
  if (flag !== undefined) return { name: adHocName(flag), chosenBy: 'flags' };
  if (env?.values.issuer !== undefined) {
    // Of the two variables, the one that was set.
    return { name: adHocName(env.values.issuer), chosenBy: env.source('issuer').where as ChosenBy };
  }
  return request.lastSignedIn === undefined ? undefined : { name: request.lastSignedIn, chosenBy: 'last signed in to' };
}

/** The profile that somebody named: the argument, or `OIDC_CLI_PROFILE`. */
export function requestedName(
  request: ProfileRequest,
  env: Environment,
): { name: string; chosenBy: ChosenBy } | undefined {
  if (request.name !== undefined) return { name: request.name, chosenBy: 'argument' };
  const name = variable(env, 'OIDC_CLI_PROFILE');
  return name === undefined ? undefined : { name, chosenBy: 'OIDC_CLI_PROFILE' };
}

/** The `default` of the project's file, else of the user's. */
export function defaultProfile(files: ProfileFiles): ProfileChoice | undefined {
  for (const file of [files.project, files.user]) {
    if (file?.default === undefined) continue;
    return { name: file.default, chosenBy: 'default in file', where: `${file.path}:${file.lineOf(['default'])}` };
  }
  return undefined;
}

/** The names that the files know, in order. */
export function profileNames(files: ProfileFiles): string[] {
  return [...new Set([...(files.project?.profiles.keys() ?? []), ...(files.user?.profiles.keys() ?? [])])].sort();
}
