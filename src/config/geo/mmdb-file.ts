// Whether a file is a MaxMind database, from its end alone: it can have a hundred megabytes.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { whyUnreadable } from '../problem.ts';

/** MaxMind DB File Format Specification 2.0, section "Database Metadata": the marker stands in the last 128 KiB. */
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const METADATA_BYTES = 128 * 1024;

/** What is wrong with the file, to go on with its name; undefined for a database. */
export function mmdbFileProblem(file: string): string | undefined {
  try {
    return endOf(file).includes(MARKER) ? undefined : 'is not a MaxMind database';
  } catch (error) {
    return whyUnreadable(error);
  }
}

function endOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const end = Buffer.alloc(Math.min(size, METADATA_BYTES));
    return end.subarray(0, readSync(descriptor, end, 0, end.length, size - end.length));
  } finally {
    closeSync(descriptor);
  }
}
