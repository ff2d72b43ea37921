// The menu of the account centre.

import { ACCOUNT_PATH } from '../signed-in/paths.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { AccountDeps } from './deps.ts';

/** Where a page stands in the menu; several pages can stand in one place. */
export type AccountPage = 'overview' | 'profile' | 'security' | 'sessions' | 'devices' | 'apps' | 'activity' | 'data';

interface Item {
  readonly page: AccountPage;
  readonly path: string;
  readonly label: MessageKey;
}

const ITEMS: readonly Item[] = [
  { page: 'overview', path: ACCOUNT_PATH, label: 'account.menu.overview' },
  { page: 'profile', path: `${ACCOUNT_PATH}/profile`, label: 'account.menu.profile' },
  { page: 'security', path: `${ACCOUNT_PATH}/security`, label: 'account.menu.security' },
  { page: 'sessions', path: `${ACCOUNT_PATH}/sessions`, label: 'account.menu.sessions' },
  { page: 'devices', path: `${ACCOUNT_PATH}/devices`, label: 'account.menu.devices' },
  { page: 'apps', path: `${ACCOUNT_PATH}/apps`, label: 'account.menu.apps' },
  { page: 'activity', path: `${ACCOUNT_PATH}/activity`, label: 'account.menu.activity' },
  { page: 'data', path: `${ACCOUNT_PATH}/data`, label: 'account.menu.data' },
];

/** Those that there are. */
export const menu = ({ isPage }: AccountDeps, current: AccountPage) =>
  ITEMS.filter(({ path }) => isPage(path)).map((item) => ({ ...item, isCurrent: item.page === current }));
