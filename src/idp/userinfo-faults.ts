import type { Fault } from './fault.js';
import { page } from './faulty-responses.js';

/** Faults of the userinfo endpoint. */
export const USERINFO_FAULTS = {
  'userinfo-wrong-sub': {
    does: 'The userinfo endpoint’s sub is another-user.',
    clause: 'to be refused by OIDC Core §5.3.2',
    client: 'refuses',
    answer: {
      userinfo: (ctx) => {
        ctx.body = { ...(ctx.body as object), sub: 'another-user' };
      },
    },
  },
  'userinfo-no-sub': {
    does: 'The userinfo endpoint answers without a sub.',
    clause: 'against OIDC Core §5.3.2',
    answer: {
      userinfo: (ctx) => {
        const { sub: _sub, ...claims } = ctx.body as Record<string, unknown>;
        ctx.body = claims;
      },
    },
  },
  'userinfo-401': {
    does: 'The userinfo endpoint does not accept the access token, fresh as it is.',
    clause: 'OIDC Core §5.3.3',
    answer: {
      userinfo: (ctx) => {
        ctx.status = 401;
        ctx.set('www-authenticate', 'Bearer error="invalid_token", error_description="The token is for another API"');
        ctx.body = { error: 'invalid_token', error_description: 'The token is for another API' };
      },
    },
  },
  'userinfo-500': {
    does: 'The userinfo endpoint answers 500 with a page.',
    clause: 'a broken provider, or a proxy before it',
    answer: { userinfo: (ctx) => page(ctx, 500, 'Internal Server Error') },
  },
  'userinfo-html': {
    does: 'The userinfo endpoint answers 200 with an HTML page.',
    clause: 'against OIDC Core §5.3.2',
    answer: { userinfo: (ctx) => page(ctx, 200, 'Welcome') },
  },
} satisfies Readonly<Record<string, Fault>>;
