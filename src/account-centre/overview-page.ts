// The first page of the account centre: who I am, and where to go from here.
import type { AccountDeps } from './deps.ts';
import { showAccountPage } from './page.ts';
import type { AccountStep } from './signed-in.ts';

export const showOverview =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await showAccountPage(deps, ctx, {
      view: 'overview',
      title: 'account.overview.title',
      lead: 'account.overview.lead',
      current: 'overview',
      me,
      locals: { email: me.account.email, name: me.account.displayName },
    });
  };
