/** What stands in place of a secret. */
const MASK = '•••';

/** Shorter ones would be found everywhere, and hide nothing. */
const SHORTEST = 3;

/**
 * A text without these secrets, in whatever form they stand in it: as they
 * are, URL-encoded (both ways), JSON- or HTML-escaped, or in base64 (also as a
 * part of something longer).
 */
export function maskSecrets(text: string, secrets: Iterable<string>): string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    for (const form of formsOf(secret)) forms.add(form);
  }
  // The longest first: a form may hold a shorter one.
  return [...forms]
    .sort((one, other) => other.length - one.length)
    .reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(Buffer.from(secret).toString());
  const posted = new URLSearchParams({ a: secret }).toString().slice(2);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    posted,
    JSON.stringify(secret).slice(1, -1),
    html,
    html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    ...base64Forms(secret),
  ].filter((form) => form.length >= SHORTEST);
}

/** The characters of base64 that depend on the secret alone, for each of the three places it may begin at. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const start = offset === 0 ? 0 : offset + 1;
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const part = padded.slice(start, whole);
    if (part.length < 4) return [];
    return [part, part.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
