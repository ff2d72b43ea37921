// What the API says of the server: events, apps, mails, keys, settings, figures, and what an app would read of somebody.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROGRAMS, type Program, program } from '../support/api.ts';
import { startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let keeper: Program;
let jane: string;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  keeper = await program(server);
  jane = (await server.person({ email: 'jane@example.test', name: 'Jane', roles: ['vendor'] })).id;
  await visitsAndSignsIn(server, { identifier: 'jane@example.test' });
});

afterAll(() => server.stop());

const read = async (path: string) => (await keeper.call('GET', path)).body;

test('events are found by filters, of everybody and of one account', async () => {
  const { items } = await read(`/events?event=sign_in.&account=${jane}`);
  expect(items[0]).toMatchObject({ event: 'sign_in.succeeded', account_id: jane, outcome: 'success' });
  expect((await read(`/accounts/${jane}/events`)).items.map(({ event }: { event: string }) => event)).toContain(
    'sign_in.succeeded',
  );
  expect((await read('/events?outcome=failure&client=web')).items).toEqual([]);
  const wrong = await keeper.call('GET', '/events?event=sing_in&from=yesterday');
  expect([wrong.status, wrong.body.errors.map(({ parameter }: { parameter: string }) => parameter)]).toEqual([
    400,
    ['event', 'from'],
  ]);
});

test('what a program changes leaves an event that names it, and the request', async () => {
  const changed = await keeper.call('POST', `/accounts/${jane}/password-reset`);
  const id = changed.headers.get('x-request-id');
  const { items } = await read(`/events?request_id=${id}`);
  expect(items[0]).toMatchObject({ actor: 'client:keeper', account_id: jane, request_id: id, address: '127.0.0.1' });
});

test('events are exported, which is an event', async () => {
  const lines = (await keeper.call('POST', `/events/export?account=${jane}`)).body as string;
  expect(
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).account_id),
  ).toEqual(expect.arrayContaining([jane]));
  const csv = await keeper.call('POST', '/events/export?format=csv&event=sign_in.');
  expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
  expect(csv.body).toMatch(/^id,at,event,outcome/);
  const [latest] = (await read('/events?event=audit.exported')).items;
  expect(latest).toMatchObject({ actor: 'client:keeper', details: { format: 'csv', filters: ['event=sign_in.'] } });
});

test('apps are shown with file and line, who uses them, and never a secret', async () => {
  const client = await read('/clients/web');
  expect(client).toMatchObject({
    client_id: 'web',
    file: expect.stringContaining('clients/web.yaml'),
    line: 2,
    client_secrets: [{ created: null, expires: null, expired: false }],
    use: { people: 1 },
  });
  const ids = (await read('/clients')).items.map(({ client_id }: { client_id: string }) => client_id);
  expect(ids).toEqual(['ask', 'keeper', 'native', 'robot', 'second', 'spa', 'web']);
  expect(JSON.stringify(await read('/clients'))).not.toContain(WEB_SECRET);
  expect(await read('/file-problems')).toEqual({ items: [] });
});

test('keys are shown without their private parts, settings without secrets', async () => {
  const { items } = await read('/keys');
  expect(items).toMatchObject(
    ['RS256', 'PS256', 'ES256'].map((algorithm) => ({ algorithm, stage: 'active', retired_at: null })),
  );
  const configuration = await read('/configuration');
  expect(configuration).toMatchObject({ state: 'current', settings: { issuer: server.issuer, 'api.docs': true } });
  expect(JSON.stringify(configuration)).not.toContain(server.config.masterSecret);
});

test('keys are replaced, and revoked with what they have signed', async () => {
  const [{ kid: before }] = (await read('/keys')).items;
  const later = await keeper.call('POST', '/keys/rotate', { body: {} });
  expect(later.status).toBe(200);
  const [rotated] = later.body.items;
  expect(rotated).toMatchObject({ algorithm: 'RS256', signs_from: expect.any(String) });
  const ofDefault = async () =>
    (await read('/keys')).items.filter(({ algorithm }: { algorithm: string }) => algorithm === 'RS256');
  expect(await ofDefault()).toMatchObject([
    { kid: before, stage: 'active', changes_at: expect.any(String) },
    { kid: rotated.kid, stage: 'next', changes_at: expect.any(String) },
  ]);
  expect((await keeper.call('POST', '/keys/rotate', { body: { now: 'yes' } })).status).toBe(422);
  expect((await keeper.call('DELETE', '/keys/nobody')).status).toBe(404);
  const revoked = await keeper.call('DELETE', `/keys/${before}`);
  expect(revoked.body).toEqual({ replaced_by: rotated.kid });
  expect((await keeper.call('GET', '/keys')).status).toBe(401);
  keeper = await program(server);
  expect(await ofDefault()).toMatchObject([{ kid: rotated.kid, stage: 'active' }]);
});

test('mails that wait are listed, tried again and dropped', async () => {
  const { db } = server.database;
  const due = { delivered_at: null, last_error: 'refused', attempts: 3 };
  await keeper.call('POST', `/accounts/${jane}/password-reset`);
  await db.updateTable('mail_outbox').set(due).execute();
  const { items } = await read('/outbox');
  expect(items[0]).toMatchObject({ to: 'jane@example.test', account_id: jane, last_error: 'refused' });
  expect(Object.keys(items[0])).not.toContain('content');
  const [{ id }] = items;
  expect((await keeper.call('POST', `/outbox/${id}/retry`)).status).toBe(204);
  await db.updateTable('mail_outbox').set(due).execute();
  expect((await keeper.call('DELETE', `/outbox/${id}`)).status).toBe(204);
  expect((await keeper.call('DELETE', `/outbox/${id}`)).status).toBe(404);
});

test('mails are listed in pages to the end, also when each page is dropped before the next is asked for', async () => {
  const { db } = server.database;
  await db.deleteFrom('mail_outbox').execute();
  for (let n = 0; n < 7; n += 1) {
    await keeper.call('POST', '/accounts', { body: { email: `m${n}@example.test`, invite: true } });
  }
  await db.updateTable('mail_outbox').set({ delivered_at: null, last_error: 'refused', attempts: 3 }).execute();
  const seen: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const page: { items: { id: string; to: string }[]; next: string | null } = await read(
      `/outbox?limit=2${next && `&cursor=${next}`}`,
    );
    for (const { id, to } of page.items) {
      seen.push(to);
      expect((await keeper.call('DELETE', `/outbox/${id}`)).status).toBe(204);
    }
    next = page.next;
  }
  expect(seen).toEqual(Array.from({ length: 7 }, (_, n) => `m${n}@example.test`));
});

test('a place to go on from that no page has named is refused', async () => {
  for (const list of ['/outbox', '/sessions', '/events', '/accounts', `/accounts/${jane}/events`]) {
    for (const cursor of ['nothing', '1.', '0x1', '-1', '..', 'MDE5', "1' or 1=1--"]) {
      const { status, body } = await keeper.call('GET', `${list}?cursor=${encodeURIComponent(cursor)}`);
      expect([list, cursor, status, body.errors?.[0].parameter]).toEqual([list, cursor, 400, 'cursor']);
    }
  }
});

test('a place of a list in one order is none in another', async () => {
  for (let n = 0; n < 2; n += 1) await server.person({ email: `ordered-${n}@example.test` });
  const { next } = await read('/accounts?sort=email&limit=1');
  const at = `cursor=${encodeURIComponent(next)}`;
  expect((await keeper.call('GET', `/accounts?sort=email&limit=1&${at}`)).status).toBe(200);
  for (const order of ['', 'sort=newest&', 'sort=oldest&']) {
    const { status, body } = await keeper.call('GET', `/accounts?${order}limit=1&${at}`);
    expect([order, status, body.code, body.errors?.[0].parameter]).toEqual([order, 400, 'invalid_query', 'cursor']);
  }
});

test('who is signed in is listed, last used first, and ended from there', async () => {
  const { items } = await read('/sessions');
  expect(items[0]).toMatchObject({ account_id: jane, email: 'jane@example.test', address: '127.0.0.1' });
  expect((await keeper.call('DELETE', `/accounts/${jane}/sessions/${items[0].id}`)).status).toBe(204);
  expect((await read('/sessions')).items).toEqual([]);
});

test('figures say what happened by the day', async () => {
  const { items } = await read('/figures?days=7');
  expect(items).toHaveLength(7);
  expect(items.at(-1).counts['sign_in.succeeded']).toBe(1);
  expect((await read('/attention')).items).toEqual(expect.any(Array));
});

test('a preview shows what an app would read of somebody, and why', async () => {
  const body = await read(`/claims-preview?account=${jane}&client=web&scope=openid+roles`);
  expect(body).toMatchObject({
    account: { id: jane },
    refusal: null,
    consent: 'skip',
    terms: 'skip',
    id_token: { claims: { sub: jane, roles: ['vendor'] } },
    roles: [{ role: 'vendor', ways: [{ group: null, path: ['vendor'] }] }],
  });
  for (const query of [
    'client=nobody',
    'client=robot',
    'client=web&scope=secrets',
    'client=web&resource=https%3A%2F%2Fx.example',
  ]) {
    expect([400, 404]).toContain((await keeper.call('GET', `/claims-preview?account=${jane}&${query}`)).status);
  }
});

test('whom a preview was about, and who looked, is an event; what is not shown is none', async () => {
  const events = async () => (await read(`/events?event=claims.previewed&account=${jane}`)).items;
  const before = (await events()).length;
  const { headers, body } = await keeper.call('GET', `/claims-preview?account=${jane}&client=web&scope=openid+roles`);
  await keeper.call('GET', `/claims-preview?account=${jane}&client=web&scope=secrets`);
  const after = await events();
  expect(after).toHaveLength(before + 1);
  expect(after[0]).toMatchObject({
    actor: 'client:keeper',
    account_id: jane,
    client_id: 'web',
    address: '127.0.0.1',
    request_id: headers.get('x-request-id'),
    details: { scope: 'openid roles', resource: body.audience },
  });
});
