import { expect, test } from 'vitest';
import { EXIT, OidcCliError, toCodedError } from '../src/errors.js';
import type { ExplainTable } from '../src/explain/explanation.js';

test('with more facts an error keeps its code, exit code, cause and details', () => {
  const cause = new Error('cause');
  const options = { cause, exitCode: EXIT.network, details: { checks: [1] } };
  const error = new OidcCliError('invalid_grant', { error: 'invalid_grant' }, options);
  expect(error.with({ facts: { profile: 'work' }, details: { profile: 'work' } })).toMatchObject({
    code: 'invalid_grant',
    exitCode: EXIT.network,
    cause,
    facts: { error: 'invalid_grant', profile: 'work' },
    details: { checks: [1], profile: 'work' },
  });
});

test('under another code an error has its exit code, and the first one as the cause', () => {
  const error = new OidcCliError('invalid_grant', { error: 'invalid_grant' }, { details: { checks: [1] } });
  expect(error.with({ code: 'refresh_refused', facts: { profile: 'work' } })).toMatchObject({
    code: 'refresh_refused',
    exitCode: EXIT.notSignedIn,
    cause: error,
    facts: { error: 'invalid_grant', profile: 'work' },
    details: { checks: [1] },
  });
});

test('any thrown value becomes a coded error that repeats nothing of it', () => {
  const coded = new OidcCliError('usage');
  expect(toCodedError(coded, true)).toBe(coded);
  expect(toCodedError(new Error('secret'), true).code).toBe('interrupted');
  const unknown = toCodedError(new TypeError('secret\nat secret.js:1:1'));
  expect(unknown).toMatchObject({ code: 'internal', facts: { reason: expect.stringMatching(/^TypeError in errors/) } });
  expect(toCodedError('secret').facts).toEqual({ reason: 'string' });
});

test('the compiler accepts only the facts of a code', () => {
  const error = new OidcCliError('port_taken', { port: 8484, issuer: 'https://id.example.com' });
  const refused = [
    // @ts-expect-error No throw site of this code gives a nonce.
    () => new OidcCliError('port_taken', { port: 8484, nonce: 'abc' }),
    // @ts-expect-error The port is a number.
    () => new OidcCliError('port_taken', { port: '8484' }),
    // @ts-expect-error Not every code has a port.
    () => error.with({ facts: { port: 8484 } }),
    // @ts-expect-error The new code has no port.
    () => error.with({ code: 'usage', facts: { port: 8484 } }),
  ];
  expect(refused.every((make) => make() instanceof OidcCliError)).toBe(true);
  expect(error.with({ code: 'port_taken', facts: { holder: 'node (1)' } }).facts).toMatchObject({ port: 8484 });
});

test('the compiler refuses an explanation that reads a fact of no throw site', () => {
  const explainPort = {
    // @ts-expect-error No throw site of port_taken gives a nonce.
    port_taken: (f) => ({ message: `${f.nonce}`, causes: [], fix: '' }),
  } satisfies Partial<ExplainTable>;
  expect(explainPort.port_taken({}).message).toBe('undefined');
});
