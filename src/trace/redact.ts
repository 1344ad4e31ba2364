import { truncate } from '../safe-text.js';
import { decodeForm, decodeJwtPart, decodeText, isSameValue, pageText, tryParseJson, urlLine } from './decode.js';
import type {
  ShownBody,
  ShownEvent,
  ShownExchange,
  ShownFailure,
  ShownParameter,
  ShownStep,
  ShownToken,
  ShownUrl,
} from './document.js';
import { hasPublicPath, isHarmlessHeader, isKnownName, nameHandling, type Reading } from './known-names.js';
import { authorizationMeaning, parameterMeaning, stepSender } from './meanings.js';
import type { Exchange, Step } from './recorder.js';
import type { Secrets } from './secrets.js';

/** A longer body is shown as the beginning of its text; characters. */
const MAX_DECODED = 262_144;
/** Characters of a text, before and after redaction, and of a name. */
const [MAX_READ, MAX_TEXT, MAX_NAME] = [65_536, 4_000, 200];
/** Deeper JSON is a trick, not an answer. */
const MAX_DEPTH = 24;

type Json = unknown;
type Pairs = Iterable<readonly [string, string]>;

/**
 * Makes of what the recorder tells what may be shown, by allow-list: a value
 * under a name that no list knows is replaced by its name within the run.
 * `maskPersons`: personal claims are replaced as well, for a file to be handed on.
 */
export class Redactor {
  /** Where each replaced value was seen. */
  readonly places = new Map<string, Set<string>>();
  private where = '';

  constructor(
    private readonly secrets: Secrets,
    private readonly maskPersons: boolean,
  ) {}

  /**
   * An event as it may be shown. It is read twice: a secret that the end of an
   * answer names is then found at its beginning, too.
   */
  event(event: Exchange | Step, number: number): ShownEvent {
    const read = () => ('method' in event ? this.exchange(event, number) : this.step(event, number));
    read();
    return read();
  }

  /** Words of our own, or of an explanation: less the secrets and, where asked, the people that are known. */
  words(text: string): string {
    return this.people(this.secrets.withoutInOwn(text));
  }

  /** A failure as it may be shown. */
  failure({ code, message, causes, fix }: ShownFailure): ShownFailure {
    const words = (text: string) => this.words(text);
    return { code, message: words(message), causes: causes.map(words), fix: words(fix) };
  }

  private exchange(exchange: Exchange, number: number): ShownExchange {
    const { step, method, startedAt, durationMs, status, responseBody } = exchange;
    this.where = step;
    const requestType = exchange.requestHeaders['content-type'];
    const url = this.url(exchange.url, step, hasPublicPath(step));
    const requestHeaders = this.headers(Object.entries(exchange.requestHeaders), exchange.url, step);
    const requestBody = exchange.requestBody
      ? { requestBody: this.body(exchange.requestBody, requestType, step, undefined) }
      : {};
    this.where = `answer to ${step}`;
    const answered = [
      ...Object.entries(exchange.responseHeaders ?? {}),
      ...(exchange.responseCookies ?? []).map((cookie) => ['set-cookie', cookie] as const),
    ];
    const responseHeaders = exchange.responseHeaders
      ? { responseHeaders: this.headers(answered, exchange.url, step) }
      : {};
    const body = responseBody
      ? { responseBody: this.body(responseBody, exchange.responseHeaders?.['content-type'], step, status) }
      : {};
    return {
      kind: 'exchange',
      number,
      step,
      from: exchange.from ?? stepSender(step),
      to: 'provider',
      startedAt,
      durationMs,
      times: exchange.times,
      serverAddress: exchange.serverAddress,
      method: this.words(method),
      url,
      requestHeaders,
      ...requestBody,
      ...(status === undefined ? {} : { status }),
      ...responseHeaders,
      ...body,
      ...(responseBody === undefined ? {} : { responseSize: Buffer.byteLength(responseBody) }),
      ...(exchange.failure === undefined ? {} : { failure: this.foreign(exchange.failure) }),
      ...(exchange.about === undefined ? {} : { about: this.words(exchange.about) }),
    };
  }

  private step(event: Step, number: number): ShownStep {
    const { step, from, to, at, note, url, posted, parameters, checks, verdict, failure, about } = event;
    this.where = step;
    return {
      kind: 'step',
      number,
      step,
      from,
      to,
      startedAt: at,
      ...(about === undefined ? {} : { about: this.words(about) }),
      ...(note === undefined ? {} : { note: this.words(note) }),
      ...(url === undefined ? {} : { url: this.url(url, step, true) }),
      ...(posted ? { posted } : {}),
      ...(parameters === undefined ? {} : { parameters: this.parameters(parameters, step) }),
      ...(checks === undefined
        ? {}
        : {
            checks: checks.map(({ expected, actual, ...check }) => ({
              ...check,
              expected: this.words(expected),
              actual: this.words(actual),
            })),
          }),
      verdict,
      ...(failure === undefined ? {} : { failure: this.failure(failure) }),
    };
  }

  private url(text: string, step: string, publicPath: boolean, relativeTo?: string): ShownUrl {
    let url: URL;
    try {
      url = new URL(text, relativeTo);
    } catch {
      return { base: this.foreign(text), query: [], fragment: [] };
    }
    const credentials = [url.username, url.password]
      .filter(Boolean)
      .map((part) => this.secret(decodeText(part), 'address'));
    const authority = credentials.length === 0 ? url.host : `${credentials.join(':')}@${url.host}`;
    const path = url.pathname
      .split('/')
      .map((segment) => {
        if (publicPath) this.secrets.allow(segment);
        const plain = this.secrets.without(segment);
        return plain === segment && this.secrets.looksSecret(segment) ? this.secret(segment, 'address') : plain;
      })
      .join('/');
    const fragment = url.hash.slice(1);
    return {
      base: url.host === '' ? `${url.protocol}${path}` : `${url.protocol}//${this.secrets.without(authority)}${path}`,
      query: this.parameters(url.searchParams, step),
      fragment: fragment === '' ? [] : this.parameters(new URLSearchParams(fragment), step),
    };
  }

  private parameters(pairs: Pairs, step: string): ShownParameter[] {
    return [...pairs].map(([name, value]) => {
      const why = parameterMeaning(step, name);
      return { ...this.parameter(name, value, step), ...(why === undefined ? {} : { why }) };
    });
  }

  private parameter(name: string, value: string, step: string): ShownParameter {
    const shownName = this.name(name);
    // RFC 6749 §4.1.2.1: a code of letters and underscores; anything else is talk.
    const handling = name === 'error' && !/^\w+$/.test(value) ? 'text' : nameHandling(name, 'parameters');
    if (name === 'claims') {
      const json = tryParseJson(value);
      if (json !== undefined) return { name: shownName, value: JSON.stringify(this.json(json, name, 'claims', [])) };
    }
    if (handling === 'shown') return { name: shownName, value: this.harmless(value, step) };
    if (handling === 'text') return { name: shownName, value: this.foreign(value) };
    if (handling === 'personal') return { name: shownName, value: this.person(value, name) };
    const token = this.token(value);
    return { name: shownName, value: this.secret(value, name), token };
  }

  private headers(headers: Pairs, base: string, step: string): ShownParameter[] {
    return [...headers].map(([name, value]) => {
      const shownName = this.foreign(name.toLowerCase());
      return { name: shownName, ...this.header(shownName, value, base, step) };
    });
  }

  private header(name: string, value: string, base: string, step: string): Omit<ShownParameter, 'name'> {
    if (isHarmlessHeader(name)) return { value: this.people(this.secrets.without(value)) };
    if (name === 'location') return { value: urlLine(this.url(value, step, false, base)) };
    if (name === 'origin' || name === 'referer') return { value: this.address(value, step, false) };
    if (/^content-security-policy(-report-only)?$/.test(name)) {
      const nonce = (whole: string, value: string) => whole.replace(value, this.secret(value, name));
      return { value: this.secrets.without(value.replace(/'nonce-([^']+)'/g, nonce)) };
    }
    if (name === 'www-authenticate') return { value: this.foreign(value) };
    if (name === 'authorization' || name === 'proxy-authorization') return this.authorization(value, name);
    if (name === 'cookie')
      return {
        value: value
          .split(';')
          .map((one) => this.cookie(one))
          .join('; '),
      };
    if (name === 'set-cookie') return { value: this.setCookie(value) };
    const token = this.token(value);
    return { value: this.secret(value, name), token };
  }

  private authorization(value: string, name: string): Omit<ShownParameter, 'name'> {
    const [, scheme = '', credentials = ''] = /^(\S+) +(.+)$/.exec(value) ?? [];
    if (credentials === '') return { value: this.secret(value, name) };
    const reason = authorizationMeaning(scheme);
    const why = reason === undefined ? {} : { why: reason };
    if (/^basic$/i.test(scheme)) {
      // RFC 7617 §2: all after the first colon is the password; RFC 6749 §2.3.1: both are form-encoded.
      const [, user = '', password] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
      if (password !== undefined) {
        const secret = password === '' ? '' : this.secret(decodeForm(password), 'client_secret');
        return { value: `Basic ${this.harmless(decodeForm(user), name)}:${secret}`, ...why };
      }
    }
    const token = this.token(credentials);
    return {
      value: `${this.secrets.without(scheme)} ${this.secret(credentials, name)}`,
      ...why,
      ...(token ? { token } : {}),
    };
  }

  private cookie(text: string): string {
    const at = text.indexOf('=');
    if (at < 0) return text.trim() === '' ? '' : this.secret(text.trim(), 'cookie');
    const name = this.shortName(text.slice(0, at).trim());
    const value = text.slice(at + 1).trim();
    return `${name}=${value === '' ? '' : this.secret(value, `cookie ${name}`)}`;
  }

  private setCookie(text: string): string {
    const [pair = '', ...attributes] = text.split(';');
    const shown = attributes
      .map((attribute) => attribute.trim())
      .filter((attribute) => COOKIE_ATTRIBUTE.test(attribute));
    // A path may hold what names a sign-in that is going on.
    const harmless = (attribute: string) =>
      attribute.replace(/(?<==).+/s, (value) => this.words(this.secrets.withoutWhatLooksSecret(value)));
    return [this.cookie(pair), ...shown.map(harmless)].join('; ');
  }

  private body(text: string, type: string | undefined, step: string, status: number | undefined): ShownBody {
    const media = (type ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    const decodable = text.length <= MAX_DECODED;
    if (decodable && media === 'application/x-www-form-urlencoded') {
      return { type: 'form', parameters: this.parameters(new URLSearchParams(text), step) };
    }
    const json = decodable ? tryParseJson(text) : undefined;
    if (typeof json === 'object' && json !== null) {
      const tokens: (ShownToken & { member: string })[] = [];
      return { type: 'json', value: this.json(json, '', stepReading(step, status), [], tokens, status), tokens };
    }
    const token = decodable ? this.token(text.trim()) : undefined;
    if (token) return { type: 'jwt', value: this.secret(text.trim(), 'body'), token };
    // The last word may be cut in two, and a half would not be known.
    const cut = text.length > MAX_READ ? text.slice(0, MAX_READ).replace(/\S*$/, '') : text;
    const words = this.foreign(media === 'text/html' || /^\s*<(!doctype|html)/i.test(text) ? pageText(cut) : cut);
    return { type: 'text', text: words.length > MAX_TEXT ? `${words.slice(0, MAX_TEXT)} …` : words };
  }

  /** JSON with the same shape; `path` leads to the value, `tokens` collects the JWTs that are found. */
  private json(
    value: Json,
    name: string,
    reading: Reading,
    path: readonly string[],
    tokens: (ShownToken & { member: string })[] = [],
    status?: number,
  ): Json {
    if (path.length > MAX_DEPTH) return '…';
    if (Array.isArray(value)) {
      return value.map((each, index) => this.json(each, name, reading, [...path, String(index)], tokens, status));
    }
    if (typeof value === 'object' && value !== null) {
      const members = Object.entries(value).map(([member, each]): [string, Json] => {
        // The claims of an address are the address's.
        const personal = name !== '' && nameHandling(name, reading) === 'personal';
        const known = personal ? name : member;
        const inside = member === 'jwk' || member === 'jwks' ? 'key set' : reading;
        return [this.name(member), this.json(each, known, inside, [...path, member], tokens, status)];
      });
      return Object.fromEntries(members);
    }
    if (value === null || typeof value === 'boolean') return value;
    const handling = isErrorCode(name, value, status) ? 'shown' : nameHandling(name, reading);
    if (typeof value !== 'string') {
      if (handling === 'shown' || handling === 'text') return value;
      if (handling === 'personal') return this.maskPersons ? this.person(String(value), name) : value;
      return this.secret(String(value), path.join('.'));
    }
    if (value === '') return value;
    if (handling === 'shown') return this.harmless(value, reading === 'metadata' ? 'discovery' : '');
    if (handling === 'text') return this.foreign(value);
    if (handling === 'personal') return this.person(value, name);
    const token = this.token(value);
    if (token) tokens.push({ member: this.shortName(path.join('.')), ...token });
    return this.secret(value, name);
  }

  /** A JWT's header and claims, or a JWE's header; undefined where it is neither. */
  private token(text: string): ShownToken | undefined {
    const parts = text.split('.');
    if (parts.length !== 3 && parts.length !== 5) return undefined;
    const header = decodeJwtPart(parts[0]);
    if (header === undefined || !('alg' in header)) return undefined;
    const shown = this.json(header, '', 'parameters', []);
    const claims = parts.length === 3 ? decodeJwtPart(parts[1]) : undefined;
    return { header: shown, ...(claims === undefined ? {} : { claims: this.json(claims, '', 'claims', []) }) };
  }

  /** A value whose name says that it is no secret; an address in it may still carry some. */
  private harmless(value: string, step: string): string {
    if (/^https?:\/\/\S+$/i.test(value)) return this.address(value, step, true);
    for (const word of value.split(/\s+/)) this.secrets.allow(word);
    return this.secrets.without(value);
  }

  /** An address that is a value: as it stands, to the slash, where there is nothing in it to be replaced. */
  private address(value: string, step: string, publicPath: boolean): string {
    const shown = urlLine(this.url(value, step, publicPath));
    return isSameValue(shown, value) ? value : shown;
  }

  /** Somebody else's words. A value that stands beside its name, as in broken JSON, is judged by that name. */
  private foreign(text: string): string {
    const judge = (whole: string, before: string, name: string, value: string) => {
      const replaced = value === '' || /^(secret|person)#\d+$/.test(value);
      return replaced || nameHandling(name, 'parameters') !== 'secret' ? whole : before + this.secrets.secret(value);
    };
    const result = text.replace(QUOTED_VALUE, judge).replace(BARE_VALUE, judge);
    return this.people(this.secrets.withoutWhatLooksSecret(result));
  }

  /** The name of a parameter or member: one of the protocol is our own word, any other is somebody's, of any length. */
  private name(name: string): string {
    return isKnownName(name) ? name : this.shortName(name);
  }

  private shortName(name: string): string {
    return truncate(this.foreign(name), MAX_NAME);
  }

  private people(text: string): string {
    return this.maskPersons ? this.secrets.withoutPeople(text) : text;
  }

  private person(value: string, place: string): string {
    if (!this.maskPersons) {
      const plain = this.secrets.without(value);
      return plain === value && this.secrets.looksSecret(value) && place !== 'sub' ? this.foreign(value) : plain;
    }
    return this.seen(this.secrets.person(value), place);
  }

  private secret(value: string, place: string): string {
    if (value === '') return value;
    return this.seen(this.secrets.secret(value), place);
  }

  private seen(name: string, place: string): string {
    const places = this.places.get(name) ?? new Set();
    places.add(`${this.shortName(place)} (${this.where})`);
    this.places.set(name, places);
    return name;
  }
}

/** `"name": "value"` or `name="value"`, without the last quotation mark, which may be cut off. */
const QUOTED_VALUE = /("?\b([A-Za-z_]\w*)"?\s*[:=]\s*")((?:\\.|[^"\\])*)/g;
/** `name=value`. */
const BARE_VALUE = /(\b([A-Za-z_]\w*)=)([^\s"&<>=][^\s"&<>]*)/g;

/** What an answer's body is read as. */
function stepReading(step: string, status: number | undefined): Reading {
  if (status === undefined || status >= 400) return 'parameters';
  if (step === 'discovery') return 'metadata';
  if (step === 'key set') return 'key set';
  return step === 'userinfo request' || step === 'introspection request' ? 'claims' : 'parameters';
}

/** An error's own code, as `oidc.invalid_grant`: words, in an answer that is an error. An authorization code is none. */
function isErrorCode(name: string, value: Json, status: number | undefined): boolean {
  return name === 'code' && (status ?? 0) >= 400 && typeof value === 'string' && /^[a-z]+([._][a-z]+)+$/.test(value);
}

const COOKIE_ATTRIBUTE = /^(secure|httponly|partitioned|path=.*|domain=.*|expires=.*|max-age=-?\d+|samesite=\w+)$/i;
