import { defineConfig } from 'vitest/config'

/** The built image, in a container engine (`npm run test:containers`); without an engine it skips, and says so. */
export default defineConfig({
  test: {
    name: 'containers',
    include: ['test/containers/**/*.test.ts'],
    globalSetup: ['test/containers/setup.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
