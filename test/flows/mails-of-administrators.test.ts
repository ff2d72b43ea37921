// Nobody's mailbox is filled by who administers, nor by who has stolen their session or their program's token.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { developmentPlace, gatehouse } from '../cli/command-line.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { PROGRAMS, program } from '../support/api.ts';
import { forgets } from '../support/forgotten.ts';
import { movingClock } from '../support/moving-clock.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

/** Three times what strangers can have sent. */
const AN_HOUR = 3;

let server: TestServer;
let helpdesk: AdministratorInTest;

beforeAll(async () => {
  const settings = `mfa: optional\nlimits: { mails_per_recipient: 1, mails_per_network: 100 }${RESOURCES}`;
  server = await startTestServer({ clients: PROGRAMS, settings });
  helpdesk = await administrator(server, { roles: ['gatehouse:helpdesk'] });
});
afterAll(() => server.stop());
beforeEach(() => server.database.db.deleteFrom('rate_counters').execute());

let people = 0;

async function somebody(): Promise<{ id: string; email: string }> {
  const email = `somebody-${++people}@example.test`;
  const { id } = await server.person({ email });
  return { id, email };
}

const mailsTo = async (email: string) =>
  (await server.database.db.selectFrom('mail_outbox').select('message').where('recipient', '=', email).execute()).map(
    ({ message }) => message,
  );

const eventsOf = async (accountId: string, event: string) => {
  const { db } = server.database;
  const events = db.selectFrom('audit_events').select('id').where('account_id', '=', accountId);
  return (await events.where('event', '=', event).execute()).length;
};

const helps = (id: string) => helpdesk.does(`/admin/accounts/${id}`, {}, 'Send a link for a new password');

test('somebody at the console sends a person a few links an hour, and is told when the next one can go', async () => {
  const { id, email } = await somebody();
  for (let sent = 0; sent < AN_HOUR; sent += 1) expect((await helps(id)).page.status).toBe(200);
  const refused = await helps(id);
  expect(refused.page.status).toBe(429);
  expect(refused.text).toContain(
    'Enough mails with links have gone to this person for now. Another one can be sent in ',
  );
  const wait = Number(refused.page.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(3000);
  expect(await mailsTo(email)).toEqual(Array(AN_HOUR).fill('reset_password'));
  expect(await eventsOf(id, 'password.reset_requested')).toBe(AN_HOUR);
  // Somebody else is helped all the same, and so is this person, by themselves and later.
  expect((await helps((await somebody()).id)).page.status).toBe(200);
  await forgets(server, email);
  await expect.poll(() => mailsTo(email)).toHaveLength(AN_HOUR + 1);
  movingClock.advance({ seconds: wait });
  helpdesk = await administrator(server, { roles: ['gatehouse:helpdesk'] });
  expect((await helps(id)).page.status).toBe(200);
});

test('a program is told by a problem that says when to come back', async () => {
  const { id, email } = await somebody();
  const keeper = await program(server);
  const resets = () => keeper.call('POST', `/accounts/${id}/password-reset`);
  for (let sent = 0; sent < AN_HOUR; sent += 1) expect((await resets()).status).toBe(204);
  const { status, body, headers } = await resets();
  expect({ status, type: headers.get('content-type') }).toEqual({
    status: 429,
    type: 'application/problem+json',
  });
  expect(body).toMatchObject({ status: 429, code: 'too_many', title: 'Too Many Requests' });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(3000);
  expect(body.detail).toContain(`Try again in ${headers.get('retry-after')} seconds.`);
  expect(await mailsTo(email)).toHaveLength(AN_HOUR);
  // Nor by another program, or another address of the same mailbox.
  const second = await program(server, { clientId: 'second' });
  expect((await second.call('POST', `/accounts/${id}/password-reset`)).status).toBe(429);
  const tagged = await server.person({ email: email.replace('@', '+more@') });
  expect((await second.call('POST', `/accounts/${tagged.id}/password-reset`)).status).toBe(429);
});

test('of many links that are asked for at once no more go out than one after the other', async () => {
  const { id, email } = await somebody();
  const keeper = await program(server);
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => keeper.call('POST', `/accounts/${id}/password-reset`)),
  );
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(AN_HOUR);
  expect(await mailsTo(email)).toHaveLength(AN_HOUR);
});

test('whoever is invited again and again is not, even where the account is made anew each time', async () => {
  const email = `invited-${++people}@example.test`;
  const keeper = await program(server);
  const made = await keeper.call('POST', '/accounts', { body: { email, invite: true } });
  const of = `/accounts/${made.body.id}`;
  expect((await keeper.call('POST', `${of}/invitation`)).status).toBe(204);
  expect((await keeper.call('POST', `${of}/invitation`)).status).toBe(204);
  expect((await keeper.call('POST', `${of}/invitation`)).status).toBe(429);
  expect(await mailsTo(email)).toEqual(Array(AN_HOUR).fill('invitation'));
  const etag = (await keeper.call('GET', of)).headers.get('etag') ?? '';
  expect((await keeper.call('DELETE', of, { headers: { 'If-Match': etag } })).status).toBe(204);
  expect((await keeper.call('POST', '/accounts', { body: { email, invite: true } })).status).toBe(429);
  expect((await keeper.call('GET', `/accounts?q=${encodeURIComponent(email)}`)).body.items).toEqual([]);
  // It is the mail that has to wait, not the account.
  expect((await keeper.call('POST', '/accounts', { body: { email, invite: false } })).status).toBe(201);
});

test('an address that is changed to and fro fills neither mailbox', async () => {
  const { id, email } = await somebody();
  const other = `other-${email}`;
  const keeper = await program(server);
  const changes = async (to: string) => {
    const etag = (await keeper.call('GET', `/accounts/${id}`)).headers.get('etag') ?? '';
    return keeper.call('PATCH', `/accounts/${id}`, { body: { email: to }, headers: { 'If-Match': etag } });
  };
  for (const to of [other, email, other]) expect((await changes(to)).status).toBe(200);
  expect((await changes(email)).status).toBe(429);
  expect((await keeper.call('GET', `/accounts/${id}`)).body.email).toBe(other);
  expect([(await mailsTo(email)).length, (await mailsTo(other)).length]).toEqual([AN_HOUR, AN_HOUR]);
});

test('an operator at the command line is not held up', async () => {
  const email = `invited-${++people}@example.test`;
  const place = developmentPlace(server.dataDir);
  expect((await gatehouse(place, ['user', 'create', '--email', email, '--invite'])).exitCode).toBe(0);
  for (let sent = 0; sent < AN_HOUR; sent += 1) {
    expect((await gatehouse(place, ['user', 'invite', email])).exitCode).toBe(0);
  }
});
