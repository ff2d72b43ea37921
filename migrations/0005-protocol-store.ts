// What oidc-provider remembers: sessions, grants, codes, tokens, interactions. Every row ends by itself, so nothing cascades.
import { type Kysely, sql } from 'kysely';

interface Tables {
  oidc_payloads: { grant_id: string | null; account_id: string | null; uid: string | null; user_code: string | null };
}

export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('oidc_payloads')
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('payload', 'jsonb', (column) => column.notNull())
    .addColumn('grant_id', 'text')
    .addColumn('account_id', 'text')
    .addColumn('client_id', 'text')
    .addColumn('uid', 'text')
    .addColumn('user_code', 'text')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addColumn('consumed_at', 'timestamptz')
    .addColumn('destroyed_at', 'timestamptz')
    .addPrimaryKeyConstraint('oidc_payloads_pkey', ['model', 'id'])
    .execute();

  const indexOf = (column: string) => db.schema.createIndex(`oidc_payloads_${column}_index`).on('oidc_payloads');
  await indexOf('grant_id').column('grant_id').where('grant_id', 'is not', null).execute();
  await indexOf('account_id').column('account_id').where('account_id', 'is not', null).execute();
  await indexOf('uid').column('uid').where('uid', 'is not', null).execute();
  await indexOf('user_code').column('user_code').unique().where('user_code', 'is not', null).execute();
  await indexOf('expires_at').column('expires_at').execute();
}
