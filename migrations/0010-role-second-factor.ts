// Roles whose holders must present a second factor; administrators of the product always.
import { type Kysely, sql } from 'kysely';

interface Tables {
  roles: { name: string; mfa: string };
}

export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('roles')
    .addColumn('mfa', 'text', (column) => column.notNull().defaultTo('optional'))
    .execute();
  await db.updateTable('roles').set({ mfa: 'required' }).where('name', '=', 'gatehouse:admin').execute();
  await db.schema
    .alterTable('roles')
    .addCheckConstraint('roles_mfa_check', sql`mfa in ('optional', 'required')`)
    .execute();
  await db.schema
    .alterTable('roles')
    .addCheckConstraint('roles_admin_mfa_check', sql`name <> 'gatehouse:admin' or mfa = 'required'`)
    .execute();
}
