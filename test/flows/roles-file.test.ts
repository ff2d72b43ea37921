// An operator edits roles.yaml while the server runs: what people may do is in their next tokens, and mistakes change nothing.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { grantRole } from '../../src/roles/assignments.ts';
import { addMember } from '../../src/roles/members.ts';
import { createRole } from '../../src/roles/roles.ts';
import { refresh, signedIn, tokensOf, WEB } from '../protocol/apps.ts';
import { claimsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer, type TestServerOptions, WEB_SECRET } from '../support/start-server.ts';

async function started(roles: string, options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({ files: { 'roles.yaml': roles }, ...options });
  onTestFinished(() => server.stop());
  return server;
}

function save(server: TestServer, yaml: string): void {
  writeFileSync(path.join(server.configDir, '.roles.yaml.swp'), yaml);
  renameSync(path.join(server.configDir, '.roles.yaml.swp'), path.join(server.configDir, 'roles.yaml'));
}

const OFFLINE = { scope: 'openid profile email roles offline_access' };
const EDITOR = 'roles:\n  editor: {description: Edits}\n';
const EDITORS = `${EDITOR}groups:\n  editors: {roles: [editor]}\n`;

/** Somebody who is signed in at an app; what the app reads of them at each refresh. */
async function somebody(server: TestServer) {
  const { id } = await server.person({ email: 'jane@example.test' });
  const { tokens } = await signedIn(server.issuer, { email: 'jane@example.test', params: OFFLINE });
  let { refreshToken } = tokens;
  const rolesNow = async () => {
    const { body } = await refresh(server.issuer, WEB, refreshToken);
    ({ refreshToken } = tokensOf(body));
    return claimsIn(body['access_token'])['roles'];
  };
  return { id, rolesNow };
}

const soon = { timeout: 5000, interval: 50 };
const status = (server: TestServer) => server.clients.status().roles;
const linesOf = ({ logLines }: TestServer, event: string) => logLines.filter((line) => line['event'] === event);

test('a role that the file comes to declare, and a group with it, are in the next token; taken out, they are gone from it', async () => {
  const server = await started('');
  const { id, rolesNow } = await somebody(server);
  expect(await rolesNow()).toEqual([]);
  save(server, EDITORS);
  await expect.poll(() => addMember(server.deps, { group: 'editors', accountId: id }), soon).toBe('added');
  expect(await rolesNow()).toEqual(['editor']);
  save(
    server,
    `${EDITORS.replace('Edits', 'Edits more, includes: [author]')}`.replace('groups', '  author: {}\ngroups'),
  );
  await expect.poll(rolesNow, soon).toEqual(['author', 'editor']);
  save(server, EDITOR);
  await expect.poll(rolesNow, soon).toEqual([]);
  save(server, EDITORS);
  await expect.poll(rolesNow, soon).toEqual(['editor']);
  await expect.poll(() => linesOf(server, 'roles.reloaded').at(-1), soon).toMatchObject({ putBack: ['group editors'] });
});

test('it is in force from the first request on, and a second start changes nothing', async () => {
  const server = await started(EDITOR);
  const { id, rolesNow } = await somebody(server);
  expect(await grantRole(server.deps.db, { accountId: id, role: 'editor' })).toBe('granted');
  expect(await rolesNow()).toEqual(['editor']);
  const again = await server.restart({ files: { 'roles.yaml': EDITOR } });
  onTestFinished(() => again.stop());
  const applied = await again.deps.db
    .selectFrom('audit_events')
    .select('details')
    .where('event', '=', 'roles_file.applied')
    .execute();
  expect(applied).toHaveLength(1);
});

test('a mistake is told with its line, the roles in force stay, and the next good file ends it', async () => {
  const server = await started(EDITOR);
  const { id, rolesNow } = await somebody(server);
  await grantRole(server.deps.db, { accountId: id, role: 'editor' });
  save(server, 'roles:\n  editro: {includes: [edito]}\n');
  await expect.poll(() => status(server), soon).toBe('outdated');
  expect(linesOf(server, 'roles.reload_failed')).toEqual([
    expect.objectContaining({
      problems: ['roles.yaml:2  roles.editro.includes[0]: "edito" is not a role of this file; did you mean "editro"?'],
    }),
  ]);
  expect(await rolesNow()).toEqual(['editor']);
  const readiness = (await (await fetch(`${server.issuer}/readyz`)).json()) as Record<string, unknown>;
  expect(readiness['configuration']).toMatchObject({ roles: 'outdated' });
  save(server, EDITOR);
  await expect.poll(() => status(server), soon).toBe('current');
});

test('a file that vanishes takes nothing away', async () => {
  const server = await started(EDITOR);
  const { id, rolesNow } = await somebody(server);
  await grantRole(server.deps.db, { accountId: id, role: 'editor' });
  rmSync(path.join(server.configDir, 'roles.yaml'));
  await expect.poll(() => status(server), soon).toBe('outdated');
  expect(await rolesNow()).toEqual(['editor']);
  save(server, '# nothing\n');
  await expect.poll(rolesNow, soon).toEqual([]);
});

test('a role that was made by hand stays as it is until somebody hands it over, and the server looks again by itself', async () => {
  const server = await started('', { watching: { intervalMs: 100 } });
  await createRole(server.deps, { name: 'editor', description: 'By hand' });
  save(server, EDITOR);
  await expect.poll(() => status(server), soon).toBe('outdated');
  const [line] = linesOf(server, 'roles.reload_failed');
  expect(line?.['problems']).toEqual([
    'roles.yaml:2  roles.editor: this role was made by hand as well; "gatehouse role adopt editor" hands it over to this file, with whoever has it',
  ]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(linesOf(server, 'roles.reload_failed')).toHaveLength(1);
  await server.deps.db.updateTable('roles').set({ declared: true }).where('name', '=', 'editor').execute();
  await expect.poll(() => status(server), soon).toBe('current');
});

test('an app that lets in a role or a group there is not is warned of, with what was probably meant', async () => {
  const client = (id: string, access: string) =>
    `client_id: ${id}\npreset: spa\nredirect_uris: [https://${id}.test/cb]\naccess: ${access}\n`;
  const server = await started(EDITORS, {
    clients: {
      staff: client('staff', '{ require_any_role: [edtior] }'),
      house: client('house', '{ require_any_group: [edtiors] }'),
      fine: client('fine', '{ require_any_group: [editors], require_any_role: [editor] }'),
      later: client('later', '{ require_any_group: [to-be-made] }'),
    },
  });
  expect(linesOf(server, 'configuration.warning').map(({ msg }) => msg)).toEqual([
    'clients/house.yaml:4  access.require_any_group: there is no group "edtiors"; did you mean "editors"?',
    'clients/later.yaml:4  access.require_any_group: there is no group "to-be-made"',
    'clients/staff.yaml:4  access.require_any_role: there is no role "edtior"; did you mean "editor"?',
  ]);
});

test('a service whose file assigns it a role that administers is warned of, at once when the role comes to', async () => {
  const robot = `client_id: robot\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}" }]\nroles: { assign: [editor] }\n`;
  const server = await started(EDITOR, { clients: { robot }, watching: { intervalMs: 100 } });
  const warned = () =>
    linesOf(server, 'configuration.warning')
      .map(({ msg }) => msg)
      .filter((line) => String(line).includes('roles.assign'));
  expect(warned()).toEqual([]);
  save(server, 'roles:\n  editor: {description: Edits, permissions: {gatehouse: [accounts:read]}}\n');
  await expect
    .poll(warned, { ...soon, timeout: 30_000 })
    .toEqual([
      'clients/robot.yaml:4  roles.assign: "editor" carries permissions of Gatehouse itself, which no client file can give; "clients" of roles.yaml or an administrator can',
    ]);
});
