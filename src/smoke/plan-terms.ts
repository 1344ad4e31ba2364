import { SETTINGS } from '../profiles/settings.js';

/** Flags of `login` that form a phrase together, and flags with a different name in plans. */
const PHRASES: readonly (readonly [flags: string, words: string])[] = [
  ['--password-env, --password-file or --password-stdin', 'the key password'],
  ['--totp-env or --totp-file', 'the key totp'],
  ['--user and --password-env', 'the keys user and password'],
  ['--user', 'the key user'],
  ['--client-secret-file or --client-secret-stdin', 'the key clientSecretFile'],
  ['--client-secret-stdin', 'the key clientSecretFile'],
  ['--client-secret-env NAME', 'the key clientSecret'],
  ['--keep-evidence DIR', '--evidence FOLDER'],
  ['--no-userinfo', 'userinfo: false'],
  ['pass --allow-credentials-to', 'add to allowCredentialsTo:'],
];

/** Flags that `smoke` has as well, with the same meaning. */
const TERMS: readonly string[] = ['--timeout'];

const KEYS = new Map(
  Object.entries(SETTINGS).flatMap(([key, setting]) =>
    'flag' in setting && !TERMS.includes(setting.flag) ? [[setting.flag as string, key] as const] : [],
  ),
);

/**
 * Rewrites an error for the author of a plan: a flag of `login` becomes the key of
 * the plan, or of its profile, with the same meaning. A whole command (`oidc-cli
 * …`) stays unchanged.
 */
export function toPlanTerms(text: string): string {
  return text
    .split(/(oidc-cli [a-z](?:[^,;.)]|\.(?=\S))*)/)
    .map((part, index) => (index % 2 === 1 ? part : translateMessage(part)))
    .join('');
}

function translateMessage(text: string): string {
  return PHRASES.reduce((words, [flags, ours]) => words.replaceAll(flags, ours), text)
    .replace(/(with )?--with ([a-z]+)/g, 'with: $2')
    .replace(/\bpass (--[a-z]+(?:-[a-z]+)*)/g, (words, flag) => (KEYS.has(flag) ? `set ${KEYS.get(flag)}` : words))
    .replace(/--[a-z]+(-[a-z]+)*/g, (flag) => KEYS.get(flag) ?? flag);
}
