// gatehouse logout-notice: what apps have not been told, beside a running server.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeNotices } from '../../src/logout-notices/logout-notices.ts';
import { SPA, signedIn } from '../protocol/apps.ts';
import { logoutReceiver } from '../support/logout-receiver.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

let server: TestServer;
let receiver: Awaited<ReturnType<typeof logoutReceiver>>;
let place: Place;

beforeAll(async () => {
  receiver = await logoutReceiver();
  const spa = `
client_id: spa
preset: spa
redirect_uris: ["https://spa.example.test/callback"]
consent: skip
backchannel_logout_uri: "${receiver.uri}"
`;
  server = await startTestServer({ clients: { spa } });
});

beforeEach(() => {
  place = developmentPlace(server.dataDir);
});

afterAll(async () => {
  await server.stop();
  receiver.close();
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries > 300) throw new Error('waited for too long');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Listed {
  readonly notices: readonly Record<string, unknown>[];
}

const list = async () => (await answerOf(place, ['logout-notice', 'list'])) as unknown as Listed;

test('a person banned at the command line is signed out of apps by the running server', async () => {
  const { id } = await server.person({ email: 'jane@example.test' });
  await signedIn(server.issuer, { app: SPA, email: 'jane@example.test' });
  await answerOf(place, ['user', 'ban', 'jane@example.test']);
  await until(() => receiver.received.length === 1);
  expect(await receiver.verified(server.issuer, 'spa')).toMatchObject({ sub: id });
});

test.each([
  ['a new password', ['set-password'], ['--password-stdin']],
  ['a removed second factor', ['reset-mfa'], []],
])('%s is told of as well', async (what, command, options) => {
  const email = `${what.replaceAll(' ', '-')}@example.test`;
  const { id } = await server.person({ email });
  await signedIn(server.issuer, { app: SPA, email });
  await answerOf(place, ['user', ...command, email, ...options], { stdin: 'another battery staple horse\n' });
  await until(() => receiver.received.some(({ claims }) => claims.sub === id));
});

const notice = (clientId: string) => ({ clientId, accountId: 'joe', sid: 'a-session', ended: 'session' as const });

test('what could not be delivered is listed, tried again, or dropped', async () => {
  await until(async () => (await list()).notices.length === 0);
  expect((await gatehouse(place, ['logout-notice', 'list'])).stdout).toContain('Every app has been told.');
  receiver.answers(503);
  await writeNotices({ db: server.database.db, clock: movingClock }, [notice('spa')]);
  await until(async () => (await list()).notices[0]?.['last_error'] === 'answers 503');
  const [waiting] = (await list()).notices;
  expect(waiting).toEqual({
    id: expect.any(String),
    client_id: 'spa',
    account_id: 'joe',
    sid: 'a-session',
    state: 'waiting',
    attempts: 1,
    created_at: expect.any(String),
    next_attempt_at: expect.any(String),
    last_error: 'answers 503',
  });
  const text = (await gatehouse(place, ['logout-notice', 'list'])).stdout;
  expect(text).toMatch(/spa\s+joe\s+waiting\s+1\s+.*answers 503/);

  receiver.answers(200);
  const { length } = receiver.received;
  expect(await answerOf(place, ['logout-notice', 'retry', String(waiting?.['id'])])).toEqual({ retried: 1 });
  await until(() => receiver.received.length > length);
  await until(async () => (await list()).notices.length === 0);
  expect((await failureOf(place, ['logout-notice', 'retry', String(waiting?.['id'])])).code).toBe('not_found');
  expect((await failureOf(place, ['logout-notice', 'drop', String(waiting?.['id'])])).code).toBe('not_found');
  expect(await answerOf(place, ['logout-notice', 'retry'])).toEqual({ retried: 0 });

  await writeNotices({ db: server.database.db, clock: movingClock }, [notice('nobody')]);
  await until(async () => (await list()).notices[0]?.['last_error'] === 'there is no file for this client');
  const id = String((await list()).notices[0]?.['id']);
  expect(await answerOf(place, ['logout-notice', 'drop', id])).toEqual({ id, dropped: true });
  expect((await list()).notices).toEqual([]);
});
