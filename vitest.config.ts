import { defineConfig } from 'vitest/config'

/**
 * - `unit`: pure code, no service
 * - `service`: one Redis and one sandbox for the whole run (test/setup/service.ts); each test takes a random prefix
 * - `faults`: kills and outages; every file brings its own Redis and sandbox
 * - `page`: the operator's page in a headless Chromium; skipped aloud where there is none
 */
export default defineConfig({
  test: {
    passWithNoTests: true,
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], pool: 'threads', isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: ['test/service/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          globalSetup: ['test/setup/service.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          pool: 'forks',
          // Most of their time is spent in outages, waiting. After the others, whose CPU they would take.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'page',
          include: ['test/page/**/*.test.ts'],
          pool: 'forks',
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
