import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { exchangeCode, refreshTokens } from '../../src/checks/verified-tokens.js';
import { OidcCliError } from '../../src/errors.js';
import { createFetch, type NetworkFetch } from '../../src/network/fetch.js';
import { createAuthorizationRequest, randomState } from '../../src/oidc/authorization-request.js';
import { chooseClientAuthentication } from '../../src/oidc/client-authentication.js';
import { discoverProvider } from '../../src/oidc/provider.js';
import { type Exchange, Recorder } from '../../src/trace/recorder.js';
import { type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';

const redirectUri = 'http://127.0.0.1:1/callback';

let provider: ScriptedProvider;
let fetch: NetworkFetch;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterEach(() => fetch.close());
afterAll(() => provider.close());

/** A recorder that hands our reader another token answer than openid-client got: one of the two readers has a fault. */
class FaultyRecorder extends Recorder {
  constructor(private readonly misread: (body: string) => string) {
    super();
  }
  override begin(exchange: Exchange): Exchange {
    const { misread } = this;
    let body: string | undefined;
    if (exchange.step !== 'token request') return super.begin(exchange);
    return super.begin(
      Object.defineProperty(exchange, 'responseBody', {
        get: () => body,
        set: (text: string) => {
          body = misread(text);
        },
      }),
    );
  }
}

/** Signs in at the protocol's level. */
async function exchange(script: Script, recorder = new Recorder(), refresh = false) {
  provider.play(script);
  const clock = { now: () => Date.now() };
  fetch = createFetch({ env: {}, clock, recorder });
  const deps = { fetch, recorder, clock };
  const connection = await discoverProvider({ issuer: provider.issuer }, deps);
  const authentication = chooseClientAuthentication({}, connection.metadata);
  const client = { clientId: 'app', authentication, clockTolerance: 30, strict: false };
  if (refresh) return refreshTokens(connection, client, 'a-refresh-token', {}, deps);
  const sent = await createAuthorizationRequest(connection, client, { redirectUri, scope: 'openid' }, randomState());
  const page = await globalThis.fetch(sent.url, { redirect: 'manual' });
  const response = new URL(page.headers.get('location') ?? '').searchParams;
  return exchangeCode(connection, client, response, { ...sent, redirectUri }, deps);
}

async function refusal(attempt: Promise<unknown>): Promise<OidcCliError> {
  const error = await attempt.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OidcCliError)) throw error;
  return error;
}

/** Changes claims without a thought for the signature, which our reader then finds wrong. */
const withClaim = (claim: string, value: unknown) => (text: string) => {
  const body = JSON.parse(text);
  const [header, payload, signature] = body.id_token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), [claim]: value };
  const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return JSON.stringify({ ...body, id_token: `${header}.${changed}.${signature}` });
};

describe('the two readers of an ID token', () => {
  test('agree on a good one', async () => {
    const tokens = await exchange({});
    expect(tokens.report?.checks.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'skip')).toEqual([]);
  });

  test('disagree when only the report refuses: the sign-in fails', async () => {
    const error = await refusal(exchange({}, new FaultyRecorder(withClaim('sub', 'user-2'))));
    expect(error).toMatchObject({ code: 'id_token_readers_disagree', exitCode: 7 });
    expect(error.facts).toEqual({ who: 'the report refuses it', reason: 'signature: not valid' });
    expect(error.details.checks).toHaveLength(14);
  });

  test('disagree when only openid-client refuses: the sign-in fails', async () => {
    let good = '';
    await exchange({ token: (body) => ({ body }) }, new FaultyRecorder((text) => (good = text)));
    fetch.close();
    // The report reads the good token of that sign-in, with another nonce: both refuse, each its own way.
    const nonce = await refusal(exchange({ claims: { nonce: 'x' } }, new FaultyRecorder(() => good)));
    expect(nonce.code).toBe('id_token_nonce_mismatch');
    fetch.close();
    // In a refresh no nonce is compared, so that the report finds nothing to refuse.
    const script: Script = { claims: { aud: 'other', nonce: undefined } };
    const error = await refusal(exchange(script, new FaultyRecorder(() => good), true));
    expect(error).toMatchObject({ code: 'id_token_readers_disagree', exitCode: 7 });
    expect(error.facts.who).toBe('openid-client refuses it');
    expect(String(error.facts.reason)).toMatch(/aud/);
  });

  test('are not said to disagree where both refuse', async () => {
    expect((await refusal(exchange({ claims: { iss: 'https://x.example' } }))).code).toBe('id_token_issuer_mismatch');
  });
});

describe('a token answer', () => {
  test('says when the access token expires, by our clock', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { expiresAt } = await exchange({ tokens: { expires_in: 100 } });
    expect(expiresAt).toBeGreaterThanOrEqual(before + 100);
    expect(expiresAt).toBeLessThanOrEqual(Math.floor(Date.now() / 1000) + 100);
    fetch.close();
    expect(await exchange({ tokens: { expires_in: undefined } })).not.toHaveProperty('expiresAt');
  });

  test('is refused with what the provider said, and without the code', async () => {
    const error = await refusal(
      exchange({
        token: (_honest, { form }) => ({
          status: 400,
          body: { error: 'invalid_grant', error_description: `unknown code ${form.get('code')}` },
        }),
      }),
    );
    expect(error.code).toBe('invalid_grant');
    expect(error.facts.description).toBe('unknown code (not shown)');
  });
});
