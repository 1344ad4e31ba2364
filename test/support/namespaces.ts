import { spawnSync } from 'node:child_process';

/** Starts the program that follows where it sees no process but its own; that ends with this one. */
export const APART: readonly string[] = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

/** Whether processes can be started here that see no others, as on a machine of their own. */
export const pidNamespacePresent: boolean =
  spawnSync(APART[0] ?? '', [...APART.slice(1), 'true'], { stdio: 'ignore' }).status === 0;

/** Why `pidNamespacePresent` is needed, for `requirement`. */
export const pidNamespaceWhy = 'processes of a machine of their own need unshare, as root';
