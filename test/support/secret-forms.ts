/**
 * A secret in every form in which it may leave a program: as it is, URL- and
 * form-encoded, as JSON, HTML or XML have it, in base64 (also as a part of
 * something longer) and in hex; of a JWT each part that is a secret.
 */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const asPart = [0, 1, 2].flatMap((offset) => {
    // The characters that depend on the secret alone, wherever it begins.
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const inner = text.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + bytes.length) * 8) / 6));
    return inner.length < 8 ? [] : [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const markup = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const encoded = encodeURIComponent(secret);
  const forms = [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams([['', secret]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    markup,
    markup.replaceAll('"', '&quot;'),
    bytes.toString('hex'),
    ...asPart,
    // The header of a JWT is the same for all; the claims and the signature are not.
    ...(secret.split('.').length === 3 ? secret.split('.').slice(1) : []),
  ];
  return [...new Set(forms)];
}
