// The sitemap of the API: its operations, and the two addresses that describe them.
import type { Route } from '../http/route.ts';
import { createApiDoor } from '../provider/own-api/api-caller.ts';
import { clientRoleOperations } from './access/client-roles.ts';
import { effectiveOperations } from './access/effective.ts';
import { groupOperations } from './access/groups.ts';
import { permissionOperations } from './access/permissions.ts';
import { roleOperations } from './access/roles.ts';
import { accountOperations } from './accounts/accounts.ts';
import { rightsOperations } from './accounts/rights.ts';
import { searchOperations } from './accounts/search.ts';
import { sessionOperations } from './accounts/sessions.ts';
import { standingOperations } from './accounts/standing.ts';
import type { ApiDeps, ApiParts } from './deps.ts';
import { docsRoutes } from './docs.ts';
import { routeOf } from './in-api.ts';
import type { Operation } from './operation.ts';
import { auditOperations } from './system/audit.ts';
import { clientOperations } from './system/clients.ts';
import { keyOperations } from './system/keys.ts';
import { mailOperations } from './system/mails.ts';
import { previewOperations } from './system/preview.ts';
import { serverOperations } from './system/server.ts';
import { recentSessionOperations } from './system/sessions.ts';

export const operationsOf = (deps: ApiDeps): readonly Operation[] => [
  ...searchOperations(deps),
  ...accountOperations(deps),
  ...standingOperations(deps),
  ...rightsOperations(deps),
  ...sessionOperations(deps),
  ...roleOperations(deps),
  ...groupOperations(deps),
  ...effectiveOperations(deps),
  ...permissionOperations(deps),
  ...clientOperations(deps),
  ...clientRoleOperations(deps),
  ...previewOperations(deps),
  ...recentSessionOperations(deps),
  ...auditOperations(deps),
  ...mailOperations(deps),
  ...keyOperations(deps),
  ...serverOperations(deps),
];

export function apiRoutes(parts: ApiParts): readonly Route[] {
  const deps = { ...parts, door: createApiDoor(parts) };
  const operations = operationsOf(deps);
  return [...docsRoutes(deps, operations), ...operations.map((operation) => routeOf(deps, operation))];
}
