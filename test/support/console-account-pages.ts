// The console's pages about accounts, in every state worth looking at.
import { atConsole } from './console-pages.ts';
import { type PageState, somebody } from './every-page.ts';

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
  {
    view: 'admin/accounts/list',
    state: 'with nobody found',
    heading: 'Accounts',
    open: (stage) => atConsole(stage, '/admin/accounts?q=nobody+at+all&status=banned'),
  },
];
