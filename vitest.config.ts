import { defineConfig } from 'vitest/config';

/** One configuration for the whole repository: `vitest run packages/core` runs one package's tests. */
export default defineConfig({
  test: {
    include: ['packages/**/src/**/*.test.ts', 'scripts/**/*.test.ts', 'e2e/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Two processes, so that tests which start PostgreSQL or workers leave a small machine its breath.
    maxWorkers: 2,
  },
});
