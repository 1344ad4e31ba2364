import { spawnSync } from 'node:child_process';

/** Whether processes can be started here that see no others, as on a machine of their own. */
export const pidNamespacePresent: boolean =
  spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true'], { stdio: 'ignore' }).status === 0;

/** Why `pidNamespacePresent` is needed, for `requirement`. */
export const pidNamespaceWhy = 'processes of a machine of their own need unshare, as root';
