import type { Context } from '../../context.js';
import type { ConnectorLoginRequest, ConnectorLoginResult } from '../../logto/application.js';
import type { Connector } from '../../logto/connector/connector.js';
import { connectorSession } from '../../logto/connector/session.js';
import type { SecretReference } from '../../profiles/profile.js';
import { printable, type Terminal } from '../../terminal.js';
import { isExternalSecret, prepareImport } from '../connector-import.js';
import { openSessions } from '../open-sessions.js';
import { secretSource } from '../resolve-sign-in.js';
import { createSecretWriter } from '../secret-writer.js';
import type { ConnectorSettings } from './connector.js';

/** Keeps a sign-in with a connector once it succeeded. */
interface ConnectorWriter {
  /** The issuer under which it is kept. */
  readonly issuer: string;
  save(result: ConnectorLoginResult, request: ConnectorLoginRequest): Promise<void>;
}

/**
 * What `login --connector FILE --save NAME` keeps: the connector as a profile,
 * as `profile import` does, and the session. All that can stand in the way is
 * found out before anybody is sent to a browser. Throws as `prepareImport`
 * does, and `store_*`.
 */
export async function createConnectorWriter(
  name: string,
  connector: Connector,
  settings: ConnectorSettings,
  reference: SecretReference | undefined,
  context: Context,
  terminal: Terminal,
): Promise<ConnectorWriter> {
  const { clientSecret: value } = connector.config;
  const secret = isExternalSecret(reference) ? undefined : value;
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
    save: async (result, request) => {
      const now = Math.floor(context.clock.now() / 1000);
      const { redirectUri, ca, insecure } = settings;
      const clientSecret = secretSource(reference ?? { kind: 'value', value }, value);
      const session = connectorSession(result, request, {
        ...{ profile: name, issuer, clientSecret, redirectUri, ca, insecure, now },
      });
      // The profile first, which can still be in the way of another: it undoes what it has kept, a session would stay.
      await prepared.save(createSecretWriter(settings.store, context, terminal));
      await sessions.save(session, store);
    },
  };
}
