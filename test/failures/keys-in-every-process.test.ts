// A key that one process replaces is followed by all of them within half a minute.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { rotateKeys } from '../../src/keys/rotate-keys.ts';
import type { Send } from '../support/browser.ts';
import { postgresAvailable } from '../support/database.ts';
import { startFleet } from '../support/siblings.ts';
import { startTestServer } from '../support/start-server.ts';

const WITHIN_MS = 30_000;

test.skipIf(!postgresAvailable())(
  'every process publishes a new key within 30 seconds',
  { timeout: 90_000 },
  async () => {
    const server = await startTestServer({ database: 'postgres' });
    try {
      const fleet = await startFleet(server, 3);
      try {
        const publishes = async (send: Send, kid: string) => {
          const answer = await send(`${server.issuer}/jwks`, { method: 'GET', headers: {} });
          const { keys } = (await answer.json()) as { keys: { kid: string; key_ops?: string[] }[] };
          return keys.some((key) => key.kid === kid && key.key_ops === undefined);
        };
        const deps = { ...server.deps, rules: server.config.keys };
        const [rotated] = await rotateKeys(deps, { actor: 'operator' }, { now: true });
        const began = performance.now();
        const waits = fleet.sends.map(async (send) => {
          while (!(await publishes(send, String(rotated?.kid)))) await sleep(250);
          return performance.now() - began;
        });
        const took = await Promise.all(waits);
        expect(took.length).toBe(3);
        expect(Math.max(...took)).toBeLessThan(WITHIN_MS);
      } finally {
        await fleet.stop();
      }
    } finally {
      await server.stop();
    }
  },
);
