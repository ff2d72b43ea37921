// What somebody may do is what they may do now: whatever takes a role away takes it out of everything that is asked next.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grantRole, revokeRole } from '../../src/roles/assignments.ts';
import { grantClientRole, revokeClientRole } from '../../src/roles/client-roles.ts';
import { deleteGroup } from '../../src/roles/groups.ts';
import { addMember, removeMember } from '../../src/roles/members.ts';
import { changeRole, createRole, deleteRole } from '../../src/roles/roles.ts';
import { type App, ASK, post, ROBOT, refresh, signedIn, userinfo, WEB } from '../protocol/apps.ts';
import { administrator } from '../support/administrators.ts';
import { putModel } from '../support/model.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn, redeem } from '../support/sign-in.ts';
import { API, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

const READER: App = { clientId: 'api-server', secret: WEB_SECRET, redirectUri: '' };

let server: TestServer;

beforeAll(async () => {
  const reader = `client_id: api-server\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}" }]\nintrospect: ["${API}"]\n`;
  server = await startTestServer({ clients: { 'api-server': reader } });
  await putModel(server.database.db, { permissions: { [API]: ['items:drop'], web: ['menu:open'] } });
});

afterAll(() => server.stop());

const PERMISSIONS = [
  { resource: API, name: 'items:drop' },
  { resource: 'web', name: 'menu:open' },
];

interface Had {
  readonly accountId: string;
  readonly role: string;
  readonly group: string;
}

/** How a person comes to have the role, and how it is taken away. */
const WAYS: Readonly<Record<string, { given: (had: Had) => Promise<unknown>; taken: (had: Had) => Promise<unknown> }>> =
  {
    'the role is revoked': {
      given: ({ accountId, role }) => grantRole(server.database.db, { accountId, role }),
      taken: ({ accountId, role }) => revokeRole(server.database.db, { accountId, role }),
    },
    'its time is up': {
      given: ({ accountId, role }) =>
        grantRole(server.database.db, { accountId, role, expiresAt: new Date(movingClock.now().getTime() + 60_000) }),
      taken: async () => movingClock.advance({ seconds: 61 }),
    },
    'the role is deleted': {
      given: ({ accountId, role }) => grantRole(server.database.db, { accountId, role }),
      taken: ({ role }) => deleteRole(server.database.db, role),
    },
    'the person leaves the group': {
      given: async ({ accountId, role, group }) => {
        await putModel(server.database.db, { groups: { [group]: [role] } });
        return addMember(server.deps, { group, accountId });
      },
      taken: ({ accountId, group }) => removeMember(server.database.db, { group, accountId }),
    },
    'the membership is over': {
      given: async ({ accountId, role, group }) => {
        await putModel(server.database.db, { groups: { [group]: [role] } });
        return addMember(server.deps, { group, accountId, expiresAt: new Date(movingClock.now().getTime() + 60_000) });
      },
      taken: async () => movingClock.advance({ seconds: 61 }),
    },
    'the group loses the role': {
      given: async ({ accountId, role, group }) => {
        await putModel(server.database.db, { groups: { [group]: [role] } });
        return addMember(server.deps, { group, accountId });
      },
      taken: ({ group }) => server.database.db.deleteFrom('group_roles').where('group_name', '=', group).execute(),
    },
    'the group is deleted': {
      given: async ({ accountId, role, group }) => {
        await putModel(server.database.db, { groups: { [group]: [role] } });
        return addMember(server.deps, { group, accountId });
      },
      taken: ({ group }) => deleteGroup(server.database.db, group),
    },
    'the role that includes it no longer does': {
      given: async ({ accountId, role, group }) => {
        await createRole(server.deps, { name: group, description: '', includes: [role] });
        return grantRole(server.database.db, { accountId, role: group });
      },
      taken: ({ group }) => changeRole(server.deps, { name: group, includes: [] }),
    },
    'roles.yaml declares it no longer': {
      given: ({ accountId, role }) => grantRole(server.database.db, { accountId, role }),
      taken: ({ role }) =>
        server.database.db.updateTable('roles').set({ gone_at: movingClock.now() }).where('name', '=', role).execute(),
    },
  };

let made = 0;

const introspected = async (token: string) => {
  const answer = await post(`${server.issuer}/token/introspection`, { token }, { client: READER });
  return (await answer.json()) as Record<string, unknown>;
};

const rightsOf = (claims: Record<string, unknown>) => [claims['roles'] ?? [], claims['permissions'] ?? []];

describe('T50 stale roles: Zitadel CVE-2024-46999; ASVS 8.3.2', () => {
  test.each(Object.entries(WAYS))('nothing that is asked next knows the role once %s', async (_what, way) => {
    for (const app of [WEB, ASK]) {
      made += 1;
      const [role, group] = [`worker-${made}`, `crew-${made}`];
      await createRole(server.deps, { name: role, description: '', permissions: PERMISSIONS });
      const email = `worker-${made}@example.test`;
      const { id: accountId } = await server.person({ email });
      await way.given({ accountId, role, group });
      const params = { scope: 'openid roles offline_access items:read', resource: API };
      const { tokens } = await signedIn(server.issuer, { app, email, params });
      const info = async () => (await (await userinfo(server.issuer, tokens.accessToken)).json()) as never;
      for (const claims of [claimsIn(tokens.accessToken), await introspected(tokens.accessToken)]) {
        expect(claims['roles']).toContain(role);
        expect(claims['permissions']).toEqual(['items:drop']);
      }
      expect(rightsOf(await info())[0]).toContain(role);

      await way.taken({ accountId, role, group });
      const now = await introspected(tokens.accessToken);
      expect(now).toMatchObject({ active: true, permissions: [] });
      for (const claims of [now, await info()] as Record<string, unknown>[]) {
        expect(claims['roles']).not.toContain(role);
        expect(claims['permissions'] ?? []).toEqual([]);
      }
      const { status, body } = await refresh(server.issuer, app, tokens.refreshToken);
      expect(status).toBe(200);
      for (const token of [body['access_token'], body['id_token']]) {
        expect(claimsIn(token)['roles']).not.toContain(role);
        expect(claimsIn(token)['permissions'] ?? []).toEqual([]);
      }
      // What an API believes without asking, it believes for five minutes at most.
      const { iat, exp } = claimsIn(tokens.accessToken);
      expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(300);
    }
  });

  test('an access token that still names a role is dead after 300 seconds', async () => {
    await server.person({ email: 'former@example.test', roles: ['former'] });
    const { tokens } = await signedIn(server.issuer, { email: 'former@example.test', params: { scope: 'openid' } });
    expect(claimsIn(tokens.accessToken)['roles']).toEqual(['former']);
    movingClock.advance({ seconds: 301 });
    expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
    const answer = await post(`${server.issuer}/token/introspection`, { token: tokens.accessToken }, { client: WEB });
    expect(await answer.json()).toEqual({ active: false });
  });

  test('a service loses what it was given at once too', async () => {
    const { db } = server.database;
    await createRole(server.deps, { name: 'night-shift', description: '', permissions: PERMISSIONS });
    await grantClientRole(db, { clientId: 'robot', role: 'night-shift' });
    const form = { grant_type: 'client_credentials', resource: API, scope: 'items:read' };
    const token = String((await redeem(server.issuer, form, ROBOT)).body['access_token']);
    expect(claimsIn(token)).toMatchObject({ roles: ['deployer', 'night-shift'], permissions: ['items:drop'] });
    await revokeClientRole(db, { clientId: 'robot', role: 'night-shift' });
    expect(await introspected(token)).toMatchObject({ active: true, roles: ['deployer'], permissions: [] });
    const next = (await redeem(server.issuer, form, ROBOT)).body['access_token'];
    expect(claimsIn(next)).toMatchObject({ roles: ['deployer'], permissions: [] });
  });

  test('the console is shut at the next call, for what was open before too', async () => {
    const root = await administrator(server);
    await root.browser.open(`${server.issuer}/admin`);
    expect(root.browser.title).toBe('Administration');
    const posts = root.browser.document.querySelectorAll('form[method="post"]').map((form) => ({
      action: new URL(form.getAttribute('action') ?? '', root.browser.page.url).href,
      form: Object.fromEntries(
        form
          .querySelectorAll('input')
          .map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? '']),
      ),
    }));
    const pages = root.browser.document
      .querySelectorAll('a[href^="/admin"]')
      .map((link) => new URL(link.getAttribute('href') ?? '', root.browser.page.url).href);
    expect(pages.length).toBeGreaterThan(3);
    for (const url of pages) expect([url, (await root.browser.request(url)).status]).toEqual([url, 200]);
    await revokeRole(server.database.db, { accountId: root.id, role: 'gatehouse:admin' });
    for (const url of pages) expect([url, (await root.browser.request(url)).status]).toEqual([url, 403]);
    for (const { action, form } of posts.filter((each) => each.action.includes('/admin'))) {
      expect((await root.browser.request(action, { method: 'POST', form })).status).toBe(403);
    }
  });
});
