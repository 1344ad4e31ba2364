import { relative } from 'node:path';

/** The content of a file, as the end of a sentence that begins with "it". */
type Reason = string;

const GIT: Reason = 'belongs to version control and can hold an access token';
const SETTINGS: Reason = 'holds variables or access tokens of programs';
const KEY: Reason = 'holds a key or a certificate';

/** Folders, and files that go by a whole name, lower case. */
const NAMES: Readonly<Record<string, Reason>> = {
  ...fileNames(GIT, '.git', '.gitconfig', '.git-credentials', '.gitmodules', '.hg', '.hgrc', '.svn', '.jj', '.bzr'),
  ...fileNames(SETTINGS, '.env', '.envrc', '.flaskenv', '.dev.vars', '.npmrc', '.yarnrc', '.yarnrc.yml', '.pnpmrc'),
  ...fileNames(SETTINGS, '.netrc', '_netrc', '.pypirc', '.pgpass', '.my.cnf', '.mylogin.cnf', '.htpasswd', '.s3cfg'),
  ...fileNames(SETTINGS, '.boto', '.dockercfg', '.dockerconfigjson', '.docker', '.aws', '.azure', '.gcloud', '.kube'),
  ...fileNames(SETTINGS, '.terraformrc', '.terraform', '.vault-token', '.curlrc', '.wgetrc', '.gem', '.bundle'),
  ...fileNames(SETTINGS, '.config', '.m2', '.gradle', '.cargo', '.nuget', '.composer', '.oci', '.password-store'),
  ...fileNames(SETTINGS, 'kubeconfig', 'credentials.json', 'credentials.csv', 'auth.json', 'secrets.yaml'),
  ...fileNames(SETTINGS, 'secrets.yml', 'secrets.json', 'master.key', 'nuget.config', 'settings.xml'),
  ...fileNames(KEY, '.ssh', '.gnupg', '.pki', 'authorized_keys', 'known_hosts', 'id_rsa', 'id_dsa', 'id_ecdsa'),
  ...fileNames(KEY, 'id_ed25519', 'id_ecdsa_sk', 'id_ed25519_sk', 'id_xmss'),
};

const ENDINGS: readonly (readonly [RegExp, Reason])[] = [
  [/^\.env[.\-_]|\.env$|\.envrc$/, SETTINGS],
  [/\.(tfstate|tfvars)(\.|$)|^gha-creds-.*\.json$|service-?account.*\.json$/, SETTINGS],
  [/\.(pem|key|p8|pk8|p12|pfx|p7[bcs]|der|crt|cer|cert|csr|jwks?|jks|keystore|kdbx?|ppk|asc|gpg|pgp|age)$/, KEY],
  [/^ssh_host_.*_key$|^id_(rsa|dsa|ecdsa|ed25519)[._-]/, KEY],
];

function fileNames(reason: Reason, ...names: string[]): Record<string, Reason> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}

/**
 * A name as a file system compares it that knows no case: Windows leaves out
 * dots and spaces at the end and what follows a colon, macOS some characters
 * that are not seen.
 */
function normalizeName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/g, '')
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();
}

/**
 * Why a file is never sent as the secret of a file that is not trusted, by the
 * names on its way from `folder`: version control, settings of programs with
 * tokens in them, keys. Undefined where the names say nothing of the kind.
 * Both paths are absolute.
 */
export function refusedFileName(path: string, folder: string): string | undefined {
  for (const segment of relative(folder, path).split(/[/\\]/)) {
    const name = normalizeName(segment);
    // The short name that Windows gives to .git.
    if (/^git~\d+$/.test(name)) return GIT;
    const reason = Object.hasOwn(NAMES, name) ? NAMES[name] : ENDINGS.find(([ending]) => ending.test(name))?.[1];
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Forms that settings and keys have, and passwords and client secrets never do. */
const CONTENTS: readonly (readonly [RegExp, Reason])[] = [
  [/-----BEGIN |PuTTY-User-Key-File|^(ssh-[a-z0-9]+|ecdsa-sha2-\S+|sk-\S+@openssh\.com) AAAA|AGE-SECRET-KEY-1/m, KEY],
  [/^\s*(export\s+)?[A-Z][A-Z0-9_]*\s*=\s*[^=\s]/m, SETTINGS],
  [/^\s*machine\s+\S+\s+login\s/m, SETTINGS],
  [/_auth(token)?\s*=|^\s*\/\/\S+\/:_/im, SETTINGS],
  [/^gitdir: /, GIT],
  [/^\w+:\/\/[^/\s:]+:[^/\s@]+@/m, SETTINGS],
  [/\n/, 'holds more than one line'],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  [/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/, 'is not text'],
];

/**
 * Why a file of this content is never sent as the secret of a file that is not
 * trusted; undefined for one line of text, the line break at its end left out.
 */
export function refusedFileContent(text: string): string | undefined {
  if (isJsonDocument(text)) return 'holds a JSON document';
  return CONTENTS.find(([pattern]) => pattern.test(text))?.[1];
}

/** A password may begin with a bracket; a document ends as well. */
function isJsonDocument(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
