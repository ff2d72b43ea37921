// How many requests a program may send, and what it is told when there were too many.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { call, PROGRAMS, program } from '../support/api.ts';
import { movingClock } from '../support/moving-clock.ts';
import { countOf } from '../support/sign-up.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const SETTINGS = `api: { requests_per_minute: 5, refusals_per_minute: 3 }${RESOURCES}`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS, settings: SETTINGS });
});

afterAll(() => server.stop());

beforeEach(() => server.database.db.deleteFrom('rate_counters').execute());

const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status);
const times = (count: number, what: () => Promise<{ status: number; headers: Headers }>) =>
  Promise.all(Array.from({ length: count }, what));

test('a program is told with every answer how many requests it has left, and waits when there are none', async () => {
  const keeper = await program(server);
  const first = await keeper.call('GET', '/roles');
  expect(first.headers.get('ratelimit-policy')).toBe('"client";q=5;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"client";r=4;t=[3-6]\d$/);
  const others = [
    await keeper.call('GET', '/roles/nothing'),
    await keeper.call('POST', '/roles', { body: {} }),
    await keeper.call('PATCH', '/roles/gatehouse:admin', { body: {} }),
    await keeper.call('HEAD', '/roles'),
  ];
  expect(statuses(others)).toEqual([404, 422, 428, 200]);
  expect(others.map(({ headers }) => headers.get('ratelimit')?.slice(0, 12))).toEqual(
    [3, 2, 1, 0].map((left) => `"client";r=${left}`),
  );
  const { status, body, headers } = await keeper.call('GET', '/roles');
  expect([status, body.code]).toEqual([429, 'too_many_requests']);
  expect(body.detail).toContain('more than 5 requests within 60 seconds');
  expect(headers.get('cache-control')).toBe('no-store');
  const wait = Number(headers.get('retry-after'));
  expect(wait).toBeGreaterThan(50);
  expect(headers.get('ratelimit')).toBe(`"client";r=0;t=${wait}`);
  movingClock.advance({ seconds: wait });
  expect((await keeper.call('GET', '/roles')).status).toBe(200);
});

test('a program that has used up its own holds up no other, and gets no more with another token', async () => {
  const [keeper, second] = [await program(server), await program(server, { clientId: 'second' })];
  const answers = await times(20, () => keeper.call('GET', '/roles'));
  expect(statuses(answers).filter((status) => status === 200)).toHaveLength(5);
  expect((await (await program(server)).call('GET', '/roles')).status).toBe(429);
  expect((await second.call('GET', '/roles')).status).toBe(200);
});

test('what is sent too often changes nothing', async () => {
  const keeper = await program(server);
  await times(5, () => keeper.call('GET', '/roles'));
  const late = await keeper.call('POST', '/accounts', { body: { email: 'late@example.test' } });
  expect(late.status).toBe(429);
  expect(await countOf(server, 'accounts')).toBe(0);
});

test('a program without permission is counted too', async () => {
  const narrow = await program(server, { scope: 'clients:read' });
  await times(5, () => narrow.call('GET', '/roles'));
  expect((await narrow.call('GET', '/roles')).status).toBe(429);
});

test('whoever has no token that can be used is told to wait, while programs beside them go on', async () => {
  const keeper = await program(server);
  const refused = [
    await call(server, 'GET', '/roles'),
    await call(server, 'GET', '/roles', { token: 'a.b.c' }),
    await call(server, 'DELETE', '/accounts/x', { headers: { authorization: 'Basic eDp5' } }),
    await call(server, 'GET', '/roles'),
  ];
  expect(statuses(refused)).toEqual([401, 401, 401, 429]);
  const { headers, body } = refused[3]!;
  expect(body.detail).toContain('Your network has sent');
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(50);
  expect(headers.get('ratelimit-policy')).toBe('"network";q=3;w=60');
  expect((await keeper.call('GET', '/roles')).status).toBe(200);
  movingClock.advance({ minutes: 1 });
  expect((await call(server, 'GET', '/roles')).status).toBe(401);
});
