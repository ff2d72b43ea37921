// T48: whoever may change something without seeing it learns from a refusal why, and nothing else.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProductPermission } from '../../src/config/roles/product-permissions.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { addMember } from '../../src/roles/members.ts';
import { createRole } from '../../src/roles/roles.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let victim: string;
let person: AdministratorInTest;

beforeAll(async () => {
  server = await startTestServer();
  victim = (await server.person({ email: 'victim@example.test', name: 'Vic Tim', roles: ['editor'] })).id;
  await visitsAndSignsIn(server, { identifier: 'victim@example.test' });
  await createGroup(server.deps, { name: 'readers', description: 'Who read' });
  await addMember(server.deps, { group: 'readers', accountId: victim });
  await createRole(server.deps, { name: 'narrow', description: 'One thing alone' });
  await only('outbox:read');
  person = await administrator(server, { roles: ['narrow'] });
});

afterAll(() => server.stop());

async function only(permission: ProductPermission): Promise<void> {
  const { db } = server.database;
  await db.deleteFrom('role_permissions').where('role', '=', 'narrow').execute();
  await db.insertInto('role_permissions').values({ role: 'narrow', resource: 'gatehouse', permission }).execute();
}

interface Refused {
  readonly may: ProductPermission;
  readonly path: string;
  readonly form?: Record<string, string>;
  readonly sees: ProductPermission;
}

const OF_ACCOUNT = '/admin/accounts/:id';

const REFUSED: readonly Refused[] = [
  { may: 'roles:assign', path: `${OF_ACCOUNT}/roles`, form: { role: 'none', on: 'yes' }, sees: 'accounts:read' },
  {
    may: 'roles:assign',
    path: `${OF_ACCOUNT}/roles/timed`,
    form: { role: 'editor', role_until: '?' },
    sees: 'accounts:read',
  },
  {
    may: 'groups:write',
    path: `${OF_ACCOUNT}/roles/join`,
    form: { group: 'none', group_until: '' },
    sees: 'accounts:read',
  },
  { may: 'groups:write', path: `${OF_ACCOUNT}/roles/leave`, form: { group: 'none' }, sees: 'accounts:read' },
  { may: 'sessions:end', path: `${OF_ACCOUNT}/sessions/none/end`, sees: 'accounts:read' },
  { may: 'sessions:end', path: `${OF_ACCOUNT}/apps/none/disconnect`, sees: 'accounts:read' },
  { may: 'accounts:write', path: `${OF_ACCOUNT}/invite`, sees: 'accounts:read' },
  {
    may: 'groups:write',
    path: '/admin/groups/readers',
    form: { description: 'x'.repeat(300) },
    sees: 'groups:read',
  },
  { may: 'groups:write', path: '/admin/groups/readers/add', form: { who: 'none', until: '' }, sees: 'groups:read' },
  { may: 'roles:write', path: '/admin/roles/editor', form: { description: 'x'.repeat(300) }, sees: 'roles:read' },
  {
    may: 'roles:assign',
    path: '/admin/roles/editor/client',
    form: { client: 'none', on: 'yes' },
    sees: 'roles:read',
  },
];

async function sends({ path, form = {} }: Refused) {
  const { browser } = person;
  await browser.open(`${server.issuer}/admin`);
  if (browser.title.startsWith('Confirm')) await person.freshens();
  const csrf = browser.form({}, 'Sign out').data['csrf'] ?? '';
  const send = () =>
    browser.request(server.issuer + path.replace(':id', victim), { method: 'POST', form: { ...form, csrf } });
  let answer = await send();
  if (answer.status === 303) {
    await browser.open(new URL(answer.headers.get('location') ?? '', server.issuer).href);
    await person.freshens();
    answer = await send();
  }
  return { status: answer.status, text: await answer.text() };
}

const OF_VICTIM = /victim@|Vic Tim|127\.0\.0\.1|::1/;

describe('T48 functions of the console, answered with a refusal (ASVS 8.2.1; CVE-2024-3656)', () => {
  test.each(REFUSED)('$may at $path says why, and shows nobody to who may not see them', async (refused) => {
    await only(refused.may);
    const alone = await sends(refused);
    expect([400, 404, 409]).toContain(alone.status);
    expect(alone.text).toContain('Nothing was changed');
    expect(alone.text).not.toMatch(OF_VICTIM);
    const { db } = server.database;
    await db
      .insertInto('role_permissions')
      .values({ role: 'narrow', resource: 'gatehouse', permission: refused.sees })
      .execute();
    const seeing = await sends(refused);
    expect(seeing.status).toBe(alone.status);
    expect(seeing.text).toMatch(OF_VICTIM);
  });
});
