import { objectMembers, textValues } from '../../oidc/json-values.js';
import { type ConnectorConfig, savedForm, withOpenid } from './schema.js';

/**
 * The readable parts of a configuration, whether Logto accepts it or not: as after
 * saving, with Logto's defaults, without values of a type that Logto refuses.
 */
export interface ConnectorView {
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** As in the file. */
  readonly scope: string | undefined;
  /** The scopes that Logto sends, as a provider splits them. */
  readonly scopes: readonly string[];
  readonly method: ConnectorConfig['tokenEndpointAuthMethod'];
  readonly methodIsWritten: boolean;
  readonly assertionAlgorithm: ConnectorConfig['clientSecretJwtSigningAlgorithm'];
  readonly assertionAlgorithmIsWritten: boolean;
  readonly trustUnverifiedEmail: boolean;
  readonly jwksUri: string | undefined;
  /** Empty: Logto does not compare the issuer. */
  readonly issuers: readonly string[];
  /** Undefined: every algorithm that a key of the set supports. */
  readonly algorithms: readonly string[] | undefined;
  readonly clockTolerance: string | number | undefined;
  readonly maxTokenAge: string | number | undefined;
  readonly subject: string | undefined;
  readonly typ: string | undefined;
  readonly requestOptions: Readonly<Record<string, string>>;
  readonly customConfig: Readonly<Record<string, string>>;
}

/** Reads the readable parts of a configuration. Never throws. */
export function connectorView(config: Readonly<Record<string, unknown>>): ConnectorView {
  const saved = objectMembers(savedForm(config));
  const verification = objectMembers(saved.idTokenVerificationConfig);
  const scope = text(saved.scope);
  const algorithms = textValues(verification.algorithms);
  return {
    authorizationEndpoint: text(saved.authorizationEndpoint),
    tokenEndpoint: text(saved.tokenEndpoint),
    clientId: text(saved.clientId),
    clientSecret: text(saved.clientSecret),
    scope,
    scopes: scope === undefined ? [] : withOpenid(scope).split(' ').filter(Boolean),
    method: oneOf(saved.tokenEndpointAuthMethod, METHODS) ?? 'client_secret_post',
    methodIsWritten: saved.tokenEndpointAuthMethod !== undefined,
    assertionAlgorithm: oneOf(saved.clientSecretJwtSigningAlgorithm, ASSERTION_ALGORITHMS) ?? 'HS256',
    assertionAlgorithmIsWritten: saved.clientSecretJwtSigningAlgorithm !== undefined,
    trustUnverifiedEmail: saved.trustUnverifiedEmail === true,
    jwksUri: text(verification.jwksUri),
    issuers: typeof verification.issuer === 'string' ? [verification.issuer] : textValues(verification.issuer),
    algorithms: algorithms.length === 0 ? undefined : algorithms,
    clockTolerance: textOrNumber(verification.clockTolerance),
    maxTokenAge: textOrNumber(verification.maxTokenAge),
    subject: text(verification.subject),
    typ: text(verification.typ),
    requestOptions: textMembers(saved.authRequestOptionalConfig),
    customConfig: textMembers(saved.customConfig),
  };
}

/** Logto's methods of client authentication. */
export const METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'] as const;

const ASSERTION_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;

function textMembers(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectMembers(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textOrNumber(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function oneOf<const T extends readonly string[]>(value: unknown, known: T): T[number] | undefined {
  return known.find((item) => item === value);
}
