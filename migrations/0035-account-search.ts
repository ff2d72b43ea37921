// How administrators find accounts: by the beginning of a word, by status, and in every order that lists have.
import { type Kysely, sql } from 'kysely';

const INDEXES: Readonly<Record<string, string>> = {
  // "C": by code point, so that a beginning is a range whatever the database's own order of words is.
  accounts_email_search_index: '((email_key collate "C"), id)',
  accounts_username_search_index: '((username_key collate "C"), id) where username_key is not null',
  accounts_name_search_index: '((lower(display_name) collate "C"), id) where display_name is not null',
  accounts_created_at_index: '(created_at, id)',
  accounts_last_sign_in_at_index: `(coalesce(last_sign_in_at, timestamptz '1970-01-01 00:00:00+00'), id)`,
  // Nearly everybody is active.
  accounts_status_index: `(status, id) where status <> 'active'`,
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, definition] of Object.entries(INDEXES)) {
    await sql`create index ${sql.id(name)} on accounts ${sql.raw(definition)}`.execute(db);
  }
}
