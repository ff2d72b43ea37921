// Permissions, what roles carry, groups, roles of service clients, and when administrators were last at the console.
import { type Kysely, sql } from 'kysely';

interface Tables {
  permissions: { resource: string; name: string; description: string };
  role_permissions: { role: string; resource: string; permission: string };
}

const PRODUCT: Readonly<Record<string, string>> = {
  'accounts:read': 'See accounts, their sessions, apps and factors',
  'accounts:write': 'Create, invite, change, ban and unban accounts, and start password resets',
  'accounts:delete': 'Delete accounts and download their data',
  'accounts:factors': 'Reset second factors',
  'roles:read': 'See roles, permissions and who has them',
  'roles:write': 'Create, change and delete roles and permissions',
  'roles:assign': 'Give roles to accounts and take them away',
  'groups:read': 'See groups and their members',
  'groups:write': 'Create, change and delete groups, and their members',
  'clients:read': 'See apps and their settings',
  'sessions:read': 'See who is signed in',
  'sessions:end': 'End sessions',
  'keys:read': 'See signing keys',
  'keys:rotate': 'Replace signing keys',
  'audit:read': 'See and export what happened',
  'outbox:read': 'See mails that wait or have failed',
  'outbox:write': 'Send mails again and drop them',
  'config:read': 'See the configuration in force',
};

const HELPDESK = [
  'accounts:read',
  'accounts:write',
  'accounts:factors',
  'roles:read',
  'groups:read',
  'sessions:read',
  'sessions:end',
  'audit:read',
];

export async function up(db: Kysely<Tables>): Promise<void> {
  await permissions(db);
  await contentsOfRoles(db);
  await groups(db);
  await whoHasThem(db);
  await product(db);
  await db.schema.alterTable('session_details').addColumn('console_seen_at', 'timestamptz').execute();
}

async function permissions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('permissions')
    .addColumn('resource', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('declared', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('gone_at', 'timestamptz')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('permissions_pkey', ['resource', 'name'])
    .execute();
}

async function contentsOfRoles(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('roles')
    .addColumn('client_id', 'text')
    .addColumn('resource', 'text')
    .addColumn('declared', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('gone_at', 'timestamptz')
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute();
  await db.schema
    .alterTable('roles')
    .addCheckConstraint('roles_scope_check', sql`client_id is null or resource is null`)
    .execute();

  await db.schema
    .createTable('role_includes')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('includes', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('role_includes_pkey', ['role', 'includes'])
    .addForeignKeyConstraint('role_includes_role_fkey', ['role'], 'roles', ['name'], (key) => key.onDelete('cascade'))
    .addForeignKeyConstraint('role_includes_includes_fkey', ['includes'], 'roles', ['name'], (key) =>
      key.onDelete('cascade'),
    )
    .addCheckConstraint('role_includes_self_check', sql`role <> includes`)
    .execute();
  await db.schema.createIndex('role_includes_includes_index').on('role_includes').column('includes').execute();

  await db.schema
    .createTable('role_permissions')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('resource', 'text', (column) => column.notNull())
    .addColumn('permission', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('role_permissions_pkey', ['role', 'resource', 'permission'])
    .addForeignKeyConstraint('role_permissions_role_fkey', ['role'], 'roles', ['name'], (key) =>
      key.onDelete('cascade'),
    )
    .addForeignKeyConstraint(
      'role_permissions_permission_fkey',
      ['resource', 'permission'],
      'permissions',
      ['resource', 'name'],
      (key) => key.onDelete('cascade'),
    )
    .execute();
  await db.schema
    .createIndex('role_permissions_permission_index')
    .on('role_permissions')
    .columns(['resource', 'permission'])
    .execute();
}

async function groups(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('groups')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('declared', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('gone_at', 'timestamptz')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('groups_pkey', ['name'])
    .execute();

  await db.schema
    .createTable('group_roles')
    .addColumn('group_name', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('group_roles_pkey', ['group_name', 'role'])
    .addForeignKeyConstraint('group_roles_group_name_fkey', ['group_name'], 'groups', ['name'], (key) =>
      key.onDelete('cascade'),
    )
    .addForeignKeyConstraint('group_roles_role_fkey', ['role'], 'roles', ['name'], (key) => key.onDelete('cascade'))
    .execute();
  await db.schema.createIndex('group_roles_role_index').on('group_roles').column('role').execute();

  await db.schema
    .createTable('group_members')
    .addColumn('group_name', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'timestamptz')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('group_members_pkey', ['group_name', 'account_id'])
    .addForeignKeyConstraint('group_members_group_name_fkey', ['group_name'], 'groups', ['name'], (key) =>
      key.onDelete('cascade'),
    )
    .addForeignKeyConstraint('group_members_account_id_fkey', ['account_id'], 'accounts', ['id'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
  await db.schema.createIndex('group_members_account_id_index').on('group_members').column('account_id').execute();
}

async function whoHasThem(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('role_assignments').addColumn('expires_at', 'timestamptz').execute();
  for (const table of ['role_assignments', 'group_members']) {
    await db.schema
      .createIndex(`${table}_expires_at_index`)
      .on(table)
      .column('expires_at')
      .where('expires_at', 'is not', null)
      .execute();
  }
  await db.schema
    .createTable('client_roles')
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('declared', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('client_roles_pkey', ['client_id', 'role'])
    .addForeignKeyConstraint('client_roles_role_fkey', ['role'], 'roles', ['name'], (key) => key.onDelete('cascade'))
    .execute();
  await db.schema.createIndex('client_roles_role_index').on('client_roles').column('role').execute();
}

async function product(db: Kysely<Tables>): Promise<void> {
  const names = Object.keys(PRODUCT);
  await db
    .insertInto('permissions')
    .values(names.map((name) => ({ resource: 'gatehouse', name, description: PRODUCT[name] ?? '' })))
    .execute();
  const carried = {
    'gatehouse:admin': names,
    'gatehouse:helpdesk': HELPDESK,
    'gatehouse:auditor': names.filter((name) => name.endsWith(':read')),
  };
  const rows = Object.entries(carried).flatMap(([role, permissions]) =>
    permissions.map((permission) => ({ role, resource: 'gatehouse', permission })),
  );
  await db.insertInto('role_permissions').values(rows).execute();
}
