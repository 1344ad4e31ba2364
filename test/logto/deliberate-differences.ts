import type { DifferentialCase, Ending } from './differential-case.js';
import { PUBLIC_KEYS } from './differential-provider.js';

/** Where we differ from Logto on purpose, with the reason. */
interface DeliberateDifference {
  readonly what: string;
  readonly reason: string;
  /** A sign-in that shows it, with what Logto ends it (the case's own `ends`) and what we do; absent where showing it costs too much. */
  readonly shown?: { readonly by: Omit<DifferentialCase, 'name'>; readonly oursEnds: Ending };
}

const keySet = JSON.stringify({ keys: [PUBLIC_KEYS.rsa] });

/** All of them: whatever is not in this list and differs is a fault. */
export const DELIBERATE_DIFFERENCES: readonly DeliberateDifference[] = [
  {
    what: 'An answer of more than 2 MiB is not read.',
    reason: 'Our one fetch has this limit for every request, so that no provider can fill the memory of a CI job.',
    shown: {
      by: { ends: 'accepted', tokens: { padding: 'x'.repeat(2 * 1024 * 1024) } },
      oursEnds: 'server_error',
    },
  },
  {
    what: 'The 10 s for the token endpoint end with the last byte of the answer, and not with its head.',
    reason: 'Every wait of ours ends; a body that comes for ever would keep Logto waiting for ever.',
  },
  {
    what: 'Endpoints with the scheme data: are refused.',
    reason:
      'Our fetch makes network requests only. A key set inside of the configuration is nothing that anybody publishes.',
    shown: {
      by: { ends: 'accepted', verification: { jwksUri: `data:application/json,${encodeURIComponent(keySet)}` } },
      oursEnds: 'server_error',
    },
  },
  {
    what: 'Ports that a browser does not connect to (such as 6000) are asked.',
    reason:
      'The list of Fetch §2.9 is about browsers; a provider behind such a port can be tested here, though Logto cannot use it.',
  },
  {
    what: 'A status outside of what HTTP has (600 to 999) counts as no answer.',
    reason: 'Fetch has no response for it. Both refuse the sign-in; only the code differs.',
    shown: { by: { ends: 'general', answers: { '/token': { status: 600 } } }, oursEnds: 'server_error' },
  },
  {
    what: 'A refusal whose body breaks off, or is not compressed as it says, counts as no answer.',
    reason:
      "Logto does not read the body of a refusal. We do, since it holds the provider's reason. Both refuse the sign-in.",
    shown: {
      by: { ends: 'general', answers: { '/token': { status: 400, cut: true, body: 'x'.repeat(1000) } } },
      oursEnds: 'server_error',
    },
  },
  {
    what: 'Of several content codings, one that is not known is passed over.',
    reason: 'Our one fetch decodes what it knows; Logto then decodes nothing, and finds no JSON.',
    shown: {
      by: {
        ends: 'invalid_response',
        answers: {
          '/token': { compress: 'gzip', headers: { 'content-encoding': 'x-odd, gzip' }, body: { id_token: '%TOKEN%' } },
        },
      },
      oursEnds: 'accepted',
    },
  },
  {
    what: 'An answer nested more than a hundred levels deep is refused before it is read.',
    reason: "Logto's check of it runs out of stack, at a depth that depends on the machine.",
    shown: {
      by: {
        ends: 'invalid_response',
        answers: { '/token': { body: `{"id_token":"%TOKEN%","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}` } },
      },
      oursEnds: 'server_error',
    },
  },
  {
    what: 'A customConfig that overrides state, nonce or the redirect URI is refused before the browser opens.',
    reason:
      'Logto sends the person to the provider, and the sign-in fails when they come back (refuseOverrides says how). The functions compared here still build the URL as Logto does.',
  },
  {
    what: 'A connector file with a key in it twice, with half of a surrogate pair or with U+0000 is refused.',
    reason:
      "Of two keys the later silently wins, and Logto's database cannot keep the characters: no such file is meant.",
  },
  {
    what: 'The headers user-agent, accept-encoding, accept-language and sec-fetch-mode are our own.',
    reason: 'They say who asks; a provider may log them, and no provider decides by them.',
  },
  {
    what: 'A proxy of the environment and --ca are obeyed.',
    reason: "They are this machine's way to the provider, not the Logto server's.",
  },
];
