import { CheckList, type CheckOutcome, type DoctorCheck } from '../../checks/check-list.js';
import { isPlainHttp, withoutQuery } from '../../oidc/endpoint-address.js';
import { describeValue as shown } from '../../profiles/describe-value.js';
import { snakeCase } from '../snake-case.js';
import { addressFault, badAddress } from './address.js';
import { RESERVED_PARAMETERS } from './connector.js';
import type { ConnectorFile } from './file.js';
import { isSecret } from './secret-members.js';
import { whitespaceDetails } from './shape-checks.js';
import type { ConnectorView } from './view.js';

/**
 * Checks the values that Logto will send for this configuration, for faults and
 * for differences from the written ones: scope, endpoints, response mode,
 * customConfig.
 */
export function requestChecks(file: ConnectorFile, view: ConnectorView): DoctorCheck[] {
  const list = new CheckList('configuration', { places: file });
  if (view.scope !== undefined) list.put('scope', scope(view.scope, view.scopes));
  if (view.authorizationEndpoint !== undefined) {
    list.put('authorization endpoint', authorizationEndpoint(view.authorizationEndpoint));
  }
  if (view.tokenEndpoint !== undefined) list.put('token endpoint', tokenEndpoint(view.tokenEndpoint));
  if (view.clientId !== undefined && view.clientId !== view.clientId.trim()) {
    list.add('fail', 'client id', whitespaceDetails(['clientId'], 'the provider does not know such a client'));
  }
  responseMode(list, view);
  customConfig(list, view);
  return list.all;
}

/** RFC 6749 §3.3, without the comma, which is allowed but occurs in no scope in use. */
const SCOPE_TOKEN = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/;

function scope(written: string, sent: readonly string[]): CheckOutcome {
  const key = ['scope'];
  const rewritten = sent.join(' ') !== written.split(' ').filter(Boolean).join(' ');
  const odd = sent.filter((name) => !SCOPE_TOKEN.test(name));
  // Without openid Logto also splits at +, so no + remains.
  const joined = sent.filter((name) => name.includes('+'));
  if (joined.length > 0) {
    return [
      'fail',
      {
        key,
        actual: shown(written, 'scope'),
        expected: shown(written.split(/[ +]/).filter(Boolean).join(' '), 'scope'),
        why: `A + separates nothing where openid is already there: Logto sends ${joined.map((name) => name.replaceAll('+', '%2B')).join(' and ')}, which is one scope to the provider.`,
        repair: 'Separate the scopes by spaces.',
      },
    ];
  }
  if (odd.length > 0) {
    return [
      'fail',
      {
        key,
        actual: shown(written, 'scope'),
        expected: shown(
          sent
            .flatMap((name) => name.split(/[^\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+/))
            .filter(Boolean)
            .join(' '),
          'scope',
        ),
        why: `Logto separates at spaces only: ${odd.map((name) => shown(name, 'scope')).join(' and ')} goes out as one scope.`,
        repair: 'Separate the scopes by spaces.',
      },
    ];
  }
  if (!sent.some((name) => name === 'profile' || name === 'email')) {
    return [
      'warn',
      {
        key,
        actual: shown(written, 'scope'),
        expected: 'openid profile email',
        why: 'Neither profile nor email is asked for, so Logto will probably learn nothing but an id.',
        repair: 'Add profile and email.',
      },
    ];
  }
  return ['pass', { key, actual: rewritten ? `sent as "${sent.join(' ')}"` : written }];
}

function authorizationEndpoint(endpoint: string): CheckOutcome {
  const key = ['authorizationEndpoint'];
  const actual = shown(endpoint, 'authorizationEndpoint');
  const fault = addressFault(endpoint);
  if (fault !== undefined) return badAddress(key, fault, 'the browser is sent nowhere');
  if (endpoint !== endpoint.trim()) {
    return [
      'fail',
      whitespaceDetails(key, 'Logto writes its parameters behind it, and the provider sees another path'),
    ];
  }
  if (endpoint.includes('#')) {
    return [
      'fail',
      {
        key,
        actual,
        why: 'Logto writes its parameters behind the #, which no browser sends to a server.',
        repair: 'Remove the # and what follows.',
      },
    ];
  }
  if (endpoint.includes('?')) {
    const names = [...new URL(endpoint).searchParams.keys()];
    const parameters = names.map((parameter) => `"${parameter}"`).join(' and ');
    return [
      'fail',
      {
        key,
        actual: names.length === 0 ? `${actual}: a ? at its end` : `an address with a query (${parameters})`,
        why: `Logto appends a second ?, so response_type becomes part of ${names.length === 0 ? 'a parameter that nobody knows' : `the value of "${names.at(-1)}"`} and is missing.`,
        repair:
          names.length === 0
            ? 'Remove the ?.'
            : names.every((parameter) => snakeCase(parameter) === parameter)
              ? `Remove the ? and what follows, and write ${parameters} into customConfig, which goes to the token endpoint as well.`
              : 'Use an address of the provider that has no query.',
      },
    ];
  }
  if (isPlainHttp(endpoint)) return plainHttp(key, actual);
  return ['pass', { key, actual: withoutQuery(endpoint) }];
}

function tokenEndpoint(endpoint: string): CheckOutcome {
  const key = ['tokenEndpoint'];
  const actual = shown(endpoint, 'tokenEndpoint');
  const fault = addressFault(endpoint);
  if (fault !== undefined) return badAddress(key, fault, 'every sign-in ends with 500');
  if (isPlainHttp(endpoint)) return plainHttp(key, actual);
  return ['pass', { key, actual: withoutQuery(endpoint) }];
}

function plainHttp(key: readonly string[], actual: string): CheckOutcome {
  return [
    'warn',
    {
      key,
      actual,
      expected: 'https',
      why: 'Over plain http anybody on the way can read codes, tokens and the client secret.',
      repair: 'Use the https address of the provider.',
    },
  ];
}

function responseMode(list: CheckList, { requestOptions, customConfig }: ConnectorView): void {
  const custom = Object.keys(customConfig).find((key) => snakeCase(key) === 'response_mode');
  const mode = custom === undefined ? requestOptions.responseMode : customConfig[custom];
  if (mode !== 'fragment') return;
  list.add('fail', 'response mode', {
    key: custom === undefined ? ['authRequestOptionalConfig', 'responseMode'] : ['customConfig', custom],
    actual: 'fragment',
    expected: 'query, or nothing',
    why: 'The code then comes behind a #, which never reaches a server.',
    repair: 'Remove it.',
  });
}

interface Override {
  readonly verdict: 'warn' | 'fail';
  readonly why: string;
  readonly repair?: string;
}

/** The consequence if customConfig sets a parameter that Logto sets itself; undefined for any other. */
function overrideCheck(name: string, value: string, view: ConnectorView): Override | undefined {
  const same: Override = { verdict: 'warn', why: 'It overrides what Logto sends with the same value.' };
  const fail = (why: string): Override => ({ verdict: 'fail', why });
  if (Object.hasOwn(RESERVED_PARAMETERS, name))
    return fail(
      `It overrides the value that Logto makes for each sign-in; Logto will then ${RESERVED_PARAMETERS[name]}.`,
    );
  switch (name) {
    case 'response_type':
      return value === 'code' ? same : fail('It overrides response_type, and Logto can do nothing but the code flow.');
    case 'grant_type':
      return value === 'authorization_code' && !view.scopes.includes('offline_access')
        ? same
        : fail('It overrides grant_type in the token request and in every refresh.');
    case 'client_id':
      return value === view.clientId
        ? same
        : fail(
            'It overrides client_id in both requests, while the aud of the ID token is still compared with clientId.',
          );
    case 'scope':
      return value.split(' ').includes('openid')
        ? { verdict: 'warn', why: 'It replaces the scope of the configuration.' }
        : fail('It replaces the scope, and without openid the provider gives no ID token.');
    case 'code':
    case 'refresh_token':
      return fail(`It overrides ${name} in the token request with a constant.`);
    case 'code_challenge':
    case 'code_verifier':
      return {
        verdict: 'warn',
        why: 'It is the same for every sign-in, and customConfig puts the verifier into the address of the browser beside the challenge: PKCE protects nothing then, though a provider that demands it may take the request.',
        repair: 'Switch the requirement off for this client at the provider, and remove it.',
      };
    case 'client_secret':
    case 'client_assertion':
      return fail('It overrides the credentials, and stands in the address of the browser as well.');
    default:
      return undefined;
  }
}

/** Standard parameters of the two requests, in their standard spelling. */
const STANDARD = new Set(
  `acr_values audience claims claims_locales code_challenge code_challenge_method code_verifier display id_token_hint
  login_hint max_age organization prompt registration request request_uri resource response_mode ui_locales
  response_type grant_type client_id scope code refresh_token client_secret client_assertion client_assertion_type
  state nonce redirect_uri`.split(/\s+/),
);

function customConfig(list: CheckList, view: ConnectorView): void {
  const name = 'custom parameters';
  const entries = Object.entries(view.customConfig);
  const options = new Map(Object.keys(view.requestOptions).map((key) => [snakeCase(key), key]));
  const seen = new Map<string, string>();
  for (const [key, value] of entries) {
    const at = ['customConfig', key];
    const parameter = snakeCase(key);
    const before = seen.get(parameter);
    const override = overrideCheck(parameter, value, view);
    const option = options.get(parameter);
    seen.set(parameter, key);
    if (override) {
      list.add(override.verdict, name, {
        key: at,
        actual: `sets ${parameter}`,
        why: override.why,
        repair: override.repair ?? 'Remove it: Logto sends this itself.',
      });
    } else if (parameter !== key) {
      const standard = STANDARD.has(parameter);
      list.add(standard ? 'warn' : 'fail', name, {
        key: at,
        actual: parameter === '' ? 'sent as a parameter without a name' : `sent as ${parameter}`,
        expected: shown(key, 'customConfig'),
        why: `Logto rewrites every key into snake_case${standard ? '' : ', so a parameter of this name cannot be sent'}.`,
        repair: standard ? `Write ${parameter}.` : 'Remove it, or have the provider accept the rewritten name.',
      });
    }
    if (before !== undefined) {
      list.add('warn', name, {
        key: at,
        actual: `the same parameter as customConfig.${before}`,
        why: `Both are sent as ${parameter}, and the later one wins.`,
        repair: 'Remove one of them.',
      });
    }
    if (option !== undefined) {
      list.add('warn', name, {
        key: at,
        actual: `overrides authRequestOptionalConfig.${option}`,
        why: 'Of two values for one parameter Logto sends the one of customConfig.',
        repair: 'Remove one of them.',
      });
    }
    if (isSecret(key, value) && !override) {
      list.add('warn', name, {
        key: at,
        actual: 'what looks like a secret',
        why: 'customConfig goes into the address of the browser too, where the person and every log on the way can read it.',
        repair: 'Remove it, unless everybody may know it.',
      });
    }
  }
  const clean = entries.length > 0 && !list.all.some((check) => check.name === name);
  if (clean) list.add('pass', name, { actual: entries.map(([key]) => key).join(', ') });
}
