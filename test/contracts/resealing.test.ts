// Rows are sealed anew once, however many do it at once, and nothing that cannot be opened is touched.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { insertResetRequest, sealedResetRequests, takeResetRequest } from '../../src/credentials/reset-requests.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { countSealedOtherwise, resealRows } from '../../src/database/sealed-rows.ts';
import { openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';

const ROWS = 1_100;
const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const source = { address: '192.0.2.1', userAgent: 'test', requestId: 'r-1' };

describe.each(KINDS)('resealing on %s', { timeout: 120_000 }, (kind) => {
  test('by four at once seals each row once, and leaves what no secret opens', async () => {
    const database = await openTestDatabase(kind);
    try {
      const { db } = database;
      const sealing = (box: ReturnType<typeof createSealedBox>) => ({ db, clock: movingClock, box });
      const request = { identifier: 'jane@example.test', language: 'en', source };
      for (let row = 0; row < ROWS; row += 1) await insertResetRequest(sealing(createSealedBox(first)), request);
      await insertResetRequest(sealing(createSealedBox(third)), request);
      await insertResetRequest(sealing(createSealedBox(second)), request);

      const box = createSealedBox(second, first);
      expect(await countSealedOtherwise({ db, box }, sealedResetRequests, 5_000)).toBe(ROWS + 1);
      const done = await atOnce(4, () => resealRows({ db, box }, sealedResetRequests));
      expect(done.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(ROWS);
      for (const { broken } of done) expect(broken).toEqual([expect.stringMatching(/^reset_requests\.content:/)]);
      expect(await resealRows({ db, box }, sealedResetRequests)).toMatchObject({ resealed: 0, changed: 0 });

      const newest = sealing(createSealedBox(second));
      const opened: unknown[] = [];
      for (;;) {
        const taken = await takeResetRequest(newest);
        if (taken === undefined) break;
        opened.push(taken.request?.identifier);
      }
      expect(opened.filter((identifier) => identifier === request.identifier).length).toBe(ROWS + 1);
      expect(opened.filter((identifier) => identifier === undefined).length).toBe(1);
    } finally {
      await database.close();
    }
  });
});
