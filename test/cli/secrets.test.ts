// gatehouse secrets reseal says that no former secret is needed any more only where that is so.
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { insertResetRequest } from '../../src/credentials/reset-requests.ts';
import { sealedBoxOf } from '../../src/crypto/sealed-box.ts';
import { openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer } from '../support/start-server.ts';
import { developmentPlace, gatehouse, type Place } from './command-line.ts';

const FIRST = 'the-first-master-secret-of-these-tests-0123456789';
const SECOND = 'the-second-master-secret-of-these-tests-987654321';
const RESEAL = ['secrets', 'reseal'];
const NOTHING_LEFT = 'Nothing in the database needs a former secret any more';

const placeOn = (dataDir: string): Place => {
  const { cwd, env } = developmentPlace(dataDir);
  return { cwd, env: { ...env, GATEHOUSE_SECRET: SECOND, GATEHOUSE_SECRET_PREVIOUS: FIRST } };
};

const forgets = { identifier: 'jane@example.test', language: 'en' };
const source = { address: '192.0.2.1', userAgent: 'test', requestId: 'r-1' };

test('what comes with a former secret while everything is sealed anew is counted, and sealed by the next time', async () => {
  const { db, dataDir, close } = await openTestDatabase();
  onTestFinished(close);
  const box = sealedBoxOf({ masterSecret: FIRST, previousSecrets: [] });
  await insertResetRequest({ db, clock: movingClock, box }, { ...forgets, source });
  // The next one comes just as this one is sealed anew.
  await sql`create table next as select * from reset_requests`.execute(db);
  await db.deleteFrom('reset_requests').execute();
  await insertResetRequest({ db, clock: movingClock, box }, { ...forgets, source });
  await sql`create function come() returns trigger language plpgsql as
    'begin insert into reset_requests select * from next on conflict do nothing; return new; end'`.execute(db);
  await sql`create trigger coming after update on reset_requests for each row execute function come()`.execute(db);

  const place = placeOn(dataDir);
  const { stdout } = await gatehouse(place, RESEAL);
  expect(stdout).toContain('1 row in the database is sealed with a former secret still: repeat the command.');
  expect(stdout).not.toContain(NOTHING_LEFT);
  expect((await gatehouse(place, RESEAL)).stdout).toContain(NOTHING_LEFT);
});

test('a server that goes on sealing with the former secret is named in the end', async () => {
  const server = await startTestServer({ env: { GATEHOUSE_SECRET: FIRST } });
  onTestFinished(() => server.stop());
  const { stdout } = await gatehouse(placeOn(server.dataDir), [...RESEAL, '--yes']);
  expect(stdout).toMatch(/\n\S.* runs with another secret in force than this command, and seals with that/);
  expect(stdout).not.toContain(NOTHING_LEFT);
});
