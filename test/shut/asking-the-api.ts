// What can be asked of the API by its addresses: every operation, every parameter of its query, every part of its path, every cursor.
import { expect } from 'vitest';
import { writeAccountCursor } from '../../src/administration/account-search/cursor.ts';
import { ACCOUNT_SORTS } from '../../src/administration/account-search/orders.ts';
import { OPERATIONS, type Program, program } from '../support/api.ts';
import { EXAMPLES, type Example } from '../support/api-examples.ts';
import { movingClock } from '../support/moving-clock.ts';
import type { TestServer } from '../support/start-server.ts';

export interface ApiAsked {
  harmlessly(): Promise<void>;
  /** Each parameter of a query and of a path with every `share`-th of the values, each cursor with all of them. */
  hostilely(values: readonly string[], share: number): Promise<number>;
}

type Examples = Readonly<Record<string, Example>>;

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

/** The server needs PROGRAMS among its clients. */
export async function askingTheApi(server: TestServer): Promise<ApiAsked> {
  const keeper = await program(server);
  let all: Examples = {};
  return {
    async harmlessly() {
      all = await asksEachOnce(server, keeper);
      await asksWith(keeper, { values: WORDS, all, share: 1 });
      for (const [by, place] of CURSORS) await asks(keeper, 'GET', accountsFrom(by, place));
      movingClock.advance({ minutes: 2 });
      await asksWith(keeper, { values: ['nobody'], all, share: 1 });
    },
    async hostilely(values, share) {
      const tried = await asksWith(keeper, { values, all, share });
      for (const value of values) {
        for (const [by, { key, id }] of CURSORS) {
          await asks(keeper, 'GET', accountsFrom(by, { key: value, id }));
          await asks(keeper, 'GET', accountsFrom(by, { key, id: value }));
        }
      }
      return tried;
    },
  };
}

async function asks(keeper: Program, method: string, path: string, body?: unknown): Promise<void> {
  const sent = { ...(body === undefined ? {} : { body }), headers: { 'if-match': '*' } };
  const { status } = await keeper.call(method, path, sent);
  expect(status, `${method} ${path}`).toBeLessThan(500);
}

/** As the examples are after all that they do is done, with what they are about. */
async function examples(server: TestServer): Promise<Examples> {
  const { id } = await server.person({ email: `${crypto.randomUUID()}@example.test` });
  return EXAMPLES({ accountId: id });
}

async function asksEachOnce(server: TestServer, keeper: Program): Promise<Examples> {
  for (const [id, { path, body }] of Object.entries(await examples(server))) {
    await asks(keeper, OPERATIONS.find((each) => each.id === id)?.method ?? '', path, body);
  }
  const remade = await examples(server);
  for (const id of ['createRole', 'createGroup', 'createPermission']) {
    await asks(keeper, 'POST', remade[id]?.path ?? '', remade[id]?.body);
  }
  return remade;
}

/** In every parameter of every query, and in every part of every path that names something. */
async function asksWith(
  keeper: Program,
  { values, all, share }: { values: readonly string[]; all: Examples; share: number },
): Promise<number> {
  let tried = 0;
  for (const { id, method, path, query } of OPERATIONS) {
    const [plain = '', own = ''] = (all[id]?.path ?? '').split('?');
    const parameters = method === 'GET' ? Object.keys(query.shape) : [];
    for (const [at, value] of values.entries()) {
      if ((at + id.length) % share !== 0) continue;
      for (const parameter of parameters) {
        const stated = new URLSearchParams(own);
        stated.set(parameter, value);
        await asks(keeper, method, `${plain}?${stated}`);
        tried += 1;
      }
      for (const [nth] of path.split('/').entries()) {
        if (!path.split('/')[nth]?.startsWith(':') || value === '') continue;
        const parts = plain.split('/').map((part, index) => (index === nth ? encodeURIComponent(value) : part));
        await asks(keeper, method, parts.join('/'), all[id]?.body);
        tried += 1;
      }
    }
  }
  return tried;
}
