import { type CheckDetails, CheckList, type DoctorCheck } from '../../checks/check-list.js';
import { lookup } from '../../json.js';
import { describeValue as shown } from '../../profiles/describe-value.js';
import { snakeCase } from '../snake-case.js';
import type { ConnectorFile } from './file.js';
import type { ConnectorView } from './view.js';

/** The values of OpenID Connect Core §3.1.2.1 and Prompt Create §4.1. */
const PROMPTS = ['none', 'login', 'consent', 'select_account', 'create'];
const DISPLAYS = ['page', 'popup', 'touch', 'wap'];

/** The fault of a parameter's value; undefined for a valid one. */
type OptionCheck = (value: string) => (Omit<CheckDetails, 'key'> & { readonly verdict: 'warn' | 'fail' }) | undefined;

const OPTION_CHECKS: Readonly<Record<string, OptionCheck>> = {
  prompt: (value) => {
    const words = value.split(' ').filter(Boolean);
    const unknown = words.filter((word) => !PROMPTS.includes(word));
    if (words.includes('none') && words.length > 1)
      return {
        verdict: 'fail',
        actual: shown(value, 'prompt'),
        expected: 'none alone, or the others',
        why: 'None goes with no other value (OpenID Connect Core §3.1.2.1): the provider answers invalid_request, and Logto 400 connector.general.',
        repair: 'Remove none.',
      };
    if (words.includes('none'))
      return {
        verdict: 'warn',
        actual: shown(value, 'prompt'),
        why: 'Who is not signed in at the provider already sees no page: it answers login_required, and Logto 400 connector.general.',
        repair: 'Remove it, unless everybody comes with a session.',
      };
    if (unknown.length === 0) return undefined;
    return {
      verdict: 'warn',
      actual: unknown.map((word) => shown(word, 'prompt')).join(', '),
      expected: PROMPTS.join(', '),
      why: 'The standard does not know it: the provider may ignore it, or refuse the request.',
      repair: 'Remove it, unless the provider documents it.',
    };
  },
  max_age: (value) =>
    /^\d+$/.test(value)
      ? undefined
      : {
          verdict: 'fail',
          actual: shown(value, 'maxAge'),
          expected: 'whole seconds, in quotes ("3600")',
          why: 'Logto sends it as it stands, and the provider takes no such age: it answers invalid_request, or ignores it.',
          repair: 'Write the seconds in digits, or remove it.',
        },
  display: (value) =>
    DISPLAYS.includes(value)
      ? undefined
      : {
          verdict: 'warn',
          actual: shown(value, 'display'),
          expected: DISPLAYS.join(', '),
          why: 'The standard does not know it: the provider may ignore it, or refuse the request.',
          repair: 'Remove it.',
        },
  login_hint: () => ({
    verdict: 'warn',
    actual: 'one user name',
    why: 'Logto sends the same one for everybody who signs in.',
    repair: 'Remove it, unless it is a hint on something else than a person.',
  }),
  id_token_hint: () => ({
    verdict: 'warn',
    actual: 'one ID token',
    why: 'It names one person, and Logto sends it for everybody who signs in; the address of the browser shows it, and it expires.',
    repair: 'Remove it.',
  }),
};

/** Checks whether the optional parameters that Logto will send have values that allow a sign-in. */
export function optionChecks(file: ConnectorFile, { requestOptions, customConfig }: ConnectorView): DoctorCheck[] {
  const list = new CheckList('configuration', { places: file });
  const sent = new Map<string, { readonly key: readonly string[]; readonly value: string }>();
  for (const [place, values] of Object.entries({ authRequestOptionalConfig: requestOptions, customConfig })) {
    // The later value overrides the earlier one, as in the request.
    for (const [key, value] of Object.entries(values)) sent.set(snakeCase(key), { key: [place, key], value });
  }
  for (const [name, { key, value }] of sent) {
    const result = lookup(OPTION_CHECKS, name)?.(value);
    if (!result) continue;
    const { verdict, ...details } = result;
    list.add(verdict, 'request options', { key, ...details });
  }
  return list.all;
}
