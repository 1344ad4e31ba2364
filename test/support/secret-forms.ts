/**
 * A secret in every form in which it may leave a program: as it is, URL- and
 * form-encoded (also twice, or in base64 then, as HTTP Basic has it), as JSON,
 * HTML or XML have it, in base64 (also as a part of something longer) and in
 * hex; of a JWT each part that is a secret.
 */
export function formsOf(secret: string): string[] {
  const markup = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const encoded = encodeURIComponent(secret);
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const forms = [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    encodeURIComponent(encoded),
    form,
    encoded.replaceAll('%20', '+'),
    encodeURIComponent(form),
    ...inJson(secret),
    encodeURIComponent(JSON.stringify(secret).slice(1, -1)),
    markup,
    markup.replaceAll('"', '&quot;'),
    markup.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    characters(secret, (code) => `&#${code};`),
    characters(secret, (code) => `&#x${code.toString(16)};`),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('hex').toUpperCase(),
    ...inBase64(secret),
    ...inBase64(form),
    // The header of a JWT is the same for all; the claims and the signature are not, unless there is next to nothing in them.
    ...(secret.split('.').length === 3 ? secret.split('.').slice(1) : []).filter((part) => part.length >= 16),
  ];
  return [...new Set(forms)];
}

/** As JSON writers put it: at least what must be escaped, the slash too, all but ASCII letters and digits. */
function inJson(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  // By the halves of those beyond the first 65,536.
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const all = secret.replaceAll(/[^a-z\d]/gi, escaped);
  return [json, json.replaceAll('/', '\\/'), all];
}

function characters(text: string, write: (code: number) => string): string {
  return Array.from(text, (character) => write(character.codePointAt(0) ?? 0)).join('');
}

/** The characters of base64 that depend on a text alone, wherever it begins in what was encoded. */
function inBase64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const inner = text.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + bytes.length) * 8) / 6));
    return inner.length < 8 ? [] : [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
