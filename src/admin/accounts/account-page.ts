// The frame of the pages about one account: its address, the tabs, what is in the way.
import type Koa from 'koa';
import type { ProductPermission } from '../../config/roles/product-permissions.ts';
import type { Locals } from '../../http/page.ts';
import { textsFor } from '../../http/page.ts';
import type { MessageKey } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import { onlyTheRefusal } from '../forbidden-page.ts';
import { answerWith, type Trouble } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import type { AtAccount } from './one-account.ts';
import { ACCOUNTS_PATH, accountPath } from './paths.ts';
import { statusBadge } from './status.ts';

export type Tab = 'overview' | 'profile' | 'roles' | 'sessions' | 'events';

/** As the routes have it. What stands below a tab is for whoever may do it. */
const SEEN_WITH: Readonly<Record<Tab, ProductPermission>> = {
  overview: 'accounts:read',
  profile: 'accounts:write',
  roles: 'accounts:read',
  sessions: 'accounts:read',
  events: 'audit:read',
};

interface ShownTab {
  /** In views/admin/accounts. */
  readonly view: string;
  readonly tab: Tab;
  /** Below the account, where it is not the tab's own. */
  readonly path?: string;
  readonly trouble?: Trouble | undefined;
  readonly locals: Locals;
}

export async function showAccountTab(deps: AdminDeps, ctx: Koa.Context, at: AtAccount, page: ShownTab): Promise<void> {
  const { view, tab, trouble, locals } = page;
  const { account, isOwn, beyond, can } = at;
  const alone = page.path === undefined ? onlyTheRefusal(ctx, { admin: at, sees: SEEN_WITH[tab], trouble }) : undefined;
  if (alone !== undefined) return alone;
  answerWith(ctx, trouble, tabPath(account.id, tab, page.path));
  const t = textsFor(ctx);
  await showAdminPage(deps, ctx, {
    view: `accounts/${view}`,
    title: { name: account.email },
    current: 'accounts',
    admin: at,
    locals: {
      listHref: ACCOUNTS_PATH,
      name: account.displayName,
      status: statusBadge(t, account),
      tabs: tabsOf(at).map(([name, label]) => ({
        label: t(label),
        href: tabPath(account.id, name),
        isCurrent: name === tab,
      })),
      isOwn,
      beyond: beyond.length === 0 ? undefined : t.list(beyond),
      can,
      problem: trouble?.problem,
      errors: trouble?.errors ?? [],
      ...locals,
    },
  });
}

export const tabPath = (accountId: string, tab: Tab, path?: string): string =>
  accountPath(accountId, path ?? (tab === 'overview' ? undefined : tab));

const tabsOf = ({ may, can }: AtAccount): readonly (readonly [Tab, MessageKey])[] => [
  ['overview', 'accounts.tab.overview'],
  ...(can.write ? ([['profile', 'accounts.tab.profile']] as const) : []),
  ['roles', 'accounts.tab.roles'],
  ['sessions', 'accounts.tab.sessions'],
  ...(may.has('audit:read') ? ([['events', 'accounts.tab.events']] as const) : []),
];
