// Deletes what has expired, a batch at a time, so that no statement holds many rows for long.
import { deleteExpiredPayloads, type StoreDeps } from './payloads.ts';

export const SWEEP_BATCH_ROWS = 500;

/** Returns how many rows it deleted. Safe to run in several processes at once: rows another one holds are skipped. */
export async function sweepPayloads(deps: StoreDeps, batch = SWEEP_BATCH_ROWS): Promise<number> {
  let deleted = 0;
  for (;;) {
    const count = await deleteExpiredPayloads(deps, batch);
    deleted += count;
    if (count < batch) return deleted;
  }
}
