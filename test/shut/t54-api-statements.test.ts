// T54: whatever stands in a path or a query of the API, the database is asked what it is asked for harmless values: the same texts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeAccountCursor } from '../../src/administration/account-search/cursor.ts';
import { ACCOUNT_SORTS } from '../../src/administration/account-search/orders.ts';
import { OPERATIONS, PROGRAMS, type Program, program } from '../support/api.ts';
import { EXAMPLES, type Example } from '../support/api-examples.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { foreignTo, listensToStatements } from '../support/statement-texts.ts';
import { INJECTIONS } from './injections.ts';

const statements = listensToStatements();

let server: TestServer;
let keeper: Program;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  keeper = await program(server);
});

afterAll(async () => {
  statements.stop();
  await server.stop();
});

const NOBODY = '01a00000-0000-7000-8000-000000000000';

const WORDS = [
  '',
  'ada',
  'somebody@example.test',
  'Nobody Known',
  NOBODY,
  'x'.repeat(300),
  'https://api.example.test',
  'web',
  'role:editor',
  'sign_in.',
  '192.0.2.7',
  '2026-01-01',
  '7',
  'jsonl',
  'csv',
  'true',
  'active',
  'banned',
  'success',
  '1700000000000000.abc',
  ...ACCOUNT_SORTS,
];

const CURSORS = ACCOUNT_SORTS.map((by) => [by, { key: '1700000000000000', id: NOBODY }] as const);

const accountsFrom = (by: (typeof ACCOUNT_SORTS)[number], place: { key: string; id: string }) =>
  `/accounts?${new URLSearchParams({ sort: by, cursor: writeAccountCursor({ by, ...place }) })}`;

/** As the examples are after all that they do is done, with what they are about. */
async function examples(): Promise<Readonly<Record<string, Example>>> {
  const { id } = await server.person({ email: `${crypto.randomUUID()}@example.test` });
  return EXAMPLES({ accountId: id });
}

const asks = (method: string, path: string, { body }: { body?: unknown } = {}) =>
  keeper.call(method, path, { ...(body === undefined ? {} : { body }), headers: { 'if-match': '*' } });

async function asksEachOnce(): Promise<Readonly<Record<string, Example>>> {
  const all = await examples();
  for (const [id, { path, body }] of Object.entries(all)) {
    await asks(OPERATIONS.find((each) => each.id === id)?.method ?? '', path, { body });
  }
  const remade = await examples();
  for (const id of ['createRole', 'createGroup', 'createPermission']) {
    await asks('POST', remade[id]?.path ?? '', { body: remade[id]?.body });
  }
  return remade;
}

/** In every parameter of every query, and in every part of every path that names something. */
async function asksWith(values: readonly string[], all: Readonly<Record<string, Example>>, share: number) {
  let tried = 0;
  for (const { id, method, path, query } of OPERATIONS) {
    const [plain = '', own = ''] = (all[id]?.path ?? '').split('?');
    const parameters = method === 'GET' ? Object.keys(query.shape) : [];
    for (const [at, value] of values.entries()) {
      if ((at + id.length) % share !== 0) continue;
      for (const parameter of parameters) {
        const stated = new URLSearchParams(own);
        stated.set(parameter, value);
        await asks(method, `${plain}?${stated}`);
        tried += 1;
      }
      for (const [nth] of path.split('/').entries()) {
        if (!path.split('/')[nth]?.startsWith(':') || value === '') continue;
        const parts = plain.split('/').map((part, index) => (index === nth ? encodeURIComponent(value) : part));
        await asks(method, parts.join('/'), { body: all[id]?.body });
        tried += 1;
      }
    }
  }
  return tried;
}

describe('T54 the statements behind the API (Hydra CVE-2026-33504, Casdoor CVE-2022-24124, Kysely CVE-2026-32763)', () => {
  test('hostile paths, filters, orders and cursors ask nothing that harmless ones do not ask, and stand in no text', async () => {
    let all: Readonly<Record<string, Example>> = {};
    const harmless = await statements.during(async () => {
      all = await asksEachOnce();
      await asksWith(WORDS, all, 1);
      for (const [by, place] of CURSORS) await asks('GET', accountsFrom(by, place));
      movingClock.advance({ minutes: 2 });
      await asksWith(['nobody'], all, 1);
    });
    expect(harmless.size).toBeGreaterThan(50);
    let tried = 0;
    const asked = await statements.during(async () => {
      tried = await asksWith(INJECTIONS, all, 3);
      for (const value of INJECTIONS) {
        for (const [by, { key, id }] of CURSORS) {
          await asks('GET', accountsFrom(by, { key: value, id }));
          await asks('GET', accountsFrom(by, { key, id: value }));
        }
      }
    });
    expect(tried).toBeGreaterThan(1000);
    expect(asked.size).toBeGreaterThan(30);
    expect(foreignTo(harmless, asked, INJECTIONS)).toEqual({ shapes: [], withValues: [] });
  }, 600_000);
});
