// T47: nothing but what an operation of the API takes gets into what it changes, whatever shape a body has.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS, PROGRAMS, type Program, program } from '../support/api.ts';
import { EXAMPLES, type Example } from '../support/api-examples.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let keeper: Program;
let examples: Readonly<Record<string, Example>>;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  keeper = await program(server);
  examples = EXAMPLES({ accountId: (await server.person({ email: 'target@example.test', name: 'Target' })).id });
  for (const id of ['createRole', 'createGroup', 'createPermission']) {
    await keeper.call('POST', examples[id]!.path, { body: examples[id]!.body });
  }
});

afterAll(() => server.stop());

const TABLES = [
  'accounts',
  'profiles',
  'roles',
  'role_includes',
  'role_permissions',
  'role_assignments',
  'groups',
  'group_roles',
  'group_members',
  'permissions',
  'client_roles',
  'totp_secrets',
] as const;

async function rows(): Promise<string> {
  const { db } = server.database;
  const all = [];
  for (const table of TABLES) all.push(await db.selectFrom(table).selectAll().execute());
  return JSON.stringify(all);
}

/** What rows and tokens have, and no operation takes. */
const PRIVILEGED = {
  id: 'another-id',
  sub: 'another-id',
  status: 'active',
  status_reason: '',
  is_admin: true,
  isAdmin: true,
  admin: true,
  password: 'correct horse battery staple',
  password_hash: '$argon2id$',
  totp_secret: 'JBSWY3DPEHPK3PXP',
  email_verified_at: '2026-01-01T00:00:00Z',
  declared: true,
  origin: 'product',
  gone_at: null,
  ever_granted: true,
  updated_at: '2026-01-01T00:00:00Z',
  accountId: 'another-id',
  account_id: 'another-id',
  version: 'x',
  confirmed: true,
  by: { kind: 'operator' },
  constructor: { prototype: { polluted: true } },
  prototype: { polluted: true },
  'roles[0]': 'gatehouse:admin',
  'attributes.department': 'Sales',
  'claims.given_name': 'Mallory',
};

const withNames = (value: object, depth = 0): object[] => [
  ...Object.entries(PRIVILEGED).map(([name, extra]) => ({ ...value, [name]: extra })),
  // What stands inside is no less strict.
  ...(depth > 3
    ? []
    : Object.entries(value).flatMap(([name, part]) =>
        isObject(part) ? withNames(part, depth + 1).map((changed) => ({ ...value, [name]: changed })) : [],
      )),
];

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const AROUND = (body: unknown) => [[body], { body }, { data: body }, [[]], '"text"', 7, true, null];

const PROTO = [
  '{"__proto__":{"isAdmin":true},',
  '{"constructor":{"prototype":{"polluted":true}},',
  '{"a":{"__proto__":{"polluted":true}},',
];

const taking = OPERATIONS.filter(({ body }) => body !== undefined);

describe('T47 mass assignment through bodies of the API (GHSA-xxwr-vvr3-2g9f, CVE-2024-3656, CVE-2026-94000, CVE-2026-4629)', () => {
  test.each(taking.map(({ id }) => id))('%s takes no more than it says, and changes nothing then', async (id) => {
    const { method } = taking.find((each) => each.id === id)!;
    const { path, body } = examples[id]!;
    const before = await rows();
    const bodies = [...withNames(body as object), ...AROUND(body)];
    for (const sent of bodies) {
      const { status, body: problem } = await keeper.call(method, path, {
        body: sent ?? 'null',
        headers: { 'if-match': '*' },
      });
      expect([status, problem.code], JSON.stringify(sent)).toEqual([422, 'invalid']);
      expect(problem.errors.length).toBeGreaterThan(0);
    }
    for (const beginning of PROTO) {
      const text = JSON.stringify(body).replace('{', beginning).replace(',}', '}');
      const { status } = await keeper.call(method, path, { body: text, headers: { 'if-match': '*' } });
      expect(status, text).toBe(422);
    }
    expect(await rows()).toBe(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('texts that cannot be kept are refused where they stand', async () => {
    const { path } = examples['changeAccount']!;
    for (const [body, pointer] of [
      ['{"name":"a\\u0000b"}', '/name'],
      ['{"claims":{"given_name":"\\ud800"}}', '/claims/given_name'],
      ['{"attributes":{"a\\u0000":"x"}}', '/attributes/a\0'],
      ['{"name":"one\\ntwo"}', '/name'],
      [JSON.stringify({ name: 'x'.repeat(5000) }), '/name'],
    ] as const) {
      const answered = await keeper.call('PATCH', path, { body, headers: { 'if-match': '*' } });
      expect([answered.status, answered.body.errors[0].pointer]).toEqual([422, pointer]);
    }
  });

  test('what an operation does not take a body for changes nothing by one', async () => {
    const before = await rows();
    for (const { id, method } of OPERATIONS.filter((each) => each.body === undefined && each.method === 'GET')) {
      const query = '?is_admin=true';
      const { status } = await keeper.call(method, `${examples[id]!.path.split('?')[0]}${query}`);
      expect([id, status]).toEqual([id, 400]);
    }
    expect(await rows()).toBe(before);
  });
});
