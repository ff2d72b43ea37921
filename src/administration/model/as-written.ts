// Roles and groups as events keep them, and what of them has changed.
import { isDeepStrictEqual } from 'node:util';
import type { DetailValue } from '../../audit/audit-log.ts';
import type { Group } from '../../roles/groups.ts';
import type { RoleWithContents } from '../../roles/role.ts';

type Written = Readonly<Record<string, DetailValue>>;

export const roleAsWritten = (role: RoleWithContents): Written => ({
  description: role.description,
  mfa: role.mfa,
  client_id: role.clientId ?? null,
  resource: role.resource ?? null,
  includes: role.includes,
  permissions: role.permissions.map(({ resource, name }) => `${resource} ${name}`),
});

export const groupAsWritten = ({ description, roles }: Group): Written => ({ description, roles });

/** The fields that differ; undefined where none does. */
export function differing(before: Written, after: Written): { before: Written; after: Written } | undefined {
  const fields = Object.keys(after).filter((field) => !isDeepStrictEqual(before[field], after[field]));
  if (fields.length === 0) return undefined;
  const of = (written: Written) => Object.fromEntries(fields.map((field) => [field, written[field] ?? null]));
  return { before: of(before), after: of(after) };
}
