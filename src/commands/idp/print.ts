import { EXIT, type ExitCode } from '../../errors.js';
import { displayName } from '../../idp/accounts.js';
import { authenticationMethod, type ClientRegistration, DEFAULT_CLIENTS } from '../../idp/clients.js';
import type { Fault } from '../../idp/fault.js';
import { FAULT_NAMES, FAULTS, type FaultName } from '../../idp/faults.js';
import type { IdentityProvider } from '../../idp/identity-provider.js';
import type { RequestEvent } from '../../idp/request-log.js';
import { shellWord } from '../../safe-text.js';
import { printable, type Terminal, table } from '../../terminal.js';

/** The clients whose secret is printed: published ones, that is, as they ship. */
function publishedSecret(client: ClientRegistration): string | undefined {
  return DEFAULT_CLIENTS.includes(client) ? client.clientSecret : undefined;
}

/** The command that signs in here as the client. A secret is left to a variable of the person's own. */
function loginCommand(issuer: string, client: ClientRegistration): string {
  const redirectUri = client.redirectUris?.[0];
  return [
    `oidc-cli login --issuer ${issuer} --client-id ${shellWord(client.clientId)}`,
    redirectUri === undefined ? '' : ` --redirect-uri ${shellWord(redirectUri)}`,
    client.clientSecret === undefined ? '' : ' --client-secret-env CLIENT_SECRET',
  ].join('');
}

/** The running provider as the one document of `--json`. */
export function providerDocument(
  { issuer, port, users, clients, faults }: IdentityProvider,
  added: ClientRegistration | undefined,
) {
  return {
    issuer,
    discovery: `${issuer}/.well-known/openid-configuration`,
    port,
    users: users.map(({ username, password, claims, listed }) => ({
      username,
      password: listed ? password : null,
      sub: claims.sub,
      name: claims.name ?? null,
      email: claims.email ?? null,
    })),
    clients: clients.map((client) => ({
      clientId: client.clientId,
      clientSecret: publishedSecret(client) ?? null,
      tokenEndpointAuthMethod: authenticationMethod(client),
      /** `null`: any loopback redirect URI. */
      redirectUris: client.redirectUris ?? null,
    })),
    faults,
    login: loginCommand(issuer, added ?? { clientId: 'demo' }),
  };
}

/** The running provider as lines for people: issuer, faults, users, clients, and how to sign in. */
export function startLines(
  provider: IdentityProvider,
  added: ClientRegistration | undefined,
  terminal: Terminal,
): string[] {
  const { strong, dim, link } = terminal.style;
  const { issuer, users, clients, faults } = provider;
  return [
    `${strong('Issuer')}  ${link(issuer)}`,
    '',
    ...(faults.length === 0 ? [] : [strong('Faults'), ...faultLines(faults, terminal, '  '), '']),
    strong('Users'),
    ...table(
      users.map((user) => [
        printable(user.username),
        user.listed ? user.password : dim('password as given'),
        dim(printable([displayName(user), user.claims.email].filter(Boolean).join(', '))),
      ]),
      '  ',
    ),
    '',
    strong('Clients'),
    ...table(
      clients.map((client) => {
        const method = authenticationMethod(client);
        const held = method === 'none' ? 'public' : method === 'private_key_jwt' ? 'key as given' : 'secret as given';
        const secret = publishedSecret(client);
        return [
          printable(client.clientId),
          secret === undefined ? held : `secret ${secret}`,
          dim(client.redirectUris?.map(printable).join(' ') ?? 'any loopback redirect URI'),
        ];
      }),
      '  ',
    ),
    '',
    strong('Sign in with'),
    ...[{ clientId: 'demo' }, ...(added ? [added] : [])].map(
      (client) => `  ${printable(loginCommand(issuer, client))}`,
    ),
  ];
}

/** One request to the provider as a line for stderr; `now` in milliseconds. */
export function logLine(event: RequestEvent, now: number, { talk }: Terminal): string {
  const time = new Date(now).toTimeString().slice(0, 8);
  const status = event.status < 400 ? talk.good(String(event.status)) : talk.bad(String(event.status));
  const detail = event.detail === undefined ? '' : ` (${printable(event.detail)})`;
  const error = event.error === undefined ? '' : ` ${printable(event.error)}${detail}`;
  return `${talk.dim(time)} ${event.method} ${printable(event.path)} ${status}${error}`;
}

/** `idp --faults`: every fault that `--fault` takes, on stdout. Starts nothing. */
export function listFaults(json: boolean | undefined, terminal: Terminal): ExitCode {
  if (json) {
    const faults = FAULT_NAMES.map((name) => {
      const { does, clause, client }: Fault = FAULTS[name];
      return { name, does, clause, client: client ?? null };
    });
    terminal.json({ faults });
  } else {
    for (const line of faultLines(FAULT_NAMES, terminal)) terminal.out(line);
  }
  return EXIT.done;
}

/** Faults as lines for a person: name, what the provider does, and under it what the standard says of that. */
function faultLines(names: readonly FaultName[], { style }: Terminal, indent = ''): string[] {
  const rows = names.flatMap((name) => [
    [style.strong(name), FAULTS[name].does],
    ['', style.dim(FAULTS[name].clause)],
  ]);
  return table(rows, indent);
}
