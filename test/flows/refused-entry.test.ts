// Who has no business in the administration and tries the door: an administrator reads of it, and nobody fills the log with it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUDITOR_ROLE } from '../../src/config/roles/product-permissions.ts';
import { administrator } from '../support/administrators.ts';
import { base, PROGRAMS, program } from '../support/api.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
});

afterAll(() => server.stop());

let people = 0;

/** With a role that has nothing to do with administering. */
async function somebody(): Promise<{ id: string; email: string; browser: Browser }> {
  people += 1;
  const email = `curious-${people}@example.test`;
  const { id } = await server.person({ email, roles: ['editor'] });
  return { id, email, browser: await signedIn(email) };
}

async function signedIn(email: string): Promise<Browser> {
  const browser = await newBrowser().open(`${server.issuer}/account`);
  return signsIn(browser, { identifier: email });
}

const refusalsOf = (actor: string) =>
  server.database.db
    .selectFrom('audit_events')
    .select(['account_id', 'client_id', 'address', 'user_agent', 'request_id', 'outcome', 'details'])
    .where('event', '=', 'administration.refused')
    .where('actor', '=', actor)
    .orderBy('id')
    .execute();

const knocks = (browser: Browser, path = '/admin') => browser.request(`${server.issuer}${path}`);

describe('somebody who is refused at the console', () => {
  test('leaves an event that says who, from where, in which request and what for', async () => {
    const { id, browser } = await somebody();
    const answer = await knocks(browser);
    expect(answer.status).toBe(403);
    const [refusal, ...more] = await refusalsOf(`account:${id}`);
    expect(more).toEqual([]);
    expect(refusal).toMatchObject({
      account_id: id,
      client_id: null,
      address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
      request_id: answer.headers.get('x-request-id'),
      outcome: 'failure',
      details: { action: 'console.enter', needs: 'any', reason: 'forbidden' },
    });
  });

  test('leaves one an hour, however often they try, also at once', async () => {
    const { id, email, browser } = await somebody();
    const answers = await Promise.all(Array.from({ length: 20 }, () => knocks(browser)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    expect(await refusalsOf(`account:${id}`)).toHaveLength(1);
    movingClock.advance({ minutes: 59 });
    const again = await signedIn(email);
    expect((await knocks(again)).status).toBe(403);
    expect(await refusalsOf(`account:${id}`)).toHaveLength(1);
    movingClock.advance({ minutes: 2 });
    expect((await knocks(again)).status).toBe(403);
    expect(await refusalsOf(`account:${id}`)).toHaveLength(2);
  });

  test('holds back nobody else’s event', async () => {
    const [one, other] = [await somebody(), await somebody()];
    for (const { browser } of [one, other, one]) await knocks(browser);
    for (const { id } of [one, other]) expect(await refusalsOf(`account:${id}`)).toHaveLength(1);
  });

  test('is found by an administrator in the audit log, by whose it is and by who it was', async () => {
    const { id, browser } = await somebody();
    await knocks(browser, '/admin/keys');
    const root = await administrator(server);
    await root.browser.open(`${server.issuer}/admin/accounts/${id}/events`);
    expect(root.browser.text).toContain('administration.refused');
    await root.browser.open(`${server.issuer}/admin/audit?actor=account:${id}&outcome=failure`);
    expect(root.browser.text).toContain('{"needs":"keys:read","action":"console.enter","reason":"forbidden"}');
  });

  test('learns nothing of it on their own pages', async () => {
    const { browser } = await somebody();
    await knocks(browser);
    await browser.open(`${server.issuer}/account/activity`);
    expect(browser.text).not.toContain('administration');
  });
});

test('who administers something leaves an event for each permission that they lacked, and none where they may', async () => {
  const { id, browser } = await administrator(server, { roles: [AUDITOR_ROLE] });
  for (const path of ['/admin', '/admin/audit', '/admin/new-role', '/admin/new-role', '/admin/keys/rotate']) {
    await knocks(browser, path);
  }
  const needs = (await refusalsOf(`account:${id}`)).map(({ details }) => details['needs']);
  expect(needs).toEqual(['roles:write', 'keys:rotate']);
});

test('a program without the permission leaves one as well, by its client, and a token that is none leaves nothing', async () => {
  const keeper = await program(server, { clientId: 'second', roles: [AUDITOR_ROLE] });
  const statuses = [];
  for (let tries = 0; tries < 3; tries += 1) {
    statuses.push((await keeper.call('POST', '/roles', { body: { name: 'x', description: 'X' } })).status);
  }
  const stranger = await fetch(`${base(server)}/accounts`, { headers: { authorization: 'Bearer nothing' } });
  expect([...statuses, stranger.status]).toEqual([403, 403, 403, 401]);
  const refusals = await refusalsOf('client:second');
  expect(refusals).toHaveLength(1);
  expect(refusals[0]).toMatchObject({
    account_id: null,
    client_id: 'second',
    outcome: 'failure',
    details: { action: 'api.call', needs: 'roles:write', reason: 'forbidden' },
  });
});
