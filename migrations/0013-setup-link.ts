// The link that makes the first administrator, and which roles somebody has ever had: with the first grant it is dead.
import { type Kysely, sql } from 'kysely';

interface Tables {
  roles: { name: string; ever_granted: boolean };
  role_assignments: { role: string };
}

export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('setup_links')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addPrimaryKeyConstraint('setup_links_pkey', ['id'])
    .addCheckConstraint('setup_links_one_check', sql`id = 'current'`)
    .execute();

  await db.schema
    .alterTable('roles')
    .addColumn('ever_granted', 'boolean', (column) => column.notNull().defaultTo(false))
    .execute();
  await db
    .updateTable('roles')
    .set({ ever_granted: true })
    .where('name', 'in', (eb) => eb.selectFrom('role_assignments').select('role'))
    .execute();
}
