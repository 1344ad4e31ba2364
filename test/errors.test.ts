import { expect, test } from 'vitest';
import { EXIT, OidcCliError, toCodedError } from '../src/errors.js';

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
