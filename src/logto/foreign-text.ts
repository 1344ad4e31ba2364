/** Something else than JSON, by how it begins. */
interface Foreign {
  readonly reason: string;
  readonly fix?: string;
}

/** What people paste in place of JSON, where it is obvious. Nothing of the text is repeated. */
export function foreignText(text: string): Foreign | undefined {
  const start = text.trimStart();
  const lines = start.split(/\r\n|\r|\n/).map((line) => line.trim());
  const [first = ''] = lines;
  if (first.startsWith('```')) {
    return { reason: 'it begins with ```, the fence of a code block', fix: 'Remove the lines with ``` around it.' };
  }
  if (/^<\?xml|^<(?:\w+:)?EntityDescriptor/i.test(first)) {
    return {
      reason: 'it is XML (SAML metadata, perhaps)',
      fix: "An OIDC connector's configuration is JSON: copy it from Logto's console, whole.",
    };
  }
  if (/^<!--|^<!doctype|^<[a-z][\w-]*[\s>/]/i.test(first)) {
    return { reason: 'it is a web page (HTML)', fix: 'Copy the JSON that the page shows, not the page.' };
  }
  if (lines.every((line) => line === '' || /^https?:\/\/\S+$/i.test(line))) {
    return { reason: 'it is a web address', fix: "Give the connector's JSON itself: the address is not asked for it." };
  }
  if (/^eyJ[\w-]+\.[\w-]+\.[\w.-]*$/.test(first)) {
    return { reason: 'it is a token', fix: "Give the connector's JSON, and treat that token as known to others." };
  }
  const assignments = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (assignments.length > 0 && assignments.every((line) => /^(?:export\s+)?[A-Za-z_]\w*=/.test(line))) {
    return { reason: 'it is a list of environment variables (NAME=value)', fix: 'Write it as JSON, in braces.' };
  }
  if (/^(?:export\s|module\.exports|const\s|let\s|var\s|import\s)/.test(first)) {
    return { reason: 'it is program code', fix: 'Keep the object in braces alone, and write it as JSON.' };
  }
  if (/^(?:---|%YAML|-\s+\S|["']?[A-Za-z_][\w.-]*["']?:(?:\s|$))/.test(first)) {
    return {
      reason: 'it is YAML, or an object without its braces',
      fix: 'Write it as JSON: in braces, keys and texts in double quotes, commas between.',
    };
  }
  return undefined;
}
