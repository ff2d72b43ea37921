// A secret of the installation is the same for every process, made once however many ask, and outlives the master secret.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { resealRows } from '../../src/database/sealed-rows.ts';
import { leaveProbe, sealedServerSecrets, serverSecret, setOnce, spendProbe } from '../../src/server/server-state.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';

const [first, second] = [randomBytes(32), randomBytes(32)];

describe.each(KINDS)('on %s', { timeout: 60_000 }, (kind) => {
  let database: OpenTestDatabase;
  beforeEach(async () => {
    database = await openTestDatabase(kind);
  });
  afterEach(() => database.close());

  const suggests = (secret: Buffer, ...keys: [Buffer, ...Buffer[]]) =>
    serverSecret({ db: database.db, box: createSealedBox(...keys) }, 'dpop_nonces', secret);
  const asks = (...keys: [Buffer, ...Buffer[]]) => suggests(randomBytes(32), ...keys);
  const texts = (secrets: readonly Buffer[]) => new Set(secrets.map((secret) => secret.toString('hex')));

  test('twelve who ask at once have the same 32 bytes', async () => {
    const had = await atOnce(12, () => asks(first));
    expect(texts(had).size).toBe(1);
    expect(had[0]?.length).toBe(32);
    const rows = await database.db.selectFrom('server_state').select(['key', 'value']).execute();
    expect(rows).toEqual([{ key: 'secret:dpop_nonces', value: expect.stringMatching(/^v1\./) }]);
  });

  test('it stays the same under another master secret, before and after it is sealed anew, beside what is not sealed', async () => {
    const { db } = database;
    const had = await asks(first);
    const probe = await leaveProbe({ db, clock: movingClock });
    await setOnce(db, 'demo_roles_created');
    expect(await asks(second, first)).toEqual(had);
    const box = createSealedBox(second, first);
    expect(await resealRows({ db, box }, sealedServerSecrets)).toEqual({ resealed: 1, changed: 0, broken: [] });
    expect(await asks(second)).toEqual(had);
    expect(await asks(first, second)).toEqual(had);
    expect(await spendProbe({ db, clock: movingClock }, probe)).toBe(true);
    expect(await setOnce(db, 'demo_roles_created')).toBe(false);
  });

  test('it is what was suggested first, and stays that', async () => {
    const suggested = randomBytes(32);
    expect(await suggests(suggested, first)).toEqual(suggested);
    expect(await suggests(randomBytes(32), first)).toEqual(suggested);
  });

  test('one that nobody can open any more is made anew, once, whatever is suggested', async () => {
    const had = await asks(first);
    const anew = await atOnce(12, () => suggests(had, second));
    expect(texts(anew).size).toBe(1);
    expect(anew[0]).not.toEqual(had);
  });
});
