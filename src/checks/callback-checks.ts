import type { Check } from '../check.js';
import type { AddressParameter } from '../oidc/parse-input.js';

/** The values that an authorization response is compared with. An absent one is not known. */
export interface CallbackExpectations {
  readonly issuer?: string;
  /** Whether the provider advertises RFC 9207; absent if it was not asked. */
  readonly advertisesIss?: boolean;
  /** The redirect URI of the sign-in that waits for this response. */
  readonly redirectUri?: string;
  /** Whether a sign-in with this state waits here. */
  readonly stateKnown: boolean;
}

/** Whether the parameters are those of an authorization request, which goes to the provider and not back. */
export function isAuthorizationRequest(parameters: readonly AddressParameter[]): boolean {
  const names = new Set(parameters.map(({ name }) => name));
  return (names.has('response_type') || names.has('request_uri')) && names.has('client_id') && !names.has('code');
}

/**
 * The checks of an authorization response (RFC 6749 §4.1.2, RFC 9207, OIDC
 * Core §3.1.2.5), as far as they can be made without the request. Never throws.
 */
export function checkCallback(
  address: string | undefined,
  parameters: readonly AddressParameter[],
  expected: CallbackExpectations,
): Check[] {
  const value = (name: string) => parameters.find((parameter) => parameter.name === name)?.value;
  const checks: Check[] = [];

  const tokens = ['id_token', 'access_token', 'response'].filter((name) => value(name) !== undefined);
  const responses = [...['code', 'error'].filter((name) => value(name) !== undefined), ...tokens];
  const both = value('code') !== undefined && value('error') !== undefined;
  checks.push({
    name: 'answer',
    verdict: responses.length === 0 || both ? 'fail' : 'pass',
    expected: 'a code or an error',
    actual: responses.join(' and ') || 'neither',
  });

  const counts = new Map<string, number>();
  for (const { name } of parameters) counts.set(name, (counts.get(name) ?? 0) + 1);
  const twice = [...counts].filter(([, count]) => count > 1).map(([name]) => name);
  if (twice.length > 0) {
    const actual = `several times: ${twice.join(', ')}`;
    checks.push({ name: 'parameters', verdict: 'fail', expected: 'each once (RFC 6749 §3.1)', actual });
  }

  const state = value('state');
  if (state === undefined) {
    const actual = 'absent: nothing ties this answer to a sign-in';
    checks.push({ name: 'state', verdict: 'warn', expected: 'the one of the authorization request', actual });
  } else {
    checks.push({
      name: 'state',
      verdict: expected.stateKnown ? 'pass' : 'skip',
      expected: 'the one of a sign-in begun here with login --start',
      actual: expected.stateKnown ? 'a sign-in waits for it' : 'no sign-in begun here waits for it',
    });
  }

  checks.push(checkIss(value('iss'), expected));
  if (expected.redirectUri !== undefined && address !== undefined) {
    checks.push({
      name: 'redirect URI',
      verdict: address === withoutQuery(expected.redirectUri) ? 'pass' : 'fail',
      expected: withoutQuery(expected.redirectUri),
      actual: address,
    });
  }
  return checks;
}

function withoutQuery(uri: string): string {
  return uri.split(/[?#]/)[0] ?? uri;
}

/** RFC 9207 §2.4. */
function checkIss(iss: string | undefined, { issuer, advertisesIss }: CallbackExpectations): Check {
  const name = 'iss';
  if (iss === undefined) {
    return advertisesIss === true
      ? { name, verdict: 'fail', expected: `${issuer} (the provider announces that it sends it)`, actual: 'absent' }
      : { name, verdict: 'skip', expected: "the provider's issuer (RFC 9207)", actual: 'absent' };
  }
  if (issuer === undefined) {
    return { name, verdict: 'skip', expected: 'the issuer', actual: `${iss} (not compared: no issuer is named)` };
  }
  return { name, verdict: iss === issuer ? 'pass' : 'fail', expected: issuer, actual: iss };
}
