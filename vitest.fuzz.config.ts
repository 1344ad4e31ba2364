import { defineConfig } from 'vitest/config';

// `npm run fuzz`: the targets of test/fuzz with 50,000 cases each, 50 of them in processes of their own. FUZZ_SEED
// chooses the cases, FUZZ_RUNS and FUZZ_SPAWNED how many there are; a failure prints its seed and the smallest case.
export default defineConfig({
  test: {
    include: ['test/fuzz/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    env: { FUZZ_RUNS: process.env.FUZZ_RUNS ?? '50000', FUZZ_SPAWNED: process.env.FUZZ_SPAWNED ?? '50' },
    hookTimeout: 90_000,
    pool: 'forks',
    reporters: ['verbose'],
  },
});
