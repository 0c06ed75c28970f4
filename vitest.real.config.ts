import { defineConfig } from 'vitest/config'

/** Adapters against the real products, one file after the other. Not part of `npm test`: see `test/real/install.mjs`. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
