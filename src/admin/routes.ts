// The sitemap of the console. A page says at its route which permission it needs.
import type { Route } from '../http/route.ts';
import { pagesAmong } from '../signed-in/paths.ts';
import { accountsRoutes } from './accounts/routes.ts';
import type { AdminDeps, AdminParts } from './deps.ts';
import { ANY_PERMISSION, adminPage } from './in-console.ts';
import { modelRoutes } from './model/routes.ts';
import { ADMIN_PATH } from './navigation.ts';
import { operationRoutes } from './operations/routes.ts';
import { showOverview } from './overview-page.ts';

export function adminRoutes(parts: AdminParts): readonly Route[] {
  const deps: AdminDeps = { ...parts, isPage: pagesAmong(() => routes) };
  const routes: readonly Route[] = [
    adminPage(deps, ADMIN_PATH, ANY_PERMISSION, showOverview(deps)),
    ...accountsRoutes(deps),
    ...modelRoutes(deps),
    ...operationRoutes(deps),
  ];
  return routes;
}
