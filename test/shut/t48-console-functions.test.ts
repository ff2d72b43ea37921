// T48: every page and form of the console is for whoever has its permission, and for nobody else. The cells are made of the routes
// themselves; a route that stands in no list here fails.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ALL_PRODUCT_PERMISSIONS,
  AUDITOR_ROLE,
  HELPDESK_ROLE,
  PRODUCT_ROLES,
  type ProductPermission,
} from '../../src/config/roles/product-permissions.ts';
import { ADMIN_ROLE } from '../../src/config/roles/role-names.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

/** By the permission that it takes. `any`: whoever may do anything at all. */
const PAGES: Readonly<Record<ProductPermission | 'any', readonly string[]>> = {
  any: ['GET /admin'],
  'accounts:read': [
    'GET /admin/accounts',
    'GET /admin/accounts/:id',
    'GET /admin/accounts/:id/roles',
    'GET /admin/accounts/:id/sessions',
    'GET /admin/preview',
  ],
  'accounts:write': [
    'GET /admin/create-account',
    'POST /admin/create-account',
    'GET /admin/invite-account',
    'POST /admin/invite-account',
    'GET /admin/accounts/:id/profile',
    'POST /admin/accounts/:id/profile',
    'POST /admin/accounts/:id/reset',
    'POST /admin/accounts/:id/invite',
    'GET /admin/accounts/:id/ban',
    'POST /admin/accounts/:id/ban',
    'POST /admin/accounts/:id/unban',
  ],
  'accounts:delete': [
    'GET /admin/accounts/:id/delete',
    'POST /admin/accounts/:id/delete',
    'POST /admin/accounts/:id/download',
  ],
  'accounts:factors': ['GET /admin/accounts/:id/factors', 'POST /admin/accounts/:id/factors'],
  'roles:read': ['GET /admin/permissions', 'GET /admin/permissions/one', 'GET /admin/roles', 'GET /admin/roles/:name'],
  'roles:write': [
    'GET /admin/new-permission',
    'GET /admin/new-role',
    'GET /admin/permissions/delete',
    'GET /admin/roles/:name/delete',
    'POST /admin/permissions',
    'POST /admin/permissions/change',
    'POST /admin/permissions/delete',
    'POST /admin/roles',
    'POST /admin/roles/:name',
    'POST /admin/roles/:name/delete',
    'POST /admin/roles/:name/include',
    'POST /admin/roles/:name/permission',
  ],
  'roles:assign': [
    'POST /admin/accounts/:id/roles',
    'POST /admin/accounts/:id/roles/timed',
    'POST /admin/roles/:name/client',
  ],
  'groups:read': ['GET /admin/groups', 'GET /admin/groups/:name'],
  'groups:write': [
    'POST /admin/accounts/:id/roles/join',
    'POST /admin/accounts/:id/roles/leave',
    'GET /admin/groups/:name/delete',
    'GET /admin/new-group',
    'POST /admin/groups',
    'POST /admin/groups/:name',
    'POST /admin/groups/:name/add',
    'POST /admin/groups/:name/delete',
    'POST /admin/groups/:name/remove',
    'POST /admin/groups/:name/role',
  ],
  'clients:read': ['GET /admin/clients', 'GET /admin/clients/:clientId'],
  'sessions:read': ['GET /admin/sessions'],
  'sessions:end': [
    'POST /admin/accounts/:id/sessions/end-all',
    'POST /admin/accounts/:id/sessions/:handle/end',
    'POST /admin/accounts/:id/apps/:clientId/disconnect',
    'POST /admin/sessions/:handle/end',
  ],
  'keys:read': ['GET /admin/keys'],
  'keys:rotate': [
    'GET /admin/keys/rotate',
    'POST /admin/keys/rotate',
    'GET /admin/keys/:kid/revoke',
    'POST /admin/keys/:kid/revoke',
  ],
  'audit:read': ['GET /admin/accounts/:id/events', 'GET /admin/audit', 'POST /admin/audit/export'],
  'outbox:read': ['GET /admin/outbox'],
  'outbox:write': [
    'POST /admin/outbox/retry',
    'POST /admin/outbox/:id/retry',
    'GET /admin/outbox/:id/drop',
    'POST /admin/outbox/:id/drop',
  ],
  'config:read': ['GET /admin/configuration'],
};

let server: TestServer;
let target: string;

beforeAll(async () => {
  server = await startTestServer();
  target = (await server.person({ email: 'target@example.test' })).id;
});

afterAll(() => server.stop());

interface Cell {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly needs: ProductPermission | 'any';
  readonly isChange: boolean;
}

/** As they are registered. */
const cells = (): readonly Cell[] =>
  server.routes.flatMap(({ method, path, access }) =>
    access.rule === 'administrator'
      ? [{ name: `${method} ${path}`, method, path, needs: access.needs, isChange: access.change }]
      : [],
  );

/** Somebody’s account in the place of `:id`; of the other names nothing is there. */
const addressOf = ({ path }: Cell): string =>
  server.issuer + path.replace('/accounts/:id', `/accounts/${target}`).replaceAll(/:\w+/g, 'nothing');

async function reaches(
  browser: Browser,
  cell: Cell,
  csrf: string,
): Promise<{ status: number; text: string; to: string }> {
  const form = { method: 'POST', form: { csrf } };
  const answer = await browser.request(addressOf(cell), cell.method === 'GET' ? {} : form);
  return { status: answer.status, text: await answer.text(), to: answer.headers.get('location') ?? '' };
}

const tokenOn = (browser: Browser): string => browser.form({}, 'Sign out').data['csrf'] ?? '';

const accountsAndRights = async (): Promise<string> => {
  const { db } = server.database;
  const tables = await Promise.all([
    db.selectFrom('accounts').select(['id', 'email', 'status', 'password_hash']).orderBy('id').execute(),
    db.selectFrom('role_assignments').selectAll().orderBy('account_id').orderBy('role').execute(),
    db.selectFrom('roles').select('name').orderBy('name').execute(),
    db.selectFrom('groups').select('name').orderBy('name').execute(),
    db.selectFrom('permissions').select(['resource', 'name']).orderBy('resource').orderBy('name').execute(),
    db.selectFrom('signing_keys').select('kid').orderBy('kid').execute(),
  ]);
  return JSON.stringify(tables);
};

const mailsToTarget = async (): Promise<readonly string[]> => {
  const mails = server.database.db
    .selectFrom('mail_outbox')
    .select('id')
    .where('recipient', '=', 'target@example.test');
  return (await mails.execute()).map(({ id }) => id);
};

describe('T48 functions of the console (CVE-2024-3656, CVE-2026-63203, GHSA-gv74-j8m3-fg5f)', () => {
  test('every route stands here with its permission, and what changes anything wants a fresh factor', () => {
    const registered = cells().map(({ name, needs }) => `${name}: ${needs}`);
    const listed = Object.entries(PAGES).flatMap(([needs, names]) => names.map((name) => `${name}: ${needs}`));
    expect([...registered].sort()).toEqual([...listed].sort());
    expect(cells().filter(({ method, isChange }) => isChange !== (method !== 'GET'))).toEqual([]);
    const elsewhere = server.routes.filter(
      ({ path, access }) => /^\/admin\b/.test(path) && access.rule !== 'administrator',
    );
    expect(elsewhere.map(({ path }) => path)).toEqual([]);
    expect(registered.length).toBeGreaterThan(30);
  });

  test('nobody at all is asked to sign in, everywhere', async () => {
    for (const cell of cells()) {
      const { status, to } = await reaches(newBrowser(), cell, '');
      expect([cell.name, status, to.includes('/auth?')]).toEqual([cell.name, 303, true]);
    }
  });

  test('somebody without such a role is told that it is not for them, everywhere, and learns no more', async () => {
    await server.person({ email: 'plain@example.test', roles: ['editor'] });
    const plain = await newBrowser().open(`${server.issuer}/account`);
    await signsIn(plain, { identifier: 'plain@example.test' });
    const csrf = tokenOn(plain);
    const before = await accountsAndRights();
    for (const cell of cells()) {
      const { status, text } = await reaches(plain, cell, csrf);
      expect([cell.name, status]).toEqual([cell.name, 403]);
      expect(text).not.toContain('target@example.test');
      expect(ALL_PRODUCT_PERMISSIONS.filter((permission) => text.includes(permission))).toEqual([]);
    }
    expect(await accountsAndRights()).toBe(before);
  });

  const PEOPLE: Readonly<Record<string, readonly string[]>> = {
    'an auditor': [AUDITOR_ROLE],
    'the help desk': [HELPDESK_ROLE],
    'an administrator': [ADMIN_ROLE],
  };

  test.each(Object.keys(PEOPLE))('%s gets what the role has, and nothing else', async (who) => {
    const roles = PEOPLE[who] ?? [];
    const person = await administrator(server, { roles });
    const permitted = new Set(roles.flatMap((role) => PRODUCT_ROLES[role] ?? []));
    const csrf = tokenOn(person.browser);
    const before = await accountsAndRights();
    for (const cell of cells()) {
      const { status, text, to } = await reaches(person.browser, cell, csrf);
      const may = cell.needs === 'any' || permitted.has(cell.needs);
      expect([cell.name, status === 403, status < 500, to.includes('/auth?')]).toEqual([cell.name, !may, true, false]);
      if (!may) expect(text).toContain(cell.needs);
    }
    if (who !== 'an administrator') expect(await accountsAndRights()).toBe(before);
  });

  test('whoever used the second factor six minutes ago reads on, and changes nothing before using it again', async () => {
    const root = await administrator(server);
    const csrf = tokenOn(root.browser);
    movingClock.advance({ minutes: 6 });
    const before = await accountsAndRights();
    const mailed = await mailsToTarget();
    for (const cell of cells().filter(({ isChange }) => isChange)) {
      const { status, to } = await reaches(root.browser, cell, csrf);
      const asked = new URL(to, server.issuer).searchParams;
      expect([cell.name, status, asked.get('max_age')]).toEqual([cell.name, 303, '300']);
    }
    expect(await accountsAndRights()).toBe(before);
    expect((await mailsToTarget()).filter((id) => !mailed.includes(id))).toEqual([]);
    await root.browser.open(`${server.issuer}/admin`);
    expect(root.browser.title).toBe('Administration');
  });

  test('single permissions open what they name, each alone', async () => {
    const { db } = server.database;
    const person: AdministratorInTest = await administrator(server, { roles: ['narrow'] });
    for (const permission of ALL_PRODUCT_PERMISSIONS) {
      await db.deleteFrom('role_permissions').where('role', '=', 'narrow').execute();
      await db.insertInto('role_permissions').values({ role: 'narrow', resource: 'gatehouse', permission }).execute();
      for (const cell of cells().filter(({ isChange }) => !isChange)) {
        const { status } = await reaches(person.browser, cell, '');
        const isForbidden = cell.needs !== 'any' && cell.needs !== permission;
        expect([permission, cell.name, status === 403]).toEqual([permission, cell.name, isForbidden]);
      }
    }
  });
});
