// The short form of drills, a test each: what must never happen does not.
import { afterAll, describe, expect, test } from 'vitest';
import { nginxAvailable } from '../support/nginx.ts';
import { postgresAvailable } from '../support/postgres-cluster.ts';
import { removeSharedCluster } from './cluster.ts';
import type { Drill } from './drill.ts';

export function runInShort(about: string, drills: readonly Drill[]): void {
  describe.skipIf(!postgresAvailable() || !nginxAvailable())(about, { timeout: 300_000 }, () => {
    afterAll(removeSharedCluster);

    for (const drill of drills) {
      test(`${drill.id} ${drill.title}`, async () => {
        const { missed, more } = await drill.run({ short: true, say: () => {} });
        expect(missed, JSON.stringify(more)).toEqual([]);
      });
    }
  });
}
