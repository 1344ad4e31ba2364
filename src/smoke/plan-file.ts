import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { ERROR_EXIT_CODES, OidcCliError } from '../errors.js';
import { describeValue } from '../profiles/describe-value.js';
import { kindKeys } from '../profiles/kind-check.js';
import { nearest } from '../profiles/nearest.js';
import { invalid, type PlacedYaml, parseYaml, valueAt } from '../profiles/placed-yaml.js';
import type { ProfileDeps } from '../profiles/profile.js';
import { type ProfileFiles, readConfigFile, userFilePath } from '../profiles/profile-file.js';
import { isTrustedFolder } from '../profiles/trust.js';
import type { PlanContent } from './plan.js';
import { checkPlanRules } from './plan-rules.js';
import { checkPlanTrust } from './plan-trust.js';
import type { PlannedCheck } from './planned-check.js';

/** The default name of a plan. */
export const PLAN_FILE = 'oidc-smoke.yaml';

/** Settings for reading plans. */
export interface PlanRequest {
  /** As named on the command line; none means `oidc-smoke.yaml` in the current folder. */
  readonly files: readonly string[];
  /** The value of `--trust-project`. */
  readonly trustProject: boolean;
  /** The user's file, which lists the trusted folders. */
  readonly profileFiles: ProfileFiles;
}

/**
 * Reads all plan files, in their order. Throws `plan_missing`,
 * `config_file_unreadable`, `config_file_invalid` (facts: file, line, column, key,
 * found, allowed, suggestion) and `config_untrusted`.
 */
export async function readPlans(request: PlanRequest, deps: ProfileDeps): Promise<readonly PlannedCheck[]> {
  const named = request.files.length > 0 ? request.files : [PLAN_FILE];
  const checks: PlannedCheck[] = [];
  for (const name of named) {
    const path = resolve(deps.cwd, name);
    const text = await readConfigFile(path);
    if (text === undefined) throw new OidcCliError('plan_missing', { file: path, named: request.files.length > 0 });
    checks.push(...(await checkPlan(path, text, request, deps)));
  }
  refuseEqualNames(checks);
  return checks;
}

async function checkPlan(
  path: string,
  text: string,
  { trustProject, profileFiles }: PlanRequest,
  deps: ProfileDeps,
): Promise<readonly PlannedCheck[]> {
  const [yaml, { planSchema }] = await Promise.all([parseYaml(path, text), import('./plan.js')]);
  const result = planSchema.safeParse(yaml.content);
  if (!result.success) throw await mistake(path, yaml, firstIssue(result.error.issues));
  const folder = dirname(path);
  const plan = {
    path,
    folder,
    trusted: trustProject || (await isTrustedFolder(folder, profileFiles.user, deps.env)),
    lineOf: (at: readonly string[]) => yaml.place(at, 'key').line,
  };
  const checks = checkPlanRules(result.data satisfies PlanContent, plan, yaml, deps.env);
  if (plan.trusted) return checks;
  return Promise.all(checks.map((check) => checkPlanTrust(check, userFilePath(deps))));
}

/** Reports and shards identify a check by its name, so names must differ. */
function refuseEqualNames(checks: readonly PlannedCheck[]): void {
  const seen = new Map<string, PlannedCheck>();
  for (const check of checks) {
    const first = seen.get(check.name);
    if (first) {
      throw invalid(check.where.file, {
        line: check.where.line,
        key: `checks.${check.index}.name`,
        found: JSON.stringify(check.name),
        allowed: `each name once (the first is in ${first.where.file}, line ${first.where.line})`,
      });
    }
    seen.set(check.name, check);
  }
}

type Issue = z.core.$ZodIssue;

/** The issue to report: a mistyped key first, since it is the reason that another is missing. */
function firstIssue(issues: readonly Issue[]): Issue | undefined {
  return issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
}

/** The issue of the most likely alternative: the one that matches the mapping or text best. */
function innermostIssue(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  for (const alternative of issue.errors) {
    const first = firstIssue(alternative);
    if (!first) continue;
    const deeper = innermostIssue(first);
    const reached = deeper.path.length > 0 || deeper.code === 'unrecognized_keys' || deeper.code === 'custom';
    if (reached) return { ...deeper, path: [...issue.path, ...deeper.path] } as Issue;
  }
  return issue;
}

/** The error for the schema's first issue, with its place. */
async function mistake(file: string, yaml: PlacedYaml, first: Issue | undefined): Promise<OidcCliError> {
  const issue = first && innermostIssue(first);
  const path = (issue?.path ?? []).map(String);
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = await keysAt(path, valueAt(yaml.content, [...path, 'kind']));
    const suggestion = nearest(key, known);
    const merge = key === '<<' ? '; merge keys are not read, and what checks share stands in defaults' : '';
    return invalid(file, {
      ...yaml.place([...path, key], 'key'),
      key: [...path, key].join('.'),
      found: 'an unknown key',
      allowed: `${known.join(', ')}${merge}`,
      suggestion,
    });
  }
  const isKeyFault = issue?.code === 'invalid_key' || (issue?.code === 'custom' && issue.params?.reserved === true);
  const details = issue?.code === 'custom' && typeof issue.params?.found === 'string' ? issue.params.found : undefined;
  const meant = suggestedCode(path, valueAt(yaml.content, issue?.path ?? []));
  return invalid(file, {
    ...yaml.place(path, isKeyFault ? 'key' : 'value'),
    key: path.join('.'),
    suggestion: meant,
    found:
      details ?? describeValue(valueAt(yaml.content, issue?.path ?? []), isSecretPath(path) ? '' : (path.at(-1) ?? '')),
    allowed: (issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message) ?? '',
  });
}

/** The error code closest to a mistyped or incomplete one; undefined for other keys. */
function suggestedCode(path: readonly string[], value: unknown): string | undefined {
  if (typeof value !== 'string' || !path.join('.').includes('expect.failure')) return undefined;
  const codes = Object.keys(ERROR_EXIT_CODES);
  return nearest(value, codes) ?? codes.find((code) => value !== '' && code.startsWith(value));
}

/** Whether the value at this path may be a secret, by mistake or not. */
function isSecretPath(path: readonly string[]): boolean {
  return path.some((key) => ['password', 'totp', 'refreshToken', 'steps', 'parameters'].includes(key));
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

/** The keys that the mapping at a path may have, from the JSON Schema for editors. */
async function keysAt(path: readonly string[], kind: unknown): Promise<string[]> {
  const { planJsonSchema } = await import('./json-schema.js');
  let at: JsonSchema | undefined = JSON.parse(planJsonSchema()) as JsonSchema;
  // All alternatives count: their keys together.
  const mapping = (schema: JsonSchema | undefined): JsonSchema | undefined => {
    if (schema?.properties || !schema?.anyOf) return schema;
    const properties = Object.assign({}, ...schema.anyOf.map((one) => one.properties)) as JsonSchema['properties'];
    return {
      ...schema.anyOf.find((one) => one.items ?? one.additionalProperties),
      ...(properties ? { properties } : {}),
    };
  };
  for (const key of path) {
    const here: JsonSchema | undefined = mapping(at);
    const other: JsonSchema | undefined =
      typeof here?.additionalProperties === 'object' ? here.additionalProperties : undefined;
    at = here?.properties?.[key] ?? here?.items ?? other;
  }
  const keys = Object.keys(mapping(at)?.properties ?? {});
  return path.at(-1) === 'profile' && !path.includes('expect') ? kindKeys(keys, kind) : keys;
}
