import type { CheckOutcome } from '../../checks/check-list.js';

/** Placeholders of Logto's console and of guides. */
const PLACEHOLDER = /^<.*>$|<[\w-]+>|\{[\w-]+\}|^\$\{/;

/** The reason that a text is not an address of a provider, or undefined. */
export function addressFault(text: string): string | undefined {
  if (PLACEHOLDER.test(text)) return 'it is still a placeholder';
  if (!URL.canParse(text)) return 'it is not an absolute URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return `${url.protocol.slice(0, -1)} is no scheme that can be requested`;
  return url.username || url.password ? 'it has a user name or password in it' : undefined;
}

/** A finding on an endpoint that is not an address. It does not show the value, which may be any pasted text. */
export function badAddress(key: readonly string[], fault: string, consequence: string): CheckOutcome {
  return [
    'fail',
    {
      key,
      actual: `no address that can be requested: ${fault}`,
      expected: 'an address with https://',
      why: `Logto does not look at it when the connector is saved, and then ${consequence}.`,
      repair: "Copy the address from the provider's discovery document.",
    },
  ];
}
