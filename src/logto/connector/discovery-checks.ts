import { CheckList, type CheckOutcome, type DoctorCheck } from '../../checks/check-list.js';
import type { Facts } from '../../errors.js';
import { lookup } from '../../json.js';
import { withoutQuery } from '../../oidc/endpoint-address.js';
import type { AdvertisedMetadata } from '../../oidc/metadata.js';
import { addressFault } from './address.js';
import { capabilityChecks } from './capability-checks.js';
import type { ConnectorFile } from './file.js';
import type { ProviderDiscovery, TriedIssuer } from './provider.js';
import type { ConnectorView } from './view.js';

/**
 * Compares the connector with the provider's discovery (OIDC Discovery §3):
 * whether there is a document, which issuer it names, whether issuer and endpoints
 * equal those of the configuration, and whether the provider supports everything
 * that Logto uses.
 */
export function discoveryChecks(file: ConnectorFile, view: ConnectorView, response: ProviderDiscovery): DoctorCheck[] {
  const list = new CheckList('provider', { places: file });
  const { provider } = response;
  for (const asked of response.tried) if (asked !== provider) skipDiscovery(list, asked, provider !== undefined);
  if (!provider) {
    if (response.tried.length === 0) {
      list.add('skip', 'discovery', {
        actual: 'no issuer is known',
        why: 'The configuration has none, and no discovery document at the paths above its endpoints names them.',
        repair: "Give the provider's issuer with --issuer.",
      });
    }
    return list.all;
  }
  const { metadata, from, fault } = provider;
  const spelled = fault === undefined || fault.code === 'discovery_issuer_mismatch';
  if (spelled) {
    const how = { configuration: '', flag: ', as --issuer says', guess: ', found by its endpoints' }[from];
    list.add('pass', 'discovery', { actual: `${metadata.issuer}${how}` });
  } else {
    list.put('discovery', unusable(provider));
  }
  if (typeof metadata.issuer === 'string' && view.issuers.length > 0) {
    list.put('issuer', issuer(view.issuers, metadata.issuer));
  }
  endpoints(list, view, metadata);
  return [...list.all, ...capabilityChecks(file, view, metadata)];
}

const ISSUER = ['idTokenVerificationConfig', 'issuer'];

/** Skips the checks of a named issuer whose document is not the one used for the comparison. */
function skipDiscovery(list: CheckList, asked: TriedIssuer, another: boolean): void {
  const key = asked.from === 'configuration' ? { key: ISSUER } : {};
  if (asked.metadata && !asked.fault) {
    list.add('pass', 'discovery', { actual: `${asked.asked} has a document too` });
  } else if (another && asked.fault?.code === 'discovery_not_found') {
    list.add('warn', 'discovery', { ...key, ...unusable(asked)[1] });
  } else {
    const [verdict, details] = unusable(asked);
    list.add(verdict, 'discovery', { ...key, ...details });
  }
}

/** The reason that there is no document to compare with, by the error's code. */
function unusable({ asked, fault }: TriedIssuer): CheckOutcome {
  const code = fault?.code ?? 'internal';
  const facts: Facts = fault?.facts ?? {};
  const reasons: Readonly<Record<string, string>> = {
    discovery_not_found: 'there is no discovery document (404)',
    discovery_http_error: `the discovery document's address answers ${facts.status}`,
    discovery_not_json: 'what comes as discovery document is not JSON',
    discovery_invalid: `the discovery document cannot be used: ${facts.reason}`,
    discovery_issuer_mismatch: `the discovery document there is that of ${facts.actual}`,
    endpoint_missing: `the discovery document names no ${facts.endpoint}`,
    issuer_invalid: 'it is no URL that an issuer can have',
    network_dns: 'its host name is not known',
    network_refused: 'nothing listens there',
    network_timeout: `it did not answer within ${facts.seconds} s`,
    tls_not_trusted: `its certificate is not trusted: ${facts.reason}`,
  };
  return [
    'fail',
    {
      actual: `${asked}: ${lookup(reasons, code) ?? `it could not be reached (${code})`}`,
      expected: 'a discovery document',
      why: /^(network|tls|proxy)/.test(code)
        ? 'Where this machine cannot reach the provider, Logto perhaps cannot either.'
        : 'An ID token of this issuer probably does not exist; without a document nothing can be compared.',
      repair: "Compare the issuer with the provider's documentation; --issuer names another one to ask.",
    },
  ];
}

function issuer(ours: readonly string[], theirs: string): CheckOutcome {
  const actual = ours.join(', ');
  if (ours.includes(theirs)) return ['pass', { key: ISSUER, actual: theirs }];
  const tenant = theirs.includes('{');
  if (tenant && ours.some((one) => fitsTemplate(one, theirs))) return ['pass', { key: ISSUER, actual }];
  const slash = ours.some((one) => one.replace(/\/$/, '') === theirs.replace(/\/$/, ''));
  const [why, repair] = tenant
    ? [
        'The provider writes the tenant into iss, and Logto compares exactly: every sign-in ends with 500.',
        'List the issuer of each tenant, with its id in place of the braces, or leave issuer out.',
      ]
    : [
        `Logto compares exactly${slash ? ', and they differ by the slash at the end' : ''}: every sign-in ends with 500.`,
        `Write ${theirs}`,
      ];
  return ['fail', { key: ISSUER, actual, expected: theirs, why, repair }];
}

/** Whether an issuer matches a template with a placeholder such as `{tenantid}`. */
function fitsTemplate(issuer: string, template: string): boolean {
  const [before = '', after = ''] = template.split(/\{[^}]*\}/);
  return issuer.startsWith(before) && issuer.endsWith(after) && issuer.length > before.length + after.length;
}

function endpoints(list: CheckList, view: ConnectorView, metadata: AdvertisedMetadata): void {
  const { authorization_endpoint, token_endpoint, jwks_uri } = metadata;
  const all = Object.entries(metadata).filter(
    (entry): entry is [string, string] => /_(endpoint|uri)$/.test(entry[0]) && typeof entry[1] === 'string',
  );
  const compare = (name: string, key: readonly string[], ours: string | undefined, theirs: unknown) => {
    // The checks of the configuration and of the key set report an invalid address.
    if (ours === undefined || typeof theirs !== 'string' || addressFault(ours) !== undefined) return;
    list.put(name, endpoint(key, ours, theirs, all));
  };
  compare('authorization endpoint', ['authorizationEndpoint'], view.authorizationEndpoint, authorization_endpoint);
  compare('token endpoint', ['tokenEndpoint'], view.tokenEndpoint, token_endpoint);
  compare('key set address', ['idTokenVerificationConfig', 'jwksUri'], view.jwksUri, jwks_uri);
}

function endpoint(
  key: readonly string[],
  ours: string,
  theirs: string,
  all: readonly (readonly [string, string])[],
): CheckOutcome {
  const [left, right] = [ours, theirs].map((address) => (URL.canParse(address) ? new URL(address) : undefined));
  if (!left || !right || left.href === right.href) return ['pass', { key, actual: withoutQuery(ours) }];
  const details = {
    key,
    actual: withoutQuery(ours),
    expected: withoutQuery(theirs),
    repair: `Write ${withoutQuery(theirs)}.`,
  };
  const mistaken = all.find(([, address]) => URL.canParse(address) && new URL(address).href === left.href);
  if (mistaken) return ['fail', { ...details, why: `This is the provider's ${mistaken[0]}.` }];
  if (left.origin !== right.origin) {
    const why =
      'It is at another server than the provider announces: perhaps an alias of it, perhaps another provider.';
    return ['warn', { ...details, why }];
  }
  if (left.pathname === right.pathname && key[0] === 'authorizationEndpoint') {
    // Another check reports the second ? that Logto adds.
    return ['pass', { key, actual: `${theirs}, but for the query` }];
  }
  const slash = left.pathname.replace(/\/$/, '') === right.pathname.replace(/\/$/, '');
  const why = slash
    ? `It differs by ${left.pathname === right.pathname ? 'its query' : 'the slash at the end, which many servers answer with 404 or with a redirect'}.`
    : 'It is another path than the provider announces: perhaps an older one, perhaps that of another tenant.';
  return ['warn', { ...details, why }];
}
