// A file system of a few megabytes that can be filled up, and made room on again.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Volume {
  readonly directory: string;
  /** Until not one more byte has room. */
  fill(): void;
  free(): void;
  remove(): void;
}

/** Undefined where file systems may not be mounted, which is said; on CI that is an error. */
export function mountVolume(megabytes: number): Volume | undefined {
  const directory = mkdtempSync(path.join(tmpdir(), 'gatehouse-volume-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'tmpfs', directory], { stdio: 'pipe' });
  } catch (error) {
    rmdirSync(directory);
    const missing = `no file system can be mounted here (${error instanceof Error ? error.message.trim() : error})`;
    if (process.env['CI'] === 'true') throw new Error(`${missing}: on CI nothing is skipped.`);
    console.warn(`\n!!! ${missing}: what happens on a full disk is SKIPPED.\n`);
    return undefined;
  }
  const ballast = path.join(directory, 'ballast');
  return {
    directory,
    fill: () => fillUp(ballast),
    free: () => rmSync(ballast, { force: true }),
    remove() {
      // Lazily: what was killed a moment ago may still be going.
      execFileSync('umount', ['-l', directory]);
      rmdirSync(directory);
    },
  };
}

function fillUp(ballast: string): void {
  const file = openSync(ballast, 'a');
  for (const size of [1024 * 1024, 4096, 1]) {
    const block = Buffer.alloc(size);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
  closeSync(file);
}
