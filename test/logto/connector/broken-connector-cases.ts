import { connectorJson, SECRET } from '../connectors.js';

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
  const response = (members: Readonly<Record<string, unknown>>) =>
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
    file('nothing but spaces', ' \n\t\n', ['expected a value, got the end of the file']),
    file('UTF-16, little end first', Buffer.from(`\uFEFF${whole}`, 'utf16le'), ['it is not UTF-8'], 'Save it as UTF-8'),
    file('UTF-16 without a mark', Buffer.from(whole, 'utf16le'), ['line 1, column 2', 'U+0000']),
    file('UTF-16, big end first', Buffer.from(whole, 'utf16le').swap16(), ['line 1, column 1', 'U+0000']),
    file('Latin-1', Buffer.from(replaced('"openid profile', '"caf\u00e9'), 'latin1'), ['line 6', 'it is not UTF-8']),
    file('a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff]), ['not UTF-8']),
    file('more than 1 MiB', `{"a":"${'x'.repeat(1024 * 1024)}"}`, ['larger than 1 MiB']),
    file('nested without end', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, ['nested more than 100 levels']),
    file('lists without end', '['.repeat(100_000), ['nested more than 100 levels']),

    // The mistakes that people make most
    file('a code block', `\`\`\`json\n${whole}\n\`\`\`\n`, ['the fence of a code block'], 'Remove the lines with ```'),
    file(
      'a comma at the end',
      replaced(/\n\}$/, ',\n}'),
      ['line 10, column 4', 'a comma stands before the closing brace'],
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
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation of references
    file('a reference without quotes', replaced(`"${SECRET}"`, '${SECRET}'), ['clientSecret: a placeholder'], 'quotes'),
    file(
      'a placeholder',
      replaced('"demo-confidential"', '<client-id>'),
      ['clientId: a placeholder'],
      'Write the value there',
    ),
    file('a template', replaced(`"${SECRET}"`, '{{ secret }}'), ['clientSecret: expected a key']),

    // Something else than JSON
    file('YAML', `authorizationEndpoint: ${issuer}/auth\nclientSecret: ${SECRET}\n`, ['line 1, column 1', 'a word']),
    file('members without their braces', lines.slice(1, -1).join('\n'), ['line 1', 'expected nothing more']),
    file('an environment file', `CLIENT_ID=a\nCLIENT_SECRET=${SECRET}\n`, ['a word without quotes']),
    file('a web address', `${issuer}/.well-known/openid-configuration\n`, ['a word without quotes']),
    file('a web page', `<!DOCTYPE html>\n<html><body>${SECRET}</body></html>`, ['line 1, column 1']),
    file('JavaScript', `module.exports = ${whole};`, ['a word without quotes']),
    file('a token', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${SECRET}`, ['a word without quotes']),
    file('a command', `curl -d '{"clientSecret":"${SECRET}"}'`, ['line 1']),

    // Not quite JSON
    file('cut off in the middle', lines.slice(0, 4).join('\n'), ['line 4', 'got the end of the file'], 'whole'),
    file('cut off within a text', `{\n  "clientSecret": "${SECRET}`, ['line 2', 'clientSecret: ', 'no closing quote']),
    file('cut off after a colon', '{\n  "clientId":', ['line 2', 'clientId: expected a value, got the end']),
    file('the last brace missing', lines.slice(0, -1).join('\n'), [
      'expected a closing brace, got the end of the file',
    ]),
    file('two commas', replaced(/,\n/, ',,\n'), ['line 2', 'expected a key in double quotes, got the character ,']),
    file('a comma missing', replaced(/,\n/, '\n'), ['line 3, column 3', 'expected a comma, got the character "']),
    file('a colon missing', replaced('"clientSecret":', '"clientSecret"'), [
      'line 5',
      'clientSecret: expected a colon',
    ]),
    file('an equals sign', replaced('"clientId":', '"clientId" ='), ['clientId: the character = is not JSON']),
    file('a comment to the end of the line', replaced(/,\n/, `, // ${SECRET}\n`), ['line 2', 'a comment is not JSON']),
    file('a comment in the middle', replaced('{\n', `{ /* ${SECRET} */\n`), ['line 1, column 3', 'a comment']),
    file('single quotes', replaced(/"/g, "'"), ['line 2, column 3', "the character ' is not JSON"]),
    file('quotes of a text processor', replaced(/"/g, '\u201d'), ['the character U+201D is not JSON']),
    file('keys without quotes', replaced('"clientId"', 'clientId'), ['line 4', 'a word without quotes']),
    file('a text without quotes', replaced(`"${SECRET}"`, SECRET), ['line 5', 'clientSecret: a word without quotes']),
    file('True', replaced(/\n\}$/, ',\n  "trustUnverifiedEmail": True\n}'), ['trustUnverifiedEmail: a word']),
    file('a leading zero', '{"idTokenVerificationConfig": {"clockTolerance": 05}}', [
      'clockTolerance: ',
      'got a number',
    ]),
    file('a line break in a text', replaced('openid profile', 'openid\nprofile'), [
      'line 6, column 12',
      'scope: a text has no closing quote',
    ]),
    file('a tab in a text', replaced('openid profile', 'openid\tprofile'), ['scope: a text has a control character']),
    file('a backslash', replaced('openid profile', 'openid\\ profile'), ['scope: a text has a backslash']),
    file('a space that is none', replaced('"scope": ', '"scope":\u00a0'), ['scope: the character U+00A0']),
    file('a brace too many', `${whole}}`, ['expected nothing more, got the character }']),
    file('two connectors', `${whole}\n${whole}`, ['line 12, column 1', 'expected nothing more, got the character {']),
    file('a word at the end', `${whole}\n${SECRET}`, ['line 12, column 1', 'a word without quotes']),
    file('control characters outside of texts', `{\u0007\u001b[31m"a": 1}`, ['line 1, column 2', 'U+0007']),

    // JSON, but no connector
    file('a list of connectors', JSON.stringify([base(), base()]), ['expected an object, got a list']),
    file('a text', JSON.stringify(SECRET), ['expected an object, got a text']),
    file('a number', '42', ['expected an object, got a number']),
    file('null', 'null', ['expected an object, got null']),
    file('a key twice', replaced('  "scope"', `  "clientSecret": "other",\n  "scope"`), [
      'line 6',
      'clientSecret: the key is there twice',
    ]),
    file('a key twice, inside', '{"customConfig": {"a": "1",\n"\\u0061": "2"}}', [
      'line 2',
      'customConfig.a: the key is there twice',
    ]),
    file('__proto__', replaced('"scope"', '"__proto__": {"scope": "x"},\n  "scope"'), ['__proto__: this key']),
    file('__proto__, inside', '{"customConfig": {"__proto__": "x"}}', ['customConfig.__proto__']),
    file('a zero character', `{"clientId": "a\\u0000b"}`, ['clientId: it has a character']),
    file('half of a character', `{"customConfig": {"a b": "\\ud83d"}}`, ['customConfig["a b"]: it has a character']),
    file('another connector', response({ connectorId: 'github-universal', config: base() }), [
      'connectorId: expected "oidc"',
    ]),
    file('a connector of no kind', response({ connectorId: { oidc: SECRET }, config: base() }), ['connectorId: ']),
    file('an answer without its configuration', response({}), ['config: expected an object, got nothing']),
    file('an answer with a list', response({ config: [base()] }), ['config: expected an object, got a list']),
    file('an answer with a text', response({ config: whole }), ['config: expected an object, got a text']),
    file('an answer with null', response({ config: null }), ['config: expected an object, got null']),

    // JSON of a connector that Logto refuses
    refused('nothing at all', {}, ['authorizationEndpoint', 'is missing', 'and 5 more'], 'Write text in quotes there'),
    refused('a discovery document', { issuer, authorization_endpoint: issuer, jwks_uri: issuer }, [
      'authorizationEndpoint (line 1) is missing',
    ]),
    refused('no client secret', base({ clientSecret: undefined }), ['clientSecret', 'is missing']),
    refused('an empty client secret', base({ clientSecret: '' }), ['clientSecret', 'is empty']),
    refused('an empty scope', base({ scope: '' }), ['scope', 'is empty']),
    refused('no scope, in an answer', response({ config: base({ scope: undefined }) }), ['config.scope', 'is missing']),
    refused('a list of scopes', base({ scope: ['openid'] }), ['scope (line 6) is a list']),
    refused('jwks_uri', verification({ jwksUri: undefined, jwks_uri: 'a' }), ['idTokenVerificationConfig.jwksUri']),
    refused(
      'maxAge as a number',
      optional({ maxAge: 3600 }),
      ['authRequestOptionalConfig.maxAge', 'a number'],
      'Write text in quotes ("3600", not 3600) there.',
    ),
    refused(
      '"true"',
      base({ trustUnverifiedEmail: 'true' }),
      ['trustUnverifiedEmail'],
      'true or false, without quotes',
    ),
    refused(
      'private_key_jwt',
      base({ tokenEndpointAuthMethod: 'private_key_jwt' }),
      ['tokenEndpointAuthMethod'],
      'one of client_secret_basic, client_secret_post, client_secret_jwt',
    ),
    refused(
      'RS256 with a secret',
      base({ clientSecretJwtSigningAlgorithm: 'RS256' }),
      ['clientSecretJwtSigningAlgorithm'],
      'one of HS256, HS384, HS512',
    ),
    refused('another response type', base({ responseType: 'id_token' }), ['responseType'], '"code"'),
    refused(
      'a date',
      verification({ currentDate: '2026-01-01' }),
      ['idTokenVerificationConfig.currentDate'],
      'nothing',
    ),
    refused(
      'one algorithm',
      verification({ algorithms: 'RS256' }),
      ['idTokenVerificationConfig.algorithms'],
      'a list of texts',
    ),
    refused('an issuer that is a number', verification({ issuer: 5 }), [
      'idTokenVerificationConfig.issuer',
      'a number',
    ]),
    refused('an issuer among issuers', verification({ issuer: ['a', null] }), ['idTokenVerificationConfig.issuer']),
    refused('crit of texts', verification({ crit: { b64: 'true' } }), ['idTokenVerificationConfig.crit.b64']),
    refused('a number in customConfig', custom({ 'a b': 5 }), ['customConfig["a b"] (line ', 'a number']),
    refused('null in customConfig', custom({ audience: null }), ['customConfig.audience', 'null']),
    refused('an object in customConfig', custom({ claims: { id_token: {} } }), ['customConfig.claims', 'an object']),
    refused('customConfig as a list', base({ customConfig: ['a'] }), ['customConfig', 'a list']),
    refused('customConfig as null', base({ customConfig: null }), ['customConfig', 'null']),
    refused('a client id that is a number', base({ clientId: 12345 }), ['clientId (line 4) is a number']),
    refused('optional settings as a text', base({ authRequestOptionalConfig: 'prompt=login' }), [
      'authRequestOptionalConfig',
    ]),
  ];
}
