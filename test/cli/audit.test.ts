// gatehouse audit: what happened, found and written down for other programs, beside a running server.
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { recordEvent } from '../../src/audit/audit-log.ts';
import { exportEvents } from '../../src/audit/export-events.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

let server: TestServer;
let place: Place;
let ada: string;

const FORMULAS = ['=HYPERLINK("http://evil.example")', '+1+1', '-2', '@SUM(A1)', '\t=1', '\r=1', '＝1'];

beforeAll(async () => {
  server = await startTestServer();
  ({ id: ada } = await server.person({ email: 'ada@example.test' }));
  const deps = { db: server.database.db, clock: movingClock };
  const source = { address: '192.0.2.7', userAgent: 'Agent', requestId: 'request-7' };
  await recordEvent(deps, { event: 'sign_in.failed', accountId: ada, clientId: 'web', source, outcome: 'failure' });
  await recordEvent(deps, { event: 'sign_in.succeeded', accountId: ada, clientId: 'web', details: { acr: 'pwd' } });
  await recordEvent(deps, { event: 'role.granted', accountId: ada, actor: 'operator', subject: 'role:editor' });
  for (const userAgent of FORMULAS) {
    await recordEvent(deps, { event: 'device.new', clientId: 'formulas', source: { ...source, userAgent } });
  }
});
beforeEach(() => {
  place = developmentPlace(server.dataDir);
});
afterAll(() => server.stop());

const listed = async (...options: string[]) =>
  (await answerOf(place, ['audit', 'list', ...options])) as { events: Record<string, unknown>[]; older: string | null };
const namesOf = async (...options: string[]) => (await listed(...options)).events.map(({ event }) => event);

test('an operator lists what happened to somebody, by address as well as by id', async () => {
  const names = ['role.granted', 'sign_in.succeeded', 'sign_in.failed'];
  expect(await namesOf('--account', 'ada@example.test')).toEqual(names);
  expect(await namesOf('--account', ada)).toEqual(names);
  expect(await namesOf('--account', ada, '--event', 'sign_in.', '--outcome', 'failure')).toEqual(['sign_in.failed']);
  expect(await namesOf('--request-id', 'request-7', '--address', '192.0.2.7', '--client', 'web')).toEqual([
    'sign_in.failed',
  ]);
  expect(await namesOf('--subject', 'role:editor', '--actor', 'operator')).toEqual(['role.granted']);
  expect(await namesOf('--account', ada, '--until', '2020-01-01')).toEqual([]);
  expect(await namesOf('--account', ada, '--from', '2020-01-01T00:00:00+02:00')).toEqual(names);
});

test('the list says where it goes on', async () => {
  const first = await listed('--account', ada, '--limit', '2');
  expect(first.older).toBe(first.events[1]?.['id']);
  const second = await listed('--account', ada, '--limit', '2', '--before', String(first.older));
  expect(second).toMatchObject({ events: [{ event: 'sign_in.failed' }], older: null });
  const { stdout } = await gatehouse(place, ['audit', 'list', '--account', ada, '--limit', '1']);
  expect(stdout).toMatch(/role\.granted\s+success\s+\S+\s+role:editor\s+operator/);
  expect(stdout).toContain(`--before ${first.events[0]?.['id']}`);
});

test('what cannot be asked for is said, and nothing is looked for', async () => {
  const wrong: readonly (readonly string[])[] = [
    ['--event', 'sign_in'],
    ['--event', "'; drop table audit_events; --"],
    ['--from', 'yesterday'],
    ['--until', '2026-13-01'],
    ['--address', 'localhost'],
    ['--before', '1 or 1=1'],
    ['--actor', 'nul\0'],
  ];
  for (const options of wrong) {
    expect(await failureOf(place, ['audit', 'list', ...options]), options.join(' ')).toMatchObject({ code: 'invalid' });
  }
});

test('an export is one JSON value a line, and is itself an event', async () => {
  const { stdout, exitCode } = await gatehouse(place, ['audit', 'export', '--account', ada]);
  expect(exitCode).toBe(0);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ event }) => event)).toEqual(['role.granted', 'sign_in.succeeded', 'sign_in.failed']);
  expect(rows[2]).toMatchObject({ account_id: ada, client_id: 'web', request_id: 'request-7', outcome: 'failure' });
  const [exported] = (await listed('--event', 'audit.exported')).events;
  expect(exported).toMatchObject({ actor: 'operator', details: { format: 'jsonl', filters: { account: ada } } });
});

test('an export for a spreadsheet computes nothing there', async () => {
  const { stdout } = await gatehouse(place, ['audit', 'export', '--format', 'csv', '--client', 'formulas']);
  const rows: Record<string, string>[] = parse(stdout, { columns: true });
  expect(rows.map((row) => row['user_agent'])).toEqual(FORMULAS.map((formula) => `'${formula}`).reverse());
  for (const row of rows) for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
});

test('a file is a new one, for its owner alone', async () => {
  const words = ['audit', 'export', '--format', 'csv', '--out', 'events.csv'];
  const file = path.join(place.cwd, 'events.csv');
  expect(await answerOf(place, words)).toEqual({ file, format: 'csv' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const before = readFileSync(file, 'utf8');
  expect(before.split('\r\n')[0]).toBe(
    'id,at,event,outcome,account_id,subject,actor,client_id,address,user_agent,request_id,details',
  );
  expect((await failureOf(place, words)).code).toBe('file_system');
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(existsSync(path.join(place.cwd, 'other.csv'))).toBe(false);
});

test('many events are read as they are taken: a reader that stops is not waited for', async () => {
  const { db } = server.database;
  await db.transaction().execute(async (tx) => {
    const deps = { db: tx, clock: movingClock };
    for (let at = 0; at < 1_200; at += 1) await recordEvent(deps, { event: 'device.new', clientId: 'many' });
  });
  for (const format of ['jsonl', 'csv'] as const) {
    const ids = new Set<string>();
    for await (const chunk of exportEvents(db, { filters: { clientId: 'many' }, format })) {
      for (const [id] of String(chunk).matchAll(/device\.new/g)) ids.add(`${ids.size}${id}`);
    }
    expect(ids.size).toBe(1_200);
    let taken = 0;
    for await (const _ of exportEvents(db, { filters: { clientId: 'many' }, format })) {
      taken += 1;
      if (taken === 3) break;
    }
    expect(taken).toBe(3);
  }
});
