import { objectMembers, textValues } from '../../oidc/json-values.js';
import { type ConnectorConfig, savedForm, withOpenid } from './schema.js';

/**
 * What can be read of a configuration, whether Logto accepts it or not: as it
 * is after saving, with Logto's defaults. What has another type than Logto
 * wants is left out.
 */
export interface ConnectorView {
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** As it is written. */
  readonly scope: string | undefined;
  /** The scopes of the scope that Logto sends, as a provider splits it. */
  readonly scopes: readonly string[];
  readonly method: ConnectorConfig['tokenEndpointAuthMethod'];
  readonly methodIsWritten: boolean;
  readonly assertionAlgorithm: ConnectorConfig['clientSecretJwtSigningAlgorithm'];
  readonly assertionAlgorithmIsWritten: boolean;
  readonly trustUnverifiedEmail: boolean;
  readonly jwksUri: string | undefined;
  /** Empty: the issuer is not compared. */
  readonly issuers: readonly string[];
  /** Undefined: any that the key set is good for. */
  readonly algorithms: readonly string[] | undefined;
  readonly clockTolerance: string | number | undefined;
  readonly maxTokenAge: string | number | undefined;
  readonly subject: string | undefined;
  readonly typ: string | undefined;
  readonly requestOptions: Readonly<Record<string, string>>;
  readonly customConfig: Readonly<Record<string, string>>;
}

/** Reads a configuration as far as it can be read. Never throws. */
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

/** The ways of authentication that Logto knows. */
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
