// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import type { Profile } from '../profiles/profile.js';

/** The variable that a first plan reads the password from. Its prefix is one that every plan may read. */
export function passwordVariable(profile: string): string {
  const word = profile
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return `OIDC_CLI_${word || 'SMOKE'}_PASSWORD`;
}

/** The variable of the client secret for a profile within the plan. */
const CLIENT_SECRET = 'OIDC_CLI_CLIENT_SECRET';

/** The variable for the client secret; undefined if the secret comes from elsewhere, or there is none. */
export function secretVariable({ clientSecret }: Profile, inFile: boolean): string | undefined {
  if (!clientSecret || !inFile) return clientSecret && CLIENT_SECRET;
  return clientSecret.kind === 'env' ? clientSecret.name : undefined;
}

/**
 * The text of a first plan for a profile, with comments: one working check, and
 * examples of further expectations. `inFile`: a configuration file has the
 * profile, so the plan only names it; otherwise the plan has its keys.
 */
export function firstPlan(profile: Profile, inFile: boolean, user = 'test-user@example.com'): string {
  const quoted = (text: string) => JSON.stringify(text);
  const named = inFile ? quoted(profile.name) : inlineProfile(profile);
  return `# yaml-language-server: $schema=./node_modules/oidc-cli/schema/oidc-smoke.schema.json
# Sign-ins that oidc-cli smoke makes, and what it expects of them. Every key: docs/smoke.md

defaults:
  # The test user. No secret stands in this file: a variable, or {file: PATH}, says where it is.
  user: ${quoted(user)}
  password: \${${passwordVariable(profile.name)}}
  # totp: \${OIDC_CLI_TOTP_SECRET}    # the secret behind one-time codes
  # with: auto                       # http, and a browser where the page needs a script
  # timeout: 60                      # seconds for one try
  # retries: 0

checks:
  - name: ${quoted(`sign-in at ${profile.name}`)}
    profile: ${named}
    # The redirect URI as registered, also one in production: the answer never reaches it.
    redirectUri: ${quoted(profile.redirectUri)}
    # tags: [nightly]
    expect:
      claims:
        sub: { present: true }
        # email: ${user}
        # email_verified: true
        # groups: { type: array }
      scopes: [${profile.scope.split(' ').filter(Boolean).join(', ')}]
      # idToken: { alg: [RS256, ES256], lifetime: { atLeast: 300 } }
      # accessToken: { format: jwt, audience: https://api.example.com }
      # userinfo: true               # answers, for the same sub
      # introspection: true          # calls the access token active
      # refresh: { works: true, rotates: true, oldRefused: true }  # most providers: with the scope offline_access
      # revocation: true             # what is revoked is of no use
      # logout: true                 # comes back, and nobody is signed in any more
      # within: { total: 10 }        # seconds
      # certificateDays: 14          # TLS certificate and x5c
      # discovery: oidc-baseline.json # as it was when oidc-cli smoke baseline ran

  # A user who must not get in:
  # - name: a disabled user is refused
  #   profile: ${named}
  #   user: disabled-user@example.com
  #   password: \${OIDC_CLI_DISABLED_USER_PASSWORD}
  #   expect: { failure: [access_denied, sign_in_rejected, sign_in_account_locked] }
`;
}

/** The keys of a profile that a sign-in needs; a secret by its variable. */
function inlineProfile({ issuer, clientId, clientSecret, scope }: Profile): string {
  const secret = clientSecret === undefined ? {} : { clientSecret: `\${${CLIENT_SECRET}}` };
  const keys = Object.entries({ issuer, clientId, ...secret, scope });
  return `{ ${keys.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')} }`;
}
