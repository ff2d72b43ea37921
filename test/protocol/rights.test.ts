// Roles, permissions and groups in ID token, access token, userinfo and introspection, in the shape that each app wants.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grantRole, revokeRole } from '../../src/roles/assignments.ts';
import { grantClientRole, revokeClientRole } from '../../src/roles/client-roles.ts';
import type { Browser } from '../support/browser.ts';
import { putIntoGroup, putModel, takeOutOfGroup } from '../support/model.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn, redeem } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import {
  type App,
  ASK,
  authorize,
  type Params,
  post,
  ROBOT,
  refresh,
  requestOf,
  signedIn,
  userinfo,
  WEB,
} from './apps.ts';

const STOCK = 'urn:example:stock';
const SETTINGS = `
mfa: optional
tokens: { most_roles: 4 }
resources:
  ${API}:
    name: Example API
    scopes: { items:read: See your items, items:write: Change your items }
  ${STOCK}:
    name: Stock
    scopes: { stock:count: Count }
`;

/** What the client files say of roles. */
const SHAPES: Readonly<Record<string, string>> = {
  spaced: '{ include: ["shop-*"], as: space }',
  commas: '{ include: ["shop-*"], as: comma, claim: groups, strip_prefix: shop- }',
  nested: '{ include: ["shop-*", vendor], as: nested, claim: realm_access.roles }',
  object: '{ include: ["shop-*"], as: object, claim: "https://app.example.test/roles", strip_prefix: shop- }',
  'id-only': '{ include: ["shop-*"], in: [id_token] }',
  'access-only': '{ include: ["shop-*"], in: [access_token], claim: groups }',
  // What is left of a name may be any that a role can have.
  stripped: '{ include: ["shop-*"], strip_prefix: shop-a }',
};

const READER: App = { clientId: 'api-server', secret: WEB_SECRET, redirectUri: '' };

let server: TestServer;
let jane: Browser;
let janesId: string;

beforeAll(async () => {
  const web = (id: string, more: string) =>
    `client_id: ${id}\npreset: web\nredirect_uris: ["${CALLBACK}"]\nclient_secrets: [{ value: "${WEB_SECRET}" }]\n${more}\n`;
  server = await startTestServer({
    settings: SETTINGS,
    clients: {
      ...Object.fromEntries(
        Object.entries(SHAPES).map(([id, roles]) => [id, web(id, `consent: skip\nroles: ${roles}`)]),
      ),
      web: web(
        'web',
        `consent: skip\nscope: openid profile email roles groups offline_access\nresources: { "${API}": ["items:read"], "${STOCK}": ["stock:count"] }`,
      ),
      ask: web(
        'ask',
        `consent: ask\nscope: openid profile email roles groups offline_access\nresources: { "${API}": ["items:read"] }`,
      ),
      robot: `client_id: robot\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}" }]\nresources: { "${API}": ["items:read"] }\nroles: { assign: [deployer, lead] }\n`,
      'api-server': `client_id: api-server\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}" }]\nintrospect: ["${API}", "${STOCK}"]\n`,
    },
  });
  const { db } = server.database;
  await putModel(db, {
    permissions: { [API]: ['items:add', 'items:drop', 'items:list'], web: ['menu:open'], ask: ['desk:use'] },
    roles: {
      lead: { includes: ['member'], permissions: [`${API} items:drop`] },
      member: { permissions: [`${API} items:add`, `${API} items:list`] },
      'web-boss': { client: 'web', permissions: ['web menu:open', `${API} items:drop`] },
      'api-hand': { resource: API, permissions: [`${API} items:list`] },
      'shop-admin': {},
      'shop-clerk': {},
      'shop-vendors': {},
      unused: { permissions: ['ask desk:use'] },
    },
    groups: { staff: ['member'], bosses: ['web-boss', 'api-hand'] },
  });
  const account = await server.person({ email: 'jane@example.test' });
  janesId = account.id;
  for (const group of ['staff', 'bosses']) await putIntoGroup(db, group, janesId);
  jane = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

async function placesOf(app: App, params: Params = {}, browser = jane) {
  const { tokens } = await signedIn(server.issuer, { app, params, browser });
  const info = await userinfo(server.issuer, tokens.accessToken);
  expect(info.status).toBe(200);
  return {
    tokens,
    idToken: claimsIn(tokens.idToken),
    accessToken: claimsIn(tokens.accessToken),
    userinfo: (await info.json()) as Record<string, unknown>,
    introspection: await introspected(app, tokens.accessToken),
  };
}

async function introspected(client: App, token: string): Promise<Record<string, unknown>> {
  const answer = await post(`${server.issuer}/token/introspection`, { token }, { client });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

type Places = Pick<Awaited<ReturnType<typeof placesOf>>, 'idToken' | 'accessToken' | 'userinfo' | 'introspection'>;

const each = ({ idToken, accessToken, userinfo: info, introspection }: Places, claim: string) => [
  idToken[claim],
  accessToken[claim],
  info[claim],
  introspection[claim],
];

test('an app reads its own permissions, an API those of its audience, each through every way a role is had', async () => {
  const places = await placesOf(WEB, { scope: 'openid items:read', resource: API });
  expect(each(places, 'permissions')).toEqual([
    ['menu:open'],
    ['items:add', 'items:drop', 'items:list'],
    ['menu:open'],
    ['items:add', 'items:drop', 'items:list'],
  ]);
  expect(each(places, 'roles')).toEqual([
    ['member', 'web-boss'],
    ['api-hand', 'member', 'web-boss'],
    ['member', 'web-boss'],
    ['api-hand', 'member', 'web-boss'],
  ]);
  expect(each(places, 'groups')).toEqual(Array(4).fill(['bosses', 'staff']));
});

test('a role of one client or one API is told nowhere else, nor what it permits', async () => {
  const asking = await placesOf(ASK, { scope: 'openid roles groups items:read', resource: API });
  expect(each(asking, 'roles')).toEqual([['member'], ['api-hand', 'member'], ['member'], ['api-hand', 'member']]);
  // This client has a permission, and Jane does not: the list is empty, not absent.
  expect(asking.idToken['permissions']).toEqual([]);
  // items:drop comes only with the role of the other client.
  expect(asking.accessToken['permissions']).toEqual(['items:add', 'items:list']);
  const stock = await placesOf(WEB, { scope: 'openid stock:count', resource: STOCK });
  expect(stock.accessToken).toMatchObject({ roles: ['member', 'web-boss'], groups: ['bosses', 'staff'] });
  expect(stock.accessToken).not.toHaveProperty('permissions');
});

test('who was not asked for roles or groups is not told of them; one does not come with the other', async () => {
  const roles = await placesOf(ASK, { scope: 'openid roles' });
  expect(each(roles, 'groups')).toEqual(Array(4).fill(undefined));
  expect(roles.userinfo).toMatchObject({ roles: ['member'], permissions: [] });
  const groups = await placesOf(ASK, { scope: 'openid groups' });
  expect(each(groups, 'groups')).toEqual(Array(4).fill(['bosses', 'staff']));
  for (const claim of ['roles', 'permissions']) expect(each(groups, claim)).toEqual(Array(4).fill(undefined));
  expect(each(await placesOf(ASK, { scope: 'openid' }), 'groups')).toEqual(Array(4).fill(undefined));
});

test('the consent page says what groups and roles are, and discovery lists them', async () => {
  await server.person({ email: 'asked@example.test' });
  const { browser } = await authorize(server.issuer, { email: 'asked@example.test' });
  const { url } = requestOf(server.issuer, ASK, { scope: 'openid roles groups' });
  await browser.open(url);
  expect(browser.text).toContain('See the groups you are in');
  expect(browser.text).toContain('See the roles you have');
  const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as Record<
    string,
    unknown
  >;
  expect(metadata['scopes_supported']).toContain('groups');
  expect(metadata['claims_supported']).toEqual(expect.arrayContaining(['roles', 'permissions', 'groups']));
});

test('what changes is in the next token at refresh, and in introspection and userinfo at once (T50)', async () => {
  const { db } = server.database;
  const account = await server.person({ email: 'turn@example.test' });
  const { browser } = await authorize(server.issuer, { email: 'turn@example.test' });
  const { tokens } = await placesOf(WEB, { scope: 'openid items:read', resource: API }, browser);
  const now = async () => {
    const info = (await (await userinfo(server.issuer, tokens.accessToken)).json()) as Record<string, unknown>;
    const told = await introspected(READER, tokens.accessToken);
    return [info['roles'], info['permissions'], told['roles'], told['permissions'], told['groups']];
  };
  expect(await now()).toEqual([[], [], [], [], []]);
  await putIntoGroup(db, 'bosses', account.id);
  await grantRole(db, { accountId: account.id, role: 'lead' });
  expect(await now()).toEqual([
    ['lead', 'member', 'web-boss'],
    ['menu:open'],
    ['api-hand', 'lead', 'member', 'web-boss'],
    ['items:add', 'items:drop', 'items:list'],
    ['bosses'],
  ]);
  // The token itself still says what it said.
  expect(claimsIn(tokens.accessToken)).toMatchObject({ roles: [], permissions: [], groups: [] });
  const next = (await refresh(server.issuer, WEB, tokens.refreshToken)).body;
  expect(claimsIn(next['access_token'])).toMatchObject({ roles: ['api-hand', 'lead', 'member', 'web-boss'] });
  expect(claimsIn(next['id_token'])).toMatchObject({ permissions: ['menu:open'], groups: ['bosses'] });
  await takeOutOfGroup(db, 'bosses', account.id);
  await revokeRole(db, { accountId: account.id, role: 'lead' });
  expect(await now()).toEqual([[], [], [], [], []]);
  const last = (await refresh(server.issuer, WEB, String(next['refresh_token'] ?? tokens.refreshToken))).body;
  expect(claimsIn(last['access_token'])).toMatchObject({ roles: [], permissions: [], groups: [] });
});

test('a membership that has come to its end gives nothing any more', async () => {
  const { db } = server.database;
  const account = await server.person({ email: 'guest@example.test' });
  await putIntoGroup(db, 'staff', account.id, new Date(movingClock.now().getTime() + 60_000));
  const { tokens } = await signedIn(server.issuer, { email: 'guest@example.test', params: { scope: 'openid' } });
  expect(claimsIn(tokens.idToken)).toMatchObject({ roles: ['member'], groups: ['staff'] });
  movingClock.advance({ minutes: 2 });
  expect(await introspected(WEB, tokens.accessToken)).toMatchObject({ active: true, roles: [], groups: [] });
});

test('each app reads the roles where its file wants them, and as it wants them', async () => {
  const { db } = server.database;
  const account = await server.person({ email: 'shapes@example.test', roles: ['vendor'] });
  for (const role of ['shop-admin', 'shop-clerk', 'shop-vendors']) await grantRole(db, { accountId: account.id, role });
  await putIntoGroup(db, 'staff', account.id);
  const { browser } = await authorize(server.issuer, { email: 'shapes@example.test' });
  const at = (clientId: string) => placesOf({ ...WEB, clientId }, { scope: 'openid' }, browser);
  const four = (value: unknown) => Array(4).fill(value);

  expect(each(await at('spaced'), 'roles')).toEqual(four('shop-admin shop-clerk shop-vendors'));
  const commas = await at('commas');
  expect(each(commas, 'groups')).toEqual(four('admin,clerk,vendors'));
  expect(each(commas, 'roles')).toEqual(four(undefined));
  const nested = await at('nested');
  expect(each(nested, 'realm_access')).toEqual(four({ roles: ['shop-admin', 'shop-clerk', 'shop-vendors', 'vendor'] }));
  expect(each(nested, 'groups')).toEqual(four(['staff']));
  expect(each(await at('object'), 'https://app.example.test/roles')).toEqual(
    four({ admin: true, clerk: true, vendors: true }),
  );
  expect(each(await at('id-only'), 'roles')).toEqual([
    ['shop-admin', 'shop-clerk', 'shop-vendors'],
    undefined,
    undefined,
    undefined,
  ]);
  const access = await at('access-only');
  const roles = ['shop-admin', 'shop-clerk', 'shop-vendors'];
  // Where its roles do not stand, nothing else stands in their place.
  expect(each(access, 'groups')).toEqual([undefined, roles, undefined, roles]);
  expect(each(await at('stripped'), 'roles')).toEqual(four(['dmin', 'shop-clerk', 'shop-vendors']));
});

test('a service has the roles of its file and those it was given, with all that they include and permit', async () => {
  const { db } = server.database;
  const token = async (params: Record<string, string>) => {
    const { body } = await redeem(server.issuer, { grant_type: 'client_credentials', ...params }, ROBOT);
    return String(body['access_token']);
  };
  const forApi = { resource: API, scope: 'items:read' };
  const first = await token(forApi);
  expect(claimsIn(first)).toMatchObject({
    roles: ['deployer', 'lead', 'member'],
    permissions: ['items:add', 'items:drop', 'items:list'],
  });
  expect(claimsIn(first)).not.toHaveProperty('groups');
  await grantClientRole(db, { clientId: 'robot', role: 'api-hand' });
  expect(await introspected(READER, first)).toMatchObject({ roles: ['api-hand', 'deployer', 'lead', 'member'] });
  expect(claimsIn(await token(forApi))['roles']).toEqual(['api-hand', 'deployer', 'lead', 'member']);
  expect(claimsIn(await token({}))['roles']).toEqual(['deployer', 'lead', 'member']);
  await revokeClientRole(db, { clientId: 'robot', role: 'api-hand' });
  expect((await introspected(READER, first))['roles']).toEqual(['deployer', 'lead', 'member']);
});

test('a token with more roles than is right is issued, and the log says so once an hour for each client', async () => {
  const lines = () => server.logLines.filter(({ event }) => event === 'roles.too_many');
  const { db } = server.database;
  const account = await server.person({ email: 'many@example.test', roles: ['r1', 'r2', 'r3', 'r4'] });
  const { browser } = await authorize(server.issuer, { email: 'many@example.test' });
  const before = lines().length;
  await placesOf(WEB, {}, browser);
  expect(lines()).toHaveLength(before);
  await grantRole(db, { accountId: account.id, role: 'lead' });
  const { tokens, idToken } = await placesOf(WEB, {}, browser);
  expect(idToken['roles']).toHaveLength(6);
  await refresh(server.issuer, WEB, tokens.refreshToken);
  expect(lines().slice(before)).toMatchObject([{ event: 'roles.too_many', clientId: 'web', roles: 6, most: 4 }]);
  movingClock.advance({ minutes: 61 });
  await placesOf(WEB, {}, (await authorize(server.issuer, { email: 'many@example.test' })).browser);
  expect(lines()).toHaveLength(before + 2);
});
