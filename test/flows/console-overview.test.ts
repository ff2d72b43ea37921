// The first page of the console: what wants attention, and the last weeks.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { administrator } from '../support/administrators.ts';
import { movingClock } from '../support/moving-clock.ts';
import { signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const overview = () => `${server.issuer}/admin`;

test('an administrator sees how many have signed in, failed and come new, as a chart and in numbers', async () => {
  const root = await administrator(server);
  await server.person({ email: 'ada@example.test' });
  const { browser } = await visits(server);
  await signsIn(browser, { identifier: 'ada@example.test', password: 'not the password' });
  await root.browser.open(overview());
  const cells = root.browser.document.querySelectorAll('.numbers tbody tr:last-child td').map(({ text }) => text);
  expect(cells).toEqual(['2', '1', '0']);
  expect(root.browser.document.querySelectorAll('svg rect')).toHaveLength(2);
});

test('mails that could not be delivered want attention, from those alone who may see mails', async () => {
  const root = await administrator(server);
  const helpdesk = await administrator(server, { roles: ['gatehouse:helpdesk'] });
  await root.browser.open(overview());
  expect(root.browser.text).toContain('Nothing wants your attention.');
  await server.database.db
    .insertInto('mail_outbox')
    .values({
      id: 'given-up',
      message: 'account_deleted',
      recipient: 'ada@example.test',
      language: 'en',
      created_at: movingClock.now(),
      next_attempt_at: movingClock.now(),
      give_up_after: movingClock.now(),
      given_up_at: movingClock.now(),
    })
    .execute();
  await root.browser.open(overview());
  expect(root.browser.text).toContain('1 mail could not be delivered.');
  await helpdesk.browser.open(overview());
  expect(helpdesk.browser.text).toContain('Nothing wants your attention.');
});
