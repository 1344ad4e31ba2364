import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Files that need a process for themselves; all others share a few, each with its modules loaded once. */
const OWN_PROCESS = [
  // Operations are counted exactly only in code that is compiled after the counting began.
  'test/browser/large-pages.test.ts',
  'test/oidc/authorization-page.test.ts',
  'test/readers.test.ts',
  'test/support/growth.test.ts',
  'test/trace/large-answers.test.ts',
  // Keyrings: a native add-on remembers the bus of its first call.
  'test/commands/built-command.test.ts',
  'test/commands/many-processes.test.ts',
  'test/demo.test.ts',
  'test/sessions/keychain.test.ts',
  'test/sessions/kill.test.ts',
  'test/sessions/small-disk.test.ts',
  'test/sessions/update-session.test.ts',
  'test/sessions/way-out.test.ts',
  // A module is mocked.
  'test/browser/without-playwright.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: ['test/support/left-out.ts'],
    setupFiles: ['test/support/setup.ts'],
    // For what hangs, not for what is slow: on a busy machine a test that starts ten processes takes its time.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 80_000, interval: 20 } },
    pool: 'forks',
    // By itself it leaves a core free, which on two cores doubles the time. Most tests wait for a provider or a browser.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    restoreMocks: true,
    projects: [
      { extends: true, test: { name: 'own process', include: OWN_PROCESS } },
      {
        extends: true,
        test: { name: 'shared process', include: ['test/**/*.test.ts'], exclude: OWN_PROCESS, isolate: false },
      },
    ],
  },
});
