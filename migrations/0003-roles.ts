// Roles, who has them, and the roles of the product itself.
import { type Kysely, sql } from 'kysely';

interface Tables {
  roles: { name: string; description: string };
}

export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('roles')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('roles_pkey', ['name'])
    .execute();

  await db.schema
    .createTable('role_assignments')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('role_assignments_pkey', ['account_id', 'role'])
    .addForeignKeyConstraint('role_assignments_account_id_fkey', ['account_id'], 'accounts', ['id'], (key) =>
      key.onDelete('cascade'),
    )
    .addForeignKeyConstraint('role_assignments_role_fkey', ['role'], 'roles', ['name'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
  await db.schema.createIndex('role_assignments_role_index').on('role_assignments').column('role').execute();

  await db
    .insertInto('roles')
    .values([
      { name: 'gatehouse:admin', description: 'Manages accounts, roles, clients and keys of this Gatehouse.' },
      { name: 'gatehouse:helpdesk', description: 'Helps people back in: unlocks accounts and resets second factors.' },
      { name: 'gatehouse:auditor', description: 'Reads everything an administrator can see and changes nothing.' },
    ])
    .execute();
}
