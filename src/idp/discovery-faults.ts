import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Fault } from './fault.js';
import { HUGE_BYTES, hugeText, page, redirect, truncateBody } from './faulty-responses.js';

/** Faults of the discovery document, which is the provider's configuration in its own words. */
export const DISCOVERY_FAULTS = {
  'discovery-wrong-issuer': {
    does: 'The issuer of the discovery document is https://another-issuer.example.',
    clause: 'to be refused by OIDC Discovery §4.3',
    client: 'refuses',
    ...withMetadata(() => ({ issuer: 'https://another-issuer.example' })),
  },
  'discovery-issuer-with-slash': {
    does: 'The issuer of the discovery document has a slash at the end, and elsewhere has none.',
    clause: 'to be refused by OIDC Discovery §4.3',
    client: 'refuses',
    ...withMetadata(({ issuer }) => ({ issuer: `${issuer}/` })),
  },
  'discovery-404': {
    does: 'There is no discovery document: 404.',
    clause: 'allowed by OIDC Discovery §1: it is optional',
    answer: { discovery: (ctx) => page(ctx, 404, 'Not found') },
  },
  'discovery-500': {
    does: 'The discovery document’s address answers 500 with a page.',
    clause: 'a broken provider, or a proxy before it',
    client: 'refuses',
    answer: { discovery: (ctx) => page(ctx, 500, 'Internal Server Error') },
  },
  'discovery-html': {
    does: 'The discovery document’s address answers 200 with an HTML page.',
    clause: 'against OIDC Discovery §4.2',
    client: 'refuses',
    answer: { discovery: (ctx) => page(ctx, 200, 'Welcome') },
  },
  'discovery-cut-off': {
    does: 'The discovery document is the first half of its JSON.',
    clause: 'against OIDC Discovery §4.2',
    client: 'refuses',
    answer: { discovery: truncateBody },
  },
  'discovery-huge': {
    does: `The discovery document is ${HUGE_BYTES} MB long; all that it should hold is in it.`,
    clause: 'allowed; a client does well to read no more than it can use',
    ...withMetadata(() => ({ padding: hugeText() })),
  },
  'discovery-redirect': {
    does: 'The discovery document’s address redirects to /another/configuration.',
    clause: 'against OIDC Discovery §4.2',
    answer: { discovery: (ctx) => redirect(ctx, '/another/configuration') },
  },
  'no-token-endpoint': {
    does: 'The discovery document names no token endpoint.',
    clause: 'against OIDC Discovery §3',
    client: 'refuses',
    ...withMetadata(() => ({ token_endpoint: undefined })),
  },
  'no-jwks-uri': {
    does: 'The discovery document names no key set.',
    clause: 'against OIDC Discovery §3',
    ...withMetadata(() => ({ jwks_uri: undefined })),
  },
  'relative-endpoint': {
    does: 'The token endpoint in the discovery document is /token, without scheme and host.',
    clause: 'against OIDC Discovery §3',
    client: 'refuses',
    ...withMetadata(() => ({ token_endpoint: '/token' })),
  },
  'wrong-algorithms-announced': {
    does: 'The discovery document announces PS256 as the only algorithm of ID tokens, which are signed with others.',
    clause: 'against OIDC Discovery §3; the ID token is to be refused by OIDC Core §3.1.3.7 (7)',
    client: 'refuses',
    ...withMetadata(() => ({ id_token_signing_alg_values_supported: ['PS256'] })),
  },
  'key-authentication-announced': {
    does: 'The discovery document announces private_key_jwt as the only client authentication.',
    clause: 'allowed by OIDC Discovery §3; untrue here, where secrets are taken too',
    ...withMetadata(() => ({ token_endpoint_auth_methods_supported: ['private_key_jwt'] })),
  },
  'no-pkce-announced': {
    does: 'The discovery document says nothing of PKCE, which the provider takes all the same.',
    clause: 'against RFC 8414 §2, under which that means that there is none',
    client: 'signs in',
    ...withMetadata(() => ({ code_challenge_methods_supported: undefined })),
  },
} satisfies Readonly<Record<string, Fault>>;

/** Lays members over the discovery document; `undefined` leaves one out. */
function withMetadata(
  members: (honest: Record<string, unknown>) => Record<string, unknown>,
): Required<Pick<Fault, 'answer'>> {
  const discovery = (ctx: KoaContextWithOIDC) => {
    const honest = ctx.body as Record<string, unknown>;
    ctx.body = { ...honest, ...members(honest) };
  };
  return { answer: { discovery } };
}
