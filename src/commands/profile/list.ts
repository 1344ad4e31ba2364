import type { Context } from '../../context.js';
import { EXIT, type ExitCode } from '../../errors.js';
import { ordinaryValues } from '../../profiles/logto-kind.js';
import { loadProfileFiles } from '../../profiles/profile-file.js';
import { printable, type Terminal, table } from '../../terminal.js';

export interface ProfileListOptions {
  readonly json?: boolean;
}

interface ListedProfile {
  readonly name: string;
  readonly issuer: string | null;
  readonly clientId: string | null;
  /** The project's file first: it goes before the user's. */
  readonly files: readonly string[];
  readonly default: boolean;
}

/** `profile list`: every profile of both files, as the files alone have it. Throws as `loadProfileFiles`. */
export async function profileList(
  options: ProfileListOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const { project, user, searched } = await loadProfileFiles(context);
  const byDefault = project?.default ?? user?.default;
  const files = [project, user].filter((file) => file !== undefined);
  const names = [...new Set(files.flatMap((file) => [...file.profiles.keys()]))].sort();
  const profiles = names.map((name): ListedProfile => {
    const inFiles = files.filter((file) => file.profiles.has(name));
    const fileValues = inFiles.map((file) => ordinaryValues(file.profiles.get(name) ?? {}, String).values);
    const first = (key: 'issuer' | 'clientId') =>
      fileValues.map((values) => values[key]).find((value) => value !== undefined) ?? null;
    return {
      name,
      issuer: first('issuer'),
      clientId: first('clientId'),
      files: inFiles.map((file) => file.path),
      default: name === byDefault,
    };
  });
  if (options.json) {
    terminal.json({ default: byDefault ?? null, profiles, searched });
  } else if (profiles.length === 0) {
    terminal.say(`No profiles in ${searched.map(printable).join(' or ')}.`);
    terminal.say('Add one with: oidc-cli profile add NAME --issuer URL --client-id ID');
  } else {
    const { strong, dim } = terminal.style;
    const head = ['PROFILE', 'ISSUER', 'CLIENT ID', 'FILE'].map((title) => strong(title));
    const rows = profiles.map((profile) => [
      printable(profile.name) + (profile.default ? ' (default)' : ''),
      profile.issuer === null ? dim('not set') : printable(profile.issuer),
      profile.clientId === null ? dim('not set') : printable(profile.clientId),
      profile.files.map(printable).join(', '),
    ]);
    for (const line of table([head, ...rows], '', terminal.style.columns)) terminal.out(line);
  }
  if (byDefault !== undefined && !names.includes(byDefault)) {
    terminal.say(`${terminal.talk.warn('Warning:')} the default profile ${printable(byDefault)} is in neither file.`);
  }
  return EXIT.done;
}
