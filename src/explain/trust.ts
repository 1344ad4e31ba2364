import type { Facts, FactsOf } from '../errors.js';
import { shellWord } from '../safe-text.js';
import type { ExplainTable, Given } from './explanation.js';
import { place } from './file-place.js';

/** The secret that a file names, for people. */
function secret(facts: Given<'variable' | 'path'>): string {
  return facts.variable === undefined ? `the content of ${facts.path}` : `the variable ${facts.variable}`;
}

/** The action that a file which came with a folder is refused. */
function refusal(facts: FactsOf<'config_untrusted'>): string {
  const key = String(facts.key);
  const { variable, path, reason, host } = facts;
  if (reason !== undefined) return `send ${path} as a secret (it ${reason})`;
  if (facts.unasked) return `send ${secret(facts)} to ${host} without your consent, which needs a terminal`;
  if (host !== undefined) return `send ${secret(facts)} to ${host} without naming it`;
  if (/(^|\.)(client|app)Secret$/.test(key)) return `send the variable ${variable} as the client secret`;
  if (/\.(client|app)SecretFile$/.test(key)) return `take the client secret from ${path}, outside of its folder`;
  if (variable !== undefined) return `send the variable ${variable} to a provider`;
  if (/\.(connector|discovery)$/.test(key)) return `name ${path}, outside of its folder`;
  if (path !== undefined) return `take a secret from ${path}, outside of its folder`;
  return 'set this';
}

/** The advice after the person declined. */
function afterDeclined({ declined, folder, how, stdin }: FactsOf<'config_untrusted'>): string {
  const again =
    declined === 'now'
      ? 'Run the command again and answer y'
      : `Run oidc-cli trust remove ${shellWord(String(folder))} to be asked again`;
  return `${again}. Or ${lowerFirst(how)}, if you trust ${stdin ? 'its source' : folder}.`;
}

function lowerFirst(how: Facts[string]): string {
  const text = String(how ?? 'pass --trust-project');
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Codes of what a file that came with a folder may do, and of what is never sent. */
export const trust = {
  config_untrusted: (f) => {
    if (f.declined !== undefined) {
      const when = f.declined === 'before' ? ' before' : '';
      return {
        message: `${place(f)}: nothing was sent to ${f.host}, since you declined${when} to send ${secret(f)} there.`,
        causes: [],
        fix: afterDeclined(f),
      };
    }
    const how = f.how ?? 'Add the folder to trustedFolders in your own configuration file, or pass --trust-project';
    const first = f.unasked ? `Run the command in a terminal and answer y. Or ${lowerFirst(how)}` : String(how);
    return {
      message: `${place(f)}: a project's file may not ${refusal(f)}, since it comes with the folder and not from you.`,
      causes: [],
      fix: `${first}, if you trust ${f.stdin ? 'its source' : (f.folder ?? 'this folder')}.`,
    };
  },
  store_key_as_secret: (f) => ({
    message: `The secret comes from ${f.file === undefined ? `the variable ${f.variable ?? 'OIDC_CLI_STORE_KEY'}` : `the file ${f.file}`}, which holds the key of the session store. That key is never sent.`,
    causes: [],
    fix: 'Put the secret into another variable or file, and name that one.',
  }),
} satisfies Partial<ExplainTable>;
