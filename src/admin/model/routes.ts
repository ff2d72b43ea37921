// The pages about who may do what: roles, groups, permissions, and what apps read of them.
import type { Route } from '../../http/route.ts';
import type { AdminDeps } from '../deps.ts';
import { adminChange, adminPage } from '../in-console.ts';
import { submitCarriedRole, submitGroup, submitMember, submitRemoval } from './change-group.ts';
import {
  showDeletePermission,
  showNewPermission,
  submitDeletePermission,
  submitNewPermission,
  submitPermissionChange,
} from './change-permission.ts';
import { submitClientRole, submitInclude, submitPermission, submitRole } from './change-role.ts';
import { showDeleteRole, submitDeleteRole } from './delete-role-page.ts';
import { showGroup } from './group-page.ts';
import { showGroups } from './groups-page.ts';
import { showDeleteGroup, showNewGroup, submitDeleteGroup, submitNewGroup } from './new-group-page.ts';
import { showNewRole, submitNewRole } from './new-role-page.ts';
import {
  GROUPS_PATH,
  NEW_GROUP_PATH,
  NEW_PERMISSION_PATH,
  NEW_ROLE_PATH,
  PERMISSIONS_PATH,
  PREVIEW_PATH,
  ROLES_PATH,
} from './paths.ts';
import { showPermission, showPermissions } from './permissions-page.ts';
import { showPreview } from './preview-page.ts';
import { showRole } from './role-page.ts';
import { showRoles } from './roles-page.ts';

export const modelRoutes = (deps: AdminDeps): readonly Route[] => [
  adminPage(deps, ROLES_PATH, 'roles:read', showRoles(deps)),
  adminPage(deps, NEW_ROLE_PATH, 'roles:write', showNewRole(deps)),
  adminChange(deps, ROLES_PATH, 'roles:write', submitNewRole(deps)),
  adminPage(deps, `${ROLES_PATH}/:name`, 'roles:read', showRole(deps)),
  adminChange(deps, `${ROLES_PATH}/:name`, 'roles:write', submitRole(deps)),
  adminChange(deps, `${ROLES_PATH}/:name/permission`, 'roles:write', submitPermission(deps)),
  adminChange(deps, `${ROLES_PATH}/:name/include`, 'roles:write', submitInclude(deps)),
  adminChange(deps, `${ROLES_PATH}/:name/client`, 'roles:assign', submitClientRole(deps)),
  adminPage(deps, `${ROLES_PATH}/:name/delete`, 'roles:write', showDeleteRole(deps)),
  adminChange(deps, `${ROLES_PATH}/:name/delete`, 'roles:write', submitDeleteRole(deps)),
  adminPage(deps, GROUPS_PATH, 'groups:read', showGroups(deps)),
  adminPage(deps, NEW_GROUP_PATH, 'groups:write', showNewGroup(deps)),
  adminChange(deps, GROUPS_PATH, 'groups:write', submitNewGroup(deps)),
  adminPage(deps, `${GROUPS_PATH}/:name`, 'groups:read', showGroup(deps)),
  adminChange(deps, `${GROUPS_PATH}/:name`, 'groups:write', submitGroup(deps)),
  adminChange(deps, `${GROUPS_PATH}/:name/role`, 'groups:write', submitCarriedRole(deps)),
  adminChange(deps, `${GROUPS_PATH}/:name/add`, 'groups:write', submitMember(deps)),
  adminChange(deps, `${GROUPS_PATH}/:name/remove`, 'groups:write', submitRemoval(deps)),
  adminPage(deps, `${GROUPS_PATH}/:name/delete`, 'groups:write', showDeleteGroup(deps)),
  adminChange(deps, `${GROUPS_PATH}/:name/delete`, 'groups:write', submitDeleteGroup(deps)),
  adminPage(deps, PERMISSIONS_PATH, 'roles:read', showPermissions(deps)),
  adminPage(deps, NEW_PERMISSION_PATH, 'roles:write', showNewPermission(deps)),
  adminChange(deps, PERMISSIONS_PATH, 'roles:write', submitNewPermission(deps)),
  adminPage(deps, `${PERMISSIONS_PATH}/one`, 'roles:read', showPermission(deps)),
  adminChange(deps, `${PERMISSIONS_PATH}/change`, 'roles:write', submitPermissionChange(deps)),
  adminPage(deps, `${PERMISSIONS_PATH}/delete`, 'roles:write', showDeletePermission(deps)),
  adminChange(deps, `${PERMISSIONS_PATH}/delete`, 'roles:write', submitDeletePermission(deps)),
  adminPage(deps, PREVIEW_PATH, 'accounts:read', showPreview(deps)),
];
