// Accounts whose ids another system gave them, administered through the API and at the console like all others.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importAccounts } from '../../src/moving/import-accounts.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { PROGRAMS, type Program, program } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const IDS = ['42', 'auth0|abc', 'user@old.example', 'urn:old:7', 'A_b-c.d~e=f', 'a..b', 'x'.repeat(255)];

let server: TestServer;
let keeper: Program;
let root: AdministratorInTest;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  keeper = await program(server);
  root = await administrator(server);
  async function* rows() {
    for (const [index, sub] of IDS.entries()) {
      yield { line: index + 1, value: { sub, email: `brought-${index}@example.test`, name: `Brought ${index}` } };
    }
  }
  const { created } = await importAccounts(
    { ...server.deps, config: server.config },
    {
      ...{ rows: rows(), file: 'people.jsonl', dryRun: false, update: false, allowAdministrators: false },
      onProgress: () => undefined,
      onBadRow: () => undefined,
    },
  );
  expect(created).toBe(IDS.length);
});

afterAll(() => server.stop());

test.each(IDS)('%s is found, changed and deleted through the API', async (sub) => {
  const path = `/accounts/${encodeURIComponent(sub)}`;
  const { status, body, headers } = await keeper.call('GET', path);
  expect([status, body.id]).toEqual([200, sub]);
  const changed = await keeper.call('PATCH', path, {
    body: { name: 'Changed' },
    headers: { 'if-match': String(headers.get('etag')) },
  });
  expect([changed.status, changed.body.id, changed.body.name]).toEqual([200, sub, 'Changed']);
  const events = await keeper.call('GET', `${path}/events`);
  expect(events.body.items.map(({ account_id }: { account_id: string }) => account_id)).toContain(sub);
});

test.each(IDS)('%s has a page at the console, found by the exact id', async (sub) => {
  const list = await root.browser.open(`${server.issuer}/admin/accounts?${new URLSearchParams({ q: sub })}`);
  const link = list.document
    .querySelectorAll('tbody a')
    .find((each) => each.getAttribute('href') === `/admin/accounts/${encodeURIComponent(sub)}`);
  expect(link).toBeDefined();
  const page = await root.browser.open(`${server.issuer}${link?.getAttribute('href')}`);
  expect(page.page.status).toBe(200);
  expect(page.text).toContain(sub);
});

test('every one of them is on one page or another of the list, once', async () => {
  const seen: string[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const asked = new URLSearchParams({ limit: '2', ...(cursor && { cursor }) });
    const { status, body } = await keeper.call('GET', `/accounts?${asked}`);
    expect(status).toBe(200);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.next as string | null;
  }
  expect(seen.length).toBe(new Set(seen).size);
  for (const sub of IDS) expect(seen).toContain(sub);
});
