import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/policy/*.test.ts'],
    exclude: ['test/real/**', '**/node_modules/**'],
    globalSetup: 'test/support/postgres-door.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
