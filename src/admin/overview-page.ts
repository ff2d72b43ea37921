// The first page of the console.
import type { AdminDeps } from './deps.ts';
import type { AdminStep } from './in-console.ts';
import { showAdminPage } from './page.ts';

export const showOverview =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    await showAdminPage(deps, ctx, {
      view: 'overview',
      title: 'admin.overview.title',
      lead: 'admin.overview.lead',
      current: 'overview',
      admin,
      locals: { name: admin.me.account.displayName ?? admin.me.account.email },
    });
  };
