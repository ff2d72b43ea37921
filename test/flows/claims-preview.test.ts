// A preview of what an app would read is what it reads: compared with real sign-ins, claim by claim.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setAcceptedTerms } from '../../src/accounts/accounts.ts';
import { loadConfiguration } from '../../src/clients/load-configuration.ts';
import { type PreviewedClaims, previewClaims, type ShownPreview } from '../../src/provider/preview/preview-claims.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { engineForPreviews } from '../../src/server/engine-for-checks.ts';
import { banAccount } from '../../src/sessions/ban-account.ts';
import { gatehouse } from '../cli/command-line.ts';
import { type App, signedIn, userinfo, WEB } from '../protocol/apps.ts';
import { putIntoGroup, putModel } from '../support/model.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

const SETTINGS = `
mfa: optional
attributes:
  department: { label: Department, type: enum, choices: [finance, board], scope: profile }
  badge: { label: Badge, type: string, scope: badges, claim: "https://example.test/badge" }
resources:
  ${API}:
    name: Example API
    scopes: { items:read: See your items, items:write: Change your items }
`;

let server: TestServer;
let deps: Parameters<typeof previewClaims>[0];
let accountId: string;

const CLIENTS: Readonly<Record<string, string>> = {
  plain: `consent: skip\nscope: openid profile email phone address roles groups badges\nresources: { "${API}": ["items:read"] }`,
  slim: 'consent: skip\nid_token_claims: false\nroles: { as: object, claim: groups, strip_prefix: shop- }',
  asking: `consent: ask\nscope: openid profile email roles groups\nresources: { "${API}": ["items:read", "items:write"] }\nroles: { as: nested, claim: realm_access.roles, in: [access_token] }`,
  closed: 'access: { require_any_group: [board], attributes: { department: { in: [board] } }, acr: mfa }',
};

beforeAll(async () => {
  const file = (id: string, more: string) =>
    `client_id: ${id}\npreset: web\nredirect_uris: ["${CALLBACK}"]\nclient_secrets: [{ value: "${WEB_SECRET}" }]\n${more}\n`;
  server = await startTestServer({
    settings: SETTINGS,
    clients: Object.fromEntries(Object.entries(CLIENTS).map(([id, more]) => [id, file(id, more)])),
  });
  const { db } = server.database;
  await putModel(db, {
    permissions: { [API]: ['items:add', 'items:list'], plain: ['menu:open', 'menu:close'] },
    roles: {
      'shop-lead': { includes: ['shop-member'], permissions: [`${API} items:add`, 'plain menu:open'] },
      'shop-member': { permissions: [`${API} items:list`] },
      'api-hand': { resource: API },
      'other-app': { client: 'asking', permissions: ['plain menu:close'] },
    },
    groups: { staff: ['shop-lead'], bosses: [] },
  });
  const account = await server.person({ email: 'jane@example.test', username: 'jane', name: 'Jane Doe' });
  accountId = account.id;
  for (const group of ['staff', 'bosses']) await putIntoGroup(db, group, accountId);
  for (const role of ['shop-member', 'api-hand', 'other-app']) await grantRole(db, { accountId, role });
  const profile = {
    claims: JSON.stringify({ given_name: 'Jane', phone_number: '+4930123456', locality: 'Berlin', country: 'DE' }),
    attributes: JSON.stringify({ department: 'finance', badge: 'blue' }),
  };
  await db
    .insertInto('profiles')
    .values({ account_id: accountId, ...profile, updated_at: movingClock.now() })
    .execute();
  // As the command line has it: an engine of its own, with a key that signs nothing.
  const { config, clients } = loadConfiguration({
    env: {
      GATEHOUSE_MODE: 'development',
      GATEHOUSE_ISSUER: server.issuer,
      GATEHOUSE_CONFIG_DIR: server.configDir,
      GATEHOUSE_DATA_DIR: server.dataDir,
    },
    cwd: server.configDir,
  });
  const parts = { config, clock: movingClock, db, clients: () => clients };
  const provider = await engineForPreviews(parts);
  deps = { ...parts, provider: () => provider };
});

afterAll(() => server.stop());

async function shown(clientId: string, more: { scope?: string; resource?: string } = {}): Promise<ShownPreview> {
  const preview = await previewClaims(deps, { accountId, clientId, ...more });
  if (preview.outcome !== 'shown') throw new Error(JSON.stringify(preview));
  return preview;
}

/** Without what only a sign-in decides. */
const lasting = (claims: Record<string, unknown>, { perSignIn }: ShownPreview) =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !perSignIn.includes(name)));

async function reads(clientId: string, params: Record<string, string>) {
  const app: App = { ...WEB, clientId };
  const { tokens } = await signedIn(server.issuer, { app, email: 'jane@example.test', params });
  const info = await userinfo(server.issuer, tokens.accessToken);
  return {
    idToken: claimsIn(tokens.idToken),
    accessToken: claimsIn(tokens.accessToken),
    userinfo: (await info.json()) as Record<string, unknown>,
  };
}

test.each([
  ['plain', {}],
  ['plain', { scope: 'openid' }],
  ['plain', { scope: 'openid roles items:read', resource: API }],
  ['plain', { scope: 'openid profile email phone address badges items:read', resource: API }],
  ['slim', { scope: 'openid profile email' }],
  ['asking', { scope: 'openid email' }],
  ['asking', { scope: 'openid profile roles items:read items:write', resource: API }],
  ['asking', { scope: 'openid groups' }],
])('what %s reads with %j is what its preview said', async (clientId, request) => {
  const preview = await shown(clientId, request);
  const read = await reads(clientId, { ...request, scope: preview.scope });
  expect(preview.refusal).toBeUndefined();
  for (const place of ['idToken', 'accessToken', 'userinfo'] as const) {
    expect(preview[place]?.claims, place).toEqual(lasting(read[place], preview));
    expect(Object.keys(preview[place]?.origins ?? {}).sort()).toEqual(Object.keys(preview[place]?.claims ?? {}).sort());
  }
});

test('each claim says where it comes from', async () => {
  const preview = await shown('plain', { scope: 'openid profile email badges items:read', resource: API });
  const from = ({ origins }: PreviewedClaims, claim: string) => origins[claim];
  const { idToken, accessToken } = preview;
  if (idToken === undefined) throw new Error('there is no ID token');
  expect(from(idToken, 'sub')).toEqual({ from: 'protocol' });
  expect(from(idToken, 'name')).toEqual({ from: 'account', scope: 'profile' });
  expect(from(idToken, 'given_name')).toEqual({ from: 'profile', scope: 'profile' });
  expect(from(idToken, 'department')).toEqual({ from: 'attribute', attribute: 'department', scope: 'profile' });
  expect(from(idToken, 'https://example.test/badge')).toEqual({
    from: 'attribute',
    attribute: 'badge',
    scope: 'badges',
  });
  expect(from(idToken, 'roles')).toEqual({ from: 'roles', names: ['shop-lead', 'shop-member'] });
  expect(from(accessToken, 'roles')).toEqual({ from: 'roles', names: ['api-hand', 'shop-lead', 'shop-member'] });
  expect(from(idToken, 'permissions')).toEqual({ from: 'permissions', names: ['menu:open'] });
  expect(from(accessToken, 'permissions')).toEqual({ from: 'permissions', names: ['items:add', 'items:list'] });
  expect(from(accessToken, 'groups')).toEqual({ from: 'groups', names: ['bosses', 'staff'] });
});

test('each role says by which ways it is had, and each permission through which roles', async () => {
  const { rights } = await shown('plain', { scope: 'openid', resource: API });
  const way = (path: string[], group?: string) => ({ group, path, expiresAt: undefined });
  expect(rights.roles.map(({ role, ways, shownAs }) => [role, ways, shownAs])).toEqual([
    ['api-hand', [way(['api-hand'])], 'api-hand'],
    ['other-app', [way(['other-app'])], undefined],
    ['shop-lead', [way(['shop-lead'], 'staff')], 'shop-lead'],
    ['shop-member', [way(['shop-member']), way(['shop-lead', 'shop-member'], 'staff')], 'shop-member'],
  ]);
  expect(rights.permissions).toEqual([
    // The role that carries it belongs to another app.
    { permission: 'menu:close', resource: 'plain', through: [] },
    { permission: 'menu:open', resource: 'plain', through: ['shop-lead'] },
    { permission: 'items:add', resource: API, through: ['shop-lead'] },
    { permission: 'items:list', resource: API, through: ['shop-member'] },
  ]);
  const stripped = (await shown('slim')).rights.roles.map(({ role, shownAs }) => [role, shownAs]);
  expect(stripped).toContainEqual(['shop-lead', 'lead']);
});

test('of whoever may not use the app it says why, and what the tokens would be', async () => {
  const closed = await shown('closed');
  expect(closed).toMatchObject({
    refusal: { rule: 'group', expected: ['board'] },
    secondFactor: 'client',
    consent: 'ask',
  });
  expect(closed.idToken?.claims).toHaveProperty('email', 'jane@example.test');
  const banned = await server.person({ email: 'banned@example.test' });
  await banAccount(server.deps, { accountId: banned.id, reason: undefined });
  expect(await previewClaims(deps, { accountId: banned.id, clientId: 'plain' })).toMatchObject({
    refusal: { rule: 'account', status: 'banned' },
  });
});

test('it says whether there are terms to accept first', async () => {
  const config = { ...deps.config, registration: { ...deps.config.registration, termsVersion: '2' } };
  const asked = { accountId, clientId: 'plain' };
  expect(await previewClaims(deps, asked)).toMatchObject({ terms: 'skip' });
  expect(await previewClaims({ ...deps, config }, asked)).toMatchObject({ terms: 'ask' });
  await setAcceptedTerms(server.deps, accountId, '2');
  expect(await previewClaims({ ...deps, config }, asked)).toMatchObject({ terms: 'skip' });
});

test('what the app could not ask for has no preview', async () => {
  const preview = (more: object) => previewClaims(deps, { accountId, clientId: 'plain', ...more });
  expect(await preview({ clientId: 'nobody' })).toEqual({ outcome: 'unknown_client' });
  expect(await preview({ clientId: 'robot' })).toEqual({ outcome: 'nobody_signs_in' });
  expect(await preview({ accountId: 'nobody' })).toEqual({ outcome: 'unknown_account' });
  expect(await preview({ resource: 'https://other.test' })).toEqual({
    outcome: 'resource_not_allowed',
    allowed: [API],
  });
  expect(await preview({ scope: 'openid items:read' })).toMatchObject({
    outcome: 'scope_not_allowed',
    words: ['items:read'],
  });
});

const command = (...words: string[]) =>
  gatehouse(
    {
      cwd: server.configDir,
      env: {
        GATEHOUSE_MODE: 'development',
        GATEHOUSE_ISSUER: server.issuer,
        GATEHOUSE_CONFIG_DIR: server.configDir,
        GATEHOUSE_DATA_DIR: server.dataDir,
      },
    },
    ['claims', 'preview', ...words],
  );

test('the command line shows the same, as text and as JSON', async () => {
  const words = ['--user', 'jane', '--client', 'plain', '--scope', 'openid roles items:read', '--resource', API];
  const { exitCode, stdout } = await command(...words, '--json');
  expect(exitCode).toBe(0);
  const answer = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
  const same = await shown('plain', { scope: 'openid roles items:read', resource: API });
  expect(answer['id_token']?.['claims']).toEqual(same.idToken?.claims);
  expect(answer['access_token']?.['claims']).toEqual(same.accessToken.claims);
  expect(answer['userinfo']?.['claims']).toEqual(same.userinfo?.claims);
  expect(answer['roles']).toContainEqual({
    role: 'shop-member',
    shown_as: 'shop-member',
    client_id: null,
    resource: null,
    ways: [
      { group: null, path: ['shop-member'], expires_at: null },
      { group: 'staff', path: ['shop-lead', 'shop-member'], expires_at: null },
    ],
  });
  const text = (await command(...words)).stdout;
  for (const part of ['ID token', 'Access token', 'Userinfo', 'group staff: shop-lead > shop-member', '"menu:open"']) {
    expect(text).toContain(part);
  }
  const closed = (await command('--user', 'jane', '--client', 'closed')).stdout;
  expect(closed).toContain('no: in none of the groups board');
});

test.each([
  [['--user', 'nobody', '--client', 'plain'], 'There is no account "nobody"'],
  [['--user', 'jane', '--client', 'nothing'], 'There is no file for a client "nothing"'],
  [['--user', 'jane', '--client', 'robot'], 'nobody signs in there'],
  [['--user', 'jane', '--client', 'plain', '--scope', 'openid fly'], 'does not let it ask for "fly"'],
  [['--user', 'jane', '--client', 'plain', '--resource', 'https://x.test'], 'names no API "https://x.test"'],
])('with %j it says what is wrong', async (words, said) => {
  const { exitCode, stderr } = await command(...words);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(said)]);
});
