import type { Context } from '../context.js';
import type { ConnectorLoginRequest, ConnectorLoginResult } from '../logto/application.js';
import type { Connector } from '../logto/connector/connector.js';
import { connectorSession } from '../logto/connector/session.js';
import type { SecretReference } from '../profiles/profile.js';
import { printable, type Terminal } from '../terminal.js';
import { prepareImport, staysWhereItIs } from './connector-import.js';
import type { ConnectorSettings } from './login-connector.js';
import { secretSourceOf } from './login-request.js';
import { openSessions } from './open-sessions.js';
import { secretKeeper } from './secret-writer.js';

/** Keeps a sign-in with a connector once it succeeded. */
interface ConnectorKeeper {
  /** The issuer under which it is kept. */
  readonly issuer: string;
  keep(result: ConnectorLoginResult, request: ConnectorLoginRequest): Promise<void>;
}

/**
 * What `login --connector FILE --save NAME` keeps: the connector as a profile,
 * as `profile import` does, and the session. All that can stand in the way is
 * found out before anybody is sent to a browser. Throws as `prepareImport`
 * does, and `store_*`.
 */
export async function connectorKeeper(
  name: string,
  connector: Connector,
  settings: ConnectorSettings,
  reference: SecretReference | undefined,
  context: Context,
  terminal: Terminal,
): Promise<ConnectorKeeper> {
  const { clientSecret: value } = connector.config;
  const secret = staysWhereItIs(reference) ? undefined : value;
  const prepared = await prepareImport(
    { source: connector.file, connector, reference, secret },
    { name, issuer: settings.issuer, flag: '--save' },
    context,
    terminal,
  );
  const { issuer } = prepared;
  const sessions = openSessions(context, terminal);
  const { store, warning } = await sessions.choose(settings.store, { profile: name, issuer });
  if (warning !== undefined) terminal.say(terminal.talk.warn(`Warning: ${printable(warning)}`));
  return {
    issuer,
    keep: async (result, request) => {
      const now = Math.floor(context.clock.now() / 1000);
      const { redirectUri, ca, insecure } = settings;
      const clientSecret = secretSourceOf(reference ?? { kind: 'value', value }, value);
      const session = connectorSession(result, request, {
        ...{ profile: name, issuer, clientSecret, redirectUri, ca, insecure, now },
      });
      // The profile first, which can still be in the way of another: it undoes what it has kept, a session would stay.
      await prepared.keep(secretKeeper(settings.store, context, terminal));
      await sessions.save(session, store);
    },
  };
}
