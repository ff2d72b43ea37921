// The shape of config/roles.yaml: permissions, roles, groups, and the roles of service clients.
import { z } from 'zod';
import { listWithoutRepeats, shownText, textWhere } from '../fields.ts';
import { groupNameProblem, isProductRole, permissionNameProblem, roleNameProblem } from './role-names.ts';

const name = z.string();
const anyRole = textWhere((role) => (isProductRole(role) ? undefined : roleNameProblem(role)));

const role = z.strictObject({
  description: shownText(200).optional().describe('What it is for. Default: nothing.'),
  permissions: z
    .record(name, listWithoutRepeats(name))
    .optional()
    .describe('What it permits: names of permissions above, by API or app. Default: nothing.'),
  includes: listWithoutRepeats(anyRole)
    .optional()
    .describe('Whoever has this role has these as well. No circles. Default: none.'),
  client: z.string().optional().describe('The only app that sees it, by client_id. Default: every app.'),
  resource: z
    .string()
    .optional()
    .describe('The only API whose access tokens have it, by audience. Default: every API.'),
  mfa: z
    .enum(['optional', 'required'])
    .optional()
    .describe('required: everybody who has it needs a second factor, in every app. Default: optional.'),
});

const group = z.strictObject({
  description: shownText(200).optional().describe('Who is in it. Default: nothing.'),
  roles: listWithoutRepeats(anyRole)
    .optional()
    .describe('What every member has. Members are added elsewhere. Default: none.'),
});

const client = z.strictObject({
  roles: listWithoutRepeats(anyRole).describe('What the service has beside roles.assign of its own file.'),
});

export const rolesFile = z.strictObject({
  permissions: z
    .record(name, z.record(textWhere(permissionNameProblem), shownText(200)))
    .default({})
    .describe('One sentence for each, by the audience of an API of gatehouse.yaml or by client_id.'),
  roles: z.record(textWhere(roleNameProblem), role).default({}).describe('By name.'),
  groups: z.record(textWhere(groupNameProblem), group).default({}).describe('By name.'),
  clients: z.record(name, client).default({}).describe('Service clients, by client_id.'),
});

export type RolesFile = z.output<typeof rolesFile>;
