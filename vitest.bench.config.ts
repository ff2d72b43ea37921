// Measurements, run by name (`npm run bench:…`), never among the tests: a figure depends on the machine.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/bench/**/*.bench.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30 * 60_000,
    hookTimeout: 60_000,
    silent: false,
    reporters: ['dot'],
  },
});
