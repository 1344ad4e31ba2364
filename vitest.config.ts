import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Operations are counted exactly only in code that is compiled after the counting began: each in a process of its own. */
const COUNTING = ['test/oidc/authorization-page.test.ts', 'test/trace/large-answers.test.ts'];

/** Folders whose files share the processes they run in: they load the same modules, start nothing beside servers, and change nothing of the process. */
const SHARING = ['doctor', 'explain', 'sign-in', 'idp', 'logto', 'profiles', 'oidc', 'probe', 'trace'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

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
      // Each file has its own process: some load native add-ons, and a leak shows as its own.
      { extends: true, test: { name: 'own process', include: ['test/**/*.test.ts'], exclude: SHARING } },
      { extends: true, test: { name: 'own process, counting', include: COUNTING } },
      // A process and its modules for several files: a quarter less work.
      { extends: true, test: { name: 'shared process', include: SHARING, exclude: COUNTING, isolate: false } },
    ],
  },
});
