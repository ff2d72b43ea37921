// Once per run: a directory for what the test files share, and the end of the PostgreSQL cluster if one was started in it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { findPostgresBinaries, stopCluster } from './postgres-cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    runDirectory: string;
  }
}

export default function setup(project: TestProject): () => Promise<void> {
  requirePostgres();
  const runDirectory = mkdtempSync(path.join(tmpdir(), 'gatehouse-run-'));
  project.provide('runDirectory', runDirectory);
  return async () => {
    await stopCluster(runDirectory);
    rmSync(runDirectory, { recursive: true, force: true });
  };
}

function requirePostgres(): void {
  if (findPostgresBinaries() !== undefined) return;
  const missing = 'PostgreSQL is not installed (Debian: apt-get install postgresql)';
  if (process.env['CI'] === 'true') throw new Error(`${missing}: on CI nothing is skipped.`);
  console.warn(`\n!!! ${missing}: every test on PostgreSQL is SKIPPED.\n`);
}
