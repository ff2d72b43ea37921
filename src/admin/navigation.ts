// The menu of the console: what there is, and of that what one may see.
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { AdminDeps } from './deps.ts';

export const ADMIN_PATH = '/admin';

/** Where a page stands in the menu; several pages can stand in one place. */
export type AdminPage =
  | 'overview'
  | 'accounts'
  | 'groups'
  | 'roles'
  | 'permissions'
  | 'clients'
  | 'sessions'
  | 'keys'
  | 'audit'
  | 'outbox'
  | 'configuration'
  | 'preview';

interface Item {
  readonly page: AdminPage;
  readonly path: string;
  readonly label: MessageKey;
  readonly needs: ProductPermission | undefined;
}

export const pathOf = (page: AdminPage): string => (page === 'overview' ? ADMIN_PATH : `${ADMIN_PATH}/${page}`);

const item = (page: AdminPage, label: MessageKey, needs?: ProductPermission): Item => ({
  page,
  path: pathOf(page),
  label,
  needs,
});

const ITEMS: readonly Item[] = [
  item('overview', 'admin.menu.overview'),
  item('accounts', 'admin.menu.accounts', 'accounts:read'),
  item('groups', 'admin.menu.groups', 'groups:read'),
  item('roles', 'admin.menu.roles', 'roles:read'),
  item('permissions', 'admin.menu.permissions', 'roles:read'),
  item('clients', 'admin.menu.clients', 'clients:read'),
  item('sessions', 'admin.menu.sessions', 'sessions:read'),
  item('audit', 'admin.menu.audit', 'audit:read'),
  item('outbox', 'admin.menu.outbox', 'outbox:read'),
  item('keys', 'admin.menu.keys', 'keys:read'),
  item('configuration', 'admin.menu.configuration', 'config:read'),
  item('preview', 'admin.menu.preview', 'accounts:read'),
];

/** Those that there are, without those that would refuse. */
export const menu = ({ isPage }: AdminDeps, current: AdminPage, may: ReadonlySet<ProductPermission>) =>
  ITEMS.filter(({ path, needs }) => isPage(path) && (needs === undefined || may.has(needs))).map((entry) => ({
    ...entry,
    isCurrent: entry.page === current,
  }));
