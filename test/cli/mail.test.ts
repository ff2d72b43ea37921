// gatehouse mail: what has not been delivered, beside a running server; and whether mails arrive at all.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeMail } from '../../src/mail/outbox.ts';
import { MAILS } from '../rooms/mail/samples.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

let server: TestServer;
let mailbox: Mailbox;
let place: Place;

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ mailbox });
});
beforeEach(() => {
  mailbox.accepts();
  const { cwd, env } = developmentPlace(server.dataDir);
  place = { cwd, env: { ...env, GATEHOUSE_SMTP_URL: mailbox.url } };
});
afterAll(async () => {
  await server.stop();
  await mailbox.close();
});

interface Listed {
  readonly mails: readonly Record<string, unknown>[];
}

const list = async () => ((await answerOf(place, ['mail', 'list'])) as unknown as Listed).mails;
const write = (to: string) =>
  writeMail(
    { db: server.database.db, clock: movingClock, box: server.box },
    { to, accountId: 'jane', language: 'en', message: MAILS.reset_password },
  );

test('what could not be delivered is listed without what it says, tried again, or dropped', async () => {
  expect((await gatehouse(place, ['mail', 'list'])).stdout).toContain('Every mail has been delivered.');
  mailbox.refuses(451, { message: '4.3.2 come back later' });
  await write('jane@example.test');
  await expect.poll(async () => (await list())[0]?.['last_error'], { timeout: 10_000 }).toMatch(/4\.3\.2 come back/);
  const [waiting] = await list();
  expect(waiting).toEqual({
    id: expect.any(String),
    mail: 'reset_password',
    to: 'jane@example.test',
    account_id: 'jane',
    language: 'en',
    state: 'waiting',
    attempts: expect.any(Number),
    created_at: expect.any(String),
    next_attempt_at: expect.any(String),
    last_error: expect.stringContaining('4.3.2 come back later'),
  });
  const { stdout } = await gatehouse(place, ['mail', 'list']);
  expect(stdout).toMatch(/reset_password\s+jane@example\.test\s+waiting/);
  expect(stdout).not.toContain('token=');

  mailbox.accepts();
  const id = String(waiting?.['id']);
  expect(await answerOf(place, ['mail', 'retry', id])).toEqual({ retried: 1 });
  await mailbox.waitFor('jane@example.test');
  await expect.poll(list, { timeout: 10_000 }).toEqual([]);
  expect((await failureOf(place, ['mail', 'retry', id])).code).toBe('not_found');
  expect((await failureOf(place, ['mail', 'drop', id])).code).toBe('not_found');
  expect(await answerOf(place, ['mail', 'retry'])).toEqual({ retried: 0 });
});

test('what was given up is shown as such, noted by the doctor, and may be dropped', async () => {
  mailbox.refuses(550, { message: '5.1.1 no such mailbox' });
  await write('nobody@example.test');
  for (let attempts = 1; attempts <= 4; attempts += 1) {
    await expect
      .poll(async () => (await list()).some((mail) => mail['attempts'] === attempts && mail['last_error']), {
        timeout: 10_000,
      })
      .toBe(true);
    movingClock.advance({ minutes: 6 });
  }
  const [mail] = await list();
  expect(mail).toMatchObject({ state: 'given_up', last_error: expect.stringContaining('5.1.1') });
  const { findings } = JSON.parse((await gatehouse(place, ['doctor', '--json'])).stdout);
  expect(findings).toContainEqual(
    expect.objectContaining({ check: 'mail', state: 'note', message: '1 mail was given up' }),
  );
  const id = String(mail?.['id']);
  expect(await answerOf(place, ['mail', 'drop', id])).toEqual({ id, dropped: true });
  expect(await list()).toEqual([]);
});

test('a test mail goes out at once, and what the mail server says is said', async () => {
  expect(await answerOf(place, ['mail', 'test', 'you@example.test'])).toEqual({ to: 'you@example.test', taken: true });
  expect((await mailbox.waitFor('you@example.test')).subject).toBe('A test of Gatehouse');
  mailbox.refuses(554, { message: '5.7.1 relaying denied' });
  expect(await failureOf(place, ['mail', 'test', 'you@example.test'])).toMatchObject({
    code: 'mail_not_taken',
    message: expect.stringContaining('5.7.1 relaying denied'),
  });
  expect((await failureOf(place, ['mail', 'test', 'you@example.test, eve@evil.test'])).code).toBe('mail_not_taken');
  const without = { cwd: place.cwd, env: { ...place.env, GATEHOUSE_SMTP_URL: '' } };
  expect((await failureOf(without, ['mail', 'test', 'you@example.test'])).code).toBe('mail_not_configured');
});

test('the doctor asks the mail server, and says what is wrong with the way there', async () => {
  const mail = async (url: string) => {
    const env = { ...place.env, GATEHOUSE_SMTP_URL: url };
    const { stdout } = await gatehouse({ cwd: place.cwd, env }, ['doctor', '--json']);
    const findings: { check: string; state: string; message: string; fix?: string }[] = JSON.parse(stdout).findings;
    return findings.find(({ check }) => check === 'mail');
  };
  expect(await mail(mailbox.url)).toMatchObject({ state: 'ok' });
  expect(await mail('smtp://127.0.0.1:1')).toMatchObject({
    state: 'problem',
    fix: expect.stringContaining('firewall'),
  });
  const name = await mail('smtp://mail.invalid');
  expect(name).toMatchObject({ state: 'problem' });
  const locked = await startMailbox({ auth: { user: 'gate', password: 'right-word' } });
  const refused = await mail(locked.url.replace('right', 'wrong'));
  await locked.close();
  expect(refused).toMatchObject({ state: 'problem', fix: expect.stringContaining('password') });
  expect(JSON.stringify(refused)).not.toContain('wrong-word');
});
