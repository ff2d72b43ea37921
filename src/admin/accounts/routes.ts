// The pages about accounts, each with the permission that it takes.
import type { Route } from '../../http/route.ts';
import type { AdminDeps } from '../deps.ts';
import { adminPage } from '../in-console.ts';
import { showAccounts } from './list-page.ts';
import { ACCOUNTS_PATH } from './paths.ts';

export const accountsRoutes = (deps: AdminDeps): readonly Route[] => [
  adminPage(deps, ACCOUNTS_PATH, 'accounts:read', showAccounts(deps)),
];
