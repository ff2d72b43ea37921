// Once per run: a directory for what the test files share, and the end of the PostgreSQL cluster if one was started in it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { requireChromium } from './chromium.ts';
import { findPostgresBinaries, stopCluster } from './postgres-cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    runDirectory: string;
  }
}

const runDirectory = mkdtempSync(path.join(tmpdir(), 'gatehouse-run-'));

export function setup(project: TestProject): void {
  requirePostgres();
  requireChromium();
  project.provide('runDirectory', runDirectory);
}

export function teardown(): void {
  stopCluster(runDirectory);
  rmSync(runDirectory, { recursive: true, force: true });
}

function requirePostgres(): void {
  if (findPostgresBinaries() !== undefined) return;
  const missing = 'PostgreSQL is not installed (Debian: apt-get install postgresql)';
  if (process.env['CI'] === 'true') throw new Error(`${missing}: on CI nothing is skipped.`);
  console.warn(`\n!!! ${missing}: every test on PostgreSQL is SKIPPED.\n`);
}
