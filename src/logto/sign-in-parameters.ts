import { OidcCliError } from '../errors.js';
import { lookup } from '../json.js';
import { nearest } from '../profiles/nearest.js';

/** The flags of `login` about Logto's sign-in page, as typed. */
export interface SignInFlags {
  readonly firstScreen?: string;
  readonly interactionMode?: string;
  /** Each may hold several, separated by spaces. */
  readonly identifier?: readonly string[];
  readonly directSignIn?: string;
  readonly organizationId?: string;
}

/** The parameters for the flags, and remarks on them. */
export interface SignInParameters {
  /** By the name of the request parameter. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** The fault of a value, as the end of a sentence, and the replacement: the value itself, or the list of valid ones. */
interface Fault {
  readonly reason: string;
  readonly instead: string;
  /** `instead` is a list. */
  readonly choice?: boolean;
}

const FIRST_SCREENS = [
  'sign_in',
  'register',
  'reset_password',
  'identifier:sign_in',
  'identifier:register',
  'single_sign_on',
];

/** The screens that use `identifier`; the others show the fields that the console configures. */
const IDENTIFIER_SCREENS = ['identifier:sign_in', 'identifier:register', 'reset_password'];

const IDENTIFIERS = ['email', 'phone', 'username'];

/** The older parameter's values, and the first screen of each. */
const INTERACTION_MODES: Readonly<Record<string, string>> = { signIn: 'sign_in', signUp: 'register' };

/** Replacements for frequent wrong values that resemble no valid one. */
const SUGGESTIONS: Readonly<Record<string, string>> = {
  signup: 'register',
  signin: 'sign_in',
  login: 'sign_in',
  registration: 'register',
  forgotpassword: 'reset_password',
  sso: 'single_sign_on',
  sms: 'phone',
  tel: 'phone',
  mail: 'email',
  user: 'username',
};

const FLAGS = {
  first_screen: '--first-screen',
  interaction_mode: '--interaction-mode',
  identifier: '--identifier',
  direct_sign_in: '--direct-sign-in',
  organization_id: '--organization-id',
} as const;

type Name = keyof typeof FLAGS;

const DROPPED = 'Logto drops all sign-in parameters when one is bad, so nothing was sent.';

/**
 * Validates the flags about the sign-in page, and turns them into request
 * parameters. If one value is invalid, Logto silently ignores them all, so an
 * invalid one is refused here. Throws `usage`.
 */
export function signInParameters(flags: SignInFlags): SignInParameters {
  const given: [Name, string | undefined][] = [
    ['first_screen', flags.firstScreen],
    ['interaction_mode', flags.interactionMode],
    ['identifier', flags.identifier?.flatMap((text) => text.trim().split(/\s+/)).join(' ')],
    ['direct_sign_in', flags.directSignIn],
    ['organization_id', flags.organizationId],
  ];
  const parameters: Partial<Record<Name, string>> = {};
  for (const [name, value] of given) {
    if (value === undefined) continue;
    const fault = findFault(name, value);
    if (fault)
      throw usage(
        `${FLAGS[name]}: ${fault.reason}${fault.reason.endsWith('?') ? '' : '.'} ${DROPPED}`,
        `${FLAGS[name]} ${fault.choice ? 'followed by ' : ''}${fault.instead}`,
      );
    parameters[name] = value;
  }
  const { interaction_mode: mode, ...rest } = parameters;
  if (mode === undefined) return { parameters: rest, notes: [] };
  if (rest.first_screen !== undefined) {
    const note = `Logto has replaced interaction_mode by first_screen, which goes before it: first_screen=${rest.first_screen} is sent, and --interaction-mode ${mode} is left out.`;
    return { parameters: rest, notes: [note] };
  }
  const screen = lookup(INTERACTION_MODES, mode) ?? '';
  const note = `Logto has replaced interaction_mode by first_screen: first_screen=${screen} is sent for --interaction-mode ${mode}. Write --first-screen ${screen} instead.`;
  return { parameters: { first_screen: screen, ...rest }, notes: [note] };
}

/**
 * Validates the sign-in parameters of a whole profile, from any source, and that
 * they fit together. `where` names the place of one, for people, and `byFlag`
 * tells whether that is the command line. Throws `config_value_invalid` (facts:
 * where, found, allowed), or `usage` if the conflict comes from flags.
 */
export function checkSignInParameters(
  parameters: Readonly<Record<string, string>>,
  where: (name: string) => string,
  byFlag: (name: string) => boolean,
): void {
  for (const name of Object.keys(FLAGS) as Name[]) {
    const value = parameters[name];
    if (value === undefined) continue;
    const fault = findFault(name, value);
    if (!fault) continue;
    throw new OidcCliError('config_value_invalid', {
      where: `${where(name)}, parameter ${name}`,
      found: quote(value),
      allowed: fault.instead,
    });
  }
  const { identifier, first_screen: screen } = parameters;
  if (identifier === undefined || (screen !== undefined && IDENTIFIER_SCREENS.includes(screen))) return;
  const screens = joinWords(IDENTIFIER_SCREENS, 'and');
  if (!byFlag('identifier') && !byFlag('first_screen')) {
    throw new OidcCliError('config_value_invalid', {
      where: `${where('identifier')}, parameter identifier`,
      found: `${quote(identifier)} ${screen === undefined ? 'without a first_screen' : `with the first_screen "${screen}"`}`,
      allowed: `the first screens ${screens} with it`,
    });
  }
  const which = screen === undefined ? 'none is named' : `"${screen}" is not one of them`;
  throw usage(
    `--identifier is read by the first screens ${screens} alone, and ${which}.`,
    `--first-screen identifier:${screen === 'register' ? 'register' : 'sign_in'} --identifier "${identifier}"`,
  );
}

function findFault(name: Name, value: string): Fault | undefined {
  switch (name) {
    case 'first_screen':
      return oneOf(value, FIRST_SCREENS, 'first screen');
    case 'interaction_mode':
      return oneOf(value, Object.keys(INTERACTION_MODES), 'interaction mode');
    case 'identifier':
      return identifierFault(value);
    case 'direct_sign_in':
      return directSignInFault(value);
    case 'organization_id':
      return organizationFault(value);
  }
}

function oneOf(value: string, known: readonly string[], what: string): Fault | undefined {
  const oneOfThem = { instead: `one of ${joinWords(known, 'and')}`, choice: true };
  if (value === '') return { reason: 'it is empty', ...oneOfThem };
  if (known.includes(value)) return undefined;
  const meant = suggestion(value, known);
  const reason = `${quote(value)} is no ${what} of Logto`;
  if (meant === undefined) return { reason, ...oneOfThem };
  return { reason: `${reason}; did you mean ${meant}?`, instead: meant };
}

function identifierFault(value: string): Fault | undefined {
  const words = value.split(' ').filter((word) => word !== '');
  if (words.length === 0) return { reason: 'it is empty', instead: 'email' };
  const wrong = words.find((word) => !IDENTIFIERS.includes(word));
  if (wrong === undefined) return undefined;
  // Users separate by commas, and Logto by spaces.
  const meant = wrong.split(',').map((word) => suggestion(word, IDENTIFIERS));
  const known = meant.every((word) => word !== undefined);
  const reason = `${quote(wrong)} is none of ${joinWords(IDENTIFIERS, 'and')}`;
  if (known) return { reason, instead: `"${meant.join(' ')}"` };
  return { reason, instead: joinWords(IDENTIFIERS, 'or'), choice: true };
}

function directSignInFault(value: string): Fault | undefined {
  if (/^(social|sso):[^\s:]\S*$/.test(value)) return undefined;
  const [, method = '', target = ''] = /^(social|sso):(.*)$/i.exec(value) ?? [];
  const reason = `${quote(value)} does not say by what to sign in`;
  if (target.trim() !== '' && !/\s/.test(target)) {
    return { reason, instead: `${method.toLowerCase()}:${target.replace(/^:+/, '')}` };
  }
  if (method === '' && /^[\w-]+$/.test(value)) {
    return { reason, instead: `social:${value} for a social connector's target, or sso:ID for an SSO connector` };
  }
  return { reason, instead: "social:TARGET with a social connector's target, or sso:ID with an SSO connector's id" };
}

function organizationFault(value: string): Fault | undefined {
  const [, id] = /^urn:logto:organization:(\S+)$/.exec(value) ?? [];
  if (id !== undefined) return { reason: `${quote(value)} is the audience of its tokens`, instead: id };
  if (/^\S+$/.test(value)) return undefined;
  return { reason: 'an id has no spaces and is not empty', instead: 'ID, as the console shows it' };
}

function suggestion(value: string, known: readonly string[]): string | undefined {
  const plain = value.toLowerCase().replace(/[-_:\s]/g, '');
  const meant = lookup(SUGGESTIONS, plain);
  if (meant !== undefined && known.includes(meant)) return meant;
  return nearest(value, known);
}

function usage(reason: string, instead: string): OidcCliError {
  return new OidcCliError('usage', { reason, fix: `Write ${instead}.` });
}

/** A quoted value from outside: on one line, and shortened. */
function quote(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

function joinWords(words: readonly string[], last: 'and' | 'or'): string {
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
