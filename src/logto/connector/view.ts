import { objectMembers, textValue, textValues } from '../../oidc/json-values.js';
import { ASSERTION_ALGORITHMS, AUTH_METHODS, type ConnectorConfig, savedForm, withOpenid } from './schema.js';

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
  const scope = textValue(saved.scope);
  const algorithms = textValues(verification.algorithms);
  return {
    authorizationEndpoint: textValue(saved.authorizationEndpoint),
    tokenEndpoint: textValue(saved.tokenEndpoint),
    clientId: textValue(saved.clientId),
    clientSecret: textValue(saved.clientSecret),
    scope,
    scopes: scope === undefined ? [] : withOpenid(scope).split(' ').filter(Boolean),
    method: oneOf(saved.tokenEndpointAuthMethod, AUTH_METHODS) ?? 'client_secret_post',
    methodIsWritten: saved.tokenEndpointAuthMethod !== undefined,
    assertionAlgorithm: oneOf(saved.clientSecretJwtSigningAlgorithm, ASSERTION_ALGORITHMS) ?? 'HS256',
    assertionAlgorithmIsWritten: saved.clientSecretJwtSigningAlgorithm !== undefined,
    trustUnverifiedEmail: saved.trustUnverifiedEmail === true,
    jwksUri: textValue(verification.jwksUri),
    issuers: typeof verification.issuer === 'string' ? [verification.issuer] : textValues(verification.issuer),
    algorithms: algorithms.length === 0 ? undefined : algorithms,
    clockTolerance: textOrNumber(verification.clockTolerance),
    maxTokenAge: textOrNumber(verification.maxTokenAge),
    subject: textValue(verification.subject),
    typ: textValue(verification.typ),
    requestOptions: textMembers(saved.authRequestOptionalConfig),
    customConfig: textMembers(saved.customConfig),
  };
}

function textMembers(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectMembers(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function textOrNumber(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function oneOf<const T extends readonly string[]>(value: unknown, known: T): T[number] | undefined {
  return known.find((item) => item === value);
}
