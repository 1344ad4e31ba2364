import { defineConfig } from 'vitest/config';

// `npm run chaos`: kills, full disks, clocks that jump and many processes, about twenty minutes. CHAOS_SEED chooses
// the random instants, CHAOS_SCALE=0.1 makes a tenth of them.
export default defineConfig({
  test: {
    include: ['test/chaos/*.chaos.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 90_000,
    pool: 'forks',
    // Each figure is taken on a machine that does nothing else.
    fileParallelism: false,
    reporters: ['verbose'],
  },
});
