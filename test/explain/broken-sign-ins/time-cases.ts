import type { FaultName } from '../../../src/idp/faults.js';
import { oauthError } from '../../support/scripted-provider.js';
import { followRedirects } from '../../support/scripted-sign-in.js';
import { type BrokenSignIn, nobodyThere, type Stage } from './stage.js';

function at(flags: readonly string[], ...faults: FaultName[]) {
  return async (stage: Stage) => stage.login((await stage.idp({ faults })).issuer, flags);
}

/** Signs in while this machine's clock is off by so many seconds; the provider's is right. */
function clockOff(seconds: number, flags: readonly string[] = []) {
  return async (stage: Stage) => {
    stage.machine.passTime(seconds);
    return stage.login((await stage.idp()).issuer, flags);
  };
}

/** Something comes too early, too late, or at a time that is none. */
export const TIME_CASES: readonly BrokenSignIn[] = [
  {
    name: 'the clock of the provider is ahead',
    code: 'id_token_issued_in_future',
    exit: 7,
    because: /The two clocks differ: the provider's is \d+ s ahead/,
    run: at([], 'clock-ahead'),
  },
  {
    name: 'the clock of the provider is behind',
    code: 'id_token_expired',
    exit: 7,
    because: /The two clocks differ: the provider's is \d+ s behind/,
    run: at([], 'clock-behind'),
  },
  {
    name: 'the clock of this machine is behind',
    code: 'id_token_issued_in_future',
    exit: 7,
    because: /provider's is \d+ s ahead of this machine's/,
    run: clockOff(-600),
  },
  {
    name: 'the clock of this machine is ahead',
    code: 'id_token_expired',
    exit: 7,
    because: /provider's is \d+ s behind this machine's/,
    run: clockOff(7_200),
  },
  {
    name: 'the clocks differ a little, and warnings are refused',
    code: 'clock_skew',
    exit: 7,
    because: /not set by NTP/,
    run: clockOff(300, ['--strict']),
  },
  {
    name: 'the ID token has expired, though the clocks agree',
    code: 'id_token_expired',
    exit: 7,
    because: /very short life, or old ones/,
    run: at([], 'expired-id-token'),
  },
  {
    name: 'the ID token comes from the future, though the clocks agree',
    code: 'id_token_issued_in_future',
    exit: 7,
    because: /later than its own/,
    run: at([], 'future-iat'),
  },
  {
    name: 'the ID token is not valid yet, though the clocks agree',
    code: 'id_token_not_yet_valid',
    exit: 7,
    because: /later than its own/,
    run: at([], 'future-nbf'),
  },
  {
    name: 'the ID token counts in milliseconds',
    code: 'id_token_issued_in_future',
    exit: 7,
    because: /writes milliseconds/,
    run: at([], 'times-in-milliseconds'),
  },
  {
    name: 'the ID token expires at a text',
    code: 'id_token_claim_missing',
    exit: 7,
    because: /writes it as a text/,
    run: at([], 'string-exp'),
  },
  {
    name: 'the ID token does not say when it expires',
    code: 'id_token_claim_missing',
    exit: 7,
    because: /leaves it out/,
    run: at([], 'missing-exp'),
  },
  {
    name: 'the ID token does not say when it was issued',
    code: 'id_token_claim_missing',
    exit: 7,
    because: /leaves it out/,
    run: at([], 'missing-iat'),
  },
  {
    name: 'the person signed in longer ago than was allowed',
    code: 'id_token_auth_time_invalid',
    exit: 7,
    because: /does not keep to max_age/,
    run: at(['--max-age', '60'], 'old-auth-time'),
  },
  {
    name: 'the assertion of the client comes at another time than the provider has',
    code: 'invalid_client',
    exit: 5,
    because: /provider's is \d+ s ahead of this machine's, and the client's assertion lives for a short time/,
    run: async (stage) => {
      const { issuer } = await stage.scripted({ client: { id: 'demo', secret: 'another-one' }, date: 300 });
      const flags = ['--client-secret-env', 'SECRET', '--client-auth', 'client_secret_jwt'];
      return stage.login(issuer, flags, { env: { SECRET: stage.secret('a-secret-of-some-length-for-hs256') } });
    },
  },
  {
    name: 'the address is pasted when the code has expired',
    code: 'invalid_grant',
    exit: 5,
    because: /expired or was used before: it was pasted 1\d\d seconds after/,
    run: async (stage) => {
      const { issuer } = await stage.scripted({ token: () => oauthError(400, 'invalid_grant') });
      const started = await stage.login(issuer, ['--start', '--redirect-uri', 'http://localhost:8484/callback']);
      stage.machine.passTime(150);
      return stage.run(['login', '--callback-url', '-'], { stdin: await answerTo(started.stdout, stage) });
    },
  },
  {
    name: 'the address is pasted when the sign-in has been forgotten',
    code: 'callback_no_pending',
    exit: 4,
    because: /more than 10 minutes ago, and has been forgotten since 1\d\d seconds/,
    run: async (stage) => {
      const { issuer } = await stage.scripted();
      const started = await stage.login(issuer, ['--start', '--redirect-uri', 'http://localhost:8484/callback']);
      stage.machine.passTime(700);
      return stage.run(['login', '--callback-url', '-'], { stdin: await answerTo(started.stdout, stage) });
    },
  },
  {
    name: 'the sign-in page is left open',
    code: 'login_timeout',
    exit: 6,
    because: /page was left or closed, or waits for something/,
    run: async (stage) => stage.login((await stage.idp()).issuer, ['--timeout', '1'], { openUrl: nobodyThere }),
  },
  {
    name: 'the provider rotates its keys while nobody can fetch the new ones',
    code: 'key_set_unavailable',
    exit: 3,
    because: /failed at that moment/,
    run: async (stage) => {
      const { issuer } = await stage.scripted({
        header: { kid: 'new' },
        keySet: (honest, fetched) => (fetched === 1 ? { body: honest } : { status: 503 }),
      });
      return stage.login(issuer, [], { openUrl: followRedirects });
    },
  },
  {
    name: 'a cache serves the key set of yesterday',
    code: 'id_token_key_not_found',
    exit: 7,
    because: /A cache served the key set: it is 86400 s old/,
    run: async (stage) => {
      const keySet = (honest: object) => ({ body: honest, headers: { age: '86400' } });
      return stage.login((await stage.scripted({ header: { kid: 'new' }, keySet })).issuer);
    },
  },
];

/** What the browser ends at, when it has been sent to the address that `login --start` prints. */
async function answerTo(printed: string, stage: Stage): Promise<string> {
  const url = /^http\S+$/m.exec(printed)?.[0] ?? '';
  const response = await fetch(url, { redirect: 'manual' });
  const location = response.headers.get('location') ?? '';
  stage.secret(new URL(location).searchParams.get('code') ?? '-');
  return location;
}
