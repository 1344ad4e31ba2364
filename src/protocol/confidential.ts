/** Parameters of a token request that anybody may see. What `customConfig` adds may be anything, and is not shown. */
const PUBLIC_PARAMETERS: readonly string[] = [
  'grant_type',
  'redirect_uri',
  'client_id',
  'client_assertion_type',
  'response_type',
  'scope',
  'resource',
  'audience',
];

/** Shorter values are no secrets worth the name, and would tear holes into plain words. */
const SHORTEST_SECRET = 4;

const NOT_SHOWN = '(not shown)';

/** A signed token of any kind, also one that breaks off. */
const TOKEN = /\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g;

/** Takes out of a provider's words what it was told in confidence. */
export type Discretion = (words: string) => string;

/**
 * Some providers repeat the request that they refuse. Of what was sent in
 * confidence (`secrets`, and the form but for its public parameters) nothing
 * is left, in whichever of the usual encodings the provider repeats it.
 */
export function discretionAbout(form: URLSearchParams, secrets: readonly string[]): Discretion {
  const sent = [...form].filter(([name]) => !PUBLIC_PARAMETERS.includes(name)).map(([, value]) => value);
  const confidential = [...secrets, ...sent].filter((secret) => secret.length >= SHORTEST_SECRET);
  // Longer ones first, so that no rest of them is left.
  const spellings = [...new Set(confidential.flatMap(spellingsOf).map(inLowerCase))].sort(
    (one, other) => other.length - one.length,
  );
  const byBeginning = new Map<string, string[]>();
  for (const text of spellings) {
    const beginning = text.slice(0, SHORTEST_SECRET);
    byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), text]);
  }
  return (words) => without(byBeginning, words).replace(TOKEN, NOT_SHOWN);
}

/** In one pass, so that nothing is looked for in what was put there. No pattern is made of secrets: one has a largest size. */
function without(byBeginning: ReadonlyMap<string, readonly string[]>, words: string): string {
  const text = inLowerCase(words);
  const shown: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const secret = byBeginning.get(text.slice(at, at + SHORTEST_SECRET))?.find((one) => text.startsWith(one, at));
    if (secret === undefined) at += 1;
    else {
      shown.push(words.slice(from, at), NOT_SHOWN);
      at += secret.length;
      from = at;
    }
  }
  return shown.join('') + words.slice(from);
}

/** %2b is %2B. ASCII alone: no text becomes longer or shorter. */
function inLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

function spellingsOf(secret: string): string[] {
  const inForm = new URLSearchParams({ '': secret }).toString().slice(1);
  const inHtml = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  return [
    secret,
    inForm,
    inForm.replaceAll('+', '%20'),
    // By way of UTF-8: half a surrogate pair has no encoding.
    encodeURIComponent(Buffer.from(secret).toString()),
    JSON.stringify(secret).slice(1, -1),
    inHtml,
    inHtml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    inHtml.replaceAll('"', '&#34;').replaceAll("'", '&#x27;'),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
  ];
}
