// Twenty who type a mailed code at the same moment: one passes, and no more than five are looked at, on both databases.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashCode } from '../../src/crypto/mailed-code.ts';
import { checkCode } from '../../src/sign-in-codes/check-code.ts';
import { insertWaiting, setCode, sweepSignInCodes, type Waiting } from '../../src/sign-in-codes/sign-in-codes.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { atOnce, defectsOf, KINDS, newPerson } from './racing.ts';

const RUNNERS = 20;
const CODE = '12345678';

describe.each(KINDS)('mailed codes at a sign-in on %s', { timeout: 120_000 }, (kind) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: kind });
  });

  afterAll(() => server.stop());

  const source = { address: '192.0.2.1', userAgent: 'test', requestId: 'test' };

  async function waits(): Promise<Waiting> {
    const email = await newPerson(server);
    const { db } = server.database;
    const { id } = await db.selectFrom('accounts').select('id').where('email', '=', email).executeTakeFirstOrThrow();
    const waiting = await insertWaiting(server.deps, id);
    await setCode(server.deps, waiting, hashCode(server.config, { id: waiting.id, code: CODE }));
    return waiting;
  }

  const types = async (waiting: Waiting, code: string): Promise<string> => {
    const deps = { ...server.deps, config: server.config };
    return (await checkCode(deps, waiting, { code, clientId: 'web', source })).outcome;
  };

  const counted = (outcomes: readonly string[]) =>
    Object.fromEntries([...new Set(outcomes)].sort().map((each) => [each, outcomes.filter((o) => o === each).length]));

  test(`of ${RUNNERS} with the right code one passes`, async () => {
    for (let round = 0; round < 5; round += 1) {
      const waiting = await waits();
      const outcomes = await atOnce(RUNNERS, () => types(waiting, CODE));
      expect(outcomes.filter((each) => each === 'right')).toEqual(['right']);
      expect(await types(waiting, CODE)).toBe('over');
    }
    expect(defectsOf(server)).toEqual([]);
  });

  test(`of ${RUNNERS} wrong ones five are looked at, and the right one after them is not`, async () => {
    const waiting = await waits();
    const outcomes = await atOnce(RUNNERS, (at) => types(waiting, String(10_000_000 + at)));
    expect(counted(outcomes)).toEqual({ code_void: RUNNERS - 5, wrong_code: 5 });
    expect(await types(waiting, CODE)).toBe('code_void');
  });

  test('a code is nothing for another account, and rows are swept when their sign-in cannot live any more', async () => {
    const [mine, other] = [await waits(), await waits()];
    expect(await types({ ...mine, accountId: other.accountId }, CODE)).toBe('over');
    await sweepSignInCodes(server.deps, 1000);
    expect(await types(mine, CODE)).toBe('right');
    movingClock.advance({ seconds: 3601 });
    expect(await sweepSignInCodes(server.deps, 1000)).toBeGreaterThan(0);
    expect(await types(other, CODE)).toBe('over');
  });
});
