// A copy of every event on standard output: what is in the table, one line each, whatever a browser calls itself.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordEvent } from '../../src/audit/audit-log.ts';
import { searchEvents } from '../../src/audit/search-events.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ settings: `audit: { stdout: true }${RESOURCES}` });
  await server.person({ email: 'ada@example.test' });
});
afterAll(() => server.stop());

const copies = () => server.copiedLines.map((line) => JSON.parse(line).audit);

test('each event of a sign-in is there, as it is in the table', async () => {
  const browser = newBrowser({ headers: { 'user-agent': 'Agent/1.0' } });
  await visitsAndSignsIn(server, { identifier: 'ada@example.test', password: 'not the password', browser });
  await signsIn(browser, { identifier: 'ada@example.test' });
  const { events } = await searchEvents(server.database.db, { limit: 1000 });
  expect(copies().map(({ id }) => id)).toEqual(events.map(({ id }) => id).reverse());
  const copied = copies().find(({ event }) => event === 'sign_in.failed');
  expect(copied).toMatchObject({ outcome: 'failure', client_id: 'web', address: '127.0.0.1', user_agent: 'Agent/1.0' });
  expect(copied.request_id).toEqual(expect.any(String));
});

test('T55 nothing that a browser sends begins a line of its own', async () => {
  const { db, clock } = server.deps;
  const before = server.copiedLines.length;
  const userAgent = 'Mozilla\n{"audit":{"event":"account.deleted"}}\r\u2028\u0085\u001b[2J\u202e';
  const source = { address: '192.0.2.1', userAgent, requestId: 'r' };
  await recordEvent({ db, clock }, { event: 'sign_in.failed', source, outcome: 'failure' });
  expect(server.copiedLines).toHaveLength(before + 1);
  const line = server.copiedLines.at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  expect(line.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
  expect(line.endsWith('\n')).toBe(true);
  expect(copies().at(-1).user_agent).toBe(userAgent);
});

test('what was rolled back is not there', async () => {
  const { db, clock } = server.deps;
  const before = server.copiedLines.length;
  const undone = db.transaction().execute(async (tx) => {
    await recordEvent({ db: tx, clock }, { event: 'profile.changed', accountId: 'nobody' });
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(server.copiedLines).toHaveLength(before);
});

test('nothing is copied unless it was asked for', async () => {
  const quiet = await startTestServer();
  await quiet.person({ email: 'ada@example.test' });
  await visitsAndSignsIn(quiet, { identifier: 'ada@example.test' });
  expect(quiet.copiedLines).toEqual([]);
  await quiet.stop();
});
