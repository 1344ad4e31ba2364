import { lookup, parseJson } from '../json.js';
import { nearest } from '../profiles/nearest.js';
import { CONNECTOR_KEYS, type ConfigFault } from './connector-config.js';

/** Where a value that is missing is to be had. */
const SOURCES: Readonly<Record<string, string>> = {
  authorizationEndpoint: "Copy authorization_endpoint from the provider's discovery document there.",
  tokenEndpoint: "Copy token_endpoint from the provider's discovery document there.",
  clientId: 'Write the client id there that the provider gave to Logto.',
  clientSecret:
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
    'Write the client secret there, or "${NAME}" for an environment variable; a client without a secret cannot be used.',
  scope: 'Write "openid profile email" there.',
  idTokenVerificationConfig: 'Write {"jwksUri": "…"} there, with jwks_uri from the provider\'s discovery document.',
  jwksUri: "Copy jwks_uri from the provider's discovery document there.",
};

/** What to change for one fault of a configuration, where it is a mistake that people make. Values are not repeated. */
export function configRepair(config: Readonly<Record<string, unknown>>, fault: ConfigFault): string | undefined {
  const parent = at(config, fault.path.slice(0, -1));
  const key = fault.path.at(-1) ?? '';
  const value = parent?.[key];
  if (value === undefined || value === '') return missing(config, parent ?? {}, key);
  if (typeof value === 'string') return ofText(key, value, fault);
  if (value === null) return `Remove ${key}: null is not the same as nothing.`;
  if (key === 'currentDate') return 'Remove it: Logto takes no value there, whatever it is.';
  if (key === 'scope' && Array.isArray(value)) return 'Write the scopes as one text, with spaces between them.';
  const wantsText = /^text in quotes(?! or|, or)/.test(fault.allowed);
  if (wantsText && typeof value === 'number') return 'Put the number in quotes.';
  if (wantsText && typeof value === 'boolean') return `Put it in quotes: "${value}".`;
  if (wantsText && Array.isArray(value)) return 'Write one text in place of the list.';
  if (fault.allowed.startsWith('true or false') && (value === 0 || value === 1)) {
    return `Write ${value === 1}, without quotes.`;
  }
  return undefined;
}

function missing(
  config: Readonly<Record<string, unknown>>,
  parent: Readonly<Record<string, unknown>>,
  key: string,
): string | undefined {
  const known: readonly string[] = Object.values(CONNECTOR_KEYS).flat();
  const meant = nearest(
    key,
    Object.keys(parent).filter((name) => !known.includes(name)),
  );
  if (meant !== undefined)
    return `Rename ${JSON.stringify(meant)} to ${key}: Logto ignores keys that it does not know.`;
  const inVerification = key === 'jwksUri' || key === 'idTokenVerificationConfig';
  if (inVerification) {
    const astray = ['jwksUri', 'jwks_uri', 'jwks_url', 'jwksUrl'].find((name) => Object.hasOwn(config, name));
    if (astray) return `Move ${astray} into idTokenVerificationConfig, as jwksUri.`;
  }
  return SOURCES[key];
}

const NO_METHOD: Readonly<Record<string, string>> = {
  none: 'Have the provider give a client secret (a confidential client): Logto always authenticates with one.',
  private_key_jwt: 'Have the provider take a client secret for this client: Logto cannot sign with a private key.',
  tls_client_auth: 'Have the provider take a client secret for this client: Logto has no client certificates.',
};

function ofText(key: string, value: string, fault: ConfigFault): string | undefined {
  if (/^(?:true|false)$/i.test(value) && fault.allowed.startsWith('true or false')) {
    return `Take the quotes off: ${value.toLowerCase()}.`;
  }
  const parsed = parsedValue(value);
  if (Array.isArray(parsed) || (typeof parsed === 'object' && parsed !== null)) {
    return 'Take the quotes (and the backslashes) off: JSON stands there within a text.';
  }
  if (key === 'tokenEndpointAuthMethod') {
    const known = lookup(NO_METHOD, value);
    if (known !== undefined) return known;
    const method = nearest(value, ['client_secret_basic', 'client_secret_post', 'client_secret_jwt']);
    return method && `Write "${method}".`;
  }
  if (key === 'clientSecretJwtSigningAlgorithm') {
    return 'Write "HS256", "HS384" or "HS512": the assertion is signed with the client secret.';
  }
  if (key === 'algorithms') return 'Write a list, even of one: ["RS256"].';
  if (key === 'responseType' || key === 'grantType') return `Remove ${key}: Logto does the code flow alone.`;
  if (key === 'currentDate') return 'Remove it: Logto takes no value there, whatever it is.';
  return undefined;
}

function parsedValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function at(config: unknown, path: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  let found = config;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return typeof found === 'object' && found !== null ? (found as Readonly<Record<string, unknown>>) : undefined;
}
