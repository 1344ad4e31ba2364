import type { Facts, FactsOf } from '../errors.js';
import { addressHost, differsByScheme, issuerDifference } from './differences.js';
import { causes, type ExplainTable, type Given, listText, quote } from './explanation.js';
import { place } from './file-place.js';
import { describeReason } from './system-reasons.js';

function isEmpty(value: Facts[string]): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function alternatives(value: Facts[string]): string {
  return Array.isArray(value) ? value.join(' or ') : String(value);
}

function isFull(reason: Facts[string]): boolean {
  return reason === 'ENOSPC' || reason === 'EDQUOT';
}

/** What a flag names that is written to. */
function outputNoun({ flag }: Given<'flag'>): 'file' | 'folder' | 'report' {
  if (flag === '--output') return 'file';
  return String(flag).includes('evidence') ? 'folder' : 'report';
}

/** What to do about a file that the system, or its content, keeps us from. */
function otherFile(facts: Given<'reason' | 'doing'>): string {
  if (/larger than/.test(String(facts.reason))) return 'Divide it into several files, or name another one.';
  if (facts.doing !== 'write') return 'Check that it is a file that you may read, or move it away.';
  if (/a link leads out/.test(String(facts.reason))) {
    return 'Replace the link by a file, or run the command in the folder that it leads to.';
  }
  if (isFull(facts.reason)) return 'Make room on the disk, and try again. The file is as it was.';
  return /^E[A-Z]+$/.test(String(facts.reason))
    ? 'Check that you may write to the file and its folder, and that no other program holds it.'
    : 'Change the profile in the file yourself, or replace the aliases (*) in it by what they stand for.';
}

/** Where a value that is missing may come from; `profile add` itself takes flags alone. */
function settingPlaces(facts: Given<'flag' | 'variable' | 'key' | 'profile' | 'known'>): string[] {
  const { flag = 'a flag', variable, key, profile, known } = facts;
  if (variable === undefined) return [String(flag)];
  if (profile !== undefined) return [String(flag), String(variable), `the key ${key} of the profile`];
  return [
    String(flag),
    String(variable),
    isEmpty(known) ? 'a profile (oidc-cli profile add)' : `the name of a profile: ${listText(known, '')}`,
  ];
}

/** What to do about a profile that is not there. */
function otherProfile(facts: FactsOf<'profile_unknown'>): string {
  const { name = 'NAME', known, suggestion } = facts;
  if (facts.command !== undefined) return `It is in ${facts.elsewhere}: ${facts.command}`;
  const meant = suggestion === undefined ? '' : `Did you mean ${quote(suggestion)}? `;
  if (facts.removing !== undefined) return `${meant}Known there: ${listText(known, 'none')}.`;
  const there =
    known === undefined ? 'oidc-cli profile list shows those there are' : `Known: ${listText(known, 'none yet')}`;
  return `${meant}${there}. Add it with: oidc-cli profile add ${name} --issuer URL --client-id ID`;
}

/** Where the configuration is, or would be. */
function address(facts: Given<'url' | 'issuer'>): string {
  return String(facts.url ?? facts.issuer ?? 'the address asked for');
}

/** Whether an issuer has a path, in which a tenant or realm may be named. */
function hasPath(issuer: Facts[string]): boolean {
  return typeof issuer === 'string' && URL.canParse(issuer) && new URL(issuer).pathname !== '/';
}

/** What is likely wrong with an issuer by its looks. */
function issuerHint(issuer: Facts[string]): string | undefined {
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) return undefined;
  const { hostname, pathname } = new URL(issuer);
  if (/\.well-known/.test(pathname)) return 'The issuer is the part before /.well-known.';
  if (hostname.endsWith('.logto.app') && !/\/oidc$/.test(pathname)) {
    return "Logto's issuer ends in /oidc; with --endpoint its address is enough.";
  }
  if (hostname === 'login.microsoftonline.com' && !/\/v2\.0$/.test(pathname)) {
    return "Microsoft's issuer has the tenant and ends in /v2.0.";
  }
  if (/^\/auth\/realms\//.test(pathname))
    return 'Keycloak 17 and later has no /auth before /realms, unless it is set so.';
  return undefined;
}

/** Whether a redirect URI has the scheme of an app (RFC 8252 §7.1). */
function isAppScheme({ redirectUri }: Given<'redirectUri'>): boolean {
  return typeof redirectUri === 'string' && !/^https?:/i.test(redirectUri);
}

function isSignOut({ of }: Given<'of'>): boolean {
  return of === 'sign-out';
}

/** Another port is another redirect URI, but not that of a provider; the demo's client takes any. */
function registerOther({ of }: Given<'of'>): string {
  if (of === 'demo') return ' (left out, any free one is taken)';
  return of === 'provider' ? ' (0 takes any free one)' : ' (and register the redirect URI with it)';
}

/** What of this tool may listen where something wants to. */
function otherInstance({ of }: Given<'of'>): string {
  return of === 'provider' ? 'oidc-cli idp runs' : 'sign-in is still waiting';
}

/** Codes of the command line, the configuration and discovery. */
export const configuration = {
  usage: (f) => ({
    message: String(f.reason ?? 'The command line could not be understood.'),
    causes: [],
    fix: String(f.fix ?? 'See oidc-cli --help, or oidc-cli COMMAND --help.'),
  }),
  config_missing: (f) =>
    f.key === 'profile'
      ? {
          message: 'No profile is named, and no default is set.',
          causes: [],
          fix: isEmpty(f.known)
            ? 'Add one with: oidc-cli profile add NAME --issuer URL --client-id ID'
            : `Name one of ${listText(f.known, '')}, or set ${f.variable ?? 'OIDC_CLI_PROFILE'}.`,
        }
      : {
          message: `${f.check === undefined ? '' : `${f.check}: `}No ${f.key === 'clientId' ? 'client id' : f.key === 'appId' ? 'App ID' : (f.key ?? 'value')} is given${f.profile === undefined ? '' : ` for the profile ${quote(f.profile)}`}.`,
          causes: [],
          fix:
            f.command === 'smoke init'
              ? `${isEmpty(f.known) ? 'Add a profile (oidc-cli profile add NAME --issuer URL --client-id ID) and name it' : `Name a profile (${listText(f.known, '')})`}: oidc-cli smoke init NAME; or set OIDC_CLI_ISSUER and OIDC_CLI_CLIENT_ID.`
              : f.check === undefined
                ? `Give it with ${settingPlaces(f).join(', or ')}.${f.key === 'issuer' && f.variable !== undefined ? ' To try it without a provider: oidc-cli login --demo' : ''}`
                : `Give it with the key ${f.key} of the profile: a check takes nothing from OIDC_CLI_* variables.`,
        },
  config_file_unreadable: (f) => ({
    message: `The file ${quote(f.file, 'in question')} cannot be ${f.doing === 'write' ? 'written' : 'read'}: ${describeReason(f.reason) ?? 'the system refuses it'}.`,
    causes: [],
    fix: otherFile(f),
  }),
  config_file_invalid: (f) => ({
    message: `${place(f)}: found ${f.found ?? 'a value that cannot be used'}${f.variable === undefined ? '' : ` in ${f.variable}`}.`,
    causes: [],
    fix: `${f.suggestion === undefined ? '' : `Did you mean ${quote(f.suggestion)}? `}Allowed is: ${listText(f.allowed, 'what docs/profiles.md lists')}.`,
  }),
  config_value_invalid: (f) => ({
    message: `${f.where ?? place(f)}: ${f.found ?? 'the value'} cannot be used.`,
    causes: [],
    fix: `Allowed is: ${listText(f.allowed, 'what oidc-cli --help says')}.`,
  }),
  profile_unknown: (f) => ({
    message: `${f.check === undefined ? '' : `${f.check}: `}There is no profile ${quote(f.name, 'of that name')}${isEmpty(f.files) ? '' : ` in ${alternatives(f.files)}`}${f.chosenBy === undefined || f.chosenBy === 'argument' ? '' : ` (named by: ${f.chosenBy})`}.`,
    causes: [],
    fix: otherProfile(f),
  }),
  profile_exists: (f) => ({
    message: `The profile ${quote(f.name, 'of that name')} is there already${f.file === undefined ? '' : `, in ${f.file}`}.`,
    causes: [],
    fix:
      f.flag === '--save'
        ? `Choose another name, or sign in with that profile itself: oidc-cli login ${f.name} --save ${f.name}`
        : 'Choose another name, or replace it with --force.',
  }),
  client_secret_unavailable: (f) => {
    if (f.variable !== undefined) {
      const where = f.where === undefined || f.where === f.variable ? '' : ` (${f.where})`;
      return {
        message: `The client secret should come from the environment variable ${f.variable}${where}, and it is not set.`,
        causes: [],
        fix: `Set ${f.variable}, or name another source with --client-secret-file or --client-secret-stdin.`,
      };
    }
    if (f.source === 'session store') {
      return {
        message:
          'The profile says that its client secret is in the session store, and none is kept there for it and this issuer.',
        causes: [
          'The profile was copied from another machine or written by hand.',
          'Its issuer was changed: a secret is never sent to another one.',
        ],
        fix: 'Keep it again with: oidc-cli login PROFILE --client-secret-stdin --save PROFILE',
      };
    }
    return {
      message: `The client secret is not available${f.file === undefined && f.source === undefined ? '' : ` from ${f.file ?? f.source}`}${f.reason === undefined ? '' : `: ${describeReason(f.reason)}`}.`,
      causes: [],
      fix:
        f.source === 'stdin'
          ? 'Pipe the secret into the command, or name another source with --client-secret-env NAME or --client-secret-file FILE.'
          : 'Put the secret there, or name another source with --client-secret-env NAME, --client-secret-file FILE or --client-secret-stdin.',
    };
  },
  client_auth_unsupported: (f) =>
    f.reason === 'no secret'
      ? {
          message: `${f.method ?? 'This client authentication'} needs a client secret, and none is configured.`,
          causes: [],
          fix: 'Give the secret with --client-secret-env NAME, or sign in as a public client with --client-auth none.',
        }
      : {
          message: `The provider announces no client authentication this tool speaks with a secret${f.announced === undefined ? '' : `: ${listText(f.announced, 'nothing')}`}.`,
          causes: ['The client is meant to authenticate with a key or a certificate.'],
          fix: 'Choose one yourself with --client-auth client_secret_basic, client_secret_post, client_secret_jwt or none.',
        },
  redirect_uri_invalid: (f) => ({
    message: `The redirect URI ${quote(f.redirectUri, 'in question')} cannot be used${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: [],
    fix: 'Give an absolute URI without a fragment, such as --redirect-uri http://localhost:8484/callback.',
  }),
  redirect_uri_not_loopback: (f) => ({
    message: `The redirect URI ${quote(f.redirectUri, 'in question')} is not on this machine, so nothing here can take its answer.`,
    causes: causes(
      isAppScheme(f) &&
        !isSignOut(f) &&
        'A browser hands an address with the scheme of an app to that app, and shows it to nobody.',
    ),
    fix: isSignOut(f)
      ? 'Give a registered address on this machine with --post-logout-redirect-uri, or leave the provider out with --no-end-session.'
      : isAppScheme(f)
        ? 'Sign in without a person (login --with auto), which stops at this address, or register a loopback redirect URI such as http://localhost:8484/callback as well.'
        : 'Register a loopback redirect URI such as http://localhost:8484/callback, or keep this one and paste the address the browser ends at (login --start, then login --callback-url -).',
  }),
  port_taken: (f) => ({
    message: `${f.port === undefined ? 'The port' : `Port ${f.port}`} on this machine is taken${f.holder === undefined ? '' : ` by ${f.holder}`}.`,
    causes: causes(
      f.holder === undefined && `Another ${otherInstance(f)} in another terminal.`,
      // This tool shows as node there.
      f.holder !== undefined &&
        /^(node|oidc-cli)\b/.test(String(f.holder)) &&
        `Another ${otherInstance(f)} in another terminal, or a program made with Node listens there.`,
      f.holder === undefined && 'Another program listens there.',
    ),
    fix: `Stop that program, or choose another port with ${f.flag ?? '--port'}${registerOther(f)}.`,
  }),
  port_forbidden: (f) => ({
    message: `The system does not let this program listen on ${f.port === undefined ? 'this port' : `port ${f.port}`}.`,
    causes: ['Ports below 1024 belong to the administrator.'],
    fix: `Choose a port above 1023 with ${f.flag ?? '--port'}${registerOther(f)}.`,
  }),
  ca_unreadable: (f) => ({
    message: `The CA file ${quote(f.file, 'in question')} cannot be used: ${f.reason ?? 'it cannot be read'}.`,
    causes: [],
    fix: 'Name a file with certificates in PEM format (-----BEGIN CERTIFICATE-----), in --ca or NODE_EXTRA_CA_CERTS.',
  }),
  report_unwritable: (f) => ({
    message: `The ${outputNoun(f)} ${quote(f.file, 'in question')} cannot be written: ${f.reason === 'ENOENT' ? 'its folder cannot be made' : (describeReason(f.reason) ?? 'the file system refuses it')}.`,
    causes: causes(
      (f.reason === 'EACCES' || f.reason === 'EPERM') && 'The folder or the file belongs to another user.',
      f.reason === 'EROFS' && 'The file system is mounted for reading only.',
      f.target !== undefined && 'The link came with the folder: a repository can hold links to anywhere.',
    ),
    fix:
      f.target === undefined
        ? `Name another file with ${f.flag ?? '--reporter NAME=FILE'}, in a folder where this user may write${isFull(f.reason) ? ' and on a disk with room' : ''}.`
        : `Remove the link. If the ${outputNoun(f) === 'folder' ? 'folder' : 'file'} is to be there, name that place itself with ${f.flag ?? '--reporter NAME=FILE'}.`,
  }),

  issuer_invalid: (f) => ({
    message:
      f.extra === true
        ? `The issuer ${quote(f.issuer, 'in question')} has more than a host and a path.`
        : `${quote(f.issuer, 'What was given')} is no issuer: it is not an http or https URL.`,
    causes: [],
    fix: 'Give the issuer as the provider states it, for example --issuer https://id.example.com/realms/main, without query, fragment or user name.',
  }),
  issuer_not_https: (f) => ({
    message: `The issuer ${quote(f.issuer, 'in question')} is plain http, and not on this machine: anybody on the way could read the tokens.`,
    causes: [],
    fix: 'Use the https address. For a test network you trust, pass --allow-http.',
  }),
  discovery_not_found: (f) => ({
    message: `There is no OpenID configuration at ${address(f)} (404).`,
    causes: causes(
      issuerHint(f.issuer),
      ...(hasPath(f.issuer)
        ? ['The path has a typo, or is that of another tenant or realm.']
        : [
            'The issuer has a path that is missing here (/oidc, /realms/NAME, /v2.0, the tenant id).',
            'The host has a typo, or is that of another service.',
          ]),
      'The provider is an OAuth server without OpenID Connect.',
    ),
    fix: "Copy the issuer from the provider's console, or open the address above in a browser until it shows JSON.",
  }),
  discovery_http_error: (f) => ({
    message:
      f.location === undefined
        ? `The OpenID configuration at ${address(f)} answered with ${f.status === undefined ? 'an error' : `status ${f.status}`}.`
        : `The OpenID configuration at ${address(f)} redirects (${f.status}) to ${f.location}.`,
    causes:
      f.location === undefined
        ? causes(
            (f.status === undefined || Number(f.status) >= 500) &&
              'The provider, or the proxy in front of it, is down.',
            (f.status === undefined || f.status === 401 || f.status === 403) &&
              'A firewall or gateway wants a sign-in or an allow-list entry first.',
            'The issuer names a host that serves something else.',
          )
        : addressHost(f.url) === addressHost(f.location)
          ? ['The issuer is written in an old or short form.', 'A gateway sends strangers to its own sign-in page.']
          : [
              `A gateway sends strangers to its own sign-in page, at ${addressHost(f.location)}.`,
              'The provider has moved to that host.',
            ],
    fix:
      f.location === undefined
        ? 'Open the address above in a browser and compare the issuer with the one in the provider’s console.'
        : 'Use the issuer at which the configuration is served itself: discovery follows no redirects.',
  }),
  discovery_not_json: (f) =>
    /json/.test(String(f.contentType))
      ? {
          message: `${f.url ?? 'The address of the OpenID configuration'} answered with something that calls itself ${f.contentType} and is not JSON.`,
          causes: ['The file was cut off, is empty, or was edited by hand.'],
          fix: 'Open the address above in a browser and mend what is served there.',
        }
      : {
          message: `${f.url ?? 'The address of the OpenID configuration'} answered, but not with JSON${f.contentType === undefined ? '' : ` (it is ${f.contentType})`}.`,
          causes: [
            'The issuer is the address of a web page or single-page application, which answers every path with HTML.',
            'A proxy or captive portal answered in its place.',
          ],
          fix: "Copy the issuer from the provider's console: its /.well-known/openid-configuration must show JSON.",
        },
  discovery_invalid: (f) => ({
    message: `The OpenID configuration at ${address(f)} is not what the standard asks for: ${f.reason ?? 'a member is missing'}.`,
    causes: causes(
      /is plain http/.test(String(f.reason)) &&
        'The provider runs behind a proxy and does not know that it is reached by https (X-Forwarded-Proto).',
      /not an absolute URL: \//.test(String(f.reason)) &&
        'A path was written where the whole address has to stand, with https:// and the host.',
      /is no list/.test(String(f.reason)) && 'One value was written where a list has to stand, in square brackets.',
      'The configuration was written by hand, or the provider is an OAuth server without OpenID Connect.',
    ),
    fix: "Ask the provider's operators for its OpenID Connect issuer, or to mend the configuration.",
  }),
  discovery_issuer_mismatch: (f) => ({
    message: `You asked for ${f.expected === undefined ? 'one issuer' : `the issuer ${quote(f.expected)}`}, and its configuration says it is ${quote(f.actual, 'another one')}.`,
    causes: causes(
      issuerDifference(f.expected, f.actual),
      f.expected === undefined && 'They differ only by the slash at the end: the comparison is exact.',
      f.expected === undefined &&
        'The provider runs behind a proxy and does not know that it is reached by https (X-Forwarded-Proto).',
      issuerDifference(f.expected, f.actual) === undefined &&
        (f.expected !== undefined && addressHost(f.expected) === addressHost(f.actual)
          ? 'The path is that of another realm or tenant, or an old form of it.'
          : `The host you asked is an alias${f.actual === undefined ? '' : ` of ${addressHost(f.actual)}`}, or the path (realm, tenant) is another one.`),
    ),
    fix: differsByScheme(f.expected, f.actual)
      ? 'Have the proxy tell the provider how it is reached (X-Forwarded-Proto, X-Forwarded-Host), and the provider believe it; or set its public address there.'
      : f.actual === undefined
        ? 'Correct the issuer in the provider’s own settings.'
        : `Use --issuer ${f.actual} if that is the provider you mean; else correct the issuer in the provider's settings.`,
  }),
  endpoint_missing: (f) => ({
    message: `The provider${f.issuer === undefined ? '' : ` ${quote(f.issuer)}`} announces no ${f.endpoint ?? 'such endpoint'}.`,
    causes:
      f.endpoint === 'jwks_uri' || f.endpoint === 'token_endpoint' || f.endpoint === 'authorization_endpoint'
        ? [
            'Its configuration was written by hand, or something in front of the provider shortens it.',
            f.endpoint === 'token_endpoint'
              ? 'The provider offers the implicit flow alone.'
              : 'The provider is an OAuth server without OpenID Connect.',
          ]
        : ['The provider does not offer this, or it is switched off.'],
    fix:
      f.endpoint === 'userinfo_endpoint' ||
      f.endpoint === 'end_session_endpoint' ||
      f.endpoint === 'revocation_endpoint' ||
      f.endpoint === 'introspection_endpoint'
        ? 'Nothing to change here: what needs it is not possible with this provider.'
        : "Ask the provider's operators: a sign-in needs it.",
  }),
  key_set_unavailable: (f) => ({
    message: `The provider's key set${f.url === undefined ? '' : ` at ${f.url}`} cannot be used: ${f.reason ?? 'it could not be had'}.`,
    causes: causes(
      f.status === 404 && 'The jwks_uri in the provider’s configuration is wrong: there is nothing at that address.',
      Number(f.status) >= 500 && 'The provider, or the proxy in front of it, failed at that moment.',
      (f.status === 401 || f.status === 403) && 'A gateway wants a sign-in for it, and a key set is for everybody.',
      f.status === 200 &&
        'The jwks_uri in the provider’s configuration is the address of something else: a page, or one key by itself.',
      f.status === undefined && 'The jwks_uri in the provider’s configuration is wrong, or not reachable from here.',
    ),
    fix: 'Open the address in a browser: it must show JSON with a list "keys". Without it no ID token can be verified.',
  }),
} satisfies Partial<ExplainTable>;
