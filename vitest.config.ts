// How the tests run: two at a time, since every PGlite takes a core and 400 MB while it starts.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

// Started by an older Node than ours (a bare `node_modules/.bin/vitest`): hand over to the one that npm installed.
if (Number(process.versions.node.split('.')[0]) < 24) {
  const node = path.join(import.meta.dirname, 'node_modules/.bin/node');
  process.exit(spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1);
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // As src/cli/serve/collecting.ts has it: a file that starts one PGlite after another meets the bug of V8 that it names.
    execArgv: ['--no-wasm-code-gc'],
    // A busy machine makes argon2 and PGlite slow; only what hangs should meet these.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
