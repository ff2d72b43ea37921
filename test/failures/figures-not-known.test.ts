// A figure that cannot be known is left out: 0 would be a time in 1970, and an alarm.
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHouseInTurn } from '../../src/server/housekeeping.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type DatabaseLine, databaseLine } from '../support/database-line.ts';
import { parseExposition } from '../support/exposition.ts';
import { freePort, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const LAST_SWEEP = 'gatehouse_sweep_last_success_timestamp_seconds';
const IN_THE_DATABASE = [
  LAST_SWEEP,
  'gatehouse_outbox_waiting',
  'gatehouse_outbox_given_up',
  'gatehouse_outbox_oldest_seconds',
  'gatehouse_signing_key_age_seconds',
  'gatehouse_signing_key_rotation_days',
];

describe.skipIf(!postgresAvailable())('whoever reads the figures', { timeout: 60_000 }, () => {
  let place: TestDatabase;
  let line: DatabaseLine;
  let server: TestServer;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    place = await makeTestDatabase('postgres');
    line = await databaseLine(place.url ?? '');
    server = await startTestServer({
      settings: `metrics: { port: ${port} }${RESOURCES}`,
      env: { DATABASE_URL: line.url },
      logLevel: 'silent',
    });
  }, 60_000);
  afterAll(async () => {
    await line.mend();
    await server.stop();
    await line.close();
    await place.remove();
  });

  const scrape = async () => parseExposition(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  /** Of those that are looked up. */
  const gauges = async () => {
    const { samples, types } = await scrape();
    const ours = samples.filter(({ name }) => name.startsWith('gatehouse_') && types.get(name) === 'gauge');
    return ours.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`).sort();
  };

  test('finds no last sweep before the first', async () => {
    const row = await server.deps.db.selectFrom('jobs').select('last_done_at').executeTakeFirst();
    const { samples } = await scrape();
    expect(row?.last_done_at ?? null).toBeNull();
    expect(samples.filter(({ name }) => name === LAST_SWEEP)).toEqual([]);
  });

  test('finds all of them, however many read at once', async () => {
    const log = pino({ level: 'silent' });
    await keepHouseInTurn({ ...server.deps, log, clients: server.clients.current, keptSeconds: 86_400 });
    const alone = await gauges();
    expect(alone.filter((each) => each.startsWith(LAST_SWEEP))).toHaveLength(1);
    const many: Promise<string[]>[] = [];
    for (let reader = 0; reader < 40; reader += 1) {
      many.push(gauges());
      await new Promise((resolve) => setTimeout(resolve, reader % 4));
    }
    expect((await Promise.all(many)).filter((each) => each.join() !== alone.join())).toEqual([]);
  });

  test('finds nothing of what is in the database while that is away, and the rest', async () => {
    const before = await gauges();
    await line.refuse();
    const meanwhile = await gauges();
    await line.mend();
    const isInTheDatabase = (series: string) => IN_THE_DATABASE.some((name) => series.startsWith(`${name} `));
    expect(before.filter(isInTheDatabase).length).toBeGreaterThanOrEqual(IN_THE_DATABASE.length);
    expect(meanwhile).toEqual(before.filter((series) => !isInTheDatabase(series)));
    await expect.poll(gauges, { timeout: 20_000 }).toEqual(before);
  });
});
