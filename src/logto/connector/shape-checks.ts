import { CheckList, type DoctorCheck } from '../../checks/check-list.js';
import { lookup } from '../../json.js';
import { objectMembers } from '../../oidc/json-values.js';
import { isPublicKeySignature } from '../../oidc/signature-algorithms.js';
import { describeValue as shown } from '../../profiles/describe-value.js';
import { nearest } from '../../profiles/nearest.js';
import { isDuration } from '../id-token.js';
import type { ConnectorFile } from './file.js';
import { CONNECTOR_KEYS, type ConfigFault, savedForm, validateConnectorConfig } from './schema.js';
import type { ConnectorView } from './view.js';

/** Logto's refusal of a configuration, and the moment of it. */
export interface Refusal {
  readonly faults: readonly ConfigFault[];
  readonly when: string;
}

const AT_SAVE = 'when the connector is saved';
const AT_SIGN_IN = 'at each sign-in: it saves, and empty values are lost';

/** The refusal of a configuration: when it is saved, else at each sign-in; undefined if Logto accepts it. */
export function findRefusal(config: unknown): Refusal | undefined {
  const atSave = validateConnectorConfig(config);
  const atSignIn = validateConnectorConfig(savedForm(config));
  if (!atSave.accepted) {
    const known = new Set(atSave.faults.map(({ path }) => path.join('.')));
    const later = atSignIn.accepted ? [] : atSignIn.faults.filter(({ path }) => !known.has(path.join('.')));
    return { faults: [...atSave.faults, ...later], when: AT_SAVE };
  }
  return atSignIn.accepted ? undefined : { faults: atSignIn.faults, when: AT_SIGN_IN };
}

/**
 * Checks a connector's file without any request: the parts that Logto refuses,
 * ignores or loses, and the consequences of the rest for ID token verification and
 * stored tokens.
 */
export function shapeChecks(file: ConnectorFile, view: ConnectorView, refusal: Refusal | undefined): DoctorCheck[] {
  const list = new CheckList('configuration', { places: file });
  fields(list, file, refusal);
  unknownKeys(list, file.config);
  ignoredKeys(list, file.config);
  emptyValues(list, file.config, refusal);
  verification(list, view, file.config);
  profileSettings(list, view);
  refresh(list, view, file);
  return list.all;
}

function fields(list: CheckList, file: ConnectorFile, refusal: Refusal | undefined): void {
  if (refusal === undefined) {
    list.add('pass', 'fields', { actual: 'Logto accepts the configuration' });
    return;
  }
  for (const fault of refusal.faults) {
    const { path, found: actual, allowed } = fault;
    const lost = actual === 'nothing' && isPresent(file.config, path);
    list.add('fail', 'fields', {
      key: path,
      actual: lost ? 'empty' : actual,
      expected: allowed,
      why: lost
        ? 'Logto removes empty values when it saves, and then refuses every sign-in with 400 connector.invalid_config.'
        : 'Logto refuses the configuration with 400 connector.invalid_config.',
      repair: lost ? 'Fill it in.' : `Write ${allowed} there.`,
    });
  }
}

function isPresent(value: unknown, path: readonly string[]): boolean {
  let at = value;
  for (const key of path) {
    if (!Object.hasOwn(objectMembers(at), key)) return false;
    at = objectMembers(at)[key];
  }
  return true;
}

/** The objects whose keys are checked: the configuration and the two objects in it. */
const PLACES = {
  config: [],
  idTokenVerificationConfig: ['idTokenVerificationConfig'],
  authRequestOptionalConfig: ['authRequestOptionalConfig'],
} as const satisfies Record<keyof typeof CONNECTOR_KEYS, readonly string[]>;

type Place = keyof typeof PLACES;

const PLACE_NAMES = Object.keys(PLACES) as readonly Place[];

function keysIn(config: Readonly<Record<string, unknown>>, place: Place): readonly string[] {
  return Object.keys(place === 'config' ? config : objectMembers(config[place]));
}

/** Keys of authRequestOptionalConfig that are in guides and that Logto ignores. */
const NOT_READ: Readonly<Record<string, { readonly why: string; readonly repair: string }>> = {
  responseType: {
    why: 'Logto always asks for a code.',
    repair: 'Remove it.',
  },
  tokenEndpoint: {
    why: 'Logto reads the token endpoint from the configuration itself, not from here.',
    repair: 'Remove it, and write the address into tokenEndpoint outside of authRequestOptionalConfig.',
  },
  nonce: {
    why: 'Logto makes a nonce of its own for each sign-in.',
    repair: 'Remove it.',
  },
};

function unknownKeys(list: CheckList, config: Readonly<Record<string, unknown>>): void {
  for (const place of PLACE_NAMES) {
    const known: readonly string[] = CONNECTOR_KEYS[place];
    for (const key of keysIn(config, place)) {
      if (known.includes(key) || (place === 'authRequestOptionalConfig' && Object.hasOwn(NOT_READ, key))) continue;
      const elsewhere = PLACE_NAMES.find((other) => other !== place && CONNECTOR_KEYS[other].includes(key));
      const near = nearest(key, known);
      const goes = elsewhere === 'config' ? 'the configuration itself' : elsewhere;
      list.add('warn', 'unknown key', {
        key: [...PLACES[place], key],
        actual: 'a key that Logto does not know here',
        ...(goes !== undefined
          ? { expected: `${key} in ${goes}` }
          : near === undefined
            ? {}
            : { expected: `perhaps ${near}` }),
        why: 'Logto ignores it.',
        repair:
          goes !== undefined
            ? `Move it into ${goes}.`
            : near === undefined
              ? 'Remove it, or put it into customConfig where it is a parameter for the provider.'
              : `Write ${near}, or remove it.`,
      });
    }
  }
}

function ignoredKeys(list: CheckList, config: Readonly<Record<string, unknown>>): void {
  if (objectMembers(config.idTokenVerificationConfig).audience !== undefined) {
    list.add('warn', 'ignored', {
      key: ['idTokenVerificationConfig', 'audience'],
      actual: 'an audience',
      why: 'Logto always compares aud with clientId, whatever stands here.',
      repair: 'Remove it; the provider has to put clientId into aud.',
    });
  }
  for (const [key, { why, repair }] of Object.entries(NOT_READ)) {
    if (objectMembers(config.authRequestOptionalConfig)[key] === undefined) continue;
    const path = ['authRequestOptionalConfig', key];
    list.add('warn', 'ignored', { key: path, actual: 'a key that Logto does not read', why, repair });
  }
}

/** The consequence of losing an empty value, by the key's path. */
const LOSSES: Readonly<Record<string, string>> = {
  'idTokenVerificationConfig.issuer': 'the issuer of ID tokens is not compared at all',
  'idTokenVerificationConfig.algorithms': 'every algorithm that a key of the key set is good for is accepted',
};

function emptyValues(list: CheckList, config: Readonly<Record<string, unknown>>, refusal: Refusal | undefined): void {
  const refused = new Set(refusal?.faults.map(({ path }) => path.join('.')));
  const known = (place: Place, key: string) => (CONNECTOR_KEYS[place] as readonly string[]).includes(key);
  const snapshot = (value: unknown, path: readonly string[]) => {
    const empty = value === '' || (Array.isArray(value) && isEmptyWhenSaved(value));
    const name = path.join('.');
    if (!empty || refused.has(name)) return;
    const loss =
      lookup(LOSSES, name) ??
      (path[0] === 'customConfig' ? 'the parameter is not sent' : 'it is as if it were not there');
    list.add('warn', 'empty value', {
      key: path,
      actual: Array.isArray(value) ? 'an empty list' : 'an empty text',
      why: `Logto removes empty values when it saves, so ${loss}.`,
      repair: 'Fill it in, or remove it.',
    });
  };
  for (const [key, value] of Object.entries(config)) {
    if (known('config', key)) snapshot(value, [key]);
    const inside = key === 'customConfig' ? 'customConfig' : PLACE_NAMES.find((place) => place === key);
    if (inside === undefined || inside === 'config') continue;
    for (const [inner, item] of Object.entries(objectMembers(value))) {
      if (inside === 'customConfig' || known(inside, inner)) snapshot(item, [key, inner]);
    }
  }
}

function isEmptyWhenSaved(value: readonly unknown[]): boolean {
  return (savedForm(value) as readonly unknown[]).length === 0;
}

function verification(list: CheckList, view: ConnectorView, config: Readonly<Record<string, unknown>>): void {
  const key = (name: string) => ['idTokenVerificationConfig', name];
  const written = objectMembers(config.idTokenVerificationConfig);
  const { issuers, algorithms, clockTolerance, maxTokenAge, subject, typ } = view;

  if (issuers.length === 0 && written.issuer === undefined) {
    list.add('warn', 'issuer', {
      key: key('issuer'),
      actual: 'not set',
      why: 'Logto does not compare the issuer then: any ID token that a key of the key set signed for this client counts.',
      repair: "Set it to the provider's issuer, to the letter.",
    });
  }
  for (const issuer of issuers) {
    if (issuer !== issuer.trim())
      list.add('fail', 'issuer', whitespaceDetails(key('issuer'), 'it is compared as it stands'));
  }

  const useless = algorithms?.filter((alg) => !isPublicKeySignature(alg)) ?? [];
  if (algorithms && useless.length > 0) {
    const none = useless.length === algorithms.length;
    const secret = useless.some((alg) => /^HS\d+$/.test(alg));
    list.add(none ? 'fail' : 'warn', 'algorithms', {
      key: key('algorithms'),
      actual: useless.map((alg) => shown(alg, 'algorithms')).join(', '),
      expected: 'names such as RS256, ES256 or EdDSA',
      why: `Logto verifies with a key of the key set, which ${secret ? 'HS256 and its like do not have' : 'knows no such algorithm'}${none ? ': no ID token is accepted (500)' : ''}.`,
      repair: `${none ? 'Write' : 'Keep'} the algorithms that the provider signs with, and remove the others.`,
    });
  }

  const tolerance = durationDetails(clockTolerance);
  if (tolerance === 'unusable') {
    list.add('fail', 'clock tolerance', {
      key: key('clockTolerance'),
      actual: shown(clockTolerance, 'clockTolerance'),
      ...durationText('Every sign-in fails with 500: '),
    });
  } else {
    list.add('pass', 'clock tolerance', {
      actual: clockTolerance === undefined ? 'none: 0 s' : valueText(clockTolerance),
    });
  }
  if (maxTokenAge !== undefined) {
    if (durationDetails(maxTokenAge) === 'unusable') {
      list.add('fail', 'token age', {
        key: key('maxTokenAge'),
        actual: shown(maxTokenAge, 'maxTokenAge'),
        ...durationText('Every sign-in fails with 500: '),
      });
    } else if (tolerance === 'none') {
      list.add('warn', 'token age', {
        key: key('maxTokenAge'),
        actual: `${valueText(maxTokenAge)}, without a clock tolerance`,
        why: "Logto then refuses an ID token without iat, and one whose iat is a second ahead of Logto's clock (500).",
        repair: 'Set clockTolerance as well ("30 s"), or remove maxTokenAge.',
      });
    }
  }
  if (subject !== undefined) {
    list.add('warn', 'subject', {
      key: key('subject'),
      actual: 'one subject',
      why: 'Logto accepts ID tokens of this one person only: everybody else gets 500.',
      repair: 'Remove it, unless exactly one person is to sign in.',
    });
  }
  if (typ !== undefined && !/^(application\/)?jwt$/i.test(typ)) {
    list.add('warn', 'token type', {
      key: key('typ'),
      actual: shown(typ, 'typ'),
      why: 'Logto refuses every ID token whose header has another typ, or none (500); most providers write JWT, or nothing.',
      repair: 'Remove it, unless the provider documents that it writes this.',
    });
  }
}

/** The details of a check for a text with a space or line break at one of its ends. */
export function whitespaceDetails(key: readonly string[], consequence: string) {
  return {
    key,
    actual: 'a text that begins or ends with a space or a line break',
    why: `The space is part of it: ${consequence}.`,
    repair: 'Remove the space.',
  };
}

/** As jose parses it: a number of seconds from 0, or a text with a unit that does not point backwards. */
function durationDetails(value: string | number | undefined): 'none' | 'some' | 'unusable' {
  if (value === undefined || value === 0) return 'none';
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? 'some' : 'unusable';
  const backwards = value.startsWith('-') || / ago$/i.test(value);
  if (!isDuration(value)) return 'unusable';
  if (/^[+-]? ?0+(\.0+)? ?[a-z]/i.test(value)) return 'none';
  return backwards ? 'unusable' : 'some';
}

function durationText(consequence: string) {
  return {
    expected: 'a number of seconds (5), or a text with a unit ("5 s")',
    why: `${consequence}a text needs a unit, and nothing may be negative.`,
    repair: 'Take the quotes off the number, or add the unit ("5 s").',
  };
}

function valueText(value: string | number): string {
  return typeof value === 'number' ? `${value} s` : value;
}

function profileSettings(list: CheckList, view: ConnectorView): void {
  if (!view.trustUnverifiedEmail) return;
  list.add('warn', 'unverified email', {
    key: ['trustUnverifiedEmail'],
    actual: 'true',
    why: 'Logto takes addresses that nobody verified, and offers the account that has the same one for linking; against an explicit "email_verified": false it does not help.',
    repair: 'Keep it only where the provider verifies every address.',
  });
}

function refresh(list: CheckList, view: ConnectorView, file: ConnectorFile): void {
  const wanted = file.tokenStorage === true || view.scopes.includes('offline_access');
  const jwt = view.method === 'client_secret_jwt' && !view.assertionAlgorithmIsWritten;
  if (!wanted || (view.methodIsWritten && !jwt)) return;
  const key = view.methodIsWritten ? 'clientSecretJwtSigningAlgorithm' : 'tokenEndpointAuthMethod';
  list.add('warn', 'token refresh', {
    key: [key],
    actual: 'not written out',
    expected: view.methodIsWritten ? view.assertionAlgorithm : view.method,
    why: 'Logto refreshes stored tokens with the configuration as it was saved, without the defaults it signs in with: every refresh fails.',
    repair: `Write ${key} out, even though this is the default.`,
  });
}
