import * as z from 'zod';

const text = (allowed: string) => z.string({ error: allowed }).min(1, { error: allowed });
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `one of ${values.join(', ')}` });
const uris = z
  .array(
    z.string({ error: 'an absolute URI without a fragment' }).refine((uri) => URL.canParse(uri) && !uri.includes('#'), {
      error: 'an absolute URI without a fragment',
    }),
    { error: 'a list of absolute URIs' },
  )
  .optional();
const client = z.strictObject(
  {
    client_id: text('a text, required'),
    /** Needed by every authentication method but `none` and `private_key_jwt`. */
    client_secret: text('a text').optional(),
    client_name: text('a text').optional(),
    /** Left out: any loopback redirect URI (http on 127.0.0.1, [::1] or localhost, any port and path; RFC 8252 7.3). */
    redirect_uris: uris,
    /** Left out: any loopback URI. An empty list: none. */
    post_logout_redirect_uris: uris,
    /**
     * Left out: `client_secret_basic` with a secret, `none` without one. The
     * provider takes `client_secret_basic` and `client_secret_post` for each other.
     */
    token_endpoint_auth_method: oneOf([
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'none',
    ]).optional(),
    token_endpoint_auth_signing_alg: oneOf(['HS256', 'RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA']).optional(),
    grant_types: z.array(oneOf(['authorization_code', 'refresh_token']), { error: 'a list' }).optional(),
    /** Left out: every scope the provider has. */
    scope: text('scopes separated by spaces').optional(),
    id_token_signed_response_alg: oneOf(['RS256', 'ES256', 'EdDSA']).optional(),
    default_acr_values: z.array(text('a text'), { error: 'a list of texts' }).optional(),
    /** Seconds. */
    default_max_age: z.int({ error: 'whole seconds' }).nonnegative({ error: 'whole seconds' }).optional(),
    require_auth_time: z.boolean({ error: 'true or false' }).optional(),
    /** Public keys for `private_key_jwt`. */
    jwks: z
      .object({ keys: z.array(z.looseObject({ kty: z.string() })) }, { error: 'a JWK set with public keys' })
      .optional(),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'a client: a mapping with client_id' : undefined) },
);
/** The members that a client may have. */
export const CLIENT_MEMBERS = Object.keys(client.shape);

/** What a file of clients may hold, under the names of OIDC Dynamic Client Registration 2. The errors are what is allowed. */
export const clientListSchema = z.array(
  client.superRefine((value, context) => {
    const method = value.token_endpoint_auth_method;
    if (method?.startsWith('client_secret') && value.client_secret === undefined) {
      context.addIssue({ code: 'custom', path: ['client_secret'], message: `a text, required by ${method}` });
    }
    if (method === 'private_key_jwt' && value.jwks === undefined) {
      context.addIssue({ code: 'custom', path: ['jwks'], message: 'a JWK set, required by private_key_jwt' });
    }
  }),
  { error: 'a list of clients' },
);

/** One client of such a file. */
export type FileClient = z.infer<typeof client>;
