// Who may do what: permissions, roles, groups, and who has them; as Kysely sees the tables.
import type { Generated } from 'kysely';
import type { CreatedAt, Timestamp, UpdatedAt } from './column-types.ts';

/** `declared`: config/roles.yaml says so. `gone_at`: it does not any more, which takes its effect away at once. */
interface Declarable {
  declared: Generated<boolean>;
  gone_at: Timestamp | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

export interface PermissionsTable extends Declarable {
  /** The audience of an API, a client_id, or `gatehouse`. */
  resource: string;
  name: string;
  /** One sentence. */
  description: string;
}

export interface RolesTable extends Declarable {
  name: string;
  description: string;
  mfa: Generated<'optional' | 'required'>;
  /** Whether somebody has, or has had, this role. Never false again. */
  ever_granted: Generated<boolean>;
  /** The only client that sees it. */
  client_id: string | null;
  /** The only audience whose tokens have it. */
  resource: string | null;
}

/** Whoever has `role` has `includes` as well. */
export interface RoleIncludesTable {
  role: string;
  includes: string;
}

export interface RolePermissionsTable {
  role: string;
  resource: string;
  permission: string;
}

export interface RoleAssignmentsTable {
  account_id: string;
  role: string;
  created_at: CreatedAt;
  /** Null: for good. */
  expires_at: Timestamp | null;
}

export interface GroupsTable extends Declarable {
  name: string;
  description: string;
}

export interface GroupRolesTable {
  group_name: string;
  role: string;
}

export interface GroupMembersTable {
  group_name: string;
  account_id: string;
  created_at: CreatedAt;
  /** Null: for good. */
  expires_at: Timestamp | null;
}

/** Roles of service clients. No foreign key to clients: they live in files. */
export interface ClientRolesTable {
  client_id: string;
  role: string;
  declared: Generated<boolean>;
  created_at: CreatedAt;
}
