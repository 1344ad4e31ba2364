import { AUTHORIZATION_FAULTS } from './authorization-faults.js';
import { DISCOVERY_FAULTS } from './discovery-faults.js';
import type { Fault } from './fault.js';
import { ID_TOKEN_FAULTS } from './id-token-faults.js';
import { KEY_FAULTS } from './key-faults.js';
import { NON_CONFORMING_FAULTS } from './non-conforming-faults.js';
import { TOKEN_FAULTS } from './token-faults.js';
import { USER_FAULTS } from './user-faults.js';
import { USERINFO_FAULTS } from './userinfo-faults.js';

/** Every fault, by its name on the command line: in the order of a sign-in. */
export const FAULTS = {
  ...DISCOVERY_FAULTS,
  ...AUTHORIZATION_FAULTS,
  ...TOKEN_FAULTS,
  ...ID_TOKEN_FAULTS,
  ...KEY_FAULTS,
  ...USERINFO_FAULTS,
  ...USER_FAULTS,
  ...NON_CONFORMING_FAULTS,
} satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

/** The names of all faults, in the order of the list. */
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** The faults of these names for one provider: what one of them remembers is that provider's. */
export function beginFaults(names: readonly FaultName[]): Fault[] {
  return names.map((name) => {
    const fault: Fault = FAULTS[name];
    return { ...fault, ...fault.begin?.() };
  });
}
