import { OidcCliError } from '../errors.js';

/** Credentials and the origins that received them. */
export interface SentCredentials {
  /** For people: `user name and password to https://id.example.com`. */
  readonly lines: readonly string[];
  /** An origin other than the issuer's and the authorization endpoint's received some of it. */
  readonly elsewhere: boolean;
}

/** The same error with what was sent where before it, so that the report says so; other values as they are. */
export function withCredentialsSent(error: unknown, sent: SentCredentials | undefined): unknown {
  if (!(error instanceof OidcCliError) || error.code === 'interrupted' || !sent) return error;
  const before = error.facts.credentialsSent;
  const credentialsSent = [...new Set([...(Array.isArray(before) ? before : []), ...sent.lines])];
  if (credentialsSent.length === 0) return error;
  const credentialsSentElsewhere = sent.elsewhere || error.facts.credentialsSentElsewhere === true;
  return error.with({ facts: { credentialsSent, credentialsSentElsewhere } });
}

/** The facts of an error about credentials that were sent before it. */
export function credentialsSent({ facts }: OidcCliError): SentCredentials {
  const { credentialsSent: lines, credentialsSentElsewhere } = facts;
  return { lines: Array.isArray(lines) ? lines : [], elsewhere: credentialsSentElsewhere === true };
}
