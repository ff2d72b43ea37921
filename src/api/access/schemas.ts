// What the API says of roles, groups and permissions.
import { z } from 'zod';
import type { Group } from '../../roles/groups.ts';
import type { Permission } from '../../roles/permissions.ts';
import type { RoleWithContents } from '../../roles/role.ts';
import type { Holder } from '../../roles/who-has.ts';
import { flag, moment, name, said, text } from '../fields.ts';

const origin = z
  .enum(['product', 'declared', 'removed', 'made_here'])
  .describe(
    'declared: by config/roles.yaml, which is the place to change it. removed: not any longer; it has no effect.',
  );

const dates = { gone_at: moment.nullable(), created_at: moment, updated_at: moment };

const permissionRef = z.strictObject({
  resource: text(255).min(1).describe('The audience of an API, a client_id, or gatehouse.'),
  name: text(255).min(1),
});

export const roleSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    mfa: z.enum(['optional', 'required']).describe('Whether everybody who has it needs a second factor.'),
    client_id: z.string().nullable().describe('The only client that sees it.'),
    resource: z.string().nullable().describe('The only audience whose tokens have it.'),
    includes: z.array(z.string()),
    permissions: z.array(z.object({ resource: z.string(), name: z.string() })),
    origin,
    ...dates,
  })
  .meta({ id: 'Role' });

const roleFields = {
  mfa: z.enum(['optional', 'required']).optional(),
  client_id: name.nullable().optional(),
  resource: name.nullable().optional(),
  includes: z.array(name).max(200).optional(),
  permissions: z.array(permissionRef).max(1000).optional(),
};

export const newRole = z
  .strictObject({
    name,
    description: text(200),
    ...roleFields,
    mfa: roleFields.mfa.unwrap().default('optional'),
    includes: roleFields.includes.unwrap().default([]),
    permissions: roleFields.permissions.unwrap().default([]),
  })
  .meta({ id: 'NewRole' });

export const changesOfRole = z
  .strictObject({ description: text(200).optional(), ...roleFields })
  .meta({ id: 'RoleChanges' });

export const groupSchema = z
  .object({ name: z.string(), description: z.string(), roles: z.array(z.string()), origin, ...dates })
  .meta({ id: 'Group' });

export const newGroup = z
  .strictObject({ name, description: text(200), roles: z.array(name).max(200).default([]) })
  .meta({ id: 'NewGroup' });

export const changesOfGroup = z
  .strictObject({ description: text(200).optional(), roles: z.array(name).max(200).optional() })
  .meta({ id: 'GroupChanges' });

export const permissionSchema = z
  .object({ resource: z.string(), name: z.string(), description: z.string(), origin, ...dates })
  .meta({ id: 'Permission' });

export const newPermission = permissionRef.extend({ description: text(200) }).meta({ id: 'NewPermission' });

export const changesOfPermission = z.strictObject({ description: text(200) }).meta({ id: 'PermissionChanges' });

export const confirmation = z.strictObject({
  confirm: flag.optional().describe('true: although it is in use. Without it, 409 says what would be lost.'),
});

export const holderSchema = z
  .object({
    account_id: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    status: z.enum(['active', 'banned', 'deleting']),
    ways: z
      .array(
        z.object({
          group: z.string().nullable().describe('Null: given to the account itself.'),
          path: z.array(z.string()).describe('From the role that was given to the one that is sought.'),
          expires_at: moment.nullable(),
        }),
      )
      .describe('Why.'),
  })
  .meta({ id: 'Holder' });

const shownDates = ({ goneAt, createdAt, updatedAt }: Pick<Permission, 'goneAt' | 'createdAt' | 'updatedAt'>) => ({
  gone_at: said(goneAt),
  created_at: createdAt.toISOString(),
  updated_at: updatedAt.toISOString(),
});

export const shownRole = (role: RoleWithContents) => ({
  name: role.name,
  description: role.description,
  mfa: role.mfa,
  client_id: role.clientId ?? null,
  resource: role.resource ?? null,
  includes: role.includes,
  permissions: role.permissions.map(({ resource, name: permission }) => ({ resource, name: permission })),
  origin: role.origin,
  ...shownDates(role),
});

export const shownGroup = (group: Group) => ({
  name: group.name,
  description: group.description,
  roles: group.roles,
  origin: group.origin,
  ...shownDates(group),
});

export const shownPermission = (permission: Permission) => ({
  resource: permission.resource,
  name: permission.name,
  description: permission.description,
  origin: permission.origin,
  ...shownDates(permission),
});

export const shownHolder = (holder: Holder) => ({
  account_id: holder.accountId,
  email: holder.email,
  name: holder.name ?? null,
  status: holder.status,
  ways: holder.ways.map(({ group, path, expiresAt }) => ({ group: group ?? null, path, expires_at: said(expiresAt) })),
});
