// The console's pages about accounts, in every state worth looking at.
import { accountPath } from '../../src/admin/accounts/paths.ts';
import { atConsole, opened } from './at-console.ts';
import { type PageState, type Stage, somebody } from './every-page.ts';
import { visits, visitsAndSignsIn } from './visits.ts';

const idOf = async ({ server }: Stage, email: string): Promise<string> => {
  const query = server.database.db.selectFrom('accounts').select('id').where('email', '=', email);
  return (await query.executeTakeFirstOrThrow()).id;
};

/** Somebody with a name, a role, a group, sessions and an app. */
async function somebodyBusy(stage: Stage): Promise<string> {
  const { server } = stage;
  const email = await somebody(stage);
  const scope = 'openid profile email roles offline_access items:read items:write';
  const params = { client_id: 'ledger', scope, resource: 'https://api.example.test' };
  const { browser } = await visitsAndSignsIn(server, { identifier: email, params });
  await browser.submit({}, 'Allow');
  await visits(server, {}, browser);
  const { db } = server.database;
  const id = await idOf(stage, email);
  for (const name of ['chief', 'reader']) {
    const role = { name, description: `What a ${name} may do in the ledger` };
    await db
      .insertInto('roles')
      .values(role)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  const includes = { role: 'chief', includes: 'reader' };
  await db
    .insertInto('role_includes')
    .values(includes)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  for (const name of ['accounting', 'visitors']) {
    const group = { name, description: `Everybody in ${name}` };
    await db
      .insertInto('groups')
      .values(group)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  const ofGroup = { group_name: 'accounting', role: 'chief' };
  await db
    .insertInto('group_roles')
    .values(ofGroup)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db.insertInto('group_members').values({ group_name: 'accounting', account_id: id }).execute();
  return id;
}

const at =
  (rest: string, roles?: readonly string[]) =>
  async (stage: Stage): Promise<void> =>
    atConsole(stage, accountPath(await somebodyBusy(stage), rest === '' ? undefined : rest), roles);

const sends = async ({ page }: Stage, button: string): Promise<void> => {
  await page.getByRole('button', { name: button }).click();
  await page.locator('#problem').waitFor();
};

export const CONSOLE_ACCOUNT_PAGES: readonly PageState[] = [
  {
    view: 'admin/accounts/list',
    state: 'with some accounts',
    heading: 'Accounts',
    async open(stage) {
      for (const _ of [1, 2, 3]) await somebody(stage);
      const { db } = stage.server.database;
      await db.updateTable('accounts').set({ status: 'banned' }).where('email_key', 'like', 'person-2@%').execute();
      await atConsole(stage, '/admin/accounts');
    },
  },
  opened('accounts/list', 'with nobody found', 'Accounts', '/admin/accounts?q=nobody+at+all&status=banned'),
  { view: 'admin/accounts/overview', state: 'of somebody', heading: 'person-', open: at('') },
  {
    view: 'admin/accounts/overview',
    state: 'of somebody who is banned',
    heading: 'person-',
    async open(stage) {
      const id = await somebodyBusy(stage);
      const banned = { status: 'banned', status_reason: 'Sends spam to <everybody>' } as const;
      await stage.server.database.db.updateTable('accounts').set(banned).where('id', '=', id).execute();
      await atConsole(stage, accountPath(id));
    },
  },
  {
    view: 'admin/accounts/overview',
    state: 'of an administrator, for the help desk',
    heading: 'administrator-',
    async open(stage) {
      await atConsole(stage, '/admin');
      const { db } = stage.server.database;
      const query = db.selectFrom('role_assignments').select('account_id').where('role', '=', 'gatehouse:admin');
      const { account_id } = await query.executeTakeFirstOrThrow();
      await atConsole(stage, accountPath(account_id), ['gatehouse:helpdesk']);
    },
  },
  { view: 'admin/accounts/profile', state: 'as it opens', heading: 'person-', open: at('profile') },
  {
    view: 'admin/accounts/profile',
    state: 'with mistakes',
    heading: 'person-',
    async open(stage) {
      await at('profile')(stage);
      await stage.page.locator('#email').fill('no address');
      await stage.page.locator('#username').fill('-');
      await sends(stage, 'Save');
    },
  },
  { view: 'admin/accounts/roles', state: 'of somebody in a group', heading: 'person-', open: at('roles') },
  {
    view: 'admin/accounts/roles',
    state: 'with a day that is over',
    heading: 'person-',
    async open(stage) {
      await at('roles')(stage);
      await stage.page.locator('#group_until').fill('2001-01-01');
      await sends(stage, 'Add');
    },
  },
  {
    view: 'admin/accounts/roles',
    state: 'for an auditor',
    heading: 'person-',
    open: at('roles', ['gatehouse:auditor']),
  },
  { view: 'admin/accounts/sessions', state: 'with a session and an app', heading: 'person-', open: at('sessions') },
  { view: 'admin/accounts/events', state: 'after a sign-in', heading: 'person-', open: at('events') },
  { view: 'admin/accounts/ban', state: 'as it opens', heading: 'person-', open: at('ban') },
  { view: 'admin/accounts/factors', state: 'as it opens', heading: 'person-', open: at('factors') },
  {
    view: 'admin/accounts/delete',
    state: 'with another address',
    heading: 'person-',
    async open(stage) {
      await at('delete')(stage);
      await stage.page.locator('#typed').fill('somebody@else.test');
      await sends(stage, 'Delete');
    },
  },
  opened('accounts/new', 'for an invitation', 'Invite', '/admin/invite-account'),
  {
    view: 'admin/accounts/new',
    state: 'with a taken address',
    heading: 'Create',
    async open(stage) {
      const email = await somebody(stage);
      await atConsole(stage, '/admin/create-account');
      await stage.page.locator('#email').fill(email);
      await sends(stage, 'Create');
    },
  },
];
