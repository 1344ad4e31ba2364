import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/left-out.ts'],
    // For what hangs, not for what is slow: on a busy machine a test that starts ten processes takes its time.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 80_000, interval: 20 } },
    // Each file has its own process: some load native add-ons, and a leak shows as its own.
    pool: 'forks',
    // By itself it leaves a core free, which on two cores doubles the time. Most tests wait for a provider or a browser.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    restoreMocks: true,
  },
});
