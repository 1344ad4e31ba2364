import { connectorJson, SECRET } from './connectors.js';

/** A connector file that is broken, and what is said of it. */
export interface BrokenConnector {
  readonly name: string;
  readonly content: string | Buffer;
  /** The error's code. */
  readonly code: 'connector_file_unreadable' | 'connector_file_invalid' | 'connector_config_invalid';
  /** What the first sentence has to say: the key's path, and the reason. */
  readonly says: readonly string[];
  /** What the fix has to say. */
  readonly fix?: string;
}

/** The cases, for a provider whose issuer and endpoints are these. */
export function brokenConnectors(issuer: string): readonly BrokenConnector[] {
  const base = (members: Readonly<Record<string, unknown>> = {}) =>
    connectorJson({
      authorizationEndpoint: `${issuer}/auth`,
      tokenEndpoint: `${issuer}/token`,
      clientId: 'demo-confidential',
      idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer },
      ...members,
    });
  const whole = JSON.stringify(base(), undefined, 2);
  const lines = whole.split('\n');
  const replaced = (from: string | RegExp, to: string) => {
    const text = whole.replace(from, to);
    if (text === whole) throw new Error(`nothing to replace: ${String(from)}`);
    return text;
  };
  const verification = (members: Readonly<Record<string, unknown>>) =>
    base({ idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer, ...members } });
  const optional = (members: Readonly<Record<string, unknown>>) => base({ authRequestOptionalConfig: members });
  const custom = (members: Readonly<Record<string, unknown>>) => base({ customConfig: members });
  const answer = (members: Readonly<Record<string, unknown>>) =>
    JSON.stringify({ id: 'abc', connectorId: 'oidc', metadata: {}, syncProfile: false, ...members }, undefined, 2);

  const file = (name: string, content: string | Buffer, says: readonly string[], fix?: string): BrokenConnector => ({
    name,
    content,
    code: 'connector_file_invalid',
    says,
    ...(fix === undefined ? {} : { fix }),
  });
  const refused = (name: string, value: unknown, says: readonly string[], fix?: string): BrokenConnector => ({
    ...file(name, typeof value === 'string' ? value : JSON.stringify(value, undefined, 2), says, fix),
    code: 'connector_config_invalid',
  });

  return [
    // Bytes
    file('nothing but spaces', ' \n\t\n', ['it is empty']),
    file(
      'a byte order mark',
      Buffer.from(`\uFEFF${whole}`),
      ['line 1', 'a byte order mark'],
      'without a byte order mark',
    ),
    file('UTF-16, little end first', Buffer.from(`\uFEFF${whole}`, 'utf16le'), ['it is in UTF-16'], 'Save it as UTF-8'),
    file('UTF-16 without a mark', Buffer.from(whole, 'utf16le'), ['it is in UTF-16']),
    file('UTF-16, big end first', Buffer.from(whole, 'utf16le').swap16(), ['it is in UTF-16']),
    file('Latin-1', Buffer.from(replaced('"openid profile', '"caf\u00e9'), 'latin1'), [
      'line 6',
      'bytes that are not UTF-8',
    ]),
    file('a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff]), ['not UTF-8']),
    file('more than 1 MiB', `{"a":"${'x'.repeat(1024 * 1024)}"}`, ['larger than 1 MiB']),
    file('nested without end', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, ['nested more than 64 levels']),
    file('lists without end', '['.repeat(100_000), ['nested more than 64 levels']),

    // Something else than JSON
    file('YAML', `authorizationEndpoint: ${issuer}/auth\nclientSecret: ${SECRET}\n`, ['it is YAML'], 'as JSON'),
    file('a YAML document', `---\nclientId: a\nclientSecret: ${SECRET}\n`, ['it is YAML']),
    file('members without their braces', lines.slice(1, -1).join('\n'), ['an object without its braces']),
    file('an environment file', `CLIENT_ID=a\nCLIENT_SECRET=${SECRET}\n`, ['environment variables']),
    file('exported variables', `# of logto\nexport CLIENT_SECRET="${SECRET}"\n`, ['environment variables']),
    file('a web address', `${issuer}/.well-known/openid-configuration\n`, ['it is a web address']),
    file('a web page', `<!DOCTYPE html>\n<html><body>${SECRET}</body></html>`, ['a web page (HTML)']),
    file('SAML metadata', '<?xml version="1.0"?><EntityDescriptor/>', ['it is XML']),
    file('a code block', `\`\`\`json\n${whole}\n\`\`\`\n`, ['the fence of a code block'], 'Remove the lines with ```'),
    file('JavaScript', `module.exports = ${whole};`, ['it is program code']),
    file('TypeScript', `export default ${whole} as const;`, ['it is program code']),
    file('a token', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${SECRET}`, ['it is a token'], 'as known to others'),
    file('a command', `curl -d '{"clientSecret":"${SECRET}"}'`, ['line 1']),

    // Not quite JSON
    file('cut off in the middle', lines.slice(0, 4).join('\n'), ['it ends in the middle'], 'Copy it again'),
    file('cut off within a text', `{\n  "clientSecret": "${SECRET}`, ['line 2', 'clientSecret: ', 'no closing quote']),
    file('cut off after a colon', '{\n  "clientId":', ['line 2', 'clientId: ', 'it ends in the middle']),
    file('the last brace missing', lines.slice(0, -1).join('\n'), ['it ends in the middle', 'the closing brace']),
    file(
      'a comma at the end',
      replaced(/\n\}$/, ',\n}'),
      ['a comma stands before the closing brace'],
      'Remove that comma',
    ),
    file('a comma at the end, inside', replaced('"\n  }', '",\n  }'), [
      'idTokenVerificationConfig',
      'a comma stands before',
    ]),
    file('a comma at the end of a list', '{"idTokenVerificationConfig": {"issuer": ["a",]}}', [
      'idTokenVerificationConfig.issuer',
      'a comma stands before the closing bracket',
    ]),
    file('two commas', replaced(/,\n/, ',,\n'), ['line 2', 'a comma stands where a value is due']),
    file('a comma missing', replaced(/,\n/, '\n'), ['line 3', 'a comma is missing before it']),
    file('a colon missing', replaced('"clientSecret":', '"clientSecret"'), ['line 5', 'clientSecret: a colon']),
    file('an equals sign', replaced('"clientId":', '"clientId" ='), ['clientId: an equals sign'], 'Write : for it'),
    file('semicolons', replaced(/,\n/, ';\n'), ['a semicolon stands where a comma is due']),
    file(
      'a comment to the end of the line',
      replaced(/,\n/, `, // ${SECRET}\n`),
      ['line 2', 'a comment'],
      'Remove the comment',
    ),
    file('a comment in the middle', replaced('{\n', `{ /* ${SECRET} */\n`), ['line 1', 'a comment']),
    file('a comment as in a shell', replaced('{\n', `{ # ${SECRET}\n`), ['a comment stands there']),
    file('single quotes', replaced(/"/g, "'"), ['single quotes stand where double ones belong']),
    file('quotes of a text processor', replaced(/"/g, '\u201d'), ['typographic quotes'], 'Write " for each'),
    file('Japanese quotes', `{"clientSecret": \u300c${SECRET}\u300d}`, ['clientSecret: typographic quotes']),
    file('one typographic quote', `{\n"clientSecret": "${SECRET}\u201d,\n"scope": "a"}`, [
      'clientSecret: typographic quotes',
    ]),
    file('keys without quotes', replaced('"clientId"', 'clientId'), ['a key has no quotes'], 'in double quotes'),
    file('a text without quotes', replaced(`"${SECRET}"`, SECRET), ['line 5', 'clientSecret: a text has no quotes']),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation of references
    file('a reference without quotes', replaced(`"${SECRET}"`, '${SECRET}'), ['clientSecret: a placeholder'], 'quotes'),
    file('a template', replaced(`"${SECRET}"`, '{{ secret }}'), ['clientSecret']),
    file(
      'True',
      replaced(/\n\}$/, ',\n  "trustUnverifiedEmail": True\n}'),
      ["trustUnverifiedEmail: True is not JSON's word"],
      'Write true',
    ),
    file(
      'None',
      replaced(/\n\}$/, ',\n  "customConfig": None\n}'),
      ["customConfig: None is not JSON's word"],
      'Write null',
    ),
    file('undefined', replaced(/\n\}$/, ',\n  "customConfig": undefined\n}'), [
      'customConfig: undefined is not in JSON',
    ]),
    file('a leading zero', '{"idTokenVerificationConfig": {"clockTolerance": 05}}', [
      'clockTolerance: a number is written',
    ]),
    file('a plus sign', '{"idTokenVerificationConfig": {"clockTolerance": +5}}', [
      'clockTolerance: a number is written',
    ]),
    file('a line break in a text', replaced('openid profile', 'openid\nprofile'), [
      'line 6',
      'scope: a text has no closing quote',
    ]),
    file('a tab in a text', replaced('openid profile', 'openid\tprofile'), ['scope: a text has a control character']),
    file('a backslash', replaced('openid profile', 'openid\\ profile'), ['scope: a text has a backslash']),
    file('a space that is none', replaced('"scope": ', '"scope":\u00a0'), ['scope: an invisible character (U+00A0)']),
    file('a brace too many', `${whole}}`, ['a closing brace or bracket is one too many']),
    file('two connectors', `${whole}\n${whole}`, ['a second object follows the first']),
    file('a word at the end', `${whole}\n${SECRET}`, ['something follows the end']),
    file('control characters outside of texts', `{\u0007\u001b[31m"a": 1}`, ['line 1']),

    // JSON, but no connector
    file('a list of connectors', JSON.stringify([base(), base()]), ['it is a list of 2'], 'Take one connector out'),
    file('an empty list', '[]', ['it is an empty list']),
    file('a text', JSON.stringify(SECRET), ['it is a text and not an object']),
    file('a number', '42', ['it is a number']),
    file('null', 'null', ['it is null']),
    file('true', 'true', ['it is a boolean']),
    file('JSON in a text', JSON.stringify(whole), ['JSON within a text in quotes'], 'Take the quotes around it off'),
    file('a key twice', replaced('  "scope"', `  "clientSecret": "other",\n  "scope"`), [
      'line 6',
      'clientSecret: the key is there twice (first on line 5)',
    ]),
    file('a key twice, inside', '{"customConfig": {"a": "1",\n"\\u0061": "2"}}', [
      'line 2',
      'customConfig.a: the key is there twice',
    ]),
    file('__proto__', replaced('"scope"', '"__proto__": {"scope": "x"},\n  "scope"'), ['__proto__: this key']),
    file('__proto__, inside', '{"customConfig": {"__proto__": "x"}}', ['customConfig.__proto__']),
    file('a zero character', `{"clientId": "a\\u0000b"}`, ['clientId: it has a character']),
    file('half of a character', `{"customConfig": {"a b": "\\ud83d"}}`, ['customConfig["a b"]: it has a character']),
    file('a discovery document', JSON.stringify({ issuer, authorization_endpoint: issuer, jwks_uri: issuer }), [
      'discovery document',
    ]),
    file('a key set', '{"keys": []}', ['a key set (JWKS)']),
    file("a client's registration", JSON.stringify({ client_id: 'a', client_secret: SECRET, redirect_uris: [] }), [
      "client's registration",
    ]),
    file('an enterprise connector', JSON.stringify({ providerName: 'OIDC', config: base() }), [
      'providerName: ',
      'enterprise (SSO)',
    ]),
    file('another connector', answer({ connectorId: 'github-universal', config: base() }), [
      'connectorId: ',
      'github-universal',
    ]),
    file('a connector of no kind', answer({ connectorId: { oidc: SECRET }, config: base() }), [
      'connectorId is an object',
    ]),
    file('an answer without its configuration', answer({}), ['config: it is missing']),
    file('an answer with a list', answer({ config: [base()] }), ['config: it is a list and not an object']),
    file('an answer with a text', answer({ config: whole }), ['config: it is a text'], 'Take the quotes'),
    file('an answer with null', answer({ config: null }), ['config: it is null']),

    // JSON of a connector that Logto refuses
    refused('nothing at all', {}, ['authorizationEndpoint', 'is missing', 'and 5 more'], 'authorization_endpoint'),
    refused('no client secret', base({ clientSecret: undefined }), ['clientSecret', 'is missing'], 'client secret'),
    refused('an empty client secret', base({ clientSecret: '' }), ['clientSecret', 'is empty']),
    refused('an empty scope', base({ scope: '' }), ['scope', 'is empty'], 'openid profile email'),
    refused('no scope, in an answer', answer({ config: base({ scope: undefined }) }), ['config.scope', 'is missing']),
    refused('a list of scopes', base({ scope: ['openid'] }), ['scope (line 6) is a list'], 'as one text'),
    refused('client_id', base({ clientId: undefined, client_id: 'a' }), ['clientId'], 'Rename "client_id" to clientId'),
    refused(
      'a mistyped key',
      base({ tokenEndpoint: undefined, tokenEndpiont: 'a' }),
      ['tokenEndpoint'],
      'Rename "tokenEndpiont"',
    ),
    refused(
      'jwksUri at the top',
      base({ idTokenVerificationConfig: undefined, jwksUri: 'a' }),
      ['idTokenVerificationConfig'],
      'Move jwksUri into idTokenVerificationConfig',
    ),
    refused(
      'jwks_uri',
      verification({ jwksUri: undefined, jwks_uri: 'a' }),
      ['idTokenVerificationConfig.jwksUri'],
      'Rename "jwks_uri"',
    ),
    refused(
      'an object in a text',
      base({ idTokenVerificationConfig: '{"jwksUri":"a"}' }),
      ['idTokenVerificationConfig', 'a text'],
      'Take the quotes (and the backslashes) off',
    ),
    refused(
      'maxAge as a number',
      optional({ maxAge: 3600 }),
      ['authRequestOptionalConfig.maxAge', 'a number'],
      'Put the number in quotes',
    ),
    refused('"true"', base({ trustUnverifiedEmail: 'true' }), ['trustUnverifiedEmail'], 'Take the quotes off: true'),
    refused(
      '1 for true',
      base({ acceptStringTypedBooleanClaims: 1 }),
      ['acceptStringTypedBooleanClaims'],
      'Write true',
    ),
    refused(
      'private_key_jwt',
      base({ tokenEndpointAuthMethod: 'private_key_jwt' }),
      ['tokenEndpointAuthMethod'],
      'private key',
    ),
    refused('none', base({ tokenEndpointAuthMethod: 'none' }), ['tokenEndpointAuthMethod'], 'confidential client'),
    refused(
      'a mistyped method',
      base({ tokenEndpointAuthMethod: 'client-secret-basic' }),
      ['tokenEndpointAuthMethod'],
      '"client_secret_basic"',
    ),
    refused(
      'RS256 with a secret',
      base({ clientSecretJwtSigningAlgorithm: 'RS256' }),
      ['clientSecretJwtSigningAlgorithm'],
      'signed with the client secret',
    ),
    refused('another response type', base({ responseType: 'id_token' }), ['responseType'], 'the code flow alone'),
    refused(
      'a date',
      verification({ currentDate: '2026-01-01' }),
      ['idTokenVerificationConfig.currentDate'],
      'Remove it',
    ),
    refused(
      'one algorithm',
      verification({ algorithms: 'RS256' }),
      ['idTokenVerificationConfig.algorithms'],
      '["RS256"]',
    ),
    refused('an issuer that is a number', verification({ issuer: 5 }), [
      'idTokenVerificationConfig.issuer',
      'a number',
    ]),
    refused('an issuer among issuers', verification({ issuer: ['a', null] }), ['idTokenVerificationConfig.issuer']),
    refused(
      'crit of texts',
      verification({ crit: { b64: 'true' } }),
      ['idTokenVerificationConfig.crit.b64'],
      'Take the quotes off',
    ),
    refused(
      'a number in customConfig',
      custom({ 'a b': 5 }),
      ['customConfig["a b"] (line '],
      'Put the number in quotes',
    ),
    refused('null in customConfig', custom({ audience: null }), ['customConfig.audience', 'null'], 'Remove audience'),
    refused('an object in customConfig', custom({ claims: { id_token: {} } }), ['customConfig.claims', 'an object']),
    refused('customConfig as a list', base({ customConfig: ['a'] }), ['customConfig', 'a list']),
    refused('customConfig as null', base({ customConfig: null }), ['customConfig', 'null'], 'Remove customConfig'),
    refused(
      'a client id that is a number',
      base({ clientId: 12345 }),
      ['clientId (line 4) is a number'],
      'Put the number in quotes',
    ),
    refused('optional settings as a text', base({ authRequestOptionalConfig: 'prompt=login' }), [
      'authRequestOptionalConfig',
    ]),
  ];
}
