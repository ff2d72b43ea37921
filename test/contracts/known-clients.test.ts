// Since when a client file is missing is kept in the database, the same on PGlite and on PostgreSQL.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientsMissingFor, forgetClient, noteClients } from '../../src/clients/live/known-clients.ts';
import { forgetGoneClients } from '../../src/sessions/forget-gone-clients.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';

const DAY = 86_400;

describe.each(KINDS)('known clients on %s', (kind) => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const deps = () => ({ db: database.db, clock: movingClock });
  const missing = (seconds = 0) => clientsMissingFor(deps(), seconds);

  test('are missing from when they were first not there, and never when they were never there', async () => {
    await noteClients(deps(), ['a', 'b']);
    expect(await missing()).toEqual([]);
    await noteClients(deps(), ['b', 'c']);
    expect(await missing()).toEqual(['a']);
    movingClock.advance({ hours: 20 });
    await noteClients(deps(), ['c']);
    expect(await missing()).toEqual(['a', 'b']);
    movingClock.advance({ hours: 4 });
    expect(await missing(DAY)).toEqual(['a']);
    await noteClients(deps(), ['a', 'b', 'c']);
    expect(await missing()).toEqual([]);
  });

  test('that come back are not forgotten, those that are gone are', async () => {
    await noteClients(deps(), ['kept', 'gone']);
    await noteClients(deps(), ['kept']);
    await forgetClient(deps(), 'kept');
    await forgetClient(deps(), 'gone');
    const rows = await database.db.selectFrom('known_clients').select('client_id').execute();
    expect(rows.map((row) => row.client_id)).toContain('kept');
    expect(rows.map((row) => row.client_id)).not.toContain('gone');
  });

  test('are counted and forgotten once by several processes at once', async () => {
    const many = Array.from({ length: 50 }, (_, index) => `many-${String(index).padStart(2, '0')}`);
    await atOnce(8, () => noteClients(deps(), many));
    await atOnce(8, (index) => noteClients(deps(), index % 2 === 0 ? many.slice(0, 10) : many.slice(0, 20)));
    await noteClients(deps(), many.slice(0, 20));
    movingClock.advance({ hours: 24 });
    await atOnce(4, () => forgetGoneClients(deps()));
    expect(await missing()).toEqual([]);
  });
});
