import type { Environment } from '../context.js';
import { absolutePath } from '../profiles/paths.js';
import { invalid, type PlacedYaml } from '../profiles/placed-yaml.js';
import { SECRET_VARIABLE } from '../profiles/schema.js';
import { SECRET_VALUE_KEYS } from '../profiles/settings.js';
import type { Expectations, PlanContent, PlannedSecret, PlannedStep } from './plan.js';
import type { PlanFile, PlannedAction, PlannedCheck, PlannedText } from './planned-check.js';

type Check = PlanContent['checks'][number];
type Defaults = NonNullable<PlanContent['defaults']>;

/** Expectations that also apply to a failure. */
const OUTCOME_INDEPENDENT_KEYS: readonly string[] = ['failure', 'within', 'discovery', 'certificateDays'];

/** Expectations that do not apply to Logto's connector, which requests only an ID token. */
const NON_CONNECTOR_KEYS: readonly string[] = ['userinfo', 'introspection', 'refresh', 'revocation', 'logout'];

/** Keys for a sign-in on the provider's pages. */
const PAGE_KEYS = ['user', 'password', 'totp', 'steps', 'allowCredentialsTo', 'redirectUri'] as const;

/**
 * Applies the defaults and validates rules that concern several keys. Throws
 * `config_file_invalid` for the first contradiction.
 */
export function checkPlanRules(
  content: PlanContent,
  plan: PlanFile,
  yaml: PlacedYaml,
  env: Environment,
): PlannedCheck[] {
  const { defaults = {} } = content;
  const stdin = new Set<string>();
  return content.checks.map((check, index) => {
    const refuse = (key: string, actual: string, allowed: string) => {
      const path = ['checks', String(index), ...key.split('.').filter(Boolean)];
      throw invalid(plan.path, { ...yaml.place(path, 'key'), key: path.join('.'), found: actual, allowed });
    };
    const planned = withDefaults(check, defaults, index, plan, env);
    checkRules(check, planned, refuse);
    for (const key of ['password', 'totp', 'refreshToken'] as const) {
      if (planned[key]?.kind !== 'stdin') continue;
      stdin.add(check[key] === undefined ? `defaults.${key}` : `checks.${index}.${key}`);
      if (stdin.size > 1) refuse(key, 'stdin for the second time', 'one secret from stdin');
    }
    return planned;
  });
}

function withDefaults(check: Check, defaults: Defaults, index: number, plan: PlanFile, env: Environment): PlannedCheck {
  const given = { ...defaults, ...check };
  const absolute = (path: string) => absolutePath(path, plan.folder, env);
  const place = (secret: PlannedSecret): PlannedText => {
    if (typeof secret === 'string') return { kind: 'env', name: SECRET_VARIABLE.exec(secret)?.[1] ?? '' };
    return 'file' in secret ? { kind: 'file', path: absolute(secret.file) } : { kind: 'stdin' };
  };
  const plain = (value: string | PlannedSecret): PlannedText =>
    typeof value === 'string' && !SECRET_VARIABLE.test(value) ? { kind: 'text', value } : place(value);
  const action = (step: PlannedStep): PlannedAction => {
    if ('fill' in step) return { fill: step.fill, value: plain(step.value) };
    if ('click' in step) return step;
    return { wait: typeof step.wait === 'number' ? step.wait * 1000 : step.wait };
  };
  const driver = given.with ?? 'auto';
  const expect = mergedExpectations(defaults.expect, check.expect);
  const onPages = driver !== 'refresh' && driver !== 'client_credentials';
  return {
    name: check.name,
    where: { file: plan.path, line: plan.lineOf(['checks', String(index), 'name']) },
    profile: check.connector === undefined ? given.profile : check.profile,
    connector: check.connector === undefined ? undefined : absolute(check.connector),
    with: driver,
    command: driver === 'command' ? given.command : undefined,
    user: onPages && given.user !== undefined ? plain(given.user) : undefined,
    password: onPages && given.password !== undefined ? place(given.password) : undefined,
    totp: onPages && given.totp !== undefined ? place(given.totp) : undefined,
    refreshToken: driver === 'refresh' && given.refreshToken !== undefined ? place(given.refreshToken) : undefined,
    steps: onPages ? given.steps?.map(action) : undefined,
    allowCredentialsTo: onPages ? given.allowCredentialsTo : undefined,
    redirectUri: onPages ? given.redirectUri : undefined,
    timeout: given.timeout,
    retries: given.retries,
    tags: given.tags ?? [],
    expect: expect.discovery === undefined ? expect : { ...expect, discovery: absolute(expect.discovery) },
    plan,
    index,
  };
}

/**
 * Merges a check's expectations over the file's, key by key and claim by claim. If
 * a failure is expected, those of a success are dropped.
 */
function mergedExpectations(defaults: Expectations = {}, own: Expectations = {}): Expectations {
  const merged: Expectations = { ...defaults, ...own };
  if (defaults.claims && own.claims) merged.claims = { ...defaults.claims, ...own.claims };
  if (merged.failure === undefined) return merged;
  return Object.fromEntries(
    Object.entries(merged).filter(([key]) => key in own || OUTCOME_INDEPENDENT_KEYS.includes(key)),
  );
}

/** Validates only the keys of the check itself: a default that does not apply is not a mistake. */
function checkRules(
  check: Check,
  planned: PlannedCheck,
  refuse: (key: string, actual: string, allowed: string) => void,
): void {
  if (check.profile !== undefined && check.connector !== undefined) {
    refuse('connector', 'a connector beside a profile', 'one of profile and connector');
  }
  if (planned.profile === undefined && planned.connector === undefined) {
    refuse('', 'neither profile nor connector', 'one of them, here or in defaults');
  }
  if (typeof check.profile === 'object') checkInlineProfile(check.profile, refuse);
  const { with: driver, connector } = planned;
  const own = Object.keys(check.expect ?? {});
  if (driver === 'command' && planned.command === undefined) {
    refuse('with', 'command without a command', 'the key command beside it');
  }
  if (check.command !== undefined && driver !== 'command')
    refuse('command', `a command with: ${driver}`, 'with: command');
  if (check.allowCredentialsTo !== undefined && driver === 'command') {
    refuse(
      'allowCredentialsTo',
      'allowCredentialsTo with: command, which sends credentials itself',
      'auto, http or browser',
    );
  }
  if (driver === 'refresh' || driver === 'client_credentials') {
    const odd = PAGE_KEYS.find((key) => check[key] !== undefined);
    if (odd)
      refuse(
        odd,
        `${odd} beside with: ${driver}, where nobody signs in`,
        'auto, http or browser for a sign-in on pages',
      );
    if (connector !== undefined) refuse('with', `${driver} with a connector`, 'auto, http, browser or command');
    if (own.includes('logout')) refuse('expect.logout', 'a sign-out where nobody signed in', 'auto, http or browser');
  } else if (driver !== 'command' && planned.user === undefined) {
    refuse('', 'no user to sign in', 'the key user, here or in defaults; or with: refresh or client_credentials');
  }
  if (check.refreshToken !== undefined && driver !== 'refresh') {
    refuse('refreshToken', `a refresh token with: ${driver}`, 'with: refresh');
  }
  if (connector === undefined && own.includes('profile')) {
    refuse('expect.profile', 'a profile of Logto without a connector', 'the key connector in place of profile');
  }
  const beyond = connector === undefined ? undefined : own.find((key) => NON_CONNECTOR_KEYS.includes(key));
  if (beyond !== undefined)
    refuse(`expect.${beyond}`, `${beyond} with a connector, which Logto never asks`, 'a profile');
  checkContradictions(check.expect ?? {}, refuse);
  if (planned.expect.failure === undefined) return;
  const odd = own.find((key) => !OUTCOME_INDEPENDENT_KEYS.includes(key));
  if (odd !== undefined)
    refuse(`expect.${odd}`, `${odd} beside an expected failure`, OUTCOME_INDEPENDENT_KEYS.join(', '));
}

/** Refuses expectations that no provider can fulfil. */
function checkContradictions(
  { refresh, claims, userinfo }: Expectations,
  refuse: (key: string, actual: string, allowed: string) => void,
): void {
  if (refresh?.works === false && (refresh.rotates !== undefined || refresh.oldRefused)) {
    const odd = refresh.rotates === undefined ? 'oldRefused' : 'rotates';
    refuse(`expect.refresh.${odd}`, `${odd} beside works: false`, 'works: false alone');
  }
  if (refresh?.rotates === false && refresh.oldRefused) {
    refuse('expect.refresh.oldRefused', 'oldRefused beside rotates: false', 'one of them');
  }
  const places = { 'expect.claims': claims, 'expect.userinfo.claims': typeof userinfo === 'object' && userinfo.claims };
  for (const [key, expected] of Object.entries(places)) {
    for (const [name, claim] of Object.entries(expected || {})) {
      if (typeof claim !== 'object' || claim === null || Array.isArray(claim) || !claim.absent) continue;
      const odd = Object.keys(claim).find((other) => other !== 'absent');
      if (odd !== undefined) refuse(`${key}.${name}.absent`, `absent beside ${odd}`, 'absent alone');
    }
  }
}

/** A plan is shared, so the secret of its profile must be outside of it. */
function checkInlineProfile(
  profile: NonNullable<Exclude<Check['profile'], string>>,
  refuse: (key: string, actual: string, allowed: string) => void,
): void {
  for (const key of SECRET_VALUE_KEYS) {
    const value = profile[key];
    if (value === undefined || SECRET_VARIABLE.test(value)) continue;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
    refuse(`profile.${key}`, 'text', 'a variable as ${NAME}, or the key with File at its end, and a path');
  }
}
