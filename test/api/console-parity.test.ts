// What the console does, the API does too, with the same permission. A page of the console without a line here fails.
import { expect, test } from 'vitest';
import type { AdminParts } from '../../src/admin/deps.ts';
import { adminRoutes } from '../../src/admin/routes.ts';
import { OPERATIONS } from '../support/api.ts';

/** By route of the console: the operations that do it. Forms and their confirmations stand with what they lead to. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  'GET /admin': ['listAttention', 'listFigures'],
  'GET /admin/accounts': ['listAccounts'],
  'GET /admin/clients': ['listClients'],
  'GET /admin/clients/:clientId': ['getClient'],
  'GET /admin/sessions': ['listSessions'],
  'POST /admin/sessions/:handle/end': ['endSession'],
  'GET /admin/audit': ['listEvents'],
  'POST /admin/audit/export': ['exportEvents'],
  'GET /admin/outbox': ['listMails'],
  'POST /admin/outbox/retry': ['retryMails'],
  'POST /admin/outbox/:id/retry': ['retryMail'],
  'GET /admin/outbox/:id/drop': ['dropMail'],
  'POST /admin/outbox/:id/drop': ['dropMail'],
  'GET /admin/keys': ['listKeys'],
  'GET /admin/keys/rotate': ['rotateKeys'],
  'POST /admin/keys/rotate': ['rotateKeys'],
  'GET /admin/keys/:kid/revoke': ['revokeKey'],
  'POST /admin/keys/:kid/revoke': ['revokeKey'],
  'GET /admin/configuration': ['getConfiguration'],
  // Pages about who may do what.
  'GET /admin/roles': ['listRoles'],
  'GET /admin/new-role': ['createRole'],
  'POST /admin/roles': ['createRole'],
  'GET /admin/roles/:name': ['getRole', 'getEffectOfRole', 'getUseOfRole', 'listHoldersOfRole'],
  'POST /admin/roles/:name': ['changeRole'],
  'POST /admin/roles/:name/permission': ['changeRole'],
  'POST /admin/roles/:name/include': ['changeRole'],
  'POST /admin/roles/:name/client': ['grantClientRole', 'revokeClientRole'],
  'GET /admin/roles/:name/delete': ['deleteRole'],
  'POST /admin/roles/:name/delete': ['deleteRole'],
  'GET /admin/groups': ['listGroups'],
  'GET /admin/new-group': ['createGroup'],
  'POST /admin/groups': ['createGroup'],
  'GET /admin/groups/:name': ['getGroup', 'getEffectOfGroup', 'listMembers'],
  'POST /admin/groups/:name': ['changeGroup'],
  'POST /admin/groups/:name/role': ['changeGroup'],
  'POST /admin/groups/:name/add': ['addMember'],
  'POST /admin/groups/:name/remove': ['removeMember'],
  'GET /admin/groups/:name/delete': ['deleteGroup'],
  'POST /admin/groups/:name/delete': ['deleteGroup'],
  'GET /admin/permissions': ['listPermissions'],
  'GET /admin/new-permission': ['createPermission'],
  'POST /admin/permissions': ['createPermission'],
  'GET /admin/permissions/one': ['getPermission', 'listHoldersOfPermission'],
  'POST /admin/permissions/change': ['changePermission'],
  'GET /admin/permissions/delete': ['deletePermission'],
  'POST /admin/permissions/delete': ['deletePermission'],
  'GET /admin/preview': ['previewClaims'],
  // Pages about one account.
  'GET /admin/create-account': ['createAccount'],
  'POST /admin/create-account': ['createAccount'],
  'GET /admin/invite-account': ['createAccount'],
  'POST /admin/invite-account': ['createAccount'],
  'GET /admin/accounts/:id': ['getAccount'],
  'GET /admin/accounts/:id/profile': ['changeAccount'],
  'POST /admin/accounts/:id/profile': ['changeAccount'],
  'GET /admin/accounts/:id/roles': ['getRightsOfAccount'],
  'POST /admin/accounts/:id/roles': ['grantRole', 'revokeRole'],
  'POST /admin/accounts/:id/roles/timed': ['grantRole'],
  'POST /admin/accounts/:id/roles/join': ['addMember'],
  'POST /admin/accounts/:id/roles/leave': ['removeMember'],
  'GET /admin/accounts/:id/sessions': ['listSessionsOfAccount', 'listAppsOfAccount'],
  'POST /admin/accounts/:id/sessions/end-all': ['endSessionsOfAccount'],
  'POST /admin/accounts/:id/sessions/:handle/end': ['endSession'],
  'POST /admin/accounts/:id/apps/:clientId/disconnect': ['disconnectApp'],
  'GET /admin/accounts/:id/events': ['listEventsOfAccount'],
  'POST /admin/accounts/:id/reset': ['startReset'],
  'POST /admin/accounts/:id/invite': ['inviteAccount'],
  'GET /admin/accounts/:id/factors': ['resetFactors'],
  'POST /admin/accounts/:id/factors': ['resetFactors'],
  'POST /admin/accounts/:id/download': ['exportAccount'],
  'GET /admin/accounts/:id/ban': ['banAccount'],
  'POST /admin/accounts/:id/ban': ['banAccount'],
  'POST /admin/accounts/:id/unban': ['unbanAccount'],
  'GET /admin/accounts/:id/delete': ['deleteAccount'],
  'POST /admin/accounts/:id/delete': ['deleteAccount'],
};

const pages = adminRoutes({} as AdminParts).flatMap(({ method, path, access }) =>
  access.rule === 'administrator' ? [{ key: `${method} ${path}`, needs: access.needs }] : [],
);

test.each(pages)('$key has its like in the API, for $needs', ({ key, needs }) => {
  const same = OPERATIONS.filter(({ id }) => SAME[key]?.includes(id));
  expect(same.map(({ id }) => id).sort()).toEqual([...(SAME[key] ?? ['none'])].sort());
  if (needs !== 'any') expect(same.map((operation) => operation.needs)).toEqual(same.map(() => needs));
});
