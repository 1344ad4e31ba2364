import type { Check } from '../../check.js';
import { checkCallback, isAuthorizationRequest } from '../../checks/callback-checks.js';
import { explainProviderCode } from '../../explain/explain-provider-code.js';
import type { Explanation } from '../../explain/explanation.js';
import { parameterMeaning } from '../../explain/parameters.js';
import { looksLikeJwt } from '../../oidc/decode-token.js';
import type { AddressParameter, NamedToken, ParsedInput } from '../../oidc/parse-input.js';
import { tokenName } from '../../oidc/parse-input.js';
import type { Provider } from '../../oidc/provider.js';
import type { PendingSignIn } from '../../sessions/pending-sign-ins.js';
import { shortenSecret } from './safe-claims.js';

/** A pasted address. */
export type PastedAddress = Extract<ParsedInput, { kind: 'address' }>;

/** An address with its parameters explained and checked. Its secrets are shortened. */
export interface InspectedAddress {
  readonly kind: 'authorization response' | 'authorization request';
  readonly address: string | undefined;
  readonly parameters: readonly {
    readonly name: string;
    readonly value: string;
    readonly in: AddressParameter['in'];
    readonly means: string;
  }[];
  /** What the provider's error means, in words. */
  readonly error?: Explanation & { readonly code: string; readonly standard: string | null };
  readonly checks: readonly Check[];
}

/** The tokens that came in an address: the implicit and hybrid flows, and JARM. */
export function addressTokens({ parameters }: PastedAddress): readonly NamedToken[] {
  return parameters.filter(({ name, value }) => tokenName(name) !== undefined && value !== '');
}

/** Explains an address and holds it against what is known: the sign-in that waits for it, and the issuer. */
export function inspectAddress(
  { address, parameters }: PastedAddress,
  known: {
    readonly pending: PendingSignIn | undefined;
    readonly issuer: string | undefined;
    readonly provider: Provider | undefined;
  },
): InspectedAddress {
  const request = isAuthorizationRequest(parameters);
  const redirectUri = known.pending?.redirectUri;
  const expected = {
    issuer: known.provider?.issuer ?? known.issuer,
    advertisesIss: known.provider && known.provider.metadata.authorization_response_iss_parameter_supported === true,
    redirectUri: typeof redirectUri === 'string' ? redirectUri : undefined,
    stateKnown: known.pending !== undefined,
  };
  return {
    kind: request ? 'authorization request' : 'authorization response',
    address,
    parameters: parameters.map(({ name, value, in: where }) => {
      const { means, secret } = parameterMeaning(name);
      // Whatever it is called: a JWT in an address is somebody's token.
      return { name, value: secret || looksLikeJwt(value) ? shortenSecret(value) : value, in: where, means };
    }),
    error: responseError(parameters),
    checks: request ? [] : checkCallback(address, parameters, expected),
  };
}

function responseError(parameters: readonly AddressParameter[]): InspectedAddress['error'] {
  const value = (name: string) => parameters.find((parameter) => parameter.name === name)?.value;
  const error = value('error');
  if (error === undefined) return undefined;
  const description = value('error_description');
  const known = explainProviderCode(error, { error, description });
  if (known) {
    const { code, standard, message, causes, fix } = known;
    return { code, standard, message, causes, fix };
  }
  return {
    code: error,
    standard: null,
    message: 'The provider answered with an error of its own, which no standard knows.',
    causes: [],
    fix: "Look it up in the provider's documentation.",
  };
}

/** The issuer that a pending sign-in was sent to. */
export function pendingIssuer(pending: PendingSignIn | undefined): string | undefined {
  const request = pending?.request;
  const issuer = typeof request === 'object' && request !== null && 'issuer' in request ? request.issuer : undefined;
  return typeof issuer === 'string' ? issuer : undefined;
}
