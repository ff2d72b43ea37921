// The forms of the console's pages about accounts, by the address that each is sent to, filled in as an administrator would.
import { createAccountAs } from '../../src/administration/accounts/create-account-as.ts';
import type { Browser } from './browser.ts';
import { type ConsoleForm, consoleBrowser } from './console-forms.ts';
import type { TestServer } from './start-server.ts';
import { enrols, visitsAndSignsIn } from './visits.ts';

type Forms = Record<string, () => Promise<ConsoleForm>>;

let people = 0;

interface Somebody {
  readonly id: string;
  readonly email: string;
}

async function somebody(server: TestServer): Promise<Somebody> {
  people += 1;
  const email = `at-console-${people}@example.test`;
  const { id } = await server.person({ email, roles: ['holder'] });
  return { id, email };
}

const named = (server: TestServer, table: 'roles' | 'groups', name: string) =>
  server.database.db
    .insertInto(table)
    .values({ name, description: `The ${name}` })
    .onConflict((conflict) => conflict.doNothing())
    .execute();

const formOf = (browser: Browser, button: string, fields: Record<string, string> = {}): ConsoleForm => ({
  browser,
  ...browser.form(fields, button),
});

/** With the address of the account in `:id`. */
export const accountForms = (server: () => TestServer): Forms => {
  const page = ({ id }: Somebody, rest = '') => consoleBrowser(server(), `/admin/accounts/${id}${rest}`);
  const newEmail = () => {
    people += 1;
    return `made-${people}@example.test`;
  };
  return {
    '/admin/create-account': async () =>
      formOf(await consoleBrowser(server(), '/admin/create-account'), 'Create', { email: newEmail() }),
    '/admin/invite-account': async () =>
      formOf(await consoleBrowser(server(), '/admin/invite-account'), 'Send', { email: newEmail() }),
    '/admin/accounts/:id/profile': async () =>
      formOf(await page(await somebody(server()), '/profile'), 'Save', { nickname: 'Other' }),
    '/admin/accounts/:id/roles': async () => formOf(await page(await somebody(server()), '/roles'), 'holder'),
    '/admin/accounts/:id/roles/timed': async () => {
      await named(server(), 'roles', 'guest');
      const fields = { role: 'guest', role_until: '2999-01-01' };
      return formOf(await page(await somebody(server()), '/roles'), 'Give the role', fields);
    },
    '/admin/accounts/:id/roles/join': async () => {
      await named(server(), 'groups', 'visitors');
      const fields = { group: 'visitors', group_until: '' };
      return formOf(await page(await somebody(server()), '/roles'), 'Add', fields);
    },
    '/admin/accounts/:id/roles/leave': async () => {
      await named(server(), 'groups', 'visitors');
      const one = await somebody(server());
      const member = { group_name: 'visitors', account_id: one.id };
      await server().database.db.insertInto('group_members').values(member).execute();
      return formOf(await page(one, '/roles'), 'Remove', { group: 'visitors' });
    },
    '/admin/accounts/:id/sessions/:handle/end': async () => {
      const one = await somebody(server());
      await visitsAndSignsIn(server(), { identifier: one.email });
      return formOf(await page(one, '/sessions'), 'End ');
    },
    '/admin/accounts/:id/sessions/end-all': async () => {
      const one = await somebody(server());
      await visitsAndSignsIn(server(), { identifier: one.email });
      return formOf(await page(one, '/sessions'), 'End all sessions');
    },
    '/admin/accounts/:id/apps/:clientId/disconnect': async () => {
      const one = await somebody(server());
      await visitsAndSignsIn(server(), { identifier: one.email });
      return formOf(await page(one, '/sessions'), 'Take its access away');
    },
    '/admin/accounts/:id/reset': async () =>
      formOf(await page(await somebody(server())), 'Send a link for a new password'),
    '/admin/accounts/:id/invite': async () => {
      const made = await createAccountAs(
        { ...server().deps, config: server().config },
        { kind: 'operator' },
        { email: newEmail(), invite: false },
      );
      if (made.outcome !== 'done') throw new Error(made.outcome);
      return formOf(await page(made.account), 'Send the invitation again');
    },
    '/admin/accounts/:id/factors': async () => {
      const one = await somebody(server());
      await enrols(server(), { identifier: one.email });
      return formOf(await page(one, '/factors'), 'Reset second factors');
    },
    '/admin/accounts/:id/download': async () => formOf(await page(await somebody(server())), 'Download the data'),
    '/admin/accounts/:id/ban': async () =>
      formOf(await page(await somebody(server()), '/ban'), 'Ban the account', { reason: 'To see' }),
    '/admin/accounts/:id/unban': async () => {
      const one = await somebody(server());
      const { db } = server().database;
      await db.updateTable('accounts').set({ status: 'banned' }).where('id', '=', one.id).execute();
      return formOf(await page(one), 'Lift the ban');
    },
    '/admin/accounts/:id/delete': async () => {
      const one = await somebody(server());
      return formOf(await page(one, '/delete'), 'Delete the account', { typed: one.email });
    },
  };
};
